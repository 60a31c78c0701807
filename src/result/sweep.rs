//! A sweep as a result carries it: its axes, and where each point stands.

use super::front::{Trade, on_front};
use super::{Status, VariantResult};
use crate::event::{Sweep, SweepAxis};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A grid of settings that was measured point by point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SweepResult {
    /// What was varied, slowest first.
    pub axes: Vec<SweepAxis>,
    /// The points, one per variant and in their order.
    pub points: Vec<SweepPoint>,
}

/// One point: its place on the axes, and the figures that points are chosen by. The variant of that name has the rest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SweepPoint {
    /// The variant's name.
    pub variant: String,
    /// The model's name: the variant's without its place.
    pub model: String,
    /// Its value on each axis, by the axis's name.
    pub coordinates: BTreeMap<String, u64>,
    /// How it ended.
    pub status: Status,
    /// Median latency of one inference, its whole batch, in nanoseconds.
    pub p50_ns: Option<u64>,
    /// 99th percentile of the same.
    pub p99_ns: Option<u64>,
    /// Samples per second.
    pub throughput_ips: Option<f64>,
    /// Peak resident set of the measured phase.
    pub rss_peak_bytes: Option<u64>,
    /// Millijoules per sample, all that the rails gave.
    pub energy_mj_per_sample: Option<f64>,
    /// Whether it was measured to its end and no other such point has a lower or equal p50 and a higher or equal
    /// throughput, one of them better.
    pub on_front: bool,
}

impl SweepResult {
    pub(super) fn of(sweep: &Sweep, variants: &[VariantResult]) -> Self {
        let mut points: Vec<_> = variants.iter().map(|v| SweepPoint::of(sweep, v)).collect();
        let trades: Vec<_> = points.iter().map(SweepPoint::trade).collect();
        points.iter_mut().zip(on_front(&trades)).for_each(|(point, on)| point.on_front = on);
        Self { axes: sweep.axes.clone(), points }
    }
}

impl SweepPoint {
    fn of(sweep: &Sweep, v: &VariantResult) -> Self {
        let place = format!(" {}", sweep.point(&v.options));
        Self {
            variant: v.name.clone(),
            model: v.name.strip_suffix(&place).unwrap_or(&v.name).to_owned(),
            coordinates: sweep.coordinates(&v.options),
            status: v.status,
            p50_ns: v.latency_ns.map(|l| l.p50),
            p99_ns: v.latency_ns.map(|l| l.p99),
            throughput_ips: v.throughput_ips,
            rss_peak_bytes: v.memory.rss_peak_bytes,
            energy_mj_per_sample: v.energy.as_ref().map(|e| e.gross_mj_per_inf / v.batch_size.max(1) as f64),
            on_front: false,
        }
    }

    /// What it is judged by. A point that failed or was cut short is no choice.
    fn trade(&self) -> Option<Trade> {
        let trade = Trade { p50: self.p50_ns?, throughput: self.throughput_ips? };
        (self.status == Status::Ok).then_some(trade)
    }
}
