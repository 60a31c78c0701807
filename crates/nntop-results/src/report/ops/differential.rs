//! Two profiles in one flame graph: widths are the second's, red took longer than in the first, blue less.

use super::flame::{FlameError, draw, joined, options};
use super::tree::Tree;
use super::{Subject, Weight, mean, page};
use nntop_core::unit::Nanos;

/// The difference that `after` makes to `before`, frame by frame, per inference.
pub fn differential(before: Subject, after: Subject) -> Result<String, FlameError> {
    let tree = Tree::of_both(&[before.profile, after.profile]);
    let (mut lines, mut gone, mut new, mut paired) = (Vec::new(), 0u64, 0u64, 0u64);
    tree.inner_stacks(|stack| {
        let Some(own) = stack.last() else { return };
        let (a, b) = (mean(before.profile, own.weights[0]), mean(after.profile, own.weights[1]));
        paired += u64::from(own.was.is_some());
        if b == 0 {
            gone += a;
        } else if own.weights[0] == 0 {
            // Nothing to hold it against: that is no slower operator.
            new += b;
            lines.push(format!("{} {b} {b}", joined(stack)));
        } else {
            lines.push(format!("{} {a} {b}", joined(stack)));
        }
    });
    let weight = Weight::of(after.profile);
    let (a, b) = (mean(before.profile, before.profile.whole().0), mean(after.profile, after.profile.whole().0));
    let subtitle = format!("{} → {} · red took longer, blue less", weight.show(a), weight.show(b));
    let amount = |n: u64| if weight.is_count() { weight.show(n) } else { Nanos(n).to_string() };
    let mut notes = Vec::new();
    if new > 0 {
        notes.push(format!("pale: unchanged, or only in this one ({})", amount(new)));
    }
    if gone > 0 {
        // What has no width in the second cannot be drawn.
        notes.push(format!("not drawn: only in the first ({})", amount(gone)));
    }
    if paired > 0 {
        notes.push(format!("{paired} paired whose names or types differ"));
    }
    let title = title(before.title, after.title);
    let svg = draw(&mut options(&title, subtitle, weight), &lines)?;
    Ok(page::finished(&svg, page::Line::Note(&notes.join(" · "))))
}

/// `int8 against fp32 · onnxruntime 1.31.1 · cpu`: what both have in common is said once.
pub(super) fn title(before: &str, after: &str) -> String {
    match (before.split_once(" · "), after.split_once(" · ")) {
        (Some((a, rest)), Some((b, same))) if rest == same => format!("{b} against {a} · {same}"),
        _ => format!("{after} against {before}"),
    }
}
