//! A library of ONNX Runtime, loaded.

use ort::sys::{OrtApi, OrtApiBase, OrtStatusPtr};
use std::ffi::{CStr, c_char, c_int, c_void};
use std::path::Path;

/// Why a library cannot be used.
pub(in super::super) enum LoadError {
    /// It is not loaded: the loader's words.
    NotLoaded(String),
    /// It is another library.
    NotOnnxRuntime,
    /// It has no table of functions.
    NoApi,
}

/// The library, for as long as this lives.
pub(in super::super) struct Library {
    base: *const OrtApiBase,
    _library: libloading::Library,
}

impl Library {
    pub(in super::super) fn load(path: &Path) -> Result<Self, LoadError> {
        // The text that helps is in the source: "dlopen failed" alone names nothing.
        let why =
            |e: &libloading::Error| std::error::Error::source(e).map_or_else(|| e.to_string(), ToString::to_string);
        // SAFETY: loading runs the library's initialisers: the user named this library to be run.
        let library = unsafe { libloading::Library::new(path) }.map_err(|e| LoadError::NotLoaded(why(&e)))?;
        // SAFETY: the symbol has had this type in every release of ONNX Runtime.
        let base = unsafe {
            let get: libloading::Symbol<'_, unsafe extern "C" fn() -> *const OrtApiBase> =
                library.get(b"OrtGetApiBase\0").map_err(|_| LoadError::NotOnnxRuntime)?;
            get()
        };
        if base.is_null() { Err(LoadError::NoApi) } else { Ok(Self { base, _library: library }) }
    }

    /// Its version: `1.27.0`.
    pub(in super::super) fn version(&self) -> String {
        // SAFETY: `base` is not null and points into the library, which is loaded; the string is static in it.
        unsafe { CStr::from_ptr(((*self.base).GetVersionString)()) }.to_string_lossy().into_owned()
    }

    /// The functions of an API version; of one that it does not have it prints a line.
    pub(in super::super) fn api(&self, version: u32) -> Option<&OrtApi> {
        // SAFETY: `base` is not null; the table is static in the library, which is loaded as long as the reference lives.
        unsafe { ((*self.base).GetApi)(version).as_ref() }
    }

    /// A place in the table of an API version that `ort` does not know by name; absent where it is empty.
    ///
    /// # Safety
    /// That version's table must have as many places.
    pub(super) unsafe fn function(&self, version: u32, place: usize) -> Option<*const c_void> {
        let table = std::ptr::from_ref(self.api(version)?).cast::<*const c_void>();
        // SAFETY: the caller's promise; the table holds pointers only.
        let function = unsafe { *table.add(place) };
        (!function.is_null()).then_some(function)
    }
}

/// `GetAvailableProviders`: a list fixed when the library was built.
pub(in super::super) fn available_providers(api: &OrtApi) -> Option<Vec<String>> {
    let mut names: *mut *mut c_char = std::ptr::null_mut();
    let mut count: c_int = 0;
    // SAFETY: both are valid out-parameters, and the list is released by the function made for it once it is copied.
    unsafe {
        let status: OrtStatusPtr = (api.GetAvailableProviders)(&raw mut names, &raw mut count);
        if !status.0.is_null() {
            (api.ReleaseStatus)(status.0);
            return None;
        }
        let list = (0..usize::try_from(count).unwrap_or(0))
            .map(|i| CStr::from_ptr(*names.add(i)).to_string_lossy().into_owned())
            .collect();
        let _ = (api.ReleaseAvailableProviders)(names, count);
        Some(list)
    }
}
