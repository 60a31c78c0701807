//! What was declared, with what was read of it, asked by part and quantity.

use nntop_core::event::{JsonKey, MetricDecl, Part, Quantity, Readings};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Declarations with their values.
pub(super) struct View<'a> {
    declared: &'a [MetricDecl],
    values: BTreeMap<u16, f64>,
}

/// A metric with its value.
pub(super) type Metric<'a> = (&'a MetricDecl, Option<f64>);

impl<'a> View<'a> {
    pub(super) fn new(declared: &'a [MetricDecl], readings: &Readings) -> Self {
        let values = readings.values.iter().filter_map(|(id, value)| Some((*id, (*value)?))).collect();
        Self { declared, values }
    }

    /// All metrics.
    pub(super) fn all(&self) -> impl Iterator<Item = Metric<'a>> + '_ {
        self.declared.iter().map(|metric| (metric, self.values.get(&metric.id).copied()))
    }

    /// Whether the metric of this name is read.
    pub(super) fn reads(&self, name: &str) -> bool {
        self.all().any(|(metric, value)| metric.name == name && value.is_some())
    }

    /// The value of the metric with this number.
    pub(super) fn read(&self, id: u16) -> Option<f64> {
        self.values.get(&id).copied()
    }

    /// A quantity of every part of a kind.
    pub(super) fn of(&self, part: Part, quantity: Quantity) -> impl Iterator<Item = Metric<'a>> + '_ {
        self.all().filter(move |(metric, _)| metric.is(part, quantity))
    }

    /// A quantity of whatever part.
    pub(super) fn quantity(&self, quantity: Quantity) -> impl Iterator<Item = Metric<'a>> + '_ {
        self.all().filter(move |(metric, _)| metric.key.quantity == quantity)
    }

    /// The metrics of a part that are about one piece of it.
    pub(super) fn device(&self, part: Part, name: &'a str) -> impl Iterator<Item = Metric<'a>> + '_ {
        self.all().filter(move |(metric, _)| metric.key.part == part && metric.device.name == name)
    }

    /// The first part's quantity.
    pub(super) fn first(&self, part: Part, quantity: Quantity) -> Option<Metric<'a>> {
        self.of(part, quantity).next()
    }

    /// The value of the first part's quantity.
    pub(super) fn value(&self, part: Part, quantity: Quantity) -> Option<f64> {
        self.first(part, quantity)?.1
    }
}

/// Without the dust that sums and products of binary fractions leave.
pub(super) fn tidy(value: f64) -> f64 {
    (value * 1e9).round() / 1e9
}

/// As an integer where it is one: what a file holds is mostly a whole number.
pub(super) fn whole(value: f64) -> Value {
    let value = tidy(value);
    match value.fract() == 0.0 && value.abs() < 9e15 {
        true => json!(value as i64),
        false => json!(value),
    }
}

/// A value under a key of the table; null where there is none.
pub(super) fn written(key: &JsonKey, value: Option<f64>) -> Value {
    match value.map(|value| value * key.scale) {
        Some(value) if key.whole => whole(value),
        value => json!(value.map(tidy)),
    }
}

/// A metric's value as its row has it; null where there is none.
pub(super) fn field((metric, value): &Metric<'_>) -> Value {
    metric.row().and_then(|row| row.json).map_or(Value::Null, |key| written(&key, *value))
}

/// In MHz.
pub(super) fn megahertz(hertz: Option<f64>) -> Value {
    json!(hertz.map(|hertz| tidy(hertz / 1e6)))
}
