//! Operators with graphs inside: branches and loops.

use super::{DEEPEST, Scope, Value, run};
use crate::graph::proto::{GraphProto, NodeProto};
use nntop_core::event::ModelNode;
use std::collections::HashMap;

/// The outputs of `If`, `Loop` and `Scan`, whose nodes are added to `found`; absent for other operators.
pub(super) fn outputs(
    node: &NodeProto,
    inputs: &[Value],
    scope: &Scope<'_, '_>,
    found: &mut Vec<ModelNode>,
) -> Option<Vec<Value>> {
    let graph = |name: &str| node.attribute(name).and_then(|a| a.g.as_deref());
    if !matches!(node.op(), "If" | "Loop" | "Scan") {
        return None;
    }
    if scope.depth >= DEEPEST {
        return Some(Vec::new());
    }
    Some(match node.op() {
        "If" => {
            let branches = [graph("then_branch"), graph("else_branch")];
            let taken = branches.map(|branch| branch.map(|branch| body(branch, &[], scope, found)).unwrap_or_default());
            let [then, otherwise] = taken;
            match inputs.first().and_then(Value::scalar) {
                Some(is) => {
                    if is != 0.0 {
                        then
                    } else {
                        otherwise
                    }
                }
                // What both branches agree on is known whichever is taken.
                None => then
                    .into_iter()
                    .zip(otherwise)
                    .map(|(a, b)| Value {
                        shape: a.shape.filter(|shape| Some(shape) == b.shape.as_ref()),
                        dtype: a.dtype,
                        data: None,
                    })
                    .collect(),
            }
        }
        "Loop" => {
            let carried: Vec<Value> = inputs.iter().skip(2).map(Value::without_data).collect();
            let given = [Value::of(vec![]), Value::of(vec![])].into_iter().chain(carried.iter().cloned());
            let made =
                graph("body").map(|graph| body(graph, &given.collect::<Vec<_>>(), scope, found)).unwrap_or_default();
            let times = inputs.first().and_then(Value::scalar).filter(|n| (0.0..1e9).contains(n));
            let made = made.into_iter().skip(1).enumerate();
            made.map(|(i, value)| match carried.get(i) {
                // What changes its shape from turn to turn has none.
                Some(before) => {
                    Value { shape: value.shape.filter(|shape| Some(shape) == before.shape.as_ref()), ..value }
                        .without_data()
                }
                None => stacked(&value, times.map(|n| n as u64)),
            })
            .collect()
        }
        _ => {
            let scanned =
                usize::try_from(node.attribute("num_scan_inputs").and_then(|a| a.i).unwrap_or(0)).unwrap_or(0);
            let states = inputs.len().saturating_sub(scanned);
            let mut times = None;
            let given: Vec<Value> = inputs
                .iter()
                .enumerate()
                .map(|(i, value)| match i < states {
                    true => value.without_data(),
                    false => {
                        times = times.or(value.shape.as_ref().and_then(|shape| shape.first().copied()));
                        Value {
                            shape: value.shape.as_ref().map(|shape| shape.get(1..).unwrap_or_default().to_vec()),
                            ..value.without_data()
                        }
                    }
                })
                .collect();
            let made = graph("body").map(|graph| body(graph, &given, scope, found)).unwrap_or_default();
            made.iter()
                .enumerate()
                .map(|(i, value)| if i < states { value.without_data() } else { stacked(value, times) })
                .collect()
        }
    })
}

/// What comes out of one turn, one behind the other.
fn stacked(value: &Value, times: Option<u64>) -> Value {
    let shape = value.shape.as_ref().zip(times).map(|(shape, n)| [&[n], shape.as_slice()].concat());
    Value { shape, ..value.without_data() }
}

/// Goes through a graph inside; its outputs.
fn body(graph: &GraphProto, inputs: &[Value], around: &Scope<'_, '_>, found: &mut Vec<ModelNode>) -> Vec<Value> {
    // Numbered by the nodes that stand before it, of which the one that encloses it is not one yet.
    let number = found.len() as u32 + 1;
    let mut scope = Scope { known: HashMap::new(), above: Some(around), depth: around.depth + 1, graph: number };
    for (input, value) in graph.input.iter().zip(inputs) {
        scope.set(input.name.as_deref().unwrap_or_default(), value.clone());
    }
    run(graph, &mut scope, found);
    graph.output.iter().map(|output| scope.get(output.name.as_deref().unwrap_or_default())).collect()
}

impl Value {
    /// The same, but for values that are others in the next turn.
    fn without_data(&self) -> Self {
        Self { data: None, ..self.clone() }
    }
}
