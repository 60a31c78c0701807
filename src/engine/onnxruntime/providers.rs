//! Execution providers by the names that people type: `cuda`, `tensorrt`, `xnnpack`.

use crate::event::{EngineOptions, Fault};
use ort::ep::{self, ExecutionProviderDispatch};

pub(super) use crate::event::short_provider as short;

/// What people type for the same provider, beside its own name.
fn canonical(typed: &str) -> String {
    let typed = short(typed);
    match typed.as_str() {
        "trt" => "tensorrt",
        "onednn" => "dnnl",
        "vitis" => "vitisai",
        "nvrtx" | "trtrtx" => "nvtensorrtrtx",
        other => other,
    }
    .to_owned()
}

/// The providers that `options` ask for, each of which must be in the loaded build and must register: a
/// silent fall back to the CPU would be measured as if it were the accelerator.
pub(super) fn resolve(
    options: &EngineOptions,
    available: &[String],
    version: &str,
) -> Result<Vec<ExecutionProviderDispatch>, Fault> {
    let has: Vec<String> = available.iter().map(|n| short(n)).collect();
    options
        .providers
        .iter()
        .map(|typed| canonical(typed))
        .filter(|name| name != "cpu")
        .map(|name| {
            let lacking = || {
                Fault::input(format!("--ep {name}: this ONNX Runtime {version} has no such execution provider")).hint(
                    format!("it has: {}; another build: nntop engine install, or --engine-path FILE", has.join(", ")),
                )
            };
            if !has.contains(&name) {
                return Err(lacking());
            }
            dispatch(&name, options.threads).map(ExecutionProviderDispatch::error_on_failure).ok_or_else(|| {
                Fault::input(format!("--ep {name}: this nntop does not know how to start this execution provider"))
            })
        })
        .collect()
}

fn dispatch(name: &str, threads: Option<usize>) -> Option<ExecutionProviderDispatch> {
    Some(match name {
        "acl" => ep::ACL::default().build(),
        "azure" => ep::Azure::default().build(),
        "cann" => ep::CANN::default().build(),
        "coreml" => ep::CoreML::default().build(),
        "cuda" => ep::CUDA::default().build(),
        "dnnl" => ep::OneDNN::default().build(),
        "migraphx" => ep::MIGraphX::default().build(),
        "nnapi" => ep::NNAPI::default().build(),
        "nvtensorrtrtx" => ep::NVRTX::default().build(),
        "openvino" => {
            // It has its own thread pool and ignores the session's.
            let openvino = ep::OpenVINO::default();
            threads.map_or(openvino.clone(), |n| openvino.with_num_threads(n)).build()
        }
        "qnn" => ep::QNN::default().build(),
        "rknpu" => ep::RKNPU::default().build(),
        "rocm" => ep::ROCm::default().build(),
        "tensorrt" => ep::TensorRT::default().build(),
        "tvm" => ep::TVM::default().build(),
        "vsinpu" => ep::VSINPU.build(),
        "webgpu" => ep::WebGPU::default().build(),
        "xnnpack" => {
            let xnnpack = ep::XNNPACK::default();
            match threads.and_then(std::num::NonZeroUsize::new) {
                Some(n) => xnnpack.with_intra_op_num_threads(n).build(),
                None => xnnpack.build(),
            }
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
        assert!(error.hint.unwrap().contains("azure, cpu"));
    }

    #[test]
    fn every_spelling_of_a_provider_is_understood() {
        assert_eq!(asked("CPUExecutionProvider").unwrap(), 0, "the CPU is always there, last");
        assert_eq!(asked("azure").unwrap(), 1);
        assert!(asked("trt").unwrap_err().message.contains("tensorrt"));
    }
}
