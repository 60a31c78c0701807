//! The default style: the figures that most want, how the variants compare, where the time goes.

use super::super::compose::column;
use super::super::document::{Cell, Column, Document, Notes, Table, VERDICT};
use super::super::metric::{Metric, nothing};
use super::super::row::{Row, Source};
use nntop_core::unit::{grouped, percent_tenths};

/// Operator types that are listed.
const MOST_TYPES: usize = 8;

/// Types that take less of an inference everywhere are not.
const LEAST_SHARE: f64 = 0.005;

pub(super) fn fill(document: &mut Document, sources: &[Source], rows: &[Row], notes: &mut Notes) {
    document.tables.push(figures(rows, notes));
    document.tables.push(resources(rows, notes));
    document.tables.extend(targets(sources));
    document.tables.extend(operators(rows));
    for source in sources {
        document.conclusions.extend(source.result.comparison.iter().map(|c| c.text.clone()));
    }
}

fn figures(rows: &[Row], notes: &mut Notes) -> Table {
    let columns = vec![
        Column::words("Model"),
        column(Metric::Latency, "p50 (ms)", notes),
        Column::figures("p50 ±").noted([notes.number("half the width of the median's 95 % interval")]),
        Column::figures("p90 (ms)"),
        Column::figures("p99 (ms)"),
        Column::figures("max (ms)"),
        column(Metric::Throughput, "Throughput (inf/s)", notes),
        Column::figures("Inferences"),
        Column::words(VERDICT),
    ];
    let line = |row: &Row, notes: &mut Notes| {
        let v = row.variant;
        if v.latency_ns.is_none() && v.partial_ns.is_none() {
            let empty = Metric::Latency.cell(row, notes);
            let mut cells = vec![Cell::text(&row.label)];
            cells.extend(std::iter::repeat_n(empty, columns_after_name()));
            return cells;
        }
        let (whole, part) = (v.latency_ns.as_ref(), v.partial_ns.as_ref());
        let why = nothing(row);
        let ms = |ns: Option<f64>, notes: &mut Notes| match ns {
            Some(ns) => Cell::figure(ns / 1e6),
            None => notes.absent(&why),
        };
        let width = match whole.and_then(|l| Some(l.p50_interval?.relative(l.p50 as f64))) {
            Some(share) => Cell::shown(share * 100.0, percent_tenths(share)),
            None if whole.is_none() => notes.absent(&why),
            None => notes.absent("too few blocks for an interval: measure longer"),
        };
        let verdict = match v.verdict {
            Some(verdict) => Cell::text(verdict.to_string()),
            None if whole.is_none() => notes.absent(&why),
            None => notes.absent("too few blocks for a verdict: measure longer"),
        };
        let n = match whole.map(|l| l.n).or(part.and_then(|p| p.n)) {
            Some(n) => Cell::shown(n as f64, grouped(n)),
            None => notes.absent(&why),
        };
        vec![
            Cell::text(&row.label),
            Metric::Latency.cell(row, notes),
            width,
            ms(whole.map(|l| l.p90 as f64).or(part.and_then(|p| p.p90)), notes),
            Metric::P99.cell(row, notes),
            ms(whole.map(|l| l.max as f64).or(part.and_then(|p| p.max)), notes),
            Metric::Throughput.cell(row, notes),
            n,
            verdict,
        ]
    };
    Table { title: "Speed".into(), columns: columns.clone(), rows: rows.iter().map(|row| line(row, notes)).collect() }
}

/// All of the table's columns but the first.
const fn columns_after_name() -> usize {
    8
}

fn resources(rows: &[Row], notes: &mut Notes) -> Table {
    let metrics: [(Metric, &str); 9] = [
        (Metric::ModelSize, "Model Size (MB)"),
        (Metric::ParamsSize, "Params Size (MB)"),
        (Metric::Memory, "Peak Memory (MB)"),
        (Metric::Startup, "Startup (ms)"),
        (Metric::Accuracy, "Accuracy (%)"),
        (Metric::Flops, "FLOPs"),
        (Metric::EnergyPerInference, "Energy per Inference (mJ)"),
        (Metric::Cpu, "CPU (%)"),
        (Metric::Temperature, "Temperature (°C)"),
    ];
    let mut columns = vec![Column::words("Model")];
    columns.extend(metrics.iter().map(|(metric, name)| column(*metric, name, notes)));
    let line = |row: &Row, notes: &mut Notes| {
        let mut cells = vec![Cell::text(&row.label)];
        cells.extend(metrics.iter().map(|(metric, _)| metric.cell(row, notes)));
        cells
    };
    Table { title: "Size and resources".into(), columns, rows: rows.iter().map(|row| line(row, notes)).collect() }
}

/// What was to be reached, where anything was.
fn targets(sources: &[Source]) -> Option<Table> {
    let all: Vec<_> = sources.iter().flat_map(|s| &s.result.targets).collect();
    let columns = vec![Column::words("Model"), Column::words("Target"), Column::words("Outcome")];
    let rows = all.iter().map(|t| {
        // `net: p99<25ms met with 12 ms`: the name and the target have columns of their own.
        let text = t.to_string();
        let outcome = text.split_once(&format!("{} ", t.text)).map_or(text.as_str(), |(_, outcome)| outcome);
        vec![Cell::text(&t.variant), Cell::text(t.text.to_string()), Cell::text(outcome)]
    });
    (!all.is_empty()).then(|| Table { title: "Targets".into(), columns, rows: rows.collect() })
}

/// A variant, what its operator types took, and what an inference took.
type Profiled<'a> = (&'a Row<'a>, Vec<(&'a str, u64)>, u64);

/// The dearest operator types of all variants that were profiled, as shares of an inference.
fn operators(rows: &[Row]) -> Option<Table> {
    let profiled: Vec<Profiled> = rows
        .iter()
        .filter_map(|row| {
            let wall = row.variant.operators.profile.as_ref()?.wall_ns;
            Some((row, row.variant.operators.types(), wall)).filter(|(_, types, wall)| !types.is_empty() && *wall > 0)
        })
        .collect();
    let mut types: Vec<(&str, f64)> = Vec::new();
    for (_, of, wall) in &profiled {
        for (name, ns) in of {
            let share = *ns as f64 / *wall as f64;
            match types.iter_mut().find(|known| known.0 == *name) {
                Some(known) => known.1 = known.1.max(share),
                None => types.push((name, share)),
            }
        }
    }
    types.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
    types.truncate(MOST_TYPES);
    types.retain(|(_, share)| *share >= LEAST_SHARE);
    let mut columns = vec![Column::words("Operator type")];
    columns.extend(profiled.iter().map(|(row, ..)| Column::figures(format!("{} (%)", row.label))));
    let line = |name: &str| {
        let mut cells = vec![Cell::text(name)];
        cells.extend(profiled.iter().map(|(_, of, wall)| {
            let share =
                of.iter().find(|(other, _)| *other == name).map_or(0.0, |(_, ns)| *ns as f64 / *wall as f64 * 100.0);
            Cell::shown(share, format!("{share:.1}"))
        }));
        cells
    };
    let rows = types.iter().map(|(name, _)| line(name)).collect();
    (!types.is_empty()).then(|| Table { title: "Where the time goes".into(), columns, rows })
}
