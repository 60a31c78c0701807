//! Latencies of a variant, as a result says them.

use super::Interval;
use nntop_core::stats::{Distribution, Intervals};
use serde::{Deserialize, Serialize};

/// Latency of one inference in nanoseconds, over all measured blocks.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// Inferences measured.
    pub n: u64,
    /// Fastest.
    pub min: u64,
    /// Mean.
    pub mean: f64,
    /// Sample standard deviation; absent below two samples.
    pub stddev: Option<f64>,
    /// Median.
    pub p50: u64,
    /// 90th percentile.
    pub p90: u64,
    /// 95th percentile.
    pub p95: u64,
    /// 99th percentile; not yet reliable below 662 samples.
    pub p99: u64,
    /// 99.9th percentile; not yet reliable below 6 636 samples.
    pub p999: u64,
    /// Slowest.
    pub max: u64,
    /// Where the median lies with 95 % certainty; absent with too few blocks.
    #[serde(default)]
    pub p50_interval: Option<Interval>,
    /// The same for the 99th percentile.
    #[serde(default)]
    pub p99_interval: Option<Interval>,
}

impl Latency {
    /// Absent of nothing.
    pub(super) fn of(d: &Distribution, intervals: Option<Intervals>) -> Option<Self> {
        Some(Self {
            n: d.n(),
            min: d.min()?,
            mean: d.mean()?,
            stddev: d.stddev(),
            p50: d.quantile(0.5)?,
            p90: d.quantile(0.9)?,
            p95: d.quantile(0.95)?,
            p99: d.quantile(0.99)?,
            p999: d.quantile(0.999)?,
            max: d.max()?,
            p50_interval: intervals.map(|i| i.p50.into()),
            p99_interval: intervals.map(|i| i.p99.into()),
        })
    }
}
