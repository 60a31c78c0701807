//! What an inference costs the system.

use nntop_core::event::Counters;
use serde::{Deserialize, Serialize};

/// Means per inference over the measured blocks, of all threads of the worker; with paced frames the time between them is in.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct CountersResult {
    /// CPU time in the program and its libraries, in nanoseconds.
    pub cpu_user_ns: f64,
    /// CPU time in the kernel, in nanoseconds.
    pub cpu_system_ns: f64,
    /// Context switches because a thread waited.
    pub voluntary_switches: f64,
    /// Context switches because another thread took the CPU.
    pub involuntary_switches: f64,
    /// Page faults that needed no reading.
    pub minor_faults: f64,
    /// Page faults that read from the disk.
    pub major_faults: f64,
    /// Cycles in user space; absent where the CPU does not count them.
    pub cycles: Option<f64>,
    /// Instructions in user space.
    pub instructions: Option<f64>,
    /// Instructions per cycle.
    pub ipc: Option<f64>,
    /// Misses of the last level of the cache.
    pub cache_misses: Option<f64>,
    /// Why the CPU's counters cannot be read, and what would grant it.
    pub hardware_absent: Option<String>,
}

impl CountersResult {
    pub(super) fn of(c: &Counters) -> Self {
        let per = |n: u64| n as f64 / c.inferences.max(1) as f64;
        let hardware = c.hardware.unwrap_or_default();
        let ipc = hardware.instructions.zip(hardware.cycles).filter(|(_, cycles)| *cycles > 0);
        Self {
            cpu_user_ns: per(c.usage.cpu_user.0),
            cpu_system_ns: per(c.usage.cpu_system.0),
            voluntary_switches: per(c.usage.voluntary_switches),
            involuntary_switches: per(c.usage.involuntary_switches),
            minor_faults: per(c.usage.minor_faults),
            major_faults: per(c.usage.major_faults),
            cycles: hardware.cycles.map(per),
            instructions: hardware.instructions.map(per),
            ipc: ipc.map(|(instructions, cycles)| instructions as f64 / cycles as f64),
            cache_misses: hardware.cache_misses.map(per),
            hardware_absent: c.hardware_absent.clone(),
        }
    }
}
