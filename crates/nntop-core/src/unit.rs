//! Quantities with their units, and how people read them: three significant digits, one unit per column.

use serde::{Deserialize, Serialize};

/// A time span or a point on the stream's clock, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Nanos(pub u64);

impl Nanos {
    /// Zero, the start of the stream.
    pub const ZERO: Self = Self(0);

    /// From whole milliseconds.
    pub const fn from_millis(ms: u64) -> Self {
        Self(ms * 1_000_000)
    }

    /// From seconds; negative and non-finite values become zero.
    pub fn from_secs_f64(s: f64) -> Self {
        Self((s.max(0.0) * 1e9) as u64)
    }

    /// In seconds.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// In milliseconds.
    pub fn as_millis_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// The span from `earlier` to here, zero when that lies ahead.
    pub fn since(self, earlier: Self) -> Self {
        Self(self.0.saturating_sub(earlier.0))
    }
}

impl std::ops::Add for Nanos {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl From<std::time::Duration> for Nanos {
    fn from(d: std::time::Duration) -> Self {
        Self(d.as_nanos() as u64)
    }
}

impl From<Nanos> for std::time::Duration {
    fn from(n: Nanos) -> Self {
        Self::from_nanos(n.0)
    }
}

impl std::fmt::Display for Nanos {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&TimeUnit::fitting(self.0 as f64).format_with_unit(self.0 as f64))
    }
}

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bytes(pub u64);

impl std::fmt::Display for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (scale, unit) = match self.0 {
            0..1_000 => return f.pad(&format!("{} B", self.0)),
            1_000..1_000_000 => (1e3, "kB"),
            1_000_000..1_000_000_000 => (1e6, "MB"),
            _ => (1e9, "GB"),
        };
        f.pad(&format!("{} {unit}", significant(self.0 as f64 / scale)))
    }
}

/// The unit in which a column of times is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeUnit {
    /// Nanoseconds.
    Nanos,
    /// Microseconds.
    Micros,
    /// Milliseconds.
    Millis,
    /// Seconds.
    Seconds,
}

impl TimeUnit {
    /// The unit in which `ns` reads as a number from 1 to 999, as far as there is one.
    pub fn fitting(ns: f64) -> Self {
        match ns {
            // 999.5 already rounds to 1000: the next unit reads better.
            ns if ns < 999.5 => Self::Nanos,
            ns if ns < 999.5e3 => Self::Micros,
            ns if ns < 999.5e6 => Self::Millis,
            _ => Self::Seconds,
        }
    }

    /// Its symbol.
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Nanos => "ns",
            Self::Micros => "µs",
            Self::Millis => "ms",
            Self::Seconds => "s",
        }
    }

    /// How many nanoseconds it has.
    pub const fn nanos(self) -> f64 {
        match self {
            Self::Nanos => 1.0,
            Self::Micros => 1e3,
            Self::Millis => 1e6,
            Self::Seconds => 1e9,
        }
    }

    /// `ns` in this unit, three significant digits, without the symbol.
    pub fn format(self, ns: f64) -> String {
        significant(ns / self.nanos())
    }

    /// `ns` in this unit, with the symbol.
    pub fn format_with_unit(self, ns: f64) -> String {
        format!("{} {}", self.format(ns), self.symbol())
    }
}

/// What a sampled metric counts in. Values travel as `f64` in exactly this unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// 0 to 100.
    Percent,
    /// Hertz.
    Hertz,
    /// Bytes.
    Bytes,
    /// Bytes per second.
    BytesPerSecond,
    /// Degrees Celsius.
    Celsius,
    /// Watts.
    Watts,
    /// Joules.
    Joules,
    /// Volts.
    Volts,
    /// Amperes.
    Amperes,
    /// Nanoseconds.
    Nanoseconds,
    /// Revolutions per minute.
    Rpm,
    /// A plain count.
    Count,
}

impl Unit {
    /// A value with its unit, as a person reads it.
    pub fn format(self, value: f64) -> String {
        match self {
            Self::Percent => format!("{value:.0} %"),
            Self::Hertz if value >= 999.5e6 => format!("{:.2} GHz", value / 1e9),
            Self::Hertz => format!("{:.0} MHz", value / 1e6),
            Self::Bytes => Bytes(value.max(0.0) as u64).to_string(),
            Self::BytesPerSecond => format!("{}/s", Bytes(value.max(0.0) as u64)),
            Self::Celsius => format!("{value:.1} °C"),
            Self::Watts => format!("{} W", significant(value)),
            Self::Joules => format!("{} J", significant(value)),
            Self::Volts => format!("{} V", significant(value)),
            Self::Amperes => format!("{} A", significant(value)),
            Self::Nanoseconds => Nanos(value.max(0.0) as u64).to_string(),
            Self::Rpm => format!("{value:.0} rpm"),
            Self::Count => format!("{value:.0}"),
        }
    }
}

/// A share as percent with two digits: `0.87 %`, `2.3 %`, `12 %`.
pub fn percent(share: f64) -> String {
    match share * 100.0 {
        p if p < 0.995 => format!("{p:.2} %"),
        p if p < 9.95 => format!("{p:.1} %"),
        p => format!("{p:.0} %"),
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

/// A count with its digits in groups of three: `9 301`.
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(c);
    }
    out
}

/// A span as a clock shows it: `00:42`, `1:02:11`.
pub fn clock_face(span: Nanos) -> String {
    let s = span.0 / 1_000_000_000;
    match s / 3600 {
        0 => format!("{:02}:{:02}", s / 60, s % 60),
        h => format!("{h}:{:02}:{:02}", s / 60 % 60, s % 60),
    }
}

/// `2026-03-01 14:05 UTC` of nanoseconds since 1970.
pub fn utc(unix_ns: u64) -> String {
    let seconds = unix_ns / 1_000_000_000;
    let [year, month, day] = civil(seconds / 86_400);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02} UTC", seconds / 3_600 % 24, seconds / 60 % 60)
}

/// Year, month and day of a number of days since 1970-01-01 (Howard Hinnant's civil-from-days): years begin in March, so
/// that the leap day is their last.
pub fn civil(days: u64) -> [u64; 3] {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    [year_of_era + era * 400 + u64::from(month <= 2), month, day]
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

/// A whole number with its sign, and none for zero: `+6`, `-2`, `0`.
pub fn signed(value: f64) -> String {
    let whole = value.round();
    if whole == 0.0 { "0".into() } else { format!("{whole:+.0}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(utc(0), "1970-01-01 00:00 UTC");
        assert_eq!(utc(951_827_696_000_000_000), "2000-02-29 12:34 UTC");
        assert_eq!(utc(1_772_373_900_999_999_999), "2026-03-01 14:05 UTC");
    }

    #[test]
    fn zero_has_no_sign() {
        assert_eq!([6.2, -0.3, -1.7, 0.2].map(signed), ["+6", "0", "-2", "0"]);
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
        assert_eq!(Bytes(812_400_000).to_string(), "812 MB");
        assert_eq!(Bytes(999).to_string(), "999 B");
        assert_eq!(grouped(9_301), "9\u{202f}301");
        assert_eq!(grouped(12), "12");
        assert_eq!(clock_face(Nanos::from_millis(3_731_000)), "1:02:11");
        assert_eq!(Unit::Hertz.format(2.4e9), "2.40 GHz");
    }
}
