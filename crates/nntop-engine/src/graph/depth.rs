//! How deep a network is: operators that hold weights, on the longest path: the topological depth of the network.
//!
//! A weight that is dequantised, cast or reshaped on its way stays a weight, and what does so is no layer. An addition
//! of a weight with one axis is the bias of the layer before it. Branches and loop bodies are not entered.

use super::proto::{GraphProto, NodeProto, TensorProto};
use super::weights;
use crate::tensor::DataType;
use std::collections::HashMap;

/// Layers with weights on the longest path. Nodes stand in the order of execution, as ONNX demands.
pub(super) fn of(graph: &GraphProto) -> u64 {
    let sparse = graph.sparse_initializer.iter().filter_map(|s| s.values.as_ref());
    // Weights, each with whether it has more than one axis to speak of; and shapes of weights to be made.
    let (mut held, mut shapes) = (HashMap::<&str, bool>::new(), HashMap::<&str, bool>::new());
    for tensor in graph.initializer.iter().chain(sparse) {
        let name = tensor.name.as_deref().unwrap_or_default();
        if may_weigh(tensor) {
            held.insert(name, is_wide(tensor));
        } else if let [axes] = tensor.dims[..] {
            shapes.insert(name, axes > 1);
        }
    }
    let mut depth: HashMap<&str, u64> = HashMap::new();
    let mut deepest = 0;
    for node in &graph.node {
        let named = || node.input.iter().map(String::as_str).enumerate().filter(|(_, name)| !name.is_empty());
        let first = node.input.first().and_then(|name| held.get(name.as_str()).copied());
        let shape = node.input.first().and_then(|name| shapes.get(name.as_str()).copied());
        let made = constant(node).or(shape.filter(|_| node.op() == "ConstantOfShape"));
        if let Some(wide) = made.or(first.filter(|_| passes_on(node.op()))) {
            held.extend(node.output.first().map(|out| (out.as_str(), wide)));
            continue;
        }
        let taken = named().filter(|(i, _)| weights::is_weight(node.op(), *i));
        let layer = taken.filter_map(|(_, name)| held.get(name)).any(|wide| *wide || !is_bias(node.op()));
        let before = named().filter_map(|(_, name)| depth.get(name)).max().copied().unwrap_or(0);
        let here = before + u64::from(layer);
        deepest = deepest.max(here);
        depth.extend(node.output.iter().filter(|out| !out.is_empty()).map(|out| (out.as_str(), here)));
    }
    deepest
}

/// Whether it has axes, and is of a type that weights have: no shape, no index, no label.
fn may_weigh(tensor: &TensorProto) -> bool {
    let other = |dtype| matches!(dtype, DataType::I64 | DataType::Bool | DataType::String);
    !tensor.dims.is_empty() && tensor.dtype().is_ok_and(|dtype| !other(dtype))
}

/// Whether more than one axis is longer than 1.
fn is_wide(tensor: &TensorProto) -> bool {
    tensor.dims.iter().filter(|n| **n > 1).count() > 1
}

/// A constant that may be a weight, and whether it is wide.
fn constant(node: &NodeProto) -> Option<bool> {
    let constant = (node.op() == "Constant").then(|| weights::value(node)).flatten();
    constant.filter(|tensor| may_weigh(tensor)).map(is_wide)
}

/// Makes of a weight another form of it.
fn passes_on(op: &str) -> bool {
    matches!(
        op,
        "DequantizeLinear" | "QuantizeLinear" | "Cast" | "Identity" | "Transpose" | "Reshape" | "Unsqueeze" | "Squeeze"
    )
}

/// Adds or scales by a weight of one axis: part of the layer before it.
fn is_bias(op: &str) -> bool {
    let arithmetic = matches!(op, "Add" | "Sub" | "Mul" | "Div" | "Pow" | "QLinearAdd" | "QLinearMul");
    arithmetic || matches!(op, "Clip" | "Max" | "Min" | "Where" | "Pad" | "Resize" | "Concat" | "Expand" | "Gather")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor(name: &str, dims: &[i64]) -> TensorProto {
        TensorProto { name: Some(name.into()), dims: dims.to_vec(), data_type: Some(1), ..TensorProto::default() }
    }

    fn node(op: &str, input: &[&str], output: &str) -> NodeProto {
        NodeProto {
            input: input.iter().map(ToString::to_string).collect(),
            output: vec![output.into()],
            op_type: Some(op.into()),
            ..NodeProto::default()
        }
    }

    #[test]
    fn the_longest_path_counts_and_biases_do_not() {
        let graph = GraphProto {
            initializer: vec![tensor("w", &[8, 3, 3, 3]), tensor("m", &[8, 8]), tensor("b", &[8]), tensor("s", &[])],
            node: vec![
                node("Conv", &["x", "w"], "c1"),
                node("BatchNormalization", &["c1", "b", "b", "b", "b"], "n1"),
                node("Relu", &["n1"], "r1"),
                // A branch with one layer, and one with two.
                node("Conv", &["r1", "w"], "left"),
                node("MatMul", &["r1", "m"], "right"),
                node("Add", &["right", "b"], "biased"),
                node("MatMul", &["biased", "m"], "right2"),
                node("Mul", &["right2", "s"], "scaled"),
                node("Add", &["left", "scaled"], "out"),
            ],
            ..GraphProto::default()
        };
        assert_eq!(of(&graph), 4, "Conv, BatchNormalization, MatMul, MatMul");
    }

    #[test]
    fn a_quantised_weight_is_a_weight_on_its_way() {
        let graph = GraphProto {
            initializer: vec![tensor("q", &[8, 8]), tensor("scale", &[8])],
            node: vec![
                node("DequantizeLinear", &["q", "scale"], "w"),
                node("Transpose", &["w"], "wt"),
                node("QuantizeLinear", &["x", "scale"], "xq"),
                node("DequantizeLinear", &["xq", "scale"], "xd"),
                node("MatMul", &["xd", "wt"], "y"),
            ],
            ..GraphProto::default()
        };
        assert_eq!(of(&graph), 1);
        assert_eq!(of(&GraphProto::default()), 0);
    }
}
