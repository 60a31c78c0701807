//! Shapes that the operators' documentation gives, and those of a small network with shapes that are computed.

use super::super::proto::{AttributeProto, GraphProto, NodeProto, TensorProto};
use super::*;
use crate::tensor::DataType;

fn ints(name: &str, values: &[i64]) -> AttributeProto {
    AttributeProto { name: Some(name.into()), ints: values.to_vec(), ..AttributeProto::default() }
}

fn int(name: &str, value: i64) -> AttributeProto {
    AttributeProto { name: Some(name.into()), i: Some(value), ..AttributeProto::default() }
}

fn word(name: &str, value: &str) -> AttributeProto {
    AttributeProto { name: Some(name.into()), s: Some(value.as_bytes().to_vec().into()), ..AttributeProto::default() }
}

fn node(op: &str, input: &[&str], output: &[&str], attribute: Vec<AttributeProto>) -> NodeProto {
    let names = |names: &[&str]| names.iter().map(ToString::to_string).collect();
    NodeProto {
        op_type: Some(op.into()),
        input: names(input),
        output: names(output),
        attribute,
        ..NodeProto::default()
    }
}

fn constant(name: &str, values: &[i64]) -> TensorProto {
    TensorProto {
        name: Some(name.into()),
        data_type: Some(DataType::I64.onnx()),
        dims: vec![values.len() as i64],
        int64_data: values.to_vec(),
        ..TensorProto::default()
    }
}

/// The shapes of the outputs of one node.
fn shapes(op: &str, inputs: &[&[u64]], attribute: Vec<AttributeProto>) -> Vec<Option<Vec<u64>>> {
    let names: Vec<String> = (0..inputs.len()).map(|i| format!("x{i}")).collect();
    let node = node(op, &names.iter().map(String::as_str).collect::<Vec<_>>(), &["y", "z"], attribute);
    let inputs: Vec<Value> = inputs.iter().map(|shape| Value::of(shape.to_vec())).collect();
    outputs(&Call { node: &node, inputs: &inputs }).into_iter().map(|value| value.shape).collect()
}

#[track_caller]
fn gives(op: &str, inputs: &[&[u64]], attribute: Vec<AttributeProto>, expected: &[u64]) {
    assert_eq!(shapes(op, inputs, attribute)[0].as_deref(), Some(expected), "{op} {inputs:?}");
}

/// The same with a second input (and so on) whose values are known.
#[track_caller]
fn told(op: &str, x: &[u64], known: &[&[i64]], attribute: Vec<AttributeProto>, expected: Option<&[u64]>) {
    let names: Vec<String> = (0..=known.len()).map(|i| format!("x{i}")).collect();
    let node = node(op, &names.iter().map(String::as_str).collect::<Vec<_>>(), &["y"], attribute);
    let mut inputs = vec![Value::of(x.to_vec())];
    inputs.extend(known.iter().map(|v| Value::ints(vec![v.len() as u64], v.iter().map(|n| *n as f64).collect())));
    let found = outputs(&Call { node: &node, inputs: &inputs });
    assert_eq!(found.first().and_then(|value| value.shape.as_deref()), expected, "{op} {x:?} {known:?}");
}

