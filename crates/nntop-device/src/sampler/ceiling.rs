//! The value beyond which a reading cannot be, and the file beside it that says so.

use super::Root;
use nntop_core::unit::Unit;

/// What a part is held to may be passed for a moment; twice that is no reading.
const OVER: f64 = 2.0;

/// A ceiling of a power.
#[derive(Debug, Clone)]
pub(super) struct Ceiling {
    most: f64,
    limit: f64,
    file: String,
}

impl Ceiling {
    /// Of power `n` of a hwmon chip: `crit`, at which the machine would shut the part down, cannot be passed; what a part
    /// is held to (`cap`, `max`) can for a moment. Limits of 0 are none.
    /// <https://docs.kernel.org/hwmon/sysfs-interface.html>
    pub(super) fn of_power(root: &Root, directory: &str, n: u32) -> Option<Self> {
        let limit = |(kind, factor): (&str, f64)| {
            let file = format!("{directory}/power{n}_{kind}");
            let limit = root.number(&file).ok().filter(|microwatts| *microwatts > 0.0)? / 1e6;
            Some(Self { most: limit * factor, limit, file })
        };
        let limits = [("crit", 1.0), ("cap", OVER), ("max", OVER), ("rated_max", OVER)];
        limits.into_iter().filter_map(limit).min_by(|a, b| a.most.total_cmp(&b.most))
    }

    /// The greatest that a reading can be, in watts.
    pub(super) fn most(&self) -> f64 {
        self.most
    }

    /// Whether a reading can be.
    pub(super) fn holds(&self, watts: f64) -> bool {
        watts <= self.most
    }

    /// Why there is no reading.
    pub(super) fn refused(&self, source: &str, watts: f64) -> String {
        let (said, limit) = (Unit::Watts.format(watts), Unit::Watts.format(self.limit));
        format!("{source}: says {said}, which cannot be: the limit beside it, {}, is {limit}", self.file)
    }
}
