//! The model file as tract reads it, and what of it tract cannot be trusted with.

use super::NAME;
use crate::tensor::{DataType, Dim, TensorSpec};
use nntop_core::event::Fault;
use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use tract_onnx::pb::tensor_shape_proto::dimension::Value as Axis;
use tract_onnx::pb::{GraphProto, ModelProto, ValueInfoProto, type_proto};
use tract_onnx::prelude::Framework;

/// The file's content.
pub(super) fn read(path: &str) -> Result<ModelProto, Fault> {
    let onnx = tract_onnx::onnx();
    let proto = onnx
        .proto_model_for_path(Path::new(path))
        .map_err(|e| Fault::input(format!("{path}: tract cannot read it: {}", super::words(&e))))?;
    let Some(graph) = &proto.graph else {
        return Err(Fault::input(format!("{path}: holds no graph")));
    };
    let mut operators = BTreeMap::new();
    count(graph, &mut operators);
    let quantized: Vec<String> =
        operators.iter().filter(|(name, _)| is_quantized(name)).map(|(name, n)| format!("{n} {name}")).collect();
    if !quantized.is_empty() {
        return Err(Fault::input(format!(
            "{path}: is quantised ({}), and {NAME} is for floating-point models only",
            quantized.join(", ")
        ))
        .hint(super::native("runs it")));
    }
    let mut unknown: Vec<&str> =
        operators.keys().filter(|name| !onnx.op_register.0.contains_key(**name)).copied().collect();
    unknown.truncate(5);
    if !unknown.is_empty() {
        return Err(Fault::input(format!("{path}: tract has no operator {}", unknown.join(", ")))
            .hint(super::native("may have it")));
    }
    Ok(proto)
}

/// Operators by type, those of subgraphs too.
fn count<'a>(graph: &'a GraphProto, into: &mut BTreeMap<&'a str, u64>) {
    for node in &graph.node {
        *into.entry(&*node.op_type).or_default() += 1;
        for attribute in &node.attribute {
            attribute.g.iter().chain(&attribute.graphs).for_each(|graph| count(graph, into));
        }
    }
}

/// Whether an operator computes with quantised values, or makes them.
fn is_quantized(op_type: &str) -> bool {
    op_type.contains("Quantize") || op_type.starts_with("QLinear") || op_type.ends_with("Integer")
}

/// What the caller has to give, with its free axes.
pub(super) fn inputs(path: &str, graph: &GraphProto) -> Result<Vec<TensorSpec>, Fault> {
    let weights: HashSet<&str> = graph.initializer.iter().map(|t| &*t.name).collect();
    let own = graph.input.iter().filter(|input| !weights.contains(&*input.name));
    own.map(|input| {
        let strange =
            || Fault::input(format!("{path}: takes an input that nntop cannot make for tract: {}", input.name));
        let tensor = tensor(input).ok_or_else(strange)?;
        let dtype = DataType::from_onnx(tensor.elem_type).filter(|t| *t != DataType::String).ok_or_else(strange)?;
        let Some(shape) = &tensor.shape else {
            return Ok(TensorSpec { name: input.name.clone(), dtype, dims: vec![Dim::Rest] });
        };
        let dims = shape.dim.iter().map(|axis| match &axis.value {
            Some(Axis::DimValue(n)) if *n >= 0 => Dim::Fixed(n.unsigned_abs()),
            Some(Axis::DimParam(name)) if !name.is_empty() => Dim::Named(name.clone()),
            _ => Dim::Unknown,
        });
        Ok(TensorSpec { name: input.name.clone(), dtype, dims: dims.collect() })
    })
    .collect()
}

/// Forgets what the file says about free axes, inside and at its ends: shapes follow from those of the inputs. tract would
/// take the names of axes for formulas, and not every name is one.
pub(super) fn forget_shapes(graph: &mut GraphProto) {
    let shapes = graph.input.iter_mut().chain(&mut graph.output);
    for value in shapes {
        let Some(type_proto::Value::TensorType(tensor)) = value.r#type.as_mut().and_then(|t| t.value.as_mut()) else {
            continue;
        };
        tensor.shape = None;
    }
    graph.value_info.clear();
}

fn tensor(value: &ValueInfoProto) -> Option<&type_proto::Tensor> {
    // The one kind that tract's reader knows; of the others there is no value.
    let type_proto::Value::TensorType(tensor) = value.r#type.as_ref()?.value.as_ref()?;
    Some(tensor)
}
