//! The power rails that add up to the machine's energy, and what they gave between two times.

use super::{Device, Metric};
use nntop_core::event::{Quantity, TotalPower};
use nntop_core::unit::Nanos;

/// How often a sensor that does not say has a new value at most: two readings at the end of a turn are one.
const UPDATE: Nanos = Nanos::from_millis(20);

/// Readings further apart than this say nothing about the time between them.
const LONGEST_GAP: Nanos = Nanos::from_millis(2_500);

/// The rails whose energies add up to the machine's, each by its counter if it has one.
pub(super) fn total(device: &Device) -> Vec<&Metric> {
    let rails = device.matching(|key| matches!(key.quantity, Quantity::Power | Quantity::Energy));
    let Some(total) = TotalPower::of(rails.map(|metric| &metric.decl)) else { return Vec::new() };
    let counter = |part| device.quantity(Quantity::Energy).find(|counter| counter.decl.same_part(part));
    total.parts().iter().filter_map(|part| counter(part).or_else(|| device.metric(part.id))).collect()
}

/// What the rails gave between two times, in joules; `None` where the readings do not cover them.
pub(super) fn between(device: &Device, begin: Nanos, end: Nanos) -> Option<f64> {
    let rails = total(device);
    if rails.is_empty() || end <= begin {
        return None;
    }
    rails.iter().map(|rail| integral(rail, begin, end)).sum()
}

/// A rail's energy between two times, in joules.
pub(super) fn integral(rail: &Metric, begin: Nanos, end: Nanos) -> Option<f64> {
    let counter = rail.decl.key.quantity == Quantity::Energy;
    let mut joules = 0.0;
    let mut later: Option<(Nanos, f64)> = None;
    // From the newest backwards: blocks are settled soon after they end.
    for (t, value) in rail.series.iter().rev() {
        let Some(value) = value else {
            // A failed reading loses nothing of a counter; what power was then, nobody knows.
            match (counter, t >= end) {
                (true, _) => {}
                (false, true) => later = None,
                (false, false) => return None,
            }
            continue;
        };
        if t < end {
            // Something has to follow the end.
            let (t1, v1) = later?;
            let (from, to) = (begin.max(t), end.min(t1));
            if to > from {
                let span = t1.since(t);
                if span > LONGEST_GAP {
                    return None;
                }
                let seconds = to.since(from).as_secs_f64();
                joules += if counter {
                    (v1 - value) * seconds / span.as_secs_f64()
                } else {
                    let middle = (from.since(t).0 + to.since(t).0) as f64 / 2.0 / span.0 as f64;
                    (value + (v1 - value) * middle) * seconds
                };
            }
        }
        later = Some((t, value));
        if t <= begin {
            return Some(joules);
        }
    }
    None
}

/// How many new values a rail's sensor had within a block, and when the last was.
pub(super) fn updates(rail: &Metric, begin: Nanos, end: Nanos, last: Nanos) -> (u64, Nanos) {
    let counter = rail.decl.key.quantity == Quantity::Energy;
    let period = rail.decl.rail.as_ref().and_then(|rail| rail.update).unwrap_or(UPDATE);
    let mut within: Vec<(Nanos, f64)> = Vec::new();
    for (t, value) in rail.series.iter().rev().filter(|(t, _)| *t <= end) {
        within.extend(value.map(|value| (t, value)));
        if t <= begin {
            break;
        }
    }
    let (mut count, mut last) = (0, last);
    for pair in within.windows(2).rev() {
        let ((t, value), (_, before)) = (pair[0], pair[1]);
        // A counter that stands still has no new value; a power may well be what it was.
        if (!counter || value > before) && t >= last + period {
            count += 1;
            last = t;
        }
    }
    (count, last)
}
