//! A profile as Markdown: the ten operators that took longest, all types, and notes.

use super::remarks::remarks;
use super::summary::{Line, Lines};
use super::{Subject, Weight, gflops, intensity, subtitle, tree};
use nntop_core::unit::{Nanos, TimeUnit, percent_tenths, significant};
use std::fmt::Write;

/// Operators that are shown.
const TOP: usize = 10;

/// A section for each subject.
pub fn markdown(subjects: &[Subject]) -> String {
    subjects.iter().map(|of| section(*of)).collect::<Vec<_>>().join("\n")
}

fn section(of: Subject) -> String {
    let mut out = format!("## {}\n\n{}\n", cell(of.title), cell(&subtitle(of.profile)));
    let Lines { operators, types, others } = Lines::of(of.profile);
    let top = |lines: &[Line]| lines.len().min(TOP);
    let _ = writeln!(out, "\n### Top {} operators by time\n", top(&operators));
    table(&mut out, of, &operators[..top(&operators)], &["operator", "type", "on"], &|line| {
        vec![code(&line.name), cell(&line.op_type), cell(&line.providers.join(", "))]
    });
    if !types.is_empty() {
        out.push_str("\n### By type\n\n");
        table(&mut out, of, &types, &["type", "operators"], &|line| vec![cell(&line.name), line.operators.to_string()]);
    }
    if !others.is_empty() {
        parallel(&mut out, of, &others[..top(&others)]);
    }
    out.push('\n');
    for remark in remarks(of) {
        let _ = writeln!(out, "- {}", cell(&remark));
    }
    out
}

/// What other threads did during the inferences: no shares, since their time is no part of the wall time.
fn parallel(out: &mut String, of: Subject, lines: &[Line]) {
    let mean = |time: Nanos| super::mean(of.profile, time.0) as f64;
    let unit = TimeUnit::fitting(lines.iter().map(|line| mean(line.time)).fold(0.0, f64::max));
    let (symbol, shown) = (unit.symbol(), |time| unit.format(mean(time)));
    out.push_str("\n### In parallel, on other threads\n\n");
    let _ = writeln!(
        out,
        "| operator | type | thread | self {symbol} | total {symbol} |\n| --- | --- | --- | ---: | ---: |"
    );
    for line in lines {
        let thread = cell(line.thread.as_deref().unwrap_or_default());
        let (name, of, own, total) = (code(&line.name), cell(&line.op_type), shown(line.time), shown(line.total));
        let _ = writeln!(out, "| {name} | {of} | {thread} | {own} | {total} |");
    }
}

fn table(out: &mut String, of: Subject, lines: &[Line], heads: &[&str], words: &dyn Fn(&Line) -> Vec<String>) {
    let longest = lines.iter().map(|line| line.mean(of).max(line.mean_device(of))).max().unwrap_or(0);
    let device = lines.iter().any(|line| line.device > Nanos::ZERO);
    let weight = Weight::of(of.profile);
    let unit = (!weight.is_count()).then(|| TimeUnit::fitting(longest as f64));
    let named = |what: &str, u: TimeUnit| format!("{what} {}", u.symbol());
    let time = unit.map_or_else(|| weight.unit().to_owned(), |u| named("self", u));
    let on_device = unit.filter(|_| device).map(|u| named("device", u));
    let numbers = std::iter::once(time.as_str()).chain(on_device.as_deref());
    let numbers: Vec<&str> = numbers.chain(["share", "calls", "GFLOP/s", "FLOP/byte"]).collect();
    let all: Vec<&str> = heads.iter().chain(&numbers).copied().collect();
    let _ = writeln!(out, "| {} |", all.join(" | "));
    let rule: Vec<&str> = (0..all.len()).map(|i| if i < heads.len() { "---" } else { "---:" }).collect();
    let _ = writeln!(out, "| {} |", rule.join(" | "));
    let or_dash = |value: Option<f64>| value.filter(|v| *v > 0.0).map_or_else(|| "–".into(), super::rate);
    for line in lines {
        let mut cells = words(line);
        let shown = |amount: u64| match unit {
            _ if amount == 0 && device => "–".to_owned(),
            Some(unit) => unit.format(amount as f64),
            None => amount.to_string(),
        };
        cells.push(shown(line.mean(of)));
        cells.extend(on_device.as_ref().map(|_| shown(line.mean_device(of))));
        cells.push(percent_tenths(line.share(of)));
        // A call in every inference is one.
        let calls = line.calls as f64 / of.profile.inferences.max(1) as f64;
        cells.push(if calls.fract() == 0.0 { format!("{calls:.0}") } else { significant(calls) });
        cells.push(or_dash(gflops(line.flops, line.computing)));
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
