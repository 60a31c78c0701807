//! The history of results as people and spreadsheets read it.

use super::layout::{Column, Grid, fit};
use super::sparkline::sparkline;
use crate::result::{Entry, Status, Verdict};
use nntop_core::catalog::{EngineId, EngineKind};
use nntop_core::event::with_unit;
use nntop_core::text;
use nntop_core::unit::{Bytes, TimeUnit, signed_percent, significant, utc};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// More runs than this do not fit into a line of a trend: the newest are shown.
const SHOWN: usize = 40;

/// What a line of a trend has beside the runs: the figure's name, its newest value.
const BESIDE: usize = 28;

/// `2026-11-22 11:14`, in UTC.
fn day(unix_ns: u64) -> String {
    utc(unix_ns).trim_end_matches(" UTC").to_owned()
}

/// A row per variant, newest run first, in at most `width` columns.
pub fn runs(entries: &[Entry], width: usize) -> String {
    // What is left out first where there is little room has the least rank: `nntop runs show` has all of it.
    let (words, figures) = (|head: &str| Column::words(head), |head: &str| Column::figures(head));
    let mut columns = vec![
        figures("run"),
        words("UTC").spare(8),
        words("label").spare(7),
        words("variant"),
        words("engine").spare(5),
        figures("p50"),
        figures("p99"),
        figures("inf/s").spare(4),
        figures("memory").spare(2),
        figures("mJ/inf").spare(3),
        words("verdict"),
        words("host").spare(1),
    ];
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut last = None;
    for e in entries {
        let again = last == Some(e.id);
        last = Some(e.id);
        let once = |text: String| if again { String::new() } else { text };
        rows.push(vec![
            once(e.id.to_string()),
            once(day(e.began_unix_ns)),
            once(e.label.clone().unwrap_or_else(|| "–".into())),
            clean(&e.variant),
            clean(&settings(e)),
            time(e.p50_ns),
            time(e.p99_ns),
            number(e.throughput_ips),
            e.memory_bytes.map_or_else(dash, |b| Bytes(b as u64).to_string()),
            number(e.energy_mj),
            state(e),
            once(clean(&e.host)),
        ]);
    }
    let custom = names(entries);
    for name in &custom {
        let cells = entries.iter().map(|e| e.custom_metrics.get(*name).map_or_else(dash, ToString::to_string));
        rows.iter_mut().zip(cells).for_each(|(row, cell)| row.insert(10, cell));
        columns.insert(10, Column::figures(clean(name)).spare(6));
    }
    // Without a rail there is no energy in any of them.
    if entries.iter().all(|e| e.energy_mj.is_none()) {
        rows.iter_mut().for_each(|row| drop(row.remove(9)));
        columns.remove(9);
    }
    let mut grid = Grid::new(columns, 1, 2);
    rows.into_iter().for_each(|row| grid.row(row));
    let mut out = String::new();
    grid.write(&mut out, width);
    out
}

/// The metrics of the user's own that any of them has.
fn names(entries: &[Entry]) -> BTreeSet<&str> {
    entries.iter().flat_map(|e| e.custom_metrics.keys()).map(String::as_str).collect()
}

