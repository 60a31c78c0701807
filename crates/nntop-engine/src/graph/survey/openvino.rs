//! What OpenVINO's own format holds.

use super::census::{Values, weigh};
use super::openvino_xml::{self, Layer, Port};
use super::{Node, Quantization, Survey, Weight, tally};
use crate::graph::error::ModelError;
use crate::graph::{Shapes, openvino, whole};
use crate::tensor::{DataType, Dim, TensorSpec, elements};
use nntop_core::event::TensorSig;
use std::collections::HashMap;
use std::path::Path;

pub(super) fn survey(path: &Path, shapes: &Shapes<'_>) -> Result<Survey, ModelError> {
    let bytes = whole::load(path, ".xml")?;
    let file = openvino::describe(path, &bytes)?;
    let net = openvino_xml::read(&bytes);
    let data = path.with_extension("bin");
    let kept: HashMap<(&str, &str), (&Layer, &Port)> = net
        .layers
        .iter()
        .filter(|layer| !layer.is_inside)
        .flat_map(|layer| layer.outputs.iter().map(move |port| ((layer.id.as_str(), port.id.as_str()), (layer, port))))
        .collect();
    let mut fed: HashMap<(&str, &str), (&str, &str)> = HashMap::new();
    for [from, from_port, to, to_port] in &net.edges {
        fed.insert((to, to_port), (from, from_port));
    }
    // The file has the shapes that its inputs have; with other sizes nothing follows from them.
    let given = shapes(&file.inputs).unwrap_or_default();
    let is_as_stated = file.inputs.iter().all(|input| {
        let fixed = |dim: &Dim| if let Dim::Fixed(n) = dim { Some(*n) } else { None };
        let stated: Option<Vec<u64>> = input.dims.iter().map(fixed).collect();
        given.iter().any(|(name, shape)| *name == input.name && stated.as_ref() == Some(shape))
    });
    let is_node = |layer: &&Layer| !matches!(layer.op_type.as_str(), "Const" | "Parameter" | "Result");
    let node = |layer: &Layer| {
        let sources: Vec<Option<(&str, &str)>> =
            layer.inputs.iter().map(|port| fed.get(&(layer.id.as_str(), port.id.as_str())).copied()).collect();
        let ins: Option<Vec<TensorSig>> = sources.iter().map(|source| sig(kept.get(source.as_ref()?)?.1)).collect();
        let outs: Option<Vec<TensorSig>> = layer.outputs.iter().map(sig).collect();
        let name = |(id, port): (&str, &str)| match kept.get(&(id, port)) {
            Some((of, _)) if of.op_type == "Const" => of.name.clone(),
            _ => format!("{id}:{port}"),
        };
        Node {
            name: layer.name.clone(),
            op_type: layer.op_type.clone(),
            counts_as: counts_as(&layer.op_type).into(),
            inputs: sources.into_iter().map(|source| source.map(name).unwrap_or_default()).collect(),
            outputs: layer.outputs.iter().map(|port| format!("{}:{}", layer.id, port.id)).collect(),
            tensors: ins.zip(outs).filter(|_| is_as_stated).map(|(ins, outs)| as_onnx(layer, ins, outs)),
        }
    };
    let weights: Vec<Weight> = net.layers.iter().filter_map(|layer| weight(layer, &data)).collect();
    let output = |layer: &Layer| {
        let source = fed.get(&(layer.id.as_str(), layer.inputs.first()?.id.as_str()))?;
        let port = kept.get(source)?.1;
        let dims = port.dims.iter().map(|n| u64::try_from(*n).map_or(Dim::Unknown, Dim::Fixed)).collect();
        Some(TensorSpec { name: layer.name.clone(), dtype: data_type(&port.precision)?, dims })
    };
    let main = || net.layers.iter().filter(|layer| !layer.is_inside);
    let begin = |layer: &Layer| Some(format!("{}:{}", layer.id, layer.outputs.first()?.id));
    let end = |layer: &Layer| {
        let (id, port) = fed.get(&(layer.id.as_str(), layer.inputs.first()?.id.as_str()))?;
        Some(format!("{id}:{port}"))
    };
    Ok(Survey {
        begins: main().filter(|l| l.op_type == "Parameter").filter_map(begin).collect(),
        ends: main().filter(|l| l.op_type == "Result").filter_map(end).collect(),
        nodes: main().filter(is_node).map(node).collect(),
        operators: tally(net.layers.iter().filter(is_node).map(|l| l.op_type.as_str())),
        in_bodies: net.layers.iter().filter(|l| l.is_inside).filter(is_node).count() as u64,
        outputs: main().filter(|l| l.op_type == "Result").filter_map(output).collect(),
        quantization: quantization(&net.layers, &weights),
        metadata: net.info,
        weights,
        file,
    })
}

