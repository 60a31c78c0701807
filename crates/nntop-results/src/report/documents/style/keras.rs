//! Keras's table of applications: batches of 32, 30 batches and 10 repetitions, with the test environment below it.

use super::super::document::{Cell, Column, Document, Notes, Table, digits};
use super::super::metric::{Metric, nothing};
use super::super::row::{Place, Row};

/// What Keras measures: batches of so many samples, so many of them, so often.
const BATCH: u64 = 32;
const BATCHES: u64 = 30;
const REPETITIONS: u64 = 10;

pub(super) fn fill(document: &mut Document, rows: &[Row], notes: &mut Notes) {
    let mean = notes.number("the mean of all measured inferences, each of one batch");
    let depth = notes.number("layers that hold parameters, on the longest path");
    let columns = vec![
        Column::words("Model"),
        Column::figures("Size (MB)"),
        Column::figures("Top-1 Accuracy"),
        Column::figures("Top-5 Accuracy"),
        Column::figures("Parameters"),
        Column::figures("Depth").noted([depth]),
        Column::figures("Time (ms) per inference step (CPU)").noted([mean]),
        Column::figures("Time (ms) per inference step (GPU)").noted([mean]),
    ];
    // One row per model: what ran on the processor and what ran on a GPU stand beside each other.
    let mut models: Vec<(&Row, [Option<&Row>; 2])> = Vec::new();
    for row in rows {
        let times = [Place::Processor, Place::Gpu].map(|place| (row.place() == Some(place)).then_some(row));
        let same = |other: &&mut (&Row, [Option<&Row>; 2])| {
            let sha = &row.variant.model.sha256;
            let free = other.1.iter().zip(&times).all(|(a, b)| a.is_none() || b.is_none());
            sha.is_some() && *sha == other.0.variant.model.sha256 && free
        };
        match models.iter_mut().find(same) {
            Some((_, known)) => known.iter_mut().zip(times).for_each(|(a, b)| *a = a.or(b)),
            None => models.push((row, times)),
        }
    }
    let line = |(row, times): &(&Row, [Option<&Row>; 2]), notes: &mut Notes| {
        let m = &row.variant.model;
        let known = |value: Option<u64>, shown: fn(u64) -> String, notes: &mut Notes| match value {
            Some(n) => Cell::shown(n as f64, shown(n)),
            None => notes.absent("the model's file does not say"),
        };
        let mut cells = vec![Cell::text(&row.label), Metric::ModelSize.cell(row, notes)];
        cells.push(Metric::Accuracy.cell(row, notes));
        cells.push(Metric::Accuracy.cell(row, notes));
        cells.push(known(m.params, count, notes));
        cells.push(known(m.depth, |n| n.to_string(), notes));
        for (time, where_to) in times.iter().zip(["the processor", "a GPU"]) {
            cells.push(match time {
                Some(row) => step(row, notes),
                None => notes.absent(&format!("not measured on {where_to}")),
            });
        }
        cells
    };
    document.tables =
        vec![Table { title: String::new(), columns, rows: models.iter().map(|m| line(m, notes)).collect() }];
}

/// The mean of a batch, with a note where it was not measured as Keras does.
fn step(row: &Row, notes: &mut Notes) -> Cell {
    let v = row.variant;
    let part = || v.partial_ns.as_ref().and_then(|p| Some((p.n?, p.mean?)));
    let Some((n, mean)) = v.latency_ns.map(|l| (l.n, l.mean)).or_else(part) else {
        return notes.absent(&nothing(row));
    };
    let as_keras = v.batch_size == BATCH && n == BATCHES * REPETITIONS;
    let note = (!as_keras).then(|| {
        notes.number(&format!(
            "{} inferences of batch {}; as Keras measures, {BATCHES} batches of {BATCH} and {REPETITIONS} repetitions: \
             nntop bench MODEL -b {BATCH} -n {}",
            n,
            v.batch_size,
            BATCHES * REPETITIONS
        ))
    });
    let ms = mean / 1e6;
    Cell::shown(ms, digits(ms)).noted(note)
}

/// `25.6M`, as Keras writes parameters.
fn count(n: u64) -> String {
    let n = n as f64;
    match n {
        n if n >= 999.5e6 => format!("{}B", digits(n / 1e9)),
        n if n >= 99.95e3 => format!("{:.1}M", n / 1e6),
        n if n >= 999.5 => format!("{:.1}k", n / 1e3),
        n => format!("{n:.0}"),
    }
}
