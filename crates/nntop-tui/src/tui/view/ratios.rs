//! A row per figure: both sides, their ratio, and its interval as a bar around 1.
//!
//! ```text
//!                   A         B     ratio          0.8        1        1.3
//!  p50        4.51 ms   3.44 ms     1.31x           ·         │        ━●━   + B better
//!  p99        5.90 ms   4.01 ms     1.47x           ·     ━━━━━━━━━●━━━━━━  ~ undecided
//!  inf/s          221       290     1.31x
//! ```

use super::{Cx, difference, figures, paint};
use nntop_core::stats::Ratio;
use nntop_core::unit::significant;
use nntop_state::{Comparison, Difference, Variant};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Title row and a row per figure; energy has one where it is known.
pub(super) fn height(c: Option<&Comparison>) -> u16 {
    if c.is_some_and(|c| c.energy.is_ok()) { 5 } else { 4 }
}

/// Columns of numbers.
const CELL: u16 = 10;

/// Room for the words behind the bar.
const WORDS: u16 = 21;

pub(super) fn panel(cx: Cx<'_>, a: &Variant, b: &Variant, area: Rect, buf: &mut Buffer) {
    let theme = cx.theme;
    let title = vec![
        Span::styled(a.slot.to_string(), theme.variant(a.slot)),
        Span::styled(format!(" {}", paint::fit(&a.spec.name, 30)), theme.strong()),
        Span::styled("  against  ", theme.dim()),
        Span::styled(b.slot.to_string(), theme.variant(b.slot)),
        Span::styled(format!(" {}", paint::fit(&b.spec.name, 30)), theme.strong()),
    ];
    let inside = paint::panel(buf, area, Line::from(title), theme);
    let (Some(fa), Some(fb)) = (&a.latency.figures, &b.latency.figures) else {
        paint::text(buf, inside, 0, 0, "nothing measured yet", theme.dim());
        return;
    };
    let unit = figures::unit([a, b]);
    let time = |ns: u64| unit.format_with_unit(ns as f64);
    let c = cx.state.comparison(b.slot);
    let mut rows = vec![
        ("p50", time(fa.percentiles[0].0), time(fb.percentiles[0].0), c.map(|c| c.p50)),
        ("p99", time(fa.percentiles[3].0), time(fb.percentiles[3].0), c.map(|c| c.p99)),
        ("inf/s", figures::rate(fa, a.samples()), figures::rate(fb, b.samples()), c.map(|c| c.throughput)),
    ];
    if let Some(energy) = c.and_then(|c| c.energy.as_ref().ok()) {
        let mj = |v| cx.state.energy(v).map_or_else(|_| "–".into(), |e| format!("{} mJ", significant(e.gross_mj())));
        rows.push(("energy", mj(a), mj(b), Some(*energy)));
    }
    let at = |i: u16| Rect { width: (6 + (i + 1) * CELL).min(inside.width), ..inside };
    for (i, (name, style)) in
        [(a.slot.to_string(), theme.variant(a.slot)), (b.slot.to_string(), theme.variant(b.slot))].iter().enumerate()
    {
        paint::right(buf, at(i as u16), 0, name, *style);
    }
    paint::right(buf, at(2), 0, "ratio", theme.dim());
    let bar_at = 6 + 3 * CELL + 2;
    let room = inside.width.saturating_sub(bar_at + WORDS);
    let scale = Scale::of(rows.iter().filter_map(|r| r.3), room);
    if let Some(scale) = &scale {
        scale.head(cx, Rect { x: inside.x + bar_at, width: room, ..inside }, buf);
    }
    for (y, (name, left, right, ratio)) in rows.iter().enumerate() {
        let line = y as u16 + 1;
        paint::text(buf, inside, 0, line, name, theme.dim());
        paint::right(buf, at(0), line, left, theme.text());
        paint::right(buf, at(1), line, right, theme.text());
        let Some(ratio) = ratio else { continue };
        paint::right(buf, at(2), line, &difference::times(ratio.value), theme.strong());
        if let Some(scale) = &scale {
            let bar = Rect { x: inside.x + bar_at, width: room, ..paint::rows(inside, line, 1) };
            scale.draw(cx, b, *ratio, bar, buf);
        }
        let found = Difference::of(ratio.interval);
        let (sign, style) = match found {
            Difference::Faster => (format!("+ {} {}", b.slot, found.word()), theme.good()),
            Difference::Slower => (format!("- {} {}", b.slot, found.word()), theme.bad()),
            Difference::Equal => (format!("= {}", found.word()), theme.dim()),
            Difference::Undecided => (format!("~ {}", found.word()), theme.dim()),
        };
        paint::text(buf, inside, bar_at + room + 2, line, &sign, style);
    }
}

/// Ratios on a logarithmic axis, on which 1.25 and 0.8 lie equally far from 1.
struct Scale {
    low: f64,
    high: f64,
    columns: u16,
}

impl Scale {
    /// Holds 1 and every interval, with some air.
    fn of(ratios: impl Iterator<Item = Ratio>, columns: u16) -> Option<Self> {
        let (mut low, mut high, mut any) = (1.0f64, 1.0f64, false);
        for r in ratios {
            (low, high, any) = (low.min(r.interval.low), high.max(r.interval.high), true);
        }
        let air = (high / low).powf(0.08).max(1.005);
        (any && columns >= 12 && low > 0.0 && high.is_finite()).then(|| Self {
            low: low / air,
            high: high * air,
            columns,
        })
    }

    fn column(&self, ratio: f64) -> u16 {
        let share = (ratio / self.low).ln() / (self.high / self.low).ln();
        (share * f64::from(self.columns - 1)).round().clamp(0.0, f64::from(self.columns - 1)) as u16
    }

    /// The ends of the axis, and where 1 is.
    fn head(&self, cx: Cx<'_>, area: Rect, buf: &mut Buffer) {
        let (left, right) = (difference::times(self.low), difference::times(self.high));
        let one = self.column(1.0);
        if one > paint::width(&left) + 1 {
            paint::text(buf, area, 0, 0, &left, cx.theme.dim());
        }
        if one + paint::width(&right) + 2 < area.width {
            paint::right(buf, area, 0, &right, cx.theme.dim());
        }
        paint::text(buf, area, one, 0, "1", cx.theme.text());
    }

    fn draw(&self, cx: Cx<'_>, b: &Variant, ratio: Ratio, area: Rect, buf: &mut Buffer) {
        let (from, to) = (self.column(ratio.interval.low), self.column(ratio.interval.high));
        paint::text(buf, area, self.column(1.0), 0, "│", cx.theme.faint());
        let style = cx.theme.variant(b.slot);
        paint::text(buf, area, from, 0, &"━".repeat((to - from + 1) as usize), style);
        paint::text(buf, area, self.column(ratio.value), 0, "●", style);
    }
}
