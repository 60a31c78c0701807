//! What is printed: the files, what they are fed with, the comparison, and what follows from it.

use super::args::OptimizeArgs;
use super::gains;
use super::manifest::ORIGINAL;
use crate::cli::report::WIDTH;
use crate::optimize::{InputSource, Layer, Refused, Samples, Written};
use nntop_core::text::clean;
use nntop_core::unit::Bytes;
use nntop_results::report;
use nntop_results::report::documents::{Cell, Column, Document, Source, Style, Table, Words, compose, text};
use nntop_results::result::RunResult;
use std::fmt::Write;

/// Layers that are listed.
const LISTED: usize = 20;

/// What the tools were fed with, and what that means.
pub(super) fn fed(samples: &Samples, has_dataset: bool) -> String {
    match &samples.fed {
        InputSource::Random(seed) => format!(
            "warning: {} random inputs (--seed {seed}) stand for data: ranges and errors are those of noise, and accuracy cannot be \
             judged without --dataset",
            samples.count
        ),
        InputSource::Examples { dataset, count, total, set_aside, preprocessing, .. } => {
            let rest = match total - set_aside {
                _ if *set_aside == 0 => String::new(),
                rest => format!("; the other {rest} are evaluated"),
            };
            format!("calibrating with {count} of {total} examples of {dataset} ({preprocessing}){rest}")
        }
        InputSource::File(path) if has_dataset => {
            format!("warning: calibrating with the one input in {path}: ranges are those of it alone")
        }
        InputSource::File(_) => String::new(),
    }
}

/// Why a variant is not written.
pub(super) fn refused(refused: &Refused) -> String {
    let hint = refused.hint.as_ref().map(|hint| format!(" ({})", clean(hint))).unwrap_or_default();
    format!("{} is not written: {}{hint}", refused.name, clean(&refused.reason))
}

/// The files and how near they are to the original.
pub(super) fn written(written: &Written, args: &OptimizeArgs) -> String {
    let mut out = String::new();
    if !written.variants.is_empty() {
        out += text(&document(written), args.width().min(WIDTH)).trim_start_matches('\n');
        out += &notes(written);
    }
    out += &layers(&written.layers, args);
    out
}

/// What has to be known of the variants, each once with the names of those that it is about.
fn notes(written: &Written) -> String {
    let mut notes: Vec<(&str, Vec<&str>)> = Vec::new();
    for (variant, note) in written.variants.iter().flat_map(|v| v.notes.iter().map(move |note| (v, note))) {
        match notes.iter_mut().find(|(text, _)| text == note) {
            Some((_, names)) => names.push(&variant.name),
            None => notes.push((note, vec![&variant.name])),
        }
    }
    notes.iter().map(|(text, names)| format!(" {}: {}\n", names.join(", "), clean(text))).collect()
}

/// The comparison: files, verdicts, the tables of the founding documents, and what follows.
pub(super) fn compared(result: &RunResult, of: &Written, args: &OptimizeArgs) -> String {
    let mut out = written(of, args);
    out.push('\n');
    out += &report::compared(result, args.width());
    out.push('\n');
    let style = if of.variants.len() == 1 { Style::BeforeAfter } else { Style::Compression };
    let sources = [Source { name: "this run".into(), result: result.clone() }];
    let mut tables = compose(style, &sources, &Words::default());
    // The rest of it stands above, and in the report of --save-dir.
    tables.tables.truncate(1);
    tables.findings.clear();
    tables.environment.clear();
    out += &text(&tables, args.width().min(WIDTH));
    for remark in gains::remarks(result, of) {
        let _ = writeln!(out, " {remark}");
    }
    out
}

