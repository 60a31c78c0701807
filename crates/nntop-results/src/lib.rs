//! State, results, comparisons, recordings and reports of nntop.

pub mod recording;
pub mod report;
pub mod result;
pub mod state;
