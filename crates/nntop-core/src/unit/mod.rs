//! Quantities with their units, and how people read and write them: [`print`] and [`parse`] are each other's inverse, within
//! rounding.

mod calendar;
pub mod parse;
mod print;
mod time;

pub use calendar::{civil, clock_face, utc};
pub use print::{
    error_share, grouped, large, mean_count, percent, percent_short, percent_tenths, plus_minus, ranges, signed,
    signed_percent, significant,
};
pub use time::TimeUnit;

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
            // 999.5 kB already rounds to 1000: the next unit reads better.
            1_000..999_500 => (1e3, "kB"),
            999_500..999_500_000 => (1e6, "MB"),
            _ => (1e9, "GB"),
        };
        f.pad(&format!("{} {unit}", significant(self.0 as f64 / scale)))
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
