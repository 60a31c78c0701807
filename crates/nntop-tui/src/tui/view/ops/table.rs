//! The table: a row each, the selected one in sight.

use super::columns::Columns;
use super::{Cx, inside, paint};
use crate::tui::ops::{By, Column, Data, OpsMsg, Row};
use crate::tui::widget::bars;
use nntop_core::event::Family;
use nntop_core::unit::{Nanos, grouped, percent_tenths};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// The row that stands first, so that the selected one is in the middle as far as there are rows around it.
fn first(data: &Data<'_>, selected: Option<usize>, height: u16) -> usize {
    let height = height as usize;
    let last = data.rows.len().saturating_sub(height);
    selected.map_or(0, |at| at.saturating_sub(height / 2)).min(last)
}

pub(super) fn draw(cx: Cx<'_>, data: &Data<'_>, area: Rect, buf: &mut Buffer) {
    let (theme, ui) = (cx.theme, &cx.ui.ops);
    let mut title = title(cx, data);
    let mut room = area.width.saturating_sub(5);
    for span in &mut title {
        span.content = paint::fit(&span.content, room).into();
        room = room.saturating_sub(paint::width(&span.content));
    }
    let inner = paint::panel(buf, area, Line::from(title), theme);
    let body = Rect { width: inner.width.saturating_sub(2), ..paint::rows(inner, 1, inner.height.saturating_sub(1)) };
    let columns = Columns::of(data, ui, body.width);
    header(cx, data, &columns, paint::rows(inner, 0, 1), buf);
    if data.rows.is_empty() {
        let text = format!("no matches for \"{}\" in name, type or provider (Esc clears)", ui.filter);
        paint::text(buf, body, 0, 0, &paint::fit(&text, body.width), theme.dim());
        return;
    }
    let selected = data.selected_row(ui);
    let from = first(data, selected, body.height);
    for (y, (i, row)) in (0..body.height).zip(data.rows.iter().enumerate().skip(from)) {
        line(cx, data, &columns, row, selected == Some(i), paint::rows(body, y, 1), buf);
        if selected == Some(i) {
            paint::right(buf, paint::rows(inner, y + 1, 1), 0, "◂", theme.focus());
        }
    }
    let more = data.rows.len() - (from + body.height as usize).min(data.rows.len());
    if more > 0 || from > 0 {
        let text = format!(" {}–{} of {} ", from + 1, data.rows.len() - more, grouped(data.rows.len() as u64));
        let edge = paint::rows(area, area.height.saturating_sub(1), 1);
        paint::right(buf, Rect { width: edge.width.saturating_sub(2), ..edge }, 0, &text, theme.dim());
    }
}

/// What is under a click.
pub(super) fn clicked(cx: Cx<'_>, data: &Data<'_>, area: Rect, at: Position) -> Option<OpsMsg> {
    let inner = inside(area);
    if !inner.contains(at) {
        return None;
    }
    let (x, y) = (at.x - inner.x, at.y - inner.y);
    if y == 0 {
        let columns = Columns::of(data, &cx.ui.ops, inner.width.saturating_sub(2));
        let place = columns.places.iter().find(|p| (p.x..p.x + p.width + 2).contains(&x))?;
        return Some(OpsMsg::Sort(place.column));
    }
    let height = inner.height.saturating_sub(1);
    let from = first(data, data.selected_row(&cx.ui.ops), height);
    let row = from + usize::from(y) - 1;
    if Some(row) == data.selected_row(&cx.ui.ops) && (cx.ui.ops.selected.is_some() || cx.ui.ops.group.is_some()) {
        return Some(OpsMsg::Enter);
    }
    data.rows.get(row).map(|row| OpsMsg::Row(row.key.clone()))
}

