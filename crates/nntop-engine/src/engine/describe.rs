//! What model files say about themselves, without any runtime.

use super::{Pace, Synthetic, openvino, options, python};
use crate::graph::{self, ModelError, ModelFile, Shapes};
use nntop_core::catalog::EngineKind;
use nntop_core::event::{Fault, ModelInfo, VariantSpec};
use std::path::Path;

/// What the model of `spec` says about itself, read in a process of its own so that the reading is no part
/// of the measured one. `shapes` are those that its inputs will have.
///
/// # Errors
/// When the file is no model that the engine could load, is damaged, or lacks a part of itself: always the user's move.
pub fn describe(spec: &VariantSpec, shapes: &Shapes<'_>) -> Result<ModelInfo, Fault> {
    let fault = |e: ModelError| Fault::input(e.to_string()).maybe_hint(e.hint());
    let path = Path::new(&spec.model);
    // What this program was built without, and what no worker of ours loads, is refused here.
    if let Some(EngineKind::Tract | EngineKind::Torch | EngineKind::ExecuTorch) = spec.engine.kind() {
        options::check(spec)?;
    }
    let extension = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    let file = match (spec.engine.kind(), extension.as_str()) {
        (Some(EngineKind::Synthetic), _) => {
            let text = spec.engine.to_string();
            Synthetic::parse(&text, Pace::Real)?;
            return Ok(ModelInfo { path: text, format: EngineKind::Synthetic.name().into(), ..ModelInfo::default() });
        }
        (Some(kind @ (EngineKind::Torch | EngineKind::ExecuTorch)), _) => return python::describe(&spec.model, kind),
        (Some(EngineKind::OpenVino), "tflite") => graph::read_tflite(path),
        (Some(EngineKind::OpenVino), "xml") => graph::read_openvino(path),
        (Some(EngineKind::OpenVino), "pdmodel") => graph::read_paddle(path),
        (_, "pdmodel") => {
            let (engine, reader) = (spec.engine.name(), EngineKind::for_file(path));
            return Err(Fault::input(format!("{}: a PaddlePaddle program, which {engine} does not read", spec.model))
                .hint(format!("--engine {reader} reads it")));
        }
        (Some(EngineKind::LiteRt), _) => graph::read_tflite(path),
        (Some(EngineKind::OpenVino), "json" | "bin" | "pdiparams") => return Err(openvino::no_model(path)),
        (Some(kind), format) if is_runtime_s_own(kind, format) => {
            let (sha256, size) = graph::sum(path).map_err(fault)?;
            let format = if format.is_empty() { "unknown".into() } else { format.to_owned() };
            return Ok(ModelInfo { path: spec.model.clone(), sha256, format, size, ..ModelInfo::default() });
        }
        _ => graph::read_shaped(path, shapes),
    };
    Ok(info(&spec.model, file.map_err(fault)?))
}

/// Formats that only OpenVINO's frontends read, and ONNX Runtime's own, `.ort`.
fn is_runtime_s_own(kind: EngineKind, format: &str) -> bool {
    match kind {
        EngineKind::OpenVino => format != "onnx",
        EngineKind::OnnxRuntime => format == "ort",
        _ => false,
    }
}

fn info(path: &str, file: ModelFile) -> ModelInfo {
    ModelInfo {
        path: path.to_owned(),
        sha256: file.sha256,
        format: file.format.name().into(),
        size: file.size,
        params: Some(file.params),
        params_by_type: file.params_by_type,
        params_bytes: Some(file.params_bytes),
        depth: file.depth,
        precision: file.precision,
        operators: Some(file.operators),
        opsets: file.opsets,
        producer: file.producer,
        data_files: file.data_files.iter().map(|path| path.to_string_lossy().into_owned()).collect(),
        nodes: file.nodes,
    }
}
