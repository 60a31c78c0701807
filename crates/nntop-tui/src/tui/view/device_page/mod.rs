//! Page 3: what the machine does. Panels in columns, or where the terminal is narrow one list; processes below take what
//! is left. What does not fit scrolls, and a panel that is opened shows everything that it has.
//!
//! ```text
//!  NVIDIA Jetson Orin Nano 8GB · L4T 36.4.3 · MAXN_SUPER                        charts 5 min
//! ╭ CPU 34 % · schedutil ───────────────╮╭ GPU 71 % · 918 MHz ─────────────────╮
//! ╰─────────────────────────────────────╯╰─────────────────────────────────────╯
//! ╭ processes by CPU ───────────────────────────────────────────────────────────╮
//! ╰─────────────────────────────────────────────────────────────────────────────╯
//! ```

mod about;
mod cpu;
mod gpu;
mod heat;
mod parts;
mod power;
pub(in crate::tui) mod processes;
mod throttling;

use super::{Cx, paint};
use crate::tui::{Panel, Theme, Ui};
use nntop_state::State;
use parts::Room;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// The least width for panels side by side.
const WIDE: u16 = 100;

/// The width from which there are three columns.
const WIDEST: u16 = 170;

/// Rows that processes have at least, scrolled to if need be.
const PROCESS_ROWS: u16 = 8;

/// A panel's content: a title, then lines of which the first `pinned` do not scroll.
pub(super) struct Section {
    panel: Panel,
    title: Vec<Span<'static>>,
    lines: Vec<Line<'static>>,
    pinned: usize,
}

/// A section on the page, which may be longer than the screen.
struct Placed {
    section: Section,
    area: Rect,
}

/// The whole page, laid out.
struct Layout {
    placed: Vec<Placed>,
    framed: bool,
    /// Rows of the page that do not fit.
    page_hidden: u16,
    /// Lines of the last section that do not fit into its own area.
    list_hidden: u16,
}

/// How far can be scrolled, and where the panels are.
pub(in crate::tui) struct Extent {
    /// The most rows that can be scrolled away.
    pub(in crate::tui) most: u16,
    /// Rows on the screen.
    pub(in crate::tui) height: u16,
    /// The panels, each with its first row and the row after its last.
    pub(in crate::tui) panels: Vec<(Panel, u16, u16)>,
}

/// The page's extent on the terminal that the choices know of.
pub(in crate::tui) fn extent(state: &State, ui: &Ui) -> Extent {
    let cx = Cx { state, ui, theme: &Theme::default() };
    let body = Rect::new(0, 0, ui.size.0.max(1), ui.size.1.saturating_sub(3).max(1));
    let layout = lay(cx, body);
    let mut panels: Vec<_> =
        layout.placed.iter().map(|p| (p.section.panel, p.area.y, p.area.y + p.area.height)).collect();
    if ui.device.open {
        // Only one is on the screen; the others are still there to be stepped to.
        panels = Panel::ALL
            .into_iter()
            .filter(|p| section(cx, *p, body.width, Room::LEAST).is_some())
            .map(|p| (p, 0, 0))
            .collect();
    }
    Extent { most: layout.page_hidden + layout.list_hidden, height: body.height, panels }
}

pub(super) fn draw(cx: Cx<'_>, area: Rect, buf: &mut Buffer) {
    let body = paint::rows(area, 1, area.height.saturating_sub(1));
    let layout = lay(cx, Rect { x: 0, y: 0, ..body });
    let scroll = cx.ui.device.scroll.min(layout.page_hidden + layout.list_hidden);
    let (away, list) = (scroll.min(layout.page_hidden), scroll.saturating_sub(layout.page_hidden));
    machine(cx, layout.page_hidden - away, paint::rows(area, 0, 1), buf);
    if layout.placed.is_empty() {
        let text = "no device metrics here: `nntop doctor` says why";
        paint::text(buf, body, 1, 1, &paint::fit(text, body.width.saturating_sub(2)), cx.theme.dim());
        return;
    }
    // Painted whole, then the part that is on the screen is taken over.
    let height = body.height + layout.page_hidden;
    let mut whole = Buffer::empty(Rect::new(0, 0, body.width, height));
    let last = layout.placed.len() - 1;
    for (i, placed) in layout.placed.iter().enumerate() {
        let skip = if i == last { list as usize } else { 0 };
        let below = if i == last { layout.list_hidden - list } else { 0 };
        one(cx, placed, layout.framed, (skip, below), &mut whole);
    }
    for y in 0..body.height {
        for x in 0..body.width {
            if let Some(cell) = whole.cell((x, y + away)) {
                buf[(body.x + x, body.y + y)] = cell.clone();
            }
        }
    }
}

