//! Reads and controls edge devices: clocks, temperatures, power, GPUs, NPUs, throttling.

#![doc = include_str!("../README.md")]

pub mod control;
pub mod device_report;
pub mod sampler;
