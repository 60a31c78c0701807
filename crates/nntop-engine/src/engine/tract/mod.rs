//! tract: ONNX models in Rust alone, linked in by the cargo feature `tract`. It is for machines where no native runtime
//! can be had, and for floating-point models: of quantised ones its answers cannot be relied on.
//!
//! A model is parsed and optimised when its first stream is opened, with the sizes of its free axes put in.

mod file;
mod model;
mod profile;
mod stream;
mod sys;
mod types;

use super::{Engine, Model, Probe};
use model::TractModel;
use nntop_core::catalog::EngineKind;
use nntop_core::event::{EngineInfo, Fault, Profiler, VariantSpec};

/// The engine's name, in options and results.
const NAME: &str = EngineKind::Tract.name();

/// The version of the crate, which it does not tell itself: a test holds this to `Cargo.lock`.
const VERSION: &str = "0.22.5";

/// tract, which is part of this program.
pub(super) struct Tract;

impl Engine for Tract {
    fn info(&self) -> EngineInfo {
        EngineInfo {
            name: NAME.into(),
            version: VERSION.into(),
            providers: vec!["cpu".into()],
            profiler: Profiler::Inference,
            ..EngineInfo::default()
        }
    }

    fn load(&self, spec: &VariantSpec) -> Result<Box<dyn Model>, Fault> {
        Ok(Box::new(TractModel::read(spec, self.info())?))
    }
}

/// What is known without loading anything.
pub(super) fn probe() -> Probe {
    Probe { version: VERSION.into(), providers: vec!["cpu".into()] }
}

/// What to do where tract cannot run a model.
fn native(what: &str) -> String {
    let engine = EngineKind::OnnxRuntime;
    format!("a native runtime {what}: nntop engine install {engine}, and --engine {engine}")
}

/// What tract says, as one line: its errors are chains, the last link of which is the cause.
fn words(error: &tract_onnx::prelude::TractError) -> String {
    let mut links: Vec<String> = error.chain().map(|link| brief(&link.to_string())).collect();
    links.dedup();
    // The first says where, the last why.
    match links.as_slice() {
        [first, .., last] => format!("{first}: {last}"),
        [only] => only.clone(),
        [] => "no reason given".into(),
    }
}

/// Off the timed path: only when an inference has failed.
#[cold]
fn failed(error: tract_onnx::prelude::TractError) -> Fault {
    Fault::run(format!("the inference failed: {}", words(&error)))
}

/// The first line, without the dump of a whole operator that may follow.
fn brief(text: &str) -> String {
    const MOST: usize = 200;
    let line = text.lines().map(str::trim).find(|l| !l.is_empty()).unwrap_or_default();
    match line.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests;