fn header(cx: Cx<'_>, data: &Data<'_>, columns: &Columns, area: Rect, buf: &mut Buffer) {
    let theme = cx.theme;
    let mut sorted = cx.ui.ops.sorted_by(data.both());
    // Where host and device have a column each, their longer time shows as the share only.
    if sorted == Column::Time && !columns.places.iter().any(|place| place.column == Column::Time) {
        sorted = Column::Share;
    }
    for place in &columns.places {
        let style = if place.column == sorted { theme.focus() } else { theme.dim() };
        // A column that says the other way round says so.
        let up = if place.column == sorted && cx.ui.ops.reverse { "↑" } else { "" };
        let down = if place.column == sorted && !cx.ui.ops.reverse { "↓" } else { "" };
        let title = format!("{up}{down}{}", columns.title(place.column, data, cx.ui.ops.by));
        if place.column.is_text() {
            paint::text(buf, area, place.x, 0, &paint::fit(&title, place.width), style);
        } else {
            paint::right(buf, Rect { width: place.x + place.width, ..area }, 0, &title, style);
        }
    }
}

fn line(cx: Cx<'_>, data: &Data<'_>, columns: &Columns, row: &Row, selected: bool, area: Rect, buf: &mut Buffer) {
    let theme = cx.theme;
    let base = if selected { theme.strong() } else { theme.text() };
    for place in &columns.places {
        let text = columns.text(place.column, row);
        let style = match place.column {
            Column::Provider if row.fell => theme.warn(),
            Column::Provider => theme.dim(),
            Column::Name if selected => theme.focus(),
            Column::Delta => difference(cx, data, columns, row),
            _ if text == "–" => theme.dim(),
            _ => base,
        };
        if place.column == Column::Name {
            let room = place.width;
            let mark = if data.both() { alone(row) } else { "" };
            let name = paint::fit_middle(&text, room.saturating_sub(paint::width(mark)));
            let x = paint::text(buf, area, place.x, 0, &name, style);
            paint::text(buf, area, x, 0, mark, theme.dim());
        } else if place.column == Column::Type {
            // The hue stands before the word: many families' hues cannot be read as letters.
            paint::text(buf, area, place.x, 0, "■", theme.family(Family::of(&row.op_type)));
            paint::text(buf, area, place.x + 2, 0, &paint::fit(&text, place.width.saturating_sub(2)), style);
        } else if place.column.is_text() {
            paint::text(buf, area, place.x, 0, &paint::fit(&text, place.width), style);
        } else {
            paint::right(buf, Rect { width: place.x + place.width, ..area }, 0, &text, style);
        }
    }
    if let Some((x, width)) = columns.bar {
        let style = match data.both() {
            true => difference(cx, data, columns, row),
            false => theme.family(family(cx.ui.ops.by, row)),
        };
        let share = columns.bar_share(row, data.both());
        if data.both() {
            // Less to the left, more to the right: what has a sign is seen before colours are.
            let half = width.saturating_sub(1) / 2;
            paint::text(buf, area, x + half, 0, "│", theme.faint());
            if row.delta() < 0.0 {
                let bar = bars::lying_left(share, half);
                paint::text(buf, area, x + half - paint::width(&bar), 0, &bar, style);
            } else {
                paint::text(buf, area, x + half + 1, 0, &bars::lying(share, half), style);
            }
        } else {
            paint::text(buf, area, x, 0, &bars::lying(share, width), style);
        }
    }
}

/// The family that a row's bar has the hue of.
fn family(by: By, row: &Row) -> Family {
    match by {
        By::Operator => Family::of(&row.op_type),
        By::Type => Family::of(&row.key),
        By::Provider | By::Module => Family::Other,
    }
}

/// Slower in red, faster in blue, as in the flame; the sign says it, too. What only one of them has is neither.
fn difference(cx: Cx<'_>, data: &Data<'_>, columns: &Columns, row: &Row) -> Style {
    let shown = columns.difference(row.delta());
    match row.time {
        [Some(_), Some(_)] if shown.starts_with('+') => cx.theme.bad(),
        [Some(_), Some(_)] if shown.starts_with('−') => cx.theme.faster(),
        [Some(_), Some(_)] => cx.theme.dim(),
        [None, _] => cx.theme.variant(data.variants[1].slot),
        _ => cx.theme.variant(data.variants[0].slot),
    }
}