fn data_type(precision: &str) -> Option<DataType> {
    let lower = precision.to_lowercase();
    openvino::data_type(match lower.as_str() {
        "fp32" => "f32",
        "fp16" => "f16",
        "fp64" => "f64",
        "bool" => "boolean",
        other => other,
    })
}

fn sig(port: &Port) -> Option<TensorSig> {
    let shape = port.dims.iter().map(|n| u64::try_from(*n).ok()).collect::<Option<_>>()?;
    Some(TensorSig { dtype: data_type(&port.precision)?.name().into(), shape })
}

/// Constants of more than one element that are no shapes, axes or indices.
fn weight(layer: &Layer, data: &Path) -> Option<Weight> {
    let text = |name: &str| layer.data.get(name).map(String::as_str).unwrap_or_default();
    let dtype = openvino::data_type(text("element_type")).filter(|_| layer.op_type == "Const")?;
    if matches!(dtype, DataType::I64 | DataType::I32 | DataType::Bool | DataType::String) {
        return None;
    }
    let axes = text("shape").split(',').map(str::trim).filter(|axis| !axis.is_empty());
    let shape: Vec<u64> = axes.map(|axis| axis.parse().ok()).collect::<Option<_>>()?;
    let n = elements(&shape).filter(|n| *n > 1)?;
    let values = text("offset").parse().map_or(Values::Unknown, |offset| Values::There(data, offset));
    // Unsigned weights have zero points, which are constants of their own.
    let zero = if matches!(dtype, DataType::U8 | DataType::U4 | DataType::U2) { None } else { Some(0) };
    Some(weigh(&layer.name, dtype, shape, n, &values, zero))
}

/// The ONNX operator that does the same work; empty where there is none with a rule.
fn counts_as(op_type: &str) -> &str {
    match op_type {
        "Convolution" | "GroupConvolution" => "Conv",
        "ConvolutionBackpropData" | "GroupConvolutionBackpropData" => "ConvTranspose",
        "Multiply" => "Mul",
        "Subtract" => "Sub",
        "Divide" => "Div",
        "Power" => "Pow",
        "Maximum" => "Max",
        "Minimum" => "Min",
        "ReLU" => "Relu",
        "PReLU" => "PRelu",
        "Clamp" => "Clip",
        "SoftMax" => "Softmax",
        "AvgPool" => "AveragePool",
        "ReduceMean" | "ReduceSum" | "ReduceMax" | "ReduceMin" | "ReduceProd" | "ReduceL1" | "ReduceL2" => op_type,
        "MVN" => "MeanVarianceNormalization",
        "Convert" | "ConvertLike" => "Cast",
        "ShapeOf" => "Shape",
        "StridedSlice" => "Slice",
        "VariadicSplit" => "Split",
        "Broadcast" => "Expand",
        "Select" => "Where",
        "FakeQuantize" => "QuantizeLinear",
        "HSwish" => "HardSwish",
        "Swish" => "Swish",
        other => other,
    }
}

/// Shapes as ONNX has them: filters without an axis of groups, products with K where it belongs.
fn as_onnx(layer: &Layer, mut ins: Vec<TensorSig>, outs: Vec<TensorSig>) -> (Vec<TensorSig>, Vec<TensorSig>) {
    match layer.op_type.as_str() {
        // [G, O/G, I/G, k…] and [G, I/G, O/G, k…]
        "GroupConvolution" | "GroupConvolutionBackpropData" => {
            if let Some(w) = ins.get_mut(1)
                && let [g, first, rest @ ..] = &w.shape[..]
            {
                w.shape = [&[g.saturating_mul(*first)], rest].concat();
            }
        }
        "MatMul" => {
            for (at, attribute) in ["transpose_a", "transpose_b"].into_iter().enumerate() {
                let is_set = layer.data.get(attribute).is_some_and(|v| v == "true" || v == "1");
                if let Some(sig) = ins.get_mut(at).filter(|sig| is_set && sig.shape.len() >= 2) {
                    let rank = sig.shape.len();
                    sig.shape.swap(rank - 2, rank - 1);
                }
            }
        }
        _ => {}
    }
    (ins, outs)
}

fn quantization(layers: &[Layer], weights: &[Weight]) -> Option<Quantization> {
    let narrow = weights.iter().filter(|w| !w.dtype.is_float() && w.dtype.size_bits() <= 8);
    let types: std::collections::BTreeSet<DataType> = narrow.map(|w| w.dtype).collect();
    let is_faked = layers.iter().any(|l| l.op_type == "FakeQuantize");
    let scheme = match (is_faked, types.is_empty()) {
        (true, _) => "FakeQuantize",
        (false, false) => "weight-only",
        (false, true) => return None,
    };
    Some(Quantization { scheme: scheme.into(), per_channel: None, weights: types })
}
