//! The settings of an engine.

use crate::unit::Bytes;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Settings of an engine. Absent means: the engine's own default.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct EngineOptions {
    /// The runtime's library, given or found.
    pub library: Option<String>,
    /// Threads for one operator.
    pub threads: Option<usize>,
    /// Execution providers of ONNX Runtime, first choice first; empty means the CPU.
    pub providers: Vec<String>,
    /// The device of OpenVINO or LiteRT, in their words: `CPU`, `GPU.1`, `AUTO`, `HETERO:GPU,CPU`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// OpenVINO's performance hint: `latency`, `throughput`, `cumulative_throughput`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// OpenVINO's number of streams: inferences that one compiled model runs at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub num_streams: Option<u32>,
    /// Options of execution providers, by their own names: `KEY` for the first of them, `NAME:KEY` for another.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub provider_options: BTreeMap<String, String>,
    /// Libraries that bring execution providers (ONNX Runtime's plugins), by the name that `providers` calls them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub provider_libraries: BTreeMap<String, String>,
    /// Options of ONNX Runtime's session: its own names (`session.set_denormal_as_zero`), and nntop's for those that have none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub session_options: BTreeMap<String, String>,
    /// OpenVINO's properties, by its own names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub properties: BTreeMap<String, String>,
    /// Where an execution provider may keep what it compiles for this machine; the agent says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<String>,
    /// The precision in which OpenVINO or an execution provider may compute: `f32`, `f16`, `bf16`, `int8`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision: Option<String>,
    /// LiteRT's kernels: `xnnpack` or `builtin`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kernels: Option<String>,
    /// How far the runtime may rewrite the graph.
    pub graph_optimization: GraphOptimization,
    /// The size of a free batch axis.
    pub batch: Option<u64>,
    /// Sizes of named free axes.
    pub dims: BTreeMap<String, u64>,
    /// Whole shapes of inputs.
    pub shapes: BTreeMap<String, Vec<u64>>,
    /// Axes without a size are refused, instead of getting a usual one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub strict_shapes: bool,
    /// An input file (`.npy`, `.npz`, `.pb`), instead of random values.
    pub input: Option<String>,
    /// The seed of random values.
    pub seed: u64,
    /// The board whose limits were taken: `pi4`, or a file. Its cores and memory are simulated, not their speed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edge: Option<String>,
    /// The CPUs that the worker may use, ascending; empty means all.
    #[serde(default)]
    pub cpus: Vec<usize>,
    /// Time on CPUs that the worker is limited to, in percent of one CPU.
    #[serde(default)]
    pub cpu_quota: Option<f64>,
    /// Memory that the worker is limited to, swap being none.
    #[serde(default)]
    pub memory_limit: Option<Bytes>,
}

/// How far ONNX Runtime may rewrite the graph, with its own names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GraphOptimization {
    /// Not at all.
    Disable,
    /// Constant folding, redundant nodes.
    Basic,
    /// Also fusions.
    Extended,
    /// Also layouts.
    #[default]
    All,
}
