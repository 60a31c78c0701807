//! Whether the hardware slows itself down: each cause with its counts, the share of the run it affected, caps of clocks,
//! and what happened lately.

use super::super::{Cx, paint};
use super::Section;
use super::parts::{Room, at_most, dim, left, mode, title};
use crate::tui::Panel;
use nntop_core::event::{Lack, Quantity};
use nntop_core::unit::{Nanos, Unit, clock_face, grouped, percent_tenths};
use nntop_state::{Mark, Metric};
use ratatui::text::{Line, Span};

/// Of what is known to be there and cannot be read, no more reasons than this.
const REASONS: usize = 1;

/// A cause over all metrics that tell of it.
#[derive(Default)]
struct Cause {
    name: String,
    now: Option<bool>,
    ever: Option<bool>,
    /// Events since boot, and of them since this program looks.
    events: Option<(f64, f64)>,
    /// Time since boot in nanoseconds, and of it since this program looks.
    time: Option<(f64, f64)>,
}

impl Cause {
    /// Whether anything of it was read.
    fn is_read(&self) -> bool {
        self.now.is_some() || self.ever.is_some() || self.events.is_some() || self.time.is_some()
    }

    /// Whether it was never there since boot, as far as is known: a flag of this moment does not say.
    fn never(&self) -> bool {
        self.ever.is_some() || self.events.is_some() || self.time.is_some()
    }

    /// Whether it is there now, or was while this program looked.
    fn active(&self) -> bool {
        self.now == Some(true) || self.events.is_some_and(|e| e.1 > 0.0) || self.time.is_some_and(|t| t.1 > 0.0)
    }
}

pub(super) fn section(cx: Cx<'_>, width: u16, room: Room) -> Option<Section> {
    let device = &cx.state.device;
    let causes = causes(cx);
    let caps: Vec<&Metric> = device.quantity(Quantity::ClockCap).collect();
    let marks: Vec<&Mark> = cx.state.marks.iter().rev().collect();
    let mode = mode(cx);
    let unread = unread(cx);
    if causes.is_empty() && caps.is_empty() && marks.is_empty() && mode.is_none() && unread.is_empty() {
        return None;
    }
    let active: Vec<&str> = causes.iter().filter(|c| c.active()).map(|c| c.name.as_str()).collect();
    let capped: Vec<&Metric> = caps.iter().copied().filter(|m| below_limit(m)).collect();
    let headline = match (active.as_slice(), capped.len()) {
        ([], 0) if causes.is_empty() && caps.is_empty() && unread.is_empty() => {
            "not reported by this machine".to_owned()
        }
        // A tick stands for what was read, and for all that is there. Caps alone say what the kernel allows, not what firmware does.
        ([], 0) if !unread.is_empty() || !causes.iter().any(Cause::is_read) => "not known".to_owned(),
        ([], 0) => "✓ none".to_owned(),
        ([], n) => format!("{n} clock{} capped", if n == 1 { "" } else { "s" }),
        (names, _) => format!("! {}", names.join(", ")),
    };
    let names = causes
        .iter()
        .map(|c| c.name.chars().count())
        .max()
        .unwrap_or(0)
        .min((width as usize).saturating_sub(32).max(12));
    let mut rows: Vec<Line<'static>> = Vec::new();
    // Those that are silent share lines, so that the others are seen.
    let (loud, silent): (Vec<&Cause>, Vec<&Cause>) =
        causes.iter().partition(|c| c.active() || c.ever == Some(true) || c.events.is_some_and(|e| e.0 > 0.0));
    rows.extend(loud.iter().map(|cause| line(cx, cause, names, width)));
    let mut quiet = |word: &'static str, of: &dyn Fn(&Cause) -> bool| {
        let list: Vec<&str> = silent.iter().filter(|c| of(c)).map(|c| c.name.as_str()).collect();
        if !list.is_empty() {
            rows.push(Line::from(vec![Span::raw(word), dim(cx, list.join(", "))]));
        }
    };
    quiet("never ", &Cause::never);
    quiet("not now ", &|c| !c.never() && c.is_read());
    quiet("no reading ", &|c| !c.is_read());
    rows.extend(
        unread
            .iter()
            .take(REASONS)
            .map(|why| Line::from(vec![Span::raw("not known: "), dim(cx, paint::fit(why, width.saturating_sub(11)))])),
    );
    if unread.is_empty() && !causes.iter().any(Cause::is_read) {
        rows.push(Line::from(dim(cx, "no counter, flag or cooling device reports it here")));
    }
    rows.extend(capped.iter().map(|m| cap(cx, m)));
    if capped.is_empty() && !caps.is_empty() {
        rows.push(Line::from(dim(cx, "clock limits: none below the hardware maximum")));
    }
    let share: Vec<String> = cx
        .state
        .variants
        .iter()
        .filter(|v| v.throttling.span > Nanos::ZERO)
        .map(|v| format!("{} {}", v.slot, percent_tenths(v.throttling.share())))
        .collect();
    if !share.is_empty() {
        rows.push(Line::from(vec![dim(cx, "of the measured time "), Span::raw(share.join("  "))]));
    }
    if let Some(mode) = mode {
        rows.push(Line::from(vec![dim(cx, "power mode "), Span::raw(mode.trim_start_matches("mode ").to_owned())]));
    }
    let most = if room.charts == 0 { 4 } else { 5 };
    let mut lines = at_most(cx, rows, most, room.full);
    let happened = marks.iter().map(|mark| happened(cx, mark)).collect();
    lines.extend(at_most(cx, happened, if room.full { 4 } else { 3 }, room.full && cx.ui.device.open));
    Some(Section { panel: Panel::Throttling, title: title(cx, "throttling", &[headline]), lines, pinned: 0 })
}

