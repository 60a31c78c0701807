//! What a model file says about itself, read without any runtime: parameters, precision, operators, inputs.

mod depth;
mod error;
mod external;
mod flat;
mod infer;
mod onnx;
mod openvino;
mod outputs;
mod paddle;
mod proto;
mod sniff;
mod survey;
mod tflite;
mod weights;
mod whole;

#[cfg(test)]
mod real_models;
#[cfg(test)]
mod tests;

pub use error::ModelError;
pub use openvino::read as read_openvino;
pub use outputs::{NodeOutput, with_all_outputs};
pub use paddle::read as read_paddle;
pub use survey::{Node, Quantization, Survey, Weight, survey};
pub use tflite::{TfliteGraph, TfliteOperator, read as read_tflite, read_graph as read_tflite_graph};
pub use whole::sum;

use crate::tensor::TensorSpec;
use nntop_core::event::ModelNode;
use nntop_core::unit::Bytes;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The format of a model file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// ONNX, one protobuf, with or without external data files.
    Onnx,
    /// OpenVINO's own, an `.xml` and a `.bin` file.
    OpenVino,
    /// PaddlePaddle's, a `.pdmodel` and a `.pdiparams` file.
    Paddle,
    /// TensorFlow Lite's, a FlatBuffer.
    TfLite,
}

impl Format {
    /// Its name: `onnx`, `openvino`, `paddle`, `tflite`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Onnx => "onnx",
            Self::OpenVino => "openvino",
            Self::Paddle => "paddle",
            Self::TfLite => "tflite",
        }
    }
}

impl std::fmt::Display for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// A model file that is sound as far as can be seen without running it.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelFile {
    /// The path as given.
    pub path: PathBuf,
    /// Its format.
    pub format: Format,
    /// SHA-256 of the model file itself, in hex; external data files are not part of it.
    pub sha256: String,
    /// The model file and its external data files.
    pub size: Bytes,
    /// Its external data files.
    pub data_files: Vec<PathBuf>,
    /// Elements of all weights: initializers, and constants that serve as weights. Text, indices and shapes
    /// (int64, bool, string), scalars, the scales and zero points of quantisation, and what no node takes are not
    /// weights.
    pub params: u64,
    /// The same by data type, as [`crate::tensor::DataType::name`] has it.
    pub params_by_type: BTreeMap<String, u64>,
    /// What all weights take, each type as narrow as it is.
    pub params_bytes: Bytes,
    /// Layers that hold weights, on the longest path.
    pub depth: Option<u64>,
    /// The data type that most weights have.
    pub precision: Option<String>,
    /// The nodes with the shapes of what they take and make, where those of the inputs are known; of ONNX alone.
    pub nodes: Vec<ModelNode>,
    /// Nodes of the graph and of its subgraphs.
    pub operators: u64,
    /// Operator set versions by domain; the default domain is `ai.onnx`.
    pub opsets: BTreeMap<String, i64>,
    /// Who wrote the file.
    pub producer: Option<String>,
    /// The version of the file format.
    pub ir_version: i64,
    /// What the caller has to give: the graph's inputs that are not initializers.
    pub inputs: Vec<TensorSpec>,
    /// Inputs that are sequences, maps or optionals, which nntop cannot feed.
    pub non_tensor_inputs: Vec<String>,
    /// The names of the outputs.
    pub outputs: Vec<String>,
}

/// Gives the inputs of a model shapes without free axes, by their names; absent where that cannot be done.
pub type Shapes<'a> = dyn Fn(&[TensorSpec]) -> Option<Vec<(String, Vec<u64>)>> + 'a;

/// Reads an ONNX file.
///
/// # Errors
/// When there is no such file, or no sound model in it.
pub fn read(path: &Path) -> Result<ModelFile, ModelError> {
    onnx::read(path, &|_| None)
}

/// The inputs of an ONNX file whose number of axes it leaves open; none where it cannot be read.
pub fn open_ranks(path: &Path) -> Vec<String> {
    onnx::open_ranks(path)
}

/// Reads an ONNX file, and works out the shapes of its tensors for the inputs that `shapes` gives.
///
/// # Errors
/// As those of [`read`].
pub fn read_shaped(path: &Path, shapes: &Shapes<'_>) -> Result<ModelFile, ModelError> {
    onnx::read(path, shapes)
}
