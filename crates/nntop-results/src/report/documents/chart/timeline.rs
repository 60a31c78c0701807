//! How latency went over the run: the median of each block as a line, its 99th percentile as a thin one above it.

use super::super::document::{Cell, Column, Table, digits};
use super::super::row::Row;
use super::Chart;
use super::axis::{Axis, label};
use super::svg::{Anchor, Canvas, Legend, by_width, hue};
use crate::result::SeriesResult;
use nntop_core::unit::TimeUnit;

const LEFT: f64 = 58.0;
const RIGHT: f64 = 12.0;
const HEIGHT: f64 = 240.0;

/// Points further above the middle 99th percentile than this are drawn at the edge.
const FAR: f64 = 3.0;

/// Ranges of more than this ratio are shown by ratios.
const WIDE: f64 = 10.0;

/// Rows of the table.
const ROWS: usize = 12;

pub(super) fn chart(rows: &[&Row], wide: f64) -> Option<Chart> {
    let all: Vec<(&Row, &SeriesResult)> = rows
        .iter()
        .filter_map(|row| Some((*row, row.variant.series.as_ref()?)))
        .filter(|(_, s)| {
            s.p50_ns.len() > 1 && [&s.begin_ns, &s.end_ns, &s.p99_ns].iter().all(|l| l.len() == s.p50_ns.len())
        })
        .collect();
    // Runs of several files begin together.
    let zero =
        |row: &Row| all.iter().filter(|(r, _)| r.beside(row)).filter_map(|(_, s)| s.begin_ns.first()).min().copied();
    let seconds = |row: &Row, ns: u64| ns.saturating_sub(zero(row).unwrap_or(0)) as f64 / 1e9;
    let end = all.iter().filter_map(|(row, s)| Some(seconds(row, *s.end_ns.last()?))).fold(0.0, f64::max);
    let medians = || all.iter().flat_map(|(_, s)| s.p50_ns.iter().copied());
    let unit = TimeUnit::fitting(medians().max()? as f64);
    let value = |ns: u64| ns as f64 / unit.nanos();
    let middle = |list: &[u64]| {
        let mut sorted = list.to_vec();
        sorted.sort_unstable();
        sorted[sorted.len() / 2]
    };
    let low = value(medians().min()?);
    let typical = all.iter().map(|(_, s)| middle(&s.p99_ns)).max()?;
    let greatest = all.iter().flat_map(|(_, s)| s.p99_ns.iter().copied()).max()?.max(medians().max()?);
    let high = value(greatest.min((typical as f64 * FAR) as u64)).max(value(medians().max()?));
    let legend = Legend::new(all.iter().enumerate().map(|(i, (row, _))| (i, row.label.as_str())), (LEFT, wide));
    let top = legend.height + 6.0;
    let bottom = top + HEIGHT;
    let places = (bottom, top);
    let margin = (high - low) * 0.08;
    let y = match high / low.max(1e-12) > WIDE {
        true => Axis::ratios((low * 0.8, high * 1.1), places),
        false => Axis::linear(((low - margin).max(0.0), high + margin), places),
    };
    let x = Axis::linear((0.0, end), (LEFT, wide - RIGHT));
    let mut canvas = Canvas::new(wide);
    y.grid(&mut canvas, (LEFT, wide - RIGHT));
    canvas.line("axis", (LEFT, bottom), (wide - RIGHT, bottom));
    let ticks = x.ticks(by_width(wide, 8, 4));
    for tick in &ticks {
        canvas.text("", (x.place(*tick), bottom + 18.0), Anchor::Middle, &label(*tick, &ticks));
    }
    canvas.text("", (0.0, 14.0), Anchor::Start, unit.symbol());
    canvas.text(
        "",
        ((LEFT + wide - RIGHT) / 2.0, bottom + 38.0),
        Anchor::Middle,
        "seconds since the first measured block",
    );
    let mut above = 0;
    for (i, (row, series)) in all.iter().enumerate() {
        let time = |k: usize| x.place((seconds(row, series.begin_ns[k]) + seconds(row, series.end_ns[k])) / 2.0);
        let points = |list: &[u64]| -> Vec<(f64, f64)> {
            list.iter().enumerate().map(|(k, ns)| (time(k), y.place(value(*ns)))).collect()
        };
        above += series.p99_ns.iter().filter(|ns| value(**ns) > high * 1.000_1).count();
        canvas.path(&format!("thin {}", hue(i)), &points(&series.p99_ns), false);
        canvas.path(&format!("line {}", hue(i)), &points(&series.p50_ns), false);
    }
    legend.draw(&mut canvas);
    let mut caption =
        format!("Thick: the median of each block. Thin: its 99th percentile. A point is {}.", blocks(&all));
    if above > 0 {
        caption.push_str(&format!(
            " {above} of the thin lines' points lie above the picture, up to {}.",
            unit.format_with_unit(greatest as f64)
        ));
    }
    let said: Vec<String> = all
        .iter()
        .map(|(row, s)| {
            let (first, last) = (s.p50_ns.first().copied().unwrap_or(0), s.p50_ns.last().copied().unwrap_or(0));
            let time = |ns: u64| unit.format_with_unit(ns as f64);
            format!("{}: median from {} at the start to {} at the end", row.label, time(first), time(last))
        })
        .collect();
    Some(Chart {
        id: "timeline",
        title: "Latency over the run".into(),
        caption,
        svg: canvas.picture("timeline", bottom + 46.0, "Latency over the run", &said.join("; ")),
        narrow: String::new(),
        table: table(&all, unit),
    })
}

fn blocks(all: &[(&Row, &SeriesResult)]) -> String {
    match all.iter().map(|(_, s)| s.blocks_per_point).max().unwrap_or(1) {
        1 => "one measured block".into(),
        n => format!("up to {n} measured blocks"),
    }
}

/// The medians at a dozen moments.
fn table(all: &[(&Row, &SeriesResult)], unit: TimeUnit) -> Table {
    let mut columns = vec![Column::words("Part of the run")];
    columns.extend(all.iter().map(|(row, _)| Column::figures(format!("{} p50 ({})", row.label, unit.symbol()))));
    let most = all.iter().map(|(_, s)| s.p50_ns.len()).max().unwrap_or(0).min(ROWS);
    let line = |part: usize| {
        let mut cells = vec![Cell::text(format!("{} of {most}", part + 1))];
        cells.extend(all.iter().map(|(_, s)| {
            let value = s.p50_ns[part * s.p50_ns.len() / most.max(1)] as f64 / unit.nanos();
            Cell::shown(value, digits(value))
        }));
        cells
    };
    Table { title: String::new(), columns, rows: (0..most).map(line).collect() }
}
