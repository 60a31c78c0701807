//! The rows of the catalogue, in the order in which engines are listed.

use super::{
    EngineKind, Entry, Format, Library, OperatorProfile, Package, PythonPackage, Setting, Source, Unpack,
    WorkerLanguage,
};
use crate::unit::Bytes;

/// A format that is the engine's own.
const fn own(extension: &'static str, note: &'static str) -> Format {
    Format { extension, is_own: true, note }
}

/// A format that is another engine's, or nobody's.
const fn also(extension: &'static str, note: &'static str) -> Format {
    Format { extension, is_own: false, note }
}

/// PyPI's PyTorch for Linux is built for CUDA and asks for all of its packages: 5.9 GB stay, and the 3.1 GB that are fetched
/// lie beside them meanwhile (2.15.0 on x86-64).
const TORCH_NEEDS: &str = "needs PyTorch, which PyPI has built for CUDA, with CUDA's packages: some 3 GB to fetch";
const TORCH_SPACE: Bytes = Bytes(9_000_000_000);

/// The version of ONNX Runtime that is known to be good.
const ONNXRUNTIME: &str = "1.31.1";

/// The tools that `nntop optimize` writes variants with. Its environment is apart from the engine of the same package: that one is a
/// library alone.
pub(super) static QUANTIZER: PythonPackage = PythonPackage {
    name: "onnxruntime",
    environment: "quantizer",
    // What a newer one writes, the library might not know.
    newest: Some(ONNXRUNTIME),
    // Its quantization imports them and its package does not ask for them.
    also: &["onnx", "sympy", "packaging", "onnx-ir; python_version >= '3.9'"],
    try_out: "import onnx, sympy, onnxruntime.quantization, onnxruntime.transformers.float16",
    needs: "needs numpy, onnx and sympy: some 70 MB to fetch",
    space: Bytes(600_000_000),
};

/// The version of LiteRT that is known to be good.
const LITERT: &str = "2.3.0";

/// LiteRT's Interpreter. The engine of the same package is its library alone, which exports the compiled models' interface and not
/// this one.
pub(super) static LITERT_INTERPRETER: PythonPackage = PythonPackage {
    name: "ai-edge-litert",
    environment: "litert-interpreter",
    // What the library refuses is to be run by the same LiteRT.
    newest: Some(LITERT),
    also: &[],
    try_out: "from ai_edge_litert.interpreter import Interpreter",
    needs: "needs numpy: some 40 MB to fetch",
    space: Bytes(400_000_000),
};

