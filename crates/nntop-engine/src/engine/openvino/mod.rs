//! OpenVINO through its C library, loaded at run time.
//!
//! A model is compiled when its first stream is opened, since only then the sizes of its free axes are known: compiled
//! with them free, it would answer on empty tensors without a word.

mod compiled;
mod core;
mod element;
mod message;
mod model;
mod ports;
mod profile;
mod properties;
mod stream;
mod sys;

use self::core::Core;
use super::{Engine, Model, Probe};
pub(super) use message::no_model;
use model::OpenVinoModel;
use nntop_core::catalog::EngineKind;
use nntop_core::event::{EngineInfo, Fault, Profiler, VariantSpec};
use std::path::Path;
use std::sync::Arc;

/// The engine's name, in options and results.
const NAME: &str = EngineKind::OpenVino.name();

/// OpenVINO, loaded.
pub struct OpenVino {
    core: Arc<Core>,
    library: String,
}

impl OpenVino {
    /// Loads the library that `spec` names.
    ///
    /// # Errors
    /// When it is not there, is not OpenVINO's C library, or does not start.
    pub fn open(spec: &VariantSpec) -> Result<Self, Fault> {
        let Some(library) = &spec.options.library else {
            return Err(Fault::input("no OpenVINO library was found on this machine")
                .hint("nntop engine install openvino, or --engine-path FILE"));
        };
        Ok(Self { core: Arc::new(Core::load(Path::new(library))?), library: library.clone() })
    }
}

impl Engine for OpenVino {
    fn info(&self) -> EngineInfo {
        EngineInfo {
            name: NAME.into(),
            version: self.core.version.clone(),
            library: Some(self.library.clone()),
            profiler: Profiler::Session,
            ..EngineInfo::default()
        }
    }

    fn load(&self, spec: &VariantSpec) -> Result<Box<dyn Model>, Fault> {
        Ok(Box::new(OpenVinoModel::read(Arc::clone(&self.core), spec, self.info(), false)?))
    }

    fn load_profiled(&self, spec: &VariantSpec, _folder: &Path) -> Result<Box<dyn Model>, Fault> {
        Ok(Box::new(OpenVinoModel::read(Arc::clone(&self.core), spec, self.info(), true)?))
    }
}

/// Loads the library and asks it: its version, and the devices whose plugins start here.
///
/// # Errors
/// When it cannot be loaded or is not OpenVINO's C library.
pub(super) fn probe(path: &Path) -> Result<Probe, Fault> {
    let core = Core::load(path)?;
    let devices = core
        .sys
        .devices()
        .map_err(|why| Fault::run(format!("{}: OpenVINO {} lists no devices: {why}", path.display(), core.version)))?;
    // A device's own name tells people more: `CPU (Intel(R) Xeon(R))`.
    let named = devices.iter().map(|d| match core.sys.property(d, "FULL_DEVICE_NAME") {
        Some(full) => format!("{d} ({})", full.split_whitespace().collect::<Vec<_>>().join(" ")),
        None => d.clone(),
    });
    let providers = named.chain(properties::VIRTUAL.iter().map(|d| (*d).to_owned())).collect();
    Ok(Probe { version: core.version.clone(), providers })
}
