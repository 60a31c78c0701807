//! Comparisons for a comment of a pull request: GitHub's Markdown.

use super::{cells, known, notes, origins, word};
use crate::result::{ComparisonResult, GateOutcome};
use std::fmt::Write;

/// Gates first, since they decide; then a table per pair.
pub fn markdown(result: &ComparisonResult) -> String {
    let mut out = String::new();
    if !result.gates.is_empty() {
        out.push_str("| | gate | variant | against | found |\n|---|---|---|---|---|\n");
        for g in &result.gates {
            let sign = match g.outcome {
                GateOutcome::Passed => "✅",
                GateOutcome::Undecided => "⚠️",
                GateOutcome::Failed | GateOutcome::Unknown => "❌",
            };
            let cells = [&g.text, &g.variant, &g.against, &g.reason].map(|text| escaped(text));
            let [gate, variant, against, reason] = cells;
            let _ = writeln!(out, "| {sign} {} | {gate} | {variant} | {against} | {reason} |", word(g.outcome));
        }
        out.push('\n');
    }
    for pair in &result.comparison {
        let _ = writeln!(out, "**{}**\n", escaped(&pair.text));
        let _ = writeln!(out, "| | {} | {} | change (95 %) |", escaped(&pair.against), escaped(&pair.variant));
        out.push_str("|---|---:|---:|---|\n");
        for c in known(pair) {
            let [against, value, change] = cells(c);
            let _ = writeln!(out, "| {} | {against} | {value} | {change} |", c.figure.name());
        }
        out.push('\n');
        for note in notes(pair) {
            let _ = writeln!(out, "- {}", escaped(&note));
        }
        out.push('\n');
    }
    for line in origins(result) {
        let _ = writeln!(out, "- {}", escaped(&line));
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

/// Names may hold what Markdown or HTML would take for its own.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '|' | '`' | '*' | '_' | '[' | ']' | '#' | '~' => out.extend(['\\', c]),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
