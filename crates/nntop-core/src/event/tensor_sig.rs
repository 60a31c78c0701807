//! Tensors as profiles and model files tell them: a type and a shape.

use serde::{Deserialize, Serialize};

/// A tensor as an operator saw it: `float32[1,3,224,224]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct TensorSig {
    /// Its element type, by nntop's names (`float32`, `int8`); as the runtime names it where there is none.
    pub dtype: String,
    /// Its shape.
    pub shape: Vec<u64>,
}

impl TensorSig {
    /// How many elements it has; absent when that overflows.
    pub fn elements(&self) -> Option<u64> {
        self.shape.iter().try_fold(1u64, |n, d| n.checked_mul(*d))
    }
}

impl std::fmt::Display for TensorSig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let axes: Vec<String> = self.shape.iter().map(u64::to_string).collect();
        write!(f, "{}[{}]", self.dtype, axes.join(","))
    }
}

/// A node of a model file with the tensors that it takes and makes at the inputs that are run: from a worker to its agent,
/// which counts its operations by them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ModelNode {
    /// Its name; empty where the file gives none.
    pub name: String,
    /// Its type: `Conv`.
    pub op_type: String,
    /// The name of its first output, after which runtimes call what they make of it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub output: String,
    /// The graph it lies in: 0 is the model's own, others are bodies of nodes, which may run any number of times.
    #[serde(default, skip_serializing_if = "is_default")]
    pub graph: u32,
    /// Inputs, weights among them, and outputs; absent where a shape depends on data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tensors: Option<(Vec<TensorSig>, Vec<TensorSig>)>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
