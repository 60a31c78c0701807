//! The machine's metrics, by part and quantity, each with its recent past.

use super::busiest::Busiest;
use super::metric::Metric;
use super::total::Total;
use nntop_core::event::{Absent, MetricDecl, MetricId, MetricKey, Part, Processes, Quantity, Readings, Slot};
use nntop_core::unit::Nanos;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// All metrics of the machine.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Device {
    metrics: BTreeMap<MetricId, Metric>,
    /// The sum of the rails that add up, where there are several.
    #[serde(default)]
    total: Option<Total>,
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
        // It came late: what was said of its absence holds no more.
        self.absent.retain(|absent| absent.name != decl.name);
        self.metrics.insert(decl.id, Metric::new(decl.clone()));
        if matches!(decl.key.quantity, Quantity::Power | Quantity::Energy) {
            self.total = Total::of(self.metrics.values(), self.total.take());
        }
    }

    pub(super) fn read(&mut self, t: Nanos, readings: &Readings) {
        if readings.cost_ns > 0 {
            self.sampling_cost = Nanos(readings.cost_ns);
        }
        for (id, value) in &readings.values {
            if let Some(metric) = self.metrics.get_mut(id) {
                metric.push(t, *value);
            }
        }
        if let Some(total) = &mut self.total {
            total.read(t, readings, &self.metrics);
        }
    }

    /// The machine's power: of the rail that feeds all, or the sum of those that add up to it. None where only parts are
    /// measured.
    pub fn total_power(&self) -> Option<&Metric> {
        match self.total.as_ref()?.only() {
            Some(id) => self.metric(id),
            None => self.total.as_ref().map(Total::sum),
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
