//! What the Ops page shows, worked out from the state and the choices: rows of the table, frames of the flame.

use super::rows::{group, rows};
use super::{By, Column, OpsUi, Row, Side};
use nntop_core::event::OpProfile;
use nntop_state::{State, Variant};
use nntop_trace::op_trace::tree::{Shade, Tree};
use std::ops::Deref;
use std::rc::Rc;

/// The page's content, with whose it is.
pub(crate) struct Data<'a> {
    /// The variants: one, or the two that are held against each other.
    pub(crate) variants: Vec<&'a Variant>,
    /// Their profiles.
    pub(crate) profiles: Vec<&'a OpProfile>,
    content: Rc<Content>,
}

impl Deref for Data<'_> {
    type Target = Content;

    fn deref(&self) -> &Content {
        &self.content
    }
}

/// What follows from the profiles and the choices. Per node of the tree where it says so; times are nanoseconds per inference.
pub(crate) struct Content {
    /// The frames.
    pub(crate) tree: Tree,
    /// Per node: its path, which is its name from burst to burst.
    pub(crate) paths: Vec<String>,
    /// Per node: its own time and that of all it encloses, in either profile.
    pub(crate) totals: Vec<[f64; 2]>,
    /// Per node: what the flame shows below it, and above it. Steps of the runtime around the whole network, and modules that
    /// hold one thing only, are no frames of their own.
    pub(crate) below: Vec<Vec<usize>>,
    pub(crate) above: Vec<usize>,
    /// Per node: what stands on it, with the modules that it stands for.
    pub(crate) labels: Vec<String>,
    /// The rows that are asked for, in the order that is asked for.
    pub(crate) rows: Vec<Row>,
    /// How many rows there are without the filter.
    pub(crate) unfiltered: usize,
    /// How many operators ran, in the newest profile.
    pub(crate) operators: usize,
    /// Own time of all operators.
    pub(crate) own: [f64; 2],
    /// Per node: whether the filter, or the selected group, is about it. Absent when neither is set.
    pub(crate) lit: Option<Vec<bool>>,
    /// An inference as the profiler saw it, of which shares are taken.
    pub(crate) whole: [f64; 2],
    /// The part of the inference that the filter or the selected group has.
    pub(crate) lit_share: f64,
}

impl<'a> Data<'a> {
    /// Absent while there is no profile of one of those that are asked for.
    pub(crate) fn of(state: &'a State, ui: &OpsUi) -> Option<Self> {
        let variants: Vec<&Variant> = match ui.shown(state)? {
            Side::One(slot) => vec![state.variant(slot)?],
            Side::Both(a, b) => vec![state.variant(a)?, state.variant(b)?],
        };
        let profiles: Vec<&OpProfile> = variants.iter().filter_map(|v| v.ops.latest.as_ref()).collect();
        if profiles.len() != variants.len() {
            return None;
        }
        let content = ui.memo.get(ui, &variants, || Content::of(&variants, &profiles, ui));
        Some(Self { variants, profiles, content })
    }

    /// Whether two variants are held against each other.
    pub(crate) fn both(&self) -> bool {
        self.profiles.len() > 1
    }

    /// Which of a row's or node's two times the flame's widths are.
    pub(crate) fn widths(&self, ui: &OpsUi) -> usize {
        widths(ui, self.both())
    }

    /// The selected frame.
    pub(crate) fn selected_node(&self, ui: &OpsUi) -> Option<usize> {
        let by_path = || self.node(ui.selected.as_deref()?);
        let row = self.selected_row(ui).filter(|_| ui.by == By::Operator);
        row.and_then(|at| self.rows[at].node).or_else(by_path)
    }

    /// The frame with this path.
    pub(crate) fn node(&self, path: &str) -> Option<usize> {
        self.paths.iter().position(|p| p == path)
    }

    /// The frame that fills the flame's width: the root, unless one was chosen that is still there. What is searched for is
    /// shown, also where it lies outside of that one.
    pub(crate) fn zoomed(&self, ui: &OpsUi) -> usize {
        let wide = |at: &usize| self.totals[*at][self.widths(ui)] > 0.0;
        let chosen = ui.zoom.as_deref().and_then(|path| self.node(path)).filter(wide).unwrap_or(0);
        let found = self.lit.as_deref().filter(|lit| !ui.filter.is_empty() && lit.contains(&true));
        match found {
            Some(lit) if !(0..lit.len()).any(|at| lit[at] && self.is_within(at, chosen)) => 0,
            _ => chosen,
        }
    }

    /// Whether `at` is `top` or in it.
    pub(crate) fn is_within(&self, at: usize, top: usize) -> bool {
        let mut now = at;
        while now != top && now != 0 {
            now = self.above[now];
        }
        now == top
    }

