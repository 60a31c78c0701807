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
use nntop_core::unit::{TimeUnit, percent_short, significant};
use nntop_state::{Figures, Variant};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// More rows than this say no more.
const MOST_ROWS: u16 = 28;

/// A variant whose tail begins beyond this many times the other's least latency would leave that one a single bar: then bins
/// widen with what they hold.
const FAR: f64 = 3.0;

/// Bins that variants side by side share, so that bars can be compared from one to the other.
#[derive(Debug, Clone)]
pub(super) struct Bins {
    /// The lower edges in nanoseconds, ascending; the last bin has no upper one.
    edges: Vec<f64>,
    /// Between neighbouring edges, where that is the same for all.
    step: Option<f64>,
    unit: TimeUnit,
    /// The greatest share that a bin holds of any of the variants: the longest bar.
    most: f64,
}

impl Bins {
    /// Bins for variants, one a row, the last of which is for the tail.
    pub(super) fn of(variants: &[&Variant], rows: u16) -> Option<Self> {
        let all: Vec<&Figures> = variants.iter().filter_map(|v| v.latency.figures.as_ref()).collect();
        let least = all.iter().filter_map(|f| f.shape.first()).map(|s| s.0 as f64).reduce(f64::min)?;
        // Up to p95 the bins are fine: that is where the shape is. What follows is the tail.
        let most = all.iter().map(|f| f.percentiles[2].0 as f64).fold(least, f64::max);
        let max = all.iter().map(|f| f.max.0 as f64).fold(0.0, f64::max);
        let rows = rows.clamp(2, MOST_ROWS);
        let (edges, step) = if most > least * FAR && all.len() > 1 {
            (growing(least, most, rows), None)
        } else {
            let (edges, step) = even(least, most, max, rows);
            (edges, Some(step))
        };
        let mut bins = Self { edges, step, unit: TimeUnit::fitting(most), most: 0.0 };
        let share = |f: &Figures| bins.shares(f).into_iter().fold(0.0, f64::max);
        bins.most = all.iter().map(|f| share(f)).fold(f64::MIN_POSITIVE, f64::max);
        Some(bins)
    }

    fn rows(&self) -> u16 {
        self.edges.len() as u16
    }

    /// The row in which a value lies.
    fn row(&self, value: f64) -> u16 {
        self.edges.partition_point(|edge| *edge <= value).saturating_sub(1) as u16
    }

    /// What share of a variant's latencies each bin holds.
    fn shares(&self, f: &Figures) -> Vec<f64> {
        let mut counts = vec![0u64; self.edges.len()];
        for &(value, n) in &f.shape {
            counts[usize::from(self.row(value as f64))] += n;
        }
        counts.into_iter().map(|n| n as f64 / f.n.max(1) as f64).collect()
    }

    /// What stands at the left of a row.
    fn label(&self, row: u16) -> String {
        let edge = self.edges[usize::from(row)] / self.unit.nanos();
        let number = match self.step {
            Some(step) => {
                let step = step / self.unit.nanos();
                // A width of 1.5 needs a decimal more than one of 1.
                let digits = step / 10f64.powf((step * (1.0 + 1e-9)).log10().floor());
                let halves = (digits - digits.round()).abs() > 1e-6;
                axis::label(edge, if halves { step / 10.0 } else { step })
            }
            None => significant(edge),
        };
        if row + 1 == self.rows() { format!("≥ {number}") } else { number }
    }
}

/// Edges at equal distances of a round width.
fn even(least: f64, most: f64, max: f64, rows: u16) -> (Vec<f64>, f64) {
    let fine = f64::from(rows - 1);
    // Bins well above the histogram's own 0.1 %, or its buckets would show as a comb.
    let mut step = round_up(((most - least) / fine).max(most * 4e-3).max(1.0));
    let mut low = (least / step).floor() * step;
    // The tail begins above p95, or the last fine bin would hold next to nothing.
    if low + step * fine <= most {
        step = round_up(step * 1.01);
        low = (least / step).floor() * step;
    }
    let wanted = (((max - low) / step).floor().min(f64::from(u16::MAX - 1)) as u16 + 1).min(rows).max(2);
    ((0..wanted).map(|i| low + f64::from(i) * step).collect(), step)
}

/// The next round width. Finer than the steps of an axis, of which a bin would often be twice as wide as it has to be.
fn round_up(value: f64) -> f64 {
    let power = 10f64.powf(value.log10().floor());
    let round = [1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0];
    round.into_iter().find(|n| value <= n * power * (1.0 + 1e-9)).unwrap_or(10.0) * power
}

/// Edges at equal ratios, each as much above the one before: on such an axis both shapes have room.
fn growing(least: f64, most: f64, rows: u16) -> Vec<f64> {
    let ratio = (most / least).powf(1.0 / f64::from((rows - 1).max(1)));
    (0..rows).map(|i| least * ratio.powi(i32::from(i))).collect()
}

/// Paints one variant's distribution.
pub(super) fn draw(cx: Cx<'_>, v: &Variant, bins: &Bins, area: Rect, buf: &mut Buffer) {
    let Some(f) = &v.latency.figures else { return };
    let theme = cx.theme;
    let shares = bins.shares(f);
    let gutter = (0..bins.rows()).map(|r| paint::width(&bins.label(r))).max().unwrap_or(0).max(4);
    let marks = marks(f, bins);
    let beside: u16 = if area.width > 44 { 7 + 16 } else { 7 + 9 };
    let room = area.width.saturating_sub(gutter + 1 + beside);
    if room < 4 {
        return;
    }
    for row in 0..bins.rows().min(area.height) {
        let line = paint::rows(area, row, 1);
        paint::right(buf, Rect { width: gutter, ..line }, 0, &bins.label(row), theme.dim());
        let share = shares[row as usize];
        paint::text(buf, line, gutter, 0, "▏", theme.faint());
        paint::text(buf, line, gutter + 1, 0, &bars::lying(share / bins.most, room), theme.variant(v.slot));
        let text = Rect { width: gutter + 1 + room + 7, ..line };
        if share > 0.0 {
            paint::right(buf, text, 0, &percent_short(share), theme.dim());
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
    let mut marks = vec![String::new(); bins.edges.len()];
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
