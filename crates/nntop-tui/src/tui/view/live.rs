//! Page 1: figures and charts of what is measured, the device and the status below.
//!
//! ```text
//! one variant                         two variants                       more
//! ╭ net ─ engine ─────────────────╮   ╭ A ─────────────╮╭ B ─────────╮   table, a row each
//! │ figures                       │   │ figures        ││ figures    │   ╭ the focused one ─────────╮
//! ╰───────────────────────────────╯   │ chart          ││ chart      │   │ figures, chart           │
//! ╭ latency ───────╮╭ distribution ╮  ╰────────────────╯╰────────────╯   ╰──────────────────────────╯
//! ╰────────────────╯╰──────────────╯    B is 1.31x faster …
//! device panels                       distributions, device, status      device, status
//! status
//! ```
//!
//! Left of the status are the operators of the variant in focus, once it was profiled. Small terminals lose them first,
//! then the distribution, then power and network, then charts.

use super::pane::{self, Shared};
use super::{Cx, device, difference, distribution, figures, latency_chart, loading, operators, paint, status, table};
use nntop_state::Variant;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Where the parts of the page are.
pub(super) struct Layout {
    /// Figures and charts.
    pub(super) variants: Rect,
    /// The device's panels or lines.
    pub(super) device: Rect,
    /// The operators of the variant in focus; empty where it was not profiled or there is no room.
    pub(super) operators: Rect,
    pub(super) status: Rect,
    /// Whether there is room for frames.
    roomy: bool,
}

impl Layout {
    pub(super) fn of(cx: Cx<'_>, area: Rect) -> Self {
        let h = area.height;
        let roomy = area.width >= 100 && h >= 28;
        let parts = device::count(cx);
        let profiled = roomy && area.width >= 110 && h >= 34 && operators::of(cx).is_some();
        let operators_width = if profiled { (area.width * 2 / 5).clamp(44, 72) } else { 0 };
        let (device_height, status_height) = if roomy {
            let device = match (parts, h) {
                (0, _) => 1,
                (_, ..32) => 4,
                (_, ..44) => 5,
                _ => 7,
            };
            let columns = ((area.width - operators_width).saturating_sub(4) / 50).clamp(1, 3);
            let most = if h < 44 { 4 } else { 6 };
            let least = if profiled { most } else { 1 };
            (device, status::count(cx).div_ceil(columns).clamp(least, most) + 2)
        } else {
            let most = match h {
                0..16 => 2,
                16..20 => 3,
                _ => 5,
            };
            (parts.clamp(1, most), if h < 18 { 1 } else { 2 }.min(status::count(cx)))
        };
        let device_at = h.saturating_sub(device_height + status_height);
        let status = paint::rows(area, device_at + device_height, status_height);
        Self {
            variants: paint::rows(area, 0, device_at),
            device: paint::rows(area, device_at, device_height),
            operators: Rect { width: operators_width, ..status },
            status: Rect { x: status.x + operators_width, width: status.width - operators_width, ..status },
            roomy,
        }
    }
}

pub(super) fn draw(cx: Cx<'_>, area: Rect, buf: &mut Buffer) {
    let Layout { variants, device, operators, status, roomy } = Layout::of(cx, area);
    if roomy {
        device::panels(cx, device, buf);
        if let Some(v) = operators::of(cx).filter(|_| !operators.is_empty()) {
            operators::panel(cx, v, operators, buf);
        }
        if status::count(cx) > 0 {
            status::panel(cx, status, buf);
        }
    } else {
        device::compact(cx, device, buf);
        status::lines(cx, status, buf);
    }
    match cx.state.variants.as_slice() {
        [] => waiting(cx, variants, buf),
        [v] if roomy && pane::has_chart(v) && !v.failed() => one_roomy(cx, v, variants, buf),
        [v] if roomy => framed_pane(cx, v, None, variants, buf),
        [v] => one_compact(cx, v, variants, buf),
        [a, b] => two(cx, a, b, roomy, variants, buf),
        _ => many(cx, roomy, variants, buf),
    }
}

/// Before the first variant is known.
fn waiting(cx: Cx<'_>, area: Rect, buf: &mut Buffer) {
    let area = Rect { x: area.x + 2, width: area.width.saturating_sub(4), ..paint::rows(area, 1, area.height) };
    match &cx.state.progress {
        Some(progress) => loading::bar(cx, progress, area, buf),
        None => {
            paint::text(buf, area, 0, 0, "waiting for the first variant", cx.theme.dim());
        }
    }
}

/// Figures in a panel of their own; chart and distribution side by side below.
fn one_roomy(cx: Cx<'_>, v: &Variant, area: Rect, buf: &mut Buffer) {
    let top = paint::rows(area, 0, 4);
    let inside = paint::panel(buf, top, pane::title(cx, v, top.width.saturating_sub(6)), cx.theme);
    figures::draw(cx, v, figures::unit([v]), inside, buf);

    let rest = paint::rows(area, 4, area.height.saturating_sub(4));
    let side = (rest.width * 2 / 5).clamp(38, 64);
    let chart = Rect { width: rest.width - side, ..rest };
    let side = Rect { x: chart.right(), width: side, ..rest };
    chart_panel(cx, v, &[v], chart, buf);
    distribution_panel(cx, v, &[v], side, buf);
}

