//! Models with free axes run without any option: what was assumed is said everywhere, and a size that the runtime refuses is
//! followed by another.

use crate::onnx::{Axis, network, node, port, zeros};
use crate::support::{nntop, run, runtime};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const FEW: [&str; 6] = ["-n", "5", "--warmup", "0", "--format", "json"];

fn save(folder: &TempDir, name: &str, model: Vec<u8>) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, model).unwrap();
    path
}

fn measured(model: &Path, more: &[&str]) -> serde_json::Value {
    run(nntop().arg("bench").arg(model).args(FEW).args(more)).ok().json()["variants"][0].clone()
}

#[test]
fn a_free_axis_gets_a_usual_size_and_it_is_said() {
    runtime();
    let folder = TempDir::new().unwrap();
    let axes = [Axis::Name("batch"), Axis::Name("sequence")];
    let relu = network(17, &[node("Relu", &["x"], "y")], &[], [&port("x", &axes), &port("y", &axes)]);
    let model = save(&folder, "text.onnx", relu);
    let v = measured(&model, &["--no-profile"]);
    assert_eq!(v["inputs"][0]["shape"], serde_json::json!(["1", "128"]));
    assert_eq!(v["assumed_shapes"], serde_json::json!({"sequence": 128}));
    let findings = v["findings"].as_array().unwrap();
    let finding = findings.iter().find(|f| f["id"] == "assumed_shapes").expect("a finding");
    assert!(finding["hint"].as_str().unwrap().contains("--dim NAME=N"), "{finding}");
    let told = run(nntop().arg("bench").arg(&model).args(&FEW[..4]));
    let text = &told.ok().stdout;
    assert!(text.contains("sizes assumed for free axes: sequence=128"), "{text}");
    let given = measured(&model, &["--no-profile", "--dim", "sequence=9"]);
    assert_eq!((&given["inputs"][0]["shape"][1], given.get("assumed_shapes")), (&serde_json::json!("9"), None));
}

#[test]
fn a_size_that_the_runtime_refuses_is_followed_by_another() {
    runtime();
    let folder = TempDir::new().unwrap();
    let multiply = [node("MatMul", &["x", "w"], "y")];
    let ports = [port("x", &[Axis::Size(1), Axis::Open]), port("y", &[Axis::Size(1), Axis::Size(3)])];
    let made = |rows| network(17, &multiply, &[zeros("w", &[rows, 3])], [&ports[0], &ports[1]]);
    let v = measured(&save(&folder, "16.onnx", made(16)), &[]);
    assert_eq!(v["assumed_shapes"], serde_json::json!({"x axis 1": 16}));
    // Counted with the size that ran: 16 x 3 multiplications and additions.
    assert_eq!(v["complexity"]["flops"], 96, "{}", v["operators"]);
    // None fits: what the runtime said to the first stands in the error.
    let refused = run(nntop().arg("bench").arg(save(&folder, "17.onnx", made(17))).args(FEW));
    refused.failed(1, "MatMul");
}
