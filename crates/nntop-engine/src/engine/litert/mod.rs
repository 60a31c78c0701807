//! LiteRT, which was TensorFlow Lite, through its C library, loaded at run time.

mod compiled;
mod file;
mod model;
mod profile;
mod status;
mod stream;
mod sys;

use super::{Engine, Model, Probe};
use model::LiteRtModel;
use nntop_core::catalog::EngineKind;
use nntop_core::event::{EngineInfo, Fault, Profiler, VariantSpec};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use sys::{Environment, StartError};

/// The engine's name, in options and results.
const NAME: &str = EngineKind::LiteRt.name();

/// What to do where a library is none of LiteRT's.
const HINT: &str = "give a libLiteRt.so, or fetch one: nntop engine install litert";

/// LiteRT, loaded.
pub struct LiteRt {
    runtime: Runtime,
    library: String,
}

/// The loaded library and its environment.
struct Runtime {
    environment: Arc<Environment>,
    version: String,
    refused: Arc<AtomicBool>,
}

impl Runtime {
    fn load(path: &Path) -> Result<Self, Fault> {
        let version = version(path);
        match Environment::load(path, HINT)? {
            Ok(environment) => Ok(Self { environment: Arc::new(environment), version, refused: Arc::default() }),
            Err(why) => Err(cannot_be_used(path, &version, &why)),
        }
    }
}

/// Another library, an older LiteRT (loading it all the same would crash), or one that does not start.
fn cannot_be_used(path: &Path, version: &str, why: &StartError) -> Fault {
    let about = |what: String| Fault::input(format!("{}: {what}", path.display()));
    match why {
        StartError::NotLiteRt => about("is not LiteRT (it has no LiteRtCreateEnvironment)".into()).hint(HINT),
        StartError::Lacks(name) => {
            let found = if version.is_empty() { "it".to_owned() } else { format!("LiteRT {version}") };
            about(format!("{found} is too old: nntop needs 2.2.0 or newer (it has no {name})"))
                .hint("nntop engine install litert==2.3.0")
        }
        StartError::Refused(status) => about(format!("LiteRT {version} does not start: {status}")).hint(HINT),
    }
}

/// The version of the package around the library, since the library has none: `2.3.0`, or nothing.
fn version(path: &Path) -> String {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let site = path.parent().and_then(Path::parent);
    let entries = site.and_then(|s| std::fs::read_dir(s).ok()).into_iter().flatten().flatten();
    let mut found = entries.filter_map(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        Some(name.strip_suffix(".dist-info")?.strip_prefix("ai_edge_litert-")?.to_owned())
    });
    found.next().unwrap_or_default()
}

impl LiteRt {
    /// Loads the library that `spec` names.
    ///
    /// # Errors
    /// When it is not there, is not LiteRT, or is older than 2.2.0.
    pub fn open(spec: &VariantSpec) -> Result<Self, Fault> {
        let Some(library) = &spec.options.library else {
            return Err(Fault::input("no LiteRT library was found on this machine")
                .hint("nntop engine install litert, or --engine-path FILE"));
        };
        Ok(Self { runtime: Runtime::load(Path::new(library))?, library: library.clone() })
    }
}

impl Engine for LiteRt {
    fn info(&self) -> EngineInfo {
        EngineInfo {
            name: NAME.into(),
            version: self.runtime.version.clone(),
            library: Some(self.library.clone()),
            profiler: Profiler::Session,
            ..EngineInfo::default()
        }
    }

    fn load(&self, spec: &VariantSpec) -> Result<Box<dyn Model>, Fault> {
        Ok(Box::new(LiteRtModel::read(&self.runtime, spec, self.info(), false)?))
    }

    fn load_profiled(&self, spec: &VariantSpec, _folder: &Path) -> Result<Box<dyn Model>, Fault> {
        Ok(Box::new(LiteRtModel::read(&self.runtime, spec, self.info(), true)?))
    }

    fn has_refused(&self) -> bool {
        self.runtime.refused.load(Ordering::Relaxed)
    }
}

/// Loads the library and asks what it can: LiteRT tells neither its version nor its accelerators.
///
/// # Errors
/// When it cannot be loaded, is not LiteRT, or is too old.
pub(super) fn probe(path: &Path) -> Result<Probe, Fault> {
    let runtime = Runtime::load(path)?;
    Ok(Probe { version: runtime.version.clone(), providers: vec!["CPU (xnnpack, builtin kernels)".into()] })
}
