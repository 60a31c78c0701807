//! Targets as a result carries them.

use crate::event::Target;
use crate::state::State;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A target and how a variant stands to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TargetResult {
    /// The target, as it was given.
    pub text: Target,
    /// The variant's name.
    pub variant: String,
    /// Whether it was met; a figure that is not there meets nothing.
    pub met: bool,
    /// The figure: nanoseconds, bytes, or samples per second.
    pub value: Option<f64>,
}

impl TargetResult {
    pub(super) fn all(state: &State) -> Vec<Self> {
        let name = |slot| state.variant(slot).map_or_else(String::new, |v| v.spec.name.clone());
        let judged = state.health.targets.iter();
        judged.map(|j| Self { text: j.target.clone(), variant: name(j.variant), met: j.met, value: j.value }).collect()
    }
}

/// `net: p99<25ms missed with 31.2 ms`
impl fmt::Display for TargetResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(value) = self.value else {
            return write!(f, "{}: {} missed, there is no such figure", self.variant, self.text);
        };
        let how = if self.met { "met" } else { "missed" };
        write!(f, "{}: {} {how} with {}", self.variant, self.text, self.text.metric.format(value))
    }
}
