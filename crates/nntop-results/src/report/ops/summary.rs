//! A profile in sums: by operator, by type, by provider.

use super::{Subject, mean};
use nntop_core::unit::{Bytes, Nanos};
use nntop_trace::op_trace::{OpProfile, OpRow, RowKind};
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
    /// From its begin to its end over all calls, what it encloses included.
    pub(super) total: Nanos,
    /// Own time on the host over all profiled inferences.
    pub(super) time: Nanos,
    /// Time of the kernels and copies that it started.
    pub(super) device: Nanos,
    /// Time of the unit that computed each operator: the device's where it started a kernel, else the host's.
    pub(super) computing: Nanos,
    /// Operations, where all of them have a rule.
    pub(super) flops: Option<u64>,
    /// Bytes moved, where all of them have shapes.
    pub(super) bytes: Option<Bytes>,
    /// Providers that ran it.
    pub(super) providers: Vec<String>,
    /// The thread that it ran on, where that is another one than the inferences' own.
    pub(super) thread: Option<String>,
}

impl Line {
    fn of(row: &OpRow) -> Self {
        // Of a kernel that no operator started there is no time of the host.
        let time = if row.is_on_device() { Nanos::ZERO } else { row.self_time };
        Self {
            name: row.name.clone(),
            op_type: row.op_type.clone(),
            operators: 1,
            calls: row.calls,
            total: row.total,
            time,
            device: row.device_time,
            computing: row.computing(),
            flops: row.flops,
            bytes: row.bytes,
            providers: row.provider.iter().cloned().collect(),
            thread: row.thread.clone(),
        }
    }

    fn add(&mut self, row: &OpRow) {
        self.operators += 1;
        self.calls = self.calls.saturating_add(row.calls);
        self.time = self.time + row.self_time;
        self.device = self.device + row.device_time;
        self.computing = self.computing + row.computing();
        self.flops = self.flops.and_then(|f| f.checked_add(row.flops?));
        self.bytes = self.bytes.and_then(|b| Some(Bytes(b.0.checked_add(row.bytes?.0)?)));
        if let Some(provider) = row.provider.as_ref().filter(|p| !self.providers.contains(p)) {
            self.providers.push(provider.clone());
        }
    }

    /// The time of the unit that was longer at it. Both went on beside each other: their sum is nobody's time.
    pub(super) fn longer(&self) -> Nanos {
        self.time.max(self.device)
    }

    /// What [`longer`](Self::longer) is of the wall time.
    pub(super) fn share(&self, of: Subject) -> f64 {
        self.longer().0 as f64 / of.profile.whole().0.max(1) as f64
    }

    /// Its time on the host per inference.
    pub(super) fn mean(&self, of: Subject) -> u64 {
        mean(of.profile, self.time.0)
    }

    /// Its time on devices per inference.
    pub(super) fn mean_device(&self, of: Subject) -> u64 {
        mean(of.profile, self.device.0)
    }
}

/// The lines of a profile.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// What took time on the inferences' own thread, operators first of all, and kernels that no operator started; longest
    /// first. What is in no line is between operators.
    pub(super) operators: Vec<Line>,
    /// All of a type, longest first.
    pub(super) types: Vec<Line>,
    /// What ran on other threads, longest first.
    pub(super) others: Vec<Line>,
}

impl Lines {
    pub(super) fn of(profile: &OpProfile) -> Self {
        let mut lines = Self::default();
        let mut types: BTreeMap<&str, Line> = BTreeMap::new();
        for row in &profile.rows {
            if row.thread.is_some() {
                lines.others.extend((row.self_time.0 > 0).then(|| Line::of(row)));
            } else if counts(row) {
                lines.operators.push(Line::of(row));
            }
            if row.is_executed_op() && !row.op_type.is_empty() {
                match types.get_mut(row.op_type.as_str()) {
                    Some(line) => line.add(row),
                    None => drop(types.insert(&row.op_type, Line { name: row.op_type.clone(), ..Line::of(row) })),
                }
            }
        }
        lines.types = types.into_values().collect();
        for list in [&mut lines.operators, &mut lines.types, &mut lines.others] {
            list.sort_by_key(|line| std::cmp::Reverse(line.longer()));
        }
        lines
    }
}

/// Whether a row has a line: an operator that ran, or anything else that took time and is not between operators.
fn counts(row: &OpRow) -> bool {
    match row.kind {
        RowKind::Op => row.is_executed_op(),
        // What encloses operators is between them.
        RowKind::Scope | RowKind::Wait => false,
        // An operator has the time of the kernels that it started.
        RowKind::Kernel | RowKind::Copy => row.device_time > Nanos::ZERO,
        RowKind::Function | RowKind::Overhead | RowKind::Other => row.self_time > Nanos::ZERO,
    }
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

/// The work of an inference, and how fast it was done.
pub(super) struct Arithmetic {
    /// Operations of the model file's own nodes; without a file those of the operators that ran.
    pub(super) flops: u64,
    /// Operations by the shapes that the runtime executed, where these are others.
    pub(super) executed: Option<u64>,
    /// Operations of the operators that ran over the time of the units that computed them, per nanosecond.
    pub(super) rate: Option<f64>,
    /// Operations of those per byte that they moved.
    pub(super) intensity: Option<f64>,
}

/// Absent where nothing is counted.
pub(super) fn arithmetic(profile: &OpProfile) -> Option<Arithmetic> {
    let ruled = || profile.executed_ops().filter(|row| row.flops.is_some_and(|f| f > 0));
    let own = ruled().filter_map(|row| row.flops).fold(0u64, u64::saturating_add);
    let executed = ruled().filter_map(|row| row.executed_flops.or(row.flops)).fold(0u64, u64::saturating_add);
    let time = ruled().fold(Nanos::ZERO, |sum, row| sum + row.computing());
    let bytes = ruled().try_fold(0u64, |sum, row| sum.checked_add(row.bytes?.0)).map(Bytes);
    let model = profile.model.as_ref().map(|model| model.flops).filter(|flops| *flops > 0);
    let (flops, executed) = (model.unwrap_or_else(|| mean(profile, own)), mean(profile, executed));
    (flops > 0).then(|| Arithmetic {
        flops,
        executed: Some(executed).filter(|executed| *executed != flops),
        rate: super::gflops(Some(own).filter(|own| *own > 0), time),
        intensity: super::intensity(Some(own).filter(|own| *own > 0), bytes),
    })
}

/// Types that no rule counts operations of, with how many operators: of the model file, or of those that ran.
pub(super) fn unruled(profile: &OpProfile) -> Vec<(String, usize)> {
    if let Some(model) = &profile.model {
        return model.uncounted.iter().map(|(name, n)| (name.clone(), *n as usize)).collect();
    }
    let mut types: BTreeMap<&str, usize> = BTreeMap::new();
    for row in profile.executed_ops().filter(|row| row.flops.is_none()) {
        *types.entry(&row.op_type).or_default() += 1;
    }
    types.into_iter().map(|(name, n)| (name.to_owned(), n)).collect()
}
