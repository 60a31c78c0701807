//! Labelled data sets, preprocessing and the figures of accuracy that nntop measures.

#![doc = include_str!("../README.md")]

mod agreement;
mod calibration;
pub mod dataset;
mod feed;
mod judge;
mod outputs;
mod pass;
pub mod preprocess;
pub mod task;

pub use calibration::{Calibration, inputs};
pub use pass::evaluate;
