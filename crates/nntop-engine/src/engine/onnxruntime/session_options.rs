//! Options of a session: ONNX Runtime's own entries word for word, and those that it has functions for by nntop's names.

use super::sys::without_arena;
use nntop_core::event::{EngineOptions, Fault};
use ort::session::builder::SessionBuilder;
use std::path::Path;

/// What has a function and no entry of its own, and the values that it takes.
const OWN: [(&str, &str); 5] = [
    ("inter-op-threads", "a number of threads"),
    ("execution-mode", "sequential or parallel"),
    ("arena", "on or off"),
    ("memory-pattern", "on or off"),
    ("optimized-model", "a path"),
];

/// Sets all that was asked for.
///
/// # Errors
/// When a value is none, and when ONNX Runtime refuses it.
pub(super) fn set(mut builder: SessionBuilder, options: &EngineOptions) -> Result<SessionBuilder, Fault> {
    let about = |key: &str, value: &str, why: String| Fault::input(format!("--session-option {key}={value}: {why}"));
    for (key, value) in &options.session_options {
        let refused = |why: String| about(key, value, format!("ONNX Runtime refuses it: {why}"));
        let done = match (key.as_str(), switch(value), value.parse::<usize>().ok()) {
            // Ignored without the other mode: said here, for nothing else would.
            ("inter-op-threads", _, Some(n)) if n > 0 => builder.with_inter_threads(n),
            ("execution-mode", _, _) if value == "parallel" => builder.with_parallel_execution(true),
            ("execution-mode", _, _) if value == "sequential" => builder.with_parallel_execution(false),
            ("memory-pattern", Some(on), _) => builder.with_memory_pattern(on),
            ("arena", Some(true), _) => continue,
            ("arena", Some(false), _) => {
                without_arena(&mut builder).map_err(refused)?;
                continue;
            }
            ("optimized-model", _, _) => builder.with_optimized_model_path(value),
            (own, _, _) if OWN.iter().any(|(name, _)| *name == own) => {
                let takes = OWN.iter().find(|(name, _)| *name == own).map_or("", |(_, takes)| takes);
                return Err(about(key, value, format!("expected {takes}")));
            }
            (entry, _, _) => builder.with_config_entry(entry, value),
        };
        builder = done.map_err(|e| refused(e.to_string()))?;
    }
    Ok(builder)
}

fn switch(value: &str) -> Option<bool> {
    match value {
        "on" | "1" => Some(true),
        "off" | "0" => Some(false),
        _ => None,
    }
}

/// The entries whose names do not occur in the library. ONNX Runtime takes an entry of any name and looks up those that it knows,
/// so a slip of the finger changes nothing and says nothing. Names that it looks up lie in the library as text; those of execution
/// providers lie in theirs, which are looked through, too.
pub(super) fn unknown(options: &EngineOptions, library: &Path) -> Vec<String> {
    let is_entry = |key: &&String| !OWN.iter().any(|(name, _)| name == key);
    let mut left: Vec<&String> = options.session_options.keys().filter(is_entry).collect();
    if left.is_empty() {
        return Vec::new();
    }
    let beside = library.parent().and_then(|folder| std::fs::read_dir(folder).ok()).into_iter().flatten().flatten();
    let providers = beside.map(|entry| entry.path()).filter(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("libonnxruntime_providers_")
    });
    let plugins = options.provider_libraries.values().map(Into::into);
    for file in std::iter::once(library.to_owned()).chain(providers).chain(plugins) {
        if left.is_empty() {
            break;
        }
        match std::fs::read(&file) {
            Ok(bytes) => left.retain(|key| memchr::memmem::find(&bytes, key.as_bytes()).is_none()),
            // What cannot be looked into is not judged.
            Err(_) if file == library => return Vec::new(),
            Err(_) => {}
        }
    }
    left.into_iter().cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_that_no_library_names_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let library = folder.path().join("libonnxruntime.so");
        std::fs::write(&library, b"\x7fELF\0session.set_denormal_as_zero\0").unwrap();
        std::fs::write(folder.path().join("libonnxruntime_providers_x.so"), b"\0ep.x.fast\0").unwrap();
        let keys = ["session.set_denormal_as_zero", "session.set_denormals_as_zero", "ep.x.fast", "arena"];
        let session_options = keys.map(|key| (key.to_owned(), "1".to_owned())).into();
        let options = EngineOptions { session_options, ..EngineOptions::default() };
        assert_eq!(unknown(&options, &library), ["session.set_denormals_as_zero"]);
        assert!(unknown(&options, &folder.path().join("none.so")).is_empty(), "what cannot be read is not judged");
    }
}
