//! Starts workers, gives them turns and samples the device.

#![doc = include_str!("../README.md")]

pub mod agent;
pub mod installer;
