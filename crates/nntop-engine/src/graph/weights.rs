//! Which tensors of a graph are weights, and how many elements they have.
//!
//! A weight is an initializer, or a constant of more than one element, or a tensor of more than one element that
//! `ConstantOfShape` makes from a constant shape; of a floating-point or a narrow integer type. Not weights are
//! int64, bool and string (shapes, axes, indices, labels), int32 unless a quantised operator takes it as weight or
//! bias, initializers without axes, what only serves as scale, zero point, limit or pad value, and what no node takes.

use super::proto::{GraphProto, NodeProto, SparseTensorProto, TensorProto};
use crate::tensor::{Data, DataType, elements};
use nntop_core::unit::Bytes;
use std::collections::{BTreeMap, HashMap};

/// What so many elements of each type take, each type as narrow as it is.
pub(super) fn bytes(by_type: &BTreeMap<DataType, u64>) -> Bytes {
    Bytes(by_type.iter().fold(0, |sum, (dtype, n)| sum.saturating_add(dtype.byte_len(*n).unwrap_or(u64::MAX))))
}

/// Elements of all weights by type, subgraphs included.
pub(super) fn count(graph: &GraphProto) -> BTreeMap<DataType, u64> {
    let mut total = BTreeMap::new();
    for weight in all(graph) {
        let sum = total.entry(weight.dtype).or_default();
        *sum = u64::saturating_add(*sum, weight.elements);
    }
    total
}

/// All weights, those of subgraphs included.
pub(super) fn all(graph: &GraphProto) -> Vec<Weight<'_>> {
    let mut census = Census::default();
    census.note(graph);
    census.count(graph);
    census.found
}

/// A weight.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weight<'a> {
    /// The initializer's name, or that of the constant's output.
    pub(super) name: &'a str,
    /// Its type: of weights that are packed into bytes, the narrow one.
    pub(super) dtype: DataType,
    pub(super) elements: u64,
    pub(super) source: Source<'a>,
}

/// Where the values of a weight come from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Source<'a> {
    /// A tensor of the file.
    Tensor(&'a TensorProto),
    /// One value for all elements, 0 where there is none.
    Repeated(Option<&'a TensorProto>),
    /// A list of floats.
    Floats(&'a [f32]),
}

/// How the nodes use a tensor.
#[derive(Default, Clone, Copy)]
struct Use {
    /// At least one takes it for more than a scale or a limit.
    weight: bool,
    /// A quantised operator takes it as weight or bias.
    quantised: bool,
    /// Packed into bytes: its type and its elements.
    packed: Option<(DataType, u64)>,
}

#[derive(Default)]
struct Census<'a> {
    uses: HashMap<&'a str, Use>,
    shapes: HashMap<&'a str, &'a TensorProto>,
    found: Vec<Weight<'a>>,
}

impl<'a> Census<'a> {
    /// First pass: who uses what, and which small int64 tensors may be shapes.
    fn note(&mut self, graph: &'a GraphProto) {
        for tensor in &graph.initializer {
            self.note_shape(tensor.name.as_deref().unwrap_or_default(), tensor);
        }
        for node in &graph.node {
            for (i, input) in node.input.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
                let op = node.op();
                let seen = self.uses.entry(input).or_default();
                seen.weight |= !is_support(op, i);
                seen.quantised |= matches!((op, i), ("DequantizeLinear", 0) | ("QLinearConv", 8) | ("QGemm", 6));
                if let ("MatMulNBits", 1) = (op, i) {
                    seen.packed = packed(node);
                }
            }
            if let ("Constant", Some(output), Some(value)) = (node.op(), node.output.first(), value(node)) {
                self.note_shape(output, value);
            }
            node.subgraphs().for_each(|g| self.note(g));
        }
    }

    fn note_shape(&mut self, name: &'a str, tensor: &'a TensorProto) {
        if tensor.data_type == Some(DataType::I64.onnx()) {
            self.shapes.insert(name, tensor);
        }
    }

    /// Second pass: add up.
    fn count(&mut self, graph: &'a GraphProto) {
        for tensor in graph.initializer.iter().filter(|t| !t.dims.is_empty()) {
            self.add_tensor(tensor.name.as_deref().unwrap_or_default(), tensor);
        }
        for values in graph.sparse_initializer.iter().filter_map(|s| s.values.as_ref()) {
            self.add_tensor(values.name.as_deref().unwrap_or_default(), values);
        }
        for node in &graph.node {
            let output = node.output.first().map_or("", String::as_str);
            match node.op() {
                "Constant" => self.add_constant(output, node),
                "ConstantOfShape" => self.add_constant_of_shape(output, node),
                _ => {}
            }
            node.subgraphs().for_each(|g| self.count(g));
        }
    }

    fn add_constant(&mut self, output: &'a str, node: &'a NodeProto) {
        if let Some(tensor) = value(node).filter(|t| many(t)) {
            self.add_tensor(output, tensor);
        }
        if let Some(values) = sparse_value(node).and_then(|s| s.values.as_ref()).filter(|t| many(t)) {
            self.add_tensor(output, values);
        }
        if let Some(floats) = node.attribute("value_floats").map(|a| &a.floats[..]).filter(|all| all.len() > 1) {
            self.add(output, DataType::F32, floats.len() as u64, Source::Floats(floats));
        }
    }

    fn add_constant_of_shape(&mut self, output: &'a str, node: &'a NodeProto) {
        let shape = node.input.first().and_then(|name| self.shapes.get(name.as_str()));
        let Some(Ok(Data::Bytes(bytes))) = shape.map(|t| t.values()) else { return };
        let axes = bytes.chunks_exact(8).map(|c| c.iter().rev().fold(0u64, |n, &b| n << 8 | u64::from(b)));
        // A negative axis is the runtime's to refuse.
        let Some(axes) = axes.map(|n| i64::try_from(n).ok().map(|_| n)).collect::<Option<Vec<_>>>() else { return };
        let dtype = match value(node) {
            Some(tensor) => tensor.dtype().ok(),
            None => Some(DataType::F32),
        };
        if let (Some(dtype), n) = (dtype, elements(&axes).unwrap_or(u64::MAX))
            && n > 1
        {
            self.add(output, dtype, n, Source::Repeated(value(node)));
        }
    }

    fn add_tensor(&mut self, name: &'a str, tensor: &'a TensorProto) {
        if let (Ok(dtype), Ok(shape)) = (tensor.dtype(), tensor.shape()) {
            self.add(name, dtype, elements(&shape).unwrap_or(u64::MAX), Source::Tensor(tensor));
        }
    }

    fn add(&mut self, name: &'a str, dtype: DataType, n: u64, source: Source<'a>) {
        let seen = self.uses.get(name).copied().unwrap_or_default();
        if !seen.weight || !may_be_weight(dtype, seen.quantised) {
            return;
        }
        let (dtype, elements) = seen.packed.unwrap_or((dtype, n));
        self.found.push(Weight { name, dtype, elements, source });
    }
}

