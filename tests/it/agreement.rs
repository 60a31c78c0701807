//! Models of several inputs, and agreement without labels: outputs against another model's, or saved ones, and layer by layer.

use crate::eval::{evaluated, metric};
use crate::onnx::{self, Axis, node, port};
use crate::support::{demo, nntop, run, runtime};
use std::io::Write;
use std::path::Path;

/// NumPy's archive of arrays of floats, integers (`<i8`) or bytes, written by hand: names, shapes, and elements as they lie.
pub(crate) fn npz(path: &Path, arrays: &[(&str, &str, &[u64], Vec<u8>)]) {
    let mut zip = zip::ZipWriter::new(std::fs::File::create(path).unwrap());
    for (name, dtype, shape, data) in arrays {
        let axes: String = shape.iter().map(|n| format!("{n}, ")).collect();
        let mut header = format!("{{'descr': '{dtype}', 'fortran_order': False, 'shape': ({axes}), }}");
        while (header.len() + 11) % 64 != 0 {
            header.push(' ');
        }
        header.push('\n');
        zip.start_file(format!("{name}.npy"), zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(b"\x93NUMPY\x01\x00").unwrap();
        zip.write_all(&u16::try_from(header.len()).unwrap().to_le_bytes()).unwrap();
        zip.write_all(header.as_bytes()).unwrap();
        zip.write_all(data).unwrap();
    }
    zip.finish().unwrap();
}

/// `y = left - right` over two floats each.
fn two_inputs() -> Vec<u8> {
    let axes = [Axis::Name("N"), Axis::Size(2)];
    let one = onnx::model(13, &node("Sub", &["left", "right"], "y"), None, [&port("left", &axes), &port("y", &axes)]);
    onnx::with_input(&one, &port("right", &axes))
}

pub(crate) fn floats(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

#[test]
fn a_model_with_two_inputs_is_fed_by_their_names() {
    let dir = tempfile::tempdir().unwrap();
    let model = dir.path().join("sub.onnx");
    std::fs::write(&model, two_inputs()).unwrap();
    let data = dir.path().join("set.npz");
    // y = left - right: the larger of two is the class. Swapped inputs would give the other one each time.
    let left = floats(&[3.0, 0.0, 5.0, 1.0, 0.0, 2.0]);
    let right = floats(&[0.0, 1.0, 1.0, 4.0, 3.0, 0.0]);
    let y: Vec<u8> = [0i64, 0, 0].iter().flat_map(|v| v.to_le_bytes()).collect();
    npz(&data, &[("y", "<i8", &[3], y), ("right", "<f4", &[3, 2], right.clone()), ("left", "<f4", &[3, 2], left)]);
    let (model, data) = (model.to_str().unwrap(), data.to_str().unwrap());
    let result = evaluated(&[model, "--dataset", data]);
    assert_eq!((metric(&result, 0, "top1") * 3.0).round(), 2.0);
    npz(Path::new(data), &[("y", "<i8", &[1], vec![0; 8]), ("right", "<f4", &[1, 2], floats(&[1.0, 0.0]))]);
    let lacking = run(nntop().args(["eval", model, "--dataset", data, "-q", "-t", "100ms"]));
    lacking.failed(2, "no array is called \"left\"");
    let pictures = tempfile::tempdir().unwrap();
    let picture = include_bytes!("../../crates/nntop-engine/src/workload/pictures/grey.png");
    std::fs::create_dir(pictures.path().join("0")).unwrap();
    std::fs::write(pictures.path().join("0/a.png"), picture).unwrap();
    let unfit = run(nntop().args(["eval", model, "--dataset", pictures.path().to_str().unwrap(), "-q", "-t", "100ms"]));
    unfit.failed(2, "no input is a picture");
    // Without labels random inputs do: the same twice.
    let result = evaluated(&[model, "--reference", model, "--limit", "7"]);
    let found = &result["variants"][0]["accuracy"];
    let y = &found["agreement"]["outputs"][0];
    assert_eq!((found["agreement"]["n"].as_u64(), y["max_error"].as_f64()), (Some(7), Some(0.0)), "{found:#}");
}

#[test]
fn a_quantized_model_is_held_against_its_original_without_labels() {
    let (fp32, int8) = (demo("digits-fp32"), demo("digits-int8"));
    let labels = format!("{}/assets/demo/digits-test.npz", env!("CARGO_MANIFEST_DIR"));
    let result = evaluated(&[&int8, "--reference", &fp32, "--dataset", &labels]);
    let logits = &result["variants"][0]["accuracy"]["agreement"]["outputs"][0];
    // onnxruntime in Python on the same 360 rows: the same class 358 times, NumPy's norms, to its rounding.
    assert_eq!((logits["top1"]["value"].as_f64().unwrap() * 360.0).round(), 358.0, "{logits:#}");
    assert!((logits["relative_error"].as_f64().unwrap() - 0.019_4).abs() < 0.002, "{logits:#}");
    assert_eq!((metric(&result, 0, "top1") * 360.0).round(), 350.0, "the labels are judged as ever");
    // Held to a target, and against a file of saved outputs.
    let base = ["eval", &fp32, "--reference", &fp32, "-t", "100ms", "--warmup", "0", "-q"];
    assert_eq!(run(nntop().args(base).args(["--target", "agreement>99.9%"])).code, Some(0));
    assert_eq!(run(nntop().args(base).args(["--target", "max_error>1"])).code, Some(3));
    let dir = tempfile::tempdir().unwrap();
    let saved = dir.path().join("saved.npz");
    npz(&saved, &[("logits", "<f4", &[3, 10], floats(&[0.0; 30]))]);
    let saved = saved.to_str().unwrap();
    let result = evaluated(&[&fp32, "--reference", saved, "--limit", "3"]);
    let logits = &result["variants"][0]["accuracy"]["agreement"]["outputs"][0];
    assert!(logits["max_error"].as_f64().unwrap() > 1.0 && logits["relative_error"].is_null(), "{logits:#}");
    run(nntop().args(["eval", &fp32, "--reference", saved, "--limit", "4", "-q"])).failed(2, "there are 4 examples");
}

#[test]
fn the_first_layer_that_differs_is_named() {
    runtime();
    let (fp32, int8) = (demo("digits-fp32"), demo("digits-int8"));
    let layers = |model: &str, reference: &str, more: &[&str]| {
        let base = ["eval", model, "--reference", reference, "--layers", "-q", "--format", "json"];
        run(nntop().args(base).args(more)).ok().json()
    };
    let same = layers(&fp32, &fp32, &[]);
    assert_eq!((same["first"].is_null(), same["unmatched"].as_u64()), (true, Some(0)), "{same:#}");
    let found = layers(&int8, &fp32, &["--limit", "2"]);
    assert_eq!((found["schema"].as_str(), found["n"].as_u64()), (Some("nntop.layers/1"), Some(2)));
    let all = found["layers"].as_array().unwrap();
    // What quantizing clips stands for the activations that it has swallowed: every layer is near.
    for layer in all {
        let relative = layer["relative_error"].as_f64().unwrap();
        assert!(relative < 0.1 && layer["cosine"].as_f64().unwrap() > 0.99, "{layer:#}");
    }
    assert!(all.len() > 8, "{found:#}");
    let first = all.iter().position(|l| l["relative_error"].as_f64().unwrap() > 0.01).unwrap();
    assert_eq!(found["first"], all[first]["name"]);
    let none = layers(&int8, &fp32, &["--tolerance", "50%"]);
    assert!(none["first"].is_null(), "{none:#}");
    let text = run(nntop().args(["eval", &int8, "--reference", &fp32, "--layers", "-q"]));
    assert!(text.ok().stdout.contains("first beyond 1.00 %: "), "{text:?}");
    let other = format!("{}/assets/demo/digits-test.npz", env!("CARGO_MANIFEST_DIR"));
    run(nntop().args(["eval", &fp32, "--reference", &other, "--layers"])).failed(2, "only ONNX models");
    assert!(
        !std::fs::read_dir("assets/demo").unwrap().any(|e| e.unwrap().file_name().to_string_lossy().contains("layers"))
    );
}
