//! How much blocks resemble the ones before them, and what that costs in certainty.

/// Joining neighbours that resemble each other stops before fewer blocks than this are left.
const LEAST_JOINED: usize = 12;

/// How much values follow their predecessors: the correlation at lag one.
///
/// Around their own mean, few values seem to follow each other less than they do, by `(1 + 4 r) / n` (Marriott and
/// Pope 1954, Kendall 1954); that is added back, or intervals from a few joined blocks would be too narrow.
pub(super) fn lag_one(values: &[f64]) -> f64 {
    let n = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    let lagged: f64 = values.windows(2).map(|w| (w[0] - mean) * (w[1] - mean)).sum();
    if variance <= 0.0 {
        return 0.0;
    }
    let seen = lagged / variance;
    (seen + (1.0 + 4.0 * seen) / n).clamp(-0.9, 0.9)
}

/// Whether so many values that follow each other like this are to be joined.
pub(super) fn wanders(n: usize, correlation: f64) -> bool {
    n >= 2 * LEAST_JOINED && correlation > 0.5 / (n as f64).sqrt()
}

/// What the correlation that joining leaves over adds to a width: that of a mean of an autoregressive series.
pub(super) fn remaining(correlation: f64) -> f64 {
    let r = correlation.max(0.0);
    ((1.0 + r) / (1.0 - r)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_distr::{Distribution, StandardNormal};
    use rand_pcg::Pcg64Mcg;

    #[test]
    fn few_values_are_not_taken_for_more_independent_than_they_are() {
        for (n, follows) in [(16, 0.0), (16, 0.4), (64, 0.4)] {
            let mut random = Pcg64Mcg::seed_from_u64(1);
            let mut series = || {
                let mut level: f64 = StandardNormal.sample(&mut random);
                let mut next = || {
                    let chance: f64 = StandardNormal.sample(&mut random);
                    level = follows * level + (1.0_f64 - follows * follows).sqrt() * chance;
                    level
                };
                (0..n).map(|_| next()).collect::<Vec<_>>()
            };
            let mean = (0..4_000).map(|_| lag_one(&series())).sum::<f64>() / 4_000.0;
            assert!((mean - follows).abs() < 0.04, "{n} values that follow by {follows} seem to by {mean}");
        }
    }
}