    /// The flame's frames, each with its depth, in the order of execution; those that have a width.
    pub(crate) fn frames(&self, ui: &OpsUi, top: usize) -> Vec<(usize, u16)> {
        let which = self.widths(ui);
        let mut frames = Vec::new();
        let mut ahead = vec![(top, 0)];
        while let Some((at, depth)) = ahead.pop() {
            if self.totals[at][which] > 0.0 || at == top {
                frames.push((at, depth));
                ahead.extend(self.below[at].iter().rev().map(|below| (*below, depth + 1)));
            }
        }
        frames
    }

    /// Where a frame stands in the network: `layer3 ▸ layer3.1`, the runtime's own steps left out.
    pub(crate) fn trail(&self, at: usize) -> String {
        let mut labels = Vec::new();
        let mut now = at;
        while now != 0 {
            let node = self.tree.node(now);
            if node.shade != Shade::Scope || now == at {
                labels.push(node.label.as_str());
            }
            now = node.parent;
        }
        labels.reverse();
        labels.join(" ▸ ")
    }
}

impl Content {
    fn of(variants: &[&Variant], profiles: &[&OpProfile], ui: &OpsUi) -> Self {
        let tree = Tree::of_both(profiles);
        let (paths, totals) = (paths(&tree), totals(&tree, profiles));
        let (below, above, labels) = shown(&tree, &totals);
        let asked: Vec<Option<String>> = variants.iter().map(|v| Some(v.placement()?.asked)).collect();
        let mut rows = rows(profiles, &asked, &tree, &paths, ui.by);
        let mut own = [0.0; 2];
        for row in &rows {
            own[0] += row.time[0].unwrap_or(0.0);
            own[1] += row.time[1].unwrap_or(0.0);
        }
        if let (Some((by, key)), By::Operator) = (&ui.within, ui.by) {
            let inside = |which: usize, i: &usize| {
                profiles.get(which).is_some_and(|p: &&OpProfile| group(&p.rows[*i], *by) == *key)
            };
            rows.retain(|row| (0..2).any(|which| row.members[which].iter().any(|i| inside(which, i))));
        }
        let mut whole = own;
        for (which, profile) in profiles.iter().enumerate().filter(|(_, p)| p.wall.0 > 0) {
            whole[which] = profile.wall.0 as f64 / profile.inferences.max(1) as f64;
        }
        let unfiltered = rows.len();
        let wanted = ui.filter.to_lowercase();
        rows.retain(|row| wanted.is_empty() || row.has(&wanted));
        let newest = profiles.len() - 1;
        let mut data = Self {
            operators: profiles[newest].executed_ops().count(),
            tree,
            paths,
            totals,
            below,
            above,
            labels,
            rows,
            unfiltered,
            own,
            whole,
            lit: None,
            lit_share: 0.0,
        };
        data.sort(ui, profiles.len() > 1);
        data.light(ui, profiles.len() > 1);
        data
    }

    /// The selected row: the first unless something else was chosen.
    pub(crate) fn selected_row(&self, ui: &OpsUi) -> Option<usize> {
        let key = if ui.by == By::Operator { &ui.selected } else { &ui.group };
        match key {
            Some(key) => self.rows.iter().position(|row| row.key == *key),
            None => (!self.rows.is_empty()).then_some(0),
        }
    }

    fn sort(&mut self, ui: &OpsUi, both: bool) {
        let column = ui.sorted_by(both);
        let value = |row: &Row| match column {
            Column::Time | Column::Share => row.time[0].or(Some(-1.0)),
            Column::Host => Some(row.host),
            Column::Device => Some(row.device),
            Column::Other => row.time[1],
            Column::Delta => Some(row.delta().abs()),
            Column::Operators => Some(row.operators() as f64),
            Column::Calls => Some(row.calls),
            Column::Rate => row.rate,
            Column::Intensity => row.intensity,
            Column::Bytes => row.bytes,
            Column::Memory => row.memory,
            Column::Provider | Column::Type | Column::Name => None,
        };
        let text = |row: &Row| match column {
            Column::Provider => row.provider.to_lowercase(),
            Column::Type => row.op_type.to_lowercase(),
            _ => row.name.to_lowercase(),
        };
        self.rows.sort_by(|a, b| {
            let order = if column.is_text() {
                text(a).cmp(&text(b))
            } else {
                value(b).unwrap_or(f64::MIN).total_cmp(&value(a).unwrap_or(f64::MIN))
            };
            let order = if ui.reverse { order.reverse() } else { order };
            let time = |row: &Row| if both { row.delta().abs() } else { row.newest() };
            order.then_with(|| time(b).total_cmp(&time(a)))
        });
    }

