//! Real models, good and bad, as their index describes them. Needs `NNTOP_TEST_DATA`.

use crate::support::{Run, bench, run, runtime, test_models};
use nntop::engine::{self, Engine};
use nntop::event::{EngineOptions, VariantSpec};
use nntop::tensor::{Data, DataType, Tensor, pb};
use nntop::workload;
use serde_json::Value;
use std::path::Path;

fn index(path: &Path) -> Vec<Value> {
    let entries: Vec<Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert!(!entries.is_empty(), "an index of nothing proves nothing");
    entries
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn measure(model: &Path, options: &[&str]) -> Run {
    let model = model.to_str().unwrap();
    run(bench([model, "-n", "3", "--warmup", "1", "--threads", "1", "--format", "json"]).args(options))
}

/// A model that ran: complete, with the inputs that the index names.
#[track_caller]
fn check(run: &Run, entry: &Value) {
    let json = run.ok().json();
    let v = &json["variants"][0];
    assert_eq!((&v["status"], &v["latency_ns"]["n"]), (&"ok".into(), &3.into()), "{run:?}");
    assert_eq!(v["engine"]["threads"], 1);
    assert!(!run.stderr.contains("error:"), "{run:?}");
    let inputs = entry["inputs"].as_array().unwrap();
    assert_eq!(v["inputs"].as_array().unwrap().len(), inputs.len(), "{run:?}");
    for (ran, declared) in v["inputs"].as_array().unwrap().iter().zip(inputs) {
        assert_eq!(ran["name"], declared["name"]);
        let sizes = ran["shape"].as_array().unwrap().iter().map(|s| text(s).parse::<u64>().unwrap());
        for (size, axis) in sizes.zip(declared["shape"].as_array().unwrap()) {
            assert!(axis.as_u64().is_none_or(|fixed| fixed == size), "{} for {declared}", ran["shape"]);
        }
    }
}

#[test]
fn every_model_runs_with_random_inputs() {
    let Some(folder) = test_models() else { return };
    for entry in index(&folder.join("index.json")) {
        check(&measure(&folder.join(text(&entry["model"])), &[]), &entry);
    }
}

#[test]
fn every_model_runs_with_its_test_vector() {
    let Some(folder) = test_models() else { return };
    let mut ran = 0;
    for entry in index(&folder.join("index.json")) {
        let model = folder.join(text(&entry["model"]));
        let vector = model.parent().unwrap().join("test_data_set_0");
        if vector.exists() {
            check(&measure(&model, &["--input", vector.to_str().unwrap()]), &entry);
            ran += 1;
        }
    }
    assert!(ran > 0);
}

#[test]
fn every_bad_model_is_refused_by_name() {
    let Some(folder) = test_models() else { return };
    let folder = folder.join("bad");
    for entry in index(&folder.join("index.json")) {
        let path = folder.join(text(&entry["file"]));
        let name = path.to_str().unwrap();
        let result = measure(&path, &[]);
        match text(&entry["file"]) {
            // A valid model: zero-size axes are legal. Whether random values for its second input, a shape to
            // expand to, fit the first is chance; when they do not, the run fails and the input is not at fault.
            "zero-size-dims.onnx" => match result.code {
                Some(0) => drop(result.ok()),
                _ => drop(result.failed(1, name)),
            },
            _ => drop(result.failed(2, name)),
        }
    }
}

/// A tensor's elements as numbers.
fn numbers(tensor: &Tensor) -> Vec<f64> {
    let Data::Bytes(bytes) = &tensor.data else { panic!("{} is text", tensor.name) };
    macro_rules! read {
        ($ty:ty) => {
            bytes.chunks_exact(size_of::<$ty>()).map(|c| <$ty>::from_le_bytes(c.try_into().unwrap()) as f64).collect()
        };
    }
    match tensor.dtype {
        DataType::F32 => read!(f32),
        DataType::F64 => read!(f64),
        DataType::I16 => read!(i16),
        DataType::I32 => read!(i32),
        DataType::I64 => read!(i64),
        DataType::U8 | DataType::Bool => read!(u8),
        other => panic!("{} is {other}", tensor.name),
    }
}

fn largest_difference(a: &Tensor, b: &Tensor) -> f64 {
    assert_eq!((a.dtype, &a.shape), (b.dtype, &b.shape), "{}", a.name);
    let differences = numbers(a).into_iter().zip(numbers(b)).map(|(a, b)| (a - b).abs());
    differences.fold(0.0, |most, d| if d.is_nan() { f64::INFINITY } else { most.max(d) })
}

fn spec(model: &Path) -> VariantSpec {
    let options = EngineOptions {
        library: Some(runtime().to_str().unwrap().into()),
        threads: Some(1),
        ..EngineOptions::default()
    };
    let model = model.to_str().unwrap().into();
    VariantSpec { name: "test".into(), model, engine: "onnxruntime".into(), options, ..VariantSpec::default() }
}

/// The outputs of a test vector, after two inferences: the second must not build on the first.
fn outputs(engine: &dyn Engine, model: &Path, vector: &Path) -> Vec<Tensor> {
    let model = engine.load(&spec(model)).unwrap();
    let inputs = workload::from_file(vector, model.inputs()).unwrap();
    let mut stream = model.stream(&inputs).unwrap();
    stream.infer().unwrap();
    stream.infer().unwrap();
    stream.outputs().unwrap()
}

#[test]
fn outputs_are_those_that_the_test_vectors_expect() {
    let Some(folder) = test_models() else { return };
    let entries = index(&folder.join("index.json"));
    let engine = engine::open(&spec(&folder)).unwrap();
    let mut compared = 0;
    for entry in &entries {
        let model = folder.join(text(&entry["model"]));
        for set in entry["test_data"].as_array().into_iter().flatten() {
            let name = format!("{} {}", text(&entry["name"]), text(&set["set"]));
            let vector = model.parent().unwrap().join(text(&set["set"]));
            let got = outputs(engine.as_ref(), &model, &vector);
            // Another build or CPU rounds differently: what the index measured, and float32's own noise.
            let allowed = set["max_abs_diff_ort_1_31_1"].as_f64().unwrap_or(0.0) * 2.0 + 1e-3;
            for (i, output) in entry["outputs"].as_array().unwrap().iter().enumerate() {
                // Sequences and maps are no tensors: neither the stream nor the set has them.
                let file = vector.join(format!("output_{i}.pb"));
                let Some(got) = got.iter().find(|t| t.name == text(&output["name"])).filter(|_| file.exists()) else {
                    continue;
                };
                let difference = largest_difference(got, &pb::read(&file).unwrap());
                assert!(difference <= allowed, "{name}: {} is off by {difference}", got.name);
                compared += 1;
            }
        }
    }
    assert!(compared >= entries.len(), "only {compared} outputs were compared");
}
