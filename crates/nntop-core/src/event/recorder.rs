//! What becomes of a recording, as the front end tells it.

use serde::{Deserialize, Serialize};

/// A recording began or ended, or lost something. None of it touches the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorder {
    /// The file.
    pub path: String,
    /// What became of it.
    pub status: RecorderStatus,
    /// What is lost and why, where something is: a sentence fragment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost: Option<String>,
}

/// What a recording does now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecorderStatus {
    /// It is being written.
    Recording,
    /// It is whole, and closed.
    Saved,
    /// It is not written any further.
    Failed,
    /// A status of a newer version.
    #[serde(other)]
    Other,
}
