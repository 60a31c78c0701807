//! Starts workers, gives them turns and samples the device.

pub mod agent;
pub mod installer;
