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
//! joined, and what is left of it widens the interval. The histogram's resolution is a floor under every half-width.

use super::digest::{BlockDigest, join_neighbours};
use super::interval::{Interval, percentile_interval};
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

/// Joining neighbours that resemble each other stops before fewer blocks than this are left.
const LEAST_JOINED: usize = 12;

/// The percentiles that get an interval.
const QUANTILES: [f64; 3] = [0.5, 0.9, 0.99];

/// 95 % intervals of one variant's figures.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Intervals {
    /// Median, in nanoseconds.
    pub p50: Interval,
    /// 90th percentile, in nanoseconds.
    pub p90: Interval,
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
    let level = |blocks: &[BlockDigest]| lag_one(&blocks.iter().map(BlockDigest::mean).collect::<Vec<_>>());
    let mut blocks = Cow::Borrowed(blocks);
    let mut memory = level(&blocks);
    while wanders(blocks.len(), memory) {
        blocks = Cow::Owned(join_neighbours(&blocks));
        memory = level(&blocks);
    }
    let of = Figures::of(&blocks)?;
    let draws = Draws::take(of.blocks, memory, draws, |weights| of.at(weights));
    let interval = |i: usize| draws.interval(|f| f[i]);
    Some(Intervals { p50: interval(0), p90: interval(1), p99: interval(2), mean: interval(3), throughput: interval(4) })
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
            [f.quantiles[0].at(weights, n), f.quantiles[2].at(weights, n), f.rate(weights, n)]
        });
        [a[0] / b[0], a[1] / b[1], b[2] / a[2]]
    });
    let ratio = |i: usize| Ratio { value: draws.all[i], interval: draws.interval(|f| f[i]) };
    let faster: f64 = draws.drawn.iter().map(|f| f64::from(f[0] > 1.0) + 0.5 * f64::from(f[0] == 1.0)).sum();
    Some(Compared { p50: ratio(0), p99: ratio(1), throughput: ratio(2), p_faster: faster / draws.drawn.len() as f64 })
}

/// How much values follow their predecessors: the correlation at lag one.
fn lag_one(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
    let variance: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    let lagged: f64 = values.windows(2).map(|w| (w[0] - mean) * (w[1] - mean)).sum();
    if variance > 0.0 { (lagged / variance).clamp(-0.9, 0.9) } else { 0.0 }
}

/// Whether so many values that follow each other like this are to be joined.
fn wanders(n: usize, correlation: f64) -> bool {
    n >= 2 * LEAST_JOINED && correlation > 0.5 / (n as f64).sqrt()
}

/// What the correlation that joining leaves over adds to a width: that of a mean of an autoregressive series.
fn remaining(correlation: f64) -> f64 {
    let r = correlation.max(0.0);
    ((1.0 + r) / (1.0 - r)).sqrt()
}

/// A variant's blocks, laid out so that the figures of a draw are sums of products with its weights.
struct Figures {
    blocks: usize,
    n: Vec<f64>,
    sum: Vec<f64>,
    seconds: Vec<f64>,
    quantiles: [Window; QUANTILES.len()],
}

/// Where a percentile can lie at all: between the least and the greatest of the blocks' own.
struct Window {
    q: f64,
    /// The bins' values, ascending.
    values: Vec<f64>,
    /// Per bin, how many inferences of each block lie in it or below.
    below: Vec<Vec<f64>>,
    /// The bin that holds the percentile of all blocks.
    start: usize,
}

impl Figures {
    fn of(blocks: &[BlockDigest]) -> Option<Self> {
        if blocks.len() < LEAST_BLOCKS || blocks.iter().any(|b| b.n() == 0) {
            return None;
        }
        let column = |f: fn(&BlockDigest) -> f64| blocks.iter().map(f).collect();
        Some(Self {
            blocks: blocks.len(),
            n: column(|b| b.n() as f64),
            sum: column(|b| b.sum()),
            seconds: column(|b| b.busy().as_secs_f64()),
            quantiles: QUANTILES.map(|q| Window::of(blocks, q)),
        })
    }

