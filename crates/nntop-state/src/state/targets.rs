//! Targets against what was measured so far.

use super::{State, Variant};
use nntop_core::event::{Slot, Target, TargetMetric};
use serde::{Deserialize, Serialize};

/// What there is of a metric of the user's own before it is measured.
const PENDING: &str = "it is measured after the run";

/// A target and how a variant stands to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// The target.
    pub target: Target,
    /// The variant.
    pub variant: Slot,
    /// Its figure: nanoseconds, bytes, millijoules, or samples per second; absent where there is none (yet).
    pub value: Option<f64>,
    /// Why there is none, where more can be said than that nothing was measured.
    pub absent: Option<String>,
    /// Whether it keeps the limit. A figure that is not there does not.
    pub met: bool,
}

impl Judged {
    /// Whether the figure is measured only after the run, so that the target is not missed yet.
    pub fn is_pending(&self) -> bool {
        self.absent.as_deref() == Some(PENDING)
    }

    /// Every target for every variant.
    pub(super) fn all(state: &State) -> Vec<Self> {
        let of = |v: &Variant, target: &Target| {
            let (value, absent) = match &target.metric {
                TargetMetric::Custom { name, unit } => custom(v, name, unit.as_deref()),
                TargetMetric::Energy => match state.energy(v) {
                    Ok(energy) => (Some(energy.gross_mj()), None),
                    Err(why) => (None, Some(why)),
                },
                metric => (value(v, metric), None),
            };
            let met = value.is_some_and(|value| target.met_by(value));
            Self { target: target.clone(), variant: v.slot, value, absent, met }
        };
        state.variants.iter().flat_map(|v| state.targets.iter().map(move |t| of(v, t))).collect()
    }
}

/// A metric of the user's own, where it is in the unit that the target names.
fn custom(v: &Variant, name: &str, unit: Option<&str>) -> (Option<f64>, Option<String>) {
    let Some(found) = v.custom_metrics.get(name) else {
        return (None, Some(PENDING.into()));
    };
    match (found.value(), found.reason()) {
        (Some(value), _) if unit.is_none() || unit == found.unit() => (Some(value), None),
        (Some(_), _) => {
            let own = found.unit().map_or_else(|| "without a unit".into(), |own| format!("in {own}"));
            (None, Some(format!("it is {own}, and the target in {}", unit.unwrap_or_default())))
        }
        (None, reason) => (None, reason.map(str::to_owned)),
    }
}

fn value(v: &Variant, metric: &TargetMetric) -> Option<f64> {
    let latency = &v.latency;
    match metric {
        TargetMetric::Percentile(q) => latency.percentile(*q).map(|ns| ns.0 as f64),
        TargetMetric::Max => latency.measured.max().map(|ns| ns as f64),
        TargetMetric::Mean => latency.measured.mean(),
        TargetMetric::Throughput => latency.throughput(v.samples()),
        TargetMetric::Memory => v.memory.as_ref()?.peak.map(|b| b.0 as f64),
        TargetMetric::Energy | TargetMetric::Custom { .. } | TargetMetric::Other => None,
        TargetMetric::Startup => v.ready.as_ref().map(|r| r.startup.total.0 as f64),
    }
}
