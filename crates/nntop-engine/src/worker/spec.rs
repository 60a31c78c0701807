//! The orders that a worker has when it begins.

use nntop_core::event::{Slot, VariantSpec};
use nntop_core::unit::Nanos;
use serde::{Deserialize, Serialize};

/// The file descriptor on which a worker says its events.
pub const EVENTS_FD: i32 = 3;

/// The environment variable by which a program knows that an agent has started it as a worker.
pub const ASKED: &str = "NNTOP_WORKER";

/// What a worker is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Says what the model file holds, and ends.
    Describe,
    /// Loads the model and measures as ordered.
    Measure,
    /// Loads the model with the runtime's profiler on, infers a little, and ends.
    Profile {
        /// Where the runtime may write.
        folder: String,
        /// At most so many inferences …
        inferences: u64,
        /// … and no further one after this time.
        duration: Nanos,
    },
}

/// The first line on a worker's standard input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorkerSpec {
    /// What it is for.
    pub task: Task,
    /// Its slot.
    pub slot: Slot,
    /// Its run.
    pub run: u32,
    /// What CLOCK_MONOTONIC read at the stream's zero.
    pub clock_origin: u64,
    /// When the agent spawned it, on the stream's clock.
    pub spawned: Nanos,
    /// Files beside the model that hold weights.
    #[serde(default)]
    pub data_files: Vec<String>,
    /// Whether its answers are to be told, so that they can be held against another's.
    #[serde(default)]
    pub tell_outputs: bool,
    /// Interpreters that may have the runtime's other interface, where the engine has one
    /// ([`second_interface`](nntop_core::catalog::second_interface)); in the order in which they are tried.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pythons: Vec<String>,
    /// The model and its settings.
    pub variant: VariantSpec,
}