    /// p50, p90, p99, mean and throughput when each block counts as often as its weight says.
    fn at(&self, weights: &[f64]) -> [f64; 5] {
        let n = dot(weights, &self.n);
        let [p50, p90, p99] = [0, 1, 2].map(|i| self.quantiles[i].at(weights, n));
        [p50, p90, p99, dot(weights, &self.sum) / n, self.rate(weights, n)]
    }

    /// Inferences per second.
    fn rate(&self, weights: &[f64], n: f64) -> f64 {
        n / dot(weights, &self.seconds).max(1e-9)
    }
}

impl Window {
    fn of(blocks: &[BlockDigest], q: f64) -> Self {
        let own = || blocks.iter().map(|b| b.quantile_bin(q));
        let (low, high) = (own().min().unwrap_or(0), own().max().unwrap_or(0));
        let inside = |bin: &u16| (low..=high).contains(bin);
        let mut bins: Vec<u16> = blocks.iter().flat_map(|b| b.bins().map(|(bin, _)| bin)).filter(inside).collect();
        bins.sort_unstable();
        bins.dedup();
        let mut below = vec![vec![0.0; blocks.len()]; bins.len()];
        for (at, block) in blocks.iter().enumerate() {
            let (mut rest, mut sum) = (block.bins().peekable(), 0.0);
            for (row, bin) in below.iter_mut().zip(&bins) {
                while let Some((_, count)) = rest.next_if(|(b, _)| b <= bin) {
                    sum += f64::from(count);
                }
                row[at] = sum;
            }
        }
        let wanted = blocks.iter().map(|b| b.n() as f64).sum::<f64>() * q;
        let start = below.partition_point(|row| row.iter().sum::<f64>() < wanted).min(below.len().saturating_sub(1));
        Self { q, values: bins.into_iter().map(BlockDigest::value).collect(), below, start }
    }

    /// The nearest-rank percentile of a draw of `n` inferences.
    fn at(&self, weights: &[f64], n: f64) -> f64 {
        let wanted = (n * self.q).ceil().max(1.0);
        let reached = |i: usize| dot(weights, &self.below[i]) >= wanted;
        // Most draws land near where all blocks together do: outwards from there, in growing steps.
        let last = self.values.len() - 1;
        let (mut low, mut high, mut step) = (0, last, 1);
        if reached(self.start) {
            high = self.start;
            while high > low {
                let probe = high.saturating_sub(step);
                if !reached(probe) {
                    low = probe + 1;
                    break;
                }
                (high, step) = (probe, step * 2);
            }
        } else {
            low = (self.start + 1).min(last);
            while low < last {
                let probe = (low + step - 1).min(last);
                if reached(probe) {
                    high = probe;
                    break;
                }
                (low, step) = ((probe + 1).min(last), step * 2);
            }
        }
        while low < high {
            let middle = low.midpoint(high);
            if reached(middle) { high = middle } else { low = middle + 1 }
        }
        self.values[high]
    }
}

/// Four sums at once: a single one would wait for itself at every step.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len().min(b.len());
    let (a, b) = (&a[..n], &b[..n]);
    let (mut s0, mut s1, mut s2, mut s3, mut i) = (0.0, 0.0, 0.0, 0.0, 0);
    while i + 4 <= n {
        s0 += a[i] * b[i];
        s1 += a[i + 1] * b[i + 1];
        s2 += a[i + 2] * b[i + 2];
        s3 += a[i + 3] * b[i + 3];
        i += 4;
    }
    while i < n {
        s0 += a[i] * b[i];
        i += 1;
    }
    s0 + s1 + s2 + s3
}

/// Figures of all blocks, and of every draw.
struct Draws<const N: usize> {
    blocks: usize,
    /// How much blocks still follow each other.
    memory: f64,
    all: [f64; N],
    drawn: Vec<[f64; N]>,
}

impl<const N: usize> Draws<N> {
    fn take(blocks: usize, memory: f64, draws: usize, figures: impl Fn(&[f64]) -> [f64; N]) -> Self {
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

    fn interval(&self, figure: impl Fn(&[f64; N]) -> f64) -> Interval {
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