#[test]
fn windows_are_those_of_the_documentation() {
    let x: &[u64] = &[1, 3, 224, 224];
    gives(
        "Conv",
        &[x, &[64, 3, 7, 7]],
        vec![ints("strides", &[2, 2]), ints("pads", &[3, 3, 3, 3])],
        &[1, 64, 112, 112],
    );
    gives("Conv", &[x, &[8, 3, 3, 3]], vec![ints("dilations", &[2, 2])], &[1, 8, 220, 220]);
    gives("Conv", &[&[2, 4, 50], &[6, 2, 3]], vec![int("group", 2), ints("strides", &[2])], &[2, 6, 24]);
    gives(
        "Conv",
        &[x, &[8, 3, 3, 3]],
        vec![word("auto_pad", "SAME_UPPER"), ints("strides", &[2, 2])],
        &[1, 8, 112, 112],
    );
    gives("QLinearConv", &[x, &[], &[], &[16, 3, 1, 1]], vec![], &[1, 16, 224, 224]);
    gives("ConvTranspose", &[&[1, 32, 32, 32], &[32, 8, 2, 2]], vec![ints("strides", &[2, 2])], &[1, 8, 64, 64]);
    let deconv =
        vec![int("group", 2), ints("strides", &[2, 2]), ints("pads", &[1, 1, 1, 1]), ints("output_padding", &[1, 1])];
    gives("ConvTranspose", &[&[1, 4, 5, 5], &[4, 3, 3, 3]], deconv, &[1, 6, 10, 10]);
    let pool = |ceil| vec![ints("kernel_shape", &[3, 3]), ints("strides", &[2, 2]), int("ceil_mode", ceil)];
    gives("MaxPool", &[&[1, 64, 112, 112]], pool(0), &[1, 64, 55, 55]);
    gives("MaxPool", &[&[1, 64, 112, 112]], pool(1), &[1, 64, 56, 56]);
    // A window that would begin behind the last element is none.
    let wide = vec![ints("kernel_shape", &[1]), ints("strides", &[2]), int("ceil_mode", 1)];
    gives("AveragePool", &[&[1, 1, 4]], wide, &[1, 1, 2]);
    gives("GlobalAveragePool", &[x], vec![], &[1, 3, 1, 1]);
    assert_eq!(shapes("Conv", &[&[1, 3, 2, 2], &[8, 3, 3, 3]], vec![]), [None], "no window fits");
}

#[test]
fn products_are_those_of_numpy() {
    gives("MatMul", &[&[2, 1, 4, 8], &[3, 8, 5]], vec![], &[2, 3, 4, 5]);
    gives("MatMul", &[&[8], &[8, 5]], vec![], &[5]);
    gives("MatMul", &[&[4, 8], &[8]], vec![], &[4]);
    gives("MatMul", &[&[8], &[8]], vec![], &[]);
    gives("Gemm", &[&[8, 2], &[5, 8]], vec![int("transA", 1), int("transB", 1)], &[2, 5]);
    gives("Einsum", &[&[2, 3, 4], &[2, 4, 5]], vec![word("equation", "bij, bjk -> bik")], &[2, 3, 5]);
    gives(
        "LSTM",
        &[&[7, 2, 10], &[2, 16, 10]],
        vec![int("hidden_size", 4), word("direction", "bidirectional")],
        &[7, 2, 2, 4],
    );
    assert_eq!(shapes("MatMul", &[&[4, 8], &[7, 5]], vec![]), [None]);
    assert_eq!(shapes("GRU", &[&[7, 2, 10], &[1, 12, 10]], vec![int("hidden_size", 4)])[1], Some(vec![1, 2, 4]));
}

#[test]
fn what_moves_keeps_its_elements() {
    told("Reshape", &[2, 3, 4], &[&[0, -1]], vec![], Some(&[2, 12]));
    told("Reshape", &[2, 3, 4], &[&[5, -1]], vec![], None);
    told("Squeeze", &[1, 3, 1], &[&[0, -1]], vec![], Some(&[3]));
    told("Unsqueeze", &[3], &[&[0, 2]], vec![], Some(&[1, 3, 1]));
    gives("Squeeze", &[&[1, 3, 1]], vec![ints("axes", &[0])], &[3, 1]);
    gives("Transpose", &[&[1, 2, 3]], vec![ints("perm", &[2, 0, 1])], &[3, 1, 2]);
    gives("Flatten", &[&[2, 3, 4]], vec![], &[2, 12]);
    gives("Concat", &[&[2, 3], &[2, 5]], vec![int("axis", -1)], &[2, 8]);
    told("Slice", &[10, 20], &[&[1, -5], &[9, i64::MAX], &[0, 1], &[2, 1]], vec![], Some(&[4, 5]));
    told("Slice", &[10], &[&[-1], &[i64::MIN], &[0], &[-1]], vec![], Some(&[10]));
    told("Tile", &[2, 3], &[&[2, 1]], vec![], Some(&[4, 3]));
    told("Expand", &[3, 1], &[&[2, 1, 6]], vec![], Some(&[2, 3, 6]));
    told("Pad", &[2, 3], &[&[0, 1, 0, 2]], vec![], Some(&[2, 6]));
    told("TopK", &[5, 100], &[&[7]], vec![], Some(&[5, 7]));
    told("ReduceMean", &[2, 3, 4], &[&[1]], vec![int("keepdims", 0)], Some(&[2, 4]));
    gives("Gather", &[&[10, 4], &[2, 3]], vec![], &[2, 3, 4]);
    gives("DepthToSpace", &[&[1, 8, 2, 3]], vec![int("blocksize", 2)], &[1, 2, 4, 6]);
    gives("Add", &[&[2, 1, 4], &[3, 1]], vec![], &[2, 3, 4]);
    assert_eq!(shapes("Split", &[&[2, 6]], vec![int("axis", 1)]), [Some(vec![2, 3]), Some(vec![2, 3])]);
    assert_eq!(shapes("Add", &[&[2, 3], &[2, 4]], vec![]), [None]);
    assert_eq!(shapes("NonZero", &[&[2, 3]], vec![]), [] as [Option<Vec<u64>>; 0], "it depends on the data");
}

