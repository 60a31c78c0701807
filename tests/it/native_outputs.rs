//! What OpenVINO and LiteRT answer: against the test data's vectors, against their own Python packages, against each other.
//!
//! Kernels that compute with int8 values round them each in their own way. What differs by one step in a layer is more in
//! the next, and a softmax makes up to 99 of 256 steps of it on a picture (`references/native.json`): so int8 answers are
//! held, to one step, against those of the same kernels, and only float ones against each other.

use crate::native::{answer, answer_to, difference, numbers, spec, tflite_models};
use crate::support::test_models;
use nntop::engine;
use nntop::event::VariantSpec;
use nntop::tensor::{Data, DataType, Tensor, TensorSpec, pb};
use serde_json::Value;
use std::path::{Path, PathBuf};

#[test]
fn openvino_gives_the_outputs_that_the_test_vectors_expect() {
    let Some(folder) = test_models() else { return };
    // What OpenVINO's ONNX frontend does not read: strings, sequences, a loop that is none to it.
    let foreign = ["identity-string", "sklearn-randomforest", "squeezenet-snacks10", "loop-subgraph"];
    // Constant weights: logits that are equal but for rounding. `light_` is looked at below.
    let other = |name: &str| foreign.contains(&name) || name.starts_with("light_");
    let mut compared = 0;
    for entry in std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()) {
        let name = entry.file_name().unwrap().to_str().unwrap().to_owned();
        let model = ["model.onnx", "ext_weights.onnx"].map(|file| entry.join(file)).into_iter().find(|p| p.exists());
        let Some(model) = model.filter(|_| !other(&name)) else { continue };
        for vector in (0..).map(|n| entry.join(format!("test_data_set_{n}"))).take_while(|p| p.exists()) {
            for (i, got) in answer(&spec("openvino", &model), Some(&vector)).iter().enumerate() {
                let expected = pb::read(&vector.join(format!("output_{i}.pb"))).unwrap();
                let expected = match name.as_str() {
                    // This vector has logits of a thousandth from an older exporter, and every runtime of today is as far
                    // from it: ONNX Runtime's answer is the reference.
                    "tiny-bert-mrpc" => answer(&onnxruntime(&model), Some(&vector)).swap_remove(i),
                    _ => expected,
                };
                check_vector(&name, got, &expected);
                compared += 1;
            }
        }
    }
    assert!(compared >= 13, "only {compared} outputs were compared");
}

#[track_caller]
fn check_vector(name: &str, got: &Tensor, expected: &Tensor) {
    let apart = difference(got, expected);
    if !name.starts_with("qdq") {
        assert!(apart <= 1e-3, "{name}: {} is off by {apart}", got.name);
        return;
    }
    // Between its quantised operators OpenVINO leaves out steps that ONNX Runtime takes: a few values are one or two of
    // them off, of which one is 2 % of the largest value. The same kernels are asked below.
    let (got, expected) = (numbers(got).1, numbers(expected).1);
    let largest = expected.iter().fold(0.0f64, |most, x| most.max(x.abs()));
    let others = got.iter().zip(&expected).filter(|(a, b)| (**a - **b).abs() > largest * 1e-3).count();
    assert!(apart <= 0.06 && others * 100 <= got.len(), "{name}: {others} values are off, by up to {apart}");
}

fn onnxruntime(model: &Path) -> VariantSpec {
    let mut spec = spec("openvino", model);
    spec.engine = "onnxruntime".into();
    spec.options.library = Some(crate::support::runtime().to_str().unwrap().into());
    spec.options.precision = None;
    spec
}

#[test]
fn weights_that_are_constant_make_a_softmax_whatever_is_left_of_it() {
    let Some(folder) = test_models() else { return };
    for name in ["light_squeezenet", "light_resnet50"] {
        let folder = folder.join(name);
        let vector = folder.join("test_data_set_0");
        let got = answer(&spec("openvino", &folder.join("model.onnx")), Some(&vector)).swap_remove(0);
        let expected = pb::read(&vector.join("output_0.pb")).unwrap();
        assert_eq!((got.dtype, &got.shape), (expected.dtype, &expected.shape));
        let sum: f64 = numbers(&got).1.iter().sum();
        assert!((sum - 1.0).abs() < 1e-3, "{name}: the softmax sums up to {sum}");
    }
}

/// The bytes of `references/native.py`.
fn pattern(count: u64) -> Vec<u8> {
    (0..count).map(|i| ((i.wrapping_mul(2_654_435_761) % (1 << 32)) >> 24) as u8).collect()
}