/// What the machine is, how much of the page lies below, and how far charts go back.
fn machine(cx: Cx<'_>, below: u16, area: Rect, buf: &mut Buffer) {
    let more = if below > 0 { format!("↓ {below} more rows · ") } else { String::new() };
    let zoom = format!("{more}charts over {} min ", cx.ui.device.minutes());
    paint::right(buf, area, 0, &zoom, cx.theme.dim());
    let parts = parts::machine(cx);
    let room = area.width.saturating_sub(paint::width(&zoom) + 3);
    paint::text(buf, area, 1, 0, &paint::join_fitting(&parts, " · ", room), cx.theme.text());
}

fn section(cx: Cx<'_>, panel: Panel, width: u16, room: Room) -> Option<Section> {
    match panel {
        Panel::Cpu => cpu::section(cx, width, room),
        Panel::Gpu => gpu::section(cx, width, room),
        Panel::Memory => parts::memory(cx, width, room),
        Panel::Power => power::section(cx, width, room),
        Panel::Temperature => heat::section(cx, width, room),
        Panel::Throttling => throttling::section(cx, width, room),
        Panel::Io => parts::io(cx, width, room),
        Panel::About => about::section(cx, width, room),
        Panel::Processes => processes::section(cx, width),
    }
}

/// Lays the page out: one panel that is open, or all with charts as high as there is room for.
fn lay(cx: Cx<'_>, area: Rect) -> Layout {
    if cx.ui.device.open
        && let Some(section) = section(cx, cx.ui.device.focus, area.width.saturating_sub(4), Room::all(area.height))
    {
        let list_hidden = (section.lines.len() as u16 + 2).saturating_sub(area.height);
        let placed = vec![Placed { section, area }];
        return Layout { placed, framed: true, page_hidden: 0, list_hidden };
    }
    if area.width < WIDE {
        return fill(area, list(cx, area), false);
    }
    // The highest charts with which all is on the screen; else low ones.
    let columns = if area.width >= WIDEST { 3 } else { 2 };
    let listed = section(cx, Panel::Processes, area.width, Room::LEAST).map_or(0, |_| PROCESS_ROWS + 2);
    let fits = |charts: &u16| columns_of(cx, area, columns, *charts).1 + listed <= area.height;
    // Where there are no processes, nothing else needs the room.
    let highest = if listed > 0 { 8 } else { area.height.max(8) };
    let charts = (1..=highest).rev().find(fits).unwrap_or(1);
    fill(area, columns_of(cx, area, columns, charts), true)
}

/// Gives the last section, which is the processes where there are any, the rest of the screen.
fn fill(area: Rect, (mut placed, top): (Vec<Placed>, u16), framed: bool) -> Layout {
    let (mut page_hidden, mut list_hidden) = (top.saturating_sub(area.height), 0);
    if let Some(last) = placed.last_mut().filter(|p| p.section.panel == Panel::Processes) {
        let border = if framed { 2 } else { 1 };
        let lines = last.section.lines.len() as u16;
        let height = area.height.saturating_sub(top).max((PROCESS_ROWS + border).min(area.height));
        last.area = Rect { y: top, height, ..area };
        page_hidden = (top + height).saturating_sub(area.height);
        list_hidden = (lines + border).saturating_sub(height);
    }
    Layout { placed, framed, page_hidden, list_hidden }
}

