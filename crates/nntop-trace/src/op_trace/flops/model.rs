//! The operations of the model file's own nodes: what an inference computes, whatever the runtime made of the graph.
//!
//! A runtime pads channels to the width of its kernels, packs filters so that their shapes are gone, folds some nodes into
//! others and adds some. Its profile has the shapes that it executed; the file has those of the model.

use super::cost;
use crate::op_trace::matching::plain;
use nntop_core::event::{Family, ModelNode, ModelWork, OpProfile, OpRow};
use std::collections::{BTreeMap, HashMap};

/// Gives rows the operations of the model's nodes of their names, and the profile those of the whole model.
///
/// Shapes must hold for all calls, as they do where inputs stay the same: in a profile of one's own run.
pub fn of_model(profile: &mut OpProfile, nodes: &[ModelNode]) {
    if nodes.is_empty() {
        return;
    }
    let counted: Vec<Option<u64>> = nodes.iter().map(operations).collect();
    let names = Names::of(nodes);
    let mut calls: HashMap<usize, u64> = HashMap::new();
    let mut graphs: HashMap<u32, u64> = HashMap::new();
    for row in &mut profile.rows {
        let Some(at) = names.find(&row.name).filter(|at| is_of(row, &nodes[*at])) else { continue };
        let times = calls.entry(at).or_default();
        *times = times.saturating_add(row.calls);
        let most = graphs.entry(nodes[at].graph).or_default();
        *most = (*most).max(*times);
        let Some(own) = counted[at].and_then(|n| n.checked_mul(row.calls)) else { continue };
        row.executed_flops = row.flops.filter(|executed| *executed != own);
        row.flops = Some(own);
    }
    let inferences = profile.inferences.max(1);
    let mut work = ModelWork::default();
    let mut uncounted: BTreeMap<&str, u64> = BTreeMap::new();
    for (i, node) in nodes.iter().enumerate() {
        // A node in a body runs as often as the others of its body; a body of which no row tells has not run.
        let times = match node.graph {
            0 => 1,
            graph => calls.get(&i).or_else(|| graphs.get(&graph)).copied().unwrap_or(0) / inferences,
        };
        match counted[i].and_then(|n| n.checked_mul(times)) {
            Some(n) => work.flops = work.flops.saturating_add(n),
            None if times > 0 => *uncounted.entry(&node.op_type).or_default() += 1,
            None => {}
        }
    }
    work.uncounted = uncounted.into_iter().map(|(op, n)| (op.to_owned(), n)).collect();
    profile.model = Some(work);
}

/// Nodes by their names and by those of their outputs. Of two of the same name neither can be told.
struct Names<'a> {
    nodes: HashMap<&'a str, Option<usize>>,
    outputs: HashMap<&'a str, Option<usize>>,
}

impl<'a> Names<'a> {
    fn of(nodes: &'a [ModelNode]) -> Self {
        let by = |name: fn(&ModelNode) -> &str| {
            let mut all: HashMap<&'a str, Option<usize>> = HashMap::new();
            for (i, node) in nodes.iter().enumerate().filter(|(_, node)| !name(node).is_empty()) {
                all.entry(name(node)).and_modify(|known| *known = None).or_insert(Some(i));
            }
            all
        };
        Self { nodes: by(|node| &node.name), outputs: by(|node| &node.output) }
    }

    /// ONNX Runtime calls what it makes of a node after the node, or after its output: `conv1_nchwc`, `features_nchwc`.
    fn find(&self, row: &str) -> Option<usize> {
        let short = plain(row);
        let found = [&self.nodes, &self.outputs].into_iter().find_map(|by| by.get(row).or_else(|| by.get(short)));
        found.copied().flatten()
    }
}

/// The operations of one run of a node.
fn operations(node: &ModelNode) -> Option<u64> {
    let (inputs, outputs) = node.tensors.as_ref()?;
    cost(&node.op_type, inputs, outputs).flops
}

