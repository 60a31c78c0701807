//! When queries arrive: a Poisson process, the same for the same seed.

use nntop_core::unit::Nanos;
use rand::SeedableRng;
use rand_distr::{Distribution, Exp1};
use rand_pcg::Pcg64Mcg;

/// Arrivals, from zero on: the times between them are independent and exponential, as LoadGen's server scenario has them.
#[derive(Debug, Clone)]
pub(super) struct Schedule {
    random: Pcg64Mcg,
    /// The mean time between two arrivals, in nanoseconds.
    gap: f64,
    /// The last arrival; nanoseconds stay exact in it for a hundred days.
    at: f64,
}

impl Schedule {
    /// `rate` arrivals per second on average.
    pub(super) fn new(rate: f64, seed: u64) -> Self {
        Self { random: Pcg64Mcg::seed_from_u64(seed), gap: 1e9 / rate, at: 0.0 }
    }
}

impl Iterator for Schedule {
    type Item = Nanos;

    fn next(&mut self) -> Option<Nanos> {
        let gap: f64 = Exp1.sample(&mut self.random);
        self.at += gap * self.gap;
        Some(Nanos(self.at as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_is_the_same_schedule() {
        let first = |seed| Schedule::new(300.0, seed).take(100).collect::<Vec<_>>();
        assert_eq!(first(7), first(7));
        assert_ne!(first(7), first(8));
        assert!(first(7).is_sorted());
    }

    #[test]
    fn arrivals_are_as_many_as_asked_for_and_as_scattered_as_chance() {
        // Counts in windows of 100 ms at 200/s: Poisson, so that mean and variance are both 20. Over 40 seeds and 100
        // windows each the mean is off by 0.07 and the ratio by 0.022 at one standard error: five of them are allowed.
        let counts = (0..40).flat_map(|seed| {
            let mut windows = [0.0f64; 100];
            let end = Nanos::from_millis(10_000);
            for at in Schedule::new(200.0, seed).take_while(|at| *at < end) {
                windows[(at.0 / 100_000_000) as usize] += 1.0;
            }
            windows
        });
        let counts: Vec<f64> = counts.collect();
        let n = counts.len() as f64;
        let mean = counts.iter().sum::<f64>() / n;
        let variance = counts.iter().map(|c| (c - mean).powi(2)).sum::<f64>() / (n - 1.0);
        assert!((mean - 20.0).abs() < 0.35, "mean {mean}");
        assert!((variance / mean - 1.0).abs() < 0.11, "dispersion {}", variance / mean);
    }
}
