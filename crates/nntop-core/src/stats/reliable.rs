//! How many samples a percentile takes.

/// With fewer samples a high percentile is not reliable.
///
/// They are MLPerf LoadGen's minima for stopping early, at 99 % confidence: with this number of samples, of which one is slower than
/// the percentile that is claimed, the true percentile is above that claim in at most 1 of 100 runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reliable {
    /// For the 99th percentile.
    pub p99: u64,
    /// For the 99.9th percentile.
    pub p999: u64,
}

/// The minima that every screen, report and finding uses.
pub const RELIABLE: Reliable = Reliable { p99: 662, p999: 6_636 };

impl Reliable {
    /// The least number of samples for a percentile from 0 to 1; lower ones than the 99th are shown from the first sample on.
    pub fn needed(self, percentile: f64) -> u64 {
        match percentile {
            q if q >= 0.999 => self.p999,
            q if q >= 0.99 => self.p99,
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The chance that at most one of `n` samples is above the percentile `q`: a binomial distribution's first two terms.
    fn chance(n: u64, q: f64) -> f64 {
        let n = n as i32;
        q.powi(n) + f64::from(n) * (1.0 - q) * q.powi(n - 1)
    }

    #[test]
    fn the_minima_are_the_smallest_with_99_percent_confidence() {
        for q in [0.99, 0.999] {
            let needed = RELIABLE.needed(q);
            assert!(chance(needed, q) <= 0.01 && chance(needed - 1, q) > 0.01, "{q}: {needed}");
        }
        assert_eq!([0.5, 0.9, 0.95].map(|q| RELIABLE.needed(q)), [0, 0, 0]);
    }
}
