//! What panels of the device page are made of, and the plain ones: machine, memory, network and disks.

use super::super::{Cx, device, paint, readings};
use super::Section;
use crate::tui::Panel;
use crate::tui::widget::bars;
use nntop_core::event::{DiskSpace, Part, Quantity, System};
use nntop_core::unit::{Bytes, Nanos, Unit};
use nntop_state::Metric;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// How much a panel may show.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    /// Rows of a chart; none in the narrow list.
    pub(super) charts: u16,
    /// Everything, however long.
    pub(super) full: bool,
}

impl Room {
    /// The narrow list: charts are a word in a line.
    pub(super) const LEAST: Self = Self { charts: 0, full: false };

    /// Charts of so many rows.
    pub(super) fn some(charts: u16) -> Self {
        Self { charts, full: charts >= 4 }
    }

    /// The whole page of this height.
    pub(super) fn all(height: u16) -> Self {
        Self { charts: (height / 3).clamp(2, 12), full: true }
    }
}

/// A label.
pub(super) fn dim(cx: Cx<'_>, text: impl Into<String>) -> Span<'static> {
    Span::styled(text.into(), cx.theme.dim())
}

/// A value, or a dash.
pub(super) fn reading(cx: Cx<'_>, m: &Metric) -> String {
    device::reading(cx, m)
}

/// A metric's value, calm.
pub(super) fn value(cx: Cx<'_>, m: &Metric) -> Option<f64> {
    readings::value(cx, m)
}

fn span(cx: Cx<'_>) -> Nanos {
    Nanos::from_millis(cx.ui.device.minutes() * 60_000)
}

/// A metric's past in one row.
pub(super) fn spark(cx: Cx<'_>, m: &Metric, width: u16, (low, high): (f64, f64)) -> Span<'static> {
    let reach = (high - low).max(f64::MIN_POSITIVE);
    let columns = m.history.columns(cx.state.now, span(cx), width as usize);
    let text = columns.into_iter().map(|v| v.map_or(' ', |v| bars::standing((v - low) / reach))).collect::<String>();
    Span::styled(text, cx.theme.accent())
}

/// Columns that the scale of a chart may take: `999 MB/s`.
const SCALE: u16 = 10;

/// A metric's past in several rows, with what its top and its bottom stand for where there is room.
pub(super) fn chart(cx: Cx<'_>, m: &Metric, width: u16, rows: u16, (low, high): (f64, f64)) -> Vec<Line<'static>> {
    charted(cx, m, width, rows, (low, high), |value| m.decl.unit.format(value))
}

/// The same with a scale in other words.
pub(super) fn charted(
    cx: Cx<'_>,
    m: &Metric,
    width: u16,
    rows: u16,
    (low, high): (f64, f64),
    words: impl Fn(f64) -> String,
) -> Vec<Line<'static>> {
    let (top, bottom) = (words(high), words(low));
    let scale = paint::width(&top).max(paint::width(&bottom));
    let scale = if rows >= 2 && scale <= SCALE && width >= scale + 13 { scale + 1 } else { 0 };
    let reach = (high - low).max(f64::MIN_POSITIVE);
    let columns = m.history.columns(cx.state.now, span(cx), usize::from(width - scale));
    let cell = |v: Option<f64>, row: u16| {
        let eighths = ((v? - low) / reach * f64::from(rows) * 8.0).round().max(1.0);
        let above = eighths - f64::from(rows - 1 - row) * 8.0;
        (above > 0.0).then(|| bars::standing(above.min(8.0) / 8.0))
    };
    let row = |row| columns.iter().map(|v| cell(*v, row).unwrap_or(' ')).collect::<String>();
    let beside = |y: u16| match y {
        _ if scale == 0 => String::new(),
        0 => right(&top, usize::from(scale)),
        y if y + 1 == rows => right(&bottom, usize::from(scale)),
        _ => " ".repeat(usize::from(scale)),
    };
    (0..rows).map(|y| Line::from(vec![Span::styled(row(y), cx.theme.accent()), dim(cx, beside(y))])).collect()
}

/// The greatest value that charts have to hold.
pub(super) fn greatest(cx: Cx<'_>, m: &Metric) -> f64 {
    m.history.columns(cx.state.now, span(cx), 60).into_iter().flatten().fold(0.0, f64::max)
}

/// Text in a field: the left one for names, the right one for numbers.
pub(super) fn left(text: &str, width: usize) -> String {
    let text = paint::fit(text, width as u16);
    format!("{text}{}", " ".repeat(width.saturating_sub(paint::width(&text) as usize)))
}

/// Right-aligned.
pub(super) fn right(text: &str, width: usize) -> String {
    format!("{}{text}", " ".repeat(width.saturating_sub(paint::width(text) as usize)))
}

/// Facts in lines, as many to a line as fit.
pub(super) fn facts(cx: Cx<'_>, facts: Vec<(String, String)>, width: u16) -> Vec<Line<'static>> {
    let spans = |(name, value): (String, String)| {
        let gap = if name.is_empty() { "" } else { " " };
        vec![dim(cx, format!("{name}{gap}")), Span::raw(value)]
    };
    device::wrap_details(&facts.into_iter().map(spans).collect::<Vec<_>>(), width)
}

/// Lines, and where there are more than `most`, the last one says how many.
pub(super) fn at_most(cx: Cx<'_>, mut lines: Vec<Line<'static>>, most: usize, full: bool) -> Vec<Line<'static>> {
    if !full && lines.len() > most {
        let more = lines.len() - (most - 1);
        lines.truncate(most - 1);
        lines.push(Line::from(dim(cx, format!("{more} more lines: Enter opens the panel in focus"))));
    }
    lines
}

/// A title: the panel's name, the number that matters, then what may go.
pub(super) fn title(cx: Cx<'_>, name: &str, facts: &[String]) -> Vec<Span<'static>> {
    let facts: Vec<&str> = facts.iter().map(String::as_str).filter(|f| !f.is_empty()).collect();
    if facts.is_empty() {
        return vec![dim(cx, name.to_owned())];
    }
    vec![dim(cx, format!("{name} ")), Span::styled(facts.join(" · "), cx.theme.text())]
}

/// What the machine is.
pub(super) fn machine(cx: Cx<'_>) -> Vec<String> {
    let Some(info) = cx.state.hello.as_ref().map(|h| &h.info) else { return Vec::new() };
    // The header above has named the board.
    let mut out: Vec<String> = Vec::new();
    if let Some(l4t) = &info.l4t {
        let jetpack = info.jetpack.as_ref().map_or_else(String::new, |j| format!(" (JetPack {j})"));
        out.push(format!("L4T {l4t}{jetpack}"));
    }
    out.extend(mode(cx));
    if let Some(pinned) = cx.state.device.first(Part::Board, Quantity::ClocksPinned).and_then(Metric::last) {
        out.push(if pinned > 0.0 { "clocks pinned".into() } else { "clocks free".into() });
    }
    out.extend(info.cpu_model.iter().map(|model| format!("{} x {model}", info.cpus)));
    out.extend(info.l4t.is_none().then(|| info.os.clone()).flatten());
    out.extend(info.kernel.clone());
    out.splice(0..0, system(cx).into_iter().flat_map(|s| [load(s), up(s)]));
    out
}

/// What the operating system says of the whole machine.
fn system(cx: Cx<'_>) -> Option<&System> {
    cx.state.device.processes.as_ref()?.system.as_ref()
}

/// `load 1.20 0.90 0.70`.
fn load(s: &System) -> String {
    format!("load {:.2} {:.2} {:.2}", s.load[0], s.load[1], s.load[2])
}

/// `up 3 d 02:11`.
fn up(s: &System) -> String {
    let minutes = s.up.0 / 60_000_000_000;
    let (days, hours) = (minutes / 1_440, minutes / 60 % 24);
    match days {
        0 => format!("up {hours:02}:{:02}", minutes % 60),
        days => format!("up {days} d {hours:02}:{:02}", minutes % 60),
    }
}

/// The power mode: its name as long as it is the one that was found first.
pub(super) fn mode(cx: Cx<'_>) -> Option<String> {
    let metric = cx.state.device.first(Part::Board, Quantity::PowerMode)?;
    let now = metric.last()?;
    match metric.decl.label.as_str() {
        label if !label.is_empty() && metric.first == Some(now) => Some(label.to_owned()),
        _ => Some(format!("mode {now:.0}")),
    }
}

/// What people call the metric.
pub(super) fn name(m: &Metric) -> &str {
    m.decl.row().map_or(&m.decl.label, |row| row.title)
}

/// A share as a bar with the rest of it dotted.
pub(super) fn bar(cx: Cx<'_>, share: f64, width: u16, style: Style) -> Vec<Span<'static>> {
    let full = bars::lying(share, width);
    let rest = "·".repeat((width as usize).saturating_sub(paint::width(&full) as usize));
    vec![Span::styled(full, style), Span::styled(rest, cx.theme.faint())]
}

pub(super) fn memory(cx: Cx<'_>, width: u16, room: Room) -> Option<Section> {
    let device = &cx.state.device;
    let main = device.first(Part::Memory, Quantity::Memory)?;
    let swap = device.first(Part::Swap, Quantity::Memory);
    let mut headline = vec![device::of_limit(cx, main)];
    headline.extend(swap.map(|m| format!("swap {}", device::of_limit(cx, m))));
    let limit = main.decl.limit.unwrap_or_else(|| greatest(cx, main));
    let share = value(cx, main).unwrap_or(0.0) / limit.max(1.0);
    let mut lines = Vec::new();
    if room.charts >= 2 {
        lines.extend(chart(cx, main, width, room.charts, (0.0, limit)));
    } else {
        lines.push(Line::from(bar(cx, share, width, if share > 0.9 { cx.theme.warn() } else { cx.theme.accent() })));
    }
    let bytes = |m: &Metric| value(cx, m).map_or("–".into(), |v| Unit::Bytes.format(v));
    let mut known: Vec<(String, String)> = Vec::new();
    for v in cx.state.variants.iter().filter(|v| v.outcome.is_none()) {
        if let Some(rss) = device.worker(Quantity::Memory, v.slot).filter(|m| value(cx, m).is_some()) {
            let gpu = device.worker(Quantity::GpuMemory, v.slot).filter(|m| value(cx, m).is_some());
            let gpu = gpu.map_or_else(String::new, |m| format!(" (GPU {})", bytes(m)));
            known.push((format!("worker {}", v.slot), bytes(rss) + &gpu));
        }
    }
    // Where the GPU has none of its own, what it holds is a part of this.
    let held =
        [(Part::Gpu, Quantity::SharedMemory), (Part::Npu, Quantity::Memory), (Part::Memory, Quantity::CachedMemory)];
    let held = held.into_iter().filter_map(|(part, quantity)| device.first(part, quantity));
    known.extend(held.map(|m| (name(m).to_owned(), bytes(m))));
    if swap.is_none() {
        known.push((String::new(), "no swap".into()));
    }
    lines.extend(facts(cx, known, width));
    if let Some(swap) = swap.filter(|m| value(cx, m).is_some_and(|v| v > 0.0) && room.charts > 0) {
        let high = greatest(cx, swap).max(1.0);
        lines.push(Line::from(vec![dim(cx, "swap "), spark(cx, swap, width.saturating_sub(5), (0.0, high))]));
    }
    Some(Section { panel: Panel::Memory, title: title(cx, "memory", &headline), lines, pinned: 0 })
}

/// Columns of a name before its rates.
const NAME: usize = 8;

pub(super) fn io(cx: Cx<'_>, width: u16, room: Room) -> Option<Section> {
    let device = &cx.state.device;
    let rate = |m: &Metric| value(cx, m).map_or("–".into(), |v| format!("{}/s", Bytes(v.max(0.0) as u64)));
    let pairs = [
        ("network", Part::Net, "↓", Quantity::Received, "↑", Quantity::Sent),
        ("disk", Part::Disk, "read", Quantity::Read, "write", Quantity::Written),
        ("PCIe", Part::Gpu, "↓", Quantity::Received, "↑", Quantity::Sent),
    ];
    let (mut headline, mut lines) = (Vec::new(), Vec::new());
    for (name, part, a, first, b, second) in pairs {
        let (Some(m), Some(n)) = (device.first(part, first), device.first(part, second)) else { continue };
        headline.push(name);
        let half = (width as usize).saturating_sub(NAME + 2) / 2;
        let tall = room.charts >= 3;
        let cell = |word: &str, m: &Metric| -> Vec<Span<'static>> {
            let text = format!("{} {}", left(word, 5), right(&rate(m), 9));
            let long = if tall { 0 } else { half.saturating_sub(paint::width(&text) as usize + 1) };
            let past = spark(cx, m, long as u16, (0.0, greatest(cx, m).max(1e4)));
            let pad = " ".repeat(half.saturating_sub(paint::width(&text) as usize + 1 + long));
            vec![Span::raw(format!("{text} ")), past, Span::raw(pad)]
        };
        let mut spans = vec![dim(cx, left(name, NAME))];
        spans.extend(cell(a, m));
        spans.push(Span::raw("  "));
        spans.extend(cell(b, n));
        lines.push(Line::from(spans));
        if tall {
            let rows = (room.charts / 2).clamp(2, 3);
            let words = |v: f64| format!("{}/s", Bytes(v.max(0.0) as u64));
            let past = |m: &Metric| charted(cx, m, half as u16, rows, (0.0, greatest(cx, m).max(1e4)), words);
            for (one, other) in past(m).into_iter().zip(past(n)) {
                let mut spans = vec![Span::raw(" ".repeat(NAME))];
                spans.extend(one.spans);
                spans.push(Span::raw("  "));
                spans.extend(other.spans);
                lines.push(Line::from(spans));
            }
        }
    }
    if lines.is_empty() {
        return None;
    }
    let space = |disk: &DiskSpace| {
        let used = disk.total.0.saturating_sub(disk.free.0);
        let text = format!("{} of {}", Bytes(used), disk.total);
        (format!("{} ", paint::fit_middle(&disk.mount, 24)), text)
    };
    let disks: Vec<(String, String)> = system(cx).into_iter().flat_map(|s| &s.disks).map(space).collect();
    if !disks.is_empty() {
        headline.push("space");
        lines.extend(at_most(cx, facts(cx, disks, width), 2, room.full));
    }
    let title = vec![dim(cx, headline.join(" · "))];
    Some(Section { panel: Panel::Io, title, lines, pinned: 0 })
}
