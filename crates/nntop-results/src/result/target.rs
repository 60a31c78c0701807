//! Targets as a result carries them.

use nntop_core::event::Target;
use nntop_state::{Judged, State};
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
    /// The figure: nanoseconds, bytes, millijoules, or samples per second.
    pub value: Option<f64>,
    /// Why there is no figure, where more can be said than that nothing was measured.
    #[serde(default)]
    pub value_absent: Option<String>,
}

impl TargetResult {
    pub(super) fn all(state: &State) -> Vec<Self> {
        let name = |slot| state.variant(slot).map_or_else(String::new, |v| v.spec.name.clone());
        let judged = state.health.targets.iter();
        let of = |j: &Judged| Self {
            text: j.target.clone(),
            variant: name(j.variant),
            met: j.met,
            value: j.value,
            value_absent: j.absent.clone(),
        };
        judged.map(of).collect()
    }
}

/// `net: p99<25ms missed with 31.2 ms`
impl fmt::Display for TargetResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(value) = self.value else {
            let why = self.value_absent.as_deref().unwrap_or("not available");
            return write!(f, "{}: {} missed, {why}", self.variant, self.text);
        };
        let how = if self.met { "met" } else { "missed" };
        write!(f, "{}: {} {how} with {}", self.variant, self.text, self.text.metric.format(value))
    }
}
