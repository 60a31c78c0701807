//! What an ONNX file holds.

use super::census::{Values, weigh};
use super::{Node, Quantization, Survey, Weight, dtypes, tally};
use crate::graph::error::ModelError;
use crate::graph::proto::{GraphProto, ModelProto, NodeProto, StringStringEntryProto, TensorProto};
use crate::graph::weights::{self, Source};
use crate::graph::{Shapes, infer, onnx};
use crate::tensor::{DataType, TensorSpec};
use nntop_core::event::TensorSig;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

pub(super) fn survey(path: &Path, shapes: &Shapes<'_>) -> Result<Survey, ModelError> {
    let bytes = onnx::load(path)?;
    let model = onnx::decode(path, bytes.clone())?;
    let file = onnx::describe(path, &bytes, &model, &|_| None)?;
    let empty = GraphProto::default();
    let graph = model.graph.as_ref().unwrap_or(&empty);
    let all = every(graph);
    let weights = weights::all(graph);
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned();
    let zeros = zero_points(&all, graph);
    let counted = weights.iter().map(|weight| counted(weight, &folder, zeros.get(weight.name).copied()));
    let given = shapes(&file.inputs).unwrap_or_default();
    Ok(Survey {
        nodes: nodes(graph, &given),
        begins: file.inputs.iter().map(|input| input.name.clone()).collect(),
        ends: graph.output.iter().filter_map(|output| output.name.clone()).collect(),
        operators: tally(all.iter().map(|node| node.op())),
        in_bodies: (all.len() - graph.node.len()) as u64,
        outputs: outputs(graph),
        metadata: metadata(&model),
        quantization: quantization(&all, graph, &weights),
        weights: counted.collect(),
        file,
    })
}

/// The nodes of a graph and of those within.
fn every(graph: &GraphProto) -> Vec<&NodeProto> {
    graph.node.iter().flat_map(|node| std::iter::once(node).chain(node.subgraphs().flat_map(every))).collect()
}

