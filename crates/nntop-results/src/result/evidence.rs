//! The shape of a run in little space: its blocks over time, and its distribution in bins. Charts are drawn from these.

use nntop_core::stats::{BlockDigest, Distribution, join_neighbours};
use nntop_state::Variant;
use serde::{Deserialize, Serialize};

/// Points of all variants' series together, and of one's at most.
const ALL_POINTS: usize = 1_200;
const MOST_POINTS: usize = 300;
/// Fewer would show nothing.
const LEAST_POINTS: usize = 16;

/// Bins of all variants' histograms together, and of one's at most.
const ALL_BINS: usize = 800;
const MOST_BINS: usize = 200;
const LEAST_BINS: usize = 24;

/// A variant's measured blocks in the order in which they were measured, neighbours joined where they are many. All
/// lists are of one length.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct SeriesResult {
    /// How many blocks a point stands for, at most.
    pub blocks_per_point: u32,
    /// When each began, in nanoseconds since the run did.
    pub begin_ns: Vec<u64>,
    /// When each ended.
    pub end_ns: Vec<u64>,
    /// Its median in nanoseconds, to 0.1 %.
    pub p50_ns: Vec<u64>,
    /// Its 99th percentile, to 0.1 %: its slowest where it has fewer than a hundred inferences.
    pub p99_ns: Vec<u64>,
}

/// A distribution in bins that touch: bin `i` reaches from `edges_ns[i]` (in it) to `edges_ns[i + 1]` (not in it, but for the
/// last).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct HistogramResult {
    /// One more than there are bins, ascending.
    pub edges_ns: Vec<u64>,
    /// Inferences in each bin.
    pub counts: Vec<u64>,
}

impl SeriesResult {
    /// Of one of `variants` variants; absent where nothing was measured.
    pub(super) fn of(v: &Variant, variants: usize) -> Option<Self> {
        let most = (ALL_POINTS / variants.max(1)).clamp(LEAST_POINTS, MOST_POINTS);
        let mut blocks: Vec<BlockDigest> = v.latency.digests.clone();
        while blocks.len() > most {
            blocks = join_neighbours(&blocks);
        }
        let all = |value: fn(&BlockDigest) -> u64| blocks.iter().map(value).collect();
        let series = Self {
            blocks_per_point: blocks.iter().map(BlockDigest::blocks).max()?,
            begin_ns: all(|b| b.began().0),
            end_ns: all(|b| b.ended().0),
            p50_ns: all(|b| b.quantile(0.5)),
            p99_ns: all(|b| b.quantile(0.99)),
        };
        Some(series)
    }
}

impl HistogramResult {
    /// Of one of `variants` variants; absent where nothing was measured.
    pub(super) fn of(d: &Distribution, variants: usize) -> Option<Self> {
        let most = (ALL_BINS / variants.max(1)).clamp(LEAST_BINS, MOST_BINS);
        let (min, max) = (d.min()?, d.max()?);
        let edges_ns = edges(min, max, most);
        let mut counts = vec![0; edges_ns.len() - 1];
        for (value, n) in d.pairs() {
            let bin = edges_ns.partition_point(|edge| *edge <= value).saturating_sub(1);
            let last = counts.len() - 1;
            counts[bin.min(last)] += n;
        }
        Some(Self { edges_ns, counts })
    }

    /// Every bin: from, to, how many.
    pub fn bins(&self) -> impl Iterator<Item = (u64, u64, u64)> + '_ {
        self.edges_ns.windows(2).zip(&self.counts).map(|(edge, n)| (edge[0], edge[1], *n))
    }
}

/// Edges at equal ratios: a bin is as wide, relative to its values, at the median as far out in the tail.
fn edges(min: u64, max: u64, most: usize) -> Vec<u64> {
    if min == max {
        return vec![min, min + 1];
    }
    let (low, high) = (min.max(1) as f64, max.max(2) as f64);
    // No narrower than the distribution can tell apart.
    let narrowest = 1.002f64;
    let bins = ((high / low).ln() / narrowest.ln()).ceil().clamp(1.0, most as f64) as usize;
    let edge = |i: usize| (low * (high / low).powf(i as f64 / bins as f64)).round() as u64;
    let mut edges: Vec<u64> = (0..=bins).map(edge).collect();
    edges[0] = min;
    edges[bins] = max;
    edges.dedup();
    edges
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(values: &[u64]) -> HistogramResult {
        let mut d = Distribution::default();
        values.iter().for_each(|v| d.merge_exact(&[*v]));
        HistogramResult::of(&d, 1).unwrap()
    }

    #[test]
    fn nothing_measured_has_no_shape_and_one_value_has_a_bin() {
        assert_eq!(HistogramResult::of(&Distribution::default(), 1), None);
        assert_eq!(of(&[700, 700]), HistogramResult { edges_ns: vec![700, 701], counts: vec![2] });
        assert_eq!(of(&[0]).counts, [1]);
    }

    #[test]
    fn many_variants_share_the_space() {
        let mut d = Distribution::default();
        d.merge_exact(&(1..4_000).map(|i| i * 1_000).collect::<Vec<_>>());
        let bins = |variants| HistogramResult::of(&d, variants).unwrap().counts.len();
        assert_eq!((bins(1), bins(8), bins(200)), (MOST_BINS, 100, LEAST_BINS));
    }

    proptest! {
        #[test]
        fn bins_ascend_and_hold_every_sample(values in prop::collection::vec(0u64..1_000_000_000_000, 1..300)) {
            let h = of(&values);
            prop_assert!(h.edges_ns.windows(2).all(|w| w[0] < w[1]), "{:?}", h);
            prop_assert!(h.counts.len() <= MOST_BINS && h.counts.len() + 1 == h.edges_ns.len());
            prop_assert_eq!(h.counts.iter().sum::<u64>(), values.len() as u64);
            for (low, high, n) in h.bins().take(h.counts.len() - 1) {
                prop_assert_eq!(n, values.iter().filter(|v| (low..high).contains(v)).count() as u64);
            }
        }
    }
}
