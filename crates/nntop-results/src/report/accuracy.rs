//! Accuracy in text: the figures of a variant, where its time goes, and a test on the answers of two.

use crate::result::{RunResult, VariantResult, paired_answers};
use nntop_core::event::{ACCURACY_METRICS, Accuracy, Score, error_shown};
use nntop_core::unit::{TimeUnit, grouped};
use std::fmt::Write;

/// Outputs that are listed.
const OUTPUTS: usize = 8;

/// Whether a metric's column is left out: of the figures of accuracy the first says enough in a table.
pub(super) fn is_secondary(name: &str, variants: &[VariantResult]) -> bool {
    let evaluated = || variants.iter().filter_map(|v| v.accuracy.as_ref());
    ACCURACY_METRICS.contains(&name)
        && evaluated().next().is_some()
        && !evaluated().any(|a| a.first().is_some_and(|(first, _)| first == name))
}

/// `96.15 % (93.40–97.79)`; what is no share as it is.
fn shown(name: &str, score: Score) -> String {
    let value = score.shown(name);
    score.interval_shown(name).map_or_else(|| value.clone(), |interval| format!("{value} ({interval})"))
}

/// The lines of a variant that was evaluated.
pub(super) fn write(out: &mut String, v: &VariantResult) {
    let Some(a) = &v.accuracy else { return };
    let figures: Vec<String> = ACCURACY_METRICS
        .iter()
        .filter_map(|name| a.metrics.get(*name).map(|score| format!("{name} {}", shown(name, *score))))
        .collect();
    let errors = match (a.errors, &a.first_error) {
        (0, _) | (_, None) => String::new(),
        (n, Some(first)) => format!(", {n} unreadable ({first})"),
    };
    // Without labels nothing is right or wrong.
    let head = if a.task == "none" { "agreement" } else { "accuracy" };
    let task = if a.task == "none" { "no labels" } else { &a.task };
    let _ = writeln!(out, "   {head}: {} · {task}, {} examples{errors}", figures.join(", "), grouped(a.n));
    let _ = writeln!(out, "             inputs {}", a.preprocessing);
    let t = a.time;
    let unit = TimeUnit::fitting(t.p50.0 as f64);
    let time = |ns: u64| unit.format_with_unit(ns as f64);
    let _ = writeln!(
        out,
        "             inference time p50 {}, p99 {}; means: pre {}, engine {}, post {}",
        time(t.p50.0),
        time(t.p99.0),
        time(t.pre.0),
        time(t.engine.0),
        time(t.post.0)
    );
    agreement(out, a);
    let wrong: Vec<String> =
        a.worst.iter().take(3).map(|e| format!("{} ({} for {})", e.name, e.answer, e.label)).collect();
    if !wrong.is_empty() {
        let _ = writeln!(out, "             surest wrong answers: {}", wrong.join(", "));
    }
}

/// How near the outputs are to the reference's, output by output.
fn agreement(out: &mut String, a: &Accuracy) {
    let Some(found) = &a.agreement else { return };
    let _ = writeln!(out, "             against {}, {} examples:", found.reference, grouped(found.n));
    for o in found.outputs.iter().take(OUTPUTS) {
        let mut parts = Vec::new();
        match &o.reason {
            Some(reason) => parts.push(format!("not compared: {reason}")),
            None => {
                parts.extend(o.top1.map(|top1| format!("same top-1 {}", shown("agreement", top1))));
                parts.push(format!("max error {}, mean {}", error_shown(o.max_error), error_shown(o.mean_error)));
                parts.extend(o.relative_error.map(|share| format!("relative {} %", error_shown(100.0 * share))));
                parts.extend(o.cosine.map(|cosine| format!("cosine {cosine:.6}")));
            }
        }
        if o.not_finite > 0 {
            parts.push(format!("{} values not finite in one of both", grouped(o.not_finite)));
        }
        let _ = writeln!(out, "               {}: {}", o.name, parts.join(", "));
    }
    if found.outputs.len() > OUTPUTS {
        let _ = writeln!(out, "               and {} outputs more", found.outputs.len() - OUTPUTS);
    }
}

/// Each further variant's answers against the first's.
pub(super) fn compare(out: &mut String, result: &RunResult) {
    if let Some((first, further)) = result.variants.split_first() {
        further.iter().for_each(|v| compared(out, first, v));
    }
}

/// `   answers: int8 is 0.50 points worse (-0.4 to 1.4, 95 %), right where fp32 is wrong: 3, wrong where it is right: 4 of 200`
fn compared(out: &mut String, against: &VariantResult, v: &VariantResult) {
    let Some(p) = paired_answers(against, v) else { return };
    let _ = writeln!(
        out,
        "   answers: {} is {} on the same {} examples; right alone: {} {}, {} {} (McNemar's p {})",
        v.name,
        p.words(),
        grouped(p.n),
        against.name,
        p.only_first,
        v.name,
        p.only_second,
        if p.p < 0.001 { "< 0.001".to_owned() } else { format!("{:.3}", p.p) }
    );
}
