//! The table of a sweep: a row per point, a unit per column, at most 80 columns wide with two axes.

use super::layout::{self, Grid};
use crate::result::{RunResult, Status, SweepPoint, SweepResult, VariantResult, Verdict};
use nntop_core::event::{is_lower_better, is_share};
use nntop_core::stats::RELIABLE;
use nntop_core::unit::{TimeUnit, significant};

/// Stands where a point is on the front, beside the word.
const FRONT: &str = "◆ front";
/// Stands at the best of a column.
pub(super) const BEST: &str = "†";

/// A cell: the number, right-aligned, and what stands at it.
type Cell = (String, String);

struct Column {
    name: String,
    unit: &'static str,
    cells: Vec<Cell>,
}

impl Column {
    /// Figures in one unit, `scale` being how many of the raw one it has; the best of the points that went well is
    /// marked, unless all of them are the same.
    fn figures(
        (name, unit, scale): (&str, &'static str, f64),
        points: &[SweepPoint],
        lower_is_better: bool,
        of: impl Fn(&SweepPoint) -> Option<f64>,
    ) -> Self {
        let well = || points.iter().filter(|p| p.status == Status::Ok).filter_map(&of);
        let better = |a: &f64, b: &f64| if lower_is_better { a.total_cmp(b) } else { b.total_cmp(a) };
        let best = well().min_by(better).filter(|best| well().any(|value| value != *best));
        let cell = |p: &SweepPoint| {
            let mark = if p.status == Status::Ok && of(p).is_some() && of(p) == best { BEST } else { "" };
            (of(p).map_or_else(|| "–".into(), |value| significant(value / scale)), mark.into())
        };
        Self { name: name.into(), unit, cells: points.iter().map(cell).collect() }
    }
}

/// All rows, under the names of their models where there are several.
pub(super) fn write(out: &mut String, result: &RunResult, sweep: &SweepResult, width: usize) {
    let columns = columns(result, sweep);
    // The unit stands below the name.
    let heads = columns.iter().map(|c| layout::Column::figures(format!("{}\n{}", c.name, c.unit)));
    let mut grid = Grid::new(heads.chain([layout::Column::words("")]).collect(), 1, 2).with_tail();
    let several = sweep.points.iter().any(|p| p.model != sweep.points[0].model);
    for (row, (point, v)) in sweep.points.iter().zip(&result.variants).enumerate() {
        if several && (row == 0 || sweep.points[row - 1].model != point.model) {
            grid.title(&point.model);
        }
        let note = (note(result, point, v), String::new());
        grid.marked(columns.iter().map(|c| c.cells[row].clone()).chain([note]));
    }
    grid.write(out, width);
}

fn columns(result: &RunResult, sweep: &SweepResult) -> Vec<Column> {
    let points = &sweep.points;
    let mut columns: Vec<Column> = Vec::new();
    for axis in &sweep.axes {
        let cell = |p: &SweepPoint| p.coordinates.get(&axis.name).map_or_else(|| "–".into(), u64::to_string);
        let cells = points.iter().map(|p| (cell(p), String::new())).collect();
        columns.push(Column { name: title(&axis.name).into(), unit: "", cells });
    }
    // The fastest decides: what is large has digits enough.
    let unit = TimeUnit::fitting(points.iter().filter_map(|p| p.p50_ns).min().unwrap_or(0) as f64);
    let time = |name| (name, unit.symbol(), unit.nanos());
    columns.push(Column::figures(time("p50"), points, true, |p| p.p50_ns.map(|ns| ns as f64)));
    let mut p99 = Column::figures(time("p99"), points, true, |p| p.p99_ns.map(|ns| ns as f64));
    for ((_, mark), v) in p99.cells.iter_mut().zip(&result.variants) {
        if v.latency_ns.is_some_and(|l| l.n < RELIABLE.p99) {
            mark.push('*');
        }
    }
    columns.push(p99);
    let least = points.iter().filter_map(|p| p.throughput_ips).reduce(f64::min);
    let (unit, scale) = if least.is_some_and(|n| n >= 1e5) { ("k per s", 1e3) } else { ("per s", 1.0) };
    columns.push(Column::figures(("samples", unit, scale), points, false, |p| p.throughput_ips));
    columns.push(Column::figures(("memory", "MB", 1e6), points, true, |p| p.rss_peak_bytes.map(|b| b as f64)));
    if let Some(least) = points.iter().filter_map(|p| p.energy_mj_per_sample).reduce(f64::min) {
        let (unit, scale) = if least < 0.1 { ("µJ", 1e-3) } else { ("mJ", 1.0) };
        columns.push(Column::figures(("energy", unit, scale), points, true, |p| p.energy_mj_per_sample));
    }
    // Of models that are evaluated the figure is one and the same.
    if let Some(metric) = points.iter().find_map(|p| p.accuracy_metric.as_deref()) {
        let (unit, scale) = if is_share(metric) { ("%", 0.01) } else { ("", 1.0) };
        let of = |p: &SweepPoint| p.accuracy.filter(|_| p.accuracy_metric.as_deref() == Some(metric));
        columns.push(Column::figures((metric, unit, scale), points, is_lower_better(metric), of));
    }
    columns
}

/// An axis as its column is called.
pub(super) fn title(axis: &str) -> &str {
    match axis {
        "batch_size" => "batch",
        name => name.strip_prefix("dim.").unwrap_or(name),
    }
}

/// What there is to say of a point beside its figures.
fn note(result: &RunResult, point: &SweepPoint, v: &VariantResult) -> String {
    let mut parts: Vec<String> = Vec::new();
    match point.status {
        Status::Failed => parts.push("✗ failed".into()),
        Status::Interrupted if point.p50_ns.is_none() => parts.push("not measured".into()),
        Status::Interrupted => parts.push("interrupted".into()),
        Status::Ok if point.on_front => parts.push(FRONT.into()),
        Status::Ok => {}
    }
    parts.extend(v.verdict.filter(|verdict| *verdict != Verdict::Stable).map(|verdict| verdict.to_string()));
    if point.p50_ns.is_some() && result.targets.iter().any(|t| t.variant == point.variant && !t.met) {
        parts.push("✗ target".into());
    }
    parts.join(", ")
}
