//! How sure a figure is: 95 % intervals by block bootstrap.
//!
//! Inferences within a block share its clocks, heat and neighbours, so they are not independent, and intervals that
//! assume it are far too narrow. Whole blocks are drawn instead, with replacement: the spread of a figure over the
//! draws is what it would spread over runs.
//!
//! ```text
//!  measured blocks   1 2 3 4 5 6            p50 4.51
//!  a draw            3 1 6 6 2 4            p50 4.49      2 000 draws, each from all blocks
//!  another           5 5 1 4 2 6            p50 4.53      interval: where the middle 95 % of them lie
//! ```
//!
//! Neighbours that resemble each other count as one: while the blocks' means follow each other, pairs of them are
//! joined, and what is left of it widens the interval. Few blocks show little of a level's rare slow stretches, which make
//! the tail: there, a tail's interval is as wide as normal theory has it, at least. The histogram's resolution is a
//! floor under every half-width.

use super::autocorrelation::{lag_one, remaining, wanders};
use super::digest::{BlockDigest, join_neighbours};
use super::interval::{Interval, percentile_interval, tail};
use super::window::{Window, dot};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Draws per interval.
pub const RESAMPLES: usize = 2_000;

/// The seed of all draws: the same blocks give the same interval.
pub const SEED: u64 = 0x006e_6e74_6f70;

/// Fewer blocks than this say nothing about how they spread.
pub const LEAST_BLOCKS: usize = 5;

/// The percentiles that get an interval.
const QUANTILES: [f64; 4] = [0.5, 0.9, 0.95, 0.99];

/// 95 % intervals of one variant's figures.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Intervals {
    /// Median, in nanoseconds.
    pub p50: Interval,
    /// 90th percentile, in nanoseconds.
    pub p90: Interval,
    /// 95th percentile, in nanoseconds.
    pub p95: Interval,
    /// 99th percentile, in nanoseconds.
    pub p99: Interval,
    /// Mean, in nanoseconds.
    pub mean: Interval,
    /// Inferences per second.
    pub throughput: Interval,
}

/// How one variant's figure stands to another's.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Ratio {
    /// The ratio of the figures.
    pub value: f64,
    /// Where it lies with 95 % certainty.
    pub interval: Interval,
}

impl Ratio {
    /// Times a factor that is known exactly.
    pub fn scaled(self, factor: f64) -> Self {
        let Interval { low, high } = self.interval;
        Self { value: self.value * factor, interval: Interval { low: low * factor, high: high * factor } }
    }
}

/// B against A, from pairs of blocks that were measured side by side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Compared {
    /// A's median over B's: above 1, B is faster.
    pub p50: Ratio,
    /// A's 90th percentile over B's.
    pub p90: Ratio,
    /// A's 95th percentile over B's.
    pub p95: Ratio,
    /// A's 99th percentile over B's.
    pub p99: Ratio,
    /// B's throughput over A's: above 1, B is faster.
    pub throughput: Ratio,
    /// The share of draws in which B's median lies below A's; draws with equal medians count half.
    pub p_faster: f64,
}

/// Intervals from measured blocks, in the order measured; absent from fewer than [`LEAST_BLOCKS`].
pub fn intervals(blocks: &[BlockDigest]) -> Option<Intervals> {
    intervals_from(blocks, RESAMPLES)
}

fn intervals_from(blocks: &[BlockDigest], draws: usize) -> Option<Intervals> {
    let measured = blocks.len();
    let (blocks, memory) = independent(blocks);
    let wanders = blocks.len() < measured;
    let of = Figures::of(&blocks)?;
    let draws = Draws::take(of.blocks, memory, draws, |weights| of.at(weights));
    let interval = |i: usize| draws.interval(|f| f[i]);
    let [p50, mut p90, mut p95, mut p99, mean, throughput] = [0, 1, 2, 3, 4, 5].map(interval);
    if wanders {
        let median = (p50, draws.all[0]);
        for (of, i) in [(&mut p90, 1), (&mut p95, 2), (&mut p99, 3)] {
            *of = tail(*of, draws.all[i], median, QUANTILES[i]);
        }
    }
    Some(Intervals { p50, p90, p95, p99, mean, throughput })
}

/// The median and its interval alone, the very one of [`intervals`]; absent from fewer than [`LEAST_BLOCKS`].
pub(super) fn median_from(blocks: &[BlockDigest], draws: usize) -> Option<Ratio> {
    let (blocks, memory) = independent(blocks);
    let n = counts(&blocks)?;
    let window = Window::of(&blocks, QUANTILES[0]);
    let draws = Draws::take(n.len(), memory, draws, |weights| [window.at(weights, dot(weights, &n))]);
    Some(Ratio { value: draws.all[0], interval: draws.interval(|f| f[0]) })
}

/// The blocks, joined until neighbours no longer resemble each other; and how much they still do.
fn independent(blocks: &[BlockDigest]) -> (Cow<'_, [BlockDigest]>, f64) {
    let level = |blocks: &[BlockDigest]| lag_one(&blocks.iter().map(BlockDigest::mean).collect::<Vec<_>>());
    let mut blocks = Cow::Borrowed(blocks);
    let mut memory = level(&blocks);
    while wanders(blocks.len(), memory) {
        blocks = Cow::Owned(join_neighbours(&blocks));
        memory = level(&blocks);
    }
    (blocks, memory)
}

