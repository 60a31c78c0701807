//! A profile in sums: by operator, by type, by provider.

use super::{Subject, mean, whole};
use nntop_core::unit::{Bytes, Nanos, percent_tenths};
use nntop_trace::op_trace::{OpProfile, OpRow};
use std::collections::BTreeMap;

/// One line of a table: an operator, or all of a type.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Line {
    /// The operator's name or the type.
    pub(super) name: String,
    /// Its type.
    pub(super) op_type: String,
    /// How many operators it stands for.
    pub(super) operators: u64,
    /// Calls over all profiled inferences.
    pub(super) calls: u64,
    /// Own time over all profiled inferences.
    pub(super) time: Nanos,
    /// Operations, where all of them have a rule.
    pub(super) flops: Option<u64>,
    /// Bytes moved, where all of them have shapes.
    pub(super) bytes: Option<Bytes>,
    /// Providers that ran it.
    pub(super) providers: Vec<String>,
}

impl Line {
    fn of(row: &OpRow) -> Self {
        Self {
            name: row.name.clone(),
            op_type: row.op_type.clone(),
            operators: 1,
            calls: row.calls,
            time: row.self_time,
            flops: row.flops,
            bytes: row.bytes,
            providers: row.provider.iter().cloned().collect(),
        }
    }

    fn add(&mut self, row: &OpRow) {
        self.operators += 1;
        self.calls = self.calls.saturating_add(row.calls);
        self.time = self.time + row.self_time;
        self.flops = self.flops.and_then(|f| f.checked_add(row.flops?));
        self.bytes = self.bytes.and_then(|b| Some(Bytes(b.0.checked_add(row.bytes?.0)?)));
        if let Some(provider) = row.provider.as_ref().filter(|p| !self.providers.contains(p)) {
            self.providers.push(provider.clone());
        }
    }

    /// Its part of all time.
    pub(super) fn share(&self, of: Subject) -> f64 {
        self.time.0 as f64 / whole(of.profile).max(1) as f64
    }

    /// Its time per inference.
    pub(super) fn mean(&self, of: Subject) -> u64 {
        mean(of.profile, self.time.0)
    }
}

/// The operators that ran, dearest first; every row with a time of its own where there are no operators.
pub(super) fn operators(profile: &OpProfile) -> Vec<Line> {
    let mut lines: Vec<Line> = counted(profile).map(Line::of).collect();
    lines.sort_by_key(|line| std::cmp::Reverse(line.time));
    lines
}

/// All of a type, dearest first.
pub(super) fn types(profile: &OpProfile) -> Vec<Line> {
    let mut types: BTreeMap<&str, Line> = BTreeMap::new();
    for row in counted(profile).filter(|row| !row.op_type.is_empty()) {
        match types.get_mut(row.op_type.as_str()) {
            Some(line) => line.add(row),
            None => drop(types.insert(&row.op_type, Line { name: row.op_type.clone(), ..Line::of(row) })),
        }
    }
    let mut lines: Vec<Line> = types.into_values().collect();
    lines.sort_by_key(|line| std::cmp::Reverse(line.time));
    lines
}

fn counted(profile: &OpProfile) -> impl Iterator<Item = &OpRow> {
    let any = profile.executed_ops().next().is_some();
    profile.rows.iter().filter(move |row| if any { row.is_executed_op() } else { row.self_time.0 > 0 })
}

/// How many operators ran on which provider, most first.
pub(super) fn placement(profile: &OpProfile) -> Vec<(String, usize)> {
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for row in profile.executed_ops() {
        *places.entry(row.provider.as_deref().unwrap_or("an unnamed provider")).or_default() += 1;
    }
    let mut places: Vec<(String, usize)> = places.into_iter().map(|(name, n)| (name.to_owned(), n)).collect();
    places.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    places
}

/// Operations per inference of all operators that have a rule, and the time that these took per inference.
pub(super) fn arithmetic(profile: &OpProfile) -> (u64, Nanos, Option<Bytes>) {
    let ruled = || profile.executed_ops().filter(|row| row.flops.is_some_and(|f| f > 0));
    let flops = ruled().filter_map(|r| r.flops).fold(0u64, u64::saturating_add);
    let time = ruled().fold(Nanos::ZERO, |sum, row| sum + row.self_time);
    let bytes = ruled().try_fold(0u64, |sum, row| sum.checked_add(row.bytes?.0)).map(|b| Bytes(mean(profile, b)));
    (mean(profile, flops), Nanos(mean(profile, time.0)), bytes)
}

/// Types that no rule counts operations of, with how many operators.
pub(super) fn unruled(profile: &OpProfile) -> Vec<(String, usize)> {
    let mut types: BTreeMap<&str, usize> = BTreeMap::new();
    for row in profile.executed_ops().filter(|row| row.flops.is_none()) {
        *types.entry(&row.op_type).or_default() += 1;
    }
    types.into_iter().map(|(name, n)| (name.to_owned(), n)).collect()
}

/// The sentences that stand below every table: placement, arithmetic, what nobody accounts for, and the profiler's cost.
pub(super) fn remarks(of: Subject) -> Vec<String> {
    let profile = of.profile;
    let mut remarks = Vec::new();
    let places = placement(profile);
    if !places.is_empty() {
        let all = profile.executed_ops().count();
        let named: Vec<String> = places.iter().map(|(name, n)| format!("{n} of {all} on {name}")).collect();
        remarks.push(format!("placement: {}", named.join(", ")));
    }
    let (flops, time, bytes) = arithmetic(profile);
    if flops > 0 {
        let mut text = format!("arithmetic: {} per inference", operations(flops));
        if let Some(rate) = super::gflops(Some(flops), time) {
            text.push_str(&format!(", {} GFLOP/s over the time of the operators that do it", super::rate(rate)));
        }
        if let Some(intensity) = super::intensity(Some(flops), bytes) {
            text.push_str(&format!(", {} FLOP per byte", super::rate(intensity)));
        }
        remarks.push(text);
    }
    let without = unruled(profile);
    if !without.is_empty() && without.iter().map(|(_, n)| n).sum::<usize>() < profile.executed_ops().count() {
        let named: Vec<String> = without.iter().map(|(name, n)| format!("{name} ({n})")).collect();
        remarks.push(format!("no rule for the operations of: {}", named.join(", ")));
    }
    let between = profile.between_operators();
    if between.0 > 0 && !places.is_empty() {
        let share = between.0 as f64 / whole(profile).max(1) as f64;
        let time = super::Weight::of(profile).show(mean(profile, between.0));
        remarks.push(format!("outside operators: {time} ({})", percent_tenths(share)));
    }
    if let Some(more) = of.overhead {
        remarks.push(format!("a profiled inference costs {:+.0} %", more * 100.0));
    }
    remarks.extend(profile.partial.as_ref().map(|why| format!("NOT ALL OF IT: {why}")));
    remarks
}

/// `1.55 GFLOP`.
fn operations(flops: u64) -> String {
    let (scale, unit) = match flops {
        0..1_000_000 => (1e3, "kFLOP"),
        1_000_000..1_000_000_000 => (1e6, "MFLOP"),
        _ => (1e9, "GFLOP"),
    };
    format!("{} {unit}", nntop_core::unit::significant(flops as f64 / scale))
}
