//! What the script answers.

use serde::{Deserialize, Serialize};

/// How near a variant's outputs are to the original's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// Samples that both were run on.
    pub samples: u64,
    /// |variant - original| / |original| over all floating-point outputs; absent where a value is not finite.
    pub relative_error: Option<f64>,
    /// Values that are infinite or no number.
    pub not_finite: u64,
    /// How often the highest score is at the same place; absent where the first output is no row of scores.
    pub top1_same: Option<u64>,
    /// Of how many.
    pub top1_of: Option<u64>,
}

/// The original, counted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Original {
    /// The version of the tools.
    pub onnxruntime: String,
    /// The file and its external data.
    pub bytes: u64,
    /// The file, compressed by zlib; absent for large ones and those with external data.
    pub compressed_bytes: Option<u64>,
    /// All weights.
    pub weights_bytes: u64,
    /// The share of zeros among the weights of convolutions and matrix products; absent where there are none.
    pub sparsity: Option<f64>,
}

/// A variant that was written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Variant {
    /// What it is called.
    pub name: String,
    /// The name of its file.
    pub file: String,
    /// The file.
    pub bytes: u64,
    /// The file, compressed by zlib; absent for large ones.
    pub compressed_bytes: Option<u64>,
    /// All weights.
    pub weights_bytes: u64,
    /// The share of zeros among the weights of convolutions and matrix products; absent where there are none.
    pub sparsity: Option<f64>,
    /// How near its outputs are.
    pub agreement: Agreement,
    /// What has to be known of it.
    pub notes: Vec<String>,
    /// What makes such a variant slow, as far as the graph and the processor tell.
    pub reasons: Vec<String>,
}

/// A variant that cannot be written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Refused {
    /// What it was to be called.
    pub name: String,
    /// Why it cannot be.
    pub reason: String,
    /// What would help.
    pub hint: Option<String>,
}

/// What quantizing one layer alone does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Layer {
    /// The node's name.
    pub node: String,
    /// Its operator.
    pub operator: String,
    /// The relative error of the outputs.
    pub error: f64,
}

/// All that was written.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Written {
    /// The original.
    pub original: Option<Original>,
    /// What was written.
    pub variants: Vec<Variant>,
    /// What was not.
    pub refused: Vec<Refused>,
    /// Layers by the error that quantizing each alone brings, the largest first.
    pub layers: Vec<Layer>,
}
