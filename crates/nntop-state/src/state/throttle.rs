//! Throttling within a variant's own measured blocks: how often, and for how much of them.
//!
//! ```text
//! readings   0    0    0    3    3    3        a counter rose between two readings
//! blocks       [─ A ─][─ B ─]  [─ A ─]         B is affected, A is not
//! ```
//!
//! A block counts once every sign of throttling has a reading after it. Between two readings of a counter nobody
//! knows when it rose: all of that time counts as affected, and events are shared out by time.

use super::{Cause, Device, Metric, Variant};
use nntop_core::event::{Block, BlockKind, MetricId, Part, Quantity};
use nntop_core::unit::Nanos;
use std::collections::BTreeMap;

/// Readings further apart than this say nothing about the time between them.
const LONGEST_GAP: Nanos = Nanos::from_millis(2_500);

/// A block has come.
pub(super) fn block(variants: &mut [Variant], block: &Block) {
    let own = variants.iter_mut().find(|v| v.slot == block.variant && v.run == block.run);
    if let Some(v) = own.filter(|_| block.phase == BlockKind::Measure) {
        v.throttling.open.push((block.t0, block.t1));
    }
}

/// Settles the blocks that the readings have passed.
pub(super) fn settle(device: &Device, variants: &mut [Variant]) {
    if variants.iter().all(|v| v.throttling.open.is_empty()) {
        return;
    }
    for v in variants {
        // A GPU that is held back is nothing to a model on the processor.
        let on_cpu = v.on_cpu();
        let signs: Vec<&Metric> =
            device.throttling().filter(|m| counts(m) && !(on_cpu && m.decl.key.part == Part::Gpu)).collect();
        let newest = |m: &&Metric| m.series.iter().next_back().map(|(t, _)| t);
        // A sign that has never been read is none.
        let Some(passed) = signs.iter().filter_map(newest).min() else {
            v.throttling.open.clear();
            continue;
        };
        let open = std::mem::take(&mut v.throttling.open);
        let (done, open): (Vec<_>, Vec<_>) = open.into_iter().partition(|(_, end)| *end <= passed);
        v.throttling.open = open;
        for block in done {
            let mut causes: BTreeMap<String, Cause> = BTreeMap::new();
            let mut covered = false;
            for sign in &signs {
                let Some(found) = look(&mut v.throttling.caps, sign, block) else { continue };
                covered = true;
                if found.affected > Nanos::ZERO {
                    // Cores of one kind, a counter and its clock: events add up, time is that of the worst.
                    let cause = causes.entry(name(sign)).or_default();
                    cause.events += found.events;
                    cause.affected = cause.affected.max(found.affected);
                }
            }
            if covered {
                v.throttling.span = v.throttling.span + block.1.since(block.0);
            }
            for (name, found) in causes {
                let cause = v.throttling.causes.entry(name).or_default();
                cause.events += found.events;
                cause.affected = cause.affected + found.affected;
            }
        }
    }
}

/// What a cause is called.
fn name(sign: &Metric) -> String {
    match sign.decl.key.quantity {
        Quantity::ClockCap => format!("lowered clock cap ({})", sign.decl.label),
        _ => sign.decl.label.clone(),
    }
}

/// Whether a metric says that something was slowed down. A cap on the memory controller is the power mode's.
fn counts(metric: &Metric) -> bool {
    !metric.decl.is(Part::MemoryController, Quantity::ClockCap)
}

/// What one sign says about a block; `None` where its readings do not reach it.
fn look(caps: &mut BTreeMap<MetricId, f64>, sign: &Metric, (begin, end): (Nanos, Nanos)) -> Option<Cause> {
    let mut found: Option<Cause> = None;
    let mut later: Option<(Nanos, f64)> = None;
    for (t, value) in sign.series.iter().rev() {
        let Some(value) = value else {
            // A failed reading loses nothing of what is counted; what a flag was then, nobody knows.
            if matches!(sign.decl.key.quantity, Quantity::Throttled | Quantity::ClockCap) {
                later = None;
            }
            continue;
        };
        if let Some((t1, after)) = later.replace((t, value)).filter(|(t1, _)| t1.since(t) <= LONGEST_GAP) {
            let overlap = end.min(t1).since(begin.max(t));
            if overlap > Nanos::ZERO {
                let part = overlap.0 as f64 / t1.since(t).0 as f64;
                let (events, affected) = between(caps, sign, (value, after), overlap, part);
                let cause = found.get_or_insert_default();
                cause.events += events;
                cause.affected = cause.affected + affected;
            }
        }
        if t <= begin {
            break;
        }
    }
    found
}

/// Events and affected time between two readings, of which `overlap` is within the block, as a part of all.
fn between(
    caps: &mut BTreeMap<MetricId, f64>,
    sign: &Metric,
    (before, after): (f64, f64),
    overlap: Nanos,
    part: f64,
) -> (f64, Nanos) {
    let rise = after - before;
    let while_true = |before: bool, after: bool| match (before, after) {
        (true, true) => overlap,
        (false, false) => Nanos::ZERO,
        // It began or ended in between.
        _ => Nanos(overlap.0 / 2),
    };
    match sign.decl.key.quantity {
        Quantity::ThrottleEvents if rise > 0.0 => (rise * part, overlap),
        Quantity::ThrottleTime if rise > 0.0 => (0.0, Nanos((rise * part) as u64).min(overlap)),
        Quantity::ThrottledEver if rise > 0.0 => (0.0, overlap),
        Quantity::Throttled => (0.0, while_true(before > 0.0, after > 0.0)),
        Quantity::ClockCap => {
            let highest = caps.entry(sign.decl.id).or_insert(before);
            *highest = highest.max(before).max(after);
            (0.0, while_true(before < *highest, after < *highest))
        }
        _ => (0.0, Nanos::ZERO),
    }
}
