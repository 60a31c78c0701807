//! The filters of quantized convolutions, by their nodes' names.
//!
//! How much work a convolution is follows from its filter's shape. A runtime that packs the filters of quantized
//! convolutions for its kernels does not list them any more in its profile; the model file does.

use super::proto::GraphProto;
use std::collections::{BTreeMap, HashMap};

/// The shapes `[M, C/group, k…]` of all filters that are narrow integers, subgraphs included. Nodes without a name have none.
pub(super) fn of(graph: &GraphProto) -> BTreeMap<String, Vec<u64>> {
    let mut filters = BTreeMap::new();
    collect(graph, &mut HashMap::new(), &mut filters);
    filters
}

/// A tensor of the graph that is a weight, or follows from one by quantizing and the like.
#[derive(Clone, Copy)]
struct Weight<'a> {
    dims: &'a [i64],
    quantized: bool,
}

fn collect<'a>(
    graph: &'a GraphProto,
    held: &mut HashMap<&'a str, Weight<'a>>,
    filters: &mut BTreeMap<String, Vec<u64>>,
) {
    for tensor in &graph.initializer {
        let weight = Weight { dims: &tensor.dims, quantized: false };
        held.insert(tensor.name.as_deref().unwrap_or_default(), weight);
    }
    for node in &graph.node {
        let weights: [Option<Weight<'_>>; 4] =
            std::array::from_fn(|at| held.get(node.input.get(at)?.as_str()).copied());
        let passed = match node.op() {
            "DequantizeLinear" | "QuantizeLinear" => weights[0].map(|weight| Weight { quantized: true, ..weight }),
            "Identity" => weights[0],
            "Constant" => super::weights::value(node).map(|tensor| Weight { dims: &tensor.dims, quantized: false }),
            _ => None,
        };
        if let Some((weight, output)) = passed.zip(node.output.first()) {
            held.insert(output, weight);
        }
        let filter = match node.op() {
            "Conv" => weights[1].filter(|weight| weight.quantized),
            "QLinearConv" => weights[3],
            "ConvInteger" => weights[1],
            _ => None,
        };
        let shape = filter.and_then(|f| f.dims.iter().map(|n| u64::try_from(*n).ok()).collect::<Option<Vec<u64>>>());
        if let (Some(shape), Some(name)) = (shape, node.name.as_deref().filter(|name| !name.is_empty())) {
            filters.insert(name.to_owned(), shape);
        }
        for inner in node.subgraphs() {
            collect(inner, held, filters);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::proto::{NodeProto, TensorProto};
    use super::*;

    fn node(op: &str, name: &str, input: &[&str], output: &str) -> NodeProto {
        NodeProto {
            op_type: Some(op.into()),
            name: Some(name.into()),
            input: input.iter().map(|name| (*name).into()).collect(),
            output: vec![output.into()],
            ..NodeProto::default()
        }
    }

    #[test]
    fn filters_are_found_through_the_nodes_that_quantize_them() {
        let weight = |name: &str, dims: &[i64]| TensorProto {
            name: Some(name.into()),
            dims: dims.into(),
            ..TensorProto::default()
        };
        let graph = GraphProto {
            initializer: vec![weight("w", &[8, 3, 3, 3]), weight("v", &[4, 8, 1, 1]), weight("f", &[8, 8, 1, 1])],
            node: vec![
                node("DequantizeLinear", "", &["w", "s", "z"], "w.f"),
                node("Conv", "qdq", &["x", "w.f"], "a"),
                node("QLinearConv", "qoperator", &["a", "s", "z", "v", "s", "z"], "b"),
                node("Conv", "float", &["b", "f"], "c"),
                node("Conv", "computed", &["b", "a"], "d"),
                node("Conv", "", &["x", "w.f"], "e"),
            ],
            ..GraphProto::default()
        };
        let expected = [("qdq", vec![8, 3, 3, 3]), ("qoperator", vec![4, 8, 1, 1])];
        assert_eq!(of(&graph), expected.map(|(name, shape)| (name.to_owned(), shape)).into());
    }
}