/// Signs of throttling that the board is known to have and that nobody here can read: why, each reason once.
fn unread(cx: Cx<'_>) -> Vec<String> {
    let mut reasons: Vec<String> = Vec::new();
    for absent in &cx.state.device.absent {
        let sign = absent.name.starts_with("throttle.") && absent.lack == Lack::Unreadable;
        if sign && !reasons.contains(&absent.reason) {
            reasons.push(absent.reason.clone());
        }
    }
    reasons
}

fn below_limit(m: &Metric) -> bool {
    m.last().zip(m.decl.limit).is_some_and(|(now, limit)| limit > 0.0 && now < limit * 0.995)
}

fn causes(cx: Cx<'_>) -> Vec<Cause> {
    let mut out: Vec<Cause> = Vec::new();
    for m in cx.state.device.throttling().filter(|m| m.decl.key.quantity.is_throttling()) {
        let at = out.iter().position(|c| c.name == m.decl.label).unwrap_or_else(|| {
            out.push(Cause { name: m.decl.label.clone(), ..Cause::default() });
            out.len() - 1
        });
        let (Some(value), first) = (m.last(), m.first.unwrap_or_default()) else { continue };
        let since = (value - first).max(0.0);
        let cause = &mut out[at];
        let add = |sum: Option<(f64, f64)>| sum.map_or((value, since), |(all, new)| (all + value, new + since));
        match m.decl.key.quantity {
            Quantity::ThrottleEvents => cause.events = Some(add(cause.events)),
            Quantity::ThrottleTime => cause.time = Some(add(cause.time)),
            Quantity::Throttled => cause.now = Some(cause.now.unwrap_or(false) || value > 0.0),
            _ => cause.ever = Some(cause.ever.unwrap_or(false) || value > 0.0),
        }
    }
    out
}

/// `! over-current   3 events, 27 393 since boot`.
fn line(cx: Cx<'_>, cause: &Cause, names: usize, width: u16) -> Line<'static> {
    let mut facts = Vec::new();
    if cause.now == Some(true) {
        facts.push("now".to_owned());
    }
    if let Some((all, new)) = cause.events {
        let new = match new {
            0.0 => "none now".to_owned(),
            1.0 => "1 event".into(),
            new => format!("{} events", grouped(new as u64)),
        };
        facts.push(format!("{new}, {} since boot", grouped(all as u64)));
    }
    if let Some((all, new)) = cause.time.filter(|t| t.0 > 0.0) {
        let since = format!("{} since boot", Nanos(all as u64));
        facts.push(if new > 0.0 { format!("for {}, {since}", Nanos(new as u64)) } else { since });
    }
    if cause.ever == Some(true) && cause.now != Some(true) && cause.events.is_none() {
        facts.push("seen since boot".into());
    }
    let (sign, style) = if cause.active() { ("!", cx.theme.warn()) } else { ("·", cx.theme.dim()) };
    Line::from(vec![
        Span::styled(format!("{sign} "), style),
        Span::raw(left(&cause.name, names)),
        dim(cx, format!("  {}", paint::fit(&facts.join(", "), width.saturating_sub(names as u16 + 4)))),
    ])
}

fn cap(cx: Cx<'_>, m: &Metric) -> Line<'static> {
    let clock = |hz: Option<f64>| hz.map_or_else(|| "–".into(), |hz| Unit::Hertz.format(hz));
    let text = format!("capped at {} of {}", clock(m.last()), clock(m.decl.limit));
    Line::from(vec![Span::styled("! ", cx.theme.warn()), Span::raw(format!("{} ", m.decl.label)), dim(cx, text)])
}

/// `▲ 00:12 ago  over-current, for 00:03`.
fn happened(cx: Cx<'_>, mark: &Mark) -> Line<'static> {
    let long = mark.until.since(mark.t);
    let long = if long >= Nanos::from_millis(1_000) { format!(", for {}", clock_face(long)) } else { String::new() };
    Line::from(vec![
        Span::styled("▲ ", cx.theme.warn()),
        dim(cx, format!("{} ago ", clock_face(cx.state.now.since(mark.t)))),
        Span::raw(format!("{}{long}", mark.text)),
    ])
}