/// What only one of two has.
fn alone(row: &Row) -> &'static str {
    match row.time {
        [Some(_), None] => "  only in A",
        [None, Some(_)] => "  only in B",
        _ => "",
    }
}

/// What the whole table says.
fn title(cx: Cx<'_>, data: &Data<'_>) -> Vec<Span<'static>> {
    let (theme, ui) = (cx.theme, &cx.ui.ops);
    let mut spans = Vec::new();
    let which = data.widths(ui);
    let rows_own = data.rows.iter().filter_map(|r| r.time[which]).sum::<f64>();
    let share = percent_tenths(rows_own / data.whole[which].max(1.0));
    if let Some((by, key)) = &ui.within {
        spans.push(Span::styled(format!("{} {key}", by.name()), theme.focus()));
    }
    if data.rows.len() < data.unfiltered || ui.typing || !ui.filter.is_empty() {
        let cursor = if ui.typing { "▏" } else { "" };
        let gap = if ui.within.is_some() { " " } else { "" };
        spans.push(Span::styled(format!("{gap}/ {}{cursor}", ui.filter), theme.focus()));
        let found = format!(" · {} of {}, {share} of the time", data.rows.len(), data.unfiltered);
        spans.push(Span::styled(found, theme.dim()));
        return spans;
    }
    if ui.within.is_some() {
        let text = format!(" · {} operators · {} self, {share}", data.rows.len(), Nanos(rows_own as u64));
        spans.push(Span::styled(text, theme.text()));
        return spans;
    }
    spans.push(Span::styled(format!("{} operators", grouped(data.operators as u64)), theme.strong()));
    if data.both() {
        let own = data.own.map(|ns| Nanos(ns as u64));
        spans.push(Span::styled(format!(" · {} → {} self", own[0], own[1]), theme.text()));
        let pairs = data.rows.iter().filter(|r| r.time.iter().all(Option::is_some)).count();
        let text = format!(" · {pairs} of {} in both", data.rows.len());
        spans.push(Span::styled(text, theme.dim()));
        for (which, v) in data.variants.iter().enumerate() {
            if let Some(share) = super::missing(data, which) {
                let text = format!(" · ! {}: {:.0} % between operators", v.slot, share * 100.0);
                spans.push(Span::styled(text, theme.warn()));
            }
            if let Some(placement) = v.placement().filter(|p| !p.elsewhere.is_empty()) {
                let on = super::head::provider(&placement.asked);
                let text = format!(" · ! {}: {} of {} on {on}", v.slot, placement.placed(), placement.total);
                spans.push(Span::styled(text, theme.warn()));
            }
        }
        return spans;
    }
    if let Some((own, whole)) = data.variants[0].ops.covered() {
        let device = data.rows.iter().map(|row| row.device).sum::<f64>();
        let text = match device > 0.0 {
            true => format!(" · {own} host, {} device of {whole}", Nanos(device as u64)),
            false => format!(" · {own} self of {whole}"),
        };
        spans.push(Span::styled(text, theme.text()));
        // Which frame of the flame it is, and why, the last lines say when it is selected.
        if let Some(share) = super::missing(data, 0) {
            spans.push(Span::styled(format!(" · ! {:.0} % between operators", share * 100.0), theme.warn()));
        }
    }
    if let Some(placement) = data.variants[0].placement() {
        let on = super::head::provider(&placement.asked);
        spans.push(Span::styled(" · ", theme.dim()));
        let placed = format!("{} of {} on {on}", placement.placed(), placement.total);
        match placement.elsewhere.is_empty() {
            true => spans.push(Span::styled(placed, theme.text())),
            false => {
                spans.push(Span::styled(format!("! {placed}, {}", placement.fallen()), theme.warn()));
            }
        }
    }
    spans
}
