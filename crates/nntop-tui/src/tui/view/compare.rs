//! Page 2: one variant against the first. Both distributions on one axis, the ratios, the verdict and how sure it is.
//!
//! ```text
//!  B is 1.31x faster (1.29–1.33, 95 %)
//!  ±1.5 % from 48 pairs of blocks; ±1 % needs about 40 s more
//! ╭ latency ms ─────────────────────────────────────────────╮
//! │ A                       ▁▂▅█▅▃▂▁▁                       │
//! │ B     ▁▃▇█▆▃▂▁▁                                         │
//! │  3.0         3.5         4.0         4.5         5.0    │
//! ╰─────────────────────────────────────────────────────────╯
//! ╭ ratios ─────────────────────────────────────────────────╮
//! │ table                                                   │
//! ╰─────────────────────────────────────────────────────────╯
//!  setups differ: precision (fp32, int8)
//! ```

use super::{Cx, difference, figures, paint, ratios};
use crate::tui::widget::{axis, bars};
use nntop_core::unit::{Nanos, TimeUnit, grouped, plus_minus};
use nntop_state::{Comparison, Variant};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

pub(super) fn draw(cx: Cx<'_>, area: Rect, buf: &mut Buffer) {
    let theme = cx.theme;
    let (Some(a), Some(b)) = (cx.state.variants.first(), judged(cx)) else {
        paint::text(buf, area, 2, 1, "Nothing to compare yet. Pass two models:", theme.dim());
        paint::text(buf, area, 2, 3, "nntop fp32:a.onnx int8:b.onnx,threads=2", theme.dim());
        return;
    };
    let inside = Rect { x: area.x + 2, width: area.width.saturating_sub(4), ..area };
    let comparison = cx.state.comparison(b.slot);
    match comparison {
        Some(c) => {
            let mut spans = difference::verdict(cx, c);
            spans.extend(chance(c).map(|text| Span::styled(format!("   {text}"), theme.dim())));
            paint::line(buf, inside, 0, 0, &Line::from(spans));
            paint::text(buf, inside, 0, 1, &paint::fit(&how_sure(cx, c), inside.width), theme.dim());
        }
        None => {
            paint::text(buf, inside, 0, 0, &difference::missing(a, b), theme.dim());
        }
    }
    let unlike: Vec<String> = match comparison {
        Some(c) if !c.unlike.is_empty() => {
            paint::wrap(&format!("also differs (not requested): {}", c.unlike.join(", ")), inside.width)
                .into_iter()
                .take(3)
                .collect()
        }
        Some(c) if !c.asked.is_empty() => {
            paint::wrap(&format!("differs only as requested: {}", c.asked.join(", ")), inside.width)
                .into_iter()
                .take(3)
                .collect()
        }
        Some(_) => vec!["same engine, providers, threads, precision, batch and inputs".into()],
        None => Vec::new(),
    };
    let answers = cx.state.agreement(b.slot).map(|found| match found {
        Ok(found) => (format!("outputs: {}", found.words()), found.is_far()),
        Err(why) => (format!("outputs not compared: {why}"), false),
    });
    let below = unlike.len() as u16 + u16::from(answers.is_some());
    let table = ratios::height(comparison) + 2;
    let room = area.height.saturating_sub(2 + below);
    let (spread, table) = if room >= table + 6 { (room - table, table) } else { (0, room.min(table)) };
    if spread > 0 {
        distributions(cx, a, b, paint::rows(area, 2, spread), buf);
    }
    ratios::panel(cx, a, b, paint::rows(area, 2 + spread, table), buf);
    let style = if comparison.is_some_and(|c| c.unlike.is_empty()) { theme.dim() } else { theme.warn() };
    for (i, part) in unlike.iter().enumerate() {
        paint::text(buf, inside, 0, 2 + spread + table + i as u16, &paint::fit(part, inside.width), style);
    }
    if let Some((words, far)) = answers {
        let style = if far { theme.warn() } else { theme.dim() };
        let y = 2 + spread + table + unlike.len() as u16;
        paint::text(buf, inside, 0, y, &paint::fit(&words, inside.width), style);
    }
}

/// The variant held against the first: the one in focus, else the second.
fn judged(cx: Cx<'_>) -> Option<&Variant> {
    let others = cx.state.variants.get(1..)?;
    others.iter().find(|v| Some(v.slot) == cx.ui.focus).or(others.first())
}

/// How often the draws agree with the verdict. Where the interval holds 1 there is nothing to agree with: it is wider than
/// the draws where blocks are few, and a share of them beside it would contradict it.
fn chance(c: &Comparison) -> Option<String> {
    if c.difference().is_open() {
        return None;
    }
    Some(match c.p_faster * 100.0 {
        p if p > 99.9 => format!("{} faster in 100 % of resamples", c.of),
        p if p < 0.1 => format!("{} faster in 0 % of resamples", c.of),
        p => format!("{} faster in {p:.0} % of resamples", c.of),
    })
}

/// A wait longer than this is none that anybody does.
const TOO_LONG: Nanos = Nanos::from_millis(7 * 24 * 3_600_000);

