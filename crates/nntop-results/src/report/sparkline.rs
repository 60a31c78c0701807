//! A row of numbers as a row of bars: `▁▃▂▆█`.

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// From the least to the greatest; all alike are in the middle. A number that is not there is a gap.
pub(super) fn sparkline(values: &[Option<f64>]) -> String {
    let known = || values.iter().flatten().copied().filter(|v| v.is_finite());
    let (Some(low), Some(high)) = (known().reduce(f64::min), known().reduce(f64::max)) else {
        return " ".repeat(values.len());
    };
    let bar = |v: &Option<f64>| match v.filter(|v| v.is_finite()) {
        None => ' ',
        Some(_) if high <= low => BARS[3],
        Some(v) => BARS[(((v - low) / (high - low) * 7.0).round() as usize).min(7)],
    };
    values.iter().map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_is_low_the_greatest_high_and_a_gap_a_gap() {
        assert_eq!(sparkline(&[Some(1.0), Some(8.0), None, Some(4.0)]), "▁█ ▄");
        assert_eq!(sparkline(&[Some(2.0), Some(2.0)]), "▄▄");
        assert_eq!(sparkline(&[None, Some(f64::NAN)]), "  ");
        assert_eq!(sparkline(&[]), "");
    }
}
