//! Who else is on the machine: the processes that use most of it, while somebody looks.

use super::Slot;
use crate::unit::Bytes;
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
}

/// One process.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// Its name as the kernel keeps it, at most 15 bytes of it.
    pub name: String,
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
