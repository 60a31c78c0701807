//! The intervals hold what is known to be true, as often as they say.

use super::*;
use crate::unit::Nanos;
use rand_distr::{Distribution, Normal};

const RUNS: u64 = 300;

/// Of 300 runs, those that must hold the truth: 93 %.
const ENOUGH: usize = 279;

/// Fewer draws than in earnest, for there are many runs.
const DRAWS: usize = 250;

struct World {
    random: Pcg64Mcg,
    t: u64,
    level: f64,
}

impl World {
    fn new(seed: u64) -> Self {
        Self { random: Pcg64Mcg::seed_from_u64(seed), t: 0, level: 0.0 }
    }

    fn normal(&mut self, sigma: f64) -> f64 {
        Normal::new(0.0, sigma).unwrap().sample(&mut self.random)
    }

    /// A block of `n` lognormal latencies around `median`, at the level that the world is at.
    fn block(&mut self, median: f64, n: usize) -> BlockDigest {
        let samples: Vec<u64> = (0..n).map(|_| (median * (self.level + self.normal(0.05)).exp()) as u64).collect();
        let (began, sum) = (self.t, samples.iter().sum::<u64>());
        self.t += sum;
        let pairs = samples.iter().map(|v| (*v, 1));
        BlockDigest::new(pairs, sum as f64 / n as f64, Nanos(began), Nanos(self.t))
    }
}

#[test]
fn the_true_median_lies_in_the_interval() {
    let held = (0..RUNS).filter(|seed| {
        let mut w = World::new(*seed);
        let blocks: Vec<_> = (0..24).map(|_| w.block(4.5e6, 25)).collect();
        intervals_from(&blocks, DRAWS).unwrap().p50.holds(4.5e6)
    });
    let held = held.count();
    assert!(held >= ENOUGH, "{held} of {RUNS}");
}

#[test]
fn also_when_the_level_changes_from_block_to_block() {
    let (mut held, mut iid) = (0, 0);
    for seed in 0..RUNS {
        let mut w = World::new(seed);
        let blocks: Vec<_> = (0..24)
            .map(|_| {
                w.level = w.normal(0.04);
                w.block(4.5e6, 40)
            })
            .collect();
        let of = intervals_from(&blocks, DRAWS).unwrap();
        held += usize::from(of.p50.holds(4.5e6));
        // What independent samples would promise: the median's standard error, 1.25 sigma / sqrt(n).
        let middle = (of.p50.low + of.p50.high) / 2.0;
        let half = 1.96 * 1.2533 * 0.064 / f64::sqrt(960.0) * middle;
        iid += usize::from((middle - 4.5e6).abs() <= half);
    }
    assert!(held >= ENOUGH, "{held} of {RUNS}");
    assert!(iid < 200, "intervals for independent samples would do: {iid}");
}

#[test]
fn also_when_the_level_wanders_over_blocks() {
    let held = (0..RUNS).filter(|seed| {
        let mut w = World::new(*seed);
        let blocks: Vec<_> = (0..128)
            .map(|_| {
                w.level = 0.5 * w.level + w.normal(0.02);
                w.block(4.5e6, 16)
            })
            .collect();
        intervals_from(&blocks, DRAWS).unwrap().p50.holds(4.5e6)
    });
    let held = held.count();
    assert!(held >= ENOUGH, "{held} of {RUNS}");
}

#[test]
fn few_blocks_give_wide_intervals_and_fewer_none() {
    let mut w = World::new(0);
    let blocks: Vec<_> = (0..5).map(|_| w.block(4.5e6, 30)).collect();
    assert!(intervals(&blocks).is_some() && compare(&blocks, &blocks).is_some());
    assert!(intervals(&blocks[..4]).is_none() && compare(&blocks, &blocks[..4]).is_none());
    let held = (0..RUNS).filter(|seed| {
        let mut w = World::new(*seed);
        let blocks: Vec<_> = (0..8).map(|_| w.block(4.5e6, 30)).collect();
        intervals_from(&blocks, DRAWS).unwrap().p50.holds(4.5e6)
    });
    let held = held.count();
    assert!(held >= 270, "{held} of {RUNS}");
}

/// Pairs side by side: both meet the same weather, which wanders.
fn pairs(seed: u64, ratio: f64) -> Compared {
    let mut w = World::new(seed);
    let (mut a, mut b) = (Vec::new(), Vec::new());
    for _ in 0..32 {
        w.level = 0.5 * w.level + w.normal(0.03);
        a.push(w.block(4.5e6, 30));
        b.push(w.block(4.5e6 / ratio, 30));
    }
    compare_from(&a, &b, DRAWS).unwrap()
}

#[test]
fn alike_is_found_alike_and_different_different() {
    let (mut alike, mut held, mut found, mut narrow) = (0, 0, 0, 0);
    for seed in 0..RUNS {
        alike += usize::from(pairs(seed, 1.0).p50.interval.holds(1.0));
    }
    for seed in 0..100 {
        let faster = pairs(seed + RUNS, 1.03);
        held += usize::from(faster.p50.interval.holds(1.03));
        found += usize::from(faster.p50.interval.low > 1.0 && faster.p_faster > 0.97);
        narrow += usize::from(faster.p50.interval.relative(1.03) < 0.02);
    }
    assert!(alike >= ENOUGH && held >= 92, "alike {alike} of {RUNS}, held {held} of 100");
    assert!(found >= 97 && narrow >= 97, "found {found}, narrow {narrow} of 100");
}

#[test]
fn every_ratio_says_how_much_faster_b_is() {
    let c = pairs(1, 1.5);
    for r in [c.p50, c.p99, c.throughput] {
        assert!((r.value - 1.5).abs() < 0.1 && r.interval.holds(r.value), "{c:?}");
    }
    assert_eq!(c.p_faster, 1.0);
    assert_eq!(pairs(1, 1.0 / 1.5).p_faster, 0.0);
    assert_eq!(pairs(1, 1.5), c, "the same blocks, the same intervals");
}

#[test]
fn what_never_varies_is_known_to_the_resolution() {
    let blocks: Vec<_> = (0..9).map(|t| BlockDigest::new([(1_000, 10)], 1e3, Nanos(t), Nanos(t + 10_000))).collect();
    let of = intervals(&blocks).unwrap();
    assert!((of.p50.relative(1e3) - 0.001).abs() < 1e-6 && (of.mean.relative(1e3) - 0.001).abs() < 1e-9);
    assert!(of.p50.holds(1e3) && of.p99.holds(1e3) && of.throughput.holds(1e6));
    assert_eq!(compare(&blocks, &blocks).unwrap().p_faster, 0.5, "neither is faster");
}
