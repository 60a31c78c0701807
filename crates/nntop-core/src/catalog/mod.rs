//! The catalogue of engines: the one place that says which engines there are and what is known of them before they run.
//!
//! Help texts, errors, `nntop engine list`, `--engine all`, the installer and reports read it. A new engine is a row in
//! `table.rs` and a folder in `nntop-engine`.

mod entry;
mod id;
mod setting;
mod table;

pub use entry::{
    Entry, Format, Library, OperatorProfile, Package, Profiler, PythonPackage, Source, Unpack, WorkerLanguage,
};
pub use id::EngineId;
pub use setting::Setting;

use std::path::Path;

/// An engine that nntop comes with. Programs that bring engines of their own name them by [`EngineId`] alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum EngineKind {
    /// ONNX Runtime.
    OnnxRuntime,
    /// OpenVINO.
    OpenVino,
    /// LiteRT, which was TensorFlow Lite.
    LiteRt,
    /// PyTorch.
    Torch,
    /// ExecuTorch.
    ExecuTorch,
    /// tract.
    Tract,
    /// Latencies drawn from a distribution; no model.
    Synthetic,
}

impl EngineKind {
    /// All engines, in the order in which they are listed.
    pub fn all() -> impl DoubleEndedIterator<Item = Self> {
        table::ENTRIES.iter().map(|entry| entry.kind)
    }

    /// Its row in the catalogue.
    pub const fn entry(self) -> &'static Entry {
        // A test holds the rows to the order of the variants.
        &table::ENTRIES[self as usize]
    }

    /// What is typed and stored: `openvino`.
    pub const fn name(self) -> &'static str {
        self.entry().name
    }

    /// What it calls itself: `OpenVINO`.
    pub const fn title(self) -> &'static str {
        self.entry().title
    }

    /// By its name or another name for it.
    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|kind| kind.name() == name || kind.entry().aliases.contains(&name))
    }

    /// By its name, another name for it, or a package that brings it: `onnxruntime-gpu`, also of a vendor.
    pub fn of_package(name: &str) -> Option<Self> {
        Self::named(name).or_else(|| Self::all().find(|kind| kind.entry().source.has_package(name)))
    }

    /// The engine for a file where none was asked for: the one whose own format it is. Files of other names are taken for
    /// ONNX.
    pub fn for_file(path: &Path) -> Self {
        let ending = ending(path);
        Self::all().find(|kind| kind.reads_as(&ending).is_some_and(|f| f.is_own)).unwrap_or(Self::OnnxRuntime)
    }

    /// All engines that read a file, by its name, the one whose own format it is first.
    pub fn readers(path: &Path) -> Vec<Self> {
        let first = Self::for_file(path);
        let ending = ending(path);
        // A file of another name is taken for what its engine is known for.
        let ending = match first.reads_as(&ending) {
            Some(_) => ending.as_str(),
            None => first.entry().formats.first().map_or("", |f| f.extension),
        };
        let others = Self::all().filter(|kind| *kind != first && kind.reads_as(ending).is_some());
        std::iter::once(first).chain(others).collect()
    }

    /// Other engines that read a file, as options: `--engine onnxruntime, --engine litert`; `None` where there is none.
    pub fn alternatives(self, path: &Path) -> Option<String> {
        let others = Self::readers(path).into_iter().filter(|kind| *kind != self);
        let options: Vec<String> = others.map(|kind| format!("--engine {kind}")).collect();
        (!options.is_empty()).then(|| options.join(", "))
    }

    fn reads_as(self, ending: &str) -> Option<&'static Format> {
        self.entry().formats.iter().find(|f| f.extension == ending)
    }
}

impl std::fmt::Display for EngineKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// The Python package with ONNX Runtime's tools for quantization, which `nntop optimize` runs.
pub fn quantizer() -> &'static PythonPackage {
    &table::QUANTIZER
}

/// The Python package with another interface of an engine's runtime, for models that the library's interface refuses.
pub fn second_interface(kind: EngineKind) -> Option<&'static PythonPackage> {
    (kind == EngineKind::LiteRt).then_some(&table::LITERT_INTERPRETER)
}

/// Python packages that are no engine of their own, and what each is for.
pub fn tools() -> [(&'static PythonPackage, &'static str); 2] {
    [
        (quantizer(), "for nntop optimize"),
        (&table::LITERT_INTERPRETER, "for .tflite models with variable tensors or dynamic outputs"),
    ]
}

/// The Python package that is installed under a name: an engine's, or a tool's.
pub fn python_package(name: &str) -> Option<&'static PythonPackage> {
    let of_engine = || EngineKind::named(name).and_then(|kind| kind.entry().source.python());
    tools().into_iter().map(|(tool, _)| tool).find(|tool| tool.environment == name).or_else(of_engine)
}

/// All that can be installed, as it is typed: engines, the packages that bring other builds of them, and tools.
pub fn installable() -> Vec<&'static str> {
    let names = |kind: EngineKind| match &kind.entry().source {
        // The first package is what the engine's name stands for.
        Source::Library(l) => {
            std::iter::once(kind.name()).chain(l.packages.iter().skip(1).map(|p| p.name)).collect::<Vec<_>>()
        }
        Source::Python(_) => vec![kind.name()],
        Source::BuiltIn { .. } => Vec::new(),
    };
    EngineKind::all().flat_map(names).chain(tools().map(|(tool, _)| tool.environment)).collect()
}

/// What `--engine` takes, for help and errors: `onnxruntime, openvino, ..., synthetic:DISTRIBUTION,median=TIME`.
pub fn spellings() -> String {
    let one = |kind: EngineKind| match kind.entry().argument {
        Some(argument) => format!("{kind}:{argument}"),
        None => kind.name().to_owned(),
    };
    EngineKind::all().map(one).collect::<Vec<_>>().join(", ")
}

/// The options that choose an engine for files of this ending: `--engine litert, or --engine openvino`.
pub fn options_for(extension: &str) -> String {
    let readers = EngineKind::readers(&Path::new("model").with_extension(extension));
    readers.iter().map(|kind| format!("--engine {kind}")).collect::<Vec<_>>().join(", or ")
}

/// Which engine reads which files: `onnxruntime .onnx; litert .tflite`.
pub fn formats() -> String {
    let reading = EngineKind::all().filter(|kind| !kind.entry().formats.is_empty());
    reading.map(|kind| format!("{kind} {}", kind.entry().reads())).collect::<Vec<_>>().join("; ")
}

/// The engines that a setting is for.
pub fn takers(setting: Setting) -> Vec<EngineKind> {
    EngineKind::all().filter(|kind| kind.entry().settings.contains(&setting)).collect()
}

/// The lower-case ending of a file's name, without its dot.
fn ending(path: &Path) -> String {
    path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
