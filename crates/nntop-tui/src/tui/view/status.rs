//! How far the figures can be trusted: one line per finding, the grave ones first.
//!
//! ```text
//! ╭ status ────────────────────────────────────────────────────────────────────╮
//! │ ! governor is schedutil, latency may vary      ✓ A: runs on CUDA         │
//! │ ✓ A: STABLE, steady at 4.50 ms                   ✓ A: loop adds 61.0 ns    │
//! ╰────────────────────────────────────────────────────────────────────────────╯
//! ```

use super::{Cx, paint};
use nntop_core::event::Severity;
use nntop_state::{FindingId, Judged, Variant};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// How grave a finding is, gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Bad,
    Warn,
    Note,
    Good,
    Info,
}

/// A level and its words: the first part always shows, the others where there is room.
type Finding = (Rank, Vec<String>);

/// How many findings there are.
pub(super) fn count(cx: Cx<'_>) -> u16 {
    findings(cx).len() as u16
}

/// Paints them into a panel, in columns.
pub(super) fn panel(cx: Cx<'_>, area: Rect, buf: &mut Buffer) {
    let findings = findings(cx);
    let worst = findings.iter().filter(|f| f.0 <= Rank::Warn).count();
    let title = match worst {
        0 => Line::from(Span::styled("status", cx.theme.dim())),
        n => Line::from(vec![
            Span::styled("status ", cx.theme.dim()),
            Span::styled(format!("! {n} warning{}", if n == 1 { "" } else { "s" }), cx.theme.warn()),
        ]),
    };
    let inside = paint::panel(buf, area, title, cx.theme);
    list(cx, &findings, inside, buf);
}

/// Paints them without a frame.
pub(super) fn lines(cx: Cx<'_>, area: Rect, buf: &mut Buffer) {
    let area = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    list(cx, &findings(cx), area, buf);
}

fn list(cx: Cx<'_>, findings: &[Finding], area: Rect, buf: &mut Buffer) {
    // Columns only as many as the rows need: a wide line is better than a cut one.
    let wanted = (findings.len() as u16).div_ceil(area.height.max(1));
    let most = wanted.clamp(1, (area.width / 38).max(1));
    let whole = |n: &u16| {
        let width = (area.width / n).saturating_sub(4);
        let shown = findings.iter().take(usize::from(n * area.height));
        shown.filter_map(|f| f.1.first()).all(|text| paint::width(text) <= width)
    };
    // Half a sentence in each of two columns says less than one whole sentence.
    let columns = paint::columns(area, (1..=most).rev().find(whole).unwrap_or(most));
    let mut placed = findings.iter();
    for column in columns {
        for y in 0..column.height {
            let Some((level, text)) = placed.next() else { return };
            let (sign, style) = match level {
                Rank::Bad => ("✗", cx.theme.bad()),
                Rank::Warn => ("!", cx.theme.warn()),
                Rank::Good => ("✓", cx.theme.good()),
                Rank::Note | Rank::Info => ("·", cx.theme.dim()),
            };
            paint::text(buf, column, 0, y, sign, style);
            paint::text(
                buf,
                column,
                2,
                y,
                &paint::join_fitting(text, ", ", column.width.saturating_sub(4)),
                cx.theme.text(),
            );
        }
    }
}

fn findings(cx: Cx<'_>) -> Vec<Finding> {
    let state = cx.state;
    let mut out = merged(cx);
    let errors = state.log.count(Severity::Error);
    if errors > 0 {
        out.push((Rank::Bad, vec![format!("{errors} error{} in the log (press 5)", plural(errors as u64))]));
    }
    if state.missed > 0 {
        out.push((
            Rank::Warn,
            vec![format!("{} event{} lost (the screen could not keep up)", state.missed, plural(state.missed))],
        ));
    }
    out.extend(state.health.about(None).map(shown));
    // Stable: among equals a verdict comes first.
    out.sort_by_key(|f| f.0);
    out
}

