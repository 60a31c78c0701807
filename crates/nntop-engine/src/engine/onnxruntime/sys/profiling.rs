//! `RunOptionsEnableProfiling`, from ONNX Runtime 1.25 on.
//!
//! A build of `ort` that knows this function refuses older runtimes, so it is taken from the API table by its place.

use super::library::Library;
use super::status::check;
use nntop_core::catalog::{EngineKind, OperatorProfile};
use ort::AsPointer;
use ort::session::RunOptions;
use std::ffi::{CStr, c_char, c_void};

/// The API version that brought it; the runtime's minor version has the same number.
const SINCE: u32 = match EngineKind::OnnxRuntime.entry().profile {
    OperatorProfile::InferenceSince(1, minor) => minor,
    _ => panic!("the catalogue has another way"),
};

/// Its place in that version's table (`struct OrtApi` of onnxruntime_c_api.h; places never change).
const RUN_OPTIONS_ENABLE_PROFILING: usize = 415;

type Enable = unsafe extern "system" fn(*mut ort::sys::OrtRunOptions, *const c_char) -> ort::sys::OrtStatusPtr;

/// The function, and the library that it is part of.
pub(in super::super) struct EnableProfiling {
    enable: Enable,
    _library: Library,
}

impl EnableProfiling {
    /// Of a library that has that API version, or a later one; absent where it has not.
    pub(in super::super) fn of(library: Library) -> Option<Self> {
        // SAFETY: the table of this version has more than 415 places.
        let function = unsafe { library.function(SINCE, RUN_OPTIONS_ENABLE_PROFILING)? };
        // SAFETY: this place has had this function, of this type, since the version that brought it.
        let enable = unsafe { std::mem::transmute::<*const c_void, Enable>(function) };
        Some(Self { enable, _library: library })
    }

    /// Lets the inference of these options write its profile into a file whose path begins with `prefix`.
    pub(in super::super) fn call(&self, options: &mut RunOptions, prefix: &CStr) -> Result<(), String> {
        // SAFETY: both pointers are valid for the call; the runtime copies the text.
        check(unsafe { (self.enable)(options.ptr_mut(), prefix.as_ptr()) })
    }
}
