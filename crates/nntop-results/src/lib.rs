//! Results, comparisons, recordings and reports of nntop.

#![doc = include_str!("../README.md")]

mod json;
pub mod recording;
pub mod report;
pub mod result;
