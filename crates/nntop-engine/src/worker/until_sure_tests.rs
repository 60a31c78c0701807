//! A run that ends when its median is known to 1 % still holds the true median as often as its interval says: the very
//! loop on the virtual clock, a thousand times.

use super::{SingleStream, Turn, TurnLimits};
use crate::engine::Stream;
use crate::tensor::Tensor;
use nntop_core::clock::VirtualClock;
use nntop_core::event::{Block, BlockKind, Fault, Slot};
use nntop_core::stats::{BlockDigest, MOST_BLOCKS, UntilSure, keep};
use nntop_core::unit::Nanos;
use rand::SeedableRng;
use rand_distr::{Distribution, Normal};
use rand_pcg::Pcg64Mcg;

const RUNS: u64 = 1_000;

/// Of a thousand runs, those that must hold the truth: 93 %.
const ENOUGH: usize = 930;

/// Fewer draws than in earnest, for there are many runs. Their ends are less sure, which costs some runs.
const DRAWS: usize = 500;

/// The true median, in nanoseconds.
const MEDIAN: f64 = 10e6;

/// Inferences that share their weather: about a block. Were it by time, slow weather would hold fewer of them, and the
/// median would not be known.
const SHARED: u64 = 10;

/// Latencies whose median is known, in weather.
struct Weathered {
    clock: VirtualClock,
    random: Pcg64Mcg,
    /// How far single inferences spread, and how far the weather does.
    sigma: [f64; 2],
    level: f64,
    done: u64,
}

impl Weathered {
    fn normal(&mut self, sigma: f64) -> f64 {
        Normal::new(0.0, sigma).unwrap().sample(&mut self.random)
    }
}

impl Stream for Weathered {
    fn infer(&mut self) -> Result<(), Fault> {
        if self.done.is_multiple_of(SHARED) {
            self.level = self.normal(self.sigma[1]);
        }
        self.done += 1;
        let takes = MEDIAN * (self.level + self.normal(self.sigma[0])).exp();
        self.clock.advance(Nanos(takes as u64));
        Ok(())
    }

    fn outputs(&self) -> Result<Vec<Tensor>, Fault> {
        Ok(Vec::new())
    }
}

/// Runs until sure of 1 %; whether the interval then holds the true median, and how many blocks that took.
fn run(seed: u64, sigma: [f64; 2]) -> (bool, u64) {
    let clock = VirtualClock::default();
    let random = Pcg64Mcg::seed_from_u64(seed);
    let stream = Weathered { clock: clock.clone(), random, sigma, level: 0.0, done: 0 };
    let (live, _reader) = rtrb::RingBuffer::new(16);
    let mut turn = Turn::new(Slot(0), 1, 10_000, live);
    let mut load = SingleStream::new(clock, stream);
    let mut until = UntilSure::new(0.01).with_draws(DRAWS);
    let (mut digests, mut each, mut blocks): (Vec<BlockDigest>, u32, u64) = (Vec::new(), 1, 0);
    // Ten minutes: what is not sure by then has not stopped by this rule.
    let limits = TurnLimits {
        block: Nanos::from_millis(100),
        duration: Some(Nanos::from_millis(600_000)),
        ..TurnLimits::default()
    };
    turn.take(&mut load, BlockKind::Measure, limits, |block: Block| {
        keep(&mut digests, &mut each, block.digest());
        until.block(block.digest());
        blocks += 1;
        !until.is_sure()
    })
    .unwrap();
    assert!(until.is_sure() && digests.len() <= MOST_BLOCKS, "{blocks} blocks");
    (until.median().unwrap().interval.holds(MEDIAN), blocks)
}

/// How many of the runs hold the truth, and how many blocks they took on average.
fn held(sigma: [f64; 2]) -> (usize, u64) {
    let all: Vec<(bool, u64)> = (0..RUNS).map(|seed| run(seed, sigma)).collect();
    (all.iter().filter(|r| r.0).count(), all.iter().map(|r| r.1).sum::<u64>() / RUNS)
}

#[test]
fn the_true_median_lies_in_the_interval_that_ended_the_run() {
    let (held, blocks) = held([0.06, 0.0]);
    assert!(held >= ENOUGH && blocks < 70, "{held} of {RUNS}, {blocks} blocks");
}

#[test]
fn also_in_weather_that_changes_from_block_to_block() {
    let (held, blocks) = held([0.02, 0.025]);
    assert!(held >= ENOUGH && (38..99).contains(&blocks), "{held} of {RUNS}, {blocks} blocks");
}
