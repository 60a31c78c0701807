//! A variant's life: what it is, how it loaded, what it printed, how it ended.

use super::{Fault, ModelNode};
use crate::catalog::Profiler;
use crate::unit::{Bytes, Nanos};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A variant's place: A, B, C …
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Slot(pub u8);

impl std::fmt::Display for Slot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            n @ 0..26 => write!(f, "{}", char::from(b'A' + n)),
            n => write!(f, "#{n}"),
        }
    }
}

/// What a variant is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The engine, the model and the first inference.
    #[default]
    Load,
    /// Not counted yet.
    Warmup,
    /// Counted.
    Measure,
    /// The stop rule has fired.
    Done,
    /// A phase of a newer version.
    #[serde(other)]
    Other,
}

/// A stage of loading, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Reading what the model file says about itself.
    Describe,
    /// Starting the worker.
    Process,
    /// Loading the engine's library.
    Library,
    /// Reading the model's files.
    Read,
    /// Building the session.
    Session,
    /// The first inference.
    FirstInference,
    /// A stage of a newer version.
    #[serde(other)]
    Other,
}

/// What the model file says about itself.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ModelInfo {
    /// The path as given.
    pub path: String,
    /// SHA-256 of the model file, in hex.
    pub sha256: String,
    /// `onnx`, `synthetic`.
    pub format: String,
    /// The model file and its external data files.
    pub size: Bytes,
    /// Elements of all weights; absent where the format does not say.
    pub params: Option<u64>,
    /// Elements of all weights by data type.
    pub params_by_type: BTreeMap<String, u64>,
    /// What all weights take, each type as narrow as it is; absent where the format does not say.
    #[serde(default)]
    pub params_bytes: Option<Bytes>,
    /// Layers that hold weights, on the longest path.
    #[serde(default)]
    pub depth: Option<u64>,
    /// The data type that most weights have.
    pub precision: Option<String>,
    /// Nodes of the graph.
    pub operators: Option<u64>,
    /// Operator set versions by domain.
    pub opsets: BTreeMap<String, i64>,
    /// Who wrote the file.
    pub producer: Option<String>,
    /// Files beside it that hold weights.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub data_files: Vec<String>,
    /// The nodes of the model file with the shapes that are run: from a worker to its agent, for the operations of
    /// profiles. They never reach a front end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<ModelNode>,
}

/// An input or output as the engine runs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Port {
    /// Its name.
    pub name: String,
    /// Its element type.
    pub dtype: String,
    /// Its shape: a number, or a name where the axis is free.
    pub shape: Vec<String>,
}

/// The engine that runs a model.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct EngineInfo {
    /// `onnxruntime`, `openvino`, `litert`, `synthetic`.
    pub name: String,
    /// Its version, as it names itself.
    pub version: String,
    /// Execution providers in use, first choice first; of OpenVINO and LiteRT the devices.
    pub providers: Vec<String>,
    /// Threads for one operator; absent when the engine chose them itself.
    pub threads: Option<usize>,
    /// The library that was loaded.
    pub library: Option<String>,
    /// How its operators can be profiled.
    #[serde(default)]
    pub profiler: Profiler,
    /// The precision in which it computes what is floating-point in the model, as it says itself: `bf16`. Absent where it
    /// does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision: Option<String>,
    /// What it says that it was set to, by its own names, whether asked for or its own choice.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, String>,
}

impl EngineInfo {
    /// In [`settings`](Self::settings): options that it was given and took without a word, and whose names do not occur in it.
    pub const UNKNOWN_OPTIONS: &str = "unknown options";
}

/// How long the start took, by part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Startup {
    /// From the agent's spawn to the worker's first line of code.
    pub process: Nanos,
    /// Loading and initialising the engine's library.
    pub library: Nanos,
    /// Reading the model's files once, nothing else. They have just been read to describe the model: this is how long it
    /// takes from the page cache, unless the system has dropped them.
    #[serde(default)]
    pub model_read: Nanos,
    /// Creating the session, the runtime's own reading included.
    pub session: Nanos,
    /// The first inference.
    pub first_inference: Nanos,
    /// From spawn to first output, less what making the inputs took.
    pub total: Nanos,
}

/// The model is loaded and has answered once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ready {
    /// Whose.
    pub variant: Slot,
    /// In which run.
    pub run: u32,
    /// What runs it.
    pub engine: EngineInfo,
    /// How long the start took.
    pub startup: Startup,
    /// Resident memory gained by loading the model and answering once, the library's share excluded.
    pub model_memory: Option<Bytes>,
    /// The most memory that was resident until the model was loaded, the library's share included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load_peak: Option<Bytes>,
    /// The same until the first inference had ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_inference_peak: Option<Bytes>,
    /// Samples per inference.
    pub batch: u64,
    /// Inputs with the shapes that are run.
    pub inputs: Vec<Port>,
    /// What the inputs were made from, where it takes words: `32 images from DIR`. Absent for random values and files of arrays.
    #[serde(default, rename = "fed", skip_serializing_if = "Option::is_none")]
    pub inputs_from: Option<String>,
    /// The sizes that were taken for axes that neither the model nor an option gives one: by the axis's name, else as
    /// `INPUT axis 2`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub assumed: BTreeMap<String, u64>,
    /// Outputs.
    pub outputs: Vec<Port>,
    /// The smallest step the clock showed.
    pub clock_precision: Nanos,
    /// What the loop adds to an inference, measured against an engine that does nothing.
    pub loop_overhead: Nanos,
}

impl Ready {
    /// With nothing known but what runs it: one sample per inference, no times, no memory.
    pub fn of(variant: Slot, run: u32, engine: EngineInfo) -> Self {
        Self {
            variant,
            run,
            engine,
            startup: Startup::default(),
            model_memory: None,
            load_peak: None,
            first_inference_peak: None,
            batch: 1,
            inputs: Vec::new(),
            inputs_from: None,
            assumed: BTreeMap::new(),
            outputs: Vec::new(),
            clock_precision: Nanos::ZERO,
            loop_overhead: Nanos::ZERO,
        }
    }
}

/// The worker's own memory, read by itself between blocks. Absent parts could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// Whose.
    pub variant: Slot,
    /// In which run.
    pub run: u32,
    /// Proportional set size: shared pages split among those who share them.
    pub pss: Option<Bytes>,
    /// Resident set size.
    pub rss: Option<Bytes>,
    /// Peak resident set size since the measured phase began.
    pub peak: Option<Bytes>,
    /// Resident anonymous memory.
    pub anonymous: Option<Bytes>,
    /// Resident file-mapped memory.
    pub mapped: Option<Bytes>,
}

/// How much a log line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Something failed.
    Error,
    /// Something may be wrong.
    Warning,
    /// For information.
    Info,
}

/// Who said it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogSource {
    /// The worker's standard output: the runtime's doing.
    Stdout,
    /// The worker's standard error: the runtime's doing.
    Stderr,
    /// nntop itself.
    Nntop,
}

/// A line that a runtime or nntop itself printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// The variant it is about.
    pub variant: Option<Slot>,
    /// Who said it.
    pub source: LogSource,
    /// How much it matters, as far as the words tell.
    pub severity: Severity,
    /// The line, control characters removed.
    pub text: String,
}

/// How a run of a variant ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "status")]
pub enum Outcome {
    /// Its stop rule fired.
    Ok,
    /// It failed.
    Failed {
        /// Why.
        error: Fault,
    },
    /// It was stopped from outside; what was measured until then holds.
    Interrupted,
}
