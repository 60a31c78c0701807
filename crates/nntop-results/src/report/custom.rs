//! Metrics of the user's own in text: their names and values, what changed, and why one is not there.

use crate::result::{Change, RunResult, SweepResult, VariantResult};
use nntop_core::event::ACCURACY_METRICS;
use std::collections::BTreeSet;
use std::fmt::Write;

/// The metrics that any variant was asked for.
pub(super) fn names<'a>(variants: impl IntoIterator<Item = &'a VariantResult>) -> BTreeSet<&'a str> {
    variants.into_iter().flat_map(|v| v.custom_metrics.keys()).map(String::as_str).collect()
}

/// `12.5 ms`; a dash where there is no number.
pub(super) fn cell(v: &VariantResult, name: &str) -> String {
    v.custom_metrics.get(name).map_or_else(|| "–".into(), ToString::to_string)
}

/// A line for each that a variant has no number of.
pub(super) fn absent(out: &mut String, v: &VariantResult) {
    for (name, value) in &v.custom_metrics {
        if let Some(reason) = value.reason() {
            let _ = writeln!(out, "   {name}: not measured: {reason}");
        }
    }
}

/// `   accuracy 0.930 to 0.910, -2.2 %`: of one variant against another.
pub(super) fn changes(out: &mut String, against: &VariantResult, v: &VariantResult) {
    // Of accuracy the test on pairs says more.
    let paired = crate::result::paired_answers(against, v).is_some();
    let own = |change: &Change| !paired || !ACCURACY_METRICS.contains(&change.figure.name());
    for change in Change::custom_metrics(against, v).into_iter().filter(own) {
        if let (Some(from), Some(to)) = (change.against, change.value) {
            let words = change.words().or(change.absent.clone()).unwrap_or_default();
            let _ =
                writeln!(out, "   {} {} to {}, {words}", change.figure.name(), change.format(from), change.format(to));
        }
    }
}

/// A line per metric with what each point of a sweep came to.
pub(super) fn of_points(result: &RunResult, sweep: &SweepResult) -> Vec<String> {
    let line = |name: &str| {
        let points = sweep.points.iter().zip(&result.variants);
        let all: Vec<String> = points
            .filter(|(_, v)| v.custom_metrics.contains_key(name))
            .map(|(p, v)| match v.custom_metrics[name].reason() {
                Some(reason) => format!("{} – ({reason})", p.variant),
                None => format!("{} {}", p.variant, cell(v, name)),
            })
            .collect();
        format!("{name}: {}", all.join(", "))
    };
    names(&result.variants).into_iter().map(line).collect()
}
