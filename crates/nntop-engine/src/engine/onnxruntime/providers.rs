//! Execution providers by the names that people type: `cuda`, `tensorrt`, `xnnpack`.

use super::provider_options::{self, FAST_MATH, Settings};
use nntop_core::event::{EngineOptions, Fault};
use ort::ep::{self, ArbitrarilyConfigurableExecutionProvider, ExecutionProviderDispatch};

pub(super) use nntop_core::event::short_provider as short;

/// What people type for the same provider, beside its own name.
fn canonical(typed: &str) -> String {
    let typed = short(typed);
    match typed.as_str() {
        "trt" => "tensorrt",
        "vsi" | "timvx" => "vsinpu",
        "onednn" => "dnnl",
        "vitis" => "vitisai",
        "nvrtx" | "trtrtx" => "nvtensorrtrtx",
        other => other,
    }
    .to_owned()
}

/// A provider that was asked for, and what it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chosen {
    /// Its short name.
    pub(super) name: String,
    pub(super) settings: Settings,
}

/// The providers that `options` ask for, each of which must be in the loaded build and must register: a
/// silent fall back to the CPU would be measured as if it were the accelerator.
pub(super) fn resolve(options: &EngineOptions, available: &[String], version: &str) -> Result<Vec<Chosen>, Fault> {
    let has: Vec<String> = available.iter().map(|n| short(n)).collect();
    // A library of one's own has the name that it was given.
    let named = |typed: &String| match options.provider_libraries.contains_key(typed) {
        true => typed.clone(),
        false => canonical(typed),
    };
    let names: Vec<String> = options.providers.iter().map(named).filter(|n| n != "cpu").collect();
    misdirected(options, &names)?;
    names
        .into_iter()
        .enumerate()
        .map(|(place, name)| {
            if !has.contains(&name) && !options.provider_libraries.contains_key(&name) {
                return Err(Fault::input(format!(
                    "--ep {name}: this ONNX Runtime {version} has no such execution provider"
                ))
                .hint(format!("it has: {}; {}", has.join(", "), brought_by(&name))));
            }
            let settings = provider_options::of(&name, place, options)?;
            Ok(Chosen { name, settings })
        })
        .collect()
}

/// Settings that would reach nobody.
fn misdirected(options: &EngineOptions, names: &[String]) -> Result<(), Fault> {
    for key in options.provider_options.keys() {
        let whose = key.split_once(':').map(|(whose, _)| whose);
        if names.is_empty() || whose.is_some_and(|whose| !names.iter().any(|name| name == whose)) {
            return Err(Fault::input(format!(
                "--ep-option {key}: is for an execution provider that --ep does not name"
            ))
            .hint("--ep NAME --ep-option KEY=VALUE; of several: --ep-option NAME:KEY=VALUE"));
        }
    }
    match &options.precision {
        Some(precision) if names.is_empty() => Err(Fault::input(format!(
            "--precision {precision}: ONNX Runtime on the CPU computes in the model's own types"
        ))
        .hint(
            "convert the model; or a provider that has it (--ep tensorrt, cuda, openvino, qnn), or --engine openvino",
        )),
        _ => Ok(()),
    }
}

/// How to come by a build of ONNX Runtime that has a provider.
fn brought_by(name: &str) -> &'static str {
    match name {
        "cuda" | "tensorrt" => {
            "nntop engine install onnxruntime-gpu; on a Jetson NVIDIA's wheel: nntop engine install onnxruntime-gpu --wheel FILE"
        }
        "openvino" => "nntop engine install onnxruntime-openvino, or without ONNX Runtime: --engine openvino",
        "rocm" | "migraphx" => "AMD's wheel: nntop engine install onnxruntime --wheel FILE",
        "cann" => "the wheel onnxruntime-cann: nntop engine install onnxruntime --wheel FILE",
        "webgpu" => "the wheel onnxruntime-webgpu: nntop engine install onnxruntime --wheel FILE",
        "qnn" => "Qualcomm's build of ONNX Runtime with QNN: --engine-path FILE",
        "coreml" => "CoreML is macOS's",
        "xnnpack" | "acl" | "armnn" | "dnnl" | "rknpu" | "nnapi" | "vsinpu" | "tvm" => {
            "no wheel for Linux has it: build ONNX Runtime with it (build.sh --use_NAME --build_shared_lib), and --engine-path FILE"
        }
        _ => "another build: nntop engine install, or --engine-path FILE",
    }
}

/// What registers a provider with the session.
///
/// # Errors
/// When it is one that nntop does not know.
pub(super) fn dispatch(chosen: &Chosen, threads: Option<usize>) -> Result<ExecutionProviderDispatch, Fault> {
    let name = &chosen.name;
    known(chosen, threads).map(ExecutionProviderDispatch::error_on_failure).ok_or_else(|| {
        Fault::input(format!("--ep {name}: this nntop does not know how to start this execution provider"))
    })
}

