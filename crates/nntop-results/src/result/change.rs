//! By how much a figure of one variant differs from another's, and how sure that is.

use super::{Comparison, Figure, Interval, Ratio, VariantResult, paired_answers};
use nntop_core::event::{CustomValue, with_unit};
use nntop_core::stats;
use nntop_core::unit::signed_percent;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A figure on both sides. Changes are shares: 0.05 is 5 % more than the other has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Which one.
    pub figure: Figure,
    /// The value that it is held against.
    pub against: Option<f64>,
    /// Its own value.
    pub value: Option<f64>,
    /// By how much its own differs, as a share of the other.
    pub change: Option<f64>,
    /// Where that lies with 95 % certainty.
    pub interval: Option<Interval>,
    /// Why there is no interval, where there could be one; of a metric of the user's own, why there is no change.
    pub absent: Option<String>,
    /// The unit of a metric of the user's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Of `top1` on the same examples: where the difference lies in percentage points with 95 % certainty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<Interval>,
}

impl Change {
    /// Of variants that were measured in one run: what their pairs of blocks say.
    pub(super) fn together(figure: Figure, c: &Comparison, a: &VariantResult, b: &VariantResult) -> Self {
        let times = |r: Ratio| (1.0 / r.value, Interval { low: 1.0 / r.interval.high, high: 1.0 / r.interval.low });
        let found = match &figure {
            Figure::Custom(name) => return Self::custom(name, ("", a), ("", b)),
            // No ratios of pairs of blocks are drawn for it: what both intervals say is wider, and holds.
            Figure::Mean => return Self::apart(figure, (&a.name, a), (&b.name, b)),
            Figure::P50 => Some(times(c.p50)),
            Figure::P90 => c.p90.map(times),
            Figure::P95 => c.p95.map(times),
            Figure::P99 => Some(times(c.p99)),
            Figure::Throughput => Some((c.throughput.value, c.throughput.interval)),
            Figure::Energy => c.energy.map(times),
            Figure::Memory => None,
        };
        match found {
            Some((ratio, of)) => Self::of(figure, a, b, Some(ratio), Some(of), None),
            None => {
                let absent = c.energy_absent.clone().filter(|_| figure == Figure::Energy);
                Self::of(figure, a, b, None, None, absent)
            }
        }
    }

    /// Of variants that were measured apart: what the intervals of both say.
    pub(super) fn apart(
        figure: Figure,
        (a_name, a): (&str, &VariantResult),
        (b_name, b): (&str, &VariantResult),
    ) -> Self {
        if let Figure::Custom(name) = &figure {
            return Self::custom(name, (a_name, a), (b_name, b));
        }
        let side = |v| figure.of(v).zip(figure.interval(v).map(stats::Interval::from));
        let ratio = side(a).zip(side(b)).and_then(|(a, b)| stats::interval_ratio(a, b));
        let without = [(a_name, a), (b_name, b)].into_iter().find(|(_, v)| figure.interval(v).is_none());
        let why = without.filter(|_| figure != Figure::Memory).map(|(name, v)| match &figure {
            Figure::Energy => {
                format!("{name}: {}", v.energy_absent.as_deref().unwrap_or("how its energy spreads is not known"))
            }
            _ if v.partial_ns.is_some() => format!("{name}: its file holds no samples"),
            _ if Figure::P50.interval(v).is_some() => format!("{name}: its file holds no interval of it"),
            _ => format!("{name}: too few blocks were measured"),
        });
        Self::of(figure, a, b, None, ratio.map(|r| r.interval.into()), why)
    }

    fn of(
        figure: Figure,
        a: &VariantResult,
        b: &VariantResult,
        ratio: Option<f64>,
        interval: Option<Interval>,
        absent: Option<String>,
    ) -> Self {
        let (against, value) = (figure.of(a), figure.of(b));
        let ratio = ratio.or_else(|| against.filter(|a| *a > 0.0).zip(value).map(|(a, b)| b / a));
        let interval = interval.map(|i| Interval { low: i.low - 1.0, high: i.high - 1.0 });
        Self { figure, against, value, change: ratio.map(|r| r - 1.0), interval, absent, unit: None, points: None }
    }

    /// Of a metric of the user's own: one number on each side, in the same unit.
    fn custom(name: &str, (a_name, a): (&str, &VariantResult), (b_name, b): (&str, &VariantResult)) -> Self {
        let figure = Figure::Custom(name.to_owned());
        let (ours, other) = (b.custom_metrics.get(name), a.custom_metrics.get(name));
        let missing = |side: Option<&CustomValue>, label: &str, v: &VariantResult| {
            let label = if label.is_empty() { &v.name } else { label };
            match side {
                None => Some(format!("{label}: it was not measured")),
                Some(found) => found.reason().map(|why| format!("{label}: {why}")),
            }
        };
        let unit = |side: Option<&CustomValue>| side.and_then(CustomValue::unit).map(str::to_owned);
        let (unit, of_other) = (unit(ours), unit(other));
        let absent = missing(other, a_name, a).or_else(|| missing(ours, b_name, b)).or_else(|| {
            let shown = |unit: &Option<String>| unit.clone().unwrap_or_else(|| "no unit".into());
            (unit != of_other).then(|| format!("the units differ: {} and {}", shown(&of_other), shown(&unit)))
        });
        let (against, value) = (figure.of(a), figure.of(b));
        let absent = absent
            .or_else(|| against.filter(|against| *against <= 0.0).map(|_| "the figure is zero or negative".into()));
        let paired = Some(name).filter(|name| *name == "top1").and_then(|_| paired_answers(a, b));
        let points = paired.map(|p| Interval { low: 100.0 * p.interval.low, high: 100.0 * p.interval.high });
        let change = against.zip(value).filter(|_| absent.is_none()).map(|(a, b)| b / a - 1.0);
        Self { figure, against, value, change, interval: None, absent, unit: unit.or(of_other), points }
    }

    /// Of all metrics of the user's own that either variant has.
    pub fn custom_metrics(a: &VariantResult, b: &VariantResult) -> Vec<Self> {
        let names: BTreeSet<&String> = a.custom_metrics.keys().chain(b.custom_metrics.keys()).collect();
        names.into_iter().map(|name| Self::custom(name, ("", a), ("", b))).collect()
    }

    /// A value of it with its unit, as a person reads it.
    pub fn format(&self, value: f64) -> String {
        match &self.figure {
            Figure::Custom(_) => with_unit(value, self.unit.as_deref()),
            figure => figure.format(value),
        }
    }

    /// `+4.2 % (+1.0 % to +7.5 %)`; absent without a figure on both sides.
    pub fn words(&self) -> Option<String> {
        let change = signed_percent(self.change?);
        Some(match self.interval {
            Some(i) => format!("{change} ({} to {})", signed_percent(i.low), signed_percent(i.high)),
            None => change,
        })
    }
}
