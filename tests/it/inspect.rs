//! `nntop inspect`: what is counted in model files, and what differs between two.

use crate::support::{demo, nntop, run, test_models};
use serde_json::{Value, json};
use std::path::Path;

fn inspect(args: &[&str]) -> crate::support::Run {
    run(nntop().arg("inspect").args(args))
}

fn sum(layers: &Value, key: &str) -> u64 {
    layers.as_array().unwrap().iter().filter_map(|layer| layer[key].as_u64()).sum()
}

#[test]
fn a_model_is_counted_without_running_it() {
    let found = inspect(&[&demo("digits-fp32"), "--format", "json", "--tensors"]).ok().json();
    assert_eq!(found["schema"], "nntop.inspect/1");
    let layers = &found["layers"];
    assert_eq!(sum(layers, "params"), found["params"].as_u64().unwrap());
    assert_eq!(sum(layers, "macs"), found["macs"].as_u64().unwrap());
    assert!(found["flops"].as_u64() >= found["macs"].as_u64().map(|n| 2 * n));
    let tensors = found["tensors"].as_array().unwrap();
    assert_eq!(tensors.iter().map(|t| t["elements"].as_u64().unwrap()).sum::<u64>(), found["params"].as_u64().unwrap());
    assert_eq!(found["weights_bytes"].as_u64(), found["params"].as_u64().map(|n| 4 * n), "fp32");
    assert!(found["activation_peak_bytes"].as_u64() > Some(0), "{found:#}");
    assert_eq!(found["quantization"], Value::Null);
    let text = inspect(&[&demo("digits-fp32")]).ok().stdout.clone();
    assert!(text.contains("MACs") && text.contains("Operators") && text.contains("####"), "{text}");
    let markdown = inspect(&[&demo("digits-fp32"), "--format", "markdown"]).ok().stdout.clone();
    assert!(markdown.contains("## Layers") && markdown.contains("| Conv |"), "{markdown}");
}

#[test]
fn of_two_models_what_differs_is_shown() {
    let (a, b) = (demo("digits-fp32"), demo("digits-int8"));
    let found = inspect(&[&a, &b, "--format", "json"]).ok().json();
    let differs = |key: &str| found["differences"].as_array().unwrap().iter().find(|d| d["key"] == key).cloned();
    let weights = differs("weights_bytes").unwrap();
    assert!(weights["values"][0].as_u64().unwrap() > 3 * weights["values"][1].as_u64().unwrap(), "{weights}");
    assert_eq!(differs("macs"), None, "quantizing changes no product");
    assert_eq!(found["models"][1]["quantization"]["weights"], json!(["int8"]));
    let text = inspect(&[&a, &b]).ok().stdout.clone();
    assert!(text.contains("What differs") && text.contains("weights_bytes"), "{text}");
    let same = inspect(&[&a, &a]).ok().stdout.clone();
    assert!(same.contains("Nothing differs"), "{same}");
}

#[test]
fn what_is_no_model_is_one_line() {
    let dir = tempfile::tempdir().unwrap();
    inspect(&["nosuch.onnx"]).failed(2, "nosuch.onnx");
    for name in ["net.onnx", "net.tflite", "net.xml"] {
        let path = dir.path().join(name);
        std::fs::write(&path, b"\x7fELF no model").unwrap();
        inspect(&[path.to_str().unwrap()]).failed(2, name);
    }
    inspect(&[&demo("digits-fp32"), "-o", "/nosuch/folder/out.json"]).failed(2, "/nosuch/folder/out.json");
}

#[test]
fn real_models_have_the_counts_of_other_tools() {
    let Some(models) = test_models() else { return };
    let of = |name: &str, file: &str, more: &[&str]| {
        let path = models.join(name).join(file);
        inspect(&[&[path.to_str().unwrap(), "--format", "json"][..], more].concat()).ok().json()
    };
    // As tests/peers/inspect_onnx.py has them from onnx's own shapes.
    for (name, macs, params) in PEERS {
        let found = of(name, "model.onnx", &[]);
        assert_eq!((found["macs"].as_u64(), found["params"].as_u64()), (Some(macs), Some(params)), "{name}");
    }
    let external = of("external-data", "ext_weights.onnx", &["--tensors"]);
    assert_eq!(external["external_data"].as_array().unwrap().len(), 1);
    assert!(external["tensors"].as_array().unwrap().iter().any(|t| t["external"] == true && t["sparsity"].is_number()));
    // A batch that the model leaves open.
    let open = of("tiny-bert-mrpc", "model.onnx", &[]);
    let dims: Vec<&str> = open["inputs"][0]["shape"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let twice = of("tiny-bert-mrpc", "model.onnx", &["--dim", &format!("{}=2", dims[0])]);
    assert_eq!(twice["macs"].as_u64(), open["macs"].as_u64().map(|n| 2 * n), "of twice as many examples");
    let loops = of("loop-subgraph", "model.onnx", &[]);
    assert!(loops["nodes_in_bodies"].as_u64() > Some(0) && loops["activation_peak_unknown"].is_string());
}

/// MACs and parameters.
const PEERS: [(&str, u64, u64); 3] = [
    ("mnist-8", 786_560, 5_994),
    ("squeezenet-snacks10", 287_400_640, 727_638),
    ("super-resolution-10", 2_984_869_888, 59657),
];

/// The networks of MLPerf Tiny, in TensorFlow Lite's format: floats and 8 bits have the same products.
#[test]
fn tflite_models_have_the_products_of_their_papers() {
    let Some(data) = nntop_testing::required_data("mlperf-tiny") else { return };
    let of = |file: &str| inspect(&[data.join(file).to_str().unwrap(), "--format", "json"]).ok().json();
    let float = of("ad01-autoencoder/ad01_fp32.tflite");
    let int8 = of("ad01-autoencoder/ad01_int8.tflite");
    // 640-128-128-128-128-8-128-128-128-128-640
    let products = 640 * 128 + 3 * 128 * 128 + 128 * 8 + 8 * 128 + 3 * 128 * 128 + 128 * 640;
    assert_eq!((float["macs"].as_u64(), int8["macs"].as_u64()), (Some(products), Some(products)));
    assert_eq!(int8["quantization"]["weights"], json!(["int8"]));
    assert_eq!(float["depth"], 10);
    let resnet = of("ic01-resnet8/pretrainedResnet_quant.tflite");
    // Banbury et al. 2021, table 1: 12.5 million MACs.
    assert!((12_400_000..12_600_000).contains(&resnet["macs"].as_u64().unwrap()), "{}", resnet["macs"]);
    assert!(Path::new(resnet["path"].as_str().unwrap()).is_file());
}
