//! When a variant's operators are profiled, and what a worker hands to its agent after a burst.

use super::{OpProfile, Slot};
use serde::{Deserialize, Serialize};

/// When a variant's operators are profiled. Whatever is said here, a command can ask for a burst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bursts {
    /// Only when a command asks.
    #[default]
    OnDemand,
    /// Once, after the last measured block: the figures are complete then.
    AtEnd,
    /// After the warm-up, and again and again while it measures.
    Regular,
    /// A way of a newer version.
    #[serde(other)]
    Other,
}

/// What a burst left: from a worker to its agent, which makes an [`Ops`](super::Kind::Ops) event of it. It never
/// reaches a front end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Profiled {
    /// Whose.
    pub variant: Slot,
    /// In which run.
    pub run: u32,
    /// What there is.
    pub found: Found,
}

/// Where a burst's findings are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Found {
    /// The runtime wrote files into the folder that the order named. Reading them would leave its traces in the measured
    /// process, so the agent does.
    Files {
        /// Inferences at the begin of a file that made the session warm and are not to be counted.
        skip: u64,
    },
    /// The engine gave rows itself.
    Rows(OpProfile),
    /// Nothing, and why.
    Nothing(String),
}
