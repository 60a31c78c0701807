//! Libraries that ONNX Runtime's own need.

use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_LAZY};
use std::ffi::OsStr;

/// Loads a library until the process ends; with `global`, for others to find their functions in it.
///
/// # Errors
/// The loader's words.
pub(in super::super) fn load_for_good(name: &OsStr, global: bool) -> Result<(), String> {
    let flags = if global { RTLD_LAZY | RTLD_GLOBAL } else { RTLD_LAZY };
    // SAFETY: these are the libraries that ONNX Runtime loads in its next step; what they do on loading they do anyhow.
    match unsafe { Library::open(Some(name), flags) } {
        Ok(library) => {
            // Loaded again at once: unloading and loading CUDA costs a second.
            std::mem::forget(library);
            Ok(())
        }
        Err(e) => Err(std::error::Error::source(&e).map_or_else(|| e.to_string(), ToString::to_string)),
    }
}
