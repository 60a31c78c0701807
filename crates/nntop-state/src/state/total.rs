//! The machine's power as one metric: the sum of the rails that add up, with a past of its own, so that headlines and
//! charts show what energy is made of.

use super::metric::Metric;
use nntop_core::event::{MetricDecl, MetricId, MetricKey, Part, PartId, Quantity, Rail, Readings, TotalPower};
use nntop_core::unit::Nanos;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A reading older than this is no part of a sum that is taken now.
const LONGEST_GAP: Nanos = Nanos::from_millis(2_500);

/// Which rails, and their sum.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Total {
    parts: Vec<MetricId>,
    sum: Metric,
}

impl Total {
    /// The sum over these metrics; `before` goes on where it is of the same rails.
    pub(super) fn of<'a>(metrics: impl Iterator<Item = &'a Metric>, before: Option<Self>) -> Option<Self> {
        let total = TotalPower::of(metrics.map(|metric| &metric.decl))?;
        let parts: Vec<MetricId> = total.parts().iter().map(|part| part.id).collect();
        if let Some(before) = before.filter(|before| before.parts == parts) {
            return Some(before);
        }
        let role = total.parts().iter().find_map(|part| Some(part.rail.as_ref()?.role))?;
        let key = MetricKey::new(Part::Board, Quantity::Power);
        let decl = MetricDecl {
            label: total.short_name(),
            source: total.name(),
            rail: Some(Rail { role, scope: total.scope(), update: None }),
            ..MetricDecl::new(MetricId::MAX, key, PartId::only())
        };
        Some(Self { parts, sum: Metric::new(decl) })
    }

    /// The one rail that is the sum, where there are no others.
    pub(super) fn only(&self) -> Option<MetricId> {
        match self.parts.as_slice() {
            [only] => Some(*only),
            _ => None,
        }
    }

    pub(super) fn sum(&self) -> &Metric {
        &self.sum
    }

    /// Takes the sum once one of its rails has been read: of the others what they were last, where that is not long ago.
    pub(super) fn read(&mut self, t: Nanos, readings: &Readings, metrics: &BTreeMap<MetricId, Metric>) {
        if self.parts.len() < 2 || !readings.values.iter().any(|(id, _)| self.parts.contains(id)) {
            return;
        }
        let last = |id: &MetricId| {
            let (then, value) = metrics.get(id)?.series.iter().next_back()?;
            value.filter(|_| t.since(then) <= LONGEST_GAP)
        };
        self.sum.push(t, self.parts.iter().map(last).sum());
    }
}
