//! Where a variant's time goes: its newest operator profile, what earlier ones said, where operators ran, and what
//! profiling costs.

use nntop_core::event::{Block, Burst, OpProfile};
use nntop_core::stats::Distribution;
use nntop_core::unit::Nanos;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// So many bursts are remembered per operator: ten minutes of them.
const HISTORY: usize = 60;

/// The history of a model with more operators than this is kept by type instead: a row each would take megabytes.
const MOST_ROWS: usize = 4_000;

/// What profiling bursts have shown in the current run.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Ops {
    /// The newest profile.
    pub latest: Option<OpProfile>,
    /// When it came.
    pub at: Nanos,
    /// Bursts of this run so far.
    pub bursts: u64,
    /// Why the last burst found nothing; absent when it did.
    pub absent: Option<String>,
    /// The self time per inference of the newest bursts, oldest first, by the operator's path (or its type, in a model
    /// of thousands).
    pub history: BTreeMap<String, VecDeque<Nanos>>,
    /// Latencies of the profiled inferences.
    pub profiled: Distribution,
}

/// The operators of one type together, per inference.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OpType {
    /// `Conv`.
    pub name: String,
    /// How many operators there are.
    pub operators: usize,
    /// What they took themselves, on the host or on devices, whichever was longer.
    pub self_time: Nanos,
    /// Their part of the inference, from 0 to 1.
    pub share: f64,
}

/// Which execution providers the operators ran on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Placement {
    /// Operators that ran.
    pub total: usize,
    /// How many by provider; `unknown` where the runtime does not say.
    pub by_provider: BTreeMap<String, usize>,
    /// The provider that was asked for first.
    pub asked: String,
    /// Those that ran on another one: type, provider and how many, most first.
    pub elsewhere: Vec<(String, String, usize)>,
}

impl Ops {
    pub(super) fn take(&mut self, burst: &Burst, t: Nanos) {
        self.remember(&burst.profile);
        self.latest = Some(burst.profile.clone());
        self.at = t;
        self.bursts = burst.burst;
        self.absent = None;
    }

    /// A block of profiled inferences.
    pub(super) fn block(&mut self, block: &Block) {
        self.profiled.merge(&block.latency.distribution());
    }

    fn remember(&mut self, profile: &OpProfile) {
        let mut now: BTreeMap<String, u64> = BTreeMap::new();
        let by_type = profile.rows.len() > MOST_ROWS;
        let paths = if by_type { Vec::new() } else { paths(profile) };
        for (i, row) in profile.rows.iter().enumerate() {
            let key = if by_type { row.op_type.clone() } else { paths[i].clone() };
            *now.entry(key).or_default() += row.longer().0;
        }
        for (key, ns) in now {
            let course = self.history.entry(key).or_default();
            if course.len() == HISTORY {
                course.pop_front();
            }
            course.push_back(profile.per_inference(Nanos(ns)));
        }
    }

    /// Operator types, dearest first, per inference.
    pub fn types(&self) -> Vec<OpType> {
        let Some(profile) = &self.latest else { return Vec::new() };
        let mut types: BTreeMap<&str, (OpType, Nanos)> = BTreeMap::new();
        for row in profile.executed_ops() {
            // A compiled part of a model has no type: its name says what it is.
            let name = if row.op_type.is_empty() { &row.name } else { &row.op_type };
            let new = || (OpType { name: name.clone(), ..OpType::default() }, Nanos::ZERO);
            let (of, device) = types.entry(name).or_insert_with(new);
            of.operators += 1;
            of.self_time = of.self_time + row.self_time;
            *device = *device + row.device_time;
        }
        let longer = |(of, device): (OpType, Nanos)| OpType { self_time: of.self_time.max(device), ..of };
        let mut types: Vec<OpType> = types.into_values().map(longer).collect();
        for of in &mut types {
            of.share = of.self_time.0 as f64 / profile.wall.0.max(1) as f64;
            of.self_time = profile.per_inference(of.self_time);
        }
        types.sort_by(|a, b| b.self_time.cmp(&a.self_time).then_with(|| a.name.cmp(&b.name)));
        types
    }

    /// What these rows of the newest profile took themselves in the newest bursts, per inference, oldest first. Bursts are aligned at
    /// the newest; empty where there is nothing to look back on.
    pub fn course(&self, rows: &[usize]) -> Vec<Nanos> {
        let Some(profile) = &self.latest else { return Vec::new() };
        if profile.rows.len() > MOST_ROWS {
            return Vec::new();
        }
        let paths = paths(profile);
        let mut keys: Vec<&str> = rows.iter().filter_map(|i| paths.get(*i)).map(String::as_str).collect();
        keys.sort_unstable();
        keys.dedup();
        let courses: Vec<&VecDeque<Nanos>> = keys.iter().filter_map(|key| self.history.get(*key)).collect();
        let shortest = courses.iter().map(|c| c.len()).min().unwrap_or(0);
        let at = |i: usize| courses.iter().fold(Nanos::ZERO, |sum, c| sum + c[c.len() - shortest + i]);
        (0..shortest).map(at).collect()
    }

    /// What operators took themselves, and what the inference took as the profiler saw it.
    pub fn covered(&self) -> Option<(Nanos, Nanos)> {
        let profile = self.latest.as_ref()?;
        let own = profile.executed_ops().map(|row| row.self_time.0).sum();
        Some((profile.per_inference(Nanos(own)), profile.per_inference(profile.wall)))
    }

