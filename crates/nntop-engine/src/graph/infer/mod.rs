//! Shape inference: the shapes of all tensors of an ONNX graph, for inputs of known shapes.
//!
//! Tensors that shapes are computed from (`Shape`, `Gather`, `Concat`, `Mul` …) are computed, too, as far as they are
//! small. What depends on data is not known, and neither is what follows from it; a shape that the file states itself is
//! taken then. Nothing here runs the model or needs a runtime.

mod bodies;
mod call;
mod elementwise;
mod moving;
mod products;
mod value;
mod windows;

#[cfg(test)]
mod tests;

pub(super) use call::Call;
pub(super) use value::Value;

use super::proto::{GraphProto, NodeProto, ValueInfoProto};
use nntop_core::event::{ModelNode, TensorSig};
use std::collections::HashMap;

/// Subgraphs nest no deeper than this in any model.
const DEEPEST: usize = 32;

/// What is known of the tensors of a graph, and of those around it.
pub(super) struct Scope<'a, 'p> {
    known: HashMap<&'a str, Value>,
    above: Option<&'p Scope<'a, 'p>>,
    depth: usize,
    /// Which graph this is.
    graph: u32,
}

impl<'a> Scope<'a, '_> {
    fn get(&self, name: &str) -> Value {
        let mut scope = Some(self);
        while let Some(here) = scope {
            if let Some(value) = here.known.get(name) {
                return value.clone();
            }
            scope = here.above;
        }
        Value::default()
    }

    fn set(&mut self, name: &'a str, value: Value) {
        if !name.is_empty() {
            self.known.insert(name, value);
        }
    }
}

/// The nodes of a graph and its subgraphs with the shapes of what goes in and comes out, in the order of execution.
/// `inputs` are the shapes that the model is run with.
pub(super) fn nodes(graph: &GraphProto, inputs: &[(String, Vec<u64>)]) -> Vec<ModelNode> {
    let mut scope = Scope { known: HashMap::new(), above: None, depth: 0, graph: 0 };
    let mut found = Vec::new();
    for input in &graph.input {
        let Some(name) = input.name.as_deref() else { continue };
        if let Some((_, shape)) = inputs.iter().find(|(given, _)| given == name) {
            scope.set(name, Value { dtype: value::dtype(input), ..Value::of(shape.clone()) }.sound());
        }
    }
    run(graph, &mut scope, &mut found);
    found
}

/// Goes through a graph whose inputs are known already, as far as they are. What each node does is added to `found`.
fn run<'a>(graph: &'a GraphProto, scope: &mut Scope<'a, '_>, found: &mut Vec<ModelNode>) {
    for tensor in &graph.initializer {
        scope.set(tensor.name.as_deref().unwrap_or_default(), Value::constant(tensor).sound());
    }
    let stated: HashMap<&str, &ValueInfoProto> =
        graph.value_info.iter().chain(&graph.output).filter_map(|info| Some((info.name.as_deref()?, info))).collect();
    for node in &graph.node {
        let inputs: Vec<Value> = node.input.iter().map(|name| scope.get(name)).collect();
        let before = found.len();
        let mut outputs =
            bodies::outputs(node, &inputs, scope, found).unwrap_or_else(|| outputs(&Call { node, inputs: &inputs }));
        outputs.resize(node.output.len(), Value::default());
        for (name, output) in node.output.iter().zip(&mut outputs) {
            if output.shape.is_none() {
                output.shape = stated.get(name.as_str()).and_then(|info| value::stated(info));
            }
            *output = std::mem::take(output).sound();
            scope.set(name, output.clone());
        }
        // An enclosing node stands before what it encloses.
        found.insert(before, told(node, &inputs, &outputs, scope.graph));
    }
}

fn told(node: &NodeProto, inputs: &[Value], outputs: &[Value], graph: u32) -> ModelNode {
    // An input that is left out has no shape, and is none that is not known.
    let given = |names: &[String], values: &[Value]| -> Option<Vec<TensorSig>> {
        let mut all = Vec::new();
        for (name, value) in names.iter().zip(values) {
            match &value.shape {
                Some(shape) => all.push(TensorSig { dtype: value.type_name(), shape: shape.clone() }),
                None if name.is_empty() => all.push(TensorSig::default()),
                None => return None,
            }
        }
        Some(all)
    };
    ModelNode {
        name: node.name.clone().unwrap_or_default(),
        op_type: node.op().to_owned(),
        output: node.output.first().cloned().unwrap_or_default(),
        graph,
        tensors: given(&node.input, inputs).zip(given(&node.output, outputs)),
    }
}

/// The outputs of a node without a body; fewer, or without a shape, where that is not known.
fn outputs(call: &Call<'_>) -> Vec<Value> {
    let found = windows::outputs(call)
        .or_else(|| products::outputs(call))
        .or_else(|| moving::outputs(call))
        .or_else(|| elementwise::outputs(call));
    found.unwrap_or_default()
}
