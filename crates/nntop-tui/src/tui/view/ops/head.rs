//! The page's first line: of what, how old, what profiling costs, and what a row stands for.

use super::super::operators::ago;
use super::{Cx, names, paint};
use crate::tui::ops::{By, Data, OpsMsg, Side};
use nntop_core::unit::signed;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

pub(super) fn draw(cx: Cx<'_>, data: Option<&Data<'_>>, area: Rect, buf: &mut Buffer) {
    let by = choices(cx);
    let width = by.spans.iter().map(|s| paint::width(&s.content)).sum::<u16>();
    let at = area.width.saturating_sub(width + 1);
    let left = Rect { width: at.saturating_sub(2), ..area };
    paint::line(buf, left, 1, 0, &subject(cx, data, left.width.saturating_sub(1)));
    if data.is_some() {
        paint::line(buf, area, at, 0, &by);
    }
}

/// `cuda` is `CUDA` to people.
pub(super) fn provider(name: &str) -> String {
    name.split('+').map(|p| if p.len() <= 4 { p.to_uppercase() } else { p.to_owned() }).collect::<Vec<_>>().join("+")
}

/// The thing whose name stands there.
pub(super) fn clicked(cx: Cx<'_>, area: Rect, x: u16) -> Option<OpsMsg> {
    let by = choices(cx);
    let mut to = area.width.saturating_sub(1);
    for (of, span) in By::ALL.iter().zip(&by.spans[1..]).rev() {
        let from = to.saturating_sub(paint::width(&span.content));
        if (from..to).contains(&x) {
            return Some(OpsMsg::By(*of));
        }
        to = from;
    }
    None
}

fn choices(cx: Cx<'_>) -> Line<'static> {
    let mut spans = vec![Span::styled("by", cx.theme.dim())];
    spans.extend(By::ALL.map(|by| match by == cx.ui.ops.by {
        true => Span::styled(format!(" ▸{}", by.name()), cx.theme.focus()),
        false => Span::styled(format!("  {}", by.name()), cx.theme.dim()),
    }));
    Line::from(spans)
}

fn subject(cx: Cx<'_>, data: Option<&Data<'_>>, room: u16) -> Line<'static> {
    let theme = cx.theme;
    let mut spans = Vec::new();
    let slots = match cx.ui.ops.shown(cx.state) {
        Some(Side::One(slot)) => vec![slot],
        Some(Side::Both(a, b)) => vec![a, b],
        None => Vec::new(),
    };
    let each = room.saturating_sub(if slots.len() > 1 { 10 } else { 2 }) / slots.len().max(1) as u16;
    for (i, v) in slots.iter().filter_map(|slot| cx.state.variant(*slot)).enumerate() {
        if i > 0 {
            spans.push(Span::styled(" → ", theme.dim()));
        }
        spans.extend(names::letter(cx, v).into_iter().map(|mut span| {
            span.content = span.content.replace("  ", " ").into();
            span
        }));
        spans.push(Span::styled(paint::fit_middle(&v.spec.name, each.max(8)), theme.strong()));
    }
    if let Some(data) = data {
        let newest = data.variants[data.variants.len() - 1];
        let age = ago(cx.state.now.since(newest.ops.at).as_secs_f64());
        let mut words = vec![format!("   burst {}, {age} ago", newest.ops.bursts)];
        let costs: Vec<String> =
            data.variants.iter().filter_map(|v| v.profiling_overhead()).map(|c| signed(c * 100.0)).collect();
        if !costs.is_empty() {
            words.push(format!("profiler overhead {} %", costs.join(" and ")));
        }
        let used = spans.iter().map(|s| paint::width(&s.content)).sum::<u16>();
        let left = room.saturating_sub(used);
        let text = paint::join_fitting(&words, ", ", left);
        if paint::width(&text) <= left && !text.ends_with('…') {
            spans.push(Span::styled(text, theme.dim()));
        }
    }
    Line::from(spans)
}
