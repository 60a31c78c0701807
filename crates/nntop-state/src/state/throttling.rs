//! What throttled while a variant measured, and for how long.

use nntop_core::event::MetricId;
use nntop_core::unit::Nanos;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What was throttled while a variant measured.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Throttling {
    /// The time of blocks that readings cover; zero where nothing tells of throttling.
    pub span: Nanos,
    /// What throttled, by its name.
    pub causes: BTreeMap<String, Cause>,
    /// Blocks whose readings have not all come.
    pub(super) open: Vec<(Nanos, Nanos)>,
    /// The highest that each cap was while this variant measured.
    pub(super) caps: BTreeMap<MetricId, f64>,
}

/// One cause of throttling.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Cause {
    /// Events within the blocks; 0 where the cause is a state and not counted.
    pub events: f64,
    /// The time of blocks that was affected, at most.
    pub affected: Nanos,
}

impl Throttling {
    /// Whether there was any.
    pub fn any(&self) -> bool {
        !self.causes.is_empty()
    }

    /// The share of the covered time that the worst cause affected, from 0 to 1.
    pub fn share(&self) -> f64 {
        let worst = self.causes.values().map(|cause| cause.affected).max().unwrap_or_default();
        if self.span == Nanos::ZERO { 0.0 } else { (worst.0 as f64 / self.span.0 as f64).min(1.0) }
    }
}
