//! More than two variants: a row each, and the focused one's chart below.
//!
//! ```text
//!       variant      engine                    p50       p99       max     inf/s         n  state
//! ▸ A   fp32         onnxruntime 1.23 CUDA 4.51 ms   5.90 ms   9.02 ms       221     9 301  ● measuring
//! ```

use super::{Cx, figures, names, paint};
use nntop_core::event::{Outcome, Phase};
use nntop_core::stats::RELIABLE;
use nntop_core::unit::grouped;
use nntop_state::Variant;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

pub(super) fn draw(cx: Cx<'_>, area: Rect, buf: &mut Buffer) {
    let theme = cx.theme;
    let unit = figures::unit(&cx.state.variants);
    let focused = cx.ui.focused(cx.state);
    let numbers = ["p50", "p99", "max", "inf/s", "n"];
    let (cell, word) = (9, 13);
    let names_width = area.width.saturating_sub(4 + numbers.len() as u16 * cell + word + 2).min(64);
    let name_width = (names_width / 2).clamp(names_width.min(10), 28);
    let engine_width = names_width.saturating_sub(name_width);
    // Where the engine has no room, its room is the name's.
    let name_width = if engine_width >= 10 { name_width } else { names_width };
    let at = |i: usize| 4 + names_width + i as u16 * cell;
    paint::text(buf, area, 4, 0, "variant", theme.dim());
    if engine_width >= 10 {
        paint::text(buf, area, 4 + name_width, 0, "engine", theme.dim());
    }
    for (i, title) in numbers.iter().enumerate() {
        paint::right(buf, Rect { width: at(i) + cell, ..area }, 0, title, theme.dim());
    }
    // The focused row stays in sight.
    let rows = area.height.saturating_sub(1) as usize;
    let at_focus = cx.state.variants.iter().position(|v| Some(v.slot) == focused).unwrap_or(0);
    let skip = (at_focus + 1).saturating_sub(rows);
    for (y, v) in cx.state.variants.iter().skip(skip).take(rows).enumerate() {
        let row = paint::rows(area, y as u16 + 1, 1);
        if Some(v.slot) == focused {
            paint::text(buf, row, 0, 0, "▸", theme.focus());
        }
        paint::text(buf, row, 2, 0, &v.slot.to_string(), theme.variant(v.slot));
        paint::text(buf, row, 4, 0, &paint::fit(&v.spec.name, name_width.saturating_sub(1)), theme.strong());
        if engine_width >= 10 {
            let engine = names::facts(v).first().cloned().unwrap_or_default();
            paint::text(buf, row, 4 + name_width, 0, &paint::fit(&engine, engine_width.saturating_sub(1)), theme.dim());
        }
        if let Some(f) = &v.latency.figures {
            let time = |ns: u64| unit.format_with_unit(ns as f64);
            let values = [
                time(f.percentiles[0].0),
                time(f.percentiles[3].0),
                time(f.max.0),
                figures::rate(f, v.samples()),
                grouped(f.n),
            ];
            for (i, value) in values.iter().enumerate() {
                let unsure = i == 1 && f.n < RELIABLE.p99;
                let style = if unsure { theme.dim() } else { theme.text() };
                paint::right(buf, Rect { width: at(i) + cell, ..row }, 0, value, style);
                if unsure {
                    paint::text(buf, row, at(i) + cell, 0, "!", theme.warn());
                }
            }
        }
        let (words, style) = condition(cx, v);
        paint::text(buf, row, at(numbers.len()) + 2, 0, words, style);
    }
}

fn condition(cx: Cx<'_>, v: &Variant) -> (&'static str, Style) {
    let theme = cx.theme;
    match (&v.outcome, v.phase) {
        (Some(Outcome::Failed { .. }), _) => ("✗ failed", theme.bad()),
        (Some(Outcome::Interrupted), _) => ("! interrupted", theme.warn()),
        (Some(Outcome::Ok), _) | (None, Phase::Done) => ("✓ done", theme.good()),
        (None, Phase::Load) => ("○ loading", theme.warn()),
        (None, Phase::Warmup) => ("○ warming up", theme.warn()),
        (None, _) if cx.state.paused => ("‖ paused", theme.warn()),
        (None, _) if cx.state.parallel || cx.state.turn == Some(v.slot) => ("● measuring", theme.good()),
        (None, _) => ("○ waiting", theme.dim()),
    }
}
