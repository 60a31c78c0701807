//! What every part of nntop agrees on: events and plans, the table of engines, units, clocks, statistics.

#![doc = include_str!("../README.md")]

pub mod catalog;
pub mod clock;
pub mod event;
pub mod half;
pub mod new_file;
pub mod program;
pub mod scratch;
pub mod settings;
pub mod stats;
pub mod text;
pub mod unit;