    /// Marks the frames that the filter, or the selected group, is about.
    fn light(&mut self, ui: &OpsUi, both: bool) {
        let chosen: Vec<usize> = match ui.by {
            _ if !ui.filter.is_empty() => (0..self.rows.len()).collect(),
            By::Operator if ui.within.is_some() => (0..self.rows.len()).collect(),
            By::Operator => return,
            _ if ui.group.is_none() => return,
            _ => self.selected_row(ui).into_iter().collect(),
        };
        let mut lit = vec![false; self.paths.len()];
        let (mut time, which) = (0.0, widths(ui, both));
        for at in chosen {
            time += self.rows[at].time[which].unwrap_or(0.0);
            for (of, members) in self.rows[at].members.iter().enumerate() {
                members.iter().for_each(|i| lit[self.tree.of_rows(of)[*i]] = true);
            }
        }
        self.lit_share = time / self.whole[which].max(1.0);
        self.lit = Some(lit);
    }
}

/// Which of two times the flame's widths are.
fn widths(ui: &OpsUi, both: bool) -> usize {
    usize::from(both && !ui.widths_of_first)
}

/// Every node's labels from the root on.
fn paths(tree: &Tree) -> Vec<String> {
    let order = tree.order();
    let mut paths = vec![String::new(); order.len() + 1];
    for at in order {
        let node = tree.node(at);
        let above = &paths[node.parent];
        paths[at] = if above.is_empty() { node.label.clone() } else { format!("{above};{}", node.label) };
    }
    paths
}

/// What the flame shows below and above every node, and what stands on it.
fn shown(tree: &Tree, totals: &[[f64; 2]]) -> (Vec<Vec<usize>>, Vec<usize>, Vec<String>) {
    let n = totals.len();
    // What was paired with an operator of another name has left an empty place.
    let held = |at: usize| -> Vec<usize> {
        tree.node(at).children.iter().copied().filter(|c| totals[*c] != [0.0; 2]).collect()
    };
    let mut below = vec![Vec::new(); n];
    let mut above = vec![0; n];
    let mut labels: Vec<String> = (0..n).map(|at| tree.node(at).label.clone()).collect();
    let mut ahead: Vec<usize> = vec![0];
    while let Some(at) = ahead.pop() {
        let mut children = held(at);
        // Steps of the runtime around everything say nothing: what they hold stands in their place.
        while (at == 0 || tree.node(at).shade == Shade::Beside)
            && children.iter().any(|c| tree.node(*c).shade == Shade::Scope && !tree.node(*c).children.is_empty())
        {
            let open = |c: usize| {
                let node = tree.node(c);
                let opens = node.shade == Shade::Scope && !node.children.is_empty();
                if opens { held(c) } else { vec![c] }
            };
            children = children.into_iter().flat_map(open).collect();
        }
        for child in &mut children {
            let mut label = labels[*child].clone();
            while let ([only], Shade::Enclosing, [0, 0]) =
                (&held(*child)[..], tree.node(*child).shade, tree.node(*child).weights)
            {
                *child = *only;
                label = format!("{label}/{}", labels[*child]);
            }
            labels[*child] = label;
            above[*child] = at;
        }
        ahead.extend(&children);
        below[at] = children;
    }
    (below, above, labels)
}

/// Every node's time with that of all it encloses, per inference.
fn totals(tree: &Tree, profiles: &[&OpProfile]) -> Vec<[f64; 2]> {
    let order = tree.order();
    let mut totals = vec![[0.0; 2]; order.len() + 1];
    let per = |which: usize| profiles.get(which).map_or(1.0, |p| p.inferences.max(1) as f64);
    for &at in order.iter().rev() {
        let node = tree.node(at);
        let own = [0, 1].map(|which| totals[at][which] + node.weights[which] as f64 / per(which));
        totals[at] = own;
        totals[node.parent] = [0, 1].map(|which| totals[node.parent][which] + own[which]);
    }
    totals
}

/// What a frame's own row is, where it is an operator.
impl Data<'_> {
    /// The operators in a frame, itself included: rows of the newest profile, or of the other where it has none there.
    pub(crate) fn members(&self, at: usize) -> [Vec<usize>; 2] {
        let inside = |mut node: usize| loop {
            match node {
                n if n == at => return true,
                0 => return at == 0,
                n => node = self.tree.node(n).parent,
            }
        };
        let of = |which: usize| {
            let rows = self.tree.of_rows(which).iter().enumerate();
            rows.filter(|(i, node)| self.profiles[which].rows[*i].is_executed_op() && inside(**node))
                .map(|(i, _)| i)
                .collect()
        };
        [of(0), if self.both() { of(1) } else { Vec::new() }]
    }

    /// Whether the frame only encloses.
    pub(crate) fn encloses(&self, at: usize) -> bool {
        at == 0 || matches!(self.tree.node(at).shade, Shade::Enclosing | Shade::Scope | Shade::Beside)
    }
}
