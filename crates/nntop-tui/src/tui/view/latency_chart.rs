//! Latency over time: p50 solid, p99 dotted, single slow inferences as dots, warm-up dim.
//!
//! ```text
//!  10┤                     ⡀
//!   8┤                     ⠁
//!   6┤⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄ p99
//!   4┤⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀⣀ p50
//!  ms└ 60 s ─────────────────────────────── now
//! ```
//!
//! Columns lie on the stream's clock, so that a finished column never changes. Variants that are shown
//! side by side share one [`Plan`]: same scale, same span.

use super::{Cx, paint};
use crate::tui::widget::axis::{self, Axis};
use crate::tui::widget::braille::{Dots, Layer};
use nntop_core::event::BlockKind;
use nntop_core::unit::{Nanos, TimeUnit};
use nntop_state::{Latency, Mark, MarkKind, Variant};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Columns that the labels on the right take.
const LABELS: u16 = 4;
/// Spans that a chart can have, in seconds.
const SPANS: [u64; 11] = [10, 20, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200];

/// A chart of fewer columns would show no course.
const LEAST_COLUMNS: u16 = 5;

/// Until a chart is this long it is as long as what there is to show.
const FULL: u64 = 60;

/// What charts side by side have in common.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    axis: Axis,
    unit: TimeUnit,
    span: u64,
    /// How long a column of dots is.
    bin: u64,
    /// Dot columns that a value covers.
    dots: u16,
    /// The number of the newest column, counted from the stream's start.
    newest: u64,
    count: usize,
    /// Dot columns at the left that no value has: the newest one ends at the right edge.
    offset: u16,
    gutter: u16,
}

/// What happened in one column.
#[derive(Debug, Clone, Default)]
struct Bin {
    measured: bool,
    p50: Option<f64>,
    p99: f64,
    max: f64,
}

impl Plan {
    /// The plan for charts of this size.
    pub(super) fn of(cx: Cx<'_>, variants: &[&Variant], area: Rect) -> Self {
        let cycle = variants.iter().map(|v| cycle(&v.latency)).max().unwrap_or(0);
        let end = cx.work_time().0;
        let began = variants.iter().filter_map(|v| v.latency.recent.front()).map(|b| b.t0.0).min().unwrap_or(end);
        let fitting = place(end.saturating_sub(began).div_ceil(1_000_000_000).min(FULL));
        let wanted = fitting.saturating_add_signed(cx.ui.chart_zoom).min(SPANS.len() - 1);
        // The width of the gutter hangs on the labels, and they on the scale: two passes settle it.
        let mut plan = Self {
            axis: Axis::holding(0.0, 1.0, 1),
            unit: TimeUnit::Millis,
            span: SPANS[0],
            bin: 1,
            dots: 1,
            newest: 0,
            count: 0,
            offset: 0,
            gutter: 4,
        };
        for _ in 0..2 {
            let width = area.width.saturating_sub(plan.gutter + LABELS).max(1);
            plan.lay_columns(width, cycle, end, &SPANS[wanted..]);
            plan.lay_scale(variants, area.height.saturating_sub(1));
        }
        plan
    }

    /// Columns as fine as dots where a column spans a whole cycle of turns, else coarser: with turns of a second a short span has
    /// few columns. Longer only where these would be too few.
    fn lay_columns(&mut self, width: u16, cycle: u64, end: u64, spans: &[u64]) {
        let fits = |span: u64, dots: u16| span * 1_000_000_000 * u64::from(dots) / (u64::from(width) * 2) >= cycle;
        let (span, dots) = spans
            .iter()
            .flat_map(|&span| [1, 2, 4, 8, 16].map(|dots| (span, dots)))
            .filter(|(_, dots)| width * 2 / dots >= LEAST_COLUMNS)
            .find(|&(span, dots)| fits(span, dots))
            .unwrap_or((SPANS[SPANS.len() - 1], 2));
        (self.span, self.dots) = (span, dots);
        self.count = usize::from(width * 2 / dots);
        self.offset = width * 2 - self.count as u16 * dots;
        self.bin = (span * 1_000_000_000 / self.count.max(1) as u64).max(1);
        self.newest = end / self.bin;
    }

