//! A copy of an ONNX model that gives out every tensor between its nodes, to hold one model against another layer by layer.

use super::error::ModelError;
use super::onnx;
use super::proto::{GraphProto, ModelProto, ValueInfoProto};
use prost::Message as _;
use std::collections::{HashMap, HashSet};
use std::path::Path;

/// A tensor that a node makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeOutput {
    /// The tensor's name.
    pub name: String,
    /// The operator that makes it.
    pub op: String,
    /// The tensor that holds what the next nodes see of it: itself; of a quantized model it, quantized and back. The scale and
    /// the zero point clip it then, which stands for an activation that is not in the model any more.
    pub tensor: String,
}

/// The bytes of the model with every node's output as an output of the graph, and those tensors in the order of the nodes.
/// Constants, and what lies in branches and loop bodies, are left out.
///
/// # Errors
/// When there is no such file, or no sound model in it.
pub fn with_all_outputs(path: &Path) -> Result<(Vec<u8>, Vec<NodeOutput>), ModelError> {
    let (bytes, model) = onnx::load_model(path)?;
    let graph = model.graph.unwrap_or_default();
    let nodes = graph.node.iter().filter(|node| node.op() != "Constant");
    let after = |op: &str| -> HashMap<&str, &str> {
        let of = graph.node.iter().filter(|node| node.op() == op);
        of.filter_map(|node| Some((node.input.first()?.as_str(), node.output.first()?.as_str()))).collect()
    };
    let (quantized, back) = (after("QuantizeLinear"), after("DequantizeLinear"));
    let seen = |name: &str| quantized.get(name).and_then(|q| back.get(q)).map_or(name, |tensor| tensor).to_owned();
    let of = |name: &String, op: &str| NodeOutput { name: name.clone(), op: op.to_owned(), tensor: seen(name) };
    let all: Vec<NodeOutput> = nodes
        .flat_map(|node| node.output.iter().map(|name| of(name, node.op())))
        .filter(|output| !output.name.is_empty())
        .collect();
    let there: HashSet<&str> = graph.output.iter().filter_map(|o| o.name.as_deref()).collect();
    let further = all.iter().filter(|o| !there.contains(o.name.as_str()));
    // A name alone: runtimes work out types and shapes.
    let output = further.map(|o| ValueInfoProto { name: Some(o.name.clone()), ..ValueInfoProto::default() }).collect();
    let more = ModelProto { graph: Some(GraphProto { output, ..GraphProto::default() }), ..ModelProto::default() };
    // A message that stands twice in a protobuf is merged (protobuf.dev, "Last One Wins"): what is there stays, byte for byte.
    let mut whole = bytes.to_vec();
    more.encode(&mut whole)
        .map_err(|e| ModelError::Unreadable { path: path.into(), source: std::io::Error::other(e) })?;
    Ok((whole, all))
}

#[cfg(test)]
mod tests {
    use super::super::proto::NodeProto;
    use super::*;

    #[test]
    fn every_node_s_output_becomes_one_of_the_graph_and_nothing_else_changes() {
        let node = |op: &str, input: &str, output: &[&str]| NodeProto {
            op_type: Some(op.into()),
            input: vec![input.into()],
            output: output.iter().map(|o| (*o).to_owned()).collect(),
            ..NodeProto::default()
        };
        let value = |name: &str| ValueInfoProto { name: Some(name.into()), ..ValueInfoProto::default() };
        let graph = GraphProto {
            node: vec![
                node("Constant", "", &["c"]),
                node("Split", "x", &["a", "", "b"]),
                node("QuantizeLinear", "b", &["q"]),
                node("DequantizeLinear", "q", &["d"]),
                node("Relu", "a", &["y"]),
            ],
            input: vec![value("x")],
            output: vec![value("y")],
            ..GraphProto::default()
        };
        let model = ModelProto { ir_version: Some(9), graph: Some(graph), ..ModelProto::default() };
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("m.onnx");
        std::fs::write(&path, model.encode_to_vec()).unwrap();
        let (bytes, all) = with_all_outputs(&path).unwrap();
        let names: Vec<_> = all.iter().map(|o| (o.name.as_str(), o.op.as_str(), o.tensor.as_str())).collect();
        let back = [("q", "QuantizeLinear", "q"), ("d", "DequantizeLinear", "d"), ("y", "Relu", "y")];
        assert_eq!(names, [&[("a", "Split", "a"), ("b", "Split", "d")], back.as_slice()].concat());
        let mut read = ModelProto::decode(bytes.as_slice()).unwrap();
        let outputs = &mut read.graph.as_mut().unwrap().output;
        assert_eq!(outputs.iter().filter_map(|o| o.name.as_deref()).collect::<Vec<_>>(), ["y", "a", "b", "q", "d"]);
        outputs.truncate(1);
        assert_eq!(read, model);
    }
}
