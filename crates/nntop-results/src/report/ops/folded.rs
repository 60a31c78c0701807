//! Folded stacks: `layer1;conv1;Conv 412000`, a line per place, as every flame graph tool reads them.

use super::tree::{Node, Tree};
use super::{Subject, mean};
use std::fmt::Write;

/// The stacks with their own time, in the order of execution: nanoseconds per inference, or samples.
pub fn folded(of: Subject) -> String {
    let mut out = String::new();
    Tree::of(of.profile).stacks(|stack| {
        let weight = stack.last().map_or(0, |own| mean(of.profile, own.weights[0]));
        if weight > 0 {
            let _ = writeln!(out, "{} {weight}", joined(stack));
        }
    });
    out
}

/// The stacks of both with two counts, the second's last: what tools for differential flame graphs read.
pub fn folded_difference(before: Subject, after: Subject) -> String {
    let mut out = String::new();
    Tree::of_both(&[before.profile, after.profile]).stacks(|stack| {
        let Some(own) = stack.last() else { return };
        let (a, b) = (mean(before.profile, own.weights[0]), mean(after.profile, own.weights[1]));
        if a > 0 || b > 0 {
            let _ = writeln!(out, "{} {a} {b}", joined(stack));
        }
    });
    out
}

pub(super) fn joined(stack: &[&Node]) -> String {
    stack.iter().map(|node| node.label.as_str()).collect::<Vec<_>>().join(";")
}