/// Panels in columns, each where there is most room; returns the row after them.
fn columns_of(cx: Cx<'_>, area: Rect, n: u16, charts: u16) -> (Vec<Placed>, u16) {
    let areas = paint::columns(area, n);
    let mut columns: Vec<Vec<Section>> = areas.iter().map(|_| Vec::new()).collect();
    let height = |sections: &[Section]| sections.iter().map(|s| s.lines.len() as u16 + 2).sum::<u16>();
    for panel in Panel::ALL.into_iter().filter(|p| *p != Panel::Processes) {
        let Some(at) = (0..columns.len()).min_by_key(|i| height(&columns[*i])) else { continue };
        columns[at].extend(section(cx, panel, areas[at].width.saturating_sub(4), Room::some(charts)));
    }
    let bottom = columns.iter().map(|sections| height(sections)).max().unwrap_or(0);
    let mut placed = Vec::new();
    for (mut sections, area) in columns.into_iter().zip(areas) {
        // Columns end in one line: charts take what is left, else the last panel has room to spare.
        let spare = bottom - height(&sections);
        let charted =
            sections.iter().rposition(|s| matches!(s.panel, Panel::Cpu | Panel::Gpu | Panel::Memory | Panel::Power));
        if let Some(at) = charted.filter(|_| spare > 0) {
            let room = Room { charts: charts + spare, ..Room::some(charts) };
            let taller = section(cx, sections[at].panel, area.width.saturating_sub(4), room);
            let fits = |s: &Section| s.lines.len() <= sections[at].lines.len() + spare as usize;
            if let Some(taller) = taller.filter(fits) {
                sections[at] = taller;
            }
        }
        let mut y = 0;
        let last = sections.len().saturating_sub(1);
        for (i, section) in sections.into_iter().enumerate() {
            let own = section.lines.len() as u16 + 2;
            let height = if i == last { bottom - y } else { own };
            placed.push(Placed { section, area: Rect { y, height, ..area } });
            y += own;
        }
    }
    placed.sort_by_key(|p| Panel::ALL.iter().position(|panel| *panel == p.section.panel));
    let processes = section(cx, Panel::Processes, area.width.saturating_sub(4), Room::LEAST);
    placed.extend(processes.map(|section| Placed { section, area: Rect { y: bottom, height: 0, ..area } }));
    (placed, bottom)
}

/// One section after the other, without frames.
fn list(cx: Cx<'_>, area: Rect) -> (Vec<Placed>, u16) {
    let mut placed = Vec::new();
    let mut y = 0;
    for panel in Panel::ALL {
        let Some(section) = section(cx, panel, area.width.saturating_sub(3), Room::LEAST) else { continue };
        if panel == Panel::Processes {
            placed.push(Placed { section, area: Rect { y, height: 0, ..area } });
            continue;
        }
        let height = section.lines.len() as u16 + 1;
        placed.push(Placed { section, area: Rect { y, height, ..area } });
        y += height;
    }
    (placed, y)
}

/// Paints a section, `skip` of its lines scrolled away and `below` still to come.
fn one(cx: Cx<'_>, placed: &Placed, framed: bool, (skip, below): (usize, u16), buf: &mut Buffer) {
    let Placed { section, area } = placed;
    let focused = cx.ui.device.focus == section.panel;
    let border = if focused { cx.theme.accent() } else { cx.theme.faint() };
    let inside = if framed {
        let title = fitted(&section.title, area.width.saturating_sub(6));
        paint::framed(buf, *area, title, border)
    } else {
        let rule = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..paint::rows(*area, 0, 1) };
        paint::text(buf, rule, 0, 0, &"─".repeat(rule.width as usize), border);
        let mut title = fitted(&section.title, rule.width.saturating_sub(4));
        title.spans.push(Span::raw(" "));
        paint::line(buf, rule, 0, 0, &title);
        let inside = paint::rows(*area, 1, area.height.saturating_sub(1));
        Rect { x: inside.x + 2, width: inside.width.saturating_sub(3), ..inside }
    };
    let (head, tail) = section.lines.split_at(section.pinned.min(section.lines.len()));
    for (y, line) in head.iter().chain(tail.iter().skip(skip)).take(inside.height as usize).enumerate() {
        paint::line(buf, inside, 0, y as u16, line);
    }
    if below > 0 {
        let y = if framed { area.height - 1 } else { 0 };
        let foot = Rect { width: area.width.saturating_sub(3), ..paint::rows(*area, y, 1) };
        paint::right(buf, foot, 0, &format!(" ↓ {below} more "), cx.theme.dim());
    }
}

/// As many spans of a title as fit; the last one may be cut.
fn fitted(spans: &[Span<'static>], room: u16) -> Line<'static> {
    let mut line = Line::default();
    let mut left = room;
    for span in spans {
        let text = paint::fit(&span.content, left);
        left -= paint::width(&text).min(left);
        line.spans.push(Span::styled(text, span.style));
        if left == 0 {
            break;
        }
    }
    line
}
