//! Asks a library what it is: its version, and what it can run on.

use super::{Probe, litert, onnxruntime, openvino};
use nntop_core::catalog::EngineKind;
use nntop_core::event::Fault;
use std::path::Path;

/// Loads a library as the engine's, and asks it.
///
/// # Errors
/// When it cannot be loaded, is none of this engine, or is too old.
pub fn probe(engine: EngineKind, path: &Path) -> Result<Probe, Fault> {
    match engine {
        EngineKind::OnnxRuntime => onnxruntime::probe(path),
        EngineKind::OpenVino => openvino::probe(path),
        EngineKind::LiteRt => litert::probe(path),
        other => Err(Fault::input(format!("{other} is no library that could be loaded"))),
    }
}

/// What an engine that is part of this program says about itself; `None` where it was not built with it, and of others.
pub fn built_in(engine: EngineKind) -> Option<Probe> {
    match engine {
        #[cfg(feature = "tract")]
        EngineKind::Tract => Some(super::tract::probe()),
        _ => None,
    }
}
