//! A profile as Markdown: the ten dearest operators, all types, and what stands beside them.

use super::summary::{self, Line};
use super::{Subject, Weight, gflops, intensity, subtitle, tree};
use nntop_core::unit::{TimeUnit, percent_tenths, significant};
use std::fmt::Write;

/// Operators that are shown.
const DEAREST: usize = 10;

/// A section for each subject.
pub fn markdown(subjects: &[Subject]) -> String {
    subjects.iter().map(|of| section(*of)).collect::<Vec<_>>().join("\n")
}

fn section(of: Subject) -> String {
    let mut out = format!("## {}\n\n{}\n", cell(of.title), cell(&subtitle(of.profile)));
    let operators = summary::operators(of.profile);
    let dearest = &operators[..operators.len().min(DEAREST)];
    let _ = writeln!(out, "\n### The {} dearest operators\n", dearest.len());
    table(&mut out, of, dearest, &["operator", "type", "on"], &|line| {
        vec![code(&line.name), cell(&line.op_type), cell(&line.providers.join(", "))]
    });
    let types = summary::types(of.profile);
    if !types.is_empty() {
        out.push_str("\n### By type\n\n");
        table(&mut out, of, &types, &["type", "operators"], &|line| vec![cell(&line.name), line.operators.to_string()]);
    }
    out.push('\n');
    for remark in summary::remarks(of) {
        let _ = writeln!(out, "- {}", cell(&remark));
    }
    out
}

fn table(out: &mut String, of: Subject, lines: &[Line], heads: &[&str], words: &dyn Fn(&Line) -> Vec<String>) {
    let longest = lines.iter().map(|line| line.mean(of)).max().unwrap_or(0);
    let unit = (Weight::of(of.profile) != Weight::Samples).then(|| TimeUnit::fitting(longest as f64));
    let time = unit.map_or_else(|| "samples".to_owned(), |u| format!("self {}", u.symbol()));
    let heads: Vec<&str> =
        heads.iter().copied().chain([time.as_str(), "share", "calls", "GFLOP/s", "FLOP/byte"]).collect();
    let _ = writeln!(out, "| {} |", heads.join(" | "));
    let rule: Vec<&str> = (0..heads.len()).map(|i| if i + 5 < heads.len() { "---" } else { "---:" }).collect();
    let _ = writeln!(out, "| {} |", rule.join(" | "));
    let or_dash = |value: Option<f64>| value.filter(|v| *v > 0.0).map_or_else(|| "–".into(), super::rate);
    for line in lines {
        let mut cells = words(line);
        cells.push(unit.map_or_else(|| line.mean(of).to_string(), |u| u.format(line.mean(of) as f64)));
        cells.push(percent_tenths(line.share(of)));
        // A call in every inference is one.
        let calls = line.calls as f64 / of.profile.inferences.max(1) as f64;
        cells.push(if calls.fract() == 0.0 { format!("{calls:.0}") } else { significant(calls) });
        cells.push(or_dash(gflops(line.flops, line.time)));
        cells.push(or_dash(intensity(line.flops, line.bytes)));
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    }
}

/// Text that stays text in a cell.
fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in tree::one_line(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '|' | '*' | '`' | '[' | ']' | '\\' | '#' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

/// A name in a cell, as code where that can hold it; underscores are names' own.
fn code(text: &str) -> String {
    let text = tree::one_line(text);
    match () {
        () if text.trim().is_empty() => "(unnamed)".into(),
        () if text.contains(['`', '|', '\\', '<']) => cell(&text),
        () => format!("`{text}`"),
    }
}
