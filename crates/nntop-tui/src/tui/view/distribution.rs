//! How the latencies are spread: bars over bins of a round width, the tail in one bin of its own.
//!
//! ```text
//!  4.40 ms ▏▍
//!  4.50    ▏████████████████████    61 %  p50
//!  4.60    ▏███████▎                22 %  p90
//!  4.70    ▏▊                      2.1 %
//!  beyond  ▏▏                      0.9 %  p99 max
//! ```

use super::{Cx, paint};
use crate::tui::widget::{axis, bars};
use nntop_core::unit::{TimeUnit, percent_short};
use nntop_state::{Figures, Variant};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// More rows than this say no more.
const MOST_ROWS: u16 = 28;

/// The bins of one variant: each has its own, or the faster of two would be one bar. Which is faster shows in
/// the charts above, whose scale they share.
#[derive(Debug, Clone)]
pub(super) struct Bins {
    low: f64,
    step: f64,
    rows: u16,
    unit: TimeUnit,
}

impl Bins {
    /// Bins for a variant in so many rows, the last of which is for the tail.
    pub(super) fn of(v: &Variant, rows: u16) -> Option<Self> {
        let figures = v.latency.figures.as_ref()?;
        let least = figures.shape.first()?.0 as f64;
        // Up to p95 the bins are fine: that is where the shape is. What follows is the tail.
        let most = figures.percentiles[2].0 as f64;
        let rows = rows.clamp(2, MOST_ROWS);
        let fine = f64::from(rows - 1);
        // Bins well above the histogram's own 0.1 %, or its buckets would show as a comb.
        let mut step = axis::round_up(((most - least) / fine).max(most * 4e-3).max(1.0));
        let mut low = (least / step).floor() * step;
        // The tail begins above p95, or the last fine bin would hold next to nothing.
        if low + step * fine <= most {
            step = axis::round_up(step * 1.01);
            low = (least / step).floor() * step;
        }
        let max = figures.max.0 as f64;
        let wanted = (((max - low) / step).floor().min(f64::from(u16::MAX - 1)) as u16 + 1).min(rows);
        Some(Self { low, step, rows: wanted.max(2), unit: TimeUnit::fitting(most) })
    }

    fn edge(&self, row: u16) -> f64 {
        self.low + f64::from(row) * self.step
    }

    /// The row in which a value lies.
    fn row(&self, value: f64) -> u16 {
        (((value - self.low) / self.step).floor().max(0.0) as u16).min(self.rows - 1)
    }
}

/// Paints one variant's distribution.
pub(super) fn draw(cx: Cx<'_>, v: &Variant, bins: &Bins, area: Rect, buf: &mut Buffer) {
    let Some(f) = &v.latency.figures else { return };
    let theme = cx.theme;
    let mut counts = vec![0u64; bins.rows as usize];
    for &(value, n) in &f.shape {
        counts[bins.row(value as f64) as usize] += n;
    }
    let most = counts.iter().copied().max().unwrap_or(1).max(1);
    let unit = bins.unit.nanos();
    let label = |row: u16| match row + 1 == bins.rows {
        true => format!("≥ {}", axis::label(bins.edge(row) / unit, bins.step / unit)),
        false => axis::label(bins.edge(row) / unit, bins.step / unit),
    };
    let gutter = (0..bins.rows).map(|r| paint::width(&label(r))).max().unwrap_or(0).max(4);
    let marks = marks(f, bins);
    let beside: u16 = if area.width > 44 { 7 + 16 } else { 7 + 9 };
    let room = area.width.saturating_sub(gutter + 1 + beside);
    if room < 4 {
        return;
    }
    for row in 0..bins.rows.min(area.height) {
        let line = paint::rows(area, row, 1);
        paint::right(buf, Rect { width: gutter, ..line }, 0, &label(row), theme.dim());
        let n = counts[row as usize];
        paint::text(buf, line, gutter, 0, "▏", theme.faint());
        paint::text(buf, line, gutter + 1, 0, &bars::lying(n as f64 / most as f64, room), theme.variant(v.slot));
        let text = Rect { width: gutter + 1 + room + 7, ..line };
        if n > 0 {
            paint::right(buf, text, 0, &percent_short(n as f64 / f.n.max(1) as f64), theme.dim());
        }
        paint::text(buf, line, text.width + 1, 0, &marks[row as usize], theme.text());
    }
}

/// The unit in which the bins are labelled.
pub(super) fn unit(bins: &Bins) -> &'static str {
    bins.unit.symbol()
}

/// Which percentiles lie in which row.
fn marks(f: &Figures, bins: &Bins) -> Vec<String> {
    let mut marks = vec![String::new(); bins.rows as usize];
    let at = [("p50", f.percentiles[0]), ("p90", f.percentiles[1]), ("p99", f.percentiles[3]), ("max", f.max)];
    for (name, value) in at {
        let mark = &mut marks[bins.row(value.0 as f64) as usize];
        if !mark.is_empty() {
            mark.push(' ');
        }
        mark.push_str(name);
    }
    marks
}
