//! Processors: the load of all over time, and each with its load and clock.

use super::super::device::is_cpu_clock;
use super::super::{Cx, paint};
use super::Section;
use super::parts::{Room, at_most, bar, chart, dim, name, reading, right, spark, title, value};
use crate::tui::Panel;
use crate::tui::widget::bars;
use nntop_core::event::{Part, Quantity};
use nntop_core::unit::Unit;
use nntop_state::Metric;
use ratatui::text::{Line, Span};

/// More processors than this are bars without numbers, until the panel is opened.
const NUMBERED: usize = 16;

pub(super) fn section(cx: Cx<'_>, width: u16, room: Room) -> Option<Section> {
    let device = &cx.state.device;
    let main = device.first(Part::Cpu, Quantity::Load).or_else(|| device.matching(is_cpu_clock).next())?;
    let mut headline: Vec<String> =
        device.first(Part::Cpu, Quantity::Load).map(|m| reading(cx, m)).into_iter().collect();
    let allowed = device.first(Part::Cpu, Quantity::Allowance).and_then(|m| value(cx, m));
    headline.extend(
        allowed.map(|cpus| format!("of {} CPU{}", (cpus * 100.0).round() / 100.0, if cpus == 1.0 { "" } else { "s" })),
    );
    let clocks: Vec<f64> = device.matching(is_cpu_clock).filter_map(|m| value(cx, m)).collect();
    let (low, high) =
        (clocks.iter().copied().fold(f64::INFINITY, f64::min), clocks.iter().copied().fold(0.0, f64::max));
    if high > 0.0 {
        headline.push(match high - low > 0.02 * high {
            true => format!("{:.2}–{:.2} GHz", low / 1e9, high / 1e9),
            false => Unit::Hertz.format(high),
        });
    }
    headline.extend(cx.state.hello.as_ref().and_then(|h| h.info.governor.clone()));
    let mut lines = Vec::new();
    match room.charts {
        0 => lines.push(Line::from(spark(cx, main, width, (0.0, 100.0)))),
        rows if main.decl.is(Part::Cpu, Quantity::Load) => lines.extend(chart(cx, main, width, rows, (0.0, 100.0))),
        _ => {}
    }
    let cores: Vec<&Metric> = device.of(Part::Core, Quantity::Load).collect();
    let cells = match cores.len() {
        n if n > NUMBERED && !(room.full && cx.ui.device.open) => crowd(cx, &cores, width),
        _ => cells(cx, &cores, width),
    };
    lines.extend(at_most(cx, cells, if room.charts == 0 { 4 } else { 8 }, room.full));
    if let Some(firmware) = device.first(Part::Cpu, Quantity::Clock) {
        lines.push(Line::from(vec![dim(cx, format!("{} ", name(firmware))), Span::raw(reading(cx, firmware))]));
    }
    Some(Section { panel: Panel::Cpu, title: title(cx, "CPU", &headline), lines, pinned: 0 })
}

/// A bar, load and clock for each.
fn cells(cx: Cx<'_>, cores: &[&Metric], width: u16) -> Vec<Line<'static>> {
    let names = cores.iter().map(|m| paint::width(&m.decl.label)).max().unwrap_or(1) as usize;
    // Name, bar of at least five, load, clock.
    let least = names + 1 + 5 + 1 + 5 + 1 + 8;
    let columns = ((width as usize + 2) / (least + 2)).clamp(1, 4);
    // As few columns as make as few rows: the bars are longer.
    let rows = cores.len().div_ceil(columns).max(1);
    let columns = cores.len().div_ceil(rows).max(1);
    let each = (width as usize + 2) / columns - 2;
    let long = each.saturating_sub(least - 5).min(40) as u16;
    let cell = |m: &Metric| -> Vec<Span<'static>> {
        let load = value(cx, m);
        let clock = cx.state.device.of(Part::Core, Quantity::Clock).find(|c| c.decl.same_part(&m.decl));
        let clock = clock.and_then(|c| value(cx, c)).map_or("–".into(), |hz| Unit::Hertz.format(hz));
        let mut spans = vec![dim(cx, format!("{} ", right(&m.decl.label, names)))];
        spans.extend(bar(cx, load.unwrap_or(0.0) / 100.0, long, cx.theme.accent()));
        let load = load.map_or_else(|| "–".into(), |v| format!("{v:.0} %"));
        spans.push(Span::raw(format!(" {} {}", right(&load, 5), right(&clock, 8))));
        spans
    };
    let line = |row: &[&Metric]| {
        let mut spans: Vec<Span<'static>> = Vec::new();
        for m in row {
            if !spans.is_empty() {
                spans.push(Span::raw("  "));
            }
            spans.extend(cell(m));
        }
        Line::from(spans)
    };
    cores.chunks(columns).map(line).collect()
}

/// Standing bars in eights.
fn crowd(cx: Cx<'_>, cores: &[&Metric], width: u16) -> Vec<Line<'static>> {
    let per_line = ((width as usize + 1) / 9).max(1) * 8;
    let line = |row: &[&Metric]| {
        let mut spans = Vec::new();
        for eight in row.chunks(8) {
            let bar = |m: &&Metric| value(cx, m).map_or(' ', |v| bars::standing(v / 100.0));
            spans.push(Span::styled(eight.iter().map(bar).collect::<String>() + " ", cx.theme.accent()));
        }
        Line::from(spans)
    };
    cores.chunks(per_line).map(line).collect()
}
