//! Reads and controls edge devices: clocks, temperatures, power, GPUs, NPUs, throttling.

pub mod control;
pub mod sampler;
