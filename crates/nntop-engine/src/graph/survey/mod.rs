//! All that can be counted in a model file without a runtime: its nodes with their tensors, its weights with their zeros.
//!
//! The three formats are brought to one form: nodes in the order of execution, named tensors, and for each node the ONNX
//! operator and shapes that stand for its work.

mod census;
mod dtypes;
mod onnx;
mod openvino;
mod openvino_xml;
mod tflite;
mod tflite_names;
mod values;

#[cfg(test)]
mod tests;

use super::error::ModelError;
use super::{ModelFile, Shapes};
use crate::tensor::{DataType, Shape, TensorSpec};
use nntop_core::event::TensorSig;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A model file with what its graph and its weights hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Survey {
    /// What the file says about itself.
    pub file: ModelFile,
    /// The nodes of the main graph, in the order of execution; constants are none.
    pub nodes: Vec<Node>,
    /// The inputs of the main graph, as nodes name them.
    pub begins: Vec<String>,
    /// The outputs of the main graph, as nodes name them.
    pub ends: Vec<String>,
    /// How many nodes there are of each type, those of branches and loop bodies among them.
    pub operators: BTreeMap<String, u64>,
    /// Nodes that lie in branches and loop bodies.
    pub in_bodies: u64,
    /// All weights.
    pub weights: Vec<Weight>,
    /// What the model gives.
    pub outputs: Vec<TensorSpec>,
    /// What its author wrote into it.
    pub metadata: BTreeMap<String, String>,
    /// How it is quantized; absent where it is not.
    pub quantization: Option<Quantization>,
}

/// A node of the main graph.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Node {
    /// Its name; empty where the file gives none.
    pub name: String,
    /// Its type as the file has it.
    pub op_type: String,
    /// The ONNX operator that does the same work; empty where there is none.
    pub counts_as: String,
    /// The tensors that it takes; an empty name is one that is left out.
    pub inputs: Vec<String>,
    /// The tensors that it makes.
    pub outputs: Vec<String>,
    /// Their types and shapes, in ONNX's layout; absent where one of them is not known.
    pub tensors: Option<(Vec<TensorSig>, Vec<TensorSig>)>,
}

/// A weight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weight {
    /// Its name; of a constant that of its node's output.
    pub name: String,
    /// Its element type: of weights that are packed into bytes, the narrow one.
    pub dtype: DataType,
    /// Its shape as it is stored.
    pub shape: Shape,
    /// How many elements it has.
    pub elements: u64,
    /// Elements that stand for zero: of quantized weights those that equal the zero point. Absent where the zero point
    /// differs from channel to channel, or the values cannot be read.
    pub zeros: Option<u64>,
    /// Floating-point elements too small for a normal number of their type; absent for other types.
    pub denormals: Option<u64>,
    /// Whether its values lie in another file.
    pub is_external: bool,
}

/// How a model is quantized.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Quantization {
    /// `QDQ`, `QOperator`, `dynamic`, `weight-only`, `FakeQuantize`, `full integer`, `integer with float inputs and outputs`.
    pub scheme: String,
    /// Whether weights have a scale for each channel; absent where that is not known.
    pub per_channel: Option<bool>,
    /// Element types of the quantized weights.
    pub weights: BTreeSet<DataType>,
}

/// Reads a model file by its ending (`.tflite`, `.xml` of OpenVINO, else ONNX) and counts what is in it.
/// `shapes` gives the sizes of the axes that it leaves free, as for [`super::read_shaped`].
///
/// # Errors
/// When there is no such file, or no sound model in it.
pub fn survey(path: &Path, shapes: &Shapes<'_>) -> Result<Survey, ModelError> {
    let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    match ending.as_str() {
        "tflite" => tflite::survey(path, shapes),
        "xml" => openvino::survey(path, shapes),
        _ => onnx::survey(path, shapes),
    }
}

/// How many there are of each.
fn tally<T: Into<String>>(names: impl Iterator<Item = T>) -> BTreeMap<String, u64> {
    let mut all = BTreeMap::new();
    for name in names {
        *all.entry(name.into()).or_insert(0) += 1;
    }
    all
}
