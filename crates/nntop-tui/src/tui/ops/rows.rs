//! The rows of the Ops page's table, from one profile or from two.

use super::By;
use nntop_core::event::{OpProfile, OpRow};
use nntop_trace::op_trace::tree::{Tree, one_line};
use std::collections::HashMap;

/// A row of the table: an operator or a group of them, in one profile or in two.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Row {
    /// What tells it from the others, from burst to burst.
    pub(crate) key: String,
    /// What stands in its last column.
    pub(crate) name: String,
    /// Its operator type; empty for groups.
    pub(crate) op_type: String,
    /// The providers that ran it.
    pub(crate) provider: String,
    /// Whether one of its operators did not run where it was asked to.
    pub(crate) fell: bool,
    /// Its rows, in either profile.
    pub(crate) members: [Vec<usize>; 2],
    /// Its own time on the host or on devices, whichever was longer, in nanoseconds per inference; absent where a profile
    /// does not have it.
    pub(crate) time: [Option<f64>; 2],
    /// Its own time on the host, and on devices.
    pub(crate) host: f64,
    pub(crate) device: f64,
    /// Calls per inference.
    pub(crate) calls: f64,
    /// Operations per nanosecond, of those whose operations are known.
    pub(crate) rate: Option<f64>,
    /// Operations per byte; absent unless both are known of all.
    pub(crate) intensity: Option<f64>,
    /// Bytes of inputs, weights and outputs per inference; absent unless known of all.
    pub(crate) bytes: Option<f64>,
    /// The most memory in use, by the runtime's account.
    pub(crate) memory: Option<f64>,
    /// Its operations per inference; absent unless known of all.
    pub(crate) flops: Option<f64>,
    /// Its frame, where it is one operator.
    pub(crate) node: Option<usize>,
}

impl Row {
    /// How many operators it stands for, in the profile that it was taken from.
    pub(crate) fn operators(&self) -> usize {
        self.members[usize::from(self.time[1].is_some())].len()
    }

    /// By how much the second differs from the first; what only one has differs by all of it.
    pub(crate) fn delta(&self) -> f64 {
        self.time[1].unwrap_or(0.0) - self.time[0].unwrap_or(0.0)
    }

    /// The time that its place in the table follows: the second's, where there are two.
    pub(crate) fn newest(&self) -> f64 {
        self.time[1].or(self.time[0]).unwrap_or(0.0)
    }

    /// Whether the filter finds it; `wanted` is in lower case.
    pub(crate) fn has(&self, wanted: &str) -> bool {
        [&self.name, &self.op_type, &self.provider].iter().any(|text| text.to_lowercase().contains(wanted))
    }
}

/// A row's group.
pub(crate) fn group(row: &OpRow, by: By) -> String {
    match by {
        By::Operator => row.name.clone(),
        By::Type if row.op_type.is_empty() => row.name.clone(),
        By::Type => row.op_type.clone(),
        By::Provider => row.provider.clone().unwrap_or_default(),
        By::Module => {
            let mut parts: Vec<&str> = row.path().collect();
            parts.pop();
            parts.join("/")
        }
    }
}

/// The rows of the profiles' operators that ran, in the order in which they appear. `asked` is the provider that each was to run on.
pub(crate) fn rows(
    profiles: &[&OpProfile],
    asked: &[Option<String>],
    tree: &Tree,
    paths: &[String],
    by: By,
) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut found: HashMap<String, usize> = HashMap::new();
    let mut seen: HashMap<(usize, usize), usize> = HashMap::new();
    for (which, profile) in profiles.iter().take(2).enumerate() {
        for (i, op) in profile.rows.iter().enumerate().filter(|(_, op)| op.is_executed_op()) {
            let node = tree.of_rows(which)[i];
            let key = match by {
                By::Operator => {
                    // Several of the same name at the same place are rows of their own.
                    let n = seen.entry((which, node)).and_modify(|n| *n += 1).or_insert(1);
                    if *n == 1 { paths[node].clone() } else { format!("{}#{n}", paths[node]) }
                }
                _ => group(op, by),
            };
            let at = *found.entry(key.clone()).or_insert(rows.len());
            if at == rows.len() {
                let node = (by == By::Operator).then_some(node);
                rows.push(Row { key, node, ..Row::default() });
            }
            rows[at].members[which].push(i);
        }
    }
    for row in &mut rows {
        fill(row, profiles, asked, by);
    }
    rows
}

/// Works out a row's figures from its members: those of the second profile, where it has any.
fn fill(row: &mut Row, profiles: &[&OpProfile], asked: &[Option<String>], by: By) {
    for (which, profile) in profiles.iter().take(2).enumerate() {
        let n = profile.inferences.max(1) as f64;
        let members = &row.members[which];
        if members.is_empty() {
            continue;
        }
        let ops = || members.iter().map(|i| &profile.rows[*i]);
        let sum = |of: &dyn Fn(&OpRow) -> u64| ops().map(of).fold(0u64, u64::saturating_add) as f64;
        let all = |of: &dyn Fn(&OpRow) -> Option<u64>| {
            ops().map(of).try_fold(0u64, |sum, x| sum.checked_add(x?)).map(|x| x as f64)
        };
        (row.host, row.device) = (sum(&|op| op.self_time.0) / n, sum(&|op| op.device_time.0) / n);
        row.time[which] = Some(row.host.max(row.device));
        row.calls = sum(&|op| op.calls) / n;
        row.flops = all(&|op| op.flops).map(|x| x / n);
        row.bytes = all(&|op| op.bytes.map(|b| b.0)).map(|x| x / n);
        let ruled = sum(&|op| op.flops.map_or(0, |_| op.computing().0));
        row.rate = (ruled > 0.0).then(|| sum(&|op| op.flops.unwrap_or(0)) / ruled);
        row.intensity = row.flops.zip(row.bytes).filter(|x| x.1 > 0.0).map(|(flops, bytes)| flops / bytes);
        row.memory = ops().filter_map(|op| op.memory).max().map(|b| b.0 as f64);
        let asked = asked.get(which).and_then(Option::as_deref);
        let elsewhere = |op: &OpRow| match (&op.provider, asked) {
            (Some(on), Some(asked)) => !on.eq_ignore_ascii_case(asked),
            _ => false,
        };
        row.fell = ops().any(elsewhere);
        let mut providers: Vec<&str> = ops().filter_map(|op| op.provider.as_deref()).collect();
        providers.sort_unstable();
        providers.dedup();
        row.provider = providers.join("+");
        if let Some(first) = ops().next() {
            row.name = one_line(&group(first, by)).trim().to_owned();
            row.op_type = if by == By::Operator { first.op_type.clone() } else { String::new() };
        }
        if row.name.is_empty() {
            row.name = match by {
                By::Module => "(no module)".into(),
                By::Provider => "(not said)".into(),
                _ => "(unnamed)".into(),
            };
        }
    }
}
