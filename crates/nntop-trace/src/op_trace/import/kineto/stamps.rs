//! Events whose time stamps cannot be.
//!
//! A device that could not say when a kernel ran leaves zeros, and a profiler that subtracts its own beginning from them
//! makes them centuries. One such event would make the wall time of them all.

use super::category::Cat;
use super::events::Events;
use std::collections::HashMap;

/// Events of one trace do not lie further apart than this: a day.
const FARTHEST: i64 = 86_400_000_000_000;

/// A kernel does not begin before it is launched. Clocks of devices may be a little off.
const CLOCKS_DIFFER: i64 = 1_000_000_000;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_of_a_trace_that_begins_at_0_is_no_mistake() {
        assert!(!zero_stands_alone(&[0, 0, 10, 30, 1_000]));
        assert!(zero_stands_alone(&[0, 1_000, 1_100, 9_000]));
        assert!(!zero_stands_alone(&[0, 0]));
    }
}
