//! OpenVINO, loaded and started, with the element types of its version.

use super::element::Elements;
use super::sys::{self, Library};
use nntop_core::event::Fault;
use std::path::Path;
use std::sync::Arc;

/// What to do where a library is none of OpenVINO's.
const HINT: &str = "give a libopenvino_c.so, or fetch one: nntop engine install openvino";

/// OpenVINO's core, and what differs from version to version.
pub(super) struct Core {
    pub(super) sys: Arc<sys::Core>,
    pub(super) elements: Elements,
    /// `2026.4.1`.
    pub(super) version: String,
}

impl Core {
    pub(super) fn load(path: &Path) -> Result<Self, Fault> {
        let about = |what: String| Fault::input(format!("{}: {what}", path.display()));
        let library = Library::load(path, HINT)?.map_err(|(name, version)| match version {
            Some(version) => {
                about(format!("OpenVINO {version} is too old: nntop needs 2024.2 or newer (it has no {name})"))
                    .hint("nntop engine install openvino")
            }
            None => about(format!("is not OpenVINO's C library (it has no {name})")).hint(HINT),
        })?;
        let version = library.version();
        let elements = Elements::of(|number| library.bytes_of_eight(number))
            .ok_or_else(|| about(format!("OpenVINO {version} numbers its element types in an unknown way")))?;
        let core = sys::Core::new(library)
            .map_err(|why| about(format!("OpenVINO {version} does not start: {why}")).hint(HINT))?;
        Ok(Self { sys: Arc::new(core), elements, version })
    }
}
