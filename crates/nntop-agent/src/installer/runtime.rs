//! The runtimes that are found and installed: those engines of the catalogue that are libraries.

use nntop_core::catalog::{EngineKind, Library, Source, Unpack};

/// An engine whose library is loaded at run time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Runtime {
    kind: EngineKind,
    library: &'static Library,
}

impl Runtime {
    /// All of them, in the order in which they are listed.
    pub fn all() -> impl Iterator<Item = Self> {
        EngineKind::all().filter_map(Self::of)
    }

    /// That of an engine; `None` for engines that are no library.
    pub fn of(kind: EngineKind) -> Option<Self> {
        Some(Self { kind, library: kind.entry().source.library()? })
    }

    /// Which engine it is.
    pub const fn kind(self) -> EngineKind {
        self.kind
    }

    /// Its packages, the names of its files, and where they lie.
    pub const fn library(self) -> &'static Library {
        self.library
    }

    /// By what people type, its packages' names included.
    pub fn parse(name: &str) -> Option<Self> {
        Self::all().find(|r| EngineKind::named(name) == Some(r.kind) || r.library.package(name).is_some())
    }

    /// Whose a package is, vendors' builds from a wheel included: `onnxruntime-webgpu`.
    pub fn of_package(name: &str) -> Option<Self> {
        EngineKind::of_package(name).and_then(Self::of)
    }

    /// The package to fetch for what was typed: `ai-edge-litert` for `litert`.
    pub fn package(name: &str) -> Option<(Self, &str)> {
        let runtime = Self::parse(name)?;
        Some((runtime, runtime.library.package(name).map_or_else(|| runtime.plain(), |p| p.name)))
    }

    /// The package that its name alone stands for.
    fn plain(self) -> &'static str {
        self.library.packages.first().map_or(self.kind.name(), |p| p.name)
    }

    /// The version that is installed when none is named; of other packages the newest is.
    pub fn default_version(package: &str) -> Option<&'static str> {
        Self::all().find_map(|r| r.library.package(package)).and_then(|p| p.version)
    }

    /// `onnxruntime/capi`: where a wheel has the libraries.
    pub(super) fn folder(self) -> String {
        format!("{}/{}", self.library.module, self.library.subfolder).trim_end_matches('/').to_owned()
    }

    /// Whether a file of its package, in the folder of the libraries, is one that runs models outside of Python.
    pub(super) fn wants(self, file: &str) -> bool {
        match self.library.unpack {
            Unpack::Libraries { but } => is_shared(file) && (but.is_empty() || !file.starts_with(but)),
            Unpack::LibraryOnly => file == self.library.file,
        }
    }

    /// Whether a package of this name may stand for it: one of its own, or a vendor's build.
    pub(super) fn has(self, package: &str) -> bool {
        self.library.package(package).is_some() || self.library.is_vendors_build(package)
    }
}

/// Whether a file's name is that of a shared library.
pub(super) fn is_shared(file: &str) -> bool {
    file.ends_with(".so") || file.contains(".so.")
}

/// The engines that Python packages drive.
pub fn python_engines() -> impl Iterator<Item = EngineKind> {
    EngineKind::all().filter(|kind| matches!(kind.entry().source, Source::Python(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str) -> Option<(EngineKind, &str)> {
        Runtime::package(name).map(|(runtime, package)| (runtime.kind(), package))
    }

    #[test]
    fn what_people_type_is_a_package() {
        assert_eq!(package("litert"), Some((EngineKind::LiteRt, "ai-edge-litert")));
        assert_eq!(package("tflite"), Some((EngineKind::LiteRt, "ai-edge-litert")));
        assert_eq!(package("ai-edge-litert"), Some((EngineKind::LiteRt, "ai-edge-litert")));
        assert_eq!(package("onnxruntime-gpu"), Some((EngineKind::OnnxRuntime, "onnxruntime-gpu")));
        assert_eq!(package("openvino"), Some((EngineKind::OpenVino, "openvino")));
        assert_eq!(package("tensorflow"), None);
        // A package of a similar name is never fetched, and what came from a wheel is known as well.
        assert_eq!(package("onnxruntime-webgpu"), None);
        assert_eq!(Runtime::of_package("onnxruntime-webgpu").map(Runtime::kind), Some(EngineKind::OnnxRuntime));
        assert_eq!(Runtime::of_package("tensorflow"), None);
        assert_eq!(Runtime::of_package("torch"), None, "it is no library");
    }

    #[test]
    fn python_keeps_its_own_libraries() {
        let runtime = |kind| Runtime::of(kind).unwrap();
        let (openvino, litert) = (runtime(EngineKind::OpenVino), runtime(EngineKind::LiteRt));
        assert!(openvino.wants("libopenvino_c.so.2641") && !openvino.wants("cache.json"));
        assert!(litert.wants("libLiteRt.so") && !litert.wants("libpywrap_litert_common.so"));
        assert!(!runtime(EngineKind::OnnxRuntime).wants("onnxruntime_pybind11_state.cpython-311-x86_64-linux-gnu.so"));
        assert_eq!((litert.folder(), openvino.folder()), ("ai_edge_litert".into(), "openvino/libs".into()));
    }
}
