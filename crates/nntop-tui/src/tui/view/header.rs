//! The first line: which device, what state, which page.
//!
//! ```text
//!  nntop ▸ orin-nano  Jetson Orin Nano 8GB · schedutil          ● measuring 01:12   1 Live  3 Device  4 Compare  5 Log
//! ```

use super::{Cx, paint};
use crate::tui::Page;
use nntop_core::event::{Phase, Playhead};
use nntop_core::unit::{Nanos, clock_face, percent};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// Below this width pages have short names.
const NARROW: u16 = 100;

/// Below this width only the page shown has its name: the device's matters more.
const NARROWEST: u16 = 76;

pub(super) fn draw(cx: Cx<'_>, area: Rect, buf: &mut Buffer) {
    let right = right_side(cx, area.width);
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

/// The page whose name stands there.
pub(super) fn clicked(cx: Cx<'_>, area: Rect, x: u16) -> Option<Page> {
    let line = right_side(cx, area.width);
    let pages = cx.ui.pages();
    let names = &line.spans[line.spans.len() - pages.len()..];
    let mut from = area.width.saturating_sub(1);
    for (page, name) in pages.iter().zip(names).rev() {
        let to = from;
        from = from.saturating_sub(paint::width(&name.content));
        if (from..to).contains(&x) {
            return Some(*page);
        }
    }
    None
}

/// What goes on, then the pages.
fn right_side(cx: Cx<'_>, width: u16) -> Line<'static> {
    let theme = cx.theme;
    let mut spans = Vec::new();
    if let Some(head) = cx.ui.playhead {
        spans.extend(replay(cx, head));
    } else {
        spans.extend(recording(cx));
        let (sign, word, style) = condition(cx);
        spans.push(Span::styled(format!("{sign} {word}{}", which(cx)), style));
        if let Some(t) = elapsed(cx) {
            spans.push(Span::styled(format!(" {}", clock_face(t)), theme.text()));
        }
    }
    if let Some(width) = widest(cx) {
        spans.push(Span::styled(format!("  {width}"), theme.dim()));
    }
    spans.push(Span::raw("  "));
    for page in cx.ui.pages().iter().copied() {
        let name = match width {
            ..NARROWEST if page != cx.ui.page => String::new(),
            ..NARROW => page.short_name().to_owned(),
            _ => format!(" {}", page.name()),
        };
        let style = if page == cx.ui.page { theme.focus() } else { theme.dim() };
        // Brackets say in mono what the colour says: which page this is.
        let (open, close) = if page == cx.ui.page { ("[", "]") } else { (" ", " ") };
        spans.push(Span::styled(format!("{open}{}{name}{close}", page.number()), style));
    }
    Line::from(spans)
}

/// Where a replay stands: `▸ replay 00:42 / 05:10  2x`.
fn replay(cx: Cx<'_>, head: Playhead) -> [Span<'static>; 2] {
    let (at, length) = (clock_face(head.at), clock_face(head.length));
    let sign = if head.playing { "▸" } else { "‖" };
    let mut word = format!("{sign} replay ");
    if cx.ui.frozen {
        word.push_str("frozen ");
    }
    let place = format!("{at} / {length}  {}", head.speed());
    [Span::styled(word, cx.theme.focus()), Span::styled(place, cx.theme.text())]
}

/// Whether a recording is written, or has lost something.
fn recording(cx: Cx<'_>) -> Option<Span<'static>> {
    let recording = &cx.state.recording;
    match (&recording.file, &recording.lost) {
        (_, Some(_)) => Some(Span::styled("! rec lost  ", cx.theme.warn())),
        (Some(_), None) => Some(Span::styled("● rec  ", cx.theme.bad())),
        (None, None) => None,
    }
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

/// Which of several warms up or loads now: ` 2 of 3`.
fn which(cx: Cx<'_>) -> String {
    let state = cx.state;
    let all = state.variants.len();
    let begins = |phase| matches!(phase, Phase::Load | Phase::Warmup);
    let open = state.variants.iter().filter(|v| v.outcome.is_none() && begins(v.phase)).count();
    let measures = state.variants.iter().any(|v| v.outcome.is_none() && v.phase == Phase::Measure);
    let quiet = cx.ui.frozen || cx.ui.monitor || state.done || state.paused || state.sweep.is_some();
    let shown = all > 1 && open > 0 && !measures && !quiet;
    if shown { format!(" {} of {all}", all - open + 1) } else { String::new() }
}

/// How sure the least sure median is, against how sure all have to be for the run to end.
fn widest(cx: Cx<'_>) -> Option<String> {
    let wanted = percent(cx.state.until_ci?);
    let going = cx.state.variants.iter().filter(|v| !v.failed());
    let widths: Option<Vec<f64>> = going.map(|v| v.latency.p50_width()).collect();
    let widest = widths.and_then(|all| all.into_iter().max_by(f64::total_cmp));
    Some(widest.map_or_else(|| format!("±? of ±{wanted}"), |is| format!("±{} of ±{wanted}", percent(is))))
}

/// How long it has been measured, as far as it has.
fn elapsed(cx: Cx<'_>) -> Option<Nanos> {
    let began = cx.state.variants.iter().filter_map(|v| v.measuring_since).min()?;
    Some(cx.work_time().since(began))
}
