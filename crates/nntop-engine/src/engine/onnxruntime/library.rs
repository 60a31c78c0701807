//! Asks a library whether it is ONNX Runtime, which version, and what it was built with.

use crate::engine::Probe;
use nntop_core::event::Fault;
use ort::sys::{ORT_API_VERSION, OrtApi, OrtApiBase, OrtStatusPtr};
use std::ffi::{CStr, c_char, c_int};
use std::path::Path;

/// Loads the library and asks it.
///
/// # Errors
/// When it cannot be loaded, is no ONNX Runtime, or is too old.
pub(in crate::engine) fn probe(path: &Path) -> Result<Probe, Fault> {
    let (library, base) = load(path)?;
    let version = version_of(base);
    check(path, &version)?;
    // SAFETY: `base` points into the library, which is loaded until the end of this function.
    let api = unsafe { ((*base).GetApi)(ORT_API_VERSION).as_ref() }
        .ok_or_else(|| Fault::input(format!("{}: ONNX Runtime {version} refuses API 17", path.display())))?;
    let providers = available_providers(api)
        .ok_or_else(|| Fault::input(format!("{}: does not say which providers it has", path.display())))?;
    drop(library);
    Ok(Probe { version, providers })
}

/// The library's version.
///
/// # Errors
/// When it cannot be loaded, is no ONNX Runtime, or is too old.
pub(super) fn version(path: &Path) -> Result<String, Fault> {
    let (_library, base) = load(path)?;
    let version = version_of(base);
    check(path, &version)?;
    Ok(version)
}

const HINT: &str = "give a libonnxruntime.so, or fetch one: nntop engine install onnxruntime";

pub(super) fn load(path: &Path) -> Result<(libloading::Library, *const OrtApiBase), Fault> {
    let why = |e: &libloading::Error| {
        // The text that helps is in the source: "dlopen failed" alone names nothing.
        std::error::Error::source(e).map_or_else(|| e.to_string(), ToString::to_string)
    };
    // SAFETY: loading runs the library's initialisers: the user named this library to be run.
    let library = unsafe { libloading::Library::new(path) }
        .map_err(|e| Fault::input(format!("{}: cannot be loaded: {}", path.display(), why(&e))))?;
    // SAFETY: the symbol has had this type in every release of ONNX Runtime.
    let base = unsafe {
        let get: libloading::Symbol<'_, unsafe extern "C" fn() -> *const OrtApiBase> =
            library.get(b"OrtGetApiBase\0").map_err(|_| {
                Fault::input(format!("{}: is not ONNX Runtime (it has no OrtGetApiBase)", path.display())).hint(HINT)
            })?;
        get()
    };
    if base.is_null() {
        return Err(Fault::input(format!("{}: ONNX Runtime offers no API", path.display())));
    }
    Ok((library, base))
}

fn version_of(base: *const OrtApiBase) -> String {
    // SAFETY: `base` was checked; the string is static in the library.
    unsafe { CStr::from_ptr(((*base).GetVersionString)()) }.to_string_lossy().into_owned()
}

fn check(path: &Path, version: &str) -> Result<(), Fault> {
    let minor = version.split('.').nth(1).and_then(|m| m.parse::<u32>().ok()).unwrap_or(0);
    if version.starts_with("1.") && minor < ORT_API_VERSION {
        return Err(Fault::input(format!(
            "{}: ONNX Runtime {version} is too old: nntop needs 1.{ORT_API_VERSION} or newer",
            path.display()
        ))
        .hint("nntop engine install onnxruntime"));
    }
    Ok(())
}

/// `GetAvailableProviders`: a list fixed when the library was built.
pub(super) fn available_providers(api: &OrtApi) -> Option<Vec<String>> {
    let mut names: *mut *mut c_char = std::ptr::null_mut();
    let mut count: c_int = 0;
    // SAFETY: both are valid out-parameters; the list is released below, by the function made for it.
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
