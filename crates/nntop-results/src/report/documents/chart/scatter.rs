//! What is bought with what: model size against latency; of one model's settings, throughput against latency.

use super::super::document::{Cell, Column, Table, digits};
use super::super::metric::Metric;
use super::super::row::Row;
use super::Chart;
use super::axis::{Axis, label};
use super::svg::{Anchor, Canvas, HUES, by_width, fitting, hue, width};
use crate::result::{Trade, on_front};
use nntop_core::event::is_lower_better;

const LEFT: f64 = 64.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 24.0;
const BOTTOM: f64 = 300.0;

/// Ranges of more than this ratio are shown by ratios.
const WIDE: f64 = 12.0;

/// More points than this have no names.
const NAMED: usize = 24;

/// A variant in the picture.
struct Point<'a> {
    row: &'a Row<'a>,
    x: f64,
    y: f64,
    front: bool,
}

pub(super) fn chart(rows: &[&Row], wide: f64) -> Option<Chart> {
    if rows.len() < 2 {
        return None;
    }
    let sizes: Vec<Option<f64>> = rows.iter().map(|row| Metric::ModelSize.value(row)).collect();
    let known: Vec<f64> = sizes.iter().flatten().copied().collect();
    let differ = known.iter().any(|v| (v - known[0]).abs() > known[0].abs() * 1e-3);
    if differ {
        return size_and_speed(rows, wide);
    }
    (rows.len() > 2).then(|| speed_and_throughput(rows, wide)).flatten()
}

fn points<'a>(rows: &[&'a Row<'a>], x: Metric, y: Metric) -> Vec<Point<'a>> {
    let point = |row: &&'a Row<'a>| Some(Point { row, x: x.value(row)?, y: y.value(row)?, front: false });
    rows.iter().filter_map(point).filter(|p| p.x.is_finite() && p.y.is_finite()).collect()
}

/// The point's accuracy, turned so that higher is better.
fn right(p: &Point) -> Option<f64> {
    let (name, score) = p.row.variant.accuracy.as_deref()?.first()?;
    Some(if is_lower_better(name) { -score.value } else { score.value })
}

fn size_and_speed(rows: &[&Row], wide: f64) -> Option<Chart> {
    let mut points = points(rows, Metric::ModelSize, Metric::Latency);
    let evaluated = !points.is_empty() && points.iter().all(|p| right(p).is_some());
    // As a front of three: an accuracy that is not known of all counts for none.
    let figures: Vec<_> =
        points.iter().map(|p| [-p.x, -p.y, right(p).filter(|_| evaluated).unwrap_or_default()]).collect();
    for (p, own) in points.iter_mut().zip(&figures) {
        let beats = |other: &[f64; 3]| other != own && other.iter().zip(own).all(|(a, b)| a >= b);
        p.front = !figures.iter().any(beats);
    }
    let words = Words {
        title: "Size against speed",
        axes: ["Model Size (MB)", "Latency, median (ms)"],
        caption: if evaluated {
            "Down-left is better. Filled points are Pareto-optimal in size, latency and accuracy."
        } else {
            "Down-left is better. Filled points are Pareto-optimal. Accuracy is not shown here."
        },
        corner: (false, "smaller and faster ↙"),
    };
    drawn(&points, &words, wide)
}

fn speed_and_throughput(rows: &[&Row], wide: f64) -> Option<Chart> {
    let mut points = points(rows, Metric::Latency, Metric::Throughput);
    let trade = |p: &Point| {
        let p50 = p.row.variant.latency_ns.as_ref()?.p50;
        Some(Trade { p50, throughput: p.y, accuracy: right(p) })
    };
    let front = on_front(&points.iter().map(trade).collect::<Vec<_>>());
    points.iter_mut().zip(front).for_each(|(p, front)| p.front = front);
    let words = Words {
        title: "Latency against throughput",
        axes: ["Latency, median (ms)", "Throughput (inf/s)"],
        caption: "Up-left is better. Filled points are Pareto-optimal.",
        corner: (true, "faster and more ↖"),
    };
    drawn(&points, &words, wide)
}

