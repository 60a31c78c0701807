//! How latencies are distributed: a ridge per variant over one axis, with its median and its 99th percentile.

use super::super::document::{Cell, Column, Table, digits};
use super::super::row::Row;
use super::Chart;
use super::axis::{Axis, label};
use super::svg::{Anchor, Canvas, by_width, fitting, hue, width};
use crate::result::{HistogramResult, Latency};
use nntop_core::unit::{Nanos, TimeUnit, grouped};

const RIGHT: f64 = 16.0;
const TOP: f64 = 10.0;

/// Steps of a ridge.
const STEPS: usize = 96;

/// The axis ends so far beyond the greatest 99th percentile.
const BEYOND: f64 = 1.12;

/// Ranges of more than this ratio are shown by ratios.
const WIDE: f64 = 8.0;

/// Names stand left of the ridges.
fn left(wide: f64) -> f64 {
    by_width(wide, 140.0, 96.0)
}

pub(super) fn chart(rows: &[&Row], wide: f64) -> Option<Chart> {
    let all: Vec<(&Row, &Latency, &HistogramResult)> = rows
        .iter()
        .filter_map(|row| Some((*row, row.variant.latency_ns.as_ref()?, row.variant.histogram.as_ref()?)))
        .collect();
    let low = all.iter().map(|(_, l, _)| l.min).min()? as f64;
    let end = all.iter().map(|(_, l, _)| (l.p99 as f64 * BEYOND).min(l.max as f64)).fold(0.0, f64::max);
    let unit = TimeUnit::fitting(all.iter().map(|(_, l, _)| l.p50).max()? as f64);
    let ridge: f64 = match all.len() {
        1 => 150.0,
        2 => 96.0,
        3..=5 => 64.0,
        _ => 46.0,
    };
    let bottom = TOP + ridge * all.len() as f64;
    let span = ((low / unit.nanos()).max(1e-9), (end / unit.nanos()).max(2e-9));
    let places = (left(wide), wide - RIGHT);
    let x = if span.1 / span.0 > WIDE { Axis::ratios(span, places) } else { Axis::linear(span, places) };
    let mut canvas = Canvas::new(wide);
    let ticks = x.ticks(by_width(wide, 7, 4));
    for tick in &ticks {
        let at = x.place(*tick);
        canvas.line("grid", (at, TOP), (at, bottom));
        canvas.text("", (at, bottom + 18.0), Anchor::Middle, &label(*tick, &ticks));
    }
    for (i, (row, latency, histogram)) in all.iter().enumerate() {
        let base = TOP + ridge * (i + 1) as f64;
        draw(&mut canvas, &x, (base, ridge), i, row, (latency, histogram), unit);
    }
    canvas.text(
        "",
        ((places.0 + places.1) / 2.0, bottom + 38.0),
        Anchor::Middle,
        &format!("latency ({})", unit.symbol()),
    );
    let beyond: u64 =
        all.iter().map(|(_, _, h)| h.bins().filter(|(low, ..)| *low as f64 > end).map(|b| b.2).sum::<u64>()).sum();
    let mut caption =
        "Solid line: median; dashed line: 99th percentile. Each curve is scaled to its own peak.".to_owned();
    if beyond > 0 {
        let slowest = all.iter().map(|(_, l, _)| l.max).max().unwrap_or(0);
        caption.push_str(&format!(
            " {} inferences beyond the right edge, the slowest with {}.",
            grouped(beyond),
            Nanos(slowest)
        ));
    }
    let said: Vec<String> = all
        .iter()
        .map(|(row, l, _)| {
            let time = |ns: u64| unit.format_with_unit(ns as f64);
            format!("{}: median {}, 99th percentile {}", row.label, time(l.p50), time(l.p99))
        })
        .collect();
    Some(Chart {
        id: "distribution",
        title: "Latency distribution".into(),
        caption,
        svg: canvas.picture("distribution", bottom + 46.0, "Latency distribution", &said.join("; ")),
        narrow: String::new(),
        table: table(&all, unit),
    })
}

