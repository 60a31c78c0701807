//! The models of the project's test data, as their own index describes them. Needs `NNTOP_TEST_DATA`.

use super::proto::ModelProto;
use super::{ModelError, read};
use crate::tensor::{Dim, pb};
use prost::Message as _;
use serde_json::Value;
use std::path::PathBuf;

#[track_caller]
fn models() -> Option<PathBuf> {
    nntop_testing::required_data("models")
}

fn index(path: PathBuf) -> Vec<Value> {
    let entries: Vec<Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert!(!entries.is_empty(), "an index of nothing proves nothing");
    entries
}

fn text(v: &Value) -> &str {
    v.as_str().unwrap()
}

fn dim(v: &Value) -> Dim {
    match v {
        Value::Number(n) => Dim::Fixed(n.as_u64().unwrap()),
        Value::String(s) => Dim::Named(s.clone()),
        _ => Dim::Unknown,
    }
}

#[test]
fn real_models_agree_with_their_index() {
    let Some(folder) = models() else { return };
    for entry in index(folder.join("index.json")) {
        let name = text(&entry["name"]);
        let path = folder.join(text(&entry["model"]));
        let file = read(&path).unwrap_or_else(|e| panic!("{name}: {e}"));
        println!("{name}: {} parameters {:?}, {} operators", file.params, file.params_by_type, file.operators);
        println!("{name}: depth {:?}, weights of {}", file.depth, file.params_bytes);
        let depth = match name {
            // Two convolutions, one product of matrices.
            "mnist-8" => Some(3),
            // conv1, eight fire modules of a squeeze and an expand, conv10.
            "light_squeezenet" => Some(18),
            // 50 layers, and a normalisation behind each but the last.
            "light_resnet50" => Some(99),
            _ => None,
        };
        assert!(depth.is_none_or(|depth| file.depth == Some(depth)), "{name}: {:?}", file.depth);
        assert_eq!(file.ir_version, entry["ir_version"].as_i64().unwrap(), "{name}");
        for (domain, version) in entry["opset"].as_object().unwrap() {
            assert_eq!(file.opsets.get(domain), version.as_i64().as_ref(), "{name} {domain}");
        }
        // The index counts the outermost graph.
        let model = ModelProto::decode(std::fs::read(&path).unwrap().as_slice()).unwrap();
        assert_eq!(model.graph.unwrap().node.len() as u64, entry["nodes"].as_u64().unwrap(), "{name}");
        assert!(file.operators >= entry["nodes"].as_u64().unwrap(), "{name}");

        let inputs = entry["inputs"].as_array().unwrap();
        assert_eq!(file.inputs.len(), inputs.len(), "{name}");
        for (spec, input) in file.inputs.iter().zip(inputs) {
            assert_eq!(spec.name, text(&input["name"]), "{name}");
            let dims: Vec<_> = input["shape"].as_array().unwrap().iter().map(dim).collect();
            assert_eq!(spec.dims, dims, "{name}");
            let dtype = text(&input["dtype"]).trim_start_matches("tensor(").trim_end_matches(')');
            let dtype = dtype.replace("double", "float64");
            assert!(spec.dtype.name() == dtype || dtype == "float" && spec.dtype.name() == "float32", "{name} {dtype}");
        }
        let outputs: Vec<_> = entry["outputs"].as_array().unwrap().iter().map(|o| text(&o["name"])).collect();
        assert_eq!(file.outputs, outputs, "{name}");

        for set in entry["test_data"].as_array().unwrap() {
            for (i, vector) in set["inputs"].as_array().unwrap().iter().enumerate() {
                let tensor = pb::read(&path.with_file_name(text(vector))).unwrap();
                let spec = &file.inputs[i];
                assert_eq!((tensor.dtype, tensor.shape.len()), (spec.dtype, spec.dims.len()), "{name}");
                for (n, dim) in tensor.shape.iter().zip(&spec.dims) {
                    assert!(dim.is_free() || *dim == Dim::Fixed(*n), "{name}: {n} for {dim}");
                }
            }
            for vector in set["outputs"].as_array().unwrap().iter().map(text).filter(|v| v.ends_with(".pb")) {
                pb::read(&path.with_file_name(vector)).unwrap();
            }
        }
    }
}

#[test]
fn parameter_counts_are_the_known_ones() {
    let Some(folder) = models() else { return };
    let params = |name: &str| read(&folder.join(name)).unwrap().params;
    // The published counts of these architectures; ResNet-50 with the running statistics of its normalisations.
    assert_eq!(params("mnist-8/model.onnx"), 5_994);
    assert_eq!(params("light_squeezenet/model.onnx"), 1_235_496);
    assert_eq!(params("light_resnet50/model.onnx"), 25_557_032 + 53_120);
    let quantised = read(&folder.join("qdq-mobilenet-edgetpu-slice/model.onnx")).unwrap();
    println!("{:?}", quantised.params_by_type);
}

#[test]
fn bad_models_are_refused_in_words_or_left_to_the_runtime() {
    let Some(folder) = models() else { return };
    for entry in index(folder.join("bad/index.json")) {
        let name = text(&entry["file"]);
        let result = read(&folder.join("bad").join(name));
        println!("{name}: {}", result.as_ref().map_or_else(ToString::to_string, |_| "readable".into()));
        let expected = match name {
            "git-lfs-pointer.onnx" | "corrupt-protobuf.onnx" => matches!(result, Err(ModelError::NotOnnx { .. })),
            "truncated-mnist.onnx" => matches!(result, Err(ModelError::Truncated { size: 16_000, .. })),
            "empty-file.onnx" => matches!(result, Err(ModelError::Empty { .. })),
            "missing-external-data.onnx" => matches!(result, Err(ModelError::MissingData { .. })),
            "weightless-conv.onnx" => matches!(result, Err(ModelError::Weight { .. })),
            "no-opset.onnx" => matches!(result, Err(ModelError::NoOpset { .. })),
            _ => result.is_ok(),
        };
        assert!(expected, "{name}: {result:?}");
        if let Err(error) = result {
            assert!(error.hint().is_some(), "{name}");
            assert_eq!(error.to_string().lines().count(), 1, "{name}");
        }
    }
}
