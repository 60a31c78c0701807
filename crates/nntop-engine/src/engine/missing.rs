//! What a profile does not tell of, in words: profilers that count whole microseconds say little of short inferences, and
//! what lies between operators is in none of them.

use nntop_core::unit::Nanos;

/// What a profiler counts in.
const WHOLE: u64 = 1_000;

/// Profiled inferences, each with its wall time.
#[derive(Debug, Clone, Default)]
pub(super) struct Walls(Vec<u64>);

impl Walls {
    pub(super) fn push(&mut self, wall: Nanos) {
        self.0.push(wall.0);
    }

    pub(super) fn count(&self) -> u64 {
        self.0.len() as u64
    }

    pub(super) fn sum(&self) -> Nanos {
        Nanos(self.0.iter().fold(0, |sum, ns| sum.saturating_add(*ns)))
    }

    fn median(&self) -> Nanos {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        Nanos(sorted.get(sorted.len() / 2).copied().unwrap_or(0))
    }
}

/// What the operators of `who`, which took `accounted` in all these inferences, leave out or tell twice; nothing where
/// they tell of nine tenths and rounding is a twentieth at most. `cut`: how many times of an inference were cut to whole
/// microseconds.
pub(super) fn missing(who: &str, accounted: Nanos, walls: &Walls, cut: u64) -> Option<String> {
    let n = walls.count().max(1);
    let (each, told) = (walls.sum().0 / n, accounted.0 / n);
    let hidden = cut.saturating_mul(WHOLE);
    let gap = each.saturating_sub(told);
    let mut parts = Vec::new();
    if told > each / 10 * 11 {
        let twice = format!("operators add up to {} of an inference of {}", Nanos(told), Nanos(each));
        parts.push(format!("{twice}: some are reported twice, or their means are too coarse"));
    }
    if gap > each / 10 || hidden > each / 20 {
        parts.push(format!("{who}'s whole microseconds hide up to {} of {}", Nanos(hidden.min(each)), Nanos(each)));
    }
    // More than rounding can explain.
    if gap > hidden && gap > each / 10 {
        let rest = Nanos(gap - hidden);
        parts.push(format!(
            "at least {rest} are between operators: {who}'s own work, its profiler's, waiting for a thread"
        ));
        let median = walls.median();
        if median.0 > 0 && each > median.0 / 4 * 5 {
            parts.push(format!("some of these inferences were interrupted (their median is {median})"));
        }
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walls(micros: &[u64]) -> Walls {
        Walls(micros.iter().map(|us| us * 1_000).collect())
    }

    fn said(told: u64, walls: &Walls, cut: u64) -> String {
        missing("LiteRT", Nanos(told * 1_000 * walls.count()), walls, cut).unwrap_or_default()
    }

    #[test]
    fn nine_tenths_of_a_long_inference_are_enough() {
        assert_eq!(said(910, &walls(&[1_000, 1_000]), 16), "");
        assert_eq!(said(1_050, &walls(&[1_000, 1_000]), 16), "");
    }

    #[test]
    fn short_operators_are_lost_to_rounding() {
        // Nothing is missing that rounding does not explain.
        let text = said(12, &walls(&[20, 20]), 10);
        assert_eq!(text, "LiteRT's whole microseconds hide up to 10.0 µs of 20.0 µs");
        // It is said also where it happens to take nothing away.
        assert!(said(20, &walls(&[20, 20]), 10).contains("hide up to"));
    }

    #[test]
    fn what_rounding_does_not_explain_lies_between_operators() {
        let text = said(700, &walls(&[1_000, 1_000]), 10);
        assert!(text.contains("hide up to 10.0 µs of 1.00 ms; at least 290 µs are between operators"), "{text}");
        assert!(!text.contains("interrupted"), "{text}");
        let text = said(200, &walls(&[200, 200, 2_600]), 10);
        assert!(text.contains("interrupted (their median is 200 µs)"), "{text}");
    }

    #[test]
    fn operators_that_add_up_to_too_much_are_told() {
        let text = said(130, &walls(&[100, 100]), 1);
        assert_eq!(
            text,
            "operators add up to 130 µs of an inference of 100 µs: some are reported twice, or their means are too coarse"
        );
    }
}
