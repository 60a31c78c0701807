//! Before and after: the first variant against each of the others, with the change.

use super::super::document::{Cell, Column, Document, Notes, Table, digits};
use super::super::metric::Metric;
use super::super::row::Row;
use super::custom;
use crate::result::Change;

const METRICS: [(Metric, &str); 11] = [
    (Metric::Latency, "Latency (ms)"),
    (Metric::P99, "Latency p99 (ms)"),
    (Metric::Throughput, "Throughput (inf/s)"),
    (Metric::ModelSize, "Model Size (MB)"),
    (Metric::ParamsSize, "Params Size (MB)"),
    (Metric::Accuracy, "Accuracy (%)"),
    (Metric::Memory, "Memory Usage (MB)"),
    (Metric::Startup, "Startup Time (ms)"),
    (Metric::EnergyPerInference, "Energy per Inference (mJ)"),
    (Metric::Temperature, "Temperature (°C)"),
    (Metric::GigaFlops, "Complexity (GFLOPs)"),
];

pub(super) fn fill(document: &mut Document, rows: &[Row], notes: &mut Notes) {
    let Some((before, others)) = rows.split_first() else { return };
    if others.is_empty() {
        document.tables.push(alone(before, notes));
        document.tables.extend(custom::tables(rows, notes));
    }
    for after in others {
        let mut lines: Vec<_> =
            METRICS.iter().map(|(metric, name)| line(*metric, name, before, after, notes)).collect();
        lines.extend(custom_lines(before, after, notes));
        document.tables.push(Table {
            title: if others.len() > 1 { format!("{} and {}", before.label, after.label) } else { String::new() },
            columns: vec![
                Column::words("Metric"),
                Column::figures(format!("Before ({})", before.label)),
                Column::figures(format!("After ({})", after.label)),
                Column::figures("Change (%)"),
            ],
            rows: lines,
        });
        document.conclusions.push(verdict(before, after));
    }
}

/// What there is of it where there is one variant.
fn alone(before: &Row, notes: &mut Notes) -> Table {
    let why = "there is one variant: name two results, or measure two with nntop compare";
    let line = |(metric, name): &(Metric, &str), notes: &mut Notes| {
        vec![Cell::text(*name), metric.cell(before, notes), notes.absent(why), notes.absent(why)]
    };
    Table {
        title: String::new(),
        columns: vec![
            Column::words("Metric"),
            Column::figures(format!("Before ({})", before.label)),
            Column::figures("After"),
            Column::figures("Change (%)"),
        ],
        rows: METRICS.iter().map(|metric| line(metric, notes)).collect(),
    }
}

fn line(metric: Metric, name: &str, before: &Row, after: &Row, notes: &mut Notes) -> Vec<Cell> {
    let cells = [before, after].map(|row| metric.cell(row, notes));
    let change = match (cells[0].value(), cells[1].value()) {
        (Some(from), Some(to)) if from != 0.0 => change(metric.less_is_better(), from, to),
        _ => notes.absent("a change takes both figures"),
    };
    let meaning = metric.definition().map(|text| notes.number(text));
    let [before, after] = cells;
    vec![Cell::text(name).noted(meaning), before, after, change]
}

/// Metrics of the user's own, of which nobody knows whether less is better.
fn custom_lines(before: &Row, after: &Row, notes: &mut Notes) -> Vec<Vec<Cell>> {
    let changes = Change::custom_metrics(before.variant, after.variant);
    let line = |of: &Change| {
        let name = of.figure.name();
        let change = match (of.against.zip(of.value), &of.absent) {
            (Some((from, to)), None) => change(None, from, to),
            (_, why) => notes.absent(why.as_deref().unwrap_or("a change takes both figures")),
        };
        let [before, after] = [before, after].map(|row| custom::cell(row, name, notes));
        vec![Cell::text(name), before, after, change]
    };
    changes.iter().map(line).collect()
}

/// `−28.0 (better)`, in percent; the word where it is known whether less is better.
fn change(less_is_better: Option<bool>, from: f64, to: f64) -> Cell {
    let percent = (to / from - 1.0) * 100.0;
    if percent.abs() < 0.05 {
        return Cell::shown(0.0, "0");
    }
    let sign = if percent < 0.0 { "−" } else { "+" };
    let word = less_is_better.map(|less| if less == (to < from) { " (better)" } else { " (worse)" });
    Cell::shown(percent, format!("{sign}{}{}", digits(percent.abs()), word.unwrap_or_default()))
}

/// What the comparison says, where the two were measured in turns.
fn verdict(before: &Row, after: &Row) -> String {
    let found = after
        .run
        .comparison
        .iter()
        .find(|c| before.beside(after) && c.variant == after.variant.name && c.against == before.variant.name);
    match found {
        Some(comparison) => comparison.text.clone(),
        None if before.beside(after) => {
            format!("{} and {}: too few blocks to say how sure the difference is", before.label, after.label)
        }
        None => format!(
            "{} and {} were measured in different runs: heat, clocks and neighbours may be part of the difference; \
             nntop compare measures both in turns",
            before.label, after.label
        ),
    }
}
