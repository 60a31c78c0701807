//! What tract is given, and what it is not.

use super::*;
use std::path::Path;

fn demo(name: &str) -> VariantSpec {
    let model = format!("{}/../../assets/demo/{name}.onnx", env!("CARGO_MANIFEST_DIR"));
    VariantSpec { name: name.into(), model, engine: NAME.into(), ..VariantSpec::default() }
}

#[test]
fn the_version_is_that_of_the_crate() {
    let lock = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock")).unwrap();
    let package = lock.split("\n\n").find(|p| p.contains("name = \"tract-onnx\"")).unwrap();
    assert!(package.contains(&format!("version = \"{VERSION}\"")), "{package}");
}

#[test]
fn quantised_models_are_refused_by_what_makes_them_so() {
    let fault = Tract.load(&demo("digits-int8")).err().unwrap();
    assert!(fault.message.contains("is quantised (") && fault.message.contains("Linear"), "{fault:?}");
    assert!(fault.hint.unwrap().contains("onnxruntime"));
}

#[test]
fn what_is_no_model_is_one_line() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), [8, 255, 255, 3, 2, 1]).unwrap();
    let model = file.path().to_str().unwrap().to_owned();
    let fault = Tract.load(&VariantSpec { model, ..demo("digits-fp32") }).err().unwrap();
    assert!(!fault.message.contains('\n') && fault.message.len() < 400, "{fault:?}");
}
