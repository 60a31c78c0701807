//! Comparisons for a terminal.

use super::super::layout::{Column, Grid, fit};
use super::{cells, known, notes, origins, word};
use crate::result::{ComparisonResult, GateResult, Pair};
use nntop_core::text::lines;
use std::fmt::Write;

/// A verdict per pair, its figures, what is to be known about them, and what the gates say.
pub fn text(result: &ComparisonResult, width: usize) -> String {
    let mut out = String::new();
    for (i, pair) in result.comparison.iter().enumerate() {
        if i > 0 {
            out.push('\n');
        }
        one(&mut out, pair, width);
    }
    if !result.gates.is_empty() {
        out.push('\n');
        out.push_str(&gates(&result.gates, width));
    }
    let origins = origins(result);
    if !origins.is_empty() {
        out.push('\n');
        for line in origins {
            let _ = writeln!(out, " {line}");
        }
    }
    // Names come from files: nothing in them is for the terminal.
    lines(&fit(&out, width)).into_owned()
}

fn one(out: &mut String, pair: &Pair, width: usize) {
    let _ = writeln!(out, " {}\n", pair.text);
    let heads = [Column::words(""), Column::figures(&pair.against), Column::figures(&pair.variant)];
    let change = Column::words("change (95 %)");
    let mut grid = Grid::new(heads.into_iter().chain([change]).collect(), 3, 3);
    for c in known(pair) {
        let [against, value, change] = cells(c);
        grid.row([c.figure.name().into(), against, value, change]);
    }
    grid.write(out, width);
    out.push('\n');
    for note in notes(pair) {
        let _ = writeln!(out, "   {note}");
    }
}

/// A line per gate.
pub fn gates(all: &[GateResult], width: usize) -> String {
    let mut out = String::new();
    for g in all {
        let _ = writeln!(out, " {} {}: {} against {}: {}", g.text, word(g.outcome), g.variant, g.against, g.reason);
    }
    fit(&out, width)
}
