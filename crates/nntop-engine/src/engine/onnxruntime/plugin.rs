//! Execution providers that libraries bring: `--ep-library NAME=PATH --ep NAME`.

use super::library;
use super::provider_options::Settings;
use super::sys::{Device, Hardware, Plugins};
use nntop_core::event::{EngineOptions, Fault};
use ort::environment::Environment;
use ort::session::builder::SessionBuilder;
use std::ffi::CString;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// An option of nntop's own: on which of a provider's devices it runs.
const HARDWARE: &str = "hardware";

/// What was registered: the name, the library, and the devices that came with it. A process has one environment, and a library
/// stays in it.
static REGISTERED: Mutex<Vec<(String, String, Vec<Device>)>> = Mutex::new(Vec::new());

/// Registers the libraries that are asked for and not registered yet.
///
/// # Errors
/// When ONNX Runtime is too old, does not load one, or finds no device for it.
pub(super) fn register(
    environment: &Environment,
    runtime: &Path,
    version: &str,
    options: &EngineOptions,
) -> Result<(), Fault> {
    if options.provider_libraries.is_empty() {
        return Ok(());
    }
    if let Some(idle) = options.provider_libraries.keys().find(|name| !options.providers.contains(name)) {
        return Err(Fault::input(format!("--ep-library {idle}: --ep does not name it")).hint(format!("--ep {idle}")));
    }
    let plugins = functions(runtime, version)?;
    let mut registered = REGISTERED.lock().unwrap_or_else(PoisonError::into_inner);
    for (name, path) in &options.provider_libraries {
        if registered.iter().any(|(other, file, _)| (other, file) == (name, path)) {
            continue;
        }
        let failed = |why: String| Fault::input(format!("--ep-library {name}={path}: {why}"));
        // ONNX Runtime looks where the loader does; people mean the file that is there.
        let file = std::fs::canonicalize(path).map_err(|e| failed(e.to_string()))?;
        let text = |text: &str| CString::new(text).map_err(|e| failed(e.to_string()));
        let before = plugins.devices(environment).map_err(failed)?;
        plugins.register(environment, &text(name)?, &text(&file.to_string_lossy())?).map_err(|why| {
            failed(format!("ONNX Runtime {version} does not take it: {why}")).hint(
                "a plugin exports CreateEpFactories; providers of the older kind come with a build of ONNX Runtime",
            )
        })?;
        let new = plugins.devices(environment).map_err(failed)?.into_iter();
        let new: Vec<Device> = new.filter(|device| !before.contains(device)).map(|(_, device)| device).collect();
        if new.is_empty() {
            return Err(failed("it offers no device of this machine".into()).hint(
                "it chooses by the vendor of processors and cards: that of OpenVINO, for example, takes Intel's alone",
            ));
        }
        registered.push((name.clone(), path.clone(), new));
    }
    Ok(())
}

/// Gives a session the provider that a library has brought.
///
/// # Errors
/// When it has several devices and none was chosen, and when ONNX Runtime refuses it.
pub(super) fn append(
    builder: &mut SessionBuilder,
    environment: &Environment,
    (runtime, version): (&Path, &str),
    name: &str,
    settings: &Settings,
) -> Result<(), Fault> {
    let registered = REGISTERED.lock().unwrap_or_else(PoisonError::into_inner);
    let devices = registered.iter().rev().find(|(other, _, _)| other == name).map(|(_, _, devices)| devices.as_slice());
    let device = choose(name, devices.unwrap_or_default(), settings.get(HARDWARE).map(String::as_str))?;
    let text = |text: &str| CString::new(text).map_err(|e| Fault::input(format!("--ep-option {text}: {e}")));
    let pairs = settings.iter().filter(|(key, _)| *key != HARDWARE).map(|(key, value)| Ok((text(key)?, text(value)?)));
    let pairs = pairs.collect::<Result<Vec<_>, Fault>>()?;
    functions(runtime, version)?.append(builder, environment, device, &pairs).map_err(|why| {
        Fault::run(format!("--ep {name}: the execution provider does not start: {why}"))
            .hint("its options are its library's own: --ep-option KEY=VALUE")
    })
}

fn functions(runtime: &Path, version: &str) -> Result<Plugins, Fault> {
    Plugins::of(library::versioned(runtime)?.0).ok_or_else(|| {
        Fault::input(format!("--ep-library: ONNX Runtime {version} takes no such libraries: it needs 1.22 or newer"))
            .hint("nntop engine install onnxruntime")
    })
}

fn choose(name: &str, devices: &[Device], wanted: Option<&str>) -> Result<Device, Fault> {
    let words = |device: &Device| match device.hardware {
        Hardware::Cpu => "cpu",
        Hardware::Gpu => "gpu",
        Hardware::Npu => "npu",
        Hardware::Other => "other",
    };
    let has = devices.iter().map(words).collect::<Vec<_>>().join(", ");
    let found = match wanted {
        Some(wanted) => devices.iter().find(|device| words(device).eq_ignore_ascii_case(wanted)),
        None if devices.len() == 1 => devices.first(),
        None => None,
    };
    found.copied().ok_or_else(|| {
        let what = wanted.map_or("has several devices here".into(), |wanted| format!("has no device {wanted} here"));
        Fault::input(format!("--ep {name}: its library {what}"))
            .hint(format!("it has: {has}; --ep-option {name}:{HARDWARE}=NAME chooses one"))
    })
}
