//! The runtimes that are found and installed: what each is called, which packages bring it, where its library lies.

use super::ORT_DYLIB_PATH;

/// A runtime whose library is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Runtime {
    /// ONNX Runtime.
    #[default]
    OnnxRuntime,
    /// OpenVINO, through its C library.
    OpenVino,
    /// LiteRT, which was TensorFlow Lite.
    LiteRt,
}

impl Runtime {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::OnnxRuntime, Self::OpenVino, Self::LiteRt];

    /// What people type: `openvino`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OnnxRuntime => "onnxruntime",
            Self::OpenVino => "openvino",
            Self::LiteRt => "litert",
        }
    }

    /// What it calls itself.
    pub const fn title(self) -> &'static str {
        match self {
            Self::OnnxRuntime => "ONNX Runtime",
            Self::OpenVino => "OpenVINO",
            Self::LiteRt => "LiteRT",
        }
    }

    /// By what people type, its packages' names included.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.name() == name || r.packages().contains(&name))
    }

    /// Whose a package is, vendors' builds of ONNX Runtime from a wheel included: `onnxruntime-webgpu`.
    pub fn of_package(name: &str) -> Option<Self> {
        Self::parse(name).or(name.starts_with("onnxruntime-").then_some(Self::OnnxRuntime))
    }

    /// The packages that bring its library, and no look-alikes; the plain one first.
    pub const fn packages(self) -> &'static [&'static str] {
        match self {
            Self::OnnxRuntime => &["onnxruntime", "onnxruntime-gpu", "onnxruntime-openvino"],
            Self::OpenVino => &["openvino"],
            Self::LiteRt => &["ai-edge-litert"],
        }
    }

    /// The package to fetch for what was typed: `ai-edge-litert` for `litert`.
    pub fn package(name: &str) -> Option<(Self, &str)> {
        let runtime = Self::parse(name)?;
        Some((runtime, if name == runtime.name() { runtime.packages()[0] } else { name }))
    }

    /// The version that is installed when none is named; of a variant the newest is.
    pub fn default_version(package: &str) -> Option<&'static str> {
        match package {
            "onnxruntime" => Some(super::DEFAULT_ORT_VERSION),
            "openvino" => Some("2026.4.1"),
            "ai-edge-litert" => Some("2.3.0"),
            _ => None,
        }
    }

    /// The first version whose wheel holds a library that nntop can load.
    pub const fn oldest(self) -> &'static str {
        match self {
            Self::OnnxRuntime => super::OLDEST_WITH_LIBRARY,
            Self::OpenVino => "2024.0.0",
            Self::LiteRt => "2.2.0",
        }
    }

    /// The library's name up to its version: `libopenvino_c.so`.
    pub const fn library(self) -> &'static str {
        match self {
            Self::OnnxRuntime => "libonnxruntime.so",
            Self::OpenVino => "libopenvino_c.so",
            Self::LiteRt => "libLiteRt.so",
        }
    }

    /// The Python module.
    pub(super) const fn module(self) -> &'static str {
        match self {
            Self::OnnxRuntime => "onnxruntime",
            Self::OpenVino => "openvino",
            Self::LiteRt => "ai_edge_litert",
        }
    }

    /// The folder of the libraries in the module's; empty where they lie in it.
    pub(super) const fn subfolder(self) -> &'static str {
        match self {
            Self::OnnxRuntime => "capi",
            Self::OpenVino => "libs",
            Self::LiteRt => "",
        }
    }

    /// `onnxruntime/capi`: where a wheel has the libraries.
    pub(super) fn folder(self) -> String {
        format!("{}/{}", self.module(), self.subfolder()).trim_end_matches('/').to_owned()
    }

    /// Folders in one that a person names, where the library may lie.
    pub(super) const fn places(self) -> &'static [&'static str] {
        match self {
            // A release archive has `lib`, an unpacked package `onnxruntime/capi`.
            Self::OnnxRuntime => &["", "lib", "capi", "onnxruntime/capi"],
            Self::OpenVino => &["", "libs", "openvino/libs", "runtime/lib/intel64", "runtime/lib/aarch64", "lib"],
            Self::LiteRt => &["", "ai_edge_litert", "lib"],
        }
    }

    /// The variable that names a library.
    pub const fn variable(self) -> &'static str {
        match self {
            Self::OnnxRuntime => ORT_DYLIB_PATH,
            Self::OpenVino => "NNTOP_OPENVINO_LIB",
            Self::LiteRt => "NNTOP_LITERT_LIB",
        }
    }

    /// Whether a file of its package, in the folder of the libraries, is one that runs models outside of Python.
    pub(super) fn wants(self, file: &str) -> bool {
        let shared = file.ends_with(".so") || file.contains(".so.");
        match self {
            Self::OnnxRuntime => shared && !file.starts_with("onnxruntime_pybind11_state"),
            Self::OpenVino => shared,
            // The rest is Python's, and the accelerators are not loaded.
            Self::LiteRt => file == self.library(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type_is_a_package() {
        assert_eq!(Runtime::package("litert"), Some((Runtime::LiteRt, "ai-edge-litert")));
        assert_eq!(Runtime::package("ai-edge-litert"), Some((Runtime::LiteRt, "ai-edge-litert")));
        assert_eq!(Runtime::package("onnxruntime-gpu"), Some((Runtime::OnnxRuntime, "onnxruntime-gpu")));
        assert_eq!(Runtime::package("openvino"), Some((Runtime::OpenVino, "openvino")));
        assert_eq!(Runtime::package("tensorflow"), None);
        // Nobody's look-alike is fetched, and what came from a wheel is known all the same.
        assert_eq!(Runtime::package("onnxruntime-webgpu"), None);
        assert_eq!(Runtime::of_package("onnxruntime-webgpu"), Some(Runtime::OnnxRuntime));
        assert_eq!(Runtime::of_package("tensorflow"), None);
    }

    #[test]
    fn python_keeps_its_own_libraries() {
        assert!(Runtime::OpenVino.wants("libopenvino_c.so.2641") && !Runtime::OpenVino.wants("cache.json"));
        assert!(Runtime::LiteRt.wants("libLiteRt.so") && !Runtime::LiteRt.wants("libpywrap_litert_common.so"));
        assert_eq!(
            (Runtime::LiteRt.folder(), Runtime::OpenVino.folder()),
            ("ai_edge_litert".into(), "openvino/libs".into())
        );
    }
}
