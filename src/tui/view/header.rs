//! The first line: which device, what state, which page.
//!
//! ```text
//!  nntop ▸ orin-nano  Jetson Orin Nano 8GB · schedutil          ● measuring 01:12   1 Live  3 Device  4 Compare  5 Log
//! ```

use super::{Cx, paint};
use crate::event::Phase;
use crate::unit::{Nanos, clock_face};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

pub(super) fn draw(cx: Cx<'_>, area: Rect, buf: &mut Buffer) {
    let right = right_side(cx, area.width < 100);
    let at = area.width.saturating_sub(right.width() as u16 + 1);
    paint::line(buf, area, at, 0, &right);

    let theme = cx.theme;
    let left = Rect { width: at.saturating_sub(2), ..area };
    let x = paint::text(buf, left, 1, 0, "nntop", theme.focus());
    let x = paint::text(buf, left, x, 0, " ▸ ", theme.dim());
    let Some(info) = cx.state.hello.as_ref().map(|h| &h.info) else { return };
    let x = paint::text(buf, left, x, 0, &paint::fit(&info.name, left.width.saturating_sub(x)), theme.strong());
    let mut parts: Vec<String> = info.board.iter().chain(&info.cpu_model).take(1).cloned().collect();
    parts.extend(info.governor.clone());
    let room = left.width.saturating_sub(x + 2);
    if room >= 8 {
        paint::text(buf, left, x + 2, 0, &paint::join_fitting(&parts, " · ", room), theme.dim());
    }
}

/// On narrow terminals only the page shown has its name: the device's matters more.
fn right_side(cx: Cx<'_>, narrow: bool) -> Line<'static> {
    let theme = cx.theme;
    let (sign, word, style) = condition(cx);
    let mut spans = vec![Span::styled(format!("{sign} {word}"), style)];
    if let Some(t) = elapsed(cx) {
        spans.push(Span::styled(format!(" {}", clock_face(t)), theme.text()));
    }
    spans.push(Span::raw("  "));
    for page in cx.ui.pages().iter().copied() {
        let name = if narrow && page != cx.ui.page { String::new() } else { format!(" {}", page.name()) };
        let style = if page == cx.ui.page { theme.focus() } else { theme.dim() };
        // Brackets say in mono what the colour says: which page this is.
        let (open, close) = if page == cx.ui.page { ("[", "]") } else { (" ", " ") };
        spans.push(Span::styled(format!("{open}{}{name}{close}", page.number()), style));
    }
    Line::from(spans)
}

/// Sign, word and colour of what goes on.
fn condition(cx: Cx<'_>) -> (&'static str, &'static str, Style) {
    let (state, theme) = (cx.state, cx.theme);
    let all_failed = !state.variants.is_empty() && state.variants.iter().all(|v| v.failed());
    let going = |phase| state.variants.iter().any(|v| v.outcome.is_none() && v.phase == phase);
    if cx.ui.frozen {
        ("◆", "frozen", theme.focus())
    } else if cx.ui.monitor {
        ("●", "live", theme.good())
    } else if all_failed {
        ("✗", "failed", theme.bad())
    } else if state.done && state.variants.iter().any(|v| v.failed()) {
        ("!", "done, one failed", theme.warn())
    } else if state.done {
        ("✓", "done", theme.good())
    } else if state.paused {
        ("‖", "paused", theme.warn())
    } else if going(Phase::Measure) && state.parallel {
        ("●", "in parallel", theme.good())
    } else if going(Phase::Measure) {
        ("●", "measuring", theme.good())
    } else if going(Phase::Warmup) {
        ("○", "warming up", theme.warn())
    } else {
        ("○", "loading", theme.warn())
    }
}

/// How long it has been measured, as far as it has.
fn elapsed(cx: Cx<'_>) -> Option<Nanos> {
    let began = cx.state.variants.iter().filter_map(|v| v.measuring_since).min()?;
    Some(cx.work_time().since(began))
}
