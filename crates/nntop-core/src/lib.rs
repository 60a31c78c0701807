//! The ground floor of nntop: units, clocks, statistics and the events that everything else speaks.

pub mod catalog;
pub mod clock;
pub mod event;
pub mod settings;
pub mod stats;
pub mod unit;
