//! Page 6: how right the answers are, beside what they take.
//!
//! ```text
//!  A fp32   top1 97.78 % (95.68–98.87)   352 of 360           pre 0.2 ms ▒ engine 1.4 ms █ post 0.0 ms
//!  top5 100.00 % · auc 99.66 % · f1 97.71 %
//!  recall by class
//!  airplane ███████████████ 95 %
//!  …
//!  surest wrong   0042.png   cat for dog  98 %
//!  B against A on 360 examples: 0.56 points worse (-0.55 to 1.66, 95 %)
//! ```

use super::{Cx, names, paint};
use crate::tui::widget::bars;
use nntop_core::event::{ACCURACY_METRICS, Accuracy, ClassScore, Score};
use nntop_core::stats;
use nntop_core::unit::{Nanos, grouped, significant};
use nntop_state::Variant;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Columns of a pane at least: fewer are stacked.
const NARROW: u16 = 56;

/// Columns of a class's name.
const CLASS: u16 = 14;

pub(super) fn draw(cx: Cx<'_>, area: Rect, buf: &mut Buffer) {
    let area = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    let evaluated: Vec<&Variant> = cx.state.variants.iter().filter(|v| v.accuracy.is_some()).collect();
    if evaluated.is_empty() {
        let text = match cx.state.variants.iter().any(|v| v.spec.evaluation.is_some()) {
            true => "waiting for the first answers",
            false => "Nothing is evaluated. Name labelled data: nntop MODEL --dataset DATA",
        };
        paint::text(buf, area, 0, 0, &paint::fit(text, area.width), cx.theme.dim());
        return;
    }
    let pairs = compared(&evaluated);
    let below = if pairs.is_empty() { 0 } else { pairs.len() as u16 + 1 };
    let body = paint::rows(area, 0, area.height.saturating_sub(below));
    let n = evaluated.len() as u16;
    if area.width / n >= NARROW {
        for (v, pane) in evaluated.iter().zip(paint::columns(body, n)) {
            variant(cx, v, Rect { width: pane.width.saturating_sub(2), ..pane }, buf);
        }
    } else {
        let each = (body.height / n).max(2);
        for (i, v) in evaluated.iter().enumerate() {
            variant(cx, v, paint::rows(body, i as u16 * each, each.saturating_sub(1)), buf);
        }
    }
    for (i, text) in pairs.iter().enumerate() {
        let y = area.height.saturating_sub(below) + 1 + i as u16;
        paint::text(buf, area, 0, y, &paint::fit(text, area.width), cx.theme.text());
    }
}

/// The first figure in a few words: `top1 97.78 %`.
pub(super) fn short(a: &Accuracy) -> Option<String> {
    a.first().map(|(name, score)| format!("{name} {}", score.shown(name)))
}

fn interval(name: &str, score: Score) -> String {
    score.interval_shown(name).map_or_else(String::new, |interval| format!(" ({interval})"))
}

