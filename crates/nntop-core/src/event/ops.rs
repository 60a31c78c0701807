//! Operator profiles: what the rows of every runtime's profiler become.
//!
//! One shape for ONNX Runtime, OpenVINO, LiteRT, TensorRT and PyTorch, for live bursts and for imported files. The
//! rows are a tree, folded over all profiled runs: `parent` is the index of the row that encloses this one. Tables,
//! flame graphs and traces are made from these rows alone.

use super::Slot;
use crate::unit::{Bytes, Nanos};
use serde::{Deserialize, Serialize};

/// One profiling burst of a running variant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Burst {
    /// Whose.
    pub variant: Slot,
    /// In which run.
    pub run: u32,
    /// Counts the run's bursts from 1.
    pub burst: u64,
    /// What it found.
    pub profile: OpProfile,
}

/// Where the time of some inferences went, by operator.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct OpProfile {
    /// Who measured: `onnxruntime`, `openvino`, `pytorch`, `perf` …
    pub source: String,
    /// How the times came about.
    pub method: Method,
    /// Profiled inferences that the rows are summed over; 0 where a file does not say.
    pub inferences: u64,
    /// Wall time of these inferences. The self times of all rows and `gap` add up to it, but for those of kernels and
    /// copies, whose time is the device's own; where operators ran beside each other, they add up to more.
    pub wall: Nanos,
    /// Wall time that no row accounts for.
    pub gap: Nanos,
    /// Why this is less than all: a file cut short, events that the runtime dropped. Absent when it is all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partial: Option<String>,
    /// The rows, every parent before its children.
    pub rows: Vec<OpRow>,
}

/// How a profile's times came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Every call was timed.
    #[default]
    Traced,
    /// Only sums or means per operator are known: no order, no start.
    Aggregated,
    /// A stack was looked at now and then: times are shares of samples.
    Sampled,
    /// A way of a newer version.
    #[serde(other)]
    Other,
}

/// What a row stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowKind {
    /// An operator of the model.
    #[default]
    Op,
    /// Something that encloses operators: a run, an executor, a module, an annotation.
    Scope,
    /// A kernel on a device, started by the row that encloses it.
    Kernel,
    /// A copy of memory.
    Copy,
    /// A function of a program: a stack frame.
    Function,
    /// What the runtime did beside operators.
    Overhead,
    /// A kind of a newer version.
    #[serde(other)]
    Other,
}

/// Whether an operator ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowStatus {
    /// It ran.
    #[default]
    Executed,
    /// It was not reached, or is a part of another.
    NotRun,
    /// The runtime removed it from the graph.
    OptimizedOut,
    /// A status of a newer version.
    #[serde(other)]
    Other,
}

/// A tensor as an operator saw it: `float32[1,3,224,224]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct TensorSig {
    /// Its element type, by nntop's names (`float32`, `int8`); as the runtime names it where there is none.
    pub dtype: String,
    /// Its shape.
    pub shape: Vec<u64>,
}

/// One operator (or what encloses operators) at one place of the tree, summed over all profiled inferences.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct OpRow {
    /// Its name as the runtime gives it, the runtime's own suffixes removed: `/layer1/layer1.0/conv1/Conv`.
    pub name: String,
    /// What it stands for.
    #[serde(default, skip_serializing_if = "is_default")]
    pub kind: RowKind,
    /// Its operator type: `Conv`. Empty for scopes and functions.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub op_type: String,
    /// The row that encloses it, by index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<u32>,
    /// The execution provider that ran it, by its short name: `cpu`, `cuda`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The device it ran on, where the runtime says more than the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// How it was executed, in the runtime's words: `brgconv_avx512_amx_bf16`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exec_type: Option<String>,
    /// Whether it ran.
    #[serde(default, skip_serializing_if = "is_default")]
    pub status: RowStatus,
    /// How often it ran, over all profiled inferences.
    pub calls: u64,
    /// From its begin to its end, what it encloses included, over all calls.
    pub total: Nanos,
    /// `total` without what its children took.
    pub self_time: Nanos,
    /// When its first call began, from the begin of the first profiled inference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Nanos>,
    /// Inputs of its first call, weights included where the runtime lists them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<TensorSig>,
    /// Outputs of its first call.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<TensorSig>,
    /// Floating-point (or integer) operations over all calls; absent where there is no rule for its type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flops: Option<u64>,
    /// Bytes of inputs, weights and outputs over all calls; absent where shapes are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<Bytes>,
    /// The most memory in use at one of its calls, by the runtime's own account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<Bytes>,
    /// Threads that worked on it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub threads: u32,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl OpRow {
    /// The dotted or slashed name taken apart: `/layer1/layer1.0/conv1/Conv` is `layer1`, `layer1.0`, `conv1`, `Conv`.
    /// Empty parts vanish.
    pub fn path(&self) -> impl Iterator<Item = &str> {
        self.name.split('/').filter(|part| !part.is_empty())
    }

    /// Whether it ran on a device, beside the program: its time is the device's, and no part of the wall time.
    pub fn is_on_device(&self) -> bool {
        matches!(self.kind, RowKind::Kernel | RowKind::Copy)
    }

    /// Whether it is an operator that ran.
    pub fn is_executed_op(&self) -> bool {
        self.kind == RowKind::Op && self.status == RowStatus::Executed
    }
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

impl OpProfile {
    /// Operators that ran, scopes and kernels not counted.
    pub fn executed_ops(&self) -> impl Iterator<Item = &OpRow> {
        self.rows.iter().filter(|row| row.is_executed_op())
    }

    /// Wall time outside of operators: `gap`, and the self times of what encloses them.
    pub fn between_operators(&self) -> Nanos {
        let scopes = self.rows.iter().filter(|row| row.kind == RowKind::Scope);
        scopes.fold(self.gap, |sum, row| sum + row.self_time)
    }

    /// A time over all profiled inferences, per inference.
    pub fn per_inference(&self, over_all: Nanos) -> Nanos {
        Nanos(over_all.0 / self.inferences.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_travels_without_what_it_does_not_have() {
        let row = OpRow { name: "/a/Conv".into(), calls: 1, ..OpRow::default() };
        let text = serde_json::to_string(&row).unwrap();
        assert_eq!(text, r#"{"name":"/a/Conv","calls":1,"total":0,"self_time":0}"#);
        assert_eq!(serde_json::from_str::<OpRow>(&text).unwrap(), row);
    }

    #[test]
    fn names_are_paths() {
        let row = OpRow { name: "/layer1/layer1.0/conv1/Conv".into(), ..OpRow::default() };
        assert_eq!(row.path().collect::<Vec<_>>(), ["layer1", "layer1.0", "conv1", "Conv"]);
    }
}