#[test]
fn shapes_that_are_computed_are_known() {
    // What exporters write for `x.view(x.shape[0], -1)` and for an interpolation to twice the size.
    let graph = GraphProto {
        initializer: vec![
            constant("zero", &[0]),
            constant("open", &[-1]),
            constant("two", &[2]),
            constant("four", &[4]),
            constant("big", &[i64::MAX]),
        ],
        node: vec![
            node("Shape", &["x"], &["s"], vec![]),
            node("Gather", &["s", "zero"], &["batch"], vec![]),
            node("Concat", &["batch", "open"], &["flat"], vec![int("axis", 0)]),
            node("Reshape", &["x", "flat"], &["y"], vec![]),
            node("Slice", &["s", "two", "four", "zero"], &["size"], vec![]),
            node("Mul", &["size", "two"], &["twice"], vec![]),
            node("Slice", &["s", "zero", "two", "zero"], &["front"], vec![]),
            node("Concat", &["front", "twice"], &["sizes"], vec![int("axis", 0)]),
            node("Resize", &["x", "", "", "sizes"], &["z"], vec![]),
            node("ConstantOfShape", &["sizes"], &["ones"], vec![]),
        ],
        input: vec![super::super::proto::ValueInfoProto { name: Some("x".into()), r#type: None }],
        ..GraphProto::default()
    };
    let found = nodes(&graph, &[("x".to_owned(), vec![2, 3, 8, 10])]);
    let of =
        |op: &str| found.iter().find(|n| n.op_type == op).unwrap().tensors.clone().map(|(_, out)| out[0].shape.clone());
    assert_eq!((of("Reshape"), of("Resize")), (Some(vec![2, 240]), Some(vec![2, 3, 16, 20])));
    assert_eq!(of("ConstantOfShape"), Some(vec![2, 3, 16, 20]));
}

#[test]
fn branches_and_loops_are_gone_through_and_their_nodes_named() {
    let output = |name: &str| super::super::proto::ValueInfoProto { name: Some(name.into()), r#type: None };
    let body = |op: &str, out: &str| GraphProto {
        node: vec![node(op, &["x", "w"], &[out], vec![])],
        output: vec![output(out)],
        ..GraphProto::default()
    };
    let graph_of = |name: &str, graph: GraphProto| AttributeProto {
        name: Some(name.into()),
        g: Some(Box::new(graph)),
        ..AttributeProto::default()
    };
    let turn = GraphProto {
        input: ["i", "go", "state"].map(output).to_vec(),
        node: vec![node("MatMul", &["state", "w"], &["next"], vec![]), node("Identity", &["go"], &["on"], vec![])],
        output: ["on", "next", "next"].map(output).to_vec(),
        ..GraphProto::default()
    };
    let graph = GraphProto {
        input: ["x", "w", "c"].map(output).to_vec(),
        initializer: vec![TensorProto { dims: vec![], int64_data: vec![5], ..constant("n", &[5]) }],
        node: vec![
            node(
                "If",
                &["c"],
                &["y"],
                vec![graph_of("then_branch", body("MatMul", "a")), graph_of("else_branch", body("Add", "b"))],
            ),
            node("Loop", &["n", "", "x"], &["last", "all"], vec![graph_of("body", turn)]),
        ],
        ..GraphProto::default()
    };
    let shape = |name: &str| (name.to_owned(), vec![4, 4]);
    let found = nodes(&graph, &[shape("x"), shape("w"), ("c".to_owned(), vec![])]);
    let told: Vec<(&str, bool)> = found.iter().map(|n| (n.op_type.as_str(), n.graph > 0)).collect();
    assert_eq!(
        told,
        [("If", false), ("MatMul", true), ("Add", true), ("Loop", false), ("MatMul", true), ("Identity", true)]
    );
    assert!(found[1].graph != found[2].graph && found[4].graph == found[5].graph, "a number for each body");
    let outputs =
        |at: usize| found[at].tensors.as_ref().map(|(_, out)| out.iter().map(|t| t.shape.clone()).collect::<Vec<_>>());
    assert_eq!(outputs(0), Some(vec![vec![4, 4]]), "both branches agree");
    assert_eq!(outputs(3), Some(vec![vec![4, 4], vec![5, 4, 4]]));
}

#[test]
fn sizes_that_cannot_be_are_not_known_and_nothing_overflows() {
    assert_eq!(Value::of(vec![1 << 40, 1, 3]).sound().shape, None);
    assert_eq!(shapes("Conv", &[&[1, 1, 3], &[1, 1, 3]], vec![ints("strides", &[0])]), [None]);
    assert_eq!(shapes("Transpose", &[&[1, 2]], vec![ints("perm", &[5, 0])]), [None]);
    told("Pad", &[2], &[&[-5, 0]], vec![], None);
    told("Tile", &[u64::MAX], &[&[2]], vec![], None);
}

/// Every operator that there is a rule for, and one that there is none for.
const OPERATORS: [&str; 40] = [
    "Conv",
    "QLinearConv",
    "ConvTranspose",
    "MaxPool",
    "GlobalMaxPool",
    "MatMul",
    "Gemm",
    "QGemm",
    "LSTM",
    "Einsum",
    "Attention",
    "Shape",
    "Size",
    "ConstantOfShape",
    "Range",
    "Reshape",
    "Flatten",
    "Squeeze",
    "Unsqueeze",
    "Transpose",
    "Concat",
    "QLinearConcat",
    "Split",
    "Slice",
    "Gather",
    "GatherND",
    "Expand",
    "Tile",
    "Pad",
    "Resize",
    "DepthToSpace",
    "SpaceToDepth",
    "TopK",
    "OneHot",
    "GridSample",
    "Cast",
    "Add",
    "Where",
    "ReduceProd",
    "NonZero",
];

proptest::proptest! {
    #[test]
    fn no_graph_makes_it_panic(
        op in 0..OPERATORS.len(),
        inputs in proptest::collection::vec((proptest::collection::vec(0u64..1 << 33, 0..5), proptest::collection::vec(proptest::num::i64::ANY, 0..5)), 0..5),
        numbers in proptest::collection::vec(proptest::num::i64::ANY, 0..6),
        small in proptest::bool::ANY,
    ) {
        let squeeze = |n: i64| if small { n % 7 } else { n };
        let values: Vec<Value> = inputs
            .iter()
            .map(|(shape, data)| match data.is_empty() {
                true => Value::of(shape.iter().map(|n| if small { n % 9 } else { *n }).collect()).sound(),
                false => Value::ints(vec![data.len() as u64], data.iter().map(|n| squeeze(*n) as f64).collect()),
            })
            .collect();
        let names: Vec<String> = (0..inputs.len()).map(|i| format!("x{i}")).collect();
        let listed: Vec<i64> = numbers.iter().map(|n| squeeze(*n)).collect();
        let one = listed.first().copied().unwrap_or(1);
        let mut attribute: Vec<AttributeProto> = ["strides", "pads", "dilations", "kernel_shape", "axes", "perm", "split", "output_padding"].map(|name| ints(name, &listed)).to_vec();
        attribute.extend(["axis", "group", "blocksize", "k", "hidden_size", "to", "batch_dims", "start", "end"].map(|name| int(name, one)));
        attribute.push(word("equation", "ab,bc->ac"));
        let node = node(OPERATORS[op], &names.iter().map(String::as_str).collect::<Vec<_>>(), &["y", "z"], attribute);
        for value in outputs(&Call { node: &node, inputs: &values }) {
            let _ = value.sound();
        }
    }
}
