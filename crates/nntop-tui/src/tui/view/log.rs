//! Page 5: what the runtimes and nntop printed.
//!
//! ```text
//!  124 lines · ✗ 1 · ! 3 · by time                                              / search
//!  00:12.345  A  stderr  ! Some nodes were not assigned to the preferred provider
//! ```

use super::{Cx, paint};
use nntop_core::event::{LogSource, Severity};
use nntop_core::unit::{Nanos, clock_face, grouped};
use nntop_state::LogEntry;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// Where the text begins: time, slot, source and sign stand before it.
const TEXT_AT: u16 = 25;

pub(super) fn draw(cx: Cx<'_>, area: Rect, buf: &mut Buffer) {
    let area = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    let entries = chosen(cx);
    title(cx, entries.len(), paint::rows(area, 0, 1), buf);
    let body = paint::rows(area, 2, area.height.saturating_sub(2));
    if entries.is_empty() {
        let text = match cx.ui.log.search.is_empty() {
            true => "No log output yet.".to_string(),
            false => format!("no matches for \"{}\" (Esc clears)", cx.ui.log.search),
        };
        paint::text(buf, body, 0, 0, &paint::fit(&text, body.width), cx.theme.dim());
        return;
    }
    let scroll = cx.ui.log.scroll.min(entries.len() - 1);
    if cx.ui.log.errors_first {
        let mut y = 0;
        for e in entries.iter().skip(scroll) {
            y = entry(cx, e, body, y, buf);
        }
    } else {
        // From the bottom up: how many of the newest fit?
        let shown = &entries[..entries.len() - scroll];
        let mut from = shown.len();
        let mut used = 0;
        while from > 0 {
            used += paint::wrap(&shown[from - 1].line.text, text_width(body)).len() as u16;
            if used > body.height {
                break;
            }
            from -= 1;
        }
        // A line longer than the screen shows its beginning.
        let from = from.min(shown.len().saturating_sub(1));
        shown[from..].iter().fold(0, |y, e| entry(cx, e, body, y, buf));
    }
}

/// The lines that are asked for, in the order that is asked for.
fn chosen<'a>(cx: Cx<'a>) -> Vec<&'a LogEntry> {
    let wanted = cx.ui.log.search.to_lowercase();
    let mut entries: Vec<&LogEntry> =
        cx.state.log.iter().filter(|e| wanted.is_empty() || e.line.text.to_lowercase().contains(&wanted)).collect();
    if cx.ui.log.errors_first {
        entries.sort_by_key(|e| e.line.severity);
    }
    entries
}

fn title(cx: Cx<'_>, shown: usize, area: Rect, buf: &mut Buffer) {
    let (theme, log, ui) = (cx.theme, &cx.state.log, &cx.ui.log);
    let all = log.iter().len();
    let lines = if shown == all {
        format!("{} line{}", grouped(all as u64), if all == 1 { "" } else { "s" })
    } else {
        format!("{} of {} lines", grouped(shown as u64), grouped(all as u64))
    };
    let mut spans = vec![Span::styled(lines, theme.strong())];
    for (severity, sign, word, style) in
        [(Severity::Error, "✗", "error", theme.bad()), (Severity::Warning, "!", "warning", theme.warn())]
    {
        match log.count(severity) {
            0 => spans.push(Span::styled(format!(" · no {word}s"), theme.dim())),
            n => {
                spans.push(Span::styled(" · ", theme.dim()));
                spans.push(Span::styled(format!("{sign} {n} {word}{}", if n == 1 { "" } else { "s" }), style));
            }
        }
    }
    if log.forgotten > 0 {
        spans.push(Span::styled(format!(" · {} older lines dropped", grouped(log.forgotten)), theme.dim()));
    }
    let order = if ui.errors_first { " · errors first" } else { " · by time" };
    spans.push(Span::styled(order, theme.dim()));
    if ui.scroll > 0 {
        spans.push(Span::styled(" · scrolled", theme.focus()));
    }
    paint::line(buf, area, 0, 0, &Line::from(spans));
    if ui.typing || !ui.search.is_empty() {
        let cursor = if ui.typing { "▏" } else { "" };
        paint::right(buf, area, 0, &format!("  / {}{cursor}", ui.search), theme.focus());
    }
}

fn text_width(area: Rect) -> u16 {
    area.width.saturating_sub(TEXT_AT).max(8)
}

/// Paints an entry; returns the row after it.
fn entry(cx: Cx<'_>, e: &LogEntry, area: Rect, y: u16, buf: &mut Buffer) -> u16 {
    if y >= area.height {
        return y;
    }
    let theme = cx.theme;
    paint::text(buf, area, 0, y, &time(e.t), theme.dim());
    match e.line.variant {
        Some(slot) => paint::text(buf, area, 11, y, &slot.to_string(), theme.variant(slot)),
        None => paint::text(buf, area, 11, y, "–", theme.dim()),
    };
    let source = match e.line.source {
        LogSource::Stdout => "stdout",
        LogSource::Stderr => "stderr",
        LogSource::Nntop => "nntop",
    };
    paint::text(buf, area, 14, y, source, theme.dim());
    let (sign, signed, text) = match e.line.severity {
        Severity::Error => ("✗", theme.bad(), theme.strong()),
        Severity::Warning => ("!", theme.warn(), Style::new()),
        Severity::Info => ("·", theme.faint(), Style::new()),
    };
    paint::text(buf, area, 22, y, sign, signed);
    let mut y = y;
    for line in paint::wrap(&e.line.text, text_width(area)) {
        paint::text(buf, area, TEXT_AT - 1, y, &line, text);
        y += 1;
    }
    y
}

/// `00:12.345`: what happens while loading is told apart by milliseconds.
fn time(t: Nanos) -> String {
    format!("{}.{:03}", clock_face(t), t.0 / 1_000_000 % 1_000)
}
