//! Rows as stacks: an operator's module path, then the operator, then what it enclosed.
//!
//! `/layer1/conv1/Conv` becomes `layer1`, `conv1`, `Conv`. Children stand in the order in which they first ran, so that a
//! flame graph reads from left to right as the network does. What follows is safe in folded stacks and in XML.

use super::matching::matching;
use super::{Family, OpProfile, OpRow, RowKind};
use nntop_core::text::clean as clean_text;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What no row accounts for.
pub const GAP: &str = "between operators";

/// What a device ran beside the program.
const DEVICE: &str = "on the device, beside it";

/// What stands behind the name of another thread than the inferences' own.
const BESIDE: &str = ", beside it";

/// Deeper stacks end here: what lies below counts for the frame that stands at this depth.
const DEEPEST: u32 = 512;

/// A step holds nearly all where its neighbours have less than this part of its time.
const WRAPS: u64 = 20;

/// What a frame is, which decides its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shade {
    /// A module of the network: it only encloses.
    Enclosing,
    /// A step of the runtime that encloses operators.
    Scope,
    /// A root for what another thread or a device did meanwhile: its time is no part of the wall time.
    Beside,
    /// An operator, or what it ran.
    Op(Family),
    /// A function of a program.
    Function,
    /// What the runtime did beside operators, and what nobody accounts for.
    Outside,
}

/// A frame under its parent.
#[derive(Debug)]
pub struct Node {
    /// What stands on it.
    pub label: String,
    /// What it is.
    pub shade: Shade,
    /// Its own time over all inferences, in nanoseconds: in the first profile and, of two, in the second.
    pub weights: [u64; 2],
    /// What it is called in the first profile, where the two were paired although their names differ.
    pub was: Option<String>,
    /// How many frames enclose it, the root included.
    pub depth: u32,
    /// The frame that encloses it; the root's is itself.
    pub parent: usize,
    /// The frames in it, in the order of execution.
    pub children: Vec<usize>,
}

/// All frames of one profile, or of two laid over each other.
#[derive(Debug)]
pub struct Tree {
    nodes: Vec<Node>,
    by_place: HashMap<(usize, String), usize>,
    /// The frame of each row, of either profile.
    rows: [Vec<usize>; 2],
}

impl Node {
    /// Where it stands in the network, without the runtime's own steps: `layer1/conv1/Conv`.
    pub fn path(stack: &[&Node]) -> String {
        let named = stack.iter().filter(|node| node.shade != Shade::Scope).map(|node| node.label.as_str());
        match stack.last() {
            Some(own) if own.shade == Shade::Scope => own.label.clone(),
            _ => named.collect::<Vec<_>>().join("/"),
        }
    }
}

impl Tree {
    /// The frames of one profile.
    pub fn of(profile: &OpProfile) -> Self {
        Self::of_both(&[profile])
    }

    /// The frames of up to two profiles; what has the same path in both is one frame.
    pub fn of_both(profiles: &[&OpProfile]) -> Self {
        let root = Node {
            label: String::new(),
            shade: Shade::Enclosing,
            weights: [0; 2],
            was: None,
            depth: 0,
            parent: 0,
            children: vec![],
        };
        let mut tree = Self { nodes: vec![root], by_place: HashMap::new(), rows: [Vec::new(), Vec::new()] };
        for (which, profile) in profiles.iter().take(2).enumerate() {
            tree.add(profile, which);
        }
        if let [a, b, ..] = profiles {
            let mut moved = HashMap::new();
            tree.pair_by_name(a, b, &mut moved);
            tree.pair_by_family(&mut moved);
            tree.rows[0].iter_mut().for_each(|at| *at = moved.get(at).copied().unwrap_or(*at));
        }
        tree
    }

    /// Operators that changed their type or what the optimizer puts behind their names: `Conv` and `QLinearConv` of `conv1`.
    fn pair_by_name(&mut self, a: &OpProfile, b: &OpProfile, moved: &mut HashMap<usize, usize>) {
        for (i, j) in matching(a, b).pairs {
            let (from, to) = (self.rows[0][i], self.rows[1][j]);
            let alone = self.nodes[from].weights[1] == 0 && self.nodes[to].weights[0] == 0;
            if from != to && alone && a.rows[i].is_executed_op() && b.rows[j].is_executed_op() {
                self.pair(from, to, moved);
            }
        }
    }

    /// What the first profile has at `from` is the second's `to`.
    fn pair(&mut self, from: usize, to: usize, moved: &mut HashMap<usize, usize>) {
        self.nodes[to].weights[0] = std::mem::take(&mut self.nodes[from].weights[0]);
        self.nodes[to].was = Some(self.nodes[from].label.clone());
        moved.insert(from, to);
    }

