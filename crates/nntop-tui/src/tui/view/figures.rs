//! The row of figures. One unit for all times of a group of variants, fixed columns, nothing jumps.
//!
//! ```text
//!       p50              p90       p95       p99     p99.9       max     inf/s         n
//!   4.51 ms ±0.3 %   4.62 ms   4.71 ms   5.90 ms  8.11 ms!   9.02 ms       221     9 301
//! ```

use super::{Cx, paint};
use nntop_core::stats::RELIABLE;
use nntop_core::unit::{TimeUnit, grouped, plus_minus, significant};
use nntop_state::{Figures, SHOWN, Variant};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Columns: title, and how early it goes when there is no room (0 stays longest).
const COLUMNS: [(&str, u8); 10] = [
    ("p50", 0),
    ("p90", 6),
    ("p95", 7),
    ("p99", 1),
    ("p99.9", 8),
    ("max", 2),
    ("inf/s", 4),
    // Gross, and only where it is known.
    ("mJ/inf", 9),
    // The median of the engine's own time, and only where latency has more in it.
    ("service", 3),
    ("n", 5),
];

/// The place of the energy among them.
const ENERGY: usize = 7;

/// The place of the service time.
const SERVICE: usize = 8;

/// The last column.
const N: usize = COLUMNS.len() - 1;

/// A column's least width: `99.9 ms` with a mark and some air.
const WIDTH: u16 = 9;

/// The room of `±0.3 %`.
const BESIDE: u16 = 7;

/// The unit for the times of these variants: that of their greatest median.
pub(super) fn unit<'a>(variants: impl IntoIterator<Item = &'a Variant>) -> TimeUnit {
    let medians = variants.into_iter().filter_map(|v| v.latency.figures.as_ref()).map(|f| f.percentiles[0].0);
    TimeUnit::fitting(medians.max().unwrap_or(1_000_000) as f64)
}

/// Paints titles and values, two rows.
pub(super) fn draw(cx: Cx<'_>, v: &Variant, unit: TimeUnit, area: Rect, buf: &mut Buffer) {
    let energy = cx.state.energy(v).ok();
    let service = v.latency.figures.as_ref().is_some_and(|f| f.service.is_some());
    let there = |i: usize| (i != ENERGY || energy.is_some()) && (i != SERVICE || service);
    let columns = |width| fitting(width, there);
    let mut shown = columns(area.width);
    if shown.contains(&N) && area.width < shown.len() as u16 * WIDTH + BESIDE {
        // How sure the figures are matters more than one more of them.
        shown = columns(area.width - BESIDE);
    }
    // The room of `±0.3 %` after the median is spared, where there is some.
    let beside = if area.width >= shown.len() as u16 * WIDTH + BESIDE { BESIDE } else { 0 };
    let width = ((area.width - beside) / shown.len().max(1) as u16).clamp(WIDTH.min(area.width), 15);
    for (i, &column) in shown.iter().enumerate() {
        let after = if i > 0 { beside } else { 0 };
        let cell = Rect { x: area.x + i as u16 * width + after, width: width.saturating_sub(1), ..area };
        let cell = cell.intersection(area);
        paint::right(buf, cell, 0, COLUMNS[column].0, cx.theme.dim());
        let (text, sure) = match &energy {
            Some(energy) if column == ENERGY => (significant(energy.gross_mj()), true),
            _ => value(v, column, unit),
        };
        // A level that does not count yet is better than none: it steps back until it is measured.
        let (text, sure) = match v.warming().and_then(|w| w.p50).filter(|_| column == 0) {
            Some(level) => (level.to_string(), false),
            None => (text, sure),
        };
        let style = match (sure, COLUMNS[column].0) {
            (false, _) => cx.theme.dim(),
            (true, "p50" | "p99" | "inf/s") => cx.theme.strong(),
            _ => cx.theme.text(),
        };
        paint::right(buf, cell, 1, &text, style);
        // The interval of the median is next to the median, and next to nothing else.
        if let (0, BESIDE, Some(half)) = (column, beside, sureness(v)) {
            let beside = Rect { x: cell.right() + 1, width: BESIDE - 1, ..cell };
            paint::text(buf, beside, 0, 1, &half, cx.theme.dim());
        }
        if !sure && v.latency.figures.is_some() {
            let mark = Rect { x: cell.x + cell.width, width: 1, ..cell };
            paint::text(buf, mark, 0, 1, "!", cx.theme.warn());
        }
    }
}

/// Of the columns that are there those for which there is room, in order.
fn fitting(width: u16, there: impl Fn(usize) -> bool) -> Vec<usize> {
    let room = (width / WIDTH).clamp(1, COLUMNS.len() as u16) as usize;
    let mut columns: Vec<usize> = (0..COLUMNS.len()).filter(|&i| there(i)).collect();
    columns.sort_by_key(|&i| COLUMNS[i].1);
    columns.truncate(room);
    columns.sort_unstable();
    columns
}

/// A column's value, and whether there are enough inferences for it.
fn value(v: &Variant, column: usize, unit: TimeUnit) -> (String, bool) {
    let Some(f) = &v.latency.figures else { return ("–".into(), true) };
    let percentile = |i: usize| (unit.format_with_unit(f.percentiles[i].0 as f64), f.n >= RELIABLE.needed(SHOWN[i]));
    match column {
        0..=4 => percentile(column),
        5 => (unit.format_with_unit(f.max.0 as f64), true),
        6 => (rate(f, v.samples()), true),
        // A queue may be a thousand times longer than what it waits for: this one has a unit of its own.
        SERVICE => (f.service.map_or_else(|| "–".into(), |ns| ns.to_string()), true),
        _ => (grouped(f.n), true),
    }
}

/// Half the median's interval, as a share of it: `±0.3 %`.
fn sureness(v: &Variant) -> Option<String> {
    let (intervals, figures) = (v.latency.intervals?, v.latency.figures.as_ref()?);
    Some(plus_minus(intervals.p50.relative(figures.percentiles[0].0 as f64)))
}

/// Throughput, the batch counted in.
pub(super) fn rate(f: &Figures, batch: u64) -> String {
    significant(f.per_second * batch.max(1) as f64)
}
