//! The sentences that stand below every table: where operators ran, how much they computed, what worked beside them, what is
//! between them, and the profiler's cost.

use super::summary::{arithmetic, placement, unruled};
use super::{Subject, Weight, mean};
use nntop_core::unit::{Nanos, percent_tenths};
use nntop_trace::op_trace::{OpProfile, OpRow, RowKind, Track};
use std::collections::BTreeMap;

/// The number of threads and devices that are listed one by one.
const TRACKS: usize = 8;

/// All that is to be said of a profile.
pub(super) fn remarks(of: Subject) -> Vec<String> {
    let profile = of.profile;
    let mut remarks = Vec::new();
    let places = placement(profile);
    if !places.is_empty() {
        let all = profile.executed_ops().count();
        let named: Vec<String> = places.iter().map(|(name, n)| format!("{n} of {all} on {name}")).collect();
        remarks.push(format!("placement: {}", named.join(", ")));
    }
    if let Some(work) = arithmetic(profile) {
        let whose = if profile.model.is_some() { " (model file)" } else { "" };
        let mut text = format!("arithmetic: {} per inference{whose}", operations(work.flops));
        if let Some(executed) = work.executed {
            text.push_str(&format!(", {} executed (padding, fusion)", operations(executed)));
        }
        if let Some(rate) = work.rate {
            text.push_str(&format!(", {} GFLOP/s (compute operators only)", super::rate(rate)));
        }
        if let Some(intensity) = work.intensity {
            text.push_str(&format!(", {} FLOP per byte", super::rate(intensity)));
        }
        remarks.push(text);
        let without = unruled(profile);
        if !without.is_empty() {
            let named: Vec<String> = without.iter().map(|(name, n)| format!("{name} ({n})")).collect();
            remarks.push(format!("operations not counted: {}", named.join(", ")));
        }
    }
    remarks.extend(beside(profile));
    if !places.is_empty() || !profile.beside.is_empty() {
        remarks.extend(between(profile));
    }
    if let Some(more) = of.overhead {
        remarks.push(format!("profiler overhead: {:+.0} %", more * 100.0));
    }
    remarks.extend(profile.partial.as_ref().map(|why| format!("INCOMPLETE: {why}")));
    remarks
}

/// A time over all profiled inferences, as a person reads it.
fn each(profile: &OpProfile, sum: Nanos) -> String {
    match Weight::of(profile) {
        weight @ Weight::Counts(_) => weight.show(sum.0),
        _ => Nanos(mean(profile, sum.0)).to_string(),
    }
}

/// What worked beside the inferences' own thread, and what overlapped.
fn beside(profile: &OpProfile) -> Vec<String> {
    let mut remarks: Vec<String> = profile.beside.iter().take(TRACKS).map(|track| one(profile, track)).collect();
    if let Some(more) = profile.beside.get(TRACKS..).filter(|more| !more.is_empty()) {
        let busy = more.iter().fold(Nanos::ZERO, |sum, track| sum + track.busy);
        remarks.push(format!(
            "in parallel: {} more threads and devices, busy for {} together",
            more.len(),
            each(profile, busy)
        ));
    }
    if profile.overlap() > Nanos::ZERO {
        let more = each(profile, profile.overlap());
        remarks.push(format!("operators ran in parallel: their times add up to {more} more than the wall time"));
    }
    let mut waits: BTreeMap<&str, Nanos> = BTreeMap::new();
    for row in profile.rows.iter().filter(|row| row.kind == RowKind::Wait) {
        let time = waits.entry(&row.name).or_default();
        *time = *time + row.self_time;
    }
    if !waits.is_empty() {
        let named: Vec<String> =
            waits.into_iter().take(TRACKS).map(|(name, time)| format!("{name} {}", each(profile, time))).collect();
        remarks.push(format!("waits and ranges on device tracks, not counted as work: {}", named.join(", ")));
    }
    remarks
}

fn one(profile: &OpProfile, track: &Track) -> String {
    let busy = each(profile, track.busy);
    let overlap = match track.overlap {
        Some(Nanos(0)) => ", not while an operator ran on the inference's own thread".into(),
        Some(overlap) => {
            format!(", for {} of it while an operator ran on the inference's own thread", each(profile, overlap))
        }
        None => String::new(),
    };
    format!("in parallel: {} busy for {busy}{overlap}", track.name)
}

/// What is in no line.
fn between(profile: &OpProfile) -> Option<String> {
    let between = profile.between_operators();
    let share = between.0 as f64 / profile.whole().0.max(1) as f64;
    let mut text = format!("between operators: {} ({})", each(profile, between), percent_tenths(share));
    if profile.elsewhere > Nanos::ZERO {
        // Kernels have a time of their own, but not always a begin.
        let known = profile.beside.iter().all(|track| track.overlap.is_some());
        let at_most = if known { "" } else { "up to " };
        let devices = profile.rows.iter().any(OpRow::is_device_work);
        let others = profile.beside.iter().any(|track| !track.is_device);
        let who = match (devices, others) {
            (true, false) => "the device was busy",
            (false, _) => "other threads were busy",
            (true, true) => "the device or other threads were busy",
        };
        text.push_str(&format!(", {who} for {at_most}{} of it", each(profile, profile.elsewhere)));
    }
    (between.0 > 0).then_some(text)
}

/// `1.55 GFLOP`.
fn operations(flops: u64) -> String {
    let (scale, unit) = match flops {
        0..1_000 => return format!("{flops} FLOP"),
        1_000..1_000_000 => (1e3, "kFLOP"),
        1_000_000..1_000_000_000 => (1e6, "MFLOP"),
        _ => (1e9, "GFLOP"),
    };
    format!("{} {unit}", nntop_core::unit::significant(flops as f64 / scale))
}
