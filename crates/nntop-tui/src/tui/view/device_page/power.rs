//! Power rails with their averages, voltages, currents and limits; battery.

use super::super::Cx;
use super::Section;
use super::parts::{Room, at_most, chart, dim, facts, greatest, left, name, reading, right, spark, title, value};
use crate::tui::Panel;
use nntop_core::event::{Part, Quantity, RailRole};
use nntop_core::unit::{Unit, significant};
use nntop_state::Metric;
use ratatui::text::{Line, Span};

pub(super) fn section(cx: Cx<'_>, width: u16, room: Room) -> Option<Section> {
    let device = &cx.state.device;
    let role = |m: &Metric| m.decl.rail.as_ref().map_or(RailRole::Part, |rail| rail.role);
    let mut rails: Vec<&Metric> = device.quantity(Quantity::Power).collect();
    rails.sort_by_key(|m| role(m));
    let charges: Vec<&Metric> = device.of(Part::Battery, Quantity::Charge).collect();
    let plugged = device.first(Part::Mains, Quantity::On).and_then(|m| value(cx, m));
    let mut known: Vec<(String, String)> = Vec::new();
    // A machine with two batteries has two charges, each beside its own watts.
    let called = |m: &Metric| if charges.len() > 1 { m.decl.label.clone() } else { name(m).to_owned() };
    known.extend(charges.iter().map(|m| (called(m), reading(cx, m))));
    known.extend(plugged.map(|on| (String::new(), if on > 0.0 { "plugged in" } else { "on battery" }.into())));
    let mut lines = Vec::new();
    let mut headline = Vec::new();
    // The sum where several rails add up to it; where none does, the first.
    let main = device.total_power().or(rails.first().copied());
    if let Some(main) = main {
        headline.push(format!("{} {}", main.decl.label, reading(cx, main)));
        headline.extend(main.history.mean().map(|mean| format!("avg {}", Unit::Watts.format(mean))));
        let high = greatest(cx, main).max(1e-3) * 1.1;
        if room.charts >= 2 {
            lines.extend(chart(cx, main, width, room.charts, (0.0, high)));
        }
        let names = rails.iter().map(|m| m.decl.label.chars().count()).max().unwrap_or(1).min(20);
        let rows = rails.iter().map(|m| rail(cx, m, names, width)).collect();
        lines.extend(at_most(cx, rows, if room.charts == 0 { 4 } else { 6 }, room.full));
    } else if known.is_empty() {
        return None;
    }
    known.extend(
        device.quantity(Quantity::PowerLimit).map(|m| (format!("{} {}", name(m), m.decl.label), reading(cx, m))),
    );
    lines.extend(at_most(cx, facts(cx, known, width), 2, room.full));
    if room.full
        && let Some((main, rail)) = main.and_then(|m| Some((m, m.decl.rail.as_ref()?)))
        && cx.ui.device.open
    {
        let sum = main.decl.key.part == Part::Board;
        let name = if sum { &main.decl.source } else { &main.decl.label };
        lines.push(Line::from(dim(cx, format!("{name} {} {}", if sum { "feed" } else { "feeds" }, rail.scope))));
    }
    Some(Section { panel: Panel::Power, title: title(cx, "power", &headline), lines, pinned: 0 })
}

/// `VDD_IN   9.81 W  avg 9.20  ▄▅▄▅▅▄  5.04 V  1.95 A`.
fn rail(cx: Cx<'_>, m: &Metric, names: usize, width: u16) -> Line<'static> {
    let device = &cx.state.device;
    let beside = |quantity| {
        let other = device.quantity(quantity).find(|other| other.decl.same_part(&m.decl))?;
        value(cx, other).map(|v| other.decl.unit.format(v))
    };
    let mean = m.history.mean().map_or_else(|| "–".into(), significant);
    let number = right(&reading(cx, m), 7);
    let tail: Vec<String> = [beside(Quantity::Voltage), beside(Quantity::Current)].into_iter().flatten().collect();
    let tail = tail.join("  ");
    // Name, number, average, and what is left is the past.
    let used = names + 1 + 7 + 2 + 8 + 2 + if tail.is_empty() { 0 } else { tail.chars().count() + 2 };
    let long = (width as usize).saturating_sub(used);
    let high = greatest(cx, m).max(1e-3) * 1.1;
    let mut spans = vec![dim(cx, left(&m.decl.label, names)), Span::raw(format!(" {number}  "))];
    spans.push(dim(cx, "avg "));
    spans.push(Span::raw(format!("{}  ", right(&mean, 4))));
    if long >= 4 {
        spans.push(spark(cx, m, long as u16, (0.0, high)));
        spans.push(Span::raw("  "));
    }
    spans.push(dim(cx, tail));
    Line::from(spans)
}
