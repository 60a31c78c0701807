//! Reads and controls edge devices: clocks, temperatures, power, GPUs, NPUs, throttling.

pub mod control;
pub mod device_report;
pub mod sampler;
