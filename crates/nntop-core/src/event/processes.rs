//! Who else is on the machine: the processes that use most of it, while somebody looks.

use super::Slot;
use crate::unit::{Bytes, Nanos};
use serde::{Deserialize, Serialize};

/// One pass over the machine's processes: those that use most of it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Processes {
    /// The busiest and the largest, the busiest first.
    pub list: Vec<Process>,
    /// How many there are in all.
    #[serde(default)]
    pub total: u32,
    /// How long the pass took, in nanoseconds.
    #[serde(default)]
    pub cost_ns: u64,
    /// What the operating system says of the whole machine; absent for recorded boards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<System>,
}

/// What the operating system says of the whole machine.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct System {
    /// Programs that want to run, averaged over 1, 5 and 15 minutes.
    pub load: [f64; 3],
    /// The time since it was started.
    pub up: Nanos,
    /// File systems on disks, the largest first.
    #[serde(default)]
    pub disks: Vec<DiskSpace>,
}

/// The space of a file system.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DiskSpace {
    /// Where it is mounted.
    pub mount: String,
    /// Its size.
    pub total: Bytes,
    /// The space that the user of this process can still write.
    pub free: Bytes,
}

/// One process.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// The process that started it; absent for the first one, and in recordings of versions up to 0.1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<u32>,
    /// Its name as the kernel keeps it, at most 15 bytes of it.
    pub name: String,
    /// Who runs it, by name, or by number where the system knows no name; empty where that cannot be read.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// Its threads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threads: Option<u32>,
    /// Its CPU time since the pass before, percent of one CPU; `None` in the first pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<f64>,
    /// Its resident memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rss: Option<Bytes>,
    /// Its memory on the GPU, where somebody tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gpu: Option<Bytes>,
    /// What it was started as; empty for threads of the kernel.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub command: String,
    /// The variant whose worker it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<Slot>,
    /// Whether it is nntop's own: the agent, which where there is no other machine is the dashboard.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub own: bool,
}