fn document(written: &Written) -> Document {
    let size = |bytes: u64| Cell::shown(bytes as f64, Bytes(bytes).to_string());
    let share =
        |share: Option<f64>| share.map_or_else(|| Cell::text("-"), |s| Cell::shown(s, format!("{:.1} %", s * 100.0)));
    let mut rows = Vec::new();
    if let Some(o) = &written.original {
        let compressed = o.compressed_bytes.map_or_else(|| Cell::text("-"), size);
        let weights = size(o.weights_bytes);
        let dash = || Cell::text("-");
        rows.push(vec![
            Cell::text(ORIGINAL),
            size(o.bytes),
            compressed,
            weights,
            dash(),
            share(o.sparsity),
            dash(),
            dash(),
        ]);
    }
    let before = written.original.as_ref().map(|o| o.weights_bytes);
    for v in &written.variants {
        let times = before.filter(|_| v.weights_bytes > 0).map(|before| before as f64 / v.weights_bytes as f64);
        let agreement = &v.agreement;
        rows.push(vec![
            Cell::text(&v.name),
            size(v.bytes),
            v.compressed_bytes.map_or_else(|| Cell::text("-"), size),
            size(v.weights_bytes),
            times.map_or_else(|| Cell::text("-"), |t| Cell::shown(t, format!("{t:.2}x"))),
            share(v.sparsity),
            match agreement.relative_error {
                Some(error) => share(Some(error)),
                None => Cell::text(format!("{} not finite", agreement.not_finite)),
            },
            match (agreement.top1_same, agreement.top1_of) {
                (Some(same), Some(of)) => Cell::shown(same as f64, format!("{same} of {of}")),
                _ => Cell::text("-"),
            },
        ]);
    }
    let columns = ["File", "Compressed", "Weights", "Smaller", "Zeros", "Output Error", "Same Top-1"];
    let columns = std::iter::once(Column::words("Variant")).chain(columns.map(Column::figures)).collect();
    Document {
        verdicts: vec![],
        style: Style::Compression.name(),
        title: String::new(),
        subtitle: String::new(),
        tables: vec![Table { title: "Variants".into(), columns, rows }],
        conclusions: Vec::new(),
        findings: Vec::new(),
        environment: Vec::new(),
        notes: Vec::new(),
    }
}

/// Layers by their errors, and which of them to leave out.
fn layers(layers: &[Layer], args: &OptimizeArgs) -> String {
    if layers.is_empty() {
        return String::new();
    }
    let mut out = String::from("\n Layers by the error of the outputs that quantizing each alone brings\n");
    for layer in layers.iter().take(LISTED) {
        let (node, operator) = (clean(&layer.node), clean(&layer.operator));
        let _ = writeln!(out, "  {:>8.3} %  {operator:<14}  {node}", layer.error * 100.0);
    }
    if layers.len() > LISTED {
        let _ = writeln!(out, "  … and {} more: optimize.json has all of them", layers.len() - LISTED);
    }
    let proposed = proposed(layers);
    let words: Vec<String> = proposed.iter().map(|l| format!("--exclude '{}'", clean(&l.node))).collect();
    let _ = match (proposed.len(), args.exclude.is_empty()) {
        (0, _) => writeln!(out, " no layer stands out: excluding single ones gains little"),
        (n, _) => writeln!(out, " these {n} bring more than half of the error; to leave them out: {}", words.join(" ")),
    };
    out
}

/// The layers that together bring more than half of all squared errors, where those are few.
fn proposed(layers: &[Layer]) -> Vec<&Layer> {
    let total: f64 = layers.iter().map(|l| l.error * l.error).sum();
    let mut left = total;
    let some: Vec<&Layer> = layers
        .iter()
        .take_while(|l| {
            let more = left > total / 2.0;
            left -= l.error * l.error;
            more
        })
        .collect();
    // Errors of independent layers add up in squares; many of them are no exception.
    if total > 0.0 && some.len() * 4 <= layers.len() { some } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_layers_with_most_of_the_error_are_proposed_and_equal_ones_are_not() {
        let layers = |errors: &[f64]| -> Vec<Layer> {
            let layer = |(n, e): (usize, &f64)| Layer { node: format!("n{n}"), operator: "Conv".into(), error: *e };
            errors.iter().enumerate().map(layer).collect()
        };
        let names =
            |errors: &[f64]| -> Vec<String> { proposed(&layers(errors)).iter().map(|l| l.node.clone()).collect() };
        assert_eq!(names(&[0.16, 0.05, 0.05, 0.03, 0.01]), ["n0"]);
        assert!(names(&[0.1; 10]).is_empty());
        assert!(names(&[]).is_empty() && names(&[0.0; 5]).is_empty());
    }
}
