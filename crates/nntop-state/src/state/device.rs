//! The machine's metrics, by part and quantity, each with its recent past.

use super::busiest::Busiest;
use nntop_core::event::{Absent, MetricDecl, MetricId, MetricKey, Part, Processes, Quantity, Readings, Slot};
use nntop_core::stats::{History, Series};
use nntop_core::unit::Nanos;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Readings kept per metric: ten minutes at one a second.
const HISTORY: usize = 600;

/// Readings kept of power rails, energy counters and signs of throttling, which are read ten times as often while
/// something is measured.
const RAIL_HISTORY: usize = 10 * HISTORY;

/// One metric with its past.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Metric {
    /// What it is.
    pub decl: MetricDecl,
    /// Its readings.
    pub series: Series,
    /// A quarter of an hour of it, second by second.
    pub history: History,
    /// What it was when it was first read.
    pub first: Option<f64>,
}

impl Metric {
    /// The newest reading, if it did not fail.
    pub fn last(&self) -> Option<f64> {
        self.series.last()
    }
}

/// All metrics of the machine.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Device {
    metrics: BTreeMap<MetricId, Metric>,
    /// What is not there, and why.
    pub absent: Vec<Absent>,
    /// The processes that use most, as they were last looked at.
    pub processes: Option<Processes>,
    /// Their numbers, the busiest first, as a list that people read: it changes when one is clearly busier than the other.
    #[serde(default)]
    pub busiest: Busiest,
    /// What the last full pass over the samplers took, and the passes over the power rails alone before it.
    pub sampling_cost: Nanos,
}

impl Device {
    pub(super) fn declare(&mut self, decl: &MetricDecl) {
        let quantity = decl.key.quantity;
        let often = matches!(quantity, Quantity::Power | Quantity::Energy) || quantity.is_throttling();
        let series = Series::new(if often { RAIL_HISTORY } else { HISTORY });
        // It came late: what was said of its absence holds no more.
        self.absent.retain(|absent| absent.name != decl.name);
        let metric = Metric { decl: decl.clone(), series, history: History::default(), first: None };
        self.metrics.insert(decl.id, metric);
    }

    pub(super) fn read(&mut self, t: Nanos, readings: &Readings) {
        if readings.cost_ns > 0 {
            self.sampling_cost = Nanos(readings.cost_ns);
        }
        for (id, value) in &readings.values {
            if let Some(metric) = self.metrics.get_mut(id) {
                metric.series.push(t, *value);
                metric.history.push(t, *value);
                metric.first = metric.first.or(*value);
            }
        }
    }

    pub(super) fn look(&mut self, processes: &Processes) {
        self.busiest.look(processes);
        self.processes = Some(processes.clone());
    }

    /// The metric of this number.
    pub fn metric(&self, id: MetricId) -> Option<&Metric> {
        self.metrics.get(&id)
    }

    /// The metrics of the keys that are `wanted`, in the order declared.
    pub fn matching(&self, wanted: impl Fn(MetricKey) -> bool) -> impl Iterator<Item = &Metric> {
        self.metrics.values().filter(move |m| wanted(m.decl.key))
    }

    /// A quantity of every part of a kind, in the order declared.
    pub fn of(&self, part: Part, quantity: Quantity) -> impl Iterator<Item = &Metric> + '_ {
        self.matching(move |key| key.is(part, quantity))
    }

    /// A quantity of whatever part, in the order declared.
    pub fn quantity(&self, quantity: Quantity) -> impl Iterator<Item = &Metric> + '_ {
        self.matching(move |key| key.quantity == quantity)
    }

    /// A quantity of the first part of a kind.
    pub fn first(&self, part: Part, quantity: Quantity) -> Option<&Metric> {
        self.of(part, quantity).next()
    }

    /// The metrics that tell of throttling: its counters and flags, and the caps of clocks.
    pub fn throttling(&self) -> impl Iterator<Item = &Metric> + '_ {
        self.matching(|key| key.quantity.is_throttling() || key.quantity == Quantity::ClockCap)
    }

    /// A quantity of a variant's worker.
    pub fn worker(&self, quantity: Quantity, slot: Slot) -> Option<&Metric> {
        self.of(Part::Worker, quantity).find(|m| m.decl.variant == Some(slot))
    }
}