fn plural(n: u64) -> &'static str {
    if n == 1 { "" } else { "s" }
}

fn shown(f: &nntop_state::Finding) -> Finding {
    let level = match f.level {
        nntop_state::FindingLevel::Invalid => Rank::Bad,
        nntop_state::FindingLevel::Warning => Rank::Warn,
        nntop_state::FindingLevel::Note => Rank::Note,
        nntop_state::FindingLevel::Ok => Rank::Good,
    };
    // What stands before the first comma shows always, what follows where there is room.
    (level, f.text.split(", ").chain(f.hint.as_deref()).map(String::from).collect())
}

/// What is to say about the variants; what is the same for several is said once: `A B: runs on CPU`.
fn merged(cx: Cx<'_>) -> Vec<Finding> {
    let mut all: Vec<(String, Finding)> = Vec::new();
    for v in &cx.state.variants {
        for (level, parts) in variant(cx, v) {
            match all.iter_mut().find(|(_, f)| f.0 == level && f.1.first() == parts.first()) {
                Some((who, found)) => {
                    *who += &format!(" {}", v.slot);
                    // Details that differ would be wrong for one of them.
                    found.1.retain(|p| parts.contains(p));
                }
                None => all.push((v.slot.to_string(), (level, parts))),
            }
        }
    }
    let named = |(who, (level, mut parts)): (String, Finding)| {
        if let (true, Some(first)) = (cx.several(), parts.first_mut()) {
            *first = format!("{who}: {first}");
        }
        (level, parts)
    };
    all.into_iter().map(named).collect()
}

/// Met or missed, with the figure as it is now.
fn target(v: &Variant, judged: &Judged) -> Finding {
    let target = &judged.target;
    match judged.value.map(|value| target.metric.format(value)) {
        Some(value) if judged.met => (Rank::Good, vec![format!("{target} met"), value]),
        Some(value) => (Rank::Bad, vec![format!("{target} missed with {value}")]),
        None if judged.is_pending() => {
            (Rank::Note, std::iter::once(target.to_string()).chain(judged.absent.clone()).collect())
        }
        None if v.outcome.is_none() => (
            Rank::Note,
            std::iter::once(format!("{target}: nothing measured yet")).chain(judged.absent.clone()).collect(),
        ),
        None => {
            let why = judged.absent.clone().unwrap_or_else(|| "not available".into());
            (Rank::Bad, vec![format!("{target} missed"), why])
        }
    }
}

/// The verdict with its reason, targets, the other findings, how it started.
fn variant(cx: Cx<'_>, v: &Variant) -> Vec<Finding> {
    let health = &cx.state.health;
    let verdict = health.verdict(v);
    let mut out: Vec<Finding> = Vec::new();
    if let Some((word, reason)) = verdict {
        let (level, mut parts) = shown(reason);
        parts.insert(0, word.to_string());
        out.push((level, parts));
    }
    out.extend(health.targets.iter().filter(|t| t.variant == v.slot).map(|t| target(v, t)));
    for f in health.about(Some(v.slot)).filter(|f| verdict.is_none_or(|(_, reason)| reason.id != f.id)) {
        let aside = matches!(f.id, FindingId::ClockTooCoarse | FindingId::SamplesDropped | FindingId::MemoryGrows);
        match out.last_mut().filter(|last| last.0 == Rank::Good) {
            // What is well and seldom not needs no line of its own after the loop's.
            Some(last) if aside && f.level == nntop_state::FindingLevel::Ok => last.1.push(f.text.clone()),
            _ => out.push(shown(f)),
        }
    }
    let Some(ready) = &v.ready else { return out };
    let s = &ready.startup;
    let parts = [
        format!("started in {}", s.total),
        format!("session {}", s.session),
        format!("model read {}", s.model_read),
        format!("first inference {}", s.first_inference),
    ];
    out.push((Rank::Info, parts.to_vec()));
    if v.run > 1 {
        out.push((Rank::Info, vec![format!("run {} of this model", v.run)]));
    }
    out
}