fn tensor(input: &TensorSpec, shape: Vec<u64>, bytes: &[u8], value: impl Fn(u8) -> f32) -> Tensor {
    let data = match input.dtype {
        DataType::I8 => bytes.iter().map(|b| b.wrapping_sub(128)).collect(),
        DataType::F32 => bytes.iter().flat_map(|b| value(*b).to_le_bytes()).collect(),
        other => panic!("{} is {other}", input.name),
    };
    Tensor { name: input.name.clone(), dtype: input.dtype, shape, data: Data::Bytes(data) }
}

/// The tensor that a reference's input names.
fn asked(root: &Path, input: &TensorSpec, name: &str) -> Tensor {
    let size = |axis: &nntop::tensor::Dim| match axis {
        nntop::tensor::Dim::Fixed(n) => *n,
        _ => 1,
    };
    let shape: Vec<u64> = input.dims.iter().map(size).collect();
    let pattern = pattern(shape.iter().product());
    match name {
        "pattern" => tensor(input, shape, &pattern, f32::from),
        "small pattern" => tensor(input, shape, &pattern, |b| f32::from(b) / 16.0 - 8.0),
        file => tensor(input, shape, &std::fs::read(root.join(file)).unwrap(), f32::from),
    }
}

/// Without it OpenVINO's int8 sums overflow, and its answers are others (`references/native.py` says more).
fn has_vnni() -> bool {
    let known = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let has = known.contains("_vnni");
    if !has {
        nntop_testing::skip("OpenVINO's int8 answers are those of a processor with VNNI");
    }
    has
}

fn is_quantised(file: &str) -> bool {
    ["int8", "quant", "qdq"].iter().any(|word| file.contains(word))
}

#[test]
fn each_engine_answers_as_its_own_python_package_does() {
    let Some(models) = test_models() else { return };
    let root = models.parent().unwrap();
    let references: Value = serde_json::from_str(include_str!("references/native.json")).unwrap();
    let (mut compared, vnni) = (0, has_vnni());
    for row in references["answers"].as_array().unwrap() {
        let (file, input) = (row["model"].as_str().unwrap(), row["input"].as_str().unwrap());
        let quantised = is_quantised(file);
        for kernels in ["xnnpack", "builtin", "openvino"].into_iter().filter(|k| row[k].is_array()) {
            if kernels == "openvino" && quantised && !vnni {
                continue;
            }
            let mut spec = spec(if kernels == "openvino" { kernels } else { "litert" }, &root.join(file));
            spec.options.kernels = Some(kernels.to_owned()).filter(|k| k != "openvino");
            let model = engine::open(&spec).unwrap().load(&spec).unwrap();
            let got = answer_to(model.as_ref(), &[asked(root, &model.inputs()[0], input)]).pop().unwrap();
            let expected: Vec<f64> = row[kernels].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
            let (is_float, values) = numbers(&got);
            let thinned: Vec<f64> = values.iter().step_by((values.len() / 64).max(1)).copied().collect();
            assert_eq!(thinned.len(), expected.len(), "{file} {kernels}");
            let largest = expected.iter().fold(0.0f64, |most, x| most.max(x.abs()));
            let allowed = if is_float { 1e-3 * largest } else { 1.0 };
            let apart = thinned.iter().zip(&expected).fold(0.0f64, |most, (a, b)| most.max((a - b).abs()));
            assert!(apart <= allowed, "{file} with {kernels} kernels is off by {apart} for {input}");
            compared += 1;
        }
    }
    assert!(compared > 60 || !vnni, "only {compared} answers were compared");
}

#[test]
fn float_answers_are_alike_in_all_kernels_and_int8_ones_in_any_number_of_threads() {
    let Some(models) = tflite_models() else { return };
    for path in models {
        let name = path.file_name().unwrap().to_str().unwrap();
        let xnnpack = spec("litert", &path);
        let mut builtin = xnnpack.clone();
        builtin.options.kernels = Some("builtin".into());
        let mut threads = xnnpack.clone();
        threads.options.threads = Some(2);
        let ours = answer(&xnnpack, None);
        let compare = |other: &[Tensor], what: &str| {
            assert_eq!(ours.len(), other.len(), "{name} {what}");
            for (a, b) in ours.iter().zip(other) {
                let apart = difference(a, b);
                assert!(apart <= 1e-3, "{name}: {} is off by {apart} from {what}", a.name);
            }
        };
        compare(&answer(&threads, None), "two threads");
        if ours.iter().all(|t| t.dtype.is_float()) {
            compare(&answer(&builtin, None), "builtin kernels");
            compare(&answer(&spec("openvino", &path), None), "OpenVINO");
        }
    }
}

