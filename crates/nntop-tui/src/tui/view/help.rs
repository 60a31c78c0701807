//! The help that lies over a page: its keys, and what the numbers mean.
//!
//! ```text
//! ╭ help ─ Live ──────────────────────────────────────────────────────────────╮
//! │ space    pause the work, or go on    p50 … p99.9  p99: 99 % took at most this │
//! ╰───────────────────────────────────────────────────────────────── ? closes ╯
//! ```

mod meanings;

use super::{Cx, paint};
use crate::tui::keymap;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// Room for a key's name and a blank.
const KEY: u16 = 9;

/// Room for a term and a blank.
const TERM: u16 = 13;

pub(super) fn draw(cx: Cx<'_>, area: Rect, buf: &mut Buffer) {
    let width = area.width.saturating_sub(4).min(112);
    let two = width >= 96;
    let inner = width.saturating_sub(4);
    let mut lines = list(cx, cx.theme.focus(), KEY, &keys(cx), if two { beside_at(inner) } else { inner });
    let meanings = meanings::of(cx.ui.page);
    let meanings: Vec<(String, String)> = meanings.iter().map(|(a, b)| (a.to_string(), b.to_string())).collect();
    let beside = list(cx, cx.theme.strong(), TERM, &meanings, if two { inner - beside_at(inner) - 3 } else { inner });
    let rows = if two {
        lines.len().max(beside.len())
    } else {
        lines.push(Line::default());
        lines.extend(beside.iter().cloned());
        lines.len()
    };
    let height = (rows as u16 + 2).min(area.height);
    let outer = Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height };
    paint::clear(buf, outer);
    let title = Line::from(vec![
        Span::styled("help ", cx.theme.focus()),
        Span::styled(format!("─ {}", cx.ui.page.name()), cx.theme.dim()),
    ]);
    let inside = paint::framed(buf, outer, title, cx.theme.accent());
    let hidden = rows.saturating_sub(inside.height as usize);
    let skip = (cx.ui.help_scroll as usize).min(hidden);
    for (y, line) in lines.iter().skip(skip).take(inside.height as usize).enumerate() {
        paint::line(buf, inside, 0, y as u16, line);
    }
    if two {
        let right = beside_at(inner) + 3;
        for (y, line) in beside.iter().skip(skip).take(inside.height as usize).enumerate() {
            paint::line(buf, inside, right, y as u16, line);
        }
    }
    let more = if hidden > skip { " ↓ more   ? closes " } else { " ? closes " };
    let bottom = Rect { width: outer.width.saturating_sub(2), ..paint::rows(outer, outer.height.saturating_sub(1), 1) };
    paint::right(buf, bottom, 0, more, cx.theme.dim());
}

/// The keys of this page first, then those of all pages.
fn keys(cx: Cx<'_>) -> Vec<(String, String)> {
    let replay = cx.ui.playhead.is_some();
    let works = |b: &&keymap::Binding| !(replay && keymap::steers(b));
    let playback = keymap::REPLAY.iter().filter(|_| replay);
    let own = keymap::offered(cx.ui, cx.state).filter(|b| b.page.is_some());
    let all = keymap::offered(cx.ui, cx.state).filter(|b| b.page.is_none());
    playback
        .chain(own.chain(all).filter(works))
        .filter(|b| !b.label.is_empty())
        .map(|b| (b.label.to_string(), b.what.to_string()))
        .collect()
}

/// Terms and their explanations, wrapped beside them.
fn list(cx: Cx<'_>, term: Style, indent: u16, rows: &[(String, String)], width: u16) -> Vec<Line<'static>> {
    let mut out = Vec::new();
    for (name, text) in rows {
        for (i, part) in paint::wrap(text, width.saturating_sub(indent)).into_iter().enumerate() {
            let head = if i == 0 { name.clone() } else { String::new() };
            let pad = " ".repeat(indent.saturating_sub(paint::width(&head)) as usize);
            out.push(Line::from(vec![Span::styled(head, term), Span::raw(pad), Span::styled(part, cx.theme.text())]));
        }
    }
    out
}

/// The width of the keys where meanings stand beside them: what these leave.
fn beside_at(inner: u16) -> u16 {
    inner.saturating_sub(3 + TERM + meanings::LINE).max(inner / 3)
}