fn chart_panel(cx: Cx<'_>, v: &Variant, together: &[&Variant], area: Rect, buf: &mut Buffer) {
    let inside = paint::panel(buf, area, Line::default(), cx.theme);
    let plan = latency_chart::Plan::of(cx, together, inside);
    latency_chart::draw(cx, v, &plan, inside, buf);
    let title = Line::from(vec![
        Span::styled(" latency ", cx.theme.dim()),
        Span::styled(plan.caption(), cx.theme.text()),
        Span::raw(" "),
    ]);
    paint::line(buf, Rect { width: area.width.saturating_sub(2), ..area }, 1, 0, &title);
}

/// The distribution of `v` over bins that it shares with those `beside` it.
fn distribution_panel(cx: Cx<'_>, v: &Variant, beside: &[&Variant], area: Rect, buf: &mut Buffer) {
    let bins = distribution::Bins::of(beside, area.height.saturating_sub(2));
    let unit = bins.as_ref().map_or("", |b| distribution::unit(b));
    let mut title = super::names::letter(cx, v);
    title.push(Span::styled("distribution ", cx.theme.dim()));
    title.push(Span::styled(unit, cx.theme.text()));
    let inside = paint::panel(buf, area, Line::from(title), cx.theme);
    match bins {
        Some(bins) => distribution::draw(cx, v, &bins, inside, buf),
        None => loading::warming(cx, v, inside, buf),
    }
}

/// Without frames: title, figures, chart.
fn one_compact(cx: Cx<'_>, v: &Variant, area: Rect, buf: &mut Buffer) {
    let area = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    paint::line(buf, area, 0, 0, &pane::title(cx, v, area.width));
    let inside = paint::rows(area, 1, area.height.saturating_sub(1));
    let shared = Shared::of(cx, &[v], pane::chart_area(inside));
    pane::draw(cx, v, &shared, inside, buf);
}

/// Two columns, the difference between them below.
fn two(cx: Cx<'_>, a: &Variant, b: &Variant, roomy: bool, area: Rect, buf: &mut Buffer) {
    let columns = paint::columns(area, 2);
    let measured = a.latency.figures.is_some() && b.latency.figures.is_some();
    // The distribution needs its own rows and enough left for the charts, which are what people look at.
    let spread = if roomy && measured && area.height >= 28 { (area.height / 3).clamp(8, 14) } else { 0 };
    let height = area.height.saturating_sub(spread + 1);
    let panes: Vec<Rect> = columns.iter().map(|c| paint::rows(*c, 0, height)).collect();
    let narrow = panes[1];
    let inside = Rect { width: narrow.width.saturating_sub(4), height: height.saturating_sub(2), ..narrow };
    let shared = Shared::of(cx, &[a, b], pane::chart_area(inside));
    framed_pane(cx, a, Some(&shared), panes[0], buf);
    framed_pane(cx, b, Some(&shared), panes[1], buf);
    difference::draw(cx, a, b, paint::rows(area, height, 1), buf);
    if spread > 0 {
        for (v, column) in [a, b].into_iter().zip(&columns) {
            distribution_panel(cx, v, &[a, b], paint::rows(*column, height + 1, spread), buf);
        }
    }
}

/// A pane in a frame, which is bright where the keys are.
fn framed_pane(cx: Cx<'_>, v: &Variant, shared: Option<&Shared>, area: Rect, buf: &mut Buffer) {
    let focused = cx.several() && cx.ui.focused(cx.state) == Some(v.slot);
    let border = if focused { cx.theme.variant(v.slot) } else { cx.theme.faint() };
    let inside = paint::framed(buf, area, pane::title(cx, v, area.width.saturating_sub(6)), border);
    match shared {
        Some(shared) => pane::draw(cx, v, shared, inside, buf),
        None => {
            let own = Shared::of(cx, &[v], pane::chart_area(inside));
            pane::draw(cx, v, &own, inside, buf);
        }
    }
}

/// A table, and the focused variant's pane below it.
fn many(cx: Cx<'_>, roomy: bool, area: Rect, buf: &mut Buffer) {
    let rows = (cx.state.variants.len() as u16 + 1).min(area.height.saturating_sub(8).max(3));
    table::draw(cx, paint::rows(area, 0, rows), buf);
    let rest = paint::rows(area, rows, area.height.saturating_sub(rows));
    let Some(v) = cx.ui.focused(cx.state).and_then(|slot| cx.state.variant(slot)) else { return };
    if roomy && rest.height >= 10 && pane::has_chart(v) && !v.failed() {
        let side = (rest.width * 2 / 5).clamp(38, 64);
        let left = Rect { width: rest.width - side, ..rest };
        framed_pane(cx, v, None, left, buf);
        distribution_panel(cx, v, &[v], Rect { x: left.right(), width: side, ..rest }, buf);
    } else {
        framed_pane(cx, v, None, rest, buf);
    }
}
