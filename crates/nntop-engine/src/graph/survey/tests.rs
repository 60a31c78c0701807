//! Surveys of models that are written here, with values that are known.

use super::*;
use crate::graph::proto::{GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto};
use crate::tensor::Dim;
use prost::Message as _;

fn tensor(name: &str, dtype: DataType, dims: &[i64], raw: Vec<u8>) -> TensorProto {
    TensorProto {
        name: Some(name.into()),
        dims: dims.to_vec(),
        data_type: Some(dtype.onnx()),
        raw_data: Some(raw.into()),
        ..TensorProto::default()
    }
}

fn floats(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

fn node(op: &str, input: &[&str], output: &str) -> NodeProto {
    NodeProto {
        input: input.iter().map(ToString::to_string).collect(),
        output: vec![output.into()],
        op_type: Some(op.into()),
        ..NodeProto::default()
    }
}

/// Writes a graph and surveys it.
fn survey_of(graph: GraphProto) -> Survey {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("net.onnx");
    let model = ModelProto {
        graph: Some(graph),
        opset_import: vec![OperatorSetIdProto { domain: None, version: Some(17) }],
        ..ModelProto::default()
    };
    std::fs::write(&path, model.encode_to_vec()).unwrap();
    survey(&path, &|_| Some(Vec::new())).unwrap()
}

fn weight<'a>(survey: &'a Survey, name: &str) -> &'a Weight {
    survey.weights.iter().find(|w| w.name == name).unwrap_or_else(|| panic!("no {name}: {:?}", survey.weights))
}

#[test]
fn zeros_and_denormals_are_those_of_the_type() {
    let halves = [0x0000u16, 0x8000, 0x0001, 0x3c00].map(u16::to_le_bytes).concat();
    let survey = survey_of(GraphProto {
        initializer: vec![
            tensor("w", DataType::F32, &[2, 3], floats(&[0.0, -0.0, 1.0, 1e-40, -1e-45, 2.0])),
            tensor("h", DataType::F16, &[2, 2], halves),
        ],
        node: vec![node("MatMul", &["x", "w"], "y"), node("Add", &["x", "h"], "z")],
        ..GraphProto::default()
    });
    let w = weight(&survey, "w");
    assert_eq!((w.elements, w.zeros, w.denormals), (6, Some(2), Some(2)));
    let h = weight(&survey, "h");
    assert_eq!((h.zeros, h.denormals), (Some(2), Some(1)));
}

#[test]
fn the_zero_point_is_the_zero_of_quantized_weights() {
    let graph = |points: Vec<u8>| GraphProto {
        initializer: vec![
            tensor("q", DataType::U8, &[2, 3], vec![128, 128, 0, 1, 255, 128]),
            tensor("scale", DataType::F32, &[points.len() as i64], floats(&vec![0.1; points.len()])),
            tensor("point", DataType::U8, &[points.len() as i64], points),
        ],
        node: vec![node("DequantizeLinear", &["q", "scale", "point"], "w"), node("MatMul", &["x", "w"], "y")],
        ..GraphProto::default()
    };
    let same = survey_of(graph(vec![128, 128]));
    assert_eq!((weight(&same, "q").zeros, weight(&same, "q").denormals), (Some(3), None));
    let quantization = same.quantization.unwrap();
    assert_eq!((quantization.scheme.as_str(), quantization.per_channel), ("weight-only", Some(true)));
    assert_eq!(quantization.weights, [DataType::U8].into());
    assert_eq!(weight(&survey_of(graph(vec![128, 127])), "q").zeros, None, "not one number for all channels");
}

