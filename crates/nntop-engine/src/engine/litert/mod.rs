//! LiteRT, which was TensorFlow Lite, through its C library, loaded at run time.

mod api;
mod compiled;
mod model;
mod profile;
mod stream;

use self::api::{Api, EnvironmentOption, Handle};
use super::{Engine, Model, Probe, native};
use model::LiteRtModel;
use nntop_core::catalog::EngineKind;
use nntop_core::event::{EngineInfo, Fault, Profiler, VariantSpec};
use std::path::Path;
use std::sync::Arc;

/// The engine's name, in options and results.
const NAME: &str = EngineKind::LiteRt.name();

/// What to do where a library is none of LiteRT's.
const HINT: &str = "give a libLiteRt.so, or fetch one: nntop engine install litert";

/// LiteRT, loaded.
pub struct LiteRt {
    runtime: Arc<Runtime>,
    library: String,
}

/// The loaded library and its environment. Everything else is made from it.
struct Runtime {
    api: Api,
    environment: Handle,
    version: String,
}

// SAFETY: the environment holds options and accelerators, and is only read once it is made.
unsafe impl Send for Runtime {}
// SAFETY: as above.
unsafe impl Sync for Runtime {}

impl Runtime {
    fn load(path: &Path) -> Result<Self, Fault> {
        let library = native::load(path, HINT)?;
        let api = api::of(library).map_err(|name| missing(path, library, name))?;
        // Errors only, and no look for accelerators other than the CPU's, which prints and takes time.
        let option = |tag, value| EnvironmentOption { tag, pad: 0, any_type: 2, any_pad: 0, value };
        const MIN_LOG_SEVERITY: i32 = 25;
        const AUTO_REGISTER_ACCELERATORS: i32 = 24;
        let options = [option(MIN_LOG_SEVERITY, 3), option(AUTO_REGISTER_ACCELERATORS, 1)];
        let mut runtime = Self { api, environment: std::ptr::null_mut(), version: version(path) };
        // SAFETY: the options live for the call.
        let status = unsafe {
            (runtime.api.LiteRtCreateEnvironment)(options.len() as i32, options.as_ptr(), &raw mut runtime.environment)
        };
        if status == 0 {
            return Ok(runtime);
        }
        let why = api::words(status);
        Err(Fault::input(format!("{}: LiteRT {} does not start: {why}", path.display(), runtime.version)).hint(HINT))
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        // SAFETY: whatever was made from the environment holds it, so nothing is left.
        unsafe { (self.api.LiteRtDestroyEnvironment)(self.environment) }
    }
}

/// Another library, or an older LiteRT: loading it all the same would crash.
fn missing(path: &Path, library: &'static libloading::Library, name: &str) -> Fault {
    // SAFETY: only whether the symbol is there is asked.
    let is_litert = unsafe { library.get::<*const ()>(b"LiteRtCreateEnvironment\0") }.is_ok();
    if !is_litert {
        return Fault::input(format!("{}: is not LiteRT (it has no LiteRtCreateEnvironment)", path.display()))
            .hint(HINT);
    }
    let found = version(path);
    let found = if found.is_empty() { "it".to_owned() } else { format!("LiteRT {found}") };
    Fault::input(format!("{}: {found} is too old: nntop needs 2.2.0 or newer (it has no {name})", path.display()))
        .hint("nntop engine install litert==2.3.0")
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
        Ok(Self { runtime: Arc::new(Runtime::load(Path::new(library))?), library: library.clone() })
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
        Ok(Box::new(LiteRtModel::read(Arc::clone(&self.runtime), spec, self.info(), false)?))
    }

    fn load_profiled(&self, spec: &VariantSpec, _folder: &Path) -> Result<Box<dyn Model>, Fault> {
        Ok(Box::new(LiteRtModel::read(Arc::clone(&self.runtime), spec, self.info(), true)?))
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