    fn lay_scale(&mut self, variants: &[&Variant], rows: u16) {
        let bins: Vec<Bin> = variants.iter().flat_map(|v| self.bins(&v.latency)).collect();
        let counted = bins.iter().any(|b| b.measured);
        let used = || bins.iter().filter(|b| b.p50.is_some() && (b.measured || !counted));
        let least = used().filter_map(|b| b.p50).fold(f64::INFINITY, f64::min);
        let p50 = used().filter_map(|b| b.p50).fold(0.0, f64::max);
        let p99 = median(used().map(|b| b.p99).collect()).unwrap_or(p50).max(p50);
        let max = used().map(|b| b.max).fold(0.0, f64::max);
        // A single slow inference may stretch the scale, not flatten everything else: beyond it is marked.
        let most = max.min(p99 * 3.0).max(p50) * 1.02;
        self.unit = TimeUnit::fitting(most.max(1.0));
        let unit = self.unit.nanos();
        self.axis = Axis::holding(least * 0.98 / unit, most / unit, rows);
        let widest = self.axis.ticks().map(|t| axis::label(t.1, self.axis.step).len()).max().unwrap_or(1);
        self.gutter = (widest as u16).max(2) + 1;
    }

    /// The number of the oldest column; negative while the stream is younger than the span.
    fn first(&self) -> i64 {
        self.newest as i64 + 1 - self.count as i64
    }

    /// Sorts a variant's blocks into the columns.
    fn bins(&self, latency: &Latency) -> Vec<Bin> {
        let mut medians: Vec<Vec<f64>> = vec![Vec::new(); self.count];
        let mut bins = vec![Bin::default(); self.count];
        let first = self.first();
        for block in latency.recent.iter().rev() {
            let number = |t: Nanos| (t.0 / self.bin) as i64;
            let (from, to) = (number(block.t0), number(block.t1.max(block.t0)));
            if to < first {
                break;
            }
            for i in from.max(first)..=to.min(self.newest as i64) {
                let i = (i - first) as usize;
                let (Some(bin), Some(medians)) = (bins.get_mut(i), medians.get_mut(i)) else { continue };
                let counts = block.kind == BlockKind::Measure;
                if bin.measured && !counts {
                    continue;
                }
                if counts && !bin.measured {
                    *bin = Bin { measured: true, ..Bin::default() };
                    medians.clear();
                }
                medians.push(block.p50.0 as f64);
                bin.p99 = bin.p99.max(block.p99.0 as f64);
                bin.max = bin.max.max(block.max.0 as f64);
            }
        }
        for (bin, medians) in bins.iter_mut().zip(medians) {
            bin.p50 = median(medians);
        }
        bins
    }

    /// The title's words: what is shown and how much.
    pub(super) fn caption(&self) -> String {
        format!("last {}", span_words(self.span))
    }
}

/// The place of the shortest span that is as long as this.
fn place(seconds: u64) -> usize {
    SPANS.iter().position(|span| *span >= seconds).unwrap_or(SPANS.len() - 1)
}

/// Zooms by a number of steps; negative shows less time.
pub(in crate::tui) fn zoomed(now: isize, by: isize) -> isize {
    let most = SPANS.len() as isize - 1;
    now.saturating_add(by).clamp(-most, most)
}

/// `60 s`, `10 min`.
fn span_words(seconds: u64) -> String {
    if seconds < 120 { format!("{seconds} s") } else { format!("{} min", seconds / 60) }
}

/// From the start of one measured block to the next, typically: with turns, a whole cycle.
fn cycle(latency: &Latency) -> u64 {
    let starts: Vec<Nanos> =
        latency.recent.iter().rev().filter(|b| b.kind == BlockKind::Measure).take(128).map(|b| b.t0).collect();
    let mut gaps: Vec<u64> = starts.windows(2).map(|w| w[0].since(w[1]).0).collect();
    gaps.sort_unstable();
    // Blocks of one turn follow each other at once; the gaps between turns are the upper part.
    gaps.get(gaps.len() * 9 / 10).copied().unwrap_or(0)
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len().saturating_sub(1) / 2).copied()
}

const WARMUP: u8 = 0;
const SPIKE: u8 = 1;
const P99: u8 = 2;
const P50: u8 = 3;

