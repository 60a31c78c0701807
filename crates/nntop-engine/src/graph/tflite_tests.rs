//! `.tflite` files, made up and real.

use super::*;

#[test]
fn what_is_none_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.tflite");
    let error = |content: &[u8]| {
        std::fs::write(&path, content).unwrap();
        read(&path).unwrap_err()
    };
    assert!(matches!(error(b""), ModelError::Empty { .. }));
    assert!(error(b"PK\x03\x04 and so on").to_string().contains("a zip archive"));
    assert!(error(b"<?xml version=\"1.0\"?><net>").hint().unwrap().contains("--engine"));
    let short = error(b"\x1c\0\0\0TFL3");
    assert!(short.to_string().contains("damaged"), "{short}");
    assert!(matches!(read(&folder.path().join("none.tflite")), Err(ModelError::Missing { .. })));
}

#[track_caller]
fn real() -> Option<std::path::PathBuf> {
    nntop_testing::required_data("mlperf-tiny")
}

#[test]
fn real_models_say_what_they_are() {
    let Some(folder) = real() else { return };
    let file = read(&folder.join("ic01-resnet8/pretrainedResnet.tflite")).unwrap();
    // Nine convolutions and a dense layer (77 360), a bias each (346); conversion has folded the normalisations in.
    assert_eq!((file.params, file.operators, file.precision.as_deref()), (77_360 + 346, 16, Some("float32")));
    assert_eq!(file.inputs[0].describe(), "float32[?,32,32,3]");
    let int8 = read(&folder.join("ic01-resnet8/pretrainedResnet_quant.tflite")).unwrap();
    assert_eq!(
        (int8.params, int8.precision.as_deref(), int8.inputs[0].dtype),
        (file.params, Some("int8"), DataType::I8)
    );
    assert!(int8.params_by_type.contains_key("int32"), "biases: {:?}", int8.params_by_type);
    let graph = read_graph(&folder.join("ic01-resnet8/pretrainedResnet.tflite")).unwrap();
    assert_eq!((graph.operators.len(), graph.inputs.len(), graph.outputs.len()), (16, 1, 1));
    assert!(graph.operators.iter().all(|o| !o.name.is_empty() && !o.inputs.is_empty()));
}

#[test]
fn no_cut_or_changed_file_takes_the_reader_down() {
    let Some(folder) = real() else { return };
    let whole = std::fs::read(folder.join("ad01-autoencoder/ad01_int8.tflite")).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.tflite");
    for cut in [9, 30, 100, 1_000, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&path, &whole[..cut]).unwrap();
        let _ = read(&path);
        let _ = read_graph(&path);
    }
    // The tables stand at the end of the file, so every place matters.
    for at in (8..whole.len()).step_by(whole.len() / 400) {
        let mut changed = whole.clone();
        changed[at] ^= 0xff;
        std::fs::write(&path, &changed).unwrap();
        let _ = read(&path);
        let _ = read_graph(&path);
    }
}
