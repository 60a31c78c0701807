//! The most that activations take at one moment, where each lives from the node that makes it to the last that takes it.
//!
//! Runtimes reuse buffers in place and fuse operators, and so may take less; their arenas may take more.

use nntop_core::event::TensorSig;
use nntop_engine::graph::Survey;
use nntop_engine::tensor::DataType;
use std::collections::{HashMap, HashSet};

/// The moment at which most is alive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peak {
    /// Bytes of all activations that are alive, inputs and outputs of the running node among them.
    pub bytes: u64,
    /// The node that runs then.
    pub node: String,
}

/// The peak of the main graph; why it is not known otherwise.
pub(super) fn peak(survey: &Survey) -> Result<Peak, String> {
    if survey.in_bodies > 0 {
        return Err("branches and loops decide at run time what is alive".into());
    }
    let mut sizes: HashMap<&str, u64> = HashMap::new();
    let mut last: HashMap<&str, usize> = HashMap::new();
    let made: HashSet<&str> = survey.nodes.iter().flat_map(|n| &n.outputs).map(String::as_str).collect();
    let begins: HashSet<&str> = survey.begins.iter().map(String::as_str).collect();
    for (at, node) in survey.nodes.iter().enumerate() {
        let Some((ins, outs)) = &node.tensors else {
            return Err(format!("the shapes of {} ({}) are not known", node.name, node.op_type));
        };
        for (name, sig) in node.outputs.iter().zip(outs).filter(|(name, _)| !name.is_empty()) {
            sizes.insert(name, bytes(sig, &node.op_type)?);
        }
        for (name, sig) in node.inputs.iter().zip(ins).filter(|(name, _)| !name.is_empty()) {
            if begins.contains(name.as_str()) {
                sizes.insert(name, bytes(sig, &node.op_type)?);
            }
            last.insert(name, at);
        }
    }
    let end = survey.nodes.len();
    last.extend(survey.ends.iter().map(|name| (name.as_str(), end)));
    let mut alive: u64 = sizes.iter().filter(|(name, _)| !made.contains(*name)).map(|(_, bytes)| *bytes).sum();
    let mut peak = Peak { bytes: alive, node: "the inputs".into() };
    for (at, node) in survey.nodes.iter().enumerate() {
        let of = |name: &String| sizes.get(name.as_str()).copied().unwrap_or(0);
        alive = alive.saturating_add(node.outputs.iter().map(of).sum());
        if alive > peak.bytes {
            let output = || node.outputs.first().cloned().unwrap_or_default();
            peak = Peak { bytes: alive, node: if node.name.is_empty() { output() } else { node.name.clone() } };
        }
        // What nobody takes ends where it was made.
        let ended: HashSet<&String> = node.inputs.iter().filter(|name| last.get(name.as_str()) == Some(&at)).collect();
        let unused = node.outputs.iter().filter(|name| !last.contains_key(name.as_str()));
        let freed: u64 = ended.into_iter().chain(unused).map(of).sum();
        alive = alive.saturating_sub(freed);
    }
    Ok(peak)
}

fn bytes(sig: &TensorSig, op_type: &str) -> Result<u64, String> {
    let dtype = DataType::ALL.iter().find(|dtype| dtype.name() == sig.dtype);
    let bytes = sig.elements().zip(dtype).and_then(|(n, dtype)| dtype.byte_len(n));
    bytes.ok_or_else(|| format!("a tensor of {op_type} has no size that is known"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::Inspection;

    #[test]
    fn a_tensor_lives_until_the_last_node_that_takes_it() {
        let demo = format!("{}/assets/demo/digits-fp32.onnx", env!("CARGO_MANIFEST_DIR"));
        let found = Inspection::of(demo.as_ref(), &|inputs| {
            nntop_engine::workload::sizes(inputs, &nntop_core::event::EngineOptions::default(), 0)
                .map_err(|e| e.to_string())
        })
        .unwrap();
        let peak = found.peak.unwrap();
        let (ins, outs) = found.survey.nodes.iter().find(|n| n.name == peak.node).unwrap().tensors.clone().unwrap();
        let own = bytes(&ins[0], "").unwrap() + bytes(&outs[0], "").unwrap();
        assert!(peak.bytes >= own && peak.bytes <= 3 * own, "{peak:?}: {own} of its own");
        assert!(found.macs > Some(0) && found.flops >= found.macs.map(|n| 2 * n), "{:?} {:?}", found.macs, found.flops);
        assert_eq!(found.layers.iter().map(|l| l.params).sum::<u64>(), found.survey.file.params);
        assert_eq!(found.layers.iter().filter_map(|l| l.macs).sum::<u64>(), found.macs.unwrap());
        assert_eq!(found.uncounted, [("Resize".to_owned(), 1)].into(), "its work is not in the shapes");
    }
}
