//! Temperatures, the hottest first, with their critical trip points; fans.

use super::super::Cx;
use super::Section;
use super::parts::{Room, at_most, dim, facts, left, right, spark, title, value};
use crate::tui::Panel;
use nntop_core::event::{Part, Quantity};
use nntop_core::unit::Unit;
use nntop_state::Metric;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// Nearer than this to its trip point a sensor is hot.
const NEAR: f64 = 10.0;

pub(super) fn section(cx: Cx<'_>, width: u16, room: Room) -> Option<Section> {
    let device = &cx.state.device;
    let mut read: Vec<(&Metric, f64)> =
        device.quantity(Quantity::Temperature).filter_map(|m| Some((m, value(cx, m)?))).collect();
    let silent: Vec<&Metric> = device.quantity(Quantity::Temperature).filter(|m| value(cx, m).is_none()).collect();
    // By degree, not by tenths: neighbours that waver would change places all the time.
    read.sort_by(|a, b| b.1.round().total_cmp(&a.1.round()).then(a.0.decl.id.cmp(&b.0.decl.id)));
    let fans = fans(cx);
    if read.is_empty() && fans.is_empty() {
        return None;
    }
    let mut headline: Vec<String> = Vec::new();
    // The hottest, by tenths.
    if let Some((hottest, degrees)) = read.iter().max_by(|a, b| a.1.total_cmp(&b.1)) {
        let near = hottest.decl.limit.is_some_and(|limit| *degrees > limit - NEAR);
        headline.push(format!("{}{}", if near { "! " } else { "" }, Unit::Celsius.format(*degrees)));
        headline.push(short(&hottest.decl.label).to_owned());
    }
    let names = read.iter().map(|(m, _)| short(&m.decl.label).chars().count()).max().unwrap_or(1).min(18);
    // Name, degrees, past of at least six, trip point.
    let least = names + 1 + 8 + 1 + 6 + 1 + 8;
    let columns = ((width as usize + 2) / (least + 2)).clamp(1, 3).min(read.len().max(1));
    let each = (width as usize + 2) / columns - 2;
    let cells: Vec<Vec<Span<'static>>> = read.iter().map(|(m, v)| sensor(cx, m, *v, names, each)).collect();
    let mut rows: Vec<Line<'static>> = Vec::new();
    for row in cells.chunks(columns) {
        let mut spans: Vec<Span<'static>> = Vec::new();
        for cell in row {
            if !spans.is_empty() {
                spans.push(Span::raw("  "));
            }
            spans.extend(cell.clone());
        }
        rows.push(Line::from(spans));
    }
    let most = match room.charts {
        0 => 4,
        1 => 5,
        charts => 4 + charts as usize,
    };
    let name = if read.is_empty() { "fan" } else { "temperature" };
    let mut lines = at_most(cx, rows, most, room.full);
    let mut known = fans;
    let mut why: Vec<(&str, Vec<&str>)> = Vec::new();
    for m in silent {
        let reason =
            device.absent.iter().find(|absent| absent.name == m.decl.name).map(|absent| absent.reason.as_str());
        let word = silence(reason);
        let name = short(&m.decl.label);
        match why.iter_mut().find(|(known, _)| *known == word) {
            Some((_, names)) => names.push(name),
            None => why.push((word, vec![name])),
        }
    }
    known.extend(why.into_iter().map(|(word, names)| (names.join(" "), word.to_owned())));
    lines.extend(facts(cx, known, width));
    Some(Section { panel: Panel::Temperature, title: title(cx, name, &headline), lines, pinned: 0 })
}

/// What a sensor without a reading is, in a word, by the reason that its sampler gave.
fn silence(reason: Option<&str>) -> &'static str {
    match reason {
        Some(reason) if reason.contains("not connected") || reason.contains("nothing is connected") => "not connected",
        Some(reason) if reason.contains("cannot be") && reason.contains("says") => "no reading that can be",
        _ => "off",
    }
}

fn sensor(cx: Cx<'_>, m: &Metric, degrees: f64, names: usize, width: usize) -> Vec<Span<'static>> {
    let near = m.decl.limit.is_some_and(|limit| degrees > limit - NEAR);
    let style = if near { cx.theme.warn() } else { Style::new() };
    let trip = m.decl.limit.map_or_else(String::new, |limit| format!("trip {limit:.0}"));
    let high = m.decl.limit.filter(|limit| *limit > 25.0).unwrap_or(100.0);
    let long = width.saturating_sub(names + 1 + 8 + 1 + 1 + 8);
    let number = format!("{}{}", if near { "!" } else { "" }, Unit::Celsius.format(degrees));
    vec![
        dim(cx, left(short(&m.decl.label), names)),
        Span::styled(format!(" {} ", right(&number, 8)), style),
        spark(cx, m, long as u16, (20.0, high)),
        dim(cx, format!(" {}", left(&trip, 8))),
    ]
}

/// `cpu` of `cpu-thermal`: what all have in their names tells nothing.
fn short(label: &str) -> &str {
    let name = label.strip_suffix("-thermal").or_else(|| label.strip_suffix("_thermal"));
    name.filter(|name| !name.is_empty()).unwrap_or(label)
}

/// Drive and speed of each.
fn fans(cx: Cx<'_>) -> Vec<(String, String)> {
    let device = &cx.state.device;
    let mut out: Vec<(String, String)> = Vec::new();
    for m in device.of(Part::Fan, Quantity::Drive).chain(device.of(Part::Fan, Quantity::Speed)) {
        let text = value(cx, m).map_or_else(|| "–".into(), |v| m.decl.unit.format(v));
        let label = if m.decl.label.is_empty() { "fan".to_owned() } else { m.decl.label.clone() };
        let label = if label.to_lowercase().contains("fan") { label } else { format!("fan {label}") };
        match out.iter_mut().find(|(name, _)| *name == label) {
            Some((_, known)) => *known += &format!(" {text}"),
            None => out.push((label, text)),
        }
    }
    out
}
