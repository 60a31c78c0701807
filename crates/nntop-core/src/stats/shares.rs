//! Intervals of shares, and the test on paired answers.

use super::Interval;

/// The two-sided 95 % quantile of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// `hits` of `n` as a share with Wilson's score interval (Wilson 1927; Brown, Cai and DasGupta 2001 recommend it for any `n`).
/// `None` without any example.
pub fn share(hits: u64, n: u64) -> Option<(f64, Interval)> {
    if n == 0 {
        return None;
    }
    let (n, p) = (n as f64, hits as f64 / n as f64);
    let denominator = 1.0 + Z * Z / n;
    let centre = (p + Z * Z / (2.0 * n)) / denominator;
    let half = Z / denominator * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    Some((p, Interval { low: (centre - half).max(0.0), high: (centre + half).min(1.0) }))
}

/// Two models' answers to the same examples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Paired {
    /// Examples that both answered.
    pub n: u64,
    /// Examples that only the first answered right.
    pub only_first: u64,
    /// Examples that only the second answered right.
    pub only_second: u64,
    /// The second's share of right answers less the first's.
    pub difference: f64,
    /// The 95 % interval of that difference of paired shares.
    pub interval: Interval,
    /// The exact two-sided p of McNemar's test: how likely such a split is where both are equally good.
    pub p: f64,
}

impl Paired {
    /// The difference in percentage points with its interval, as the second reads against the first: `0.56 points worse (-0.21
    /// to 1.32, 95 %)`. The ends are of the direction that is named.
    pub fn words(&self) -> String {
        let (word, sign) = match self.difference {
            d if d < 0.0 => ("worse", -100.0),
            d if d > 0.0 => ("better", 100.0),
            _ => ("apart", 100.0),
        };
        let ends = (self.interval.low * sign, self.interval.high * sign);
        let (low, high) = (ends.0.min(ends.1), ends.0.max(ends.1));
        format!("{:.2} points {word} ({low:.2} to {high:.2}, 95 %)", 100.0 * self.difference.abs())
    }
}

/// McNemar's exact test on answers to the same examples, `true` where right. `None` without any example.
pub fn paired(first: &[bool], second: &[bool]) -> Option<Paired> {
    let n = first.len().min(second.len());
    if n == 0 {
        return None;
    }
    let (mut b, mut c) = (0u64, 0u64);
    for (first, second) in first.iter().zip(second) {
        b += u64::from(*first && !second);
        c += u64::from(!first && *second);
    }
    let of = n as f64;
    let difference = (c as f64 - b as f64) / of;
    // Wald's interval of a paired difference: its variance is (b + c - (b - c)^2 / n) / n^2.
    let half = Z * ((b + c) as f64 - (b as f64 - c as f64).powi(2) / of).max(0.0).sqrt() / of;
    let interval = Interval { low: (difference - half).max(-1.0), high: (difference + half).min(1.0) };
    Some(Paired {
        n: n as u64,
        only_first: b,
        only_second: c,
        difference,
        interval,
        p: binomial_two_sided(b.min(c), b + c),
    })
}

/// Twice the probability of at most `k` of `n` fair throws, at most 1.
fn binomial_two_sided(k: u64, n: u64) -> f64 {
    if n == 0 {
        return 1.0;
    }
    // In logarithms, since 2^-n underflows from 1,075 on.
    let mut log = -(n as f64) * std::f64::consts::LN_2;
    let mut sum = log.exp();
    for i in 1..=k {
        log += ((n - i + 1) as f64).ln() - (i as f64).ln();
        sum += log.exp();
    }
    (2.0 * sum).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-6
    }

    #[test]
    fn wilson_s_interval_is_that_of_statsmodels() {
        // statsmodels 0.14.4: proportion_confint(k, n, method="wilson").
        for (k, n, low, high) in [
            (144, 200, 0.654_076_95, 0.777_631_10),
            (0, 10, 0.0, 0.277_532_80),
            (10, 10, 0.722_467_20, 1.0),
            (1, 2, 0.094_531_21, 0.905_468_79),
        ] {
            let (_, score) = share(k, n).unwrap();
            assert!((score.low - low).abs() < 1e-7 && (score.high - high).abs() < 1e-7, "{k}/{n}: {score:?}");
        }
        assert_eq!(share(0, 0), None);
    }

    #[test]
    fn mcnemar_s_test_is_exact() {
        let answers = |right: &[u8]| right.iter().map(|r| *r == 1).collect::<Vec<_>>();
        let (a, b) = (answers(&[1, 1, 1, 1, 1, 1, 0, 0, 1, 1]), answers(&[1, 0, 0, 0, 0, 0, 1, 0, 1, 1]));
        let paired = paired(&a, &b).unwrap();
        assert_eq!((paired.only_first, paired.only_second), (5, 1));
        // scipy.stats.binomtest(1, 6).pvalue
        assert!(close(paired.p, 0.21875), "{}", paired.p);
        assert!(close(paired.difference, -0.4));
        assert!(paired.words().starts_with("40.00 points worse ("), "{}", paired.words());
        assert_eq!(super::paired(&a, &a).unwrap().p, 1.0);
        assert!(binomial_two_sided(900, 2_000) < 1e-4 && binomial_two_sided(900, 2_000) > 0.0);
    }

    proptest! {
        #[test]
        fn an_interval_holds_its_share(n in 1u64..5_000, part in 0.0..1.0f64) {
            let hits = (n as f64 * part) as u64;
            let (value, score) = share(hits, n).unwrap();
            prop_assert!(0.0 <= score.low && score.low <= value + 1e-12);
            prop_assert!(value <= score.high + 1e-12 && score.high <= 1.0);
        }
    }
}