fn variant(cx: Cx<'_>, v: &Variant, area: Rect, buf: &mut Buffer) {
    let (theme, Some(a)) = (cx.theme, v.accuracy.as_deref()) else { return };
    let mut title = names::letter(cx, v);
    title.push(Span::styled(format!(" {}  ", paint::fit_middle(&v.spec.name, 24)), theme.strong()));
    if let Some((name, score)) = a.first() {
        title.push(Span::styled(format!("{name} {}", score.shown(name)), theme.strong()));
        title.push(Span::styled(interval(name, score), theme.dim()));
    }
    paint::line(buf, area, 0, 0, &Line::from(title));
    let mut y = 1;
    let mut put = |text: &str, style| {
        if y < area.height {
            paint::text(buf, area, 0, y, &paint::fit(text, area.width), style);
            y += 1;
        }
    };
    let errors = if a.errors > 0 { format!(" · {} unreadable", a.errors) } else { String::new() };
    put(&format!("{} · {} of {}{errors}", a.task, grouped(a.n), grouped(a.total)), theme.dim());
    if !a.done {
        let room = area.width.min(48);
        put(&bars::lying((a.n + a.errors) as f64 / a.total.max(1) as f64, room), theme.focus());
    }
    let first = a.first().map(|f| f.0);
    let others: Vec<String> = ACCURACY_METRICS
        .iter()
        .filter(|name| Some(**name) != first)
        .filter_map(|name| a.metrics.get(*name).map(|s| format!("{name} {}", s.shown(name))))
        .collect();
    put(&others.join(" · "), theme.text());
    put(&format!("inputs {}", a.preprocessing), theme.dim());
    let t = a.time;
    put(&format!("inference p50 {} · p99 {}", t.p50, t.p99), theme.text());
    put(&parts(t.pre, t.engine, t.post, area.width), theme.accent());
    // What stands below shares the room: classes first, then the answers.
    let left = area.height.saturating_sub(y);
    let wrong = a.worst.len().min(usize::from(left / 3));
    let classes = usize::from(left).saturating_sub(wrong + 2).min(a.classes.len());
    if classes > 0 && y < area.height {
        let head = if a.classes.iter().any(|c| c.recall.is_some()) { "recall" } else { "average precision" };
        paint::text(buf, area, 0, y, &paint::fit(&format!("{head} by class"), area.width), theme.dim());
        y += 1;
    }
    let mut sorted: Vec<&ClassScore> = a.classes.iter().collect();
    if classes < sorted.len() {
        // Not all fit: the worst are worth the room.
        sorted.sort_by(|a, b| of_class(a).total_cmp(&of_class(b)));
    }
    for class in sorted.into_iter().take(classes) {
        let share = of_class(class);
        let room = area.width.saturating_sub(CLASS + 9).min(40);
        paint::text(buf, area, 0, y, &paint::fit(&class.class, CLASS), theme.text());
        paint::text(buf, area, CLASS + 1, y, &bars::lying(share, room), theme.variant(v.slot));
        paint::text(buf, area, CLASS + 2 + room, y, &format!("{:.0} %", 100.0 * share), theme.dim());
        y += 1;
    }
    for (i, e) in a.worst.iter().take(wrong).enumerate() {
        let head = if i == 0 { "surest wrong " } else { "             " };
        let sure = if e.value <= 1.0 { format!("{:.0} %", 100.0 * e.value) } else { significant(e.value) };
        let text = format!("{head}{}: {} for {}, {sure}", e.name, e.answer, e.label);
        if y < area.height {
            paint::text(buf, area, 0, y, &paint::fit(&text, area.width), theme.dim());
            y += 1;
        }
    }
}

/// Of a class's examples the share that was found; of a detector's classes the average precision.
fn of_class(class: &ClassScore) -> f64 {
    class.recall.or(class.score).unwrap_or(0.0)
}

/// Pre-processing, engine and post-processing as one bar of three signs, each with its time.
fn parts(pre: Nanos, engine: Nanos, post: Nanos, width: u16) -> String {
    let words = format!(" pre {pre} ▒ · engine {engine} █ · post {post} ░");
    let room = usize::from(width.saturating_sub(paint::width(&words))).min(40);
    let all = (pre.0 + engine.0 + post.0).max(1) as f64;
    let cells = |part: Nanos| (part.0 as f64 / all * room as f64).round() as usize;
    let bar: String = "▒".repeat(cells(pre)) + &"█".repeat(cells(engine)) + &"░".repeat(cells(post));
    format!("{bar}{words}")
}

/// Each further variant's answers against the first's.
fn compared(all: &[&Variant]) -> Vec<String> {
    let answers = |v: &Variant| v.accuracy.as_deref().filter(|a| a.done).map(Accuracy::right).filter(|r| !r.is_empty());
    let Some((first, further)) = all.split_first() else { return Vec::new() };
    let Some(right) = answers(first) else { return Vec::new() };
    let line = |v: &&Variant| {
        let own = answers(v).filter(|own| own.len() == right.len())?;
        let p = stats::paired(&right, &own)?;
        Some(format!("{} against {} on {} examples: {}", v.spec.name, first.spec.name, grouped(p.n), p.words()))
    };
    further.iter().filter_map(line).collect()
}
