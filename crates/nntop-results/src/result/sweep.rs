//! A sweep as a result carries it: its axes, and where each point stands.

use super::front::{Trade, on_front};
use super::{Status, VariantResult, Verdict};
use nntop_core::event::{Sweep, SweepAxis, is_lower_better};
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
    /// Its run in one word; absent when it failed or there was too little to judge.
    pub verdict: Option<Verdict>,
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
    /// The first of its figures of accuracy, as the metric has it; absent where it was not evaluated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<f64>,
    /// The name of that figure: `top1`, `map`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy_metric: Option<String>,
    /// Whether it was measured to its end, is not INVALID, and no other such point has a p50 as low, a throughput as high
    /// and, where all were evaluated, an accuracy as good, one of them better.
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
        let right = v.accuracy.as_deref().filter(|a| a.done).and_then(|a| a.first());
        Self {
            variant: v.name.clone(),
            model: v.name.strip_suffix(&place).unwrap_or(&v.name).to_owned(),
            coordinates: sweep.coordinates(&v.options),
            status: v.status,
            verdict: v.verdict,
            p50_ns: v.latency_ns.map(|l| l.p50),
            p99_ns: v.latency_ns.map(|l| l.p99),
            throughput_ips: v.throughput_ips,
            rss_peak_bytes: v.memory.rss_peak_bytes,
            energy_mj_per_sample: v.energy.as_ref().map(|e| e.gross_mj_per_inf / v.batch_size.max(1) as f64),
            accuracy: right.map(|(_, score)| score.value),
            accuracy_metric: right.map(|(name, _)| name.to_owned()),
            on_front: false,
        }
    }

    /// What it is judged by. A point that failed, was cut short, or whose figures are about something else is no
    /// choice.
    fn trade(&self) -> Option<Trade> {
        let lower = self.accuracy_metric.as_deref().is_some_and(is_lower_better);
        let accuracy = self.accuracy.map(|value| if lower { -value } else { value });
        let trade = Trade { p50: self.p50_ns?, throughput: self.throughput_ips?, accuracy };
        (self.status == Status::Ok && self.verdict != Some(Verdict::Invalid)).then_some(trade)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::result::{EnergyResult, Latency};
    use nntop_core::event::{Accuracy, EngineOptions, Event, Kind, Score, Slot, Stop, VariantSpec};
    use nntop_core::unit::Nanos;
    use nntop_state::State;

    /// Batch, median in nanoseconds, samples per second: as if it had been measured to its end.
    fn variant((batch, p50, throughput): (u64, u64, f64)) -> VariantResult {
        let mut state = State::default();
        let options = EngineOptions { batch: Some(batch), ..EngineOptions::default() };
        let spec = VariantSpec { name: format!("net b{batch}"), options, ..VariantSpec::default() };
        state.apply(&Event::new(Nanos::ZERO, Kind::Variant { variant: Slot(0), run: 1, spec: Box::new(spec) }));
        let mut v = VariantResult::of(&state, &state.variants[0], Stop::default());
        let (mean, n) = (p50 as f64, 1_000);
        let (min, p90, p95, p99, p999, max) = (p50, p50, p50, p50 * 2, p50 * 2, p50 * 2);
        let (stddev, p50_interval, p99_interval) = (None, None, None);
        v.latency_ns =
            Some(Latency { n, min, mean, stddev, p50, p90, p95, p99, p999, max, p50_interval, p99_interval });
        (v.status, v.throughput_ips, v.batch_size) = (Status::Ok, Some(throughput), batch);
        v
    }

    fn sweep(variants: &[VariantResult]) -> SweepResult {
        let axes = vec![SweepAxis { name: SweepAxis::BATCH_SIZE.into(), values: vec![1, 4, 8] }];
        SweepResult::of(&Sweep { axes }, variants)
    }

    #[test]
    fn a_point_has_its_place_and_the_figures_to_choose_by() {
        let mut four = variant((4, 2_000, 900.0));
        four.energy = Some(EnergyResult {
            gross_mj_per_inf: 10.0,
            net_mj_per_inf: None,
            inf_per_joule: 100.0,
            run_mwh: 1.0,
            inferences: 1_000,
            rails: Vec::new(),
            scope: String::new(),
        });
        let result = sweep(&[variant((1, 1_000, 800.0)), four]);
        let p = &result.points[1];
        assert_eq!((p.variant.as_str(), p.model.as_str()), ("net b4", "net"));
        assert_eq!(p.coordinates, [("batch_size".to_owned(), 4)].into());
        assert_eq!((p.p50_ns, p.p99_ns, p.throughput_ips), (Some(2_000), Some(4_000), Some(900.0)));
        // An inference is the whole batch.
        assert_eq!((p.energy_mj_per_sample, result.points[0].energy_mj_per_sample), (Some(2.5), None));
        assert!(result.points.iter().all(|p| p.on_front));
    }

    #[test]
    fn a_slower_point_that_is_right_more_often_is_on_the_front() {
        let evaluated = |place, name: &str, value| {
            let mut v = variant(place);
            let score = Score { value, low: None, high: None };
            let metrics = [(name.to_owned(), score)].into();
            v.accuracy = Some(Box::new(Accuracy { metrics, done: true, ..Accuracy::default() }));
            v
        };
        let on = |name, values: [f64; 3]| {
            let places = [(1, 1_000, 900.0), (4, 2_000, 800.0), (8, 3_000, 700.0)];
            let all: Vec<_> = places.into_iter().zip(values).map(|(p, value)| evaluated(p, name, value)).collect();
            let result = sweep(&all);
            assert_eq!(result.points[1].accuracy, Some(values[1]));
            result.points.iter().map(|p| p.on_front).collect::<Vec<_>>()
        };
        assert_eq!(on("top1", [0.7, 0.8, 0.75]), [true, true, false]);
        assert_eq!(on("rmse", [0.3, 0.4, 0.2]), [true, false, true], "of errors the lowest is best");
    }

    #[test]
    fn what_is_no_choice_is_neither_on_the_front_nor_in_the_way_of_others() {
        let best = (1, 1_000, 900.0);
        let with = |change: fn(&mut VariantResult)| {
            let mut first = variant(best);
            change(&mut first);
            let result = sweep(&[first, variant((4, 2_000, 800.0))]);
            [result.points[0].on_front, result.points[1].on_front]
        };
        assert_eq!(with(|_| {}), [true, false]);
        assert_eq!(with(|v| v.verdict = Some(Verdict::Noisy)), [true, false]);
        assert_eq!(with(|v| v.verdict = Some(Verdict::Invalid)), [false, true]);
        assert_eq!(with(|v| v.status = Status::Failed), [false, true]);
        assert_eq!(with(|v| v.status = Status::Interrupted), [false, true]);
    }
}
