//! Where a variant's time goes: its newest operator profile and how many bursts there were.

use crate::event::{Burst, OpProfile};
use crate::unit::Nanos;

/// What profiling bursts have shown in the current run.
#[derive(Debug, Clone, Default)]
pub struct Ops {
    /// The newest profile.
    pub latest: Option<OpProfile>,
    /// When it came.
    pub at: Nanos,
    /// Bursts of this run so far.
    pub bursts: u64,
}

impl Ops {
    pub(super) fn take(&mut self, burst: &Burst, t: Nanos) {
        self.latest = Some(burst.profile.clone());
        self.at = t;
        self.bursts = burst.burst;
    }
}
