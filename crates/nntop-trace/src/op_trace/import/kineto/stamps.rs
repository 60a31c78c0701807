//! Time stamps: microseconds as nanoseconds, and events whose time stamps cannot be.
//!
//! A device that could not say when a kernel ran leaves zeros, and a profiler that subtracts its own beginning from them
//! makes them centuries. One such event would make the wall time of them all.

use super::category::Cat;
use super::events::Events;
use nntop_core::unit::grouped;
use std::collections::{BTreeMap, HashMap};

/// Events of one trace do not lie further apart than this: a day.
const FARTHEST: i64 = 86_400_000_000_000;

/// A kernel does not begin before it is launched. Clocks of devices may be a little off.
const CLOCKS_DIFFER: i64 = 1_000_000_000;

/// Names that are told.
const TOLD: usize = 4;

/// Names that are kept; more are counted together.
const KEPT: usize = 1_000;

/// Events that are left out for their time stamps, by name.
#[derive(Debug, Default)]
pub(super) struct Broken {
    by_name: BTreeMap<String, (u64, &'static str)>,
    more: u64,
}

impl Broken {
    /// One more of that name; `why` is what is wrong with its time stamps.
    pub(super) fn add(&mut self, name: &str, why: &'static str) {
        if self.by_name.len() >= KEPT && !self.by_name.contains_key(name) {
            self.more += 1;
            return;
        }
        self.by_name.entry(name.to_owned()).or_insert((0, why)).0 += 1;
    }

    /// What is said of them: `"sgemm" (2 times, begins at 0)`.
    pub(super) fn told(&self) -> Option<String> {
        if self.by_name.is_empty() {
            return None;
        }
        let mut named: Vec<_> = self.by_name.iter().collect();
        named.sort_by_key(|(_, (n, _))| std::cmp::Reverse(*n));
        let one = |(name, (n, why)): &(&String, &(u64, &'static str))| match n {
            1 => format!("\"{name}\" ({why})"),
            n => format!("\"{name}\" ({} times, {why})", grouped(*n)),
        };
        let mut text: Vec<String> = named.iter().take(TOLD).map(one).collect();
        let rest = self.more + named.iter().skip(TOLD).map(|(_, (n, _))| n).sum::<u64>();
        if rest > 0 {
            text.push(format!("{} more", grouped(rest)));
        }
        Some(text.join(", "))
    }
}

/// Takes out the events whose time stamps cannot be. Kineto's own count from 1970 or from the start of the machine.
pub(super) fn check(events: &mut Events) {
    let all = &events.all;
    let mut begins: Vec<i64> = all.iter().map(|e| e.begin).collect();
    begins.sort_unstable();
    let Some(median) = begins.get(begins.len() / 2).copied() else { return };
    let all_zero = begins.first() == Some(&0) && begins.last() == Some(&0);
    let alone = zero_stands_alone(&begins);
    let launched: HashMap<u64, i64> =
        all.iter().filter(|e| e.cat == Cat::Runtime && e.correlation > 0).map(|e| (e.correlation, e.begin)).collect();
    let zeros = events.is_kineto && begins.len() > 1;
    let (names, broken) = (&events.names, &mut events.broken);
    events.all.retain(|e| {
        let launch = launched.get(&e.correlation).filter(|_| e.is_on_device());
        let why = match () {
            () if e.begin == 0 && zeros && (all_zero || e.is_on_device() || alone) => "begins at 0",
            () if e.begin == 0 && median.abs() > FARTHEST => "begins at 0",
            () if (e.begin - median).abs() > FARTHEST => "begins days apart from the others",
            () if e.duration > FARTHEST => "lasts for days",
            () if launch.is_some_and(|at| at - e.begin > CLOCKS_DIFFER) => "begins before it is launched",
            () if e.cat == Cat::Step && e.duration == 0 => "a step that lasts for no time",
            () => return true,
        };
        broken.add(&names.all[e.name as usize], why);
        false
    });
}

/// Whether what begins at 0 lies apart from all that follows, by a twentieth of what follows lasts.
fn zero_stands_alone(sorted: &[i64]) -> bool {
    let after = sorted.partition_point(|begin| *begin <= 0);
    match (sorted.get(after), sorted.last()) {
        (Some(first), Some(last)) => sorted[0] >= 0 && *first >= (last - first) / 20,
        _ => false,
    }
}

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
    fn the_beginning_of_a_trace_that_begins_at_0_is_no_mistake() {
        assert!(!zero_stands_alone(&[0, 0, 10, 30, 1_000]));
        assert!(zero_stands_alone(&[0, 1_000, 1_100, 9_000]));
        assert!(!zero_stands_alone(&[0, 0]));
    }

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
