//! Two figures that were measured apart: how one stands to the other, from no more than their intervals.
//!
//! A saved result holds no blocks, but it holds where each figure lies. From two such intervals follows that of the ratio:
//! on the logarithmic scale it is a difference, and each of its ends lies as far out as the ends that lead there are far
//! from their figures, by Pythagoras (the method of variance estimates recovery, Donner and Zou 2012):
//!
//! ```text
//! low  = (ln b - ln a) - sqrt((ln b - ln b.low)² + (ln a.high - ln a)²)
//! high = (ln b - ln a) + sqrt((ln b.high - ln b)² + (ln a - ln a.low)²)
//! ```
//!
//! What hit both alike does not cancel as it does in blocks that were measured in turns, so that the interval is wider; and
//! what changes from one run to the next, it does not know.

use super::bootstrap::Ratio;
use super::interval::Interval;

/// `b` over `a`, each a figure and its interval. Absent where a figure or an end is not above zero.
pub fn interval_ratio((a, of_a): (f64, Interval), (b, of_b): (f64, Interval)) -> Option<Ratio> {
    let ends = [a, of_a.low, of_a.high, b, of_b.low, of_b.high];
    if ends.iter().any(|x| !x.is_finite() || *x <= 0.0) {
        return None;
    }
    let [a, a_low, a_high, b, b_low, b_high] = ends.map(f64::ln);
    let middle = b - a;
    let low = middle - (b - b_low).hypot(a_high - a);
    let high = middle + (b_high - b).hypot(a - a_low);
    Some(Ratio { value: middle.exp(), interval: Interval { low: low.exp(), high: high.exp() } })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around(value: f64, share: f64) -> (f64, Interval) {
        (value, Interval { low: value / (1.0 + share), high: value * (1.0 + share) })
    }

    #[test]
    fn widths_add_up_as_those_of_independent_figures_do() {
        let ratio = interval_ratio(around(10.0, 0.03), around(12.0, 0.04)).unwrap();
        assert!((ratio.value - 1.2).abs() < 1e-12, "{ratio:?}");
        let half = (ratio.interval.high / ratio.value).ln();
        assert!((half - 1.03f64.ln().hypot(1.04f64.ln())).abs() < 1e-12, "{ratio:?}");
        assert!((ratio.interval.low * ratio.interval.high - 1.44).abs() < 1e-9, "{ratio:?}");
    }

    #[test]
    fn what_is_no_positive_number_has_no_ratio() {
        assert_eq!(interval_ratio((0.0, Interval { low: 0.0, high: 1.0 }), around(1.0, 0.1)), None);
        assert_eq!(interval_ratio(around(1.0, 0.1), (f64::NAN, Interval { low: 0.1, high: 1.0 })), None);
    }
}
