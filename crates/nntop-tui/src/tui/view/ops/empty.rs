//! The page before the first profile: what will stand here and when, or why nothing will.

use super::{Cx, names, paint};
use crate::tui::ops::Side;
use nntop_core::event::{Phase, Profiler};
use nntop_state::Variant;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

pub(super) fn draw(cx: Cx<'_>, area: Rect, buf: &mut Buffer) {
    let theme = cx.theme;
    let slots = match cx.ui.ops.shown(cx.state) {
        Some(Side::One(slot)) => vec![slot],
        Some(Side::Both(a, b)) => vec![a, b],
        None => Vec::new(),
    };
    let inner = Rect { x: area.x + 3, width: area.width.saturating_sub(6), ..area };
    let mut y = (area.height / 4).min(6);
    for v in slots.iter().filter_map(|slot| cx.state.variant(*slot)) {
        let (sign, text, style) = why(cx, v);
        let mut spans = names::letter(cx, v);
        spans.push(Span::styled(format!("{sign} "), style));
        let x = paint::line(buf, inner, 0, y, &Line::from(spans));
        for part in paint::wrap(&text, inner.width.saturating_sub(x).min(96)) {
            paint::text(buf, inner, x, y, &part, theme.strong());
            y += 1;
        }
        y += 1;
    }
    if slots.is_empty() {
        paint::text(buf, inner, 0, y, "no variant yet", theme.dim());
        y += 2;
    }
    let words = "Here will stand where the time of an inference goes: every operator with its own time, its share, calls, GFLOP/s, \
                 shapes and where it ran, and a flame of all of them. A burst profiles a few inferences apart from the measured ones, \
                 so that it costs the figures nothing.";
    for part in paint::wrap(words, inner.width.min(96)) {
        paint::text(buf, inner, 0, y, &part, theme.dim());
        y += 1;
    }
}

/// Why a variant has no profile now.
fn why(cx: Cx<'_>, v: &Variant) -> (&'static str, String, Style) {
    let theme = cx.theme;
    let wait = |text: &str| ("○", text.to_string(), theme.warn());
    if v.failed() {
        return ("✗", "failed: the reason is on page 1".into(), theme.bad());
    }
    if v.ops.latest.is_some() {
        return ("✓", format!("profiled, burst {}: v shows it alone", v.ops.bursts), theme.good());
    }
    if let Some(reason) = &v.ops.absent {
        return ("!", format!("the last profile is empty: {reason}"), theme.warn());
    }
    let Some(ready) = &v.ready else { return wait("loading: the first burst comes after the warm-up") };
    if ready.engine.profiler == Profiler::None {
        let engine = format!("{} {}", ready.engine.name, ready.engine.version);
        return ("–", format!("{} has no profiler that nntop supports", engine.trim()), theme.dim());
    }
    let measured = cx.state.now.since(v.phase_since).as_secs_f64();
    match v.phase {
        _ if cx.state.done => ("–", "the run ended before a burst: R restarts it".into(), theme.dim()),
        _ if cx.state.parallel => wait("with --parallel, operators are profiled only before the measurement"),
        Phase::Load | Phase::Warmup => {
            ("○", format!("warming up for {measured:.0} s: the first burst comes when that is over"), theme.warn())
        }
        _ if cx.state.paused => wait("paused: space resumes, then p profiles"),
        _ => wait("the first burst comes with the variant's next turn; p asks for one now"),
    }
}
