//! What of the device can be changed from here, where that was allowed.

use serde::{Deserialize, Serialize};

/// A control as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ControlState {
    /// How an order names it: `governor`.
    pub name: String,
    /// What it changes, in words.
    pub what: String,
    /// What is set now; `None` where that cannot be told.
    pub now: Option<String>,
    /// What it can be set to. None for a control that takes a number, such as that of a process.
    pub choices: Vec<String>,
    /// What was set before nntop changed it, where it has: this comes back at the end.
    pub before: Option<String>,
    /// Why it cannot be used here.
    pub absent: Option<String>,
    /// Whether it can be taken back. An ended process cannot.
    pub undoable: bool,
}

impl ControlState {
    /// Whether it can be used.
    pub fn usable(&self) -> bool {
        self.absent.is_none()
    }
}
