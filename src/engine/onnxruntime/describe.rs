//! What an ONNX file says about itself, without any runtime.

use crate::event::{Fault, ModelInfo};
use crate::graph;
use std::path::Path;

/// Reads the file.
///
/// # Errors
/// When it is no model, is damaged, or lacks a part of itself: always the user's move.
pub(crate) fn describe(path: &str) -> Result<ModelInfo, Fault> {
    let file = graph::read(Path::new(path)).map_err(|e| Fault::input(e.to_string()).maybe_hint(e.hint()))?;
    Ok(ModelInfo {
        path: path.to_owned(),
        sha256: file.sha256,
        format: "onnx".into(),
        size: file.size,
        params: Some(file.params),
        params_by_type: file.params_by_type,
        params_bytes: Some(file.params_bytes),
        depth: Some(file.depth),
        precision: file.precision,
        operators: Some(file.operators),
        opsets: file.opsets,
        producer: file.producer,
        data_files: file.data_files.iter().map(|path| path.to_string_lossy().into_owned()).collect(),
    })
}
