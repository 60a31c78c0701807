//! Who is compared with whom: the first thing that is named, or `--baseline`, is what all others are held against.

use crate::cli::model_spec::split_list;
use crate::cli::names::is_synthetic;
use crate::cli::run_args::RunArgs;
use crate::cli::saved::{self, Saved};
use nntop_core::event::Fault;
use nntop_core::settings::Setting;
use nntop_results::result::{Comparison, GateResult, Measured, Pair, RunResult, Side, Source};

/// What the command line names, told apart.
#[derive(Debug)]
pub(super) struct Sorted {
    /// The models, as they were typed.
    pub(super) models: Vec<String>,
    /// Each of what was measured before, with the number of models named ahead of it.
    pub(super) saved: Vec<(usize, Saved)>,
}

impl Sorted {
    pub(super) fn of(args: &RunArgs, baseline: bool) -> Result<Self, Fault> {
        let mut out = Self { models: Vec::new(), saved: Vec::new() };
        let listed = args.models.as_deref().map(split_list).unwrap_or_default();
        for text in args.model.iter().chain(&listed) {
            match saved::open(text)? {
                Some(saved) => out.saved.push((out.models.len(), saved)),
                None => out.models.push(text.clone()),
            }
        }
        // One result alone is compared within itself, under the names that its variants have.
        if let (true, [(_, alone)]) = (out.models.is_empty() && !baseline, &mut out.saved[..]) {
            alone.name.clear();
        }
        let synthetic = args.settings.get(Setting::Engine).filter(|engine| is_synthetic(engine));
        if let (Some(engine), true, true) = (synthetic, out.models.is_empty(), out.saved.is_empty()) {
            out.models.push(engine.to_owned());
        }
        Ok(out)
    }
}

/// The variants of one thing that was named, with what their run says about them.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) sides: Vec<Side>,
    /// What its own run was asked by `--fail-if`.
    pub(super) gates: Vec<GateResult>,
    comparison: Vec<Comparison>,
}

impl Group {
    /// All variants of the run that has just been measured.
    pub(super) fn measured(result: &RunResult) -> Self {
        let sides = Side::all(result, "", Source::measured());
        Self { sides, gates: Vec::new(), comparison: result.comparison.clone() }
    }

    pub(super) fn saved(saved: &Saved) -> Result<Self, Fault> {
        let RunResult { gates, comparison, .. } = &saved.result;
        Ok(Self { sides: saved.sides()?, gates: gates.clone(), comparison: comparison.clone() })
    }

    /// Each further variant against the first, as their run has it.
    pub(super) fn own_pairs(&self) -> Vec<Pair> {
        let Some((first, others)) = self.sides.split_first() else { return Vec::new() };
        others.iter().map(|other| pair(first, other, &self.comparison)).collect()
    }
}

/// What is held against what is first.
pub(super) fn in_order(
    baseline: Option<Group>,
    measured: Option<&RunResult>,
    saved: Vec<(usize, Group)>,
    sorted: &Sorted,
) -> Vec<Group> {
    let mut out: Vec<Group> = baseline.into_iter().collect();
    let mut models: Vec<Group> = Vec::new();
    if let Some(result) = measured {
        // Each model is a thing of its own; its points of a grid, too.
        let all = Group::measured(result);
        let comparison = all.comparison;
        models.extend(all.sides.into_iter().map(|side| Group {
            sides: vec![side],
            gates: Vec::new(),
            comparison: comparison.clone(),
        }));
    }
    // A grid makes more variants than models were named: they stay together where the first of them was.
    let exact = models.len() == sorted.models.len();
    let mut models = models.into_iter();
    let mut given = 0;
    for (ahead, group) in saved {
        let upto = if exact {
            ahead
        } else if ahead > 0 {
            usize::MAX
        } else {
            0
        };
        while given < upto {
            let Some(model) = models.next() else { break };
            out.push(model);
            given += 1;
        }
        out.push(group);
    }
    out.extend(models);
    out
}

/// Whether there are no two things to hold against each other.
pub(super) fn are_too_few(groups: &[Group]) -> bool {
    groups.iter().map(|group| group.sides.len()).sum::<usize>() < 2
}

/// Everything against the first group: its only variant, or the one of the same name.
pub(super) fn pairs(groups: &[Group]) -> Result<Vec<Pair>, Fault> {
    let Some((base, others)) = groups.split_first() else { return Ok(Vec::new()) };
    if others.is_empty() {
        let own = base.own_pairs();
        if own.is_empty() {
            return Err(Fault::input("nntop compare: only one variant given")
                .hint("name another result or model, or use --baseline last"));
        }
        return Ok(own);
    }
    let mut out = Vec::new();
    for side in others.iter().flat_map(|group| &group.sides) {
        let against = match &base.sides[..] {
            [one] => Some(one),
            many => many.iter().find(|s| s.variant.name == side.variant.name),
        };
        let against = against.ok_or_else(|| {
            let place = base.sides[0].source.place.as_deref().unwrap_or("the baseline");
            let all = base.sides.iter().map(|s| s.variant.name.as_str()).collect::<Vec<_>>().join(", ");
            Fault::input(format!("{}: {place} has no variant {:?} to hold it against", side.name, side.variant.name))
                .hint(format!("it has {all}: choose one, as in {place},variant=NAME"))
        })?;
        out.push(pair(against, side, &base.comparison));
    }
    Ok(out)
}

/// Variants of one run as that run has it, others by their intervals.
fn pair(a: &Side, b: &Side, of_run: &[Comparison]) -> Pair {
    let same_run = a.source == b.source && a.began_unix_ns == b.began_unix_ns;
    let found = of_run.iter().find(|c| c.variant == b.variant.name && c.against == a.variant.name);
    match found.filter(|_| same_run) {
        Some(c) => Pair::together(c, a, b),
        // Of one run, but with too few blocks for a comparison: what they were asked to differ in is no mismatch.
        None if same_run => Pair { measured: Measured::Together, mismatches: Vec::new(), ..Pair::apart(a, b) },
        None => Pair::apart(a, b),
    }
}