#[test]
fn weights_in_other_files_are_counted_piece_by_piece() {
    let folder = tempfile::tempdir().unwrap();
    // More than a piece, with one zero in each of the two.
    let n = values::PIECE / 4 + 10;
    let mut all = vec![1.0f32; n];
    (all[0], all[n - 1]) = (0.0, 0.0);
    std::fs::write(folder.path().join("w.bin"), [vec![0; 8], floats(&all)].concat()).unwrap();
    let place = folder.path().join("w.bin");
    let found = census::weigh("w", DataType::F32, vec![n as u64], n as u64, &census::Values::There(&place, 8), Some(0));
    assert_eq!((found.zeros, found.denormals, found.is_external), (Some(2), Some(0), true));
    let gone = folder.path().join("gone.bin");
    let found = census::weigh("w", DataType::F32, vec![4], 4, &census::Values::There(&gone, 0), Some(0));
    assert_eq!(found.zeros, None);
}

#[test]
fn narrow_elements_end_where_the_shape_ends() {
    // 3 of the 4 halves of these bytes: 8, 0, 8.
    let found = values::count(DataType::U4, &[0x08, 0x08], 8, 3);
    assert_eq!(found.zeros, 2);
    assert_eq!(values::count(DataType::I4, &[0xf0], 0, 2).zeros, 1);
}

#[test]
fn openvino_layers_have_their_edges_and_the_shapes_of_onnx() {
    const NET: &str = r#"<?xml version="1.0"?>
<net name="tiny" version="11"><layers>
<layer id="0" name="x" type="Parameter" version="opset1"><data shape="1,4,8,8" element_type="f32"/>
<output><port id="0" precision="FP32" names="x"><dim>1</dim><dim>4</dim><dim>8</dim><dim>8</dim></port></output></layer>
<layer id="1" name="w" type="Const" version="opset1"><data element_type="f32" shape="4, 1, 1, 1, 1" offset="0" size="16"/>
<output><port id="0" precision="FP32"><dim>4</dim><dim>1</dim><dim>1</dim><dim>1</dim><dim>1</dim></port></output></layer>
<layer id="2" name="dw" type="GroupConvolution" version="opset1"><data strides="1, 1"/>
<input><port id="0"><dim>1</dim></port><port id="1"><dim>4</dim></port></input>
<output><port id="2" precision="FP32"><dim>1</dim><dim>4</dim><dim>8</dim><dim>8</dim></port></output></layer>
<layer id="3" name="y/sink" type="Result" version="opset1"><input><port id="0"><dim>1</dim></port></input></layer>
</layers><edges><edge from-layer="0" from-port="0" to-layer="2" to-port="0"/><edge from-layer="1" from-port="0" to-layer="2" to-port="1"/>
<edge from-layer="2" from-port="2" to-layer="3" to-port="0"/></edges>
<rt_info><Runtime_version value="2026.4"/><conversion_parameters><framework value="onnx"/></conversion_parameters></rt_info></net>"#;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tiny.xml");
    std::fs::write(&path, NET).unwrap();
    std::fs::write(path.with_extension("bin"), floats(&[1.0, 0.0, 2.0, 0.0])).unwrap();
    let survey = survey(&path, &|inputs| {
        let fixed = |dim: &Dim| if let Dim::Fixed(n) = dim { Some(*n) } else { None };
        inputs.iter().map(|i| Some((i.name.clone(), i.dims.iter().map(fixed).collect::<Option<_>>()?))).collect()
    })
    .unwrap();
    let [node] = &survey.nodes[..] else { panic!("{:?}", survey.nodes) };
    let (ins, outs) = node.tensors.clone().unwrap();
    assert_eq!((node.counts_as.as_str(), node.inputs[1].as_str()), ("Conv", "w"));
    assert_eq!((ins[1].shape.as_slice(), outs[0].shape.as_slice()), (&[4, 1, 1, 1][..], &[1, 4, 8, 8][..]));
    assert_eq!((weight(&survey, "w").zeros, weight(&survey, "w").is_external), (Some(2), true));
    assert_eq!(survey.outputs[0].describe(), "float32[1,4,8,8]");
    assert_eq!(survey.metadata["conversion_parameters.framework"], "onnx");
}
