//! Comparisons of variants of any origin, as people and CI systems read them.

mod junit;
mod markdown;
mod text;

pub use junit::junit;
pub use markdown::markdown;
pub use text::{gates, text};

use crate::result::{Change, ComparisonResult, Figure, GateOutcome, Measured, Pair, Side};

/// What stands below figures of runs that were measured apart.
const APART: &str = "measured in separate runs: the intervals do not cover run-to-run differences";

/// The figures that both sides have. The mean is one where there is no median on both: of latencies it tells less.
fn known(pair: &Pair) -> impl Iterator<Item = &Change> {
    let both = |c: &Change| c.against.is_some() && c.value.is_some();
    let median = pair.changes.iter().any(|c| c.figure == Figure::P50 && both(c));
    pair.changes.iter().filter(move |c| both(c) && !(median && c.figure == Figure::Mean))
}

/// Baseline, variant and change of a figure.
fn cells(c: &Change) -> [String; 3] {
    let value = |v: Option<f64>| v.map_or_else(|| "–".into(), |v| c.format(v));
    [value(c.against), value(c.value), c.words().unwrap_or_else(|| "–".into())]
}

/// What is to be known about a pair, a sentence each.
fn notes(pair: &Pair) -> Vec<String> {
    let mut out = Vec::new();
    let list = |all: &[String]| all.join(", ");
    if !pair.mismatches.is_empty() {
        let all: Vec<String> = pair.mismatches.iter().map(ToString::to_string).collect();
        out.push(format!("measured under different conditions: {}", list(&all)));
    }
    if !pair.asked.is_empty() {
        out.push(format!("requested differences: {}", list(&pair.asked)));
    }
    if !pair.unlike.is_empty() {
        out.push(format!("other differences: {}", list(&pair.unlike)));
    }
    if !pair.unchecked.is_empty() {
        out.push(format!("known on one side only: {}", list(&pair.unchecked)));
    }
    let unlike = known(pair).filter(|c| matches!(c.figure, Figure::Custom(_)));
    out.extend(unlike.filter_map(|c| Some(format!("{}: no change: {}", c.figure.name(), c.absent.as_ref()?))));
    if pair.measured == Measured::Apart {
        out.push(APART.into());
    }
    out
}

/// How a gate came out, in a word.
fn word(outcome: GateOutcome) -> &'static str {
    match outcome {
        GateOutcome::Passed => "passed",
        GateOutcome::Undecided => "undecided",
        GateOutcome::Failed => "FAILED",
        GateOutcome::Unknown => "CANNOT BE JUDGED",
    }
}

/// Where the sides that were not measured now come from, and what they were labelled.
fn origins(result: &ComparisonResult) -> Vec<String> {
    let saved = result.sides.iter().filter(|s| s.source.kind != "measured");
    let of = |s: &Side| {
        let place = s.source.place.as_deref().unwrap_or_default();
        let by = s.imported.as_ref().map(|tool| format!(", measured by {tool}")).unwrap_or_default();
        let label = s.label.as_ref().map(|label| format!(", {label:?}")).unwrap_or_default();
        format!("{}: {} {place}{label}{by}", s.name, s.source.kind)
    };
    let mut all: Vec<String> = saved.map(of).collect();
    all.dedup();
    all
}

#[cfg(test)]
mod tests;
