//! The device beside the figures: a panel per part that has a source, or a row each where room is short.
//!
//! ```text
//! ╭ CPU 34 % · 1.50 GHz ───╮╭ GPU 71 % · 918 MHz ───╮╭ mem 3.10 / 7.40 GB ───╮╭ temp 52.4 °C ─────────╮
//! │ ▂▃▂▃▄▃▂▃▂▃▄▃▂▃▂▃▄▃▂▃▂▃ ││ ▆▇▆▇▇▆▇▆▇▇▆▇▆▇▆▇▇▆▇▆▇ ││ ▃▃▃▃▃▃▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄ ││ ▁▁▂▂▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃ │
//! │ 0▃ 1▂ 2▅ 3▁ 4▁ 5▂      ││ memory 1.20 / 8.00 GB  ││ A 812 MB  B 604 MB    ││ gpu 52.4  cpu 51.0    │
//! ╰────────────────────────╯╰───────────────────────╯╰───────────────────────╯╰───────────────────────╯
//! ```

use super::{Cx, paint, readings};
use crate::tui::widget::{bars, sparkline::sparkline};
use nntop_core::event::{MetricKey, Part as Of, Quantity};
use nntop_core::unit::{Bytes, Unit, significant};
use nntop_state::Metric;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// One part of the device.
struct Part<'a> {
    name: &'static str,
    /// What the title says: the number that matters, then what may go where there is no room.
    headline: Vec<String>,
    /// What the sparkline shows, and over what range.
    main: &'a Metric,
    range: (f64, f64),
    /// Short facts for the lines below, most important first.
    details: Vec<Vec<Span<'static>>>,
    /// Parts with a higher number leave first where there is no room.
    rank: u8,
}

/// How many rows of the compact form there are.
pub(super) fn count(cx: Cx<'_>) -> u16 {
    parts(cx).len() as u16
}

/// Panels side by side.
pub(super) fn panels(cx: Cx<'_>, area: Rect, buf: &mut Buffer) {
    let mut parts = parts(cx);
    if parts.is_empty() {
        return nothing(cx, area, buf);
    }
    let room = (area.width / 24).max(1) as usize;
    while parts.len() > room {
        drop_one(&mut parts);
    }
    for (part, area) in parts.iter().zip(paint::columns(area, parts.len() as u16)) {
        let mut title = vec![Span::styled(format!("{} ", part.name), cx.theme.dim())];
        title.push(Span::styled(
            paint::join_fitting(&part.headline, " · ", area.width.saturating_sub(5 + paint::width(part.name))),
            cx.theme.text(),
        ));
        let inside = paint::panel(buf, area, Line::from(title), cx.theme);
        let lines = wrap_details(&part.details, inside.width);
        let below = (lines.len() as u16).min(inside.height.saturating_sub(1)).min(2.max(inside.height / 3));
        let chart = paint::rows(inside, 0, inside.height - below);
        sparkline(buf, chart, &readings::past(cx, part.main, chart.width), part.range, cx.theme.accent());
        for (i, line) in lines.iter().take(below as usize).enumerate() {
            paint::line(buf, inside, 0, chart.height + i as u16, line);
        }
    }
}

/// One row per part.
pub(super) fn compact(cx: Cx<'_>, area: Rect, buf: &mut Buffer) {
    let mut parts = parts(cx);
    if parts.is_empty() {
        return nothing(cx, area, buf);
    }
    while parts.len() > area.height as usize {
        drop_one(&mut parts);
    }
    let most = if area.width < 76 { 14 } else { 24 };
    let headlines: Vec<String> = parts.iter().map(|p| paint::join_fitting(&p.headline, " · ", most)).collect();
    let numbers = headlines.iter().map(|h| paint::width(h)).max().unwrap_or(0);
    let spark = (area.width / 4).min(30);
    for (y, part) in parts.iter().enumerate() {
        let row = paint::rows(area, y as u16, 1);
        paint::text(buf, row, 1, 0, part.name, cx.theme.dim());
        let headline = Rect { x: row.x + 8, width: numbers, ..row };
        paint::text(buf, headline, 0, 0, &headlines[y], cx.theme.text());
        let chart = Rect { x: headline.x + numbers + 2, width: spark, ..row }.intersection(row);
        sparkline(buf, chart, &readings::past(cx, part.main, chart.width), part.range, cx.theme.accent());
        let rest = Rect { x: chart.x + chart.width + 2, ..row };
        let rest = Rect { width: row.right().saturating_sub(rest.x), ..rest };
        if let Some(line) = wrap_details(&part.details, rest.width).first() {
            paint::line(buf, rest, 0, 0, line);
        }
    }
}

fn drop_one(parts: &mut Vec<Part<'_>>) {
    if let Some(i) = (0..parts.len()).max_by_key(|&i| parts[i].rank) {
        parts.remove(i);
    }
}

