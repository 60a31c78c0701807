//! Compression methods of a model against its original, a table per run, with conclusions worked out from the figures.

use super::super::compose::column;
use super::super::document::{Cell, Column, Document, Notes, Table, digits};
use super::super::metric::{Metric, nothing};
use super::super::row::{Row, Source};
use crate::result::Difference;
use std::path::Path;

pub(super) fn fill(document: &mut Document, sources: &[Source], notes: &mut Notes) {
    for source in sources {
        let rows = super::super::row::rows(std::slice::from_ref(source));
        let Some(original) = rows.first() else { continue };
        let model = Path::new(&original.variant.model.path);
        let model = model.file_name().map_or_else(|| original.label.clone(), |f| f.to_string_lossy().into_owned());
        document.tables.push(Table {
            title: format!("Model: {model}"),
            columns: vec![
                Column::words("Compression Method"),
                Column::figures("Batch Size"),
                Column::figures("Iterations"),
                column(Metric::AverageSeconds, Metric::AverageSeconds.name(), notes),
                column(Metric::Memory, "Memory Usage (MB)", notes),
                Column::figures("Model Size (MB)"),
            ],
            rows: rows.iter().map(|row| line(row, notes)).collect(),
        });
        let about = if sources.len() > 1 { format!("{model}, ") } else { String::new() };
        document.conclusions.extend(conclusions(&about, original, &rows[1..]));
    }
}

fn line(row: &Row, notes: &mut Notes) -> Vec<Cell> {
    let count = |n: u64| Cell::shown(n as f64, n.to_string());
    let v = row.variant;
    vec![
        Cell::text(&row.label),
        count(v.batch_size),
        match v.latency_ns.map(|l| l.n).or(v.partial_ns.as_ref().and_then(|p| p.n)) {
            Some(n) => count(n),
            None => notes.absent(&nothing(row)),
        },
        Metric::AverageSeconds.cell(row, notes),
        Metric::Memory.cell(row, notes),
        Metric::ModelSize.cell(row, notes),
    ]
}

/// One sentence for each of time, memory and size; none without another method.
fn conclusions(about: &str, original: &Row, others: &[Row]) -> Vec<String> {
    if others.is_empty() {
        return vec![format!(
            "{about}there is one variant, and nothing to compare it with: nntop bench Original:a.onnx Quantized:b.onnx"
        )];
    }
    let about = |what: &str| format!("{about}{what}");
    [
        (about("Inference Time"), Metric::AverageSeconds),
        (about("Memory Usage"), Metric::Memory),
        (about("Model Size"), Metric::ModelSize),
    ]
    .into_iter()
    .filter_map(|(what, metric)| sentence(&what, metric, original, others))
    .collect()
}

/// `Inference Time: Quantized reduces it most, from 0.00789 to 0.00568 s (28 % less); Pruned by 14 %; …`
fn sentence(what: &str, metric: Metric, original: &Row, others: &[Row]) -> Option<String> {
    let from = metric.value(original).filter(|v| *v > 0.0)?;
    let mut changes: Vec<(&Row, f64)> = others.iter().filter_map(|row| Some((row, metric.value(row)?))).collect();
    if changes.is_empty() {
        return None;
    }
    changes.sort_by(|a, b| a.1.total_cmp(&b.1));
    let unit = if metric == Metric::AverageSeconds { "s" } else { "MB" };
    let (best, least) = changes[0];
    let share = |to: f64| (1.0 - to / from) * 100.0;
    let head = if share(least) >= 0.5 {
        let most = if changes.len() > 1 { " most" } else { "" };
        format!(
            "{} reduces it{most}, from {} to {} {unit} ({:.0} % less)",
            best.label,
            digits(from),
            digits(least),
            share(least)
        )
    } else {
        format!(
            "no method reduces it; {} comes nearest, with {} {unit} against {}",
            best.label,
            digits(least),
            digits(from)
        )
    };
    let rest: Vec<String> = changes[1..]
        .iter()
        .map(|(row, to)| match share(*to) {
            s if s >= 0.5 => format!("{} by {s:.0} %", row.label),
            s if s <= -0.5 => format!("{} increases it by {:.0} %", row.label, -s),
            _ => format!("{} leaves it as it is", row.label),
        })
        .collect();
    let mut text = [vec![format!("{what}: {head}")], rest].concat().join("; ");
    if metric == Metric::AverageSeconds {
        let unsure: Vec<&str> = others
            .iter()
            .filter(|row| {
                row.run
                    .comparison
                    .iter()
                    .any(|c| c.variant == row.variant.name && c.verdict == Difference::NoDifference)
            })
            .map(|row| row.label.as_str())
            .collect();
        if !unsure.is_empty() {
            text.push_str(&format!(" (for {} the medians do not differ for certain)", unsure.join(", ")));
        } else if others.iter().any(|row| !row.run.comparison.iter().any(|c| c.variant == row.variant.name)) {
            text.push_str(" (too few blocks to say how sure that is)");
        }
    }
    Some(text)
}
