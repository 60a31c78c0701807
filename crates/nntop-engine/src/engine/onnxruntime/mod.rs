//! ONNX Runtime through `ort`, its library loaded at run time.
//!
//! `ort` is compiled for API level 17, so that a Jetson's 1.17 loads as well as today's release.

mod chain;
mod library;
mod message;
mod plugin;
mod profiled;
mod provider_options;
mod providers;
mod session;
mod session_options;
mod stream;
mod sys;
mod values;

pub(super) use library::probe;

use super::{Engine, Model};
use nntop_core::catalog::EngineKind;
use nntop_core::event::{EngineInfo, Fault, VariantSpec};
use ort::environment::Environment;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// The engine's name, in options and results.
const NAME: &str = EngineKind::OnnxRuntime.name();

/// ONNX Runtime, loaded.
pub struct OnnxRuntime {
    environment: Environment,
    version: String,
    library: String,
}

/// ONNX Runtime allows one environment per process, and a library cannot be exchanged once it is loaded.
static LOADED: Mutex<Option<(String, Environment)>> = Mutex::new(None);

impl OnnxRuntime {
    /// Loads the library that `spec` names.
    ///
    /// # Errors
    /// When it is not there, is no ONNX Runtime, or is older than 1.17.
    pub fn open(spec: &VariantSpec) -> Result<Self, Fault> {
        let Some(library) = &spec.options.library else {
            return Err(Fault::input("no ONNX Runtime library was found on this machine")
                .hint("nntop engine install onnxruntime, or --engine-path FILE"));
        };
        let version = library::versioned(Path::new(library))?.1;
        let environment = environment(library)?;
        plugin::register(&environment, Path::new(library), &version, &spec.options)?;
        Ok(Self { environment, version, library: library.clone() })
    }
}

/// The process's environment, made by the first call.
fn environment(library: &str) -> Result<Environment, Fault> {
    let refused = |e: String| Fault::input(format!("{library}: cannot be used as ONNX Runtime: {e}"));
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    match &*loaded {
        Some((path, environment)) if path == library => return Ok(environment.clone()),
        Some((path, _)) => return Err(refused(format!("this process has loaded {path} already"))),
        None => {}
    }
    let environment = ort::init_from(library)
        .map_err(|e| refused(e.to_string()))?
        .with_name("nntop")
        .with_telemetry(false)
        .build()
        .map_err(|e| refused(e.to_string()))?;
    *loaded = Some((library.to_owned(), environment.clone()));
    Ok(environment)
}

impl Engine for OnnxRuntime {
    fn info(&self) -> EngineInfo {
        EngineInfo {
            name: NAME.into(),
            version: self.version.clone(),
            providers: Vec::new(),
            threads: None,
            library: Some(self.library.clone()),
            profiler: profiled::way(&self.version),
            ..EngineInfo::default()
        }
    }

    fn load(&self, spec: &VariantSpec) -> Result<Box<dyn Model>, Fault> {
        Ok(Box::new(session::open(&self.environment, spec, self.info(), None)?))
    }

    fn load_profiled(&self, spec: &VariantSpec, folder: &Path) -> Result<Box<dyn Model>, Fault> {
        Ok(Box::new(session::open(&self.environment, spec, self.info(), Some(folder))?))
    }
}

/// Off the timed path: only when an inference has failed.
#[cold]
fn failed(why: String) -> Fault {
    Fault::run(format!("the inference failed: {why}"))
}
