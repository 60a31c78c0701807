//! Numbers as people read them. Each kind of number has one rounding, wherever it stands.

/// A share as percent with two digits: `12 %`, `2.3 %`, `0.87 %`, `<0.01 %`.
pub fn percent(share: f64) -> String {
    match share * 100.0 {
        p if p > 0.0 && p < 0.005 => "<0.01 %".into(),
        p if p < 0.995 => format!("{p:.2} %"),
        p if p < 9.95 => format!("{p:.1} %"),
        p => format!("{p:.0} %"),
    }
}

/// A share as percent with one decimal, for shares that stand below or beside each other and add up: `12.3 %`, `0.9 %`.
pub fn percent_tenths(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// A share as percent with one decimal at most, for parts of a whole that are seen rather than read: `61 %`, `2.1 %`,
/// `<0.1 %`.
pub fn percent_short(share: f64) -> String {
    match share * 100.0 {
        p if p < 0.1 => "<0.1 %".into(),
        p if p < 9.95 => format!("{p:.1} %"),
        p => format!("{p:.0} %"),
    }
}

/// Half the width of an interval, as a share of the figure: `±0.3 %`, `±12 %`.
pub fn plus_minus(share: f64) -> String {
    match share * 100.0 {
        p if p < 9.95 => format!("±{p:.1} %"),
        p => format!("±{p:.0} %"),
    }
}

/// A change as a share of what was before: `+4.2 %`, `-12.0 %`, `+140 %`, and `0.0 %` without a sign.
pub fn signed_percent(share: f64) -> String {
    match share * 100.0 {
        p if p.abs() < 0.05 => "0.0 %".into(),
        p if p.abs() < 99.95 => format!("{p:+.1} %"),
        p => format!("{p:+.0} %"),
    }
}

/// An error relative to what is right, of any magnitude: `3.2 %`, `0.012 %`, `4e-5 %`.
pub fn error_share(share: f64) -> String {
    match share * 100.0 {
        p if p >= 1.0 => format!("{p:.1} %"),
        p if p >= 0.001 => format!("{p:.3} %"),
        p => format!("{p:.0e} %"),
    }
}

/// Three significant digits, never fewer than the integer part has: `4.51`, `45.1`, `451`, `4510`.
pub fn significant(value: f64) -> String {
    let magnitude = value.abs();
    let decimals = match magnitude {
        m if m >= 99.95 => 0,
        m if m >= 9.995 => 1,
        _ => 2,
    };
    format!("{value:.decimals$}")
}

/// [`significant`], with its digits in groups of three from 1000 on: `4.51`, `451`, `9,301`.
pub fn large(value: f64) -> String {
    if value >= 999.5 { grouped(value.round() as u64) } else { significant(value) }
}

/// A count with its digits in groups of three: `9,301`.
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// The mean of counts, which mostly is a whole number: `9,301`, `1.5`.
pub fn mean_count(n: f64) -> String {
    if n.fract() == 0.0 { grouped(n as u64) } else { format!("{n:.1}") }
}

/// A whole number with its sign, and none for zero: `+6`, `-2`, `0`.
pub fn signed(value: f64) -> String {
    let whole = value.round();
    if whole == 0.0 { "0".into() } else { format!("{whole:+.0}") }
}

/// Numbers in ascending order as ranges, as the kernel lists CPUs: `0-1,3`.
pub fn ranges(numbers: &[usize]) -> String {
    let mut parts: Vec<(usize, usize)> = Vec::new();
    for &n in numbers {
        match parts.last_mut() {
            Some((_, last)) if *last + 1 == n => *last = n,
            _ => parts.push((n, n)),
        }
    }
    let part = |&(first, last): &(usize, usize)| match first == last {
        true => first.to_string(),
        false => format!("{first}-{last}"),
    };
    parts.iter().map(part).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unit::{Bytes, Nanos, Unit};

    #[test]
    fn zero_has_no_sign() {
        assert_eq!([6.2, -0.3, -1.7, 0.2].map(signed), ["+6", "0", "-2", "0"]);
        assert_eq!(
            [0.0004, -0.0004, 0.042, -0.12, 1.4].map(signed_percent),
            ["0.0 %", "0.0 %", "+4.2 %", "-12.0 %", "+140 %"]
        );
    }

    #[test]
    fn shares_have_two_digits_and_what_is_there_is_not_zero() {
        assert_eq!(
            [0.0, 1e-6, 0.000_05, 0.0087, 0.023, 0.0999, 0.12, 1.0].map(percent),
            ["0.00 %", "<0.01 %", "0.01 %", "0.87 %", "2.3 %", "10 %", "12 %", "100 %"]
        );
        assert_eq!([0.003, 0.0994, 0.12].map(plus_minus), ["±0.3 %", "±9.9 %", "±12 %"]);
        assert_eq!([0.0312, 0.000_12, 4e-7].map(error_share), ["3.1 %", "0.012 %", "4e-5 %"]);
        assert_eq!((percent_tenths(0.009), percent_tenths(0.61)), ("0.9 %".into(), "61.0 %".into()));
        assert_eq!([0.000_9, 0.021, 0.61].map(percent_short), ["<0.1 %", "2.1 %", "61 %"]);
    }

    #[test]
    fn ranges_are_written_as_the_kernel_does() {
        assert_eq!(ranges(&[0, 1, 3, 6, 7, 8]), "0-1,3,6-8");
        assert_eq!(ranges(&[]), "");
    }

    #[test]
    fn times_keep_three_significant_digits() {
        let shown = |ns| Nanos(ns).to_string();
        assert_eq!(shown(0), "0.00 ns");
        assert_eq!(shown(47), "47.0 ns");
        assert_eq!(shown(4_512), "4.51 µs");
        assert_eq!(shown(45_123), "45.1 µs");
        assert_eq!(shown(999_499), "999 µs");
        assert_eq!(shown(999_501), "1.00 ms");
        assert_eq!(shown(12_345_678_901), "12.3 s");
    }

    #[test]
    fn bytes_and_counts_read_as_people_write_them() {
        let shown = |n| Bytes(n).to_string();
        assert_eq!((shown(999), shown(812_400_000)), ("999 B".into(), "812 MB".into()));
        assert_eq!(
            (shown(999_499), shown(999_500), shown(999_500_000)),
            ("999 kB".into(), "1.00 MB".into(), "1.00 GB".into())
        );
        assert_eq!((grouped(9_301), grouped(12)), ("9,301".into(), "12".into()));
        assert_eq!((large(451.4), large(9_300.6)), ("451".into(), "9,301".into()));
        assert_eq!((mean_count(1.5), mean_count(2.0)), ("1.5".into(), "2".into()));
        assert_eq!(Unit::Hertz.format(2.4e9), "2.40 GHz");
    }
}
