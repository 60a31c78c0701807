//! Axes that a model file names twice, leaves open, or makes empty; and ONNX Runtime's own format.

use super::{field, holds};
use crate::native::installed;
use crate::onnx::{Axis, network, node, port};
use crate::support::{nntop, run, runtime};
use serde_json::Value;
use std::path::Path;
use tempfile::TempDir;

const FEW: [&str; 6] = ["-n", "3", "--warmup", "1", "--format", "json"];

/// The result of a short measurement.
#[track_caller]
fn measured(model: &Path, more: &[&str]) -> Value {
    let result = run(nntop().arg("bench").arg(model).args(FEW).args(more)).ok().json();
    result["variants"][0].clone()
}

#[test]
fn one_name_on_two_axes_does_not_make_them_equal() {
    runtime();
    let folder = TempDir::new().unwrap();
    let made = folder.path().join("ocr.onnx");
    let named = ["?", "3", "?", "?"].map(|name| name.parse().map_or(Axis::Name(name), Axis::Size));
    let relu = node("Relu", &["x"], "y");
    std::fs::write(&made, network(17, &[relu], &[], [&port("x", &named), &port("y", &named)])).unwrap();
    for model in [Some(made), field("ocr-question-mark").map(|case| case.join("model.onnx"))].into_iter().flatten() {
        let v = measured(&model, &["--shape", "x:1,3,48,320"]);
        assert_eq!(v["inputs"][0]["shape"], serde_json::json!(["1", "3", "48", "320"]));
        let input = model.with_file_name("x.npy");
        if input.is_file() {
            let v = measured(&model, &["--input", input.to_str().unwrap()]);
            assert_eq!(v["inputs"][0]["shape"], serde_json::json!(["1", "3", "48", "320"]));
        }
    }
}

#[test]
fn an_open_rank_is_asked_for_and_an_empty_input_is_said() {
    runtime();
    let folder = TempDir::new().unwrap();
    if let Some(model) = field("onnx-unknown-rank").map(|case| case.join("unknown-rank.onnx")) {
        let told = run(nntop().arg("bench").arg(&model).args(FEW));
        told.failed(2, "no size for").hint("--shape");
        assert!(told.stderr.contains("the model leaves open how many axes it has"), "{}", told.stderr);
        let name = told.stderr.split("--shape ").nth(1).unwrap().split(':').next().unwrap().to_owned();
        assert_eq!(
            measured(&model, &["--shape", &format!("{name}:2,3")])["inputs"][0]["shape"],
            serde_json::json!(["2", "3"])
        );
    }
    let empty = folder.path().join("empty.onnx");
    let axes = [Axis::Size(2), Axis::Size(0)];
    std::fs::write(&empty, network(17, &[node("Relu", &["x"], "y")], &[], [&port("x", &axes), &port("y", &axes)]))
        .unwrap();
    let said = "none for x: float32[2,0]: a size of 0 in the model file makes it empty";
    holds(measured(&empty, &[])["inputs_from"].as_str().unwrap(), &[said]);
    holds(&run(nntop().arg("bench").arg(&empty).args(&FEW[..4])).ok().stdout, &[said]);
}

#[test]
fn onnx_runtime_s_own_format_runs() {
    runtime();
    let folder = TempDir::new().unwrap();
    let model = folder.path().join("relu.ort");
    std::fs::write(&model, include_bytes!("relu.ort")).unwrap();
    let v = measured(&model, &["--batch-size", "2"]);
    assert_eq!((&v["model"]["format"], &v["engine"]["name"]), (&"ort".into(), &"onnxruntime".into()));
    assert_eq!(v["inputs"][0]["shape"], serde_json::json!(["2", "8"]));
    assert!(
        v["model"]["params"].is_null(),
        "what the file does not tell without a runtime is absent: {:#}",
        v["model"]
    );
    let renamed = folder.path().join("relu.onnx");
    std::fs::copy(&model, &renamed).unwrap();
    run(nntop().arg("bench").arg(&renamed).args(FEW)).failed(2, "an ONNX Runtime .ort model").hint("call it NAME.ort");
}

#[test]
fn litert_s_own_reason_is_quoted_and_only_what_works_is_advised() {
    // Without the Python package that has LiteRT's other interface.
    let empty = tempfile::tempdir().unwrap();
    let bench = |model: &Path| {
        let mut command = nntop();
        command.arg("bench").arg(model).arg("--engine-path").arg(installed("litert")).args(FEW);
        run(command.env("NNTOP_DATA_DIR", empty.path()).env("PATH", "/nonexistent"))
    };
    if let Some(model) = field("litert-variable-tensors").map(|case| case.join("trained_lstm_int8.tflite")) {
        let told = bench(&model);
        told.failed(2, "it keeps state in variable tensors").hint("nntop engine install litert-interpreter");
        holds(&told.stderr, &["cannot load it: not supported", "Variable tensors not yet supported"]);
        assert!(!told.stderr.contains("--engine openvino"), "OpenVINO does not read this file: {}", told.stderr);
    }
    if let Some(model) = field("litert-dynamic-output").map(|case| case.join("simple_topk_op_runtime_k.tflite")) {
        holds(&bench(&model).stderr, &["the inference failed", "printed: ERROR:", "litert-interpreter"]);
    }
}