fn nothing(cx: Cx<'_>, area: Rect, buf: &mut Buffer) {
    let text = "no device metrics here: `nntop doctor` says why";
    paint::text(buf, area, 1, 0, &paint::fit(text, area.width.saturating_sub(1)), cx.theme.dim());
}

/// Details joined into lines; one that does not fit begins a new line.
pub(super) fn wrap_details(details: &[Vec<Span<'static>>], width: u16) -> Vec<Line<'static>> {
    let mut lines: Vec<Line<'static>> = Vec::new();
    for spans in details {
        let w = spans.iter().map(Span::width).sum::<usize>();
        match lines.last_mut().filter(|l| l.width() + 2 + w <= width as usize) {
            Some(line) => {
                line.spans.push(Span::raw("  "));
                line.spans.extend(spans.clone());
            }
            None if w <= width as usize => lines.push(Line::from(spans.clone())),
            None => {}
        }
    }
    lines
}

/// All parts that have a source, in the order of the screen.
fn parts(cx: Cx<'_>) -> Vec<Part<'_>> {
    [cpu(cx), gpu(cx), memory(cx), temperature(cx), power(cx), network(cx)].into_iter().flatten().collect()
}

fn cpu(cx: Cx<'_>) -> Option<Part<'_>> {
    let device = &cx.state.device;
    let main = device.first(Of::Cpu, Quantity::Load)?;
    let mut headline = vec![reading(cx, main)];
    let clocks: Vec<f64> = device.matching(is_cpu_clock).filter_map(|m| readings::value(cx, m)).collect();
    let low = clocks.iter().copied().fold(f64::INFINITY, f64::min);
    let high = clocks.iter().copied().fold(0.0, f64::max);
    if high > 0.0 {
        headline.push(match high - low > 0.02 * high {
            true => format!("{:.2}–{:.2} GHz", low / 1e9, high / 1e9),
            false => Unit::Hertz.format(high),
        });
    }
    let cores: Vec<&Metric> = device.of(Of::Core, Quantity::Load).collect();
    let bar = |m: &Metric| readings::value(cx, m).map_or(' ', |v| bars::standing(v / 100.0)).to_string();
    // Up to six are numbered; more are bars in eights.
    let numbered = cores.len() <= 6;
    let group = |cores: &[&Metric]| -> Vec<Span<'static>> {
        let mut spans = Vec::new();
        for (i, m) in cores.iter().enumerate() {
            if numbered {
                let gap = if i > 0 { " " } else { "" };
                spans.push(Span::styled(format!("{gap}{}", m.decl.label), cx.theme.dim()));
            }
            spans.push(Span::styled(bar(m), cx.theme.accent()));
        }
        spans
    };
    let details = cores.chunks(8).map(group).collect();
    Some(Part { name: "CPU", headline, main, range: (0.0, 100.0), details, rank: 0 })
}

fn gpu(cx: Cx<'_>) -> Option<Part<'_>> {
    let device = &cx.state.device;
    let main = device.first(Of::Gpu, Quantity::Load)?;
    let mut headline = vec![reading(cx, main)];
    if let Some(clock) = device.first(Of::Gpu, Quantity::Clock).and_then(|m| readings::value(cx, m)) {
        headline.push(Unit::Hertz.format(clock));
    }
    let mut details = Vec::new();
    if let Some(m) = device.matching(is_gpu_memory).next() {
        details.push(vec![Span::styled("memory ", cx.theme.dim()), Span::raw(of_limit(cx, m))]);
    }
    details.push(vec![Span::styled(main.decl.label.clone(), cx.theme.dim())]);
    Some(Part { name: "GPU", headline, main, range: (0.0, 100.0), details, rank: 2 })
}

fn memory(cx: Cx<'_>) -> Option<Part<'_>> {
    let main = cx.state.device.first(Of::Memory, Quantity::Memory)?;
    let mut details = Vec::new();
    for v in &cx.state.variants {
        let sampled = cx.state.device.worker(Quantity::Memory, v.slot).and_then(|m| readings::value(cx, m));
        let own = v.memory.and_then(|m| m.rss).map(|b| b.0 as f64);
        let name = if cx.several() { v.slot.to_string() } else { "worker".into() };
        let hue = if cx.several() { cx.theme.variant(v.slot) } else { cx.theme.dim() };
        if let Some(rss) = sampled.or(own).filter(|_| v.outcome.is_none()) {
            details.push(vec![Span::styled(format!("{name} "), hue), Span::raw(Unit::Bytes.format(rss))]);
        }
        if let Some(model) = v.ready.as_ref().and_then(|r| r.model_memory).filter(|_| !cx.several()) {
            details.push(vec![Span::styled("model ", cx.theme.dim()), Span::raw(model.to_string())]);
        }
    }
    if let Some(swap) = cx.state.device.first(Of::Swap, Quantity::Memory).filter(|m| m.last().is_some_and(|v| v > 0.0))
    {
        details.push(vec![Span::styled("swap ", cx.theme.dim()), Span::raw(of_limit(cx, swap))]);
    }
    let high = main.decl.limit.unwrap_or_else(|| greatest(main));
    Some(Part { name: "mem", headline: vec![of_limit(cx, main)], main, range: (0.0, high), details, rank: 1 })
}

fn temperature(cx: Cx<'_>) -> Option<Part<'_>> {
    let mut all: Vec<(&Metric, f64)> =
        cx.state.device.quantity(Quantity::Temperature).filter_map(|m| Some((m, readings::value(cx, m)?))).collect();
    all.sort_by(|a, b| b.1.total_cmp(&a.1));
    let (main, hottest) = *all.first()?;
    let near = main.decl.limit.is_some_and(|limit| hottest > limit - 10.0);
    let mut details: Vec<Vec<Span<'static>>> = Vec::new();
    for (i, (m, v)) in all.iter().enumerate() {
        let style = if i == 0 && near { cx.theme.warn() } else { Style::new() };
        let sign = if i == 0 && near { "! " } else { "" };
        details.push(vec![
            Span::styled(format!("{} ", paint::fit(&m.decl.label, 14)), cx.theme.dim()),
            Span::styled(format!("{sign}{v:.1}"), style),
        ]);
    }
    if let Some(limit) = main.decl.limit {
        details.insert(1, vec![Span::styled(format!("limit {limit:.0}"), cx.theme.dim())]);
    }
    let high = main.decl.limit.filter(|l| *l > 25.0).unwrap_or(100.0);
    Some(Part {
        name: "temp",
        headline: vec![Unit::Celsius.format(hottest)],
        main,
        range: (20.0, high),
        details,
        rank: 3,
    })
}

fn power(cx: Cx<'_>) -> Option<Part<'_>> {
    // The rail that feeds all or the sum of those that add up, where their samplers know which these are.
    let rails = || cx.state.device.quantity(Quantity::Power);
    let total = cx.state.device.total_power();
    let main = total.or_else(|| rails().next())?;
    let rail = |m: &Metric| {
        let value = readings::value(cx, m).map_or("–".into(), significant);
        vec![Span::styled(format!("{} ", m.decl.label), cx.theme.dim()), Span::raw(value)]
    };
    let details = rails().map(rail).collect();
    let range = (0.0, main.decl.limit.unwrap_or(0.0).max(greatest(main) * 1.1));
    let mut headline = vec![reading(cx, main)];
    // One rail is named below; a sum, or a part that is shown because there is nothing else, is named here.
    headline.extend((total.is_none() || main.decl.key.part == Of::Board).then(|| main.decl.label.clone()));
    Some(Part { name: "power", headline, main, range, details, rank: 4 })
}

fn network(cx: Cx<'_>) -> Option<Part<'_>> {
    let main = cx.state.device.first(Of::Net, Quantity::Received)?;
    let sent = cx.state.device.first(Of::Net, Quantity::Sent);
    let rate = |m: &Metric| readings::value(cx, m).map_or("–".into(), |v| format!("{}/s", Bytes(v as u64)));
    let headline = vec![format!("↓ {}", rate(main))];
    let details = sent.map(|m| vec![Span::styled("↑ ", cx.theme.dim()), Span::raw(rate(m))]).into_iter().collect();
    let range = (0.0, greatest(main).max(1e4) * 1.1);
    Some(Part { name: "net", headline, main, range, details, rank: 5 })
}

/// The clock of a CPU, or of all as the firmware measures it.
pub(super) fn is_cpu_clock(key: MetricKey) -> bool {
    key.is(Of::Core, Quantity::Clock) || key.is(Of::Cpu, Quantity::Clock)
}

/// Memory that a GPU uses: its own, or the machine's.
pub(super) fn is_gpu_memory(key: MetricKey) -> bool {
    key.part == Of::Gpu && matches!(key.quantity, Quantity::Memory | Quantity::SharedMemory | Quantity::Gtt)
}

pub(super) fn greatest(m: &Metric) -> f64 {
    m.series.iter().filter_map(|p| p.1).fold(0.0, f64::max)
}

pub(super) fn reading(cx: Cx<'_>, m: &Metric) -> String {
    readings::value(cx, m).map_or("–".into(), |v| m.decl.unit.format(v))
}

/// `3.10 / 7.40 GB`: one unit for both.
pub(super) fn of_limit(cx: Cx<'_>, m: &Metric) -> String {
    let Some(value) = readings::value(cx, m) else { return "–".into() };
    match m.decl.limit.filter(|l| *l > 0.0) {
        Some(limit) => {
            let (scale, unit) = if limit >= 1e9 { (1e9, "GB") } else { (1e6, "MB") };
            format!("{} / {} {unit}", significant(value / scale), significant(limit / scale))
        }
        None => m.decl.unit.format(value),
    }
}
