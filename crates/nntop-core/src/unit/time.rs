//! The unit that a column of times has in common.

use super::print::significant;

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
    /// The unit in which `ns` reads as a number from 1 to 999; below one nanosecond and above 999 seconds there is none.
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
