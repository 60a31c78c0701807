//! The default style: the figures that most want, how the variants compare, where the time goes.

use super::super::compose::column;
use super::super::document::{Cell, Column, Document, FAMILY, Notes, Table, VERDICT};
use super::super::metric::{Metric, nothing};
use super::super::row::{Row, Source};
use nntop_core::event::Family;
use nntop_core::unit::{grouped, percent_tenths};
use std::collections::BTreeMap;

/// Operator types of a family that are listed.
const MOST_TYPES: usize = 8;

/// Families and types that take less of an inference in every variant are not.
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

/// What variants took for something, as shares of an inference; `None` where a variant has no such operator.
type Shares = Vec<Option<f64>>;

/// An operator type and its shares.
type Type<'a> = (&'a str, Shares);

/// Families of operators and the types in them, of all variants that were profiled, as shares of an inference.
fn operators(rows: &[Row]) -> Option<Table> {
    let profiled: Vec<Profiled> = rows
        .iter()
        .filter_map(|row| {
            let wall = row.variant.operators.profile.as_ref()?.wall_ns;
            Some((row, row.variant.operators.types(), wall)).filter(|(_, types, wall)| !types.is_empty() && *wall > 0)
        })
        .collect();
    let mut families: BTreeMap<Family, BTreeMap<&str, Shares>> = BTreeMap::new();
    for (i, (_, types, wall)) in profiled.iter().enumerate() {
        for (name, ns) in types {
            let shares = families.entry(Family::of(name)).or_default().entry(name).or_default();
            shares.resize(profiled.len(), None);
            shares[i] = Some(*ns as f64 / *wall as f64);
        }
    }
    let of_all = |types: &BTreeMap<&str, Shares>| -> Shares {
        (0..profiled.len()).map(|i| types.values().filter_map(|shares| shares[i]).reduce(|a, b| a + b)).collect()
    };
    let mut families: Vec<(Family, Shares, Vec<Type>)> = families
        .into_iter()
        .map(|(family, types)| (family, of_all(&types), types.into_iter().collect()))
        .filter(|(_, all, _)| greatest(all) >= LEAST_SHARE)
        .collect();
    families.sort_by(|a, b| greatest(&b.1).total_cmp(&greatest(&a.1)).then(a.0.cmp(&b.0)));
    let mut lines = Vec::new();
    for (family, all, mut types) in families {
        types.sort_by(|a, b| greatest(&b.1).total_cmp(&greatest(&a.1)).then(a.0.cmp(b.0)));
        if types.len() > 1 {
            lines.push(line(family, &format!("{} types", types.len()), &all));
        }
        let listed = |(i, of): &(usize, &Type)| *i < MOST_TYPES && (*i == 0 || greatest(&of.1) >= LEAST_SHARE);
        lines.extend(types.iter().enumerate().filter(listed).map(|(_, (name, shares))| line(family, name, shares)));
    }
    let mut columns = vec![Column::words(FAMILY), Column::words("Operator type")];
    columns.extend(profiled.iter().map(|(row, ..)| Column::figures(format!("{} (%)", row.label))));
    (!lines.is_empty()).then(|| Table { title: "Where the time goes".into(), columns, rows: lines })
}

fn greatest(shares: &Shares) -> f64 {
    shares.iter().flatten().copied().fold(0.0, f64::max)
}

fn line(family: Family, name: &str, shares: &Shares) -> Vec<Cell> {
    let mut cells = vec![Cell::text(family.name()), Cell::text(name)];
    cells.extend(shares.iter().map(|share| match share.map(|share| share * 100.0) {
        Some(percent) => Cell::shown(percent, format!("{percent:.1}")),
        None => Cell::shown(0.0, "–"),
    }));
    cells
}
