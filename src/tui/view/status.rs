//! How far the figures can be trusted: one line per finding, the grave ones first.
//!
//! ```text
//! ╭ status ────────────────────────────────────────────────────────────────────╮
//! │ ! governor is schedutil: latency may wander      ✓ A runs on CUDA          │
//! │ ✓ no samples dropped                             ✓ loop overhead 61 ns     │
//! ╰────────────────────────────────────────────────────────────────────────────╯
//! ```

use super::{Cx, figures, names, paint};
use crate::event::Severity;
use crate::state::{SHOWN, Variant};
use crate::unit::grouped;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// How grave a finding is, gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Bad,
    Warn,
    Good,
    Note,
}

/// A level and its words: the first part always shows, the others where there is room.
type Finding = (Level, Vec<String>);

/// How many findings there are.
pub(super) fn count(cx: Cx<'_>) -> u16 {
    findings(cx).len() as u16
}

/// Paints them into a panel, in columns.
pub(super) fn panel(cx: Cx<'_>, area: Rect, buf: &mut Buffer) {
    let findings = findings(cx);
    let worst = findings.iter().filter(|f| f.0 <= Level::Warn).count();
    let title = match worst {
        0 => Line::from(Span::styled("status", cx.theme.dim())),
        n => Line::from(vec![
            Span::styled("status ", cx.theme.dim()),
            Span::styled(format!("! {n} to look at"), cx.theme.warn()),
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
    let columns = paint::columns(area, wanted.clamp(1, (area.width / 38).max(1)));
    let mut placed = findings.iter();
    for column in columns {
        for y in 0..column.height {
            let Some((level, text)) = placed.next() else { return };
            let (sign, style) = match level {
                Level::Bad => ("✗", cx.theme.bad()),
                Level::Warn => ("!", cx.theme.warn()),
                Level::Good => ("✓", cx.theme.good()),
                Level::Note => ("·", cx.theme.dim()),
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
    let mut out = Vec::new();
    let errors = state.log.count(Severity::Error);
    if errors > 0 {
        out.push((
            Level::Bad,
            vec![format!("{errors} error{} in the log", plural(errors as u64)), "2 shows it".into()],
        ));
    }
    if state.missed > 0 {
        out.push((Level::Warn, vec![format!("{} event{} missed on the way here", state.missed, plural(state.missed))]));
    }
    if let Some(governor) = state.hello.as_ref().and_then(|h| h.info.governor.as_deref()) {
        out.push(match governor {
            "performance" => (Level::Good, vec!["governor is performance".into()]),
            other => (Level::Warn, vec![format!("governor is {other}"), "latency may wander".into()]),
        });
    }
    out.extend(merged(cx));
    let drops: u64 = state.variants.iter().map(|v| v.latency.drops).sum();
    if drops > 0 {
        let text = format!("{} sample{} missing in the chart", grouped(drops), plural(drops));
        out.push((Level::Warn, vec![text, "none in the figures".into()]));
    } else if state.variants.iter().any(|v| v.latency.blocks > 0) {
        out.push((Level::Good, vec!["no samples dropped".into()]));
    }
    out.sort_by_key(|f| f.0);
    out
}

fn plural(n: u64) -> &'static str {
    if n == 1 { "" } else { "s" }
}

/// What is to say about the variants; what is the same for several is said once: `A B: runs on CPU`.
fn merged(cx: Cx<'_>) -> Vec<Finding> {
    let mut all: Vec<(String, Finding)> = Vec::new();
    for v in &cx.state.variants {
        for (level, parts) in variant(v) {
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

fn variant(v: &Variant) -> Vec<Finding> {
    let mut out = Vec::new();
    let Some(ready) = &v.ready else { return out };
    if let Some(runs) = names::provider_of(ready) {
        let asked = v.spec.options.providers.first().map(|p| names::provider(p));
        out.push(match asked.filter(|a| !a.eq_ignore_ascii_case(runs)) {
            Some(asked) => (Level::Warn, vec![format!("asked for {asked}, runs on {runs}")]),
            None => (Level::Good, vec![format!("runs on {runs}")]),
        });
    }
    if let Some(f) = &v.latency.figures {
        let short = SHOWN.iter().find(|q| f.n < figures::needed(**q));
        if let Some(q) = short {
            let needed = grouped(figures::needed(*q));
            out.push((
                Level::Warn,
                vec![format!("p{} needs {needed} inferences", q * 100.0), format!("has {}", grouped(f.n))],
            ));
        }
        let share = ready.loop_overhead.0 as f64 / f.percentiles[0].0.max(1) as f64 * 100.0;
        let level = if share > 1.0 { Level::Warn } else { Level::Good };
        let share = if share < 0.01 { "<0.01".into() } else { format!("{share:.2}") };
        let text = format!("loop adds {} ({share} %)", ready.loop_overhead);
        out.push((level, vec![text, format!("clock steps {}", ready.clock_precision)]));
    }
    let s = &ready.startup;
    let parts = [
        format!("started in {}", s.total),
        format!("session {}", s.session),
        format!("first inference {}", s.first_inference),
    ];
    out.push((Level::Note, parts.to_vec()));
    if v.run > 1 {
        out.push((Level::Note, vec![format!("run {} in this slot", v.run)]));
    }
    out
}