    /// Runtimes rename what they fuse or quantise. Operators that only one profile has by their path or name are taken for
    /// the same where both have equally many of a family, first to first in the order of execution.
    fn pair_by_family(&mut self, moved: &mut HashMap<usize, usize>) {
        let mut alone: BTreeMap<Family, [Vec<usize>; 2]> = BTreeMap::new();
        for at in self.order() {
            let node = &self.nodes[at];
            if let (Shade::Op(family), [a, b]) = (node.shade, node.weights)
                && (a == 0) != (b == 0)
            {
                alone.entry(family).or_default()[usize::from(a == 0)].push(at);
            }
        }
        for [before, after] in alone.into_values().filter(|[a, b]| a.len() == b.len()) {
            before.into_iter().zip(after).for_each(|(a, b)| self.pair(a, b, moved));
        }
    }

    /// All frames but the root, parents first, in the order of execution.
    pub fn order(&self) -> Vec<usize> {
        let mut order = Vec::with_capacity(self.nodes.len());
        let mut ahead: Vec<usize> = self.nodes[0].children.iter().rev().copied().collect();
        while let Some(at) = ahead.pop() {
            order.push(at);
            ahead.extend(self.nodes[at].children.iter().rev());
        }
        order
    }

    fn add(&mut self, profile: &OpProfile, which: usize) {
        // Where each row stands, so that its children find it.
        let mut places: Vec<usize> = Vec::with_capacity(profile.rows.len());
        for row in &profile.rows {
            let parent = row.parent.map(|p| p as usize).filter(|p| *p < places.len());
            let above = parent.map(|p| &profile.rows[p]);
            let mut at = parent.map_or(0, |p| places[p]);
            match &row.thread {
                _ if row.is_on_device() && above.is_none_or(|a| !a.is_on_device()) => at = self.on_device(at),
                Some(thread) if parent.is_none() => {
                    at = self.place(0, clean(&format!("{thread}{BESIDE}")), Shade::Beside);
                }
                _ => {}
            }
            let (path, label) = stack_of(row, above);
            for part in path {
                at = self.place(at, part, Shade::Enclosing);
            }
            // A kernel has the hue of the operator that started it.
            let starter = profile.starter(row).filter(|_| row.kind == RowKind::Kernel && row.op_type.is_empty());
            let shade = starter.map_or_else(|| shade(row), |op| self::shade(&profile.rows[op]));
            at = self.place(at, label, shade);
            // A wait is no work: its time is that of the kernels that are waited for.
            if row.kind != RowKind::Wait {
                let weight = &mut self.nodes[at].weights[which];
                *weight = weight.saturating_add(row.self_time.0);
            }
            places.push(at);
        }
        self.rows[which].clone_from(&places);
        if profile.gap.0 > 0 {
            let at = self.place(0, GAP.into(), Shade::Outside);
            self.nodes[at].weights[which] = profile.gap.0;
        }
    }

    /// A device works beside the program: what it ran stands under a root of its own, with the operator that started it.
    fn on_device(&mut self, mut at: usize) -> usize {
        let mut path = Vec::new();
        while at != 0 {
            path.push((self.nodes[at].label.clone(), self.nodes[at].shade));
            at = self.nodes[at].parent;
        }
        let root = self.place(0, DEVICE.into(), Shade::Beside);
        path.into_iter().rev().fold(root, |at, (label, shade)| self.place(at, label, shade))
    }

    /// The frame of that label under `parent`, made where it is new.
    fn place(&mut self, parent: usize, label: String, shade: Shade) -> usize {
        let depth = self.nodes[parent].depth + 1;
        if depth > DEEPEST {
            return parent;
        }
        let new = self.nodes.len();
        let at = *self.by_place.entry((parent, label)).or_insert_with_key(|(_, label)| {
            self.nodes.push(Node {
                label: label.clone(),
                shade,
                weights: [0; 2],
                was: None,
                depth,
                parent,
                children: vec![],
            });
            new
        });
        if at == new {
            self.nodes[parent].children.push(at);
        } else if self.nodes[at].shade == Shade::Enclosing {
            // A module that is an operator, too.
            self.nodes[at].shade = shade;
        }
        at
    }

