//! Results, comparisons, recordings and reports of nntop.

#![doc = include_str!("../README.md")]

pub mod recording;
pub mod report;
pub mod result;
