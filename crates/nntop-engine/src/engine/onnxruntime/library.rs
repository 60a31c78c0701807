//! Asks a library whether it is ONNX Runtime, which version, and what it was built with.

use super::sys::{Library, LoadError, available_providers};
use crate::engine::Probe;
use nntop_core::event::Fault;
use ort::sys::ORT_API_VERSION;
use std::path::Path;

/// Loads the library and asks it.
///
/// # Errors
/// When it cannot be loaded, is no ONNX Runtime, or is too old.
pub(in crate::engine) fn probe(path: &Path) -> Result<Probe, Fault> {
    let (library, version) = versioned(path)?;
    let api = library
        .api(ORT_API_VERSION)
        .ok_or_else(|| Fault::input(format!("{}: ONNX Runtime {version} refuses API 17", path.display())))?;
    let providers = available_providers(api)
        .ok_or_else(|| Fault::input(format!("{}: does not say which providers it has", path.display())))?;
    Ok(Probe { version, providers })
}

/// The library, and its version.
///
/// # Errors
/// When it cannot be loaded, is no ONNX Runtime, or is too old.
pub(super) fn versioned(path: &Path) -> Result<(Library, String), Fault> {
    let library = load(path)?;
    let version = library.version();
    check(path, &version)?;
    Ok((library, version))
}

const HINT: &str = "give a libonnxruntime.so, or fetch one: nntop engine install onnxruntime";

fn load(path: &Path) -> Result<Library, Fault> {
    let fault = |why: &str| Fault::input(format!("{}: {why}", path.display()));
    Library::load(path).map_err(|e| match e {
        LoadError::NotLoaded(why) => fault(&format!("cannot be loaded: {why}")),
        LoadError::NotOnnxRuntime => fault("is not ONNX Runtime (it has no OrtGetApiBase)").hint(HINT),
        LoadError::NoApi => fault("ONNX Runtime offers no API"),
    })
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
