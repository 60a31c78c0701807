//! The selected operator, or group, or what encloses some: its shapes, its figures, its course over the bursts.

use super::{Cx, Data, paint};
use crate::tui::ops::{By, Row};
use crate::tui::widget::bars;
use nntop_core::event::{OpRow, TensorSig};
use nntop_core::unit::{Bytes, Nanos, TimeUnit, grouped, large, mean_count, percent_tenths, significant};
use nntop_trace::op_trace::tree::Shade;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

type Parts = Vec<(String, Style)>;

pub(super) fn draw(cx: Cx<'_>, data: &Data<'_>, area: Rect, buf: &mut Buffer) {
    let ui = &cx.ui.ops;
    let (what, figures) = match (data.selected_row(ui), data.selected_node(ui)) {
        (Some(at), _) => (what(cx, data, &data.rows[at]), of_row(cx, data, &data.rows[at])),
        (None, Some(node)) => enclosing(cx, data, node),
        (None, None) => return,
    };
    // What does not fit beside each other goes below; of what does not fit at all, the last goes.
    let lines = if area.height > 1 { vec![what, figures] } else { vec![figures.into_iter().chain(what).collect()] };
    for (y, parts) in lines.into_iter().enumerate() {
        let mut used = 1;
        let mut spans = Vec::new();
        for (i, (text, style)) in parts.into_iter().enumerate() {
            let gap = if i > 0 { "   " } else { "" };
            let room = area.width.saturating_sub(used + paint::width(gap) + 1);
            // A cut name still tells; a cut number does not.
            let text =
                if i == 0 || (y == 0 && room > 16 && area.height > 1) { paint::fit_middle(&text, room) } else { text };
            if paint::width(&text) > room {
                break;
            }
            used += paint::width(gap) + paint::width(&text);
            spans.push(Span::raw(gap));
            spans.push(Span::styled(text, style));
        }
        paint::line(buf, area, 1, y as u16, &Line::from(spans));
    }
}

/// What a row is.
fn what(cx: Cx<'_>, data: &Data<'_>, row: &Row) -> Parts {
    let theme = cx.theme;
    let which = usize::from(row.time[1].is_some());
    let ops: Vec<&OpRow> = row.members[which].iter().map(|i| &data.profiles[which].rows[*i]).collect();
    let mut parts = Vec::new();
    if let ([op], By::Operator) = (&ops[..], cx.ui.ops.by) {
        let named = if op.op_type.is_empty() || row.name.ends_with(&op.op_type) {
            row.name.clone()
        } else {
            format!("{} {}", op.op_type, row.name)
        };
        parts.push((named, theme.focus()));
        if let Some(was) = row.node.and_then(|at| data.tree.node(at).was.clone()) {
            parts.push((format!("was {was}"), theme.text()));
        }
        parts.push(on(cx, row));
        let mut said = None;
        let shapes = [shapes(&op.inputs, &mut said), shapes(&op.outputs, &mut said)];
        if shapes.iter().any(|s| !s.is_empty()) {
            parts.push((shapes.join(" → "), theme.text()));
        }
        parts.extend(op.exec_type.clone().map(|how| (how, theme.dim())));
    } else {
        parts.push((format!("{} {}", cx.ui.ops.by.name(), row.name), theme.focus()));
        parts.push((format!("{} operators", grouped(ops.len() as u64)), theme.text()));
        parts.push(on(cx, row));
        if cx.ui.ops.by != By::Operator {
            parts.push(("Enter shows them".into(), theme.dim()));
        }
    }
    parts.retain(|(text, _)| !text.is_empty());
    parts
}

/// Where it ran, and that it was to run elsewhere.
fn on(cx: Cx<'_>, row: &Row) -> (String, Style) {
    match row.fell {
        true => (format!("! fell back to {}", row.provider), cx.theme.warn()),
        false if row.provider.is_empty() => (String::new(), cx.theme.dim()),
        false => (format!("on {}", super::head::provider(&row.provider)), cx.theme.dim()),
    }
}

/// A row's figures.
fn of_row(cx: Cx<'_>, data: &Data<'_>, row: &Row) -> Parts {
    let theme = cx.theme;
    let mut parts = if data.both() { difference(cx, data, row.time) } else { alone(cx, data, row.newest()) };
    if row.device > 0.0 {
        let text = format!("{} host · {} device", Nanos(row.host as u64), Nanos(row.device as u64));
        parts.push((text, theme.text()));
    }
    if row.calls != 1.0 {
        parts.push((format!("{} calls", mean_count(row.calls)), theme.text()));
    }
    let rate = row.rate.map(|r| format!("{} GFLOP/s", large(r)));
    let work: Vec<String> = row.flops.filter(|f| *f > 0.0).map(operations).into_iter().chain(rate).collect();
    parts.push((work.join(" · "), theme.text()));
    let which = usize::from(row.time[1].is_some());
    let course = data.variants[which.min(data.variants.len() - 1)].ops.course(&row.members[which]);
    parts.extend(history(cx, &course));
    parts.extend(row.intensity.map(|i| (format!("{} FLOP/B", large(i)), theme.text())));
    parts.extend(row.bytes.map(|b| (format!("{} of tensors", Bytes(b as u64)), theme.dim())));
    parts.retain(|(text, _)| !text.is_empty());
    parts
}

