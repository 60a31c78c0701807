//! Which stop rule ended a variant's measurement.

use nntop_core::event::{Outcome, Stop};
use nntop_state::Variant;
use serde::{Deserialize, Serialize};

/// A stop rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoppedBy {
    /// It had measured so many inferences.
    Runs,
    /// It had measured for so long.
    Duration,
    /// Its median, and that of all others, was known as well as was asked.
    Ci,
}

impl StoppedBy {
    /// The rule of `stop` that the figures of `v` have reached: those of the very blocks that the agent counted.
    /// A run that failed or was interrupted was stopped by none.
    pub(super) fn of(v: &Variant, stop: Stop) -> Option<Self> {
        if v.outcome != Some(Outcome::Ok) {
            return None;
        }
        let runs = stop.runs.is_some_and(|n| v.latency.measured.n() >= n);
        let duration = stop.duration.is_some_and(|d| v.latency.busy >= d);
        // The agent ended it: what is left is the one rule that it judges itself.
        let ci = stop.until_ci.is_some();
        runs.then_some(Self::Runs).or(duration.then_some(Self::Duration)).or(ci.then_some(Self::Ci))
    }
}
