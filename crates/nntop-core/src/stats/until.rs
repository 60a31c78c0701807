//! When a median is known well enough to stop: its interval, looked at again and again.
//!
//! Who looks often and stops at the first narrow interval is lucky more often than 95 % allow: intervals that happen to
//! be too narrow end a run, those that happen to be too wide do not. Against that there is a minimum of blocks, looks lie
//! further and further apart, and two in a row have to agree.
//!
//! ```text
//!  measured s   3    4    5    6.3  7.9  9.9    12.4    looks: a second and a quarter more blocks apart
//!  ± %          2.4  1.9  1.6  1.4  1.1  0.9 ✓  0.8 ✓   stop, for ±1 % was wanted
//! ```
//!
//! Tests demand that the interval then holds the truth in 93 of a hundred runs while blocks do not resemble those before
//! them; where a tenth of a second takes half of its weather on to the next it does so less often.

use super::bootstrap::{RESAMPLES, Ratio, median_from};
use super::digest::{BlockDigest, keep};
use crate::unit::Nanos;

/// Fewer blocks than this do not end a run: they know their own spread too badly.
const LEAST: u64 = 30;

/// Looks are at least so much measured time apart …
const EVERY: Nanos = Nanos::from_millis(1_000);

/// … and a share of 1 in so many of the blocks: drawing costs, and each look is a chance to stop by luck.
const GROWTH: u64 = 4;

/// So many looks in a row have to find the interval narrow enough.
const IN_A_ROW: u32 = 2;

/// Watches one variant's blocks until the 95 % interval of their median is narrow enough.
#[derive(Debug, Clone)]
pub struct UntilSure {
    /// The half-width that is wanted, as a share of the median.
    share: f64,
    draws: usize,
    digests: Vec<BlockDigest>,
    each: u32,
    blocks: u64,
    busy: Nanos,
    looked_blocks: u64,
    looked_busy: Nanos,
    narrow: u32,
}

impl UntilSure {
    /// Until the half-width is at most this share of the median.
    pub fn new(share: f64) -> Self {
        Self {
            share,
            draws: RESAMPLES,
            digests: Vec::new(),
            each: 1,
            blocks: 0,
            busy: Nanos::ZERO,
            looked_blocks: 0,
            looked_busy: Nanos::ZERO,
            narrow: 0,
        }
    }

    /// With another number of draws than [`RESAMPLES`]: fewer where thousands of runs are simulated.
    pub fn with_draws(self, draws: usize) -> Self {
        Self { draws, ..self }
    }

    /// Takes in the next measured block, and looks if it is time to.
    pub fn block(&mut self, block: BlockDigest) {
        self.blocks += 1;
        self.busy = self.busy + block.busy();
        keep(&mut self.digests, &mut self.each, block);
        let grown = (self.blocks - self.looked_blocks) * GROWTH >= self.looked_blocks;
        if self.blocks >= LEAST && grown && self.busy.since(self.looked_busy) >= EVERY {
            self.look();
        }
    }

    /// Whether the last looks found it narrow enough.
    pub fn is_sure(&self) -> bool {
        self.narrow >= IN_A_ROW
    }

    /// Looks once more where blocks have come since: what a run ends with has to be as narrow as was wanted.
    pub fn confirm(&mut self) -> bool {
        if self.is_sure() && self.blocks > self.looked_blocks {
            self.look();
        }
        self.is_sure()
    }

    /// The median of all blocks and its interval, with the draws of this rule.
    pub fn median(&self) -> Option<Ratio> {
        median_from(&self.digests, self.draws)
    }

    fn look(&mut self) {
        (self.looked_blocks, self.looked_busy) = (self.blocks, self.busy);
        let median = self.median();
        // The resolution is a floor under every width, and reaching it must not hang on a rounding.
        let narrow = median.is_some_and(|m| m.interval.relative(m.value) <= self.share * (1.0 + 1e-9));
        self.narrow = if narrow { self.narrow + 1 } else { 0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_pcg::Pcg64Mcg;

    /// Blocks of a tenth of a second whose medians spread by so much, and how many it takes to be sure of `share`.
    fn blocks(share: f64, spread: f64) -> Option<u64> {
        let mut random = Pcg64Mcg::seed_from_u64(7);
        let mut until = UntilSure::new(share);
        (1..=400).find(|i| {
            let level = 5e6 * (1.0 + spread * random.random_range(-1.0..1.0));
            let (t0, t1) = (Nanos::from_millis(i * 100), Nanos::from_millis(i * 100 + 100));
            until.block(BlockDigest::new([(level as u64, 20)], level, t0, t1));
            until.is_sure()
        })
    }

    #[test]
    fn the_narrower_the_longer() {
        // Steady from the first block on: the minimum, and a second look a second later.
        assert_eq!(blocks(0.01, 0.0), Some(40));
        assert_eq!(blocks(0.001, 0.0), Some(40), "the resolution itself can be reached");
        let (wide, narrow) = (blocks(0.02, 0.05).unwrap(), blocks(0.01, 0.05).unwrap());
        assert!(wide < narrow, "{wide}, {narrow}");
        assert_eq!(blocks(0.001, 0.2), None, "it goes on");
    }

    #[test]
    fn what_is_no_longer_narrow_does_not_end_it() {
        let mut until = UntilSure::new(0.01);
        let block = |until: &mut UntilSure, i: u64, ns: u64| {
            let (t0, t1) = (Nanos::from_millis(i * 100), Nanos::from_millis(i * 100 + 100));
            until.block(BlockDigest::new([(ns, 20)], ns as f64, t0, t1));
        };
        (0..40).for_each(|i| block(&mut until, i, 5_000_000));
        assert!(until.is_sure() && until.confirm());
        // The level moves away before the turn is over.
        (40..80).for_each(|i| block(&mut until, i, 6_000_000));
        assert!(!until.confirm() && !until.is_sure());
    }
}