/// How many of the labelled pictures a model gets right, and how often the label is among its first five.
fn right(spec: &VariantSpec, pictures: &Path) -> (u64, u64) {
    let model = engine::open(spec).unwrap().load(spec).unwrap();
    let (mut first, mut five) = (0, 0);
    for line in std::fs::read_to_string(pictures.join("y_labels.csv")).unwrap().lines() {
        let (file, label) = line.split_once(",10,").unwrap();
        let label: usize = label.parse().unwrap();
        let got = answer_to(model.as_ref(), &[asked(pictures, &model.inputs()[0], file)]).pop().unwrap();
        let values = numbers(&got).1;
        // Among equals the first stands before, as in a stable sort.
        let before = |i: usize| values[i] > values[label] || (values[i] == values[label] && i < label);
        let rank = (0..values.len()).filter(|i| before(*i)).count();
        first += u64::from(rank == 0);
        five += u64::from(rank < 5);
    }
    (first, five)
}

#[test]
fn the_labelled_pictures_are_told_as_often_as_the_test_data_says() {
    let Some(models) = test_models() else { return };
    let root = models.parent().unwrap();
    let folder = root.join("datasets/cifar10-jpg");
    let text = std::fs::read_to_string(folder.join("expected.json")).unwrap();
    let expected: Value = serde_json::from_str(&text).unwrap();
    let resnet = |name: &str| root.join("mlperf-tiny/ic01-resnet8").join(name);
    let of = [
        ("litert", "pretrainedResnet.tflite", "pretrainedResnet.tflite (float32)"),
        ("litert", "pretrainedResnet_quant.tflite", "pretrainedResnet_quant.tflite (int8)"),
        ("litert", "pretrainedResnet_large_int8.tflite", "pretrainedResnet_large_int8.tflite"),
        ("openvino", "pretrainedResnet.tflite", "pretrainedResnet.tflite (float32)"),
        ("openvino", "resnet8_cifar10_float32.onnx", "resnet8_cifar10_float32.onnx (ORT)"),
    ];
    for (engine, file, entry) in of {
        let entry = &expected["reference"][entry];
        let (first, five) = right(&spec(engine, &resnet(file)), &folder.join("ic01-format"));
        assert_eq!(Some(first), entry["top1_correct"].as_u64(), "{file} on {engine}");
        // Values of int8 are often equal, and which of equals counts is nobody's word.
        let off = five.abs_diff(entry["top5_correct"].as_u64().unwrap());
        let allowed = if is_quantised(file) { 2 } else { 0 };
        assert!(off <= allowed, "{file} on {engine}: {five} among five");
    }
}

#[test]
fn the_sound_of_a_sound_machine_has_the_error_that_mlperf_tiny_has_published() {
    // 9.70710780339692 in mlcommons/tiny, `tflite_anomaly_score_ToyCar_id_01.csv`, first line.
    let Some(models) = test_models() else { return };
    let folder: PathBuf = models.with_file_name("mlperf-tiny").join("ad01-autoencoder");
    let sound = std::fs::read(folder.join("normal_id_01_00000000_hist_librosa.bin")).unwrap();
    for engine in ["litert", "openvino"] {
        let spec = spec(engine, &folder.join("ad01_fp32.tflite"));
        let model = engine::open(&spec).unwrap().load(&spec).unwrap();
        let input = &model.inputs()[0];
        // Five frames of 128 bands, frame by frame.
        let windows: Vec<&[u8]> = (0..196).map(|frame| &sound[frame * 512..(frame + 5) * 512]).collect();
        let error = |window: &&[u8]| {
            let data = Data::Bytes(window.to_vec());
            let given = Tensor { name: input.name.clone(), dtype: DataType::F32, shape: vec![1, 640], data };
            let got = answer_to(model.as_ref(), std::slice::from_ref(&given)).pop().unwrap();
            let pairs = numbers(&got).1.into_iter().zip(numbers(&given).1);
            pairs.map(|(a, b)| (a - b).powi(2)).sum::<f64>() / 640.0
        };
        let mean = windows.iter().map(error).sum::<f64>() / windows.len() as f64;
        assert!((mean - 9.707_107_8).abs() < 1e-4, "{engine}: {mean}");
    }
}
