//! The flame: what encloses what, widths by time; of two variants, colours by the difference.

use super::{Cx, Data, inside, paint};
use crate::tui::Colors;
use crate::tui::ops::{OpsMsg, OpsUi};
use crate::tui::widget::icicle::{self, Frame, Look};
use nntop_core::unit::{Nanos, percent_tenths};
use nntop_trace::op_trace::tree::Shade;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

/// Rows that the whole flame has.
pub(super) fn depth(data: &Data<'_>, ui: &OpsUi) -> u16 {
    data.frames(ui, 0).iter().map(|(_, depth)| depth + 1).max().unwrap_or(1).min(40)
}

fn frames(cx: Cx<'_>, data: &Data<'_>, inner: Rect) -> Vec<Frame> {
    let which = data.widths(&cx.ui.ops);
    let top = data.zoomed(&cx.ui.ops);
    let weight = |at: usize| data.totals[at][which];
    icicle::layout(top, (inner.width, inner.height), weight, |at| &data.below[at])
}

pub(super) fn draw(cx: Cx<'_>, data: &Data<'_>, area: Rect, buf: &mut Buffer) {
    if area.height < 3 {
        return;
    }
    let theme = cx.theme;
    let inner = paint::panel(buf, area, title(cx, data, area.width.saturating_sub(4)), theme);
    let frames = frames(cx, data, inner);
    if theme.colors == Colors::None || theme.ascii {
        icicle::plain(buf, inner, &frames, theme.faint(), |at| look(cx, data, at));
    } else {
        icicle::colored(buf, inner, &frames, |at| look(cx, data, at));
    }
    let last = inner.height.saturating_sub(1);
    if frames.iter().any(|f| f.row == last && !data.below[f.id].is_empty()) {
        let edge = paint::rows(area, area.height - 1, 1);
        paint::right(buf, Rect { width: edge.width - 2, ..edge }, 0, " ↓ deeper: Enter zooms ", theme.dim());
    }
}

/// What is under a click.
pub(super) fn clicked(cx: Cx<'_>, data: &Data<'_>, area: Rect, at: Position) -> Option<OpsMsg> {
    let inner = inside(area);
    if !inner.contains(at) {
        return None;
    }
    let frames = frames(cx, data, inner);
    let frame = icicle::at(&frames, at.x - inner.x, at.y - inner.y)?;
    Some(OpsMsg::Frame(data.paths.get(frame.id)?.clone()))
}

fn look(cx: Cx<'_>, data: &Data<'_>, at: usize) -> Look {
    let (theme, ui) = (cx.theme, &cx.ui.ops);
    let selected = data.selected_node(ui) == Some(at) && at != 0;
    let lit = data.lit.as_ref().map(|lit| lit[at]);
    let ratio = ratio(data, at);
    let (mut label, short) = (label(cx, data, at), short(data, at));
    let style = if data.both() {
        let sign = match ratio {
            Some(r) if r >= crate::tui::theme::ALIKE => "▲ ",
            Some(r) if r <= 1.0 / crate::tui::theme::ALIKE => "▼ ",
            _ => "",
        };
        // Where a colour says it, a sign on every frame is too much.
        if theme.colors == Colors::None {
            label.insert_str(0, sign);
        }
        theme.frame_difference(ratio)
    } else {
        match data.tree.node(at).shade {
            Shade::Op(family) => theme.frame(family),
            Shade::Enclosing | Shade::Scope | Shade::Beside | Shade::Function | Shade::Outside => theme.frame_behind(),
        }
    };
    let style = match lit {
        // The one that fills the width is the breadcrumb's; a light as wide as the page would only dazzle.
        _ if selected && at == data.zoomed(ui) => style.add_modifier(Modifier::BOLD),
        _ if selected => theme.frame_selected(),
        Some(true) => style.remove_modifier(Modifier::DIM).add_modifier(Modifier::BOLD),
        Some(false) => theme.frame_behind(),
        None => style,
    };
    Look { label, short, style }
}

/// What stands where the label has no room: what it has more than what encloses it, `.1` of `layer4.1`; or its first part.
fn short(data: &Data<'_>, at: usize) -> String {
    let (label, above) = (&data.labels[at], &data.labels[data.above[at]]);
    match label.strip_prefix(above.as_str()) {
        Some(rest) if at != 0 && !above.is_empty() && !rest.is_empty() => rest.trim_start_matches('/').to_owned(),
        // The colour says what type it is.
        _ => match label.split_once(' ') {
            Some((_, name)) => name.to_owned(),
            None => label.split('/').next().unwrap_or_default().to_owned(),
        },
    }
}

fn label(cx: Cx<'_>, data: &Data<'_>, at: usize) -> String {
    if at != 0 {
        return data.labels[at].clone();
    }
    let names: Vec<&str> = data.variants.iter().map(|v| v.spec.name.as_str()).collect();
    let which = data.widths(&cx.ui.ops);
    format!("{} · {}", names.get(which).copied().unwrap_or_default(), Nanos(data.whole[which] as u64))
}

/// The second time by the first; absent where only one has the frame.
fn ratio(data: &Data<'_>, at: usize) -> Option<f64> {
    let [a, b] = data.totals[at];
    (data.both() && a > 0.0 && b > 0.0).then(|| b / a)
}

fn title(cx: Cx<'_>, data: &Data<'_>, room: u16) -> Line<'static> {
    let (theme, ui) = (cx.theme, &cx.ui.ops);
    let which = data.widths(ui);
    let top = data.zoomed(ui);
    let mut spans = vec![Span::styled("flame", theme.strong())];
    let mut rest: Vec<(String, Style)> = Vec::new();
    if top != 0 {
        let path = data.trail(top);
        let share = percent_tenths(data.totals[top][which] / data.whole[which].max(1.0));
        rest.push((format!(" ▸ {}", paint::fit_middle(&path, room / 2)), theme.focus()));
        rest.push((format!(" · {share}"), theme.text()));
    } else if data.both() {
        let letter = data.variants[which].slot;
        rest.push((format!(" · widths are {letter}'s"), theme.dim()));
    } else {
        rest.push((" · width is time".into(), theme.dim()));
    }
    if data.both() {
        let (a, b) = (data.variants[0].slot, data.variants[1].slot);
        rest.push((format!(" · ▲ red: {b} takes longer than {a} · ▼ blue: less"), theme.dim()));
    }
    if data.lit.is_some() {
        rest.push((format!(" · {} marked", percent_tenths(data.lit_share)), theme.focus()));
    }
    if top != 0 {
        rest.push((" · Esc out".into(), theme.dim()));
    }
    let mut used = 8;
    for (text, style) in rest {
        used += paint::width(&text);
        if used > room {
            break;
        }
        spans.push(Span::styled(text, style));
    }
    Line::from(spans)
}