/// Per model and settings, how its figures went from run to run, the newest at the right, in at most `width` columns.
pub fn trend(entries: &[Entry], width: usize) -> String {
    let mut series: Vec<Vec<&Entry>> = Vec::new();
    // Oldest first; only whole measurements are on the line.
    for e in entries.iter().rev().filter(|e| e.status == Status::Ok && e.is_measured()) {
        match series.iter_mut().find(|all| all[0].series() == e.series()) {
            Some(all) => all.push(e),
            None => series.push(vec![e]),
        }
    }
    let mut out = String::new();
    for all in &series {
        let (first, last) = (all[0], all[all.len() - 1]);
        let room = SHOWN.min(width.saturating_sub(BESIDE)).max(1);
        let shown = &all[all.len().saturating_sub(room)..];
        let _ = writeln!(
            out,
            " {} · {} · {} · {} run{}, {} to {}",
            clean(&last.variant),
            clean(&settings(last)),
            clean(&last.host),
            all.len(),
            if all.len() == 1 { "" } else { "s" },
            day(first.began_unix_ns),
            day(last.began_unix_ns)
        );
        let mut line = |name: &str, of: &dyn Fn(&Entry) -> Option<f64>, show: &dyn Fn(Option<f64>) -> String| {
            let values: Vec<Option<f64>> = shown.iter().map(|e| of(e)).collect();
            let Some(newest) = values.last().copied().flatten() else { return };
            let change = values
                .len()
                .checked_sub(2)
                .and_then(|i| values[i])
                .filter(|before| *before > 0.0)
                .map(|before| format!("  {} against the run before", signed_percent(newest / before - 1.0)));
            let _ = writeln!(
                out,
                "   {name:<10}  {}  {:>9}{}",
                sparkline(&values),
                show(Some(newest)),
                change.unwrap_or_default()
            );
        };
        line("p50", &|e| e.p50_ns, &time);
        line("p99", &|e| e.p99_ns, &time);
        line("inf/s", &|e| e.throughput_ips, &number);
        for (name, value) in &last.custom_metrics {
            // Values in another unit are on another scale.
            let same = |e: &Entry| e.custom_metrics.get(name).filter(|v| v.unit() == value.unit())?.value();
            line(name, &same, &|v| v.map_or_else(dash, |v| with_unit(v, value.unit())));
        }
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    if !out.is_empty() {
        out.push('\n');
    }
    fit(&out, width)
}

/// `onnxruntime 1.31.1 · cpu · 2 threads · batch 8`.
fn settings(e: &Entry) -> String {
    // A synthetic engine's text says what it draws, and its version is nntop's.
    let engine = EngineId::from(e.engine.split(' ').next().unwrap_or_default());
    let shown = if engine.is(EngineKind::Synthetic) { engine.name().to_owned() } else { e.engine.clone() };
    let mut parts = vec![shown];
    parts.extend(Some(e.provider.clone()).filter(|p| !p.is_empty()));
    parts.extend(e.threads.map(|n| format!("t{n}")));
    parts.extend((e.batch > 1).then(|| format!("b{}", e.batch)));
    parts.extend(Some(e.scenario.clone()).filter(|s| s != "single-stream"));
    parts.retain(|p| !p.is_empty());
    parts.join(" · ")
}

fn state(e: &Entry) -> String {
    match (e.status, e.verdict) {
        (Status::Failed, _) => "FAILED".into(),
        (Status::Interrupted, _) => "interrupted".into(),
        (Status::Ok, None) => dash(),
        (Status::Ok, Some(Verdict::Stable)) => "stable".into(),
        (Status::Ok, Some(verdict)) => format!("{verdict:?}").to_uppercase(),
    }
}

fn dash() -> String {
    "–".into()
}

fn number(of: Option<f64>) -> String {
    of.map_or_else(dash, significant)
}

fn time(ns: Option<f64>) -> String {
    ns.map_or_else(dash, |ns| TimeUnit::fitting(ns).format_with_unit(ns))
}

/// A name that came from elsewhere, on one line.
fn clean(text: &str) -> String {
    text::clean(text).into_owned()
}

/// A row per variant, with all that the history finds runs by, and a column for each metric of the user's own.
///
/// # Errors
/// When a row cannot be written.
pub fn runs_csv(entries: &[Entry]) -> Result<String, csv::Error> {
    let mut out = csv::Writer::from_writer(Vec::new());
    for e in entries {
        out.serialize(Entry { custom_metrics: BTreeMap::new(), ..e.clone() })?;
    }
    let bytes = out.into_inner().map_err(|e| csv::Error::from(e.into_error()))?;
    let names = names(entries);
    let bytes = if names.is_empty() { bytes } else { with_columns(&bytes, entries, &names)? };
    Ok(String::from_utf8_lossy(&inert(&bytes)?).into_owned())
}

/// The same table without a cell that a spreadsheet takes for a formula.
fn inert(table: &[u8]) -> Result<Vec<u8>, csv::Error> {
    let mut out = csv::Writer::from_writer(Vec::new());
    for record in csv::ReaderBuilder::new().has_headers(false).from_reader(table).records() {
        out.write_record(record?.iter().map(|field| text::cell(field).into_owned()))?;
    }
    out.into_inner().map_err(|e| csv::Error::from(e.into_error()))
}

/// Rows with a column for each metric of the user's own behind them: in its head the unit, where it is the same in all rows,
/// else in each cell.
fn with_columns(rows: &[u8], entries: &[Entry], names: &BTreeSet<&str>) -> Result<Vec<u8>, csv::Error> {
    let mut read = csv::Reader::from_reader(rows);
    let mut out = csv::Writer::from_writer(Vec::new());
    let of = |name: &str, e: &Entry| e.custom_metrics.get(name).filter(|v| v.value().is_some()).cloned();
    let unit = |name: &str| {
        let mut units: Vec<Option<String>> =
            entries.iter().filter_map(|e| of(name, e)).map(|v| v.unit().map(str::to_owned)).collect();
        units.dedup();
        <[Option<String>; 1]>::try_from(units).ok().map(|[unit]| unit)
    };
    let mut heads = read.headers()?.clone();
    names.iter().for_each(|name| match unit(name) {
        Some(Some(unit)) => heads.push_field(&format!("{name} ({unit})")),
        _ => heads.push_field(name),
    });
    out.write_record(&heads)?;
    for (record, e) in read.records().zip(entries) {
        let mut record = record?;
        for name in names {
            let cell = of(name, e).map_or_else(String::new, |v| match (unit(name), v.unit(), v.value()) {
                (None, Some(unit), Some(value)) => format!("{value} {unit}"),
                (_, _, value) => value.map_or_else(String::new, |value| value.to_string()),
            });
            record.push_field(&cell);
        }
        out.write_record(&record)?;
    }
    out.into_inner().map_err(|e| csv::Error::from(e.into_error()))
}

#[cfg(test)]
#[path = "runs_tests.rs"]
mod tests;