/// Whether input `i` of `op` may be a weight: it is no scale, no zero point, no limit.
pub(super) fn is_weight(op: &str, i: usize) -> bool {
    !is_support(op, i)
}

fn may_be_weight(dtype: DataType, quantised: bool) -> bool {
    use DataType::*;
    dtype.is_float() || matches!(dtype, I8 | U8 | I16 | U16 | I4 | U4 | I2 | U2) || dtype == I32 && quantised
}

/// Whether input `i` of `op` is a scale, a zero point, a limit or another setting.
fn is_support(op: &str, i: usize) -> bool {
    match op {
        "QuantizeLinear" | "DequantizeLinear" | "Clip" | "Pad" | "Resize" | "Upsample" => i >= 1,
        "QLinearSigmoid" | "QLinearLeakyRelu" | "QLinearAveragePool" | "QLinearGlobalAveragePool" => i >= 1,
        "QLinearConv" | "QLinearMatMul" | "QLinearAdd" | "QLinearMul" => matches!(i, 1 | 2 | 4..=7),
        "ConvInteger" | "MatMulInteger" => i >= 2,
        "MatMulIntegerToFloat" => matches!(i, 2..=5),
        "DynamicQuantizeMatMul" => matches!(i, 2 | 3),
        "QGemm" => matches!(i, 1 | 2 | 4 | 5 | 7 | 8),
        "MatMulNBits" => matches!(i, 2..=4),
        _ => false,
    }
}

/// `MatMulNBits` keeps K × N weights of `bits` in an array of bytes.
fn packed(node: &NodeProto) -> Option<(DataType, u64)> {
    let int = |name| node.attribute(name).and_then(|a| a.i).and_then(|i| u64::try_from(i).ok());
    let dtype = match int("bits").unwrap_or(4) {
        2 => DataType::U2,
        4 => DataType::U4,
        8 => DataType::U8,
        _ => return None,
    };
    Some((dtype, int("K")?.checked_mul(int("N")?)?))
}

/// The tensor that a `Constant` gives, or that a `ConstantOfShape` repeats.
pub(super) fn value(node: &NodeProto) -> Option<&TensorProto> {
    node.attribute("value").and_then(|a| a.t.as_deref())
}

fn sparse_value(node: &NodeProto) -> Option<&SparseTensorProto> {
    node.attribute("sparse_value").and_then(|a| a.sparse_tensor.as_deref())
}

fn many(tensor: &TensorProto) -> bool {
    tensor.shape().is_ok_and(|shape| elements(&shape).is_some_and(|n| n > 1))
}
