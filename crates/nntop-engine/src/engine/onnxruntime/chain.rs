//! The libraries behind an execution provider: whether all of them are there, before ONNX Runtime is asked.
//!
//! Providers such as CUDA and TensorRT are libraries of their own beside ONNX Runtime's, and need others from the driver,
//! CUDA, cuDNN, TensorRT. ONNX Runtime lists a provider that it was built with whether or not those are there, and names
//! only the first that is missing. PyPI has NVIDIA's as packages (`nvidia-cublas`, …), in folders where the system's
//! loader does not look: what lies there is loaded beforehand, as `onnxruntime.preload_dlls()` does for Python.

use super::sys::load_for_good;
use nntop_core::event::Fault;
use object::read::elf::{Dyn, FileHeader};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// Makes sure that the libraries behind `provider` are there, loading those that Python packages have brought.
///
/// # Errors
/// All that are missing, and what brings them.
pub(super) fn ready(provider: &str, runtime: &Path) -> Result<(), Fault> {
    let Some(folder) = runtime.parent() else { return Ok(()) };
    let library = folder.join(format!("libonnxruntime_providers_{provider}.so"));
    // Those that are built in, or found elsewhere, are ONNX Runtime's to judge.
    let Some(needed) = needed(&library) else { return Ok(()) };
    let mut missing = still_missing(needed);
    if !missing.is_empty() {
        preload(&missing, &package_folders(folder, std::env::var_os("VIRTUAL_ENV").map(PathBuf::from).as_deref()));
        missing = still_missing(missing);
    }
    if missing.is_empty() {
        return Ok(());
    }
    let mut from: Vec<&str> = missing.iter().map(|name| brought_by(name)).collect();
    from.sort_unstable();
    from.dedup();
    Err(Fault::run(format!(
        "--ep {provider}: {} needs libraries that are not on this machine: {}",
        library.file_name().unwrap_or_default().to_string_lossy(),
        missing.join(", ")
    ))
    .hint(format!(
        "they come with {}; nntop finds them where the loader does, or in the active Python environment",
        from.join(", ")
    )))
}

/// The names of the libraries that this one needs; `None` where it cannot be read.
fn needed(library: &Path) -> Option<Vec<String>> {
    let data = std::fs::File::open(library).ok()?;
    // Hundreds of megabytes: only the pages that say it are read.
    let data = object::ReadCache::new(data);
    let header = object::elf::FileHeader64::<object::Endianness>::parse(&data).ok()?;
    let endian = header.endian().ok()?;
    let sections = header.sections(endian, &data).ok()?;
    let (entries, strings) = sections.dynamic(endian, &data).ok()??;
    let strings = sections.strings(endian, &data, strings).ok()?;
    let names = entries.iter().filter(|e| e.d_tag(endian) == object::elf::DT_NEEDED);
    Some(names.filter_map(|e| Some(String::from_utf8_lossy(e.string(endian, strings).ok()?).into_owned())).collect())
}

/// Those that the loader does not find; of one that it finds and cannot load, what that one lacks.
fn still_missing(names: Vec<String>) -> Vec<String> {
    let mut missing: Vec<String> = names.into_iter().filter_map(|name| lacks(&name)).collect();
    missing.dedup();
    missing
}

fn lacks(name: &str) -> Option<String> {
    let said = load_for_good(OsStr::new(name), false).err()?;
    // The loader's words begin with the file that it did not find.
    let file = said.split(": cannot open shared object file").next().filter(|f| *f != said);
    Some(file.unwrap_or(name).to_owned())
}

