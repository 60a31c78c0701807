//! The figures that results are compared and gated by.

use super::{Interval, VariantResult};
use nntop_core::event::{check_metric_name, with_unit};
use nntop_core::unit::{Bytes, TimeUnit, significant};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// One figure of a variant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Figure {
    /// Median latency, in nanoseconds.
    P50,
    /// Its 90th percentile.
    P90,
    /// Its 95th percentile.
    P95,
    /// Its 99th percentile.
    P99,
    /// Mean latency, in nanoseconds.
    Mean,
    /// Samples per second.
    Throughput,
    /// Peak resident memory of the measured phase, in bytes.
    Memory,
    /// Energy per inference, gross, in millijoules.
    Energy,
    /// A metric of the user's own, by its name, in its own unit.
    #[serde(untagged)]
    Custom(String),
}

impl Figure {
    /// All that nntop measures itself, as they are listed.
    pub const ALL: [Self; 8] =
        [Self::P50, Self::P90, Self::P95, Self::P99, Self::Mean, Self::Throughput, Self::Memory, Self::Energy];

    /// Those and the metrics of the user's own that either variant has.
    pub fn all_of(a: &VariantResult, b: &VariantResult) -> Vec<Self> {
        let custom: BTreeSet<&String> = a.custom_metrics.keys().chain(b.custom_metrics.keys()).collect();
        Self::ALL.into_iter().chain(custom.into_iter().map(|name| Self::Custom(name.clone()))).collect()
    }

    /// The figure of a name; absent where that is no name of a figure or metric.
    pub fn named(name: &str) -> Option<Self> {
        let own = Self::ALL.into_iter().find(|figure| figure.name() == name);
        own.or_else(|| check_metric_name(name).ok().map(|()| Self::Custom(name.to_owned())))
    }

    /// Whether a run has one value of it and no interval, so that it is what it is.
    pub fn is_single(&self) -> bool {
        matches!(self, Self::Memory | Self::Custom(_))
    }

    /// As people write it: `p99`.
    pub fn name(&self) -> &str {
        match self {
            Self::P50 => "p50",
            Self::P90 => "p90",
            Self::P95 => "p95",
            Self::P99 => "p99",
            Self::Mean => "mean",
            Self::Throughput => "throughput",
            Self::Memory => "memory",
            Self::Energy => "energy",
            Self::Custom(name) => name,
        }
    }

    /// Whether more of it is better.
    pub fn more_is_better(&self) -> bool {
        *self == Self::Throughput
    }

    /// Its value; absent where it was not measured.
    pub fn of(&self, v: &VariantResult) -> Option<f64> {
        let (whole, part) = (v.latency_ns.as_ref(), v.partial_ns.as_ref());
        match self {
            Self::P50 => whole.map(|l| l.p50 as f64).or_else(|| part?.p50),
            Self::P90 => whole.map(|l| l.p90 as f64).or_else(|| part?.p90),
            Self::P95 => whole.map(|l| l.p95 as f64).or_else(|| part?.p95),
            Self::P99 => whole.map(|l| l.p99 as f64).or_else(|| part?.p99),
            Self::Mean => whole.map(|l| l.mean).or_else(|| part?.mean),
            Self::Throughput => v.throughput_ips,
            Self::Memory => v.memory.rss_peak_bytes.map(|b| b as f64),
            Self::Energy => v.energy.as_ref().map(|e| e.gross_mj_per_inf),
            Self::Custom(name) => v.custom_metrics.get(name)?.value(),
        }
    }

    /// Where it lies with 95 % certainty; absent where that is not known.
    pub fn interval(&self, v: &VariantResult) -> Option<Interval> {
        let (latency, further) = (v.latency_ns.as_ref(), v.intervals.as_ref());
        match self {
            Self::P50 => latency?.p50_interval,
            Self::P90 => further?.p90,
            Self::P95 => further?.p95,
            Self::P99 => latency?.p99_interval,
            Self::Mean => further?.mean,
            Self::Throughput => further?.throughput_ips,
            Self::Memory | Self::Custom(_) => None,
            Self::Energy => further?.gross_mj_per_inf,
        }
    }

    /// A value with its unit, as a person reads it. Metrics of the user's own have units of their own: see
    /// [`Change::format`](super::Change::format).
    pub fn format(&self, value: f64) -> String {
        match self {
            Self::Throughput => format!("{}/s", significant(value)),
            Self::Memory => Bytes(value as u64).to_string(),
            Self::Energy => format!("{} mJ", significant(value)),
            Self::Custom(_) => with_unit(value, None),
            _ => TimeUnit::fitting(value).format_with_unit(value),
        }
    }
}
