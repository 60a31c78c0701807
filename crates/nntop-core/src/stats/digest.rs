//! A measured block in little memory: what is needed to draw it again, hundreds of times.

use crate::unit::Nanos;
use serde::{Deserialize, Serialize};

/// More blocks than this are joined, neighbours in pairs: intervals from a hundred are as good as from a thousand,
/// and cost less.
pub const MOST_BLOCKS: usize = 128;

/// Bins per factor of e: each is 0.1 % wide, and all of `u64` fits into 16 bits.
const BINS_PER_E: f64 = 1_000.0;

/// The latencies of one block, or of neighbours that were joined.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct BlockDigest {
    /// Bin and count, ascending.
    bins: Vec<(u16, u32)>,
    n: u64,
    sum: f64,
    busy: Nanos,
    began: Nanos,
    ended: Nanos,
    blocks: u32,
    joules: f64,
    /// Inferences that `joules` are of.
    powered: u64,
}

impl BlockDigest {
    /// Of a block that lasted from `began` to `ended`, as `(nanoseconds, count)` in any order, with its exact mean.
    pub fn new(pairs: impl IntoIterator<Item = (u64, u64)>, mean: f64, began: Nanos, ended: Nanos) -> Self {
        let count = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        let mut bins: Vec<(u16, u32)> = pairs.into_iter().map(|(v, n)| (bin(v), count(n))).collect();
        bins.sort_unstable();
        merge_equal(&mut bins);
        let n: u64 = bins.iter().map(|b| u64::from(b.1)).sum();
        Self { bins, n, sum: mean * n as f64, busy: ended.since(began), began, ended, blocks: 1, ..Self::default() }
    }

    /// Takes in the block that came next.
    pub fn join(&mut self, next: &Self) {
        self.bins.extend_from_slice(&next.bins);
        self.bins.sort_unstable();
        merge_equal(&mut self.bins);
        self.n += next.n;
        self.sum += next.sum;
        self.busy = self.busy + next.busy;
        self.ended = next.ended;
        self.blocks += next.blocks;
        self.joules += next.joules;
        self.powered += next.powered;
    }

    /// Counts in what the power rails gave over `inferences` of these, once that is known.
    pub fn add_energy(&mut self, joules: f64, inferences: u64) {
        self.joules += joules;
        self.powered += inferences;
    }

    /// Joules, and the inferences that they are of; absent where the rails were not read throughout.
    pub fn energy(&self) -> Option<(f64, f64)> {
        (self.powered > 0).then_some((self.joules, self.powered as f64))
    }

    /// Inferences.
    pub fn n(&self) -> u64 {
        self.n
    }

    /// Their latencies in sum, in nanoseconds.
    pub fn sum(&self) -> f64 {
        self.sum
    }

    /// Their mean, in nanoseconds.
    pub fn mean(&self) -> f64 {
        if self.n == 0 { 0.0 } else { self.sum / self.n as f64 }
    }

    /// The measured time, without the gaps between joined blocks.
    pub fn busy(&self) -> Nanos {
        self.busy
    }

    /// When it began.
    pub fn began(&self) -> Nanos {
        self.began
    }

    /// When it ended.
    pub fn ended(&self) -> Nanos {
        self.ended
    }

    /// How many measured blocks it stands for.
    pub fn blocks(&self) -> u32 {
        self.blocks
    }

    /// The nearest-rank percentile in nanoseconds, to 0.1 %; `q` from 0 to 1.
    pub fn quantile(&self, q: f64) -> u64 {
        Self::value(self.quantile_bin(q)).round() as u64
    }

    pub(super) fn bins(&self) -> impl Iterator<Item = (u16, u32)> + '_ {
        self.bins.iter().copied()
    }

    /// The bin that holds the nearest-rank percentile.
    pub(super) fn quantile_bin(&self, q: f64) -> u16 {
        let wanted = (self.n as f64 * q).ceil().max(1.0) as u64;
        let mut seen = 0;
        let found = self.bins.iter().find(|(_, n)| {
            seen += u64::from(*n);
            seen >= wanted
        });
        found.or(self.bins.last()).map_or(0, |b| b.0)
    }

    /// What a bin stands for: its middle, in nanoseconds.
    pub(super) fn value(bin: u16) -> f64 {
        ((f64::from(bin) + 0.5) / BINS_PER_E).exp()
    }
}

fn bin(ns: u64) -> u16 {
    ((ns.max(1) as f64).ln() * BINS_PER_E) as u16
}

/// Neighbours of the same bin become one.
fn merge_equal(bins: &mut Vec<(u16, u32)>) {
    bins.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 = kept.1.saturating_add(next.1);
        }
        same
    });
}

/// Each second block joined to the one before it; the last stays alone where they are odd.
pub fn join_neighbours(blocks: &[BlockDigest]) -> Vec<BlockDigest> {
    blocks
        .chunks(2)
        .map(|pair| {
            let mut joined = pair[0].clone();
            pair[1..].iter().for_each(|next| joined.join(next));
            joined
        })
        .collect()
}

/// Adds a block to `digests`, `each` of them standing for so many; neighbours are joined when there are too many.
pub fn keep(digests: &mut Vec<BlockDigest>, each: &mut u32, next: BlockDigest) {
    match digests.last_mut() {
        Some(last) if last.blocks() < *each => last.join(&next),
        _ => digests.push(next),
    }
    if digests.len() > MOST_BLOCKS {
        *digests = join_neighbours(digests);
        *each *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bin_is_a_thousandth_wide() {
        for ns in [1_000, 4_510_000, 9_000_000_000, u64::MAX] {
            let near = BlockDigest::value(bin(ns)) / ns as f64;
            assert!((near - 1.0).abs() < 0.000_51, "{ns}: {near}");
        }
        assert_eq!(bin(0), 0);
    }

    #[test]
    fn joined_blocks_hold_what_both_held() {
        let block = |t, ns| BlockDigest::new([(ns, 2), (ns, 1)], ns as f64, Nanos(t), Nanos(t + 3 * ns));
        let all = [block(0, 1_000), block(9_000, 2_000), block(50_000, 1_000)];
        let joined = join_neighbours(&all);
        let first = &joined[0];
        assert_eq!((joined.len(), first.n(), first.blocks(), first.mean()), (2, 6, 2, 1_500.0));
        assert_eq!((first.began(), first.ended(), first.busy()), (Nanos(0), Nanos(15_000), Nanos(9_000)));
        assert_eq!((first.quantile_bin(0.5), first.quantile_bin(0.51)), (bin(1_000), bin(2_000)));
        assert_eq!(joined[1], all[2]);
    }
}