fn nodes(graph: &GraphProto, given: &[(String, Vec<u64>)]) -> Vec<Node> {
    let inferred = infer::nodes(graph, given).into_iter().filter(|node| node.graph == 0);
    let mut known: HashMap<&str, String> = HashMap::new();
    let inputs =
        graph.input.iter().filter_map(|i| Some((i.name.as_deref()?, i.r#type.as_ref()?.tensor_type.as_ref()?)));
    for (name, tensor) in inputs {
        let dtype = tensor.elem_type.and_then(DataType::from_onnx);
        known.insert(name, dtype.map(|d| d.name().to_owned()).unwrap_or_default());
    }
    for tensor in &graph.initializer {
        let dtype = tensor.dtype().map(|d| d.name().to_owned()).unwrap_or_default();
        known.insert(tensor.name.as_deref().unwrap_or_default(), dtype);
    }
    let mut nodes = Vec::new();
    for (proto, node) in graph.node.iter().zip(inferred) {
        // What a node is fed with has the type that the one before has given it.
        let typed = |names: &[String], sigs: &mut Vec<TensorSig>, known: &HashMap<&str, String>| {
            for (name, sig) in names.iter().zip(sigs).filter(|(_, sig)| sig.dtype.is_empty()) {
                sig.dtype = known.get(name.as_str()).cloned().unwrap_or_default();
            }
        };
        let blank = |names: &[String]| vec![TensorSig::default(); names.len()];
        let tensors = node.tensors.clone();
        let is_known = tensors.is_some();
        let (mut ins, mut outs) = tensors.unwrap_or_else(|| (blank(&proto.input), blank(&proto.output)));
        typed(&proto.input, &mut ins, &known);
        dtypes::complete(proto, &ins, &mut outs);
        known.extend(proto.output.iter().zip(&outs).map(|(name, sig)| (name.as_str(), sig.dtype.clone())));
        if proto.op() == "Constant" {
            continue;
        }
        nodes.push(Node {
            name: node.name,
            op_type: node.op_type.clone(),
            counts_as: node.op_type,
            inputs: proto.input.clone(),
            outputs: proto.output.clone(),
            tensors: is_known.then_some((ins, outs)),
        });
    }
    nodes
}

fn outputs(graph: &GraphProto) -> Vec<TensorSpec> {
    let spec = |output: &crate::graph::proto::ValueInfoProto| {
        let number = output.r#type.as_ref()?.tensor_type.as_ref()?.elem_type?;
        let dtype = DataType::from_onnx(number)?;
        Some(TensorSpec { name: output.name.clone().unwrap_or_default(), dtype, dims: onnx::dims(output) })
    };
    graph.output.iter().filter_map(spec).collect()
}

fn metadata(model: &ModelProto) -> BTreeMap<String, String> {
    let entry = |e: &StringStringEntryProto| Some((e.key.clone()?, e.value.clone().unwrap_or_default()));
    let mut all: BTreeMap<String, String> = model.metadata_props.iter().filter_map(entry).collect();
    if let Some(text) = model.doc_string.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        all.insert("doc_string".into(), text.into());
    }
    all
}

/// Counts in a weight. `zero` is what its zero point says: absent where there is none, inner absent where it is not one.
fn counted(weight: &weights::Weight<'_>, folder: &Path, zero: Option<Option<i64>>) -> Weight {
    let (mut file, mut own) = (PathBuf::new(), Vec::new());
    let shape = match weight.source {
        Source::Tensor(tensor) => tensor.shape().unwrap_or_default(),
        Source::Repeated(_) | Source::Floats(_) => vec![weight.elements],
    };
    let values = match weight.source {
        Source::Tensor(tensor) if tensor.is_external() => {
            let entry = |key: &str| tensor.external_data.iter().find(|e| e.key.as_deref() == Some(key));
            let text = |key: &str| entry(key).and_then(|e| e.value.as_deref());
            file.push(folder.join(text("location").unwrap_or_default()));
            Values::There(&file, text("offset").and_then(|t| t.parse().ok()).unwrap_or(0))
        }
        Source::Tensor(tensor) => in_file(tensor, &mut own),
        Source::Repeated(Some(tensor)) => match in_file(tensor, &mut own) {
            Values::Here(one) => Values::Repeated(one),
            other => other,
        },
        Source::Repeated(None) => Values::Repeated(&[0; 4]),
        Source::Floats(floats) => {
            own = floats.iter().flat_map(|v| v.to_le_bytes()).collect();
            Values::Here(&own)
        }
    };
    weigh(weight.name, weight.dtype, shape, weight.elements, &values, zero.unwrap_or(Some(0)))
}

fn in_file<'a>(tensor: &'a TensorProto, own: &'a mut Vec<u8>) -> Values<'a> {
    match &tensor.raw_data {
        Some(raw) => Values::Here(raw),
        None => match tensor.typed() {
            Ok(bytes) => {
                *own = bytes;
                Values::Here(own)
            }
            Err(_) => Values::Unknown,
        },
    }
}

/// The number that stands for zero in each weight that a quantizing operator takes; inner absent where channels differ.
fn zero_points<'a>(nodes: &[&'a NodeProto], graph: &'a GraphProto) -> HashMap<&'a str, Option<i64>> {
    let tensors: HashMap<&str, &TensorProto> = graph
        .initializer
        .iter()
        .filter_map(|t| Some((t.name.as_deref()?, t)))
        .chain(nodes.iter().filter_map(|n| Some((n.output.first()?.as_str(), weights::value(n)?))))
        .collect();
    let mut found = HashMap::new();
    for node in nodes {
        let (weight, point, default) = match node.op() {
            "DequantizeLinear" => (0, 2, 0),
            "QLinearConv" | "QLinearMatMul" | "QGemm" => (3, 5, 0),
            "ConvInteger" | "MatMulInteger" => (1, 3, 0),
            "MatMulIntegerToFloat" => (1, 5, 0),
            "DynamicQuantizeMatMul" => (1, 3, 0),
            "MatMulNBits" => (1, 3, 1 << (node.attribute("bits").and_then(|a| a.i).unwrap_or(4).clamp(1, 8) - 1)),
            _ => continue,
        };
        let Some(name) = node.input.get(weight) else { continue };
        let zero = match node.input.get(point).filter(|name| !name.is_empty()) {
            None => Some(default),
            Some(point) => tensors.get(point.as_str()).and_then(|tensor| only_number(tensor)),
        };
        found.insert(name.as_str(), zero);
    }
    found
}

/// The number that all elements of a zero point are.
fn only_number(tensor: &TensorProto) -> Option<i64> {
    let dtype = tensor.dtype().ok()?;
    let typed;
    let bytes = match &tensor.raw_data {
        Some(raw) => &raw[..],
        None => {
            typed = tensor.typed().ok()?;
            &typed[..]
        }
    };
    let mut numbers = bytes.iter().map(|byte| match dtype {
        DataType::I8 => Some(i64::from(byte.cast_signed())),
        DataType::U8 => Some(i64::from(*byte)),
        // Symmetric ones of wider types are all zero.
        _ => (*byte == 0).then_some(0),
    });
    let first = numbers.next()??;
    numbers.all(|n| n == Some(first)).then_some(first)
}

fn quantization(nodes: &[&NodeProto], graph: &GraphProto, weights: &[weights::Weight<'_>]) -> Option<Quantization> {
    let has = |test: &dyn Fn(&str) -> bool| nodes.iter().any(|node| test(node.op()));
    let is_dynamic = |op: &str| matches!(op, "DynamicQuantizeLinear" | "DynamicQuantizeMatMul" | "DynamicQuantizeLSTM");
    let is_operator = |op: &str| op.starts_with("QLinear") || matches!(op, "QGemm" | "QAttention");
    let scheme = if has(&is_dynamic) {
        "dynamic"
    } else if has(&is_operator) || has(&|op| matches!(op, "ConvInteger" | "MatMulInteger")) {
        "QOperator"
    } else if has(&|op| op == "QuantizeLinear") {
        "QDQ"
    } else if has(&|op| op == "DequantizeLinear" || op == "MatMulNBits") {
        "weight-only"
    } else {
        return None;
    };
    let is_narrow = |dtype: DataType| !dtype.is_float() && dtype.size_bits() <= 16;
    let axes: HashMap<&str, usize> = graph
        .initializer
        .iter()
        .filter_map(|t| Some((t.name.as_deref()?, t.dims.iter().product::<i64>() as usize)))
        .collect();
    let by_name: HashMap<&str, DataType> = weights.iter().map(|w| (w.name, w.dtype)).collect();
    let scales = nodes.iter().filter_map(|node| {
        let (weight, scale) = match node.op() {
            "DequantizeLinear" => (0, 1),
            "QLinearConv" | "QLinearMatMul" | "QGemm" => (3, 4),
            _ => return None,
        };
        by_name.get(node.input.get(weight)?.as_str()).filter(|dtype| is_narrow(**dtype))?;
        axes.get(node.input.get(scale)?.as_str()).copied()
    });
    let scales: Vec<usize> = scales.collect();
    Some(Quantization {
        scheme: scheme.into(),
        per_channel: (!scales.is_empty()).then(|| scales.iter().any(|n| *n > 1)),
        weights: weights.iter().map(|w| w.dtype).filter(|dtype| is_narrow(*dtype)).collect(),
    })
}