/// Folders of Python packages that bring libraries: ONNX Runtime's own, where the provider's library looks for its
/// neighbours itself (`$ORIGIN`); those beside it; and those of the active environment.
fn package_folders(runtime: &Path, virtual_env: Option<&Path>) -> Vec<PathBuf> {
    // site-packages/onnxruntime/capi
    let beside = runtime.parent().and_then(Path::parent).map(Path::to_owned);
    let listed = |folder: PathBuf| std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let active =
        virtual_env.into_iter().flat_map(|env| listed(env.join("lib"))).map(|python| python.join("site-packages"));
    let sites = beside.into_iter().chain(active);
    let brought =
        sites.flat_map(|site| listed(site.join("nvidia")).map(|p| p.join("lib")).chain([site.join("tensorrt_libs")]));
    std::iter::once(runtime.to_owned()).chain(brought).collect()
}

/// Loads what is missing from these folders, as long as that gets further: libraries need each other.
fn preload(missing: &[String], folders: &[PathBuf]) {
    let mut open: Vec<PathBuf> =
        missing.iter().filter_map(|name| folders.iter().map(|f| f.join(name)).find(|path| path.exists())).collect();
    let mut before = usize::MAX;
    while !open.is_empty() && open.len() < before {
        before = open.len();
        open.retain(|path| load_for_good(path.as_os_str(), true).is_err());
    }
}

/// What a library is part of, by its name.
fn brought_by(library: &str) -> &'static str {
    const KNOWN: [(&str, &str); 11] = [
        ("libcudnn", "cuDNN"),
        ("libcuda.", "NVIDIA's driver"),
        ("libnvidia-ml", "NVIDIA's driver"),
        ("libnvinfer", "TensorRT of the number behind .so"),
        ("libnvonnxparser", "TensorRT of the number behind .so"),
        ("libcu", "CUDA of the number behind .so"),
        ("libnv", "CUDA of the number behind .so"),
        ("libopenvino", "OpenVINO"),
        ("libQnn", "Qualcomm's QNN SDK"),
        ("librknn", "Rockchip's NPU runtime"),
        ("libarm_compute", "Arm's Compute Library"),
    ];
    KNOWN.iter().find(|(begin, _)| library.starts_with(begin)).map_or("the system", |(_, from)| *from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_library_needs_is_read_from_it() {
        // This test itself is a program, with the same table.
        let own = needed(&std::env::current_exe().unwrap()).unwrap();
        assert!(own.iter().any(|name| name.starts_with("libc.so")), "{own:?}");
        assert!(still_missing(own).is_empty(), "it runs");
        assert_eq!(needed(Path::new("/nonexistent.so")), None);
        let text = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(text.path(), "no library").unwrap();
        assert_eq!(needed(text.path()), None);
    }

    #[test]
    fn what_is_not_there_is_named_and_so_is_what_brings_it() {
        let names = ["libc.so.6", "libcublasLt.so.99", "libnvinfer.so.99"].map(String::from).to_vec();
        assert_eq!(still_missing(names), ["libcublasLt.so.99", "libnvinfer.so.99"]);
        assert_eq!(brought_by("libcuda.so.1"), "NVIDIA's driver");
        assert_eq!(brought_by("libcudart.so.13"), "CUDA of the number behind .so");
        assert_eq!(brought_by("libcudnn.so.9"), "cuDNN");
        assert_eq!(brought_by("libz.so.1"), "the system");
    }

    #[test]
    fn packages_are_looked_for_beside_the_runtime_and_in_the_active_environment() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in
            ["site/onnxruntime/capi", "site/nvidia/cublas/lib", "venv/lib/python3.11/site-packages/nvidia/cu13/lib"]
        {
            std::fs::create_dir_all(at(name)).unwrap();
        }
        let found = package_folders(&at("site/onnxruntime/capi"), Some(&at("venv")));
        assert!(found.contains(&at("site/nvidia/cublas/lib")), "{found:?}");
        // onnxruntime-openvino has all of OpenVINO beside its provider.
        assert_eq!(found[0], at("site/onnxruntime/capi"));
        assert!(found.contains(&at("venv/lib/python3.11/site-packages/nvidia/cu13/lib")), "{found:?}");
    }
}