struct Words {
    title: &'static str,
    axes: [&'static str; 2],
    caption: &'static str,
    /// Whether the good corner is at the top, and what stands there.
    corner: (bool, &'static str),
}

fn axis(values: impl Iterator<Item = f64> + Clone, places: (f64, f64)) -> Option<Axis> {
    let (low, high) = (values.clone().reduce(f64::min)?, values.reduce(f64::max)?);
    if low > 0.0 && high / low > WIDE {
        return Some(Axis::ratios((low / 1.4, high * 1.4), places));
    }
    // Near zero the axis begins there: then lengths compare, too.
    let margin = ((high - low) * 0.15).max(high.abs() * 0.02);
    let begin = if low < high * 0.6 { 0.0 } else { (low - margin).max(0.0) };
    Some(Axis::linear((begin, high + margin), places))
}

fn drawn(points: &[Point], words: &Words, wide: f64) -> Option<Chart> {
    if points.len() < 2 {
        return None;
    }
    let x = axis(points.iter().map(|p| p.x), (LEFT, wide - RIGHT))?;
    let y = axis(points.iter().map(|p| p.y), (BOTTOM, TOP))?;
    let mut canvas = Canvas::new(wide);
    y.grid(&mut canvas, (LEFT, wide - RIGHT));
    let ticks = x.ticks(by_width(wide, 7, 4));
    for tick in &ticks {
        let at = x.place(*tick);
        canvas.line("grid", (at, TOP), (at, BOTTOM));
        canvas.text("", (at, BOTTOM + 18.0), Anchor::Middle, &label(*tick, &ticks));
    }
    canvas.line("axis", (LEFT, BOTTOM), (wide - RIGHT, BOTTOM));
    canvas.text("", (0.0, 12.0), Anchor::Start, words.axes[1]);
    canvas.text("", ((LEFT + wide - RIGHT) / 2.0, BOTTOM + 38.0), Anchor::Middle, words.axes[0]);
    let corner = if words.corner.0 { TOP + 16.0 } else { BOTTOM - 8.0 };
    canvas.text("dim", (LEFT + 8.0, corner), Anchor::Start, words.corner.1);
    let mut taken: Vec<(f64, f64, f64)> = Vec::new();
    for (i, p) in points.iter().enumerate() {
        let at = (x.place(p.x), y.place(p.y));
        let series = if points.len() > HUES { usize::from(!p.front) * (HUES - 1) } else { i };
        let hint = format!("{}: {} {}, {} {}", p.row.label, words.axes[0], digits(p.x), words.axes[1], digits(p.y));
        let class =
            if p.front { format!("fill mark {}", hue(series)) } else { format!("fill mark dim {}", hue(series)) };
        canvas.dot(&class, at, if p.front { 6.0 } else { 4.5 }, &hint);
        if points.len() <= NAMED || p.front {
            name(&mut canvas, &p.row.label, at, &mut taken);
        }
    }
    let said: Vec<String> =
        points.iter().map(|p| format!("{}: {} at {}", p.row.label, digits(p.y), digits(p.x))).collect();
    Some(Chart {
        id: "trade-off",
        title: words.title.into(),
        caption: words.caption.into(),
        svg: canvas.picture("trade-off", BOTTOM + 46.0, words.title, &said.join("; ")),
        narrow: String::new(),
        table: table(points, words),
    })
}

/// A name beside its point, where no other name stands: right, left, above, below.
fn name(canvas: &mut Canvas, label: &str, (x, y): (f64, f64), taken: &mut Vec<(f64, f64, f64)>) {
    let text = fitting(label, by_width(canvas.wide(), 190.0, 130.0));
    let long = width(&text);
    let places =
        [(x + 10.0, y + 4.0), (x - 10.0 - long, y + 4.0), (x - long / 2.0, y - 12.0), (x - long / 2.0, y + 22.0)];
    let free = |(left, base): &(f64, f64)| {
        let inside = *left >= LEFT && left + long <= canvas.wide() && *base > TOP && *base < BOTTOM;
        inside && !taken.iter().any(|(l, b, w)| (b - base).abs() < 13.0 && *l < left + long && left < &(l + w))
    };
    let Some(place) = places.into_iter().find(free) else { return };
    taken.push((place.0, place.1, long));
    canvas.text("name halo", place, Anchor::Start, &text);
}

fn table(points: &[Point], words: &Words) -> Table {
    let columns = vec![
        Column::words("Model"),
        Column::figures(words.axes[0]),
        Column::figures(words.axes[1]),
        Column::words("Pareto-optimal"),
    ];
    let line = |p: &Point| {
        vec![
            Cell::text(&p.row.label),
            Cell::figure(p.x),
            Cell::figure(p.y),
            Cell::text(if p.front { "yes" } else { "no" }),
        ]
    };
    Table { title: String::new(), columns, rows: points.iter().map(line).collect() }
}