fn alone(cx: Cx<'_>, data: &Data<'_>, ns: f64) -> Parts {
    let share = percent_tenths(ns / data.whole[0].max(1.0));
    vec![(format!("{} · {share}", Nanos(ns as u64)), cx.theme.strong())]
}

/// `A 2.76 ms → B 1.91 ms   ▼ 0.85 ms less, 1.45x`.
fn difference(cx: Cx<'_>, data: &Data<'_>, time: [Option<f64>; 2]) -> Parts {
    let theme = cx.theme;
    let shown = |which: usize| {
        let text = time[which].map_or_else(|| "–".to_string(), |t| Nanos(t as u64).to_string());
        format!("{} {text}", data.variants[which].slot)
    };
    let mut parts = vec![(format!("{} → {}", shown(0), shown(1)), theme.strong())];
    if let [Some(a), Some(b)] = time {
        let (more, by) = (b > a, Nanos((b - a).abs() as u64));
        let ratio = if a.min(b) > 0.0 { format!(", {}x", significant(a.max(b) / a.min(b))) } else { String::new() };
        parts.push(match more {
            _ if by == Nanos::ZERO => ("the same".into(), theme.dim()),
            true => (format!("▲ {by} more{ratio}"), theme.bad()),
            false => (format!("▼ {by} less{ratio}"), theme.faster()),
        });
    } else {
        let only = if time[0].is_some() { 0 } else { 1 };
        parts.push((format!("only in {}", data.variants[only].slot), theme.dim()));
    }
    parts
}

/// A frame that has no row.
fn enclosing(cx: Cx<'_>, data: &Data<'_>, at: usize) -> (Parts, Parts) {
    let theme = cx.theme;
    let members = data.members(at);
    let newest = usize::from(data.both());
    let mut what = vec![(data.trail(at), theme.focus())];
    match members[newest].len() {
        // Why there is so much of it that no operator took.
        0 if data.tree.node(at).shade == Shade::Outside => {
            let why = data.profiles[newest].partial.clone();
            what.push(match why {
                Some(why) => (why, theme.warn()),
                None => ("no operator of the model".into(), theme.dim()),
            });
        }
        0 if data.encloses(at) => {}
        0 => what.push(("no operator of the model".into(), theme.dim())),
        1 => what.push(("1 operator".into(), theme.text())),
        n => what.push((format!("{} operators", grouped(n as u64)), theme.text())),
    }
    let totals = data.totals[at];
    let mut figures = if data.both() {
        difference(cx, data, totals.map(|t| (t > 0.0).then_some(t)))
    } else {
        let share = percent_tenths(totals[0] / data.whole[0].max(1.0));
        vec![(format!("{} · {share}", Nanos(totals[0] as u64)), theme.strong())]
    };
    if !members[newest].is_empty() {
        figures.extend(history(cx, &data.variants[newest].ops.course(&members[newest])));
        if data.encloses(at) {
            figures.push(("Enter zooms".into(), theme.dim()));
        }
    }
    (what, figures)
}

/// `last 12 bursts ▄▅▄▅▅▄▅▄`, from zero, so that a bar's height is the time.
fn history(cx: Cx<'_>, course: &[Nanos]) -> Parts {
    let shown = &course[course.len().saturating_sub(24)..];
    let most = shown.iter().map(|t| t.0).max().unwrap_or(0);
    if shown.len() < 2 || most == 0 {
        return Vec::new();
    }
    let bars: String = shown.iter().map(|t| bars::standing(t.0 as f64 / most as f64)).collect();
    let least = shown.iter().map(|t| t.0).min().unwrap_or(0);
    let unit = TimeUnit::fitting(most as f64);
    let range = format!("{}–{}", unit.format(least as f64), unit.format_with_unit(most as f64));
    vec![(format!("last {} bursts {bars} {range}", shown.len()), cx.theme.accent())]
}

/// `float32 1×64×55×55 · 64×64×3×3`: the type is said again where it changes.
fn shapes<'a>(of: &'a [TensorSig], before: &mut Option<&'a str>) -> String {
    let mut parts = Vec::new();
    for tensor in of {
        let axes: Vec<String> = tensor.shape.iter().map(u64::to_string).collect();
        let axes = if axes.is_empty() { "scalar".to_string() } else { axes.join("×") };
        let again = *before == Some(tensor.dtype.as_str());
        parts.push(if again { axes } else { format!("{} {axes}", tensor.dtype) });
        *before = Some(&tensor.dtype);
    }
    parts.join(" · ")
}

/// `0.231 GFLOP`.
fn operations(flops: f64) -> String {
    match flops {
        f if f >= 1e8 => format!("{:.3} GFLOP", f / 1e9),
        f if f >= 1e5 => format!("{} MFLOP", significant(f / 1e6)),
        f => format!("{} kFLOP", significant(f / 1e3)),
    }
}
