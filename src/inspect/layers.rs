//! Which node holds which weights, and what it computes.

use nntop_engine::graph::{Node, Survey};
use nntop_trace::op_trace::flops;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap, HashSet};

/// A node that holds weights, or multiplies and adds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Layer {
    /// The node's name, or that of its first output where it has none.
    pub name: String,
    /// Its type.
    pub op_type: String,
    /// Elements of the weights that it is the first to take.
    pub params: u64,
    /// Multiplications that are added up; absent where its shapes are not known.
    pub macs: Option<u64>,
    /// Operations; absent where its shapes are not known, or there is no rule for its type.
    pub flops: Option<u64>,
}

/// What all nodes together come to.
#[derive(Debug, Default)]
pub(super) struct Counted {
    pub(super) layers: Vec<Layer>,
    pub(super) macs: Option<u64>,
    pub(super) flops: Option<u64>,
    pub(super) uncounted: BTreeMap<String, u64>,
    pub(super) depth: u64,
}

pub(super) fn count(survey: &Survey) -> Counted {
    let mut weights = Weights::of(survey);
    let mut found = Counted { macs: Some(0), flops: Some(0), ..Counted::default() };
    let mut depths: HashMap<&str, u64> = HashMap::new();
    for node in &survey.nodes {
        let taken = weights.taken(node);
        let before = node.inputs.iter().filter_map(|name| depths.get(name.as_str())).max().copied().unwrap_or(0);
        let here = before + u64::from(taken.as_ref().is_some_and(|taken| taken.is_layer));
        found.depth = found.depth.max(here);
        depths.extend(node.outputs.iter().map(|name| (name.as_str(), here)));
        let rules = node.tensors.as_ref().map(|(ins, outs)| {
            (flops::macs(&node.counts_as, ins, outs), flops::cost(&node.counts_as, ins, outs).flops)
        });
        let (macs, flops) = rules.unwrap_or_default();
        match flops {
            Some(flops) => found.flops = found.flops.and_then(|sum| sum.checked_add(flops)),
            None => *found.uncounted.entry(node.op_type.clone()).or_default() += 1,
        }
        found.macs = found.macs.and_then(|sum| sum.checked_add(macs.unwrap_or(0)));
        // A node that only brings weights into another form is part of the layer that takes them.
        let Some(taken) = taken else { continue };
        if taken.params > 0 || macs.is_some_and(|n| n > 0) {
            let output = || node.outputs.first().cloned().unwrap_or_default();
            let name = if node.name.is_empty() { output() } else { node.name.clone() };
            found.layers.push(Layer { name, op_type: node.op_type.clone(), params: taken.params, macs, flops });
        }
    }
    // What is in a body runs as often as the data wants.
    if survey.in_bodies > 0 {
        *found.uncounted.entry("nodes in branches and loops".into()).or_default() += survey.in_bodies;
    }
    found
}

/// What a node takes of weights.
struct Taken {
    params: u64,
    /// Whether one of them has more than one axis to speak of: the others are biases and scales.
    is_layer: bool,
}

/// Tensors that are weights, or are made of nothing else, with the elements that no layer has taken yet.
struct Weights<'a> {
    held: HashMap<&'a str, (u64, bool)>,
    /// Tensors that are computed from inputs.
    flowing: HashSet<&'a str>,
}

impl<'a> Weights<'a> {
    fn of(survey: &'a Survey) -> Self {
        let wide = |shape: &[u64]| shape.iter().filter(|n| **n > 1).count() > 1;
        let held = survey.weights.iter().map(|w| (w.name.as_str(), (w.elements, wide(&w.shape)))).collect();
        let flowing = survey.begins.iter().map(String::as_str).collect();
        Self { held, flowing }
    }

    /// What a node takes; absent where it makes a weight of weights.
    fn taken(&mut self, node: &'a Node) -> Option<Taken> {
        let mut taken = Taken { params: 0, is_layer: false };
        let mut has_weight = false;
        let named = node.inputs.iter().map(String::as_str).filter(|name| !name.is_empty());
        for name in named {
            if let Some((left, wide)) = self.held.get_mut(name).filter(|_| !self.flowing.contains(name)) {
                has_weight = true;
                taken.params = taken.params.saturating_add(std::mem::take(left));
                taken.is_layer |= *wide;
            }
        }
        let is_constant = |name: &String| name.is_empty() || !self.flowing.contains(name.as_str());
        if has_weight && passes_on(&node.op_type) && node.inputs.iter().all(is_constant) {
            if let Some(output) = node.outputs.first() {
                self.held.insert(output, (taken.params, taken.is_layer));
            }
            return None;
        }
        self.flowing.extend(node.outputs.iter().map(String::as_str));
        Some(taken)
    }
}

/// Brings a weight into another form, where all that it takes is constant.
fn passes_on(op_type: &str) -> bool {
    const ONNX: [&str; 8] =
        ["DequantizeLinear", "QuantizeLinear", "Cast", "Identity", "Transpose", "Reshape", "Unsqueeze", "Squeeze"];
    const OTHERS: [&str; 8] =
        ["DEQUANTIZE", "RESHAPE", "TRANSPOSE", "Convert", "Subtract", "Multiply", "FakeQuantize", "Mul"];
    ONNX.contains(&op_type) || OTHERS.contains(&op_type)
}