fn with<P: ArbitrarilyConfigurableExecutionProvider>(provider: P, settings: &Settings) -> P {
    settings.iter().fold(provider, |provider, (key, value)| provider.with_arbitrary_config(key, value))
}

fn known(chosen: &Chosen, threads: Option<usize>) -> Option<ExecutionProviderDispatch> {
    let told = &chosen.settings;
    Some(match chosen.name.as_str() {
        "acl" => {
            let on = told.get(FAST_MATH).is_some_and(|v| v == "1" || v.eq_ignore_ascii_case("true"));
            ep::ACL::default().with_fast_math(on).build()
        }
        "azure" => with(ep::Azure::default(), told).build(),
        "cann" => with(ep::CANN::default(), told).build(),
        "coreml" => with(ep::CoreML::default(), told).build(),
        "cuda" => with(ep::CUDA::default(), told).build(),
        "dnnl" => with(ep::OneDNN::default(), told).build(),
        "migraphx" => ep::MIGraphX::default().build(),
        "nnapi" => ep::NNAPI::default().build(),
        "nvtensorrtrtx" => with(ep::NVRTX::default(), told).build(),
        "openvino" => {
            // It has its own thread pool and ignores the session's.
            let openvino = ep::OpenVINO::default();
            with(threads.map_or(openvino.clone(), |n| openvino.with_num_threads(n)), told).build()
        }
        "qnn" => with(ep::QNN::default(), told).build(),
        "rknpu" => ep::RKNPU::default().build(),
        "rocm" => with(ep::ROCm::default(), told).build(),
        "tensorrt" => with(ep::TensorRT::default(), told).build(),
        "tvm" => ep::TVM::default().build(),
        "vsinpu" => ep::VSINPU.build(),
        "webgpu" => with(ep::WebGPU::default(), told).build(),
        "xnnpack" => {
            let xnnpack = ep::XNNPACK::default();
            let xnnpack = match threads.and_then(std::num::NonZeroUsize::new) {
                Some(n) => xnnpack.with_intra_op_num_threads(n),
                None => xnnpack,
            };
            with(xnnpack, told).build()
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(ep: &str) -> Result<usize, Fault> {
        let options = EngineOptions { providers: vec![ep.into()], ..Default::default() };
        let available = ["AzureExecutionProvider".to_owned(), "CPUExecutionProvider".to_owned()];
        resolve(&options, &available, "1.31.1").map(|d| d.len())
    }

    #[test]
    fn a_provider_that_the_build_lacks_is_an_error_that_lists_those_it_has() {
        let error = asked("cuda").unwrap_err();
        assert!(error.message.contains("--ep cuda") && error.message.contains("1.31.1"));
        let hint = error.hint.unwrap();
        assert!(hint.contains("azure, cpu") && hint.contains("engine install onnxruntime-gpu"), "{hint}");
    }

    #[test]
    fn every_provider_that_is_known_by_name_can_be_started_and_has_a_way_to_come_by_it() {
        for name in ["acl", "coreml", "cuda", "openvino", "qnn", "rknpu", "tensorrt", "xnnpack", "webgpu", "migraphx"] {
            let chosen = Chosen { name: name.into(), settings: Settings::new() };
            assert!(dispatch(&chosen, Some(2)).is_ok(), "{name}");
            assert!(asked(name).unwrap_err().hint.is_some_and(|h| h.contains("; ")), "{name}");
        }
        let strange = Chosen { name: "strange".into(), settings: Settings::new() };
        assert!(dispatch(&strange, None).err().unwrap().message.contains("--ep strange"));
    }

    #[test]
    fn settings_that_reach_nobody_are_refused() {
        let misdirected = |providers: &[&str], key: &str, precision: Option<&str>| {
            let options = EngineOptions {
                providers: providers.iter().map(|p| (*p).to_owned()).collect(),
                provider_options: [(key.to_owned(), "1".to_owned())]
                    .into_iter()
                    .filter(|(k, _)| !k.is_empty())
                    .collect(),
                precision: precision.map(String::from),
                ..EngineOptions::default()
            };
            resolve(&options, &["AzureExecutionProvider".into()], "1.31.1")
        };
        assert!(misdirected(&[], "a", None).unwrap_err().message.contains("--ep-option a"));
        assert!(misdirected(&["azure"], "cuda:a", None).unwrap_err().hint.unwrap().contains("NAME:KEY=VALUE"));
        assert_eq!(misdirected(&["azure"], "azure:a", None).unwrap()[0].settings["a"], "1");
        assert!(misdirected(&["cpu"], "", Some("f16")).unwrap_err().message.contains("the model's own types"));
    }

    #[test]
    fn every_spelling_of_a_provider_is_understood() {
        assert_eq!(asked("CPUExecutionProvider").unwrap(), 0, "the CPU is always there, last");
        assert_eq!(asked("azure").unwrap(), 1);
        assert!(asked("trt").unwrap_err().message.contains("tensorrt"));
    }
}
