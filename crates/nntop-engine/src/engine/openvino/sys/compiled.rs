//! `ov_compiled_model_t`: a model that is ready to run on a device.

use super::api::{MOST_STRINGS, RawCompiled};
use super::core::Core;
use super::model::Model;
use std::ffi::{CStr, CString};
use std::ptr::NonNull;
use std::sync::Arc;

/// With how many properties a model can be compiled.
const MOST_PROPERTIES: usize = MOST_STRINGS / 2;

/// A compiled model.
pub(in super::super) struct CompiledModel {
    pub(super) raw: NonNull<RawCompiled>,
    pub(super) core: Arc<Core>,
}

// SAFETY: `ov::CompiledModel` may be used from several threads at once; here it only makes requests and lives.
unsafe impl Send for CompiledModel {}
// SAFETY: as above.
unsafe impl Sync for CompiledModel {}

impl CompiledModel {
    /// Compiles with properties, names and values in turn.
    pub(in super::super) fn new(
        model: &Model,
        device: &CStr,
        properties: &[(CString, CString)],
    ) -> Result<Self, String> {
        if properties.len() > MOST_PROPERTIES {
            return Err("more properties than nntop passes on".into());
        }
        let core = Arc::clone(&model.core);
        let mut s = [std::ptr::null(); MOST_STRINGS];
        for (place, text) in properties.iter().flat_map(|(key, value)| [key, value]).enumerate() {
            s[place] = text.as_ptr();
        }
        let mut raw = std::ptr::null_mut();
        // SAFETY: all texts live for the call; of the last arguments only as many are read as there are strings.
        let status = unsafe {
            (core.library.0.ov_core_compile_model)(
                core.raw.as_ptr(),
                model.raw.as_ptr(),
                device.as_ptr(),
                2 * properties.len(),
                &raw mut raw,
                s[0],
                s[1],
                s[2],
                s[3],
                s[4],
                s[5],
                s[6],
                s[7],
                s[8],
                s[9],
                s[10],
                s[11],
            )
        };
        core.library.check(status)?;
        let raw = NonNull::new(raw).ok_or("no compiled model")?;
        Ok(Self { raw, core })
    }

    /// A property as text; absent where it has none of this name.
    pub(in super::super) fn property(&self, key: &str) -> Option<String> {
        let key = CString::new(key).ok()?;
        let mut value = std::ptr::null_mut();
        let library = self.core.library;
        // SAFETY: the text lives for the call; the value is ours to release.
        unsafe {
            let status = (library.0.ov_compiled_model_get_property)(self.raw.as_ptr(), key.as_ptr(), &raw mut value);
            if status == 0 { library.take(value) } else { None }
        }
    }
}

impl Drop for CompiledModel {
    fn drop(&mut self) {
        // SAFETY: requests hold the compiled model, so none is left.
        unsafe { (self.core.library.0.ov_compiled_model_free)(self.raw.as_ptr()) }
    }
}
