//! A variant's memory over its run, bounded for runs of days: does it grow with every inference?

use nntop_core::event::Memory;
use nntop_core::stats::Interval;
use nntop_core::unit::Bytes;
use serde::{Deserialize, Serialize};

/// Readings kept; when they become too many every second one goes.
const CAPACITY: usize = 1_024;

/// Fewer steps between readings say nothing.
const LEAST_STEPS: usize = 5;

/// A growth below this is what allocators keep for themselves.
const LEAST: f64 = 1e6;

/// The growth per inference is so many times its own standard error.
const SIGNIFICANT: f64 = 5.0;

/// Standard errors to either side that hold 95 %.
const NORMAL_95: f64 = 1.96;

/// The last half of the run brings at least this share of the growth: a leak goes on, a cache fills up.
const LAST_HALF: f64 = 0.25;

/// `(measured inferences so far, bytes)`, oldest first.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Footprint {
    points: Vec<(u64, f64)>,
    /// How many more inferences than the last one a reading must have behind it to be kept.
    stride: u64,
}

/// What the memory does over a run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) enum Trend {
    /// It stays where it is, or moves without a lasting way.
    Level { last: Bytes },
    /// It grows with the inferences.
    Grows { per_inference: f64, by: Bytes, interval: Interval },
}

impl Footprint {
    /// Takes in a reading after so many measured inferences. Anonymous memory is what a leak is made of; files
    /// that are mapped come and go with the page cache.
    pub(super) fn push(&mut self, inferences: u64, memory: &Memory) {
        let Some(bytes) = memory.anonymous.or(memory.rss) else { return };
        let last = self.points.last().map(|p| p.0);
        if last.is_some_and(|last| inferences < last + self.stride.max(1)) {
            return;
        }
        self.points.push((inferences, bytes.0 as f64));
        if self.points.len() > CAPACITY {
            let mut keep = false;
            self.points.retain(|_| {
                keep = !keep;
                keep
            });
            let span = inferences - self.points.first().map_or(0, |p| p.0);
            self.stride = span / self.points.len() as u64;
        }
    }

    /// Bytes per inference by which it grows, and its 95 % interval; absent where it does not.
    pub fn growth(&self) -> Option<(f64, Interval)> {
        match self.trend()? {
            Trend::Grows { per_inference, interval, .. } => Some((per_inference, interval)),
            Trend::Level { .. } => None,
        }
    }

    /// What it does; absent while there are too few readings.
    ///
    /// Judged by the steps between readings, not by a line through them: memory that only wanders looks like a line
    /// more often than not (Granger and Newbold 1974), but its steps go both ways. A single large step, an arena say,
    /// does not count either: its size is its own standard error.
    pub(super) fn trend(&self) -> Option<Trend> {
        let steps: Vec<(f64, f64)> =
            self.points.windows(2).map(|w| ((w[1].0 - w[0].0) as f64, w[1].1 - w[0].1)).collect();
        if steps.len() < LEAST_STEPS {
            return None;
        }
        let (inferences, by) = steps.iter().fold((0.0, 0.0), |sum, s| (sum.0 + s.0, sum.1 + s.1));
        let slope = by / inferences;
        let squares: f64 = steps.iter().map(|(n, bytes)| (bytes - slope * n).powi(2) / n).sum();
        let error = (squares / (steps.len() - 1) as f64 / inferences).sqrt();
        let half = self.points.partition_point(|p| ((p.0 - self.points[0].0) as f64) < inferences / 2.0);
        let last = self.points[self.points.len() - 1].1;
        let late = last - self.points[half.min(self.points.len() - 1)].1;
        let grows = by >= LEAST && slope >= SIGNIFICANT * error && late >= LAST_HALF * by;
        Some(if grows {
            let half = NORMAL_95 * error;
            let interval = Interval { low: slope - half, high: slope + half };
            Trend::Grows { per_inference: slope, by: Bytes(by as u64), interval }
        } else {
            Trend::Level { last: Bytes(last as u64) }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nntop_core::event::Slot;
    use rand::{RngExt, SeedableRng};
    use rand_distr::{Distribution, StandardNormal};
    use rand_pcg::Pcg64Mcg;

    /// Readings every 100 inferences over a ground of 80 MB: `next` makes the bytes above it from a chance.
    fn trend(seed: u64, readings: u64, mut next: impl FnMut(u64, f64) -> f64) -> Option<Trend> {
        let mut random = Pcg64Mcg::seed_from_u64(seed);
        let mut footprint = Footprint::default();
        for i in 0..readings {
            let bytes = 80e6 + next(i, StandardNormal.sample(&mut random));
            let anonymous = Some(Bytes(bytes as u64));
            let memory = Memory { variant: Slot(0), run: 1, pss: None, rss: None, peak: None, anonymous, mapped: None };
            footprint.push(i * 100 + random.random_range(0..20), &memory);
        }
        footprint.trend()
    }

    fn grows(trend: Option<Trend>) -> bool {
        matches!(trend, Some(Trend::Grows { .. }))
    }

    /// In how many of 1 000 seeds growth is seen.
    fn times(readings: u64, next: impl Fn() -> Box<dyn FnMut(u64, f64) -> f64>) -> usize {
        (0..1_000).filter(|seed| grows(trend(*seed, readings, next()))).count()
    }

    #[test]
    fn a_leak_is_seen_with_its_size() {
        for readings in [6, 20, 3_000] {
            // 4 kB an inference, read with a noise of 20 kB.
            let leaking = times(readings, || Box::new(|i, chance| 4e5 * i as f64 + 2e4 * chance));
            assert!(leaking >= 980, "{leaking} of 1 000 with {readings} readings");
        }
        let holds = (0..1_000).filter(|seed| match trend(*seed, 200, |i, chance| 4e5 * i as f64 + 2e4 * chance) {
            Some(Trend::Grows { interval, .. }) => (interval.low..=interval.high).contains(&4e3),
            _ => false,
        });
        let holds = holds.count();
        assert!(holds >= 930, "the interval holds the truth in {holds} of 1 000");
        let Some(Trend::Grows { per_inference, by, .. }) = trend(1, 20, |i, _| 4e5 * i as f64) else {
            panic!("not seen")
        };
        assert!((per_inference / 4e3 - 1.0).abs() < 0.02 && by.0 == 7_600_000, "{per_inference} {by}");
    }

    #[test]
    fn what_only_moves_is_no_leak() {
        for readings in [6, 20, 200] {
            let noise = times(readings, || Box::new(|_, chance| 2e6 * chance));
            let walk = times(readings, || {
                let mut at = 0.0;
                Box::new(move |_, chance| {
                    at += 5e5 * chance;
                    at
                })
            });
            let step = times(readings, || Box::new(move |i, chance| if i > 3 { 3e7 } else { 0.0 } + 1e4 * chance));
            let fills = times(readings.max(20), || {
                Box::new(|i, chance| 3e7 * (1.0 - (-(i as f64) / 3.0).exp()) + 1e4 * chance)
            });
            let worst = noise.max(walk).max(step).max(fills);
            assert!(
                worst <= 20,
                "{readings} readings: noise {noise}, walk {walk}, step {step}, fills {fills} of 1 000"
            );
        }
        assert_eq!(trend(1, 5, |i, _| 4e6 * i as f64), None, "too few readings");
        assert!(!grows(trend(1, 50, |i, _| 1e3 * i as f64)), "too little to matter");
    }
}
