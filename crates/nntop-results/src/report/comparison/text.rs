//! Comparisons for a terminal.

use super::{cells, known, notes, origins, word};
use crate::result::{ComparisonResult, GateResult, Pair};
use nntop_core::text::lines;
use std::fmt::Write;

/// A verdict per pair, its figures, what is to be known about them, and what the gates say.
pub fn text(result: &ComparisonResult) -> String {
    let mut out = String::new();
    for (i, pair) in result.comparison.iter().enumerate() {
        if i > 0 {
            out.push('\n');
        }
        one(&mut out, pair);
    }
    if !result.gates.is_empty() {
        out.push('\n');
        out.push_str(&gates(&result.gates));
    }
    let origins = origins(result);
    if !origins.is_empty() {
        out.push('\n');
        for line in origins {
            let _ = writeln!(out, " {line}");
        }
    }
    // Names come from files: nothing in them is for the terminal.
    lines(&out).into_owned()
}

fn one(out: &mut String, pair: &Pair) {
    let _ = writeln!(out, " {}\n", pair.text);
    let mut rows = vec![["".into(), pair.against.clone(), pair.variant.clone(), "change (95 %)".into()]];
    rows.extend(known(pair).map(|c| {
        let [against, value, change] = cells(c);
        [c.figure.name().into(), against, value, change]
    }));
    let width = |i: usize| rows.iter().map(|r: &[String; 4]| r[i].chars().count()).max().unwrap_or(0);
    let widths = [0, 1, 2].map(width);
    for [figure, against, value, change] in &rows {
        let line = format!(
            "   {figure:<a$}   {against:>b$}   {value:>c$}   {change}",
            a = widths[0],
            b = widths[1],
            c = widths[2]
        );
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out.push('\n');
    for note in notes(pair) {
        let _ = writeln!(out, "   {note}");
    }
}

/// A line per gate.
pub fn gates(all: &[GateResult]) -> String {
    let mut out = String::new();
    for g in all {
        let _ = writeln!(out, " {} {}: {} against {}: {}", g.text, word(g.outcome), g.variant, g.against, g.reason);
    }
    out
}
