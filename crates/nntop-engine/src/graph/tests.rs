//! Models built here, whole and broken.

use super::proto::*;
use super::{ModelError, ModelFile, read};
use crate::tensor::pb::StringStringEntryProto;
use crate::tensor::{DataType, Dim};
use proptest::prelude::*;
use prost::Message as _;
use std::path::{Path, PathBuf};

fn tensor(name: &str, dtype: DataType, dims: &[i64]) -> TensorProto {
    let n = dims.iter().product::<i64>().max(0) as u64;
    let raw = dtype.byte_len(n).map(|n| vec![0; n as usize].into());
    let (name, data_type) = (Some(name.into()), Some(dtype.onnx()));
    TensorProto { name, data_type, dims: dims.to_vec(), raw_data: raw, ..Default::default() }
}

fn input(name: &str, dtype: i32, dims: Vec<DimensionProto>) -> ValueInfoProto {
    let tensor_type = TensorTypeProto { elem_type: Some(dtype), shape: Some(TensorShapeProto { dim: dims }) };
    let r#type = Some(TypeProto { tensor_type: Some(tensor_type), ..Default::default() });
    ValueInfoProto { name: Some(name.into()), r#type }
}

fn size(n: i64) -> DimensionProto {
    DimensionProto { dim_value: Some(n), dim_param: None }
}

fn free(name: &str) -> DimensionProto {
    DimensionProto { dim_value: None, dim_param: Some(name.into()) }
}

fn node(op: &str, inputs: &[&str], outputs: &[&str], attribute: Vec<AttributeProto>) -> NodeProto {
    let names = |names: &[&str]| names.iter().map(ToString::to_string).collect();
    NodeProto {
        op_type: Some(op.into()),
        input: names(inputs),
        output: names(outputs),
        attribute,
        ..NodeProto::default()
    }
}

fn attribute(name: &str) -> AttributeProto {
    AttributeProto { name: Some(name.into()), ..Default::default() }
}

fn value(tensor: TensorProto) -> Vec<AttributeProto> {
    vec![AttributeProto { t: Some(Box::new(tensor)), ..attribute("value") }]
}

fn ints(name: &str, values: &[i64]) -> TensorProto {
    let raw: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    TensorProto { raw_data: Some(raw.into()), ..tensor(name, DataType::I64, &[values.len() as i64]) }
}

fn external(name: &str, dims: &[i64], entries: &[(&str, &str)]) -> TensorProto {
    let entry = |&(k, v): &(&str, &str)| StringStringEntryProto { key: Some(k.into()), value: Some(v.into()) };
    TensorProto {
        raw_data: None,
        data_location: Some(1),
        external_data: entries.iter().map(entry).collect(),
        ..tensor(name, DataType::F32, dims)
    }
}

/// A convolution with weight, bias, reshape target and a branch.
fn model() -> ModelProto {
    let branch = GraphProto { node: vec![node("Relu", &["y"], &["z"], vec![])], ..Default::default() };
    let graph = GraphProto {
        node: vec![
            node("Conv", &["x", "w", "b"], &["y"], vec![]),
            node("Reshape", &["y", "shape"], &["r"], vec![]),
            node(
                "If",
                &["c"],
                &["out"],
                vec![AttributeProto { g: Some(Box::new(branch)), ..attribute("then_branch") }],
            ),
        ],
        initializer: vec![
            tensor("w", DataType::F32, &[4, 3, 3, 3]),
            tensor("b", DataType::F32, &[4]),
            ints("shape", &[1, -1]),
        ],
        // The old way: initializers are inputs too.
        input: vec![
            input("x", 1, vec![free("N"), size(3), size(-1), DimensionProto::default()]),
            input("c", 9, vec![]),
            input("w", 1, vec![size(4), size(3), size(3), size(3)]),
            ValueInfoProto {
                name: Some("seq".into()),
                r#type: Some(TypeProto { sequence_type: Some(vec![].into()), ..Default::default() }),
            },
        ],
        output: vec![ValueInfoProto { name: Some("out".into()), r#type: None }],
        ..Default::default()
    };
    ModelProto {
        ir_version: Some(8),
        producer_name: Some("pytorch".into()),
        producer_version: Some("2.1".into()),
        graph: Some(graph),
        opset_import: vec![OperatorSetIdProto { domain: None, version: Some(17) }],
        ..ModelProto::default()
    }
}

fn with_graph(change: impl FnOnce(&mut GraphProto)) -> ModelProto {
    let mut model = model();
    change(model.graph.as_mut().unwrap());
    model
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn read(&self, model: &ModelProto) -> Result<ModelFile, ModelError> {
        read(&self.write("m.onnx", &model.encode_to_vec()))
    }
}

fn refused(model: &ModelProto) -> String {
    Folder::new().read(model).unwrap_err().to_string()
}

fn refused_bytes(bytes: &[u8]) -> (String, String) {
    let folder = Folder::new();
    let error = read(&folder.write("model.onnx", bytes)).unwrap_err();
    let prefix = format!("{}/", folder.0.path().display());
    (error.to_string().replace(&prefix, ""), error.hint().unwrap())
}

fn params(change: impl FnOnce(&mut GraphProto)) -> Vec<(String, u64)> {
    let file = Folder::new()
        .read(&with_graph(|g| {
            g.initializer.clear();
            // Takes what the test makes; what it does not take is left over from the exporter.
            g.node.push(node("Concat", &["k", "one", "axes", "f", "w", "v", "u"], &["all"], vec![]));
            g.initializer.push(tensor("unused", DataType::F32, &[9]));
            change(g);
        }))
        .unwrap();
    assert_eq!(file.params, file.params_by_type.values().sum::<u64>());
    file.params_by_type.into_iter().collect()
}

#[test]
fn a_model_says_what_it_is() {
    let bytes = model().encode_to_vec();
    let file = Folder::new().read(&model()).unwrap();
    assert_eq!((file.params, file.precision.as_deref(), file.operators), (112, Some("float32"), 4));
    assert_eq!(file.size.0, bytes.len() as u64);
    assert_eq!(file.sha256.len(), 64);
    assert_eq!((file.opsets["ai.onnx"], file.ir_version), (17, 8));
    assert_eq!(file.producer.as_deref(), Some("pytorch 2.1"));
    let x = &file.inputs[0];
    assert_eq!(x.dims, [Dim::Named("N".into()), Dim::Fixed(3), Dim::Unknown, Dim::Unknown]);
    assert_eq!(file.inputs[1].to_string(), "c: bool[]");
    assert_eq!((file.inputs.len(), file.non_tensor_inputs, file.outputs), (2, vec!["seq".into()], vec!["out".into()]));
}

#[test]
fn constants_are_weights_when_they_look_like_weights() {
    let f32s = |n| vec![("float32".to_owned(), n)];
    let constants = params(|g| {
        g.node.push(node("Constant", &[], &["k"], value(tensor("", DataType::F32, &[2, 3]))));
        g.node.push(node("Constant", &[], &["one"], value(tensor("", DataType::F32, &[1]))));
        g.node.push(node("Constant", &[], &["axes"], value(ints("", &[0, 1, 2]))));
        let floats = AttributeProto { floats: vec![0.0; 5], ..attribute("value_floats") };
        g.node.push(node("Constant", &[], &["f"], vec![floats]));
    });
    assert_eq!(constants, f32s(11));
    let made = params(|g| {
        g.initializer.push(ints("dims", &[10, 20]));
        g.node.push(node("ConstantOfShape", &["dims"], &["w"], vec![]));
        g.node.push(node("ConstantOfShape", &["unknown"], &["u"], vec![]));
    });
    assert_eq!(made, f32s(200));
    let sparse = params(|g| {
        let values = Some(tensor("w", DataType::F32, &[7]));
        g.sparse_initializer.push(SparseTensorProto { values, indices: Some(ints("", &[0; 7])) });
    });
    assert_eq!(sparse, f32s(7));
}

#[test]
fn scales_and_zero_points_are_not_weights() {
    let quantised = params(|g| {
        g.initializer.push(tensor("wq", DataType::I8, &[8, 4]));
        g.initializer.push(tensor("scale", DataType::F32, &[8]));
        g.initializer.push(tensor("zero", DataType::I8, &[8]));
        g.initializer.push(tensor("bias", DataType::I32, &[8]));
        g.initializer.push(tensor("indices", DataType::I32, &[3]));
        g.node.push(node("DequantizeLinear", &["wq", "scale", "zero"], &["w2"], vec![]));
        g.node.push(node("DequantizeLinear", &["bias", "scale"], &["b2"], vec![]));
        g.node.push(node("Gather", &["w2", "indices"], &["g"], vec![]));
    });
    assert_eq!(quantised, [("int32".to_owned(), 8), ("int8".to_owned(), 32)]);
    let packed = params(|g| {
        g.initializer.push(tensor("b4", DataType::U8, &[16, 1, 16]));
        let int = |name: &str, i| AttributeProto { i: Some(i), ..attribute(name) };
        let attributes = vec![int("K", 32), int("N", 16), int("bits", 4)];
        g.node.push(node("MatMulNBits", &["x", "b4", "scales"], &["q"], attributes));
    });
    assert_eq!(packed, [("uint4".to_owned(), 512)]);
}

#[test]
fn absurd_sizes_saturate() {
    let huge = params(|g| {
        g.initializer.push(ints("dims", &[i64::MAX, i64::MAX]));
        g.node.push(node("ConstantOfShape", &["dims"], &["w"], vec![]));
        g.node.push(node("ConstantOfShape", &["dims"], &["v"], vec![]));
    });
    assert_eq!(huge, [("float32".to_owned(), u64::MAX)]);
    assert!(refused(&with_graph(|g| g.initializer[0].dims = vec![i64::MAX, 4])).contains("too large"));
    assert!(refused(&with_graph(|g| g.initializer[0].dims = vec![-4])).contains("negative"));
}

#[test]
fn external_data_must_be_there_and_fit() {
    let entries = [("location", "w.bin"), ("offset", "8"), ("length", "16")];
    let with = |entries: &[(&str, &str)]| with_graph(|g| g.initializer[1] = external("b", &[4], entries));
    let model = with(&entries);
    let folder = Folder::new();
    let missing = folder.read(&model).unwrap_err();
    assert!(missing.to_string().contains("its weights are in \"w.bin\", which is not in /"), "{missing}");
    assert!(missing.hint().unwrap().contains("w.bin"));

    folder.write("w.bin", &[0; 23]);
    let short = folder.read(&model).unwrap_err().to_string();
    assert!(short.ends_with("weight \"b\" ends at byte 24 of \"w.bin\", but that file has 23"), "{short}");

    folder.write("w.bin", &[0; 24]);
    let file = folder.read(&model).unwrap();
    assert_eq!((file.size.0, file.params), (model.encoded_len() as u64 + 24, 112));

    let refused = |entries: &[(&str, &str)]| folder.read(&with(entries)).unwrap_err().to_string();
    assert!(refused(&[("location", "../w.bin")]).contains("outside the model's folder"));
    assert!(refused(&[("location", "/etc/hostname")]).contains("outside the model's folder"));
    assert!(refused(&[]).contains("does not say which file"));
    assert!(refused(&[("location", "w.bin"), ("length", "12")]).contains("has 12 bytes, but its shape needs 16"));
    assert!(refused(&[("location", "w.bin"), ("offset", "x")]).contains("offset \"x\" is no number"));
    assert!(refused(&[("location", "w.bin"), ("offset", "18446744073709551615")]).contains("ends at byte"));
}

#[test]
fn other_files_are_called_by_their_name() {
    let (message, hint) = refused_bytes(b"PK\x03\x04");
    assert_eq!(message, r#"model.onnx: not an ONNX file (first bytes are "PK\x03\x04", a zip archive)"#);
    assert!(hint.contains("PyTorch"));
    let (message, hint) = refused_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n");
    assert!(message.contains("a Git LFS pointer") && hint.contains("git lfs pull"), "{message}");
    assert!(refused_bytes(b"<!DOCTYPE html><html></html>").0.contains("an HTML page"));
    assert!(
        refused_bytes(b"this is not a model").0.ends_with("(first bytes are \"this is not a model\", a text file)")
    );
    assert_eq!(refused_bytes(b"").0, "model.onnx: the file is empty (0 bytes)");
    // A tensor is a protobuf, but not a model.
    let (message, _) = refused_bytes(&tensor("x", DataType::F32, &[64]).encode_to_vec());
    assert!(message.contains("not an ONNX file, or a damaged one") || message.contains("no graph"), "{message}");
}

#[test]
fn damage_is_told_from_absence() {
    let bytes = model().encode_to_vec();
    let (message, hint) = refused_bytes(&bytes[..bytes.len() / 2]);
    assert!(message.contains("truncated: the file ends after") && hint.contains("interrupted"), "{message}");
    let mut damaged = bytes.clone();
    damaged[40..60].fill(0xff);
    assert!(refused_bytes(&damaged).0.contains("damaged"));
    assert!(refused(&ModelProto { graph: None, ..model() }).contains("holds no graph"));
    assert!(refused(&ModelProto { opset_import: vec![], ..model() }).contains("no operator set"));
    let stripped = refused(&with_graph(|g| g.initializer[1].raw_data = Some(Default::default())));
    assert!(stripped.ends_with("weight \"b\" is unusable: it holds 0 bytes, but float32[4] needs 16"), "{stripped}");
    let odd = refused(&with_graph(|g| g.input.push(input("odd", 77, vec![]))));
    assert!(odd.ends_with("input \"odd\" has the element type 77, which nntop does not know"), "{odd}");
}

#[test]
fn paths_that_are_no_files_say_so() {
    let folder = Folder::new();
    let missing = read(&folder.0.path().join("gone.onnx")).unwrap_err();
    assert!(missing.to_string().ends_with("gone.onnx: no such file"));
    folder.write("a.onnx", b"");
    folder.write("b.onnx", b"");
    let error = read(folder.0.path()).unwrap_err();
    assert!(error.to_string().ends_with("is a folder, not a model file"));
    assert_eq!(error.hint().unwrap(), "give one of the models in it: a.onnx, b.onnx");
    assert!(read(Path::new("/dev/null")).unwrap_err().to_string().contains("not a regular file"));
}

#[test]
fn nesting_without_end_is_an_error() {
    let mut graph = GraphProto::default();
    for _ in 0..200 {
        let inside = AttributeProto { g: Some(Box::new(graph)), ..attribute("body") };
        graph = GraphProto { node: vec![node("Loop", &[], &[], vec![inside])], ..Default::default() };
    }
    assert!(refused(&ModelProto { graph: Some(graph), ..model() }).contains("recursion limit"));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(&Folder::new().write("m.onnx", &bytes));
    }

    #[test]
    fn no_damage_makes_it_panic(cut in 0usize..400, hits in proptest::collection::vec((0usize..400, any::<u8>()), 0..6)) {
        let mut bytes = with_graph(|g| {
            g.initializer[1] = external("b", &[4], &[("location", "w.bin"), ("offset", "8")]);
            g.initializer.push(ints("dims", &[3, 4]));
            g.node.push(node("ConstantOfShape", &["dims"], &["k"], vec![]));
        }).encode_to_vec();
        let len = bytes.len();
        hits.iter().for_each(|&(at, byte)| bytes[at % len] = byte);
        bytes.truncate(len - cut.saturating_sub(200).min(len));
        let _ = read(&Folder::new().write("m.onnx", &bytes));
    }
}