fn draw(
    canvas: &mut Canvas,
    x: &Axis,
    (base, height): (f64, f64),
    series: usize,
    row: &Row,
    (latency, histogram): (&Latency, &HistogramResult),
    unit: TimeUnit,
) {
    let edges: Vec<f64> = (0..=STEPS).map(|i| x.at(i as f64 / STEPS as f64) * unit.nanos()).collect();
    let shares = shared_out(histogram, &edges);
    let peak = shares.iter().copied().fold(0.0, f64::max).max(1e-12);
    let mut outline = vec![(x.place(edges[0] / unit.nanos()), base)];
    for (share, edge) in shares.iter().zip(edges.windows(2)) {
        let y = base - share / peak * (height - 26.0);
        outline.extend([(x.place(edge[0] / unit.nanos()), y), (x.place(edge[1] / unit.nanos()), y)]);
    }
    outline.push((x.place(edges[STEPS] / unit.nanos()), base));
    let (hue, wide) = (hue(series), canvas.wide());
    canvas.path(&format!("area {hue}"), &outline, true);
    canvas.line("axis", (left(wide), base), (wide - RIGHT, base));
    let (p50, p99) = (x.place(latency.p50 as f64 / unit.nanos()), x.place(latency.p99 as f64 / unit.nanos()));
    canvas.line(&format!("mark {hue}"), (p50, base), (p50, base - height + 19.0));
    canvas.line(&format!("mark dash {hue}"), (p99, base), (p99, base - height * 0.45));
    let shown = unit.format_with_unit(latency.p50 as f64);
    let right = p50 + width(&shown) + 12.0 < wide;
    let (at, anchor) = if right { (p50 - 4.0, Anchor::Start) } else { (p50 + 4.0, Anchor::End) };
    canvas.text("strong halo", (at, base - height + 15.0), anchor, &shown);
    canvas.text("name", (0.0, base - height / 2.0 + 2.0), Anchor::Start, &fitting(&row.label, left(wide) - 14.0));
    let spread = format!("p99 {}", Nanos(latency.p99));
    canvas.text("", (0.0, base - height / 2.0 + 18.0), Anchor::Start, &spread);
}

/// The histogram's counts over other edges: a bin that lies over an edge is shared out by width.
fn shared_out(histogram: &HistogramResult, edges: &[f64]) -> Vec<f64> {
    let mut shares = vec![0.0; edges.len() - 1];
    for (low, high, n) in histogram.bins() {
        let (low, high) = (low as f64, high as f64);
        let first = edges.partition_point(|edge| *edge <= low).saturating_sub(1);
        for (i, share) in shares.iter_mut().enumerate().skip(first) {
            let within = high.min(edges[i + 1]) - low.max(edges[i]);
            if edges[i] >= high {
                break;
            }
            *share += n as f64 * (within.max(0.0) / (high - low));
        }
    }
    shares
}

fn table(all: &[(&Row, &Latency, &HistogramResult)], unit: TimeUnit) -> Table {
    let names = ["min", "p50", "p90", "p95", "p99", "p99.9", "max"];
    let mut columns = vec![Column::words("Model")];
    columns.extend(names.map(|name| Column::figures(format!("{name} ({})", unit.symbol()))));
    let line = |(row, l, _): &(&Row, &Latency, &HistogramResult)| {
        let mut cells = vec![Cell::text(&row.label)];
        let figures = [l.min, l.p50, l.p90, l.p95, l.p99, l.p999, l.max].map(|ns| ns as f64 / unit.nanos());
        cells.extend(figures.map(|v| Cell::shown(v, digits(v))));
        cells
    };
    Table { title: String::new(), columns, rows: all.iter().map(line).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_shared_out_and_none_is_lost() {
        let h = HistogramResult { edges_ns: vec![0, 10, 20, 40], counts: vec![4, 2, 8] };
        assert_eq!(shared_out(&h, &[0.0, 5.0, 15.0, 40.0]), [2.0, 3.0, 9.0]);
        assert_eq!(shared_out(&h, &[10.0, 20.0]), [2.0], "what lies outside is outside");
    }
}
