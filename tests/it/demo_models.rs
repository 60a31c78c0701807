//! The bundled models: what they claim to be is what they are.

use crate::support::{demo, runtime};
use nntop::engine;
use nntop::event::{EngineOptions, VariantSpec};
use nntop::tensor::{Data, Tensor, npy};
use std::path::Path;

/// How many of the held-out images the model reads right, of how many.
fn right(name: &str) -> (usize, usize) {
    let spec = VariantSpec {
        name: name.into(),
        model: demo(name),
        engine: "onnxruntime".into(),
        options: EngineOptions { library: Some(runtime().display().to_string()), ..EngineOptions::default() },
        ..VariantSpec::default()
    };
    let archive = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo/digits-test.npz");
    let held_out = npy::read_archive(&archive).unwrap();
    let part = |name: &str| held_out.iter().find(|t| t.name == name).unwrap();
    let (images, labels) = (part("images"), part("labels"));
    let labels: Vec<i64> = bytes(labels).chunks_exact(8).map(|b| i64::from_le_bytes(b.try_into().unwrap())).collect();

    let model = engine::open(&spec).unwrap().load(&spec).unwrap();
    // All at once: the batch axis is free.
    let input = Tensor { name: model.inputs()[0].name.clone(), ..images.clone() };
    let mut stream = model.stream(&[input]).unwrap();
    stream.infer().unwrap();
    let outputs = stream.outputs().unwrap();
    assert_eq!((outputs[0].name.as_str(), &outputs[0].shape[..]), ("logits", &[labels.len() as u64, 10][..]));
    let logits: Vec<f32> =
        bytes(&outputs[0]).chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect();
    let read = logits.chunks_exact(10).map(|l| (0..10).max_by(|&a, &b| l[a].total_cmp(&l[b])).unwrap() as i64);
    (read.zip(&labels).filter(|(got, label)| got == *label).count(), labels.len())
}

fn bytes(tensor: &Tensor) -> &[u8] {
    match &tensor.data {
        Data::Bytes(bytes) => bytes,
        Data::Strings(_) => panic!("{}: text", tensor.name),
    }
}

#[test]
fn both_read_the_held_out_digits() {
    // As assets/demo/README.md says, give or take two: another processor rounds differently.
    for (name, claimed) in [("digits-fp32", 352), ("digits-int8", 350)] {
        let (right, of) = right(name);
        assert!(of == 360 && right.abs_diff(claimed) <= 2, "{name}: {right} of {of}, {claimed} claimed");
    }
}

#[test]
fn both_fit_in_the_program() {
    let size = |name| std::fs::metadata(demo(name)).unwrap().len();
    assert!(size("digits-fp32") + size("digits-int8") < 3_000_000);
    assert!(size("digits-int8") * 3 < size("digits-fp32"), "int8 is smaller by what its weights save");
}
