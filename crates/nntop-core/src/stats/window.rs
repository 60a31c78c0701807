//! Percentiles of blocks that are drawn again and again: where one can lie, laid out for sums of products.

use super::digest::BlockDigest;

/// Where a percentile can lie at all: between the least and the greatest of the blocks' own.
pub(super) struct Window {
    q: f64,
    /// The bins' values, ascending.
    values: Vec<f64>,
    /// Per bin, how many inferences of each block lie in it or below.
    below: Vec<Vec<f64>>,
    /// The bin that holds the percentile of all blocks.
    start: usize,
}

impl Window {
    pub(super) fn of(blocks: &[BlockDigest], q: f64) -> Self {
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
    pub(super) fn at(&self, weights: &[f64], n: f64) -> f64 {
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
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (a, b) = (a.chunks_exact(4), b.chunks_exact(4));
    let rest: f64 = a.remainder().iter().zip(b.remainder()).map(|(a, b)| a * b).sum();
    let mut sums = [0.0; 4];
    for (a, b) in a.zip(b) {
        for i in 0..4 {
            sums[i] += a[i] * b[i];
        }
    }
    sums.iter().sum::<f64>() + rest
}
