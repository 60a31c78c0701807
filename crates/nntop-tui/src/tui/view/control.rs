//! The menu of controls, over the device page.
//!
//! ```text
//! ╭ control ─ governor ───────────────────────────╮
//! │  now schedutil                                │
//! │▸ performance                                  │
//! │  schedutil                                    │
//! ╰──────────────────── Enter selects · Esc goes back ───╯
//! ```

use super::{Cx, paint};
use crate::tui::ControlMenu;
use crate::tui::control_ui::{END_PROCESS, control, values};
use nntop_core::event::ControlState;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

pub(super) fn draw(cx: Cx<'_>, area: Rect, buf: &mut Buffer) {
    let Some(menu) = &cx.ui.control else { return };
    let (title, lines, chosen, keys) = match menu {
        ControlMenu::Which { row } => {
            ("what to change".to_owned(), which(cx), Some(*row), "Enter selects · Esc closes")
        }
        ControlMenu::Value { name, row } => {
            let rows = control(cx.state, name).map_or_else(Vec::new, |control| values(control, cx.state));
            let lines = rows.into_iter().map(|(_, shown)| Line::from(Span::styled(shown, cx.theme.text()))).collect();
            (name.clone(), lines, Some(*row), "Enter selects · Esc goes back")
        }
        ControlMenu::Confirm { name, value } => (name.clone(), question(cx, name, value), None, "Esc changes nothing"),
    };
    let width = area.width.saturating_sub(4).min(84);
    let height = (lines.len() as u16 + 3).min(area.height);
    let outer = Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height };
    paint::clear(buf, outer);
    let head = vec![Span::styled("control ", cx.theme.focus()), Span::styled(format!("─ {title}"), cx.theme.dim())];
    let inside = paint::framed(buf, outer, Line::from(head), cx.theme.accent());
    let room = inside.height.saturating_sub(1) as usize;
    let skip = chosen.map_or(0, |row| (row + 1).saturating_sub(room));
    for (y, line) in lines.iter().enumerate().skip(skip).take(room) {
        let place = (y - skip) as u16;
        if chosen == Some(y) {
            paint::text(buf, inside, 0, place, "▸", cx.theme.focus());
        }
        paint::line(buf, inside, 2, place, line);
    }
    paint::right(buf, inside, inside.height.saturating_sub(1), keys, cx.theme.dim());
}

fn which(cx: Cx<'_>) -> Vec<Line<'static>> {
    let row = |control: &ControlState| {
        let now = match (&control.absent, &control.now, &control.before) {
            (Some(why), ..) => format!("– {why}"),
            (None, Some(now), Some(before)) => format!("{now} (was {before})"),
            (None, Some(now), None) => now.clone(),
            (None, None, _) => control.what.clone(),
        };
        let style = if control.usable() { cx.theme.text() } else { cx.theme.dim() };
        Line::from(vec![Span::styled(format!("{:<14} ", control.name), style), Span::styled(now, cx.theme.dim())])
    };
    cx.state.controls.iter().map(row).collect()
}

fn question(cx: Cx<'_>, name: &str, value: &str) -> Vec<Line<'static>> {
    let control = control(cx.state, name).cloned().unwrap_or_default();
    let now = control.now.as_deref().map_or_else(String::new, |now| format!(", now {now}"));
    let undoable = control.undoable;
    let text = |text: String| Line::from(Span::styled(text, cx.theme.text()));
    let key = |key: &'static str, what: &'static str| {
        Line::from(vec![Span::styled(format!("{key}  "), cx.theme.focus()), Span::styled(what, cx.theme.text())])
    };
    let asked = match cx.state.device.processes.iter().flat_map(|p| &p.list).find(|p| p.pid.to_string() == value) {
        Some(p) if name == END_PROCESS => format!("end {value} {} ({})?", p.name, p.user),
        _ => format!("set {name} to {value}{now}?"),
    };
    let mut lines = vec![text(control.what), text(asked)];
    match undoable {
        true => {
            lines.push(key("y", "yes, and restore it when nntop ends"));
            lines.push(key("k", "yes, and keep it when nntop ends"));
        }
        false => lines.push(key("y", "yes; this cannot be undone")),
    }
    lines
}
