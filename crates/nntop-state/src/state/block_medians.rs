//! The level of a run over its length: the medians of its measured blocks, bounded for runs of days.

use nntop_core::unit::Nanos;
use serde::{Deserialize, Serialize};

/// Medians kept. At a tenth of a second a block, three minutes lose nothing.
const CAPACITY: usize = 2_048;

/// Medians of measured blocks, oldest first. When they become too many every second one goes, and from then
/// on every second one is kept: the ones left are blocks as they were, so that their spread stays what it is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BlockMedians {
    points: Vec<(Nanos, f64)>,
    seen: u64,
    each: u64,
}

impl Default for BlockMedians {
    fn default() -> Self {
        Self { points: Vec::new(), seen: 0, each: 1 }
    }
}

impl BlockMedians {
    /// Takes in a block's median, in nanoseconds, at its end.
    pub(super) fn push(&mut self, t: Nanos, median: f64) {
        if self.seen.is_multiple_of(self.each) {
            if self.points.len() == CAPACITY {
                let mut keep = false;
                self.points.retain(|_| {
                    keep = !keep;
                    keep
                });
                self.each *= 2;
            }
            self.points.push((t, median));
        }
        self.seen += 1;
    }

    /// When each block ended, and its median.
    pub fn points(&self) -> &[(Nanos, f64)] {
        &self.points
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_run_is_thinned_evenly() {
        let mut levels = BlockMedians::default();
        (0..CAPACITY as u64 * 5).for_each(|i| levels.push(Nanos(i), i as f64));
        let points = levels.points();
        assert!((CAPACITY / 2..=CAPACITY).contains(&points.len()), "{}", points.len());
        assert!(points.windows(2).all(|w| w[1].0.0 - w[0].0.0 == 8), "{:?}", &points[..9]);
    }
}
