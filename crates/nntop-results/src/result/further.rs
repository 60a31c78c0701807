//! What a variant's result holds beside its latencies: where further figures lie; and what is left of another tool's.

use super::Interval;
use nntop_state::{State, Variant};
use serde::{Deserialize, Serialize};

/// Where figures lie with 95 % certainty. (Those of the median and the 99th percentile stand with the latencies.)
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct FurtherIntervals {
    /// Mean latency, in nanoseconds.
    pub mean: Option<Interval>,
    /// 90th percentile, in nanoseconds.
    pub p90: Option<Interval>,
    /// 95th percentile, in nanoseconds.
    pub p95: Option<Interval>,
    /// Samples per second.
    pub throughput_ips: Option<Interval>,
    /// Millijoules per inference, gross; absent where the sensors are slower than the blocks.
    pub gross_mj_per_inf: Option<Interval>,
}

impl FurtherIntervals {
    pub(super) fn of(state: &State, v: &Variant) -> Option<Self> {
        let of = v.latency.intervals?;
        let samples = v.samples() as f64;
        Some(Self {
            mean: Some(of.mean.into()),
            p90: Some(of.p90.into()),
            p95: Some(of.p95.into()),
            throughput_ips: Some(Interval { low: of.throughput.low * samples, high: of.throughput.high * samples }),
            gross_mj_per_inf: state.energy_interval(v).map(Interval::from),
        })
    }
}

/// Latencies in nanoseconds as far as another tool's file has them.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Partial {
    /// Inferences or queries measured.
    pub n: Option<u64>,
    /// Fastest.
    pub min: Option<f64>,
    /// Mean.
    pub mean: Option<f64>,
    /// Standard deviation.
    pub stddev: Option<f64>,
    /// Median.
    pub p50: Option<f64>,
    /// 90th percentile.
    pub p90: Option<f64>,
    /// 95th percentile.
    pub p95: Option<f64>,
    /// 99th percentile.
    pub p99: Option<f64>,
    /// 99.9th percentile.
    pub p999: Option<f64>,
    /// Slowest.
    pub max: Option<f64>,
}
