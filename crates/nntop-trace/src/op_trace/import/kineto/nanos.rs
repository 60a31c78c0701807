//! Time stamps: microseconds as nanoseconds.

/// Microseconds as nanoseconds. Traces count from the begin of 1970, with three decimals: more digits than a floating-
/// point number holds.
pub(super) fn nanos(micros: &str) -> Option<i64> {
    let (whole, fraction) = micros.split_once('.').unwrap_or((micros, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let ns = match whole.strip_prefix('-').unwrap_or(whole) {
        plain if !plain.is_empty() && plain.len() <= 16 && digits(plain) && digits(fraction) => {
            let thousandths = fraction.bytes().chain([b'0'; 3]).take(3).fold(0, |n, d| n * 10 + i64::from(d - b'0'));
            let size = plain.parse::<i64>().ok()?.checked_mul(1000)?.checked_add(thousandths)?;
            if whole.starts_with('-') { -size } else { size }
        }
        _ => {
            let ns = micros.parse::<f64>().ok()? * 1e3;
            (ns.abs() < LATEST as f64).then_some(ns as i64)?
        }
    };
    (ns.abs() < LATEST).then_some(ns)
}

/// Sums of two such times do not overflow.
const LATEST: i64 = 1 << 61;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_keep_their_nanoseconds() {
        assert_eq!(nanos("7376383457086.139"), Some(7_376_383_457_086_139));
        assert_eq!(nanos("1700000000000000.5"), Some(1_700_000_000_000_000_500));
        assert_eq!(nanos("12"), Some(12_000));
        assert_eq!(nanos("0.0019"), Some(1));
        assert_eq!(nanos("-3.25"), Some(-3_250));
        assert_eq!(nanos("1e3"), Some(1_000_000));
        for none in ["", "x", "NaN", "inf", "9999999999999999", "-", "1.2.3"] {
            assert_eq!(nanos(none), None, "{none}");
        }
    }
}