    /// Calls `visit` with the frames from the root to each node that has a time of its own, parents first.
    pub fn stacks<'a>(&'a self, visit: impl FnMut(&[&'a Node])) {
        self.walk(&BTreeSet::new(), visit);
    }

    /// The same without steps of the runtime that hold all of what is measured: in a picture they are bars of the full width.
    /// The own time of such a step stays, on a frame that holds nothing.
    pub fn inner_stacks<'a>(&'a self, visit: impl FnMut(&[&'a Node])) {
        self.walk(&self.wrappers(), visit);
    }

    fn walk<'a>(&'a self, without: &BTreeSet<usize>, mut visit: impl FnMut(&[&'a Node])) {
        let mut stack: Vec<(usize, &Node)> = Vec::new();
        for at in self.order() {
            let node = &self.nodes[at];
            stack.truncate(node.depth as usize - 1);
            stack.push((at, node));
            if node.weights != [0; 2] {
                let shown = stack.iter().filter(|(of, _)| *of == at || !without.contains(of));
                visit(&shown.map(|(_, node)| *node).collect::<Vec<_>>());
            }
        }
    }

    /// Steps of the runtime that stand below nothing but such steps and hold nearly all of what they stand with.
    fn wrappers(&self) -> BTreeSet<usize> {
        let order = self.order();
        let mut total: Vec<u64> =
            self.nodes.iter().map(|node| node.weights[0].saturating_add(node.weights[1])).collect();
        for at in order.iter().rev() {
            let own = total[*at];
            let above = &mut total[self.nodes[*at].parent];
            *above = above.saturating_add(own);
        }
        let apart = |at: &usize| matches!(self.nodes[*at].shade, Shade::Outside | Shade::Beside);
        let mut wrappers = BTreeSet::new();
        for at in order {
            let (node, parent) = (&self.nodes[at], self.nodes[at].parent);
            let outermost = parent == 0 || wrappers.contains(&parent) || self.nodes[parent].shade == Shade::Beside;
            let others = self.nodes[parent].children.iter().filter(|child| **child != at && !apart(child));
            let others = others.fold(0u64, |sum, child| sum.saturating_add(total[*child]));
            if outermost && node.shade == Shade::Scope && !node.children.is_empty() && others < total[at] / WRAPS {
                wrappers.insert(at);
            }
        }
        wrappers
    }

    /// A frame by its number; the root is 0.
    pub fn node(&self, at: usize) -> &Node {
        &self.nodes[at]
    }

    /// The frames of a profile's rows, in their order: of the first (0) or the second (1).
    pub fn of_rows(&self, which: usize) -> &[usize] {
        &self.rows[which.min(1)]
    }

    /// Every frame but the root.
    pub fn frames(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter().skip(1)
    }
}

/// The modules that enclose a row, as far as the row above it does not name them already, and its own label.
fn stack_of(row: &OpRow, above: Option<&OpRow>) -> (Vec<String>, String) {
    if row.kind != RowKind::Op {
        return (Vec::new(), clean(&row.name));
    }
    let mut path: Vec<&str> = row.path().collect();
    let own = path.pop().unwrap_or_default();
    // A subgraph's operators carry the name of the operator that runs them.
    let known =
        above.filter(|a| a.kind == RowKind::Op).map_or(0, |a| a.path().zip(&path).take_while(|(a, b)| a == *b).count());
    (path.drain(known..).map(clean).collect(), clean(&leaf(own, &row.op_type)))
}

/// An operator's own label, which begins with its type: `Conv`, `Conv_12`, `FusedConv`, `Conv squeezenet0_conv0_fwd`.
fn leaf(own: &str, op_type: &str) -> String {
    let says_type = |text: &str| {
        text.strip_prefix(op_type).is_some_and(|rest| rest.is_empty() || rest.starts_with(['_', '.', ':']))
    };
    match () {
        () if op_type.is_empty() => own.to_owned(),
        // `/conv1/Conv` that runs as `FusedConv`.
        () if own.is_empty() || op_type.contains(own) => op_type.to_owned(),
        () if says_type(own) => own.to_owned(),
        () => format!("{op_type} {own}"),
    }
}

/// A row as a trace shows it, without the modules that enclose it.
pub fn shown(row: &OpRow) -> String {
    stack_of(row, None).1
}

fn shade(row: &OpRow) -> Shade {
    match row.kind {
        RowKind::Op => Shade::Op(Family::of(&row.op_type)),
        RowKind::Kernel if !row.op_type.is_empty() => Shade::Op(Family::of(&row.op_type)),
        RowKind::Kernel | RowKind::Copy => Shade::Op(kernel_family(row)),
        RowKind::Function => Shade::Function,
        RowKind::Overhead | RowKind::Wait => Shade::Outside,
        RowKind::Scope | RowKind::Other => Shade::Scope,
    }
}

fn kernel_family(row: &OpRow) -> Family {
    match row.kind {
        RowKind::Copy => Family::DataMovement,
        _ => Family::of(&row.name),
    }
}

/// A label that folded stacks, XML and inferno take as it is: no `;`, no control characters, no blanks at the ends, and
/// no number behind its last blank, which would be read as a count.
pub fn clean(text: &str) -> String {
    let text = one_line(text).replace(';', ":");
    let mut words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
    // A line that begins so is a comment.
    if words.len() > 1 && words[0] == "#" {
        words.remove(0);
    }
    let is_number = |word: &str| word.chars().all(|c| c.is_ascii_digit() || c == '.');
    let mut label = match words.split_last() {
        None => return "(unnamed)".into(),
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{}{}{last}", rest.join(" "), if is_number(last) { "_" } else { " " }),
    };
    if label == "-" || label == "--" {
        // Marks of missing frames, which inferno colours itself.
        label.push('·');
    }
    label
}

/// Text without control characters, and without what XML 1.0 cannot hold even escaped.
pub fn one_line(text: &str) -> String {
    clean_text(text).chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect()
}