/// Paints one variant's chart.
pub(super) fn draw(cx: Cx<'_>, v: &Variant, plan: &Plan, area: Rect, buf: &mut Buffer) {
    if area.height < 3 || area.width < plan.gutter + LABELS + 4 {
        return;
    }
    let theme = cx.theme;
    let hue = theme.variant(v.slot);
    let field =
        Rect { x: area.x + plan.gutter, width: area.width - plan.gutter - LABELS, height: area.height - 1, ..area };
    let mut dots = Dots::new(field.width, field.height);
    let y = |ns: f64| plan.axis.dot(ns / plan.unit.nanos());

    let bins = plan.bins(&v.latency);
    let mut before: Option<u16> = None;
    for (i, bin) in bins.iter().enumerate() {
        let x = plan.column(i, cx.ui.sweep);
        let Some(p50) = bin.p50.filter(|_| !(cx.ui.sweep && plan.is_cursor(i))) else {
            before = None;
            continue;
        };
        let here = y(p50);
        for dot in 0..plan.dots {
            let x = x + dot;
            if bin.measured {
                // Neighbouring levels are joined, so that a step is a line and not two pieces.
                dots.rise(x, before.filter(|_| dot == 0 && x > 0).unwrap_or(here), here, P50);
            } else if x.is_multiple_of(2) {
                dots.set(x, here, WARMUP);
            }
        }
        if bin.measured && bin.max > bin.p99 {
            dots.set(x, y(bin.max), SPIKE);
        }
        before = bin.measured.then_some(here);
    }
    tail(&mut dots, plan, &bins, cx.ui.sweep, y);
    spikes(&mut dots, v, plan, &bins, cx.ui.sweep, y);
    let layers = [(theme.dim(), ':'), (hue, '\''), (hue, '.'), (hue, '-')].map(|(style, ascii)| Layer { style, ascii });
    dots.paint(buf, field, &layers, theme.ascii);
    scale(cx, plan, area, field, buf);
    labels(v, plan, &bins, field, buf, cx, &y);
    time_axis(cx, plan, area, field, buf);
}

impl Plan {
    /// The dot column of a bin: from the left by age, or in its own fixed place when the chart sweeps.
    fn column(&self, i: usize, sweep: bool) -> u16 {
        let place = if sweep { (self.first() + i as i64).rem_euclid(self.count.max(1) as i64) } else { i as i64 };
        self.offset + place as u16 * self.dots
    }

    /// A sweeping chart has a gap between its newest and its oldest column.
    fn is_cursor(&self, i: usize) -> bool {
        i < 2
    }
}

/// The p99 as a dotted line: one dot a cell. It is not joined as the p50 is: it wanders, and risers would
/// drown it.
fn tail(dots: &mut Dots, plan: &Plan, bins: &[Bin], sweep: bool, y: impl Fn(f64) -> u16) {
    let per_cell = usize::from(2 / plan.dots.max(1)).max(1);
    for (i, cell) in bins.chunks(per_cell).enumerate() {
        let measured = cell.iter().filter(|b| b.measured && b.p50.is_some());
        let i = i * per_cell;
        let Some(p99) = measured.map(|b| b.p99).reduce(f64::max).filter(|_| !(sweep && plan.is_cursor(i))) else {
            continue;
        };
        for dot in (0..plan.dots).step_by(2) {
            dots.set(plan.column(i, sweep) + dot, y(p99), P99);
        }
    }
}

/// Single samples above their column's p99.
fn spikes(dots: &mut Dots, v: &Variant, plan: &Plan, bins: &[Bin], sweep: bool, y: impl Fn(f64) -> u16) {
    let first = plan.first();
    for (t, latency) in v.latency.live.iter().rev() {
        let i = (t.0 / plan.bin) as i64 - first;
        if i < 0 {
            break;
        }
        let Some(bin) = bins.get(i as usize).filter(|b| b.measured) else { continue };
        if latency.0 as f64 > bin.p99 && !(sweep && plan.is_cursor(i as usize)) {
            dots.set(plan.column(i as usize, sweep), y(latency.0 as f64), SPIKE);
        }
    }
}

