//! Two profiles in one flame graph: widths are the second's, red took longer than in the first, blue less.

use super::flame::{FlameError, draw, options};
use super::tree::Tree;
use super::{Subject, Weight, folded, legend, mean, whole};
use crate::unit::Nanos;

/// The difference that `after` makes to `before`, frame by frame, per inference.
pub fn differential(before: Subject, after: Subject) -> Result<String, FlameError> {
    let tree = Tree::of_both(&[before.profile, after.profile]);
    let (mut lines, mut gone) = (Vec::new(), 0);
    tree.stacks(|stack| {
        let Some(own) = stack.last() else { return };
        let (a, b) = (mean(before.profile, own.weights[0]), mean(after.profile, own.weights[1]));
        if b > 0 {
            lines.push(format!("{} {a} {b}", folded::joined(stack)));
        } else {
            gone += a;
        }
    });
    let weight = Weight::of(after.profile);
    let (a, b) = (mean(before.profile, whole(before.profile)), mean(after.profile, whole(after.profile)));
    let mut parts = vec![format!("{} → {}", weight.show(a), weight.show(b)), "red took longer, blue less".into()];
    if gone > 0 {
        // What has no width in the second cannot be drawn.
        let amount = if weight == Weight::Samples { weight.show(gone) } else { Nanos(gone).to_string() };
        parts.push(format!("not drawn: {amount} of the first in frames that the second has not"));
    }
    let title = format!("{} against {}", after.title, before.title);
    let svg = draw(&mut options(&title, parts.join(" · "), weight), &lines)?;
    Ok(legend::finished(&svg, &[]))
}