pub(super) static ENTRIES: [Entry; 7] = [
    Entry {
        kind: EngineKind::OnnxRuntime,
        name: "onnxruntime",
        aliases: &["ort"],
        title: "ONNX Runtime",
        link: Some("https://onnxruntime.ai"),
        formats: &[own("onnx", ""), own("ort", "")],
        settings: &[
            Setting::Providers,
            Setting::ProviderOptions,
            Setting::ProviderLibraries,
            Setting::SessionOptions,
            Setting::GraphOptimization,
            Setting::Precision,
        ],
        runs_on: None,
        profile: OperatorProfile::InferenceSince(1, 25),
        worker: WorkerLanguage::Rust,
        source: Source::Library(Library {
            packages: &[
                Package { name: "onnxruntime", version: Some(ONNXRUNTIME), providers: &[] },
                Package { name: "onnxruntime-gpu", version: None, providers: &["cuda", "tensorrt", "trt"] },
                Package { name: "onnxruntime-openvino", version: None, providers: &["openvino"] },
            ],
            has_vendor_builds: true,
            oldest: "1.19.0",
            file: "libonnxruntime.so",
            // What all programs that load it at run time read.
            variable: "ORT_DYLIB_PATH",
            module: "onnxruntime",
            subfolder: "capi",
            // A release archive has `lib`, an unpacked package `onnxruntime/capi`.
            places: &["", "lib", "capi", "onnxruntime/capi"],
            unpack: Unpack::Libraries { but: "onnxruntime_pybind11_state" },
        }),
        argument: None,
    },
    Entry {
        kind: EngineKind::OpenVino,
        name: "openvino",
        aliases: &[],
        title: "OpenVINO",
        link: Some("https://docs.openvino.ai"),
        formats: &[also("onnx", ""), own("xml", "with .bin"), also("tflite", ""), own("pdmodel", "")],
        settings: &[Setting::Device, Setting::Hint, Setting::Streams, Setting::Properties, Setting::Precision],
        runs_on: None,
        profile: OperatorProfile::Session { reason: "OpenVINO's counters have to be compiled in" },
        worker: WorkerLanguage::Rust,
        source: Source::Library(Library {
            packages: &[Package { name: "openvino", version: Some("2026.4.1"), providers: &[] }],
            has_vendor_builds: false,
            oldest: "2024.0.0",
            file: "libopenvino_c.so",
            variable: "NNTOP_OPENVINO_LIB",
            module: "openvino",
            subfolder: "libs",
            places: &["", "libs", "openvino/libs", "runtime/lib/intel64", "runtime/lib/aarch64", "lib"],
            unpack: Unpack::Libraries { but: "" },
        }),
        argument: None,
    },
    Entry {
        kind: EngineKind::LiteRt,
        name: "litert",
        aliases: &["tflite"],
        title: "LiteRT",
        link: Some("https://ai.google.dev/edge/litert"),
        formats: &[own("tflite", "")],
        settings: &[Setting::Device, Setting::Kernels],
        runs_on: None,
        profile: OperatorProfile::Session { reason: "the profiler has to be compiled in" },
        worker: WorkerLanguage::Rust,
        source: Source::Library(Library {
            packages: &[Package { name: "ai-edge-litert", version: Some(LITERT), providers: &[] }],
            has_vendor_builds: false,
            oldest: "2.2.0",
            file: "libLiteRt.so",
            variable: "NNTOP_LITERT_LIB",
            module: "ai_edge_litert",
            subfolder: "",
            places: &["", "ai_edge_litert", "lib"],
            // The rest is Python's, and accelerators, which are not loaded.
            unpack: Unpack::LibraryOnly,
        }),
        argument: None,
    },
    Entry {
        kind: EngineKind::Torch,
        name: "torch",
        aliases: &["pytorch"],
        title: "PyTorch",
        link: Some("https://pytorch.org"),
        formats: &[own("pt", ""), own("pt2", "")],
        settings: &[Setting::Providers],
        runs_on: None,
        profile: OperatorProfile::Inference,
        worker: WorkerLanguage::Python,
        source: Source::Python(PythonPackage {
            name: "torch",
            environment: "torch",
            newest: None,
            also: &[],
            try_out: "import torch",
            needs: TORCH_NEEDS,
            space: TORCH_SPACE,
        }),
        argument: None,
    },
    Entry {
        kind: EngineKind::ExecuTorch,
        name: "executorch",
        aliases: &[],
        title: "ExecuTorch",
        link: Some("https://docs.pytorch.org/executorch"),
        formats: &[own("pte", "")],
        settings: &[],
        runs_on: Some("an ExecuTorch program runs on the backend that it was lowered to"),
        // Its Python package has no profiler.
        profile: OperatorProfile::None,
        worker: WorkerLanguage::Python,
        source: Source::Python(PythonPackage {
            name: "executorch",
            environment: "executorch",
            newest: None,
            // Its Python package takes PyTorch's tensors.
            also: &["torch"],
            try_out: "from executorch.runtime import Runtime; Runtime.get()",
            needs: TORCH_NEEDS,
            space: TORCH_SPACE,
        }),
        argument: None,
    },
    Entry {
        kind: EngineKind::Tract,
        name: "tract",
        aliases: &[],
        title: "tract",
        link: Some("https://github.com/sonos/tract"),
        formats: &[also("onnx", "in floating point")],
        settings: &[],
        runs_on: Some("tract runs on the CPU"),
        profile: OperatorProfile::Inference,
        worker: WorkerLanguage::Rust,
        source: Source::BuiltIn { feature: Some("tract") },
        argument: None,
    },
    Entry {
        kind: EngineKind::Synthetic,
        name: "synthetic",
        aliases: &[],
        title: "synthetic",
        link: None,
        formats: &[],
        settings: &[],
        runs_on: None,
        profile: OperatorProfile::Inference,
        worker: WorkerLanguage::Rust,
        source: Source::BuiltIn { feature: None },
        argument: Some("DISTRIBUTION,median=TIME"),
    },
];
