//! Asks a library what it is: its version, and what it can run on.

use super::{litert, onnxruntime, openvino};
use nntop_core::event::Fault;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What a library says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// Its version.
    pub version: String,
    /// What it can run on. Of ONNX Runtime the execution providers that it was built with, in its own words: whether
    /// their libraries and devices are there shows only when a session is built. Of the others the devices found here.
    pub providers: Vec<String>,
}

/// Loads a library as the engine's, and asks it.
///
/// # Errors
/// When it cannot be loaded, is none of this engine, or is too old.
pub fn probe(engine: &str, path: &Path) -> Result<Probe, Fault> {
    match engine {
        onnxruntime::NAME => onnxruntime::probe(path),
        openvino::NAME => openvino::probe(path),
        litert::NAME => litert::probe(path),
        other => Err(Fault::input(format!("no engine is called {other:?}"))),
    }
}

/// The engine that is part of this program, where it was built with it.
pub fn built_in() -> Option<Probe> {
    #[cfg(feature = "tract")]
    return Some(super::tract::probe());
    #[cfg(not(feature = "tract"))]
    None
}

/// The formats that an engine reads, by their files' names.
pub fn formats(engine: &str) -> &'static str {
    match engine {
        openvino::NAME => ".onnx, .xml with .bin, .tflite, .pdmodel",
        litert::NAME => ".tflite",
        _ => ".onnx",
    }
}

/// How an engine of this version is profiled, in words.
pub fn profiling(engine: &str, version: &str) -> &'static str {
    match engine {
        openvino::NAME => "operators, in a second session: OpenVINO's counters have to be compiled in",
        litert::NAME => "operators, in a second session: the profiler has to be compiled in",
        _ if onnxruntime::profiles_inferences(version) => "operators, within the running session",
        _ => "operators, in a second session",
    }
}