    /// How much longer a profiled inference takes: the median of all of them against `p50`, less 1.
    pub fn overhead(&self, p50: Nanos) -> Option<f64> {
        let profiled = self.profiled.quantile(0.5)?;
        (p50.0 > 0).then(|| profiled as f64 / p50.0 as f64 - 1.0)
    }

    /// Where operators ran, `asked` being the provider that was asked for first. Absent without a profile that says so.
    pub fn placement(&self, asked: &str) -> Option<Placement> {
        let profile = self.latest.as_ref()?;
        let mut placement = Placement { asked: asked.to_lowercase(), ..Placement::default() };
        let mut elsewhere: BTreeMap<(String, String), usize> = BTreeMap::new();
        for row in profile.executed_ops() {
            let on = row.provider.as_deref().unwrap_or("unknown").to_lowercase();
            placement.total += 1;
            *placement.by_provider.entry(on.clone()).or_default() += 1;
            if on != placement.asked {
                *elsewhere.entry((row.op_type.clone(), on)).or_default() += 1;
            }
        }
        placement.elsewhere = elsewhere.into_iter().map(|((of, on), n)| (of, on, n)).collect();
        placement.elsewhere.sort_by(|a, b| b.2.cmp(&a.2).then_with(|| a.0.cmp(&b.0)));
        (placement.total > 0 && !placement.by_provider.keys().all(|p| p == "unknown")).then_some(placement)
    }
}

impl Placement {
    /// How many ran where they were asked to.
    pub fn placed(&self) -> usize {
        self.by_provider.get(&self.asked).copied().unwrap_or(0)
    }

    /// Those elsewhere by type: `3 TopK, 1 Loop on cpu`.
    pub fn fallen(&self) -> String {
        let mut by_provider: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (of, on, n) in &self.elsewhere {
            by_provider.entry(on).or_default().push(format!("{n} {of}"));
        }
        let parts = by_provider.into_iter().map(|(on, types)| format!("{} on {on}", types.join(", ")));
        parts.collect::<Vec<_>>().join("; ")
    }
}

/// The names on the way from the root to each row.
fn paths(profile: &OpProfile) -> Vec<String> {
    let mut paths: Vec<String> = Vec::with_capacity(profile.rows.len());
    for row in &profile.rows {
        let above = row.parent.and_then(|p| paths.get(p as usize));
        let path = above.map_or_else(|| row.name.clone(), |above| format!("{above};{}", row.name));
        paths.push(path);
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::*;
    use nntop_core::event::{OpRow, Slot};

    fn burst(n: u64, rows: &[(&str, &str, Option<u32>, u64)]) -> Burst {
        let rows = rows.iter().map(|(name, on, parent, ns)| OpRow {
            name: (*name).into(),
            op_type: name.trim_start_matches('/').into(),
            provider: Some((*on).into()),
            parent: *parent,
            calls: 2,
            self_time: Nanos(*ns),
            ..OpRow::default()
        });
        let rows: Vec<OpRow> = rows.collect();
        let wall = Nanos(rows.iter().map(|r| r.self_time.0).sum::<u64>() + 20);
        let profile = OpProfile { inferences: 2, wall, gap: Nanos(20), rows, ..OpProfile::default() };
        Burst { variant: Slot(0), run: 1, burst: n, profile }
    }

    #[test]
    fn types_are_shares_of_the_inference_and_what_is_left_is_not_hidden() {
        let mut ops = Ops::default();
        ops.take(
            &burst(1, &[("/Conv", "cuda", None, 100), ("/Loop", "cpu", None, 20), ("/Conv", "cuda", Some(1), 60)]),
            Nanos(7),
        );
        let types = ops.types();
        assert_eq!((types[0].name.as_str(), types[0].operators, types[0].self_time), ("Conv", 2, Nanos(80)));
        assert_eq!(types[0].share, 0.8);
        assert_eq!(ops.covered(), Some((Nanos(90), Nanos(100))));
    }

    #[test]
    fn placement_counts_operators_and_names_what_fell_back() {
        let mut ops = Ops::default();
        assert_eq!(ops.placement("cuda"), None);
        ops.take(
            &burst(1, &[("/Conv", "cuda", None, 1), ("/TopK", "cpu", None, 1), ("/TopK", "cpu", None, 1)]),
            Nanos(7),
        );
        let placement = ops.placement("CUDA").unwrap();
        assert_eq!((placement.placed(), placement.total), (1, 3));
        assert_eq!(placement.fallen(), "2 TopK on cpu");
    }

    #[test]
    fn history_is_by_path_and_bounded() {
        let mut ops = Ops::default();
        for n in 0..70 {
            ops.take(&burst(n, &[("/Loop", "cpu", None, 4), ("/Add", "cpu", Some(0), 2 * n)]), Nanos(n));
        }
        let course = &ops.history["/Loop;/Add"];
        assert_eq!((course.len(), course[0], course[59]), (60, Nanos(10), Nanos(69)));
        assert_eq!(ops.bursts, 69);
    }

    #[test]
    fn what_profiling_costs_is_held_against_the_clean_median() {
        let mut ops = Ops::default();
        assert_eq!(ops.overhead(Nanos(100)), None);
        ops.profiled.merge_exact(&[110, 106, 104]);
        assert!((ops.overhead(Nanos(100)).unwrap() - 0.06).abs() < 1e-9);
        assert_eq!(ops.overhead(Nanos::ZERO), None);
    }
}