fn how_sure(cx: Cx<'_>, c: &Comparison) -> String {
    let half = plus_minus(c.p50.interval.relative(c.p50.value));
    let from = format!("{half} from {} pairs of blocks", grouped(c.pairs));
    // The next round step that is worth waiting for.
    let next = [0.01, 0.005, 0.002].into_iter().find_map(|share| Some((share, c.pairs_for(share)?)));
    match next {
        Some((share, more)) => {
            let share = share * 100.0;
            match cx.time_for(c, more) {
                Some(left) if left < TOO_LONG => format!("{from}; ±{share} % needs about {} more", in_words(left)),
                Some(_) => format!("{from}; ±{share} % is out of reach while the machine is this busy"),
                None => from,
            }
        }
        None => from,
    }
}

/// A time that is an estimate: `40 s`, `12 min`, `3 h`, `2 days`, two digits at most.
fn in_words(t: Nanos) -> String {
    let s = t.as_secs_f64();
    match s {
        s if s < 99.5 => format!("{:.0} s", s.max(1.0)),
        s if s < 99.5 * 60.0 => format!("{:.0} min", s / 60.0),
        s if s < 48.0 * 3_600.0 => format!("{:.0} h", s / 3_600.0),
        s => format!("{:.0} days", s / 86_400.0),
    }
}

/// Both distributions over one axis, the first above the other.
fn distributions(cx: Cx<'_>, a: &Variant, b: &Variant, area: Rect, buf: &mut Buffer) {
    let theme = cx.theme;
    let unit = figures::unit([a, b]);
    let title = vec![Span::styled("latency ", theme.dim()), Span::styled(unit.symbol(), theme.text())];
    let inside = paint::panel(buf, area, Line::from(title), theme);
    let Some(scale) = Scale::of([a, b], unit, inside.width.saturating_sub(2)) else {
        paint::text(buf, inside, 0, 0, "nothing measured yet", theme.dim());
        return;
    };
    let bars = inside.height.saturating_sub(1);
    let upper = bars.div_ceil(2);
    for (v, y, height) in [(a, 0, upper), (b, upper, bars - upper)] {
        let rows = paint::rows(inside, y, height);
        paint::text(buf, rows, 0, height.saturating_sub(1), &v.slot.to_string(), theme.variant(v.slot));
        let columns = Rect { x: rows.x + 2, width: rows.width.saturating_sub(2), ..rows };
        standing(&scale.shares(v), columns, theme.variant(v.slot), buf);
    }
    let labels = Rect { x: inside.x + 2, width: inside.width.saturating_sub(2), ..inside };
    let mut free = 0;
    for (x, text) in scale.ticks(unit) {
        if x >= free && x + paint::width(&text) <= labels.width {
            free = paint::text(buf, labels, x, bars, &text, theme.dim()) + 1;
        }
    }
}

/// Bars that stand side by side, several rows high.
fn standing(shares: &[f64], area: Rect, style: Style, buf: &mut Buffer) {
    let most = shares.iter().copied().fold(0.0, f64::max).max(f64::MIN_POSITIVE);
    for (x, share) in shares.iter().enumerate().filter(|(_, s)| **s > 0.0) {
        let high = share / most * f64::from(area.height);
        for y in 0..area.height {
            let part = high - f64::from(y);
            if part > 0.0 && (y == 0 || part >= 0.125) {
                let c = bars::standing(part.min(1.0));
                let row = area.height - 1 - y;
                paint::text(buf, area, x as u16, row, c.encode_utf8(&mut [0; 4]), style);
            }
        }
    }
}

/// From the fastest to beyond p99 of the slower one, in columns.
struct Scale {
    low: f64,
    per_column: f64,
    columns: u16,
}

impl Scale {
    fn of(variants: [&Variant; 2], unit: TimeUnit, columns: u16) -> Option<Self> {
        let shown: Vec<_> = variants.iter().filter_map(|v| v.latency.figures.as_ref()).collect();
        let low = shown.iter().filter_map(|f| f.shape.first()).map(|p| p.0).min()? as f64;
        let high = shown.iter().map(|f| f.percentiles[3].0).max()? as f64;
        let span = ((high - low) * 1.1).max(high * 0.02).max(unit.nanos() * 1e-3);
        (columns > 0).then(|| Self { low: low - span * 0.02, per_column: span / f64::from(columns), columns })
    }

    /// The share of inferences in every column; what is slower is in none.
    fn shares(&self, v: &Variant) -> Vec<f64> {
        let mut shares = vec![0.0; self.columns as usize];
        for &(ns, n) in v.latency.figures.iter().flat_map(|f| &f.shape) {
            let x = ((ns as f64 - self.low) / self.per_column).max(0.0) as usize;
            if let Some(share) = shares.get_mut(x) {
                *share += n as f64;
            }
        }
        shares
    }

    /// Columns and labels of round numbers.
    fn ticks(&self, unit: TimeUnit) -> Vec<(u16, String)> {
        let step = axis::round_up(self.per_column * 12.0);
        let first = (self.low / step).ceil();
        (0..=self.columns / 8)
            .map(|i| (first + f64::from(i)) * step)
            .map(|at| (((at - self.low) / self.per_column) as u16, axis::label(at / unit.nanos(), step / unit.nanos())))
            .filter(|(x, _)| *x < self.columns)
            .collect()
    }
}
