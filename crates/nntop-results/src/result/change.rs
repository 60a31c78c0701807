//! By how much a figure of one variant differs from another's, and how sure that is.

use super::{Comparison, Figure, Interval, Ratio, VariantResult};
use nntop_core::stats;
use nntop_core::unit::signed_percent;
use serde::{Deserialize, Serialize};

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
    /// Why there is no interval, where there could be one.
    pub absent: Option<String>,
}

impl Change {
    /// Of variants that were measured in one run: what their pairs of blocks say.
    pub(super) fn together(figure: Figure, c: &Comparison, a: &VariantResult, b: &VariantResult) -> Self {
        let times = |r: Ratio| (1.0 / r.value, Interval { low: 1.0 / r.interval.high, high: 1.0 / r.interval.low });
        let found = match figure {
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
            None => Self::of(figure, a, b, None, None, c.energy_absent.clone().filter(|_| figure == Figure::Energy)),
        }
    }

    /// Of variants that were measured apart: what the intervals of both say.
    pub(super) fn apart(
        figure: Figure,
        (a_name, a): (&str, &VariantResult),
        (b_name, b): (&str, &VariantResult),
    ) -> Self {
        let side = |v| figure.of(v).zip(figure.interval(v).map(stats::Interval::from));
        let ratio = side(a).zip(side(b)).and_then(|(a, b)| stats::apart(a, b));
        let without = [(a_name, a), (b_name, b)].into_iter().find(|(_, v)| figure.interval(v).is_none());
        let why = without.filter(|_| figure != Figure::Memory).map(|(name, v)| match figure {
            Figure::Energy => {
                format!("{name}: {}", v.energy_absent.as_deref().unwrap_or("how its energy spreads is not known"))
            }
            _ if v.partial_ns.is_some() => format!("{name}: its file holds no samples to tell from"),
            _ if Figure::P50.interval(v).is_some() => format!("{name}: its file tells no interval of it"),
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
        Self { figure, against, value, change: ratio.map(|r| r - 1.0), interval, absent }
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