/// The numbers on the left.
fn scale(cx: Cx<'_>, plan: &Plan, area: Rect, field: Rect, buf: &mut Buffer) {
    let gutter = Rect { width: plan.gutter - 1, ..area };
    let axis = Rect { x: gutter.x + gutter.width, width: 1, ..area };
    for row in 0..field.height {
        paint::text(buf, axis, 0, row, "│", cx.theme.faint());
    }
    for (row, tick) in plan.axis.ticks() {
        paint::right(buf, gutter, row, &axis::label(tick, plan.axis.step), cx.theme.dim());
        paint::text(buf, axis, 0, row, "┤", cx.theme.faint());
    }
    paint::right(buf, gutter, field.height, plan.unit.symbol(), cx.theme.dim());
}

/// `p99` and `p50` beside their newest values, and an arrow where something lies above the scale.
fn labels(v: &Variant, plan: &Plan, bins: &[Bin], field: Rect, buf: &mut Buffer, cx: Cx<'_>, y: &impl Fn(f64) -> u16) {
    let hue = cx.theme.variant(v.slot);
    let beside = Rect { x: field.x + field.width, width: LABELS, ..field };
    let Some(bin) = bins.iter().rev().find(|b| b.measured) else { return };
    let p50 = y(bin.p50.unwrap_or(0.0)) / 4;
    let p99 = y(bin.p99) / 4;
    let p99 = if p99 >= p50 { p50.checked_sub(1) } else { Some(p99) };
    paint::text(buf, beside, 1, p50, "p50", hue);
    if let Some(row) = p99 {
        paint::text(buf, beside, 1, row, "p99", hue);
    }
    let most = plan.axis.top() * plan.unit.nanos() * 1.01;
    for (i, _) in bins.iter().enumerate().filter(|(_, b)| b.measured && b.max > most) {
        let x = plan.column(i, cx.ui.sweep) / 2;
        paint::text(buf, field, x, 0, "↑", cx.theme.warn());
    }
}

/// The line below: how long ago the left edge is, and what the right edge is.
fn time_axis(cx: Cx<'_>, plan: &Plan, area: Rect, field: Rect, buf: &mut Buffer) {
    let row = Rect { x: area.x + plan.gutter - 1, width: field.width + 1, ..paint::rows(area, field.height, 1) };
    let faint = cx.theme.faint();
    paint::text(buf, row, 0, 0, &format!("└{}", "─".repeat(row.width as usize - 1)), faint);
    let (left, right) = match (cx.ui.sweep, cx.state.done, cx.state.paused) {
        (true, ..) => (format!(" one sweep is {} ", span_words(plan.span)), String::new()),
        (_, true, _) => (format!(" {} before ", span_words(plan.span)), " end".to_string()),
        (_, _, true) => (format!(" {} before ", span_words(plan.span)), " pause".to_string()),
        _ => (format!(" {} ago ", span_words(plan.span)), " now".to_string()),
    };
    paint::text(buf, row, 1, 0, &left, cx.theme.dim());
    paint::right(buf, row, 0, &right, cx.theme.dim());
    let (from, to) = (paint::width(&left) + 1, row.width.saturating_sub(paint::width(&right) + 1));
    marks(cx, plan, (from, to), row, buf);
}

/// What happened to the device, at its time: `▲ over-current`. Words give way to the next mark.
fn marks(cx: Cx<'_>, plan: &Plan, (from, to): (u16, u16), row: Rect, buf: &mut Buffer) {
    if to <= from {
        return;
    }
    let mut placed: Vec<(u16, &Mark)> = Vec::new();
    for mark in cx.state.marks.iter() {
        let i = (mark.t.0 / plan.bin) as i64 - plan.first();
        if (0..plan.count as i64).contains(&i) {
            // The axis begins in the column before the chart; its words are not painted over.
            let x = (plan.column(i as usize, cx.ui.sweep) / 2 + 1).clamp(from, to - 1);
            placed.retain(|(other, _)| *other != x);
            placed.push((x, mark));
        }
    }
    placed.sort_by_key(|(x, _)| *x);
    for (i, (x, mark)) in placed.iter().enumerate() {
        let style = if mark.kind == MarkKind::Throttle { cx.theme.warn() } else { cx.theme.text() };
        paint::text(buf, row, *x, 0, "▲", style);
        let end = placed.get(i + 1).map_or(to, |(next, _)| *next);
        let room = end.saturating_sub(x + 3);
        if room >= paint::width(&mark.text).min(6) {
            paint::text(buf, row, x + 1, 0, &format!(" {} ", paint::fit(&mark.text, room)), style);
        }
    }
}