/// Whether the row is that node, as the runtime runs it: `Conv` as `FusedConv` or `QLinearConv`. A node that the runtime has
/// added may have the name of the one that it was added for.
fn is_of(row: &OpRow, node: &ModelNode) -> bool {
    row.is_executed_op() && Family::of(&row.op_type) == Family::of(&node.op_type)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nntop_core::event::TensorSig;

    fn tensor(shape: &[u64]) -> TensorSig {
        TensorSig { dtype: "float32".into(), shape: shape.into() }
    }

    fn node(name: &str, op_type: &str, inputs: &[&[u64]], output: &[u64]) -> ModelNode {
        let inputs = inputs.iter().map(|shape| tensor(shape)).collect();
        let tensors = Some((inputs, vec![tensor(output)]));
        ModelNode { name: name.into(), op_type: op_type.into(), tensors, ..ModelNode::default() }
    }

    fn row(name: &str, op_type: &str, calls: u64, flops: Option<u64>) -> OpRow {
        OpRow { name: name.into(), op_type: op_type.into(), calls, flops, ..OpRow::default() }
    }

    fn profile(rows: Vec<OpRow>) -> OpProfile {
        OpProfile { inferences: 3, rows, ..OpProfile::default() }
    }

    const CONV: u64 = 2 * 10 * 10 * 32 * 16 * 9;

    #[test]
    fn padding_is_no_work_of_the_model_and_packed_filters_are_known_from_it() {
        let nodes = [
            node("stem", "Conv", &[&[1, 16, 12, 12], &[32, 16, 3, 3]], &[1, 32, 10, 10]),
            node("act", "Relu", &[&[1, 32, 10, 10]], &[1, 32, 10, 10]),
        ];
        let mut padded = profile(vec![row("stem_nchwc", "Conv", 3, Some(3 * CONV * 2))]);
        of_model(&mut padded, &nodes);
        assert_eq!((padded.rows[0].flops, padded.rows[0].executed_flops), (Some(3 * CONV), Some(3 * CONV * 2)));
        // The activation went into the convolution, and is work of the model all the same.
        assert_eq!(padded.model, Some(ModelWork { flops: CONV + 3_200, ..ModelWork::default() }));
        let mut packed = profile(vec![row("stem_token_25", "QLinearConv", 3, None)]);
        of_model(&mut packed, &nodes);
        assert_eq!((packed.rows[0].flops, packed.rows[0].executed_flops), (Some(3 * CONV), None));
    }

    #[test]
    fn what_is_another_operator_or_ambiguous_keeps_what_it_executed() {
        let conv = |name: &str| node(name, "Conv", &[&[1, 16, 12, 12], &[32, 16, 3, 3]], &[1, 32, 10, 10]);
        let nodes = [conv("a"), conv("b"), conv("b"), ModelNode { tensors: None, ..conv("data") }];
        let rows = [("a", "QuantizeLinear"), ("b", "Conv"), ("data", "Conv"), ("new", "ReorderOutput")];
        let mut all = profile(rows.iter().map(|(name, op)| row(name, op, 3, Some(7))).collect());
        of_model(&mut all, &nodes);
        assert!(all.rows.iter().all(|row| row.flops == Some(7) && row.executed_flops.is_none()), "{:?}", all.rows);
        let work = all.model.unwrap();
        assert_eq!((work.flops, work.uncounted), (3 * CONV, [("Conv".to_owned(), 1)].into()));
    }

    #[test]
    fn a_row_may_be_called_after_the_output() {
        let nodes = [ModelNode {
            output: "features".into(),
            ..node("c0", "Conv", &[&[1, 16, 12, 12], &[32, 16, 3, 3]], &[1, 32, 10, 10])
        }];
        let mut all = profile(vec![row("features_nchwc", "Conv", 3, Some(7))]);
        of_model(&mut all, &nodes);
        assert_eq!((all.rows[0].flops, all.rows[0].executed_flops), (Some(3 * CONV), Some(7)));
    }

    #[test]
    fn a_body_counts_as_often_as_it_ran_and_a_branch_that_did_not_run_counts_for_nothing() {
        let inside = |name: &str, graph| ModelNode { graph, ..node(name, "MatMul", &[&[4, 8], &[8, 2]], &[4, 2]) };
        let nodes =
            [node("loop", "Loop", &[], &[4, 2]), inside("step", 2), inside("fused away", 2), inside("branch", 3)];
        let mut all = profile(vec![row("step", "MatMul", 15, None)]);
        of_model(&mut all, &nodes);
        let each = 2 * 4 * 8 * 2;
        assert_eq!(all.model, Some(ModelWork { flops: 5 * each * 2, ..ModelWork::default() }));
    }
}
