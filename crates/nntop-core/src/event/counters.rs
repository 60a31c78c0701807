//! What a worker's measured blocks cost the system: CPU time, context switches, page faults, and the CPU's own counters.

use super::Slot;
use crate::unit::Nanos;
use serde::{Deserialize, Serialize};

/// Sums over all measured blocks of a run so far, of all threads of the worker. Read around blocks, between which nntop's own
/// work is left out; the little that it does within a block is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Whose.
    pub variant: Slot,
    /// In which run.
    pub run: u32,
    /// Inferences of these blocks.
    pub inferences: u64,
    /// CPU time and events of the process (getrusage(2)).
    #[serde(flatten)]
    pub usage: Usage,
    /// The CPU's counters; absent for the reason in `hardware_absent`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hardware: Option<HardwareCounters>,
    /// Why the CPU's counters cannot be read, and what would grant it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hardware_absent: Option<String>,
}

/// What the kernel counts for every process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// CPU time in the program and its libraries.
    pub cpu_user: Nanos,
    /// CPU time in the kernel.
    pub cpu_system: Nanos,
    /// Context switches because a thread waited.
    pub voluntary_switches: u64,
    /// Context switches because another thread took the CPU.
    pub involuntary_switches: u64,
    /// Page faults that needed no reading.
    pub minor_faults: u64,
    /// Page faults that read from the disk.
    pub major_faults: u64,
}

/// What the CPU counts, in user space; each is absent where the CPU or its virtual machine does not offer it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct HardwareCounters {
    /// Cycles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cycles: Option<u64>,
    /// Instructions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instructions: Option<u64>,
    /// Misses of the last level of the cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_misses: Option<u64>,
}

impl Usage {
    /// What came from one reading to a later one, added to this.
    pub fn add(&mut self, from: Self, to: Self) {
        let sum = |sum: &mut u64, from: u64, to: u64| *sum += to.saturating_sub(from);
        self.cpu_user = self.cpu_user + to.cpu_user.since(from.cpu_user);
        self.cpu_system = self.cpu_system + to.cpu_system.since(from.cpu_system);
        sum(&mut self.voluntary_switches, from.voluntary_switches, to.voluntary_switches);
        sum(&mut self.involuntary_switches, from.involuntary_switches, to.involuntary_switches);
        sum(&mut self.minor_faults, from.minor_faults, to.minor_faults);
        sum(&mut self.major_faults, from.major_faults, to.major_faults);
    }

    /// CPU time of both kinds.
    pub fn cpu(&self) -> Nanos {
        self.cpu_user + self.cpu_system
    }
}

impl HardwareCounters {
    /// What came from one reading to a later one, added to this.
    pub fn add(&mut self, from: Self, to: Self) {
        let sum = |sum: &mut Option<u64>, from: Option<u64>, to: Option<u64>| {
            if let Some((from, to)) = from.zip(to) {
                *sum = Some(sum.unwrap_or(0) + to.saturating_sub(from));
            }
        };
        sum(&mut self.cycles, from.cycles, to.cycles);
        sum(&mut self.instructions, from.instructions, to.instructions);
        sum(&mut self.cache_misses, from.cache_misses, to.cache_misses);
    }
}