/// Inferences per block; absent from too few blocks, or with an empty one.
fn counts(blocks: &[BlockDigest]) -> Option<Vec<f64>> {
    let usable = blocks.len() >= LEAST_BLOCKS && blocks.iter().all(|b| b.n() > 0);
    usable.then(|| blocks.iter().map(|b| b.n() as f64).collect())
}

/// Compares B with A from pairs of blocks, A's k-th with B's k-th; blocks without a partner are left out. Absent
/// from fewer than [`LEAST_BLOCKS`] pairs.
pub fn compare(a: &[BlockDigest], b: &[BlockDigest]) -> Option<Compared> {
    compare_from(a, b, RESAMPLES)
}

fn compare_from(a: &[BlockDigest], b: &[BlockDigest], draws: usize) -> Option<Compared> {
    let pairs = a.len().min(b.len());
    let (mut a, mut b) = (a[..pairs].to_vec(), b[..pairs].to_vec());
    // What matters is whether the difference wanders: what both share cancels.
    let difference = |a: &[BlockDigest], b: &[BlockDigest]| {
        lag_one(&a.iter().zip(b).map(|(a, b)| (b.mean().max(1.0) / a.mean().max(1.0)).ln()).collect::<Vec<_>>())
    };
    let mut memory = difference(&a, &b);
    while wanders(a.len(), memory) {
        (a, b) = (join_neighbours(&a), join_neighbours(&b));
        memory = difference(&a, &b);
    }
    let (fa, fb) = (Figures::of(&a)?, Figures::of(&b)?);
    let draws = Draws::take(fa.blocks, memory, draws, |weights| {
        let [a, b] = [&fa, &fb].map(|f| {
            let n = dot(weights, &f.n);
            let [p50, p90, p95, p99] = [0, 1, 2, 3].map(|i| f.quantiles[i].at(weights, n));
            [p50, p90, p95, p99, f.rate(weights, n)]
        });
        [a[0] / b[0], a[1] / b[1], a[2] / b[2], a[3] / b[3], b[4] / a[4]]
    });
    let ratio = |i: usize| Ratio { value: draws.all[i], interval: draws.interval(|f| f[i]) };
    let faster: f64 = draws.drawn.iter().map(|f| f64::from(f[0] > 1.0) + 0.5 * f64::from(f[0] == 1.0)).sum();
    let [p50, mut p90, mut p95, mut p99, throughput] = [0, 1, 2, 3, 4].map(ratio);
    if a.len() < pairs {
        for (of, q) in [(&mut p90, QUANTILES[1]), (&mut p95, QUANTILES[2]), (&mut p99, QUANTILES[3])] {
            of.interval = tail(of.interval, of.value, (p50.interval, p50.value), q);
        }
    }
    Some(Compared { p50, p90, p95, p99, throughput, p_faster: faster / draws.drawn.len() as f64 })
}

/// A variant's blocks, laid out so that the figures of a draw are sums of products with its weights.
struct Figures {
    blocks: usize,
    n: Vec<f64>,
    sum: Vec<f64>,
    seconds: Vec<f64>,
    quantiles: [Window; QUANTILES.len()],
}

impl Figures {
    fn of(blocks: &[BlockDigest]) -> Option<Self> {
        let n = counts(blocks)?;
        let column = |f: fn(&BlockDigest) -> f64| blocks.iter().map(f).collect();
        Some(Self {
            blocks: blocks.len(),
            n,
            sum: column(|b| b.sum()),
            seconds: column(|b| b.busy().as_secs_f64()),
            quantiles: QUANTILES.map(|q| Window::of(blocks, q)),
        })
    }

    /// p50, p90, p95, p99, mean and throughput when each block counts as often as its weight says.
    fn at(&self, weights: &[f64]) -> [f64; 6] {
        let n = dot(weights, &self.n);
        let [p50, p90, p95, p99] = [0, 1, 2, 3].map(|i| self.quantiles[i].at(weights, n));
        [p50, p90, p95, p99, dot(weights, &self.sum) / n, self.rate(weights, n)]
    }

    /// Inferences per second.
    fn rate(&self, weights: &[f64], n: f64) -> f64 {
        n / dot(weights, &self.seconds).max(1e-9)
    }
}

/// Figures of all blocks, and of every draw.
pub(super) struct Draws<const N: usize> {
    blocks: usize,
    /// How much blocks still follow each other.
    memory: f64,
    pub(super) all: [f64; N],
    drawn: Vec<[f64; N]>,
}

impl<const N: usize> Draws<N> {
    pub(super) fn take(blocks: usize, memory: f64, draws: usize, figures: impl Fn(&[f64]) -> [f64; N]) -> Self {
        let mut random = Pcg64Mcg::seed_from_u64(SEED);
        let mut weights = vec![0.0; blocks];
        let drawn = (0..draws)
            .map(|_| {
                weights.fill(0.0);
                (0..blocks).for_each(|_| weights[random.random_range(0..blocks)] += 1.0);
                figures(&weights)
            })
            .collect();
        weights.fill(1.0);
        Self { blocks, memory, all: figures(&weights), drawn }
    }

    pub(super) fn interval(&self, figure: impl Fn(&[f64; N]) -> f64) -> Interval {
        percentile_interval(
            self.drawn.iter().map(&figure).collect(),
            figure(&self.all),
            self.blocks,
            remaining(self.memory),
        )
    }
}

#[cfg(test)]
#[path = "bootstrap_tests.rs"]
mod tests;
