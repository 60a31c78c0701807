//! From the bytes of a `.tflite` file to what it says about itself (TensorFlow Lite's schema, version 3).

use super::error::ModelError;
use super::flat::{self, Table};
use super::{Format, ModelFile, sniff, whole};
use crate::sha256::sha256_hex_of;
use crate::tensor::{DataType, Dim, TensorSpec, elements};
use nntop_core::unit::Bytes;
use std::collections::{BTreeMap, HashSet};
use std::path::Path;

const FORMAT: &str = "a TensorFlow Lite model";

/// Fields by their places in the schema.
pub(super) mod slot {
    pub(in crate::graph) const MODEL_VERSION: u16 = 0;
    pub(in crate::graph) const MODEL_OPERATOR_CODES: u16 = 1;
    pub(in crate::graph) const MODEL_SUBGRAPHS: u16 = 2;
    pub(in crate::graph) const MODEL_DESCRIPTION: u16 = 3;
    pub(in crate::graph) const MODEL_BUFFERS: u16 = 4;
    pub(in crate::graph) const MODEL_METADATA: u16 = 6;
    pub(in crate::graph) const METADATA_NAME: u16 = 0;
    pub(in crate::graph) const METADATA_BUFFER: u16 = 1;
    pub(in crate::graph) const TENSOR_QUANTIZATION: u16 = 4;
    pub(in crate::graph) const QUANTIZATION_SCALE: u16 = 2;
    pub(in crate::graph) const QUANTIZATION_ZERO_POINT: u16 = 3;
    pub(in crate::graph) const BUFFER_OFFSET: u16 = 1;
    pub(in crate::graph) const CODE_OLD_BUILTIN: u16 = 0;
    pub(in crate::graph) const CODE_CUSTOM: u16 = 1;
    pub(in crate::graph) const CODE_BUILTIN: u16 = 3;
    pub(in crate::graph) const GRAPH_TENSORS: u16 = 0;
    pub(in crate::graph) const GRAPH_INPUTS: u16 = 1;
    pub(in crate::graph) const GRAPH_OUTPUTS: u16 = 2;
    pub(in crate::graph) const GRAPH_OPERATORS: u16 = 3;
    pub(in crate::graph) const TENSOR_SHAPE: u16 = 0;
    pub(in crate::graph) const TENSOR_TYPE: u16 = 1;
    pub(in crate::graph) const TENSOR_BUFFER: u16 = 2;
    pub(in crate::graph) const TENSOR_NAME: u16 = 3;
    pub(in crate::graph) const TENSOR_IS_VARIABLE: u16 = 5;
    pub(in crate::graph) const TENSOR_SIGNATURE: u16 = 7;
    pub(in crate::graph) const OPERATOR_CODE: u16 = 0;
    pub(in crate::graph) const OPERATOR_INPUTS: u16 = 1;
    pub(in crate::graph) const OPERATOR_OUTPUTS: u16 = 2;
    pub(in crate::graph) const BUFFER_DATA: u16 = 0;
    pub(in crate::graph) const BUFFER_SIZE: u16 = 2;
}

/// Operators whose third (fourth) input is a bias: `CONV_2D`, `DEPTHWISE_CONV_2D`, `FULLY_CONNECTED`, `TRANSPOSE_CONV`.
const BIASED: [(i32, usize); 4] = [(3, 2), (4, 2), (9, 2), (67, 3)];

/// One operator of the first subgraph, for profiles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TfliteOperator {
    /// The name of its first output: the converter's word for the layer.
    pub name: String,
    /// Its inputs that have a known type, weights included.
    pub inputs: Vec<TensorSpec>,
    /// Its outputs.
    pub outputs: Vec<TensorSpec>,
}

/// What an engine needs to know of a `.tflite` file, without weights and sums.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TfliteGraph {
    /// Inputs of the first subgraph, free axes as its signature has them.
    pub inputs: Vec<TensorSpec>,
    /// Its outputs.
    pub outputs: Vec<TensorSpec>,
    /// Its operators, in their order.
    pub operators: Vec<TfliteOperator>,
    /// Whether it keeps state from one inference to the next, in variable tensors: LSTM, SVDF, streaming models.
    pub is_stateful: bool,
}

/// Reads a model file.
pub fn read(path: &Path) -> Result<ModelFile, ModelError> {
    describe(path, &load(path)?)
}

/// What the file of these bytes says about itself.
pub(super) fn describe(path: &Path, bytes: &[u8]) -> Result<ModelFile, ModelError> {
    let damaged = |reason: &str| damaged(path, bytes, reason);
    let model = flat::root(bytes).ok_or_else(|| damaged("its root leads out of the file"))?;
    let version = model.u32(slot::MODEL_VERSION);
    let main = main_graph(model).ok_or_else(|| damaged("it has no graph"))?;
    let io = |slot| specs(main, slot).ok_or_else(|| damaged("an input or output is no tensor of its graph"));
    let (inputs, outputs) = (io(slot::GRAPH_INPUTS)?, io(slot::GRAPH_OUTPUTS)?);
    let mut operators = 0;
    for graph in model.tables(slot::MODEL_SUBGRAPHS).into_iter().flatten() {
        let graph = graph.ok_or_else(|| damaged("a graph lies outside of the file"))?;
        operators += graph.vector(slot::GRAPH_OPERATORS, 4).map_or(0, |v| v.len() as u64);
    }
    let by_type = weights(model).ok_or_else(|| damaged("a tensor or an operator lies outside of the file"))?;
    let producer = model.text(slot::MODEL_DESCRIPTION).map(str::trim).filter(|text| !text.is_empty());
    Ok(ModelFile {
        path: path.into(),
        format: Format::TfLite,
        sha256: sha256_hex_of(bytes),
        size: Bytes(bytes.len() as u64),
        data_files: Vec::new(),
        nodes: Vec::new(),
        params: by_type.values().fold(0, |sum, &n| sum.saturating_add(n)),
        precision: by_type.iter().max_by_key(|(_, n)| **n).map(|(dtype, _)| dtype.name().into()),
        params_bytes: super::weights::bytes(&by_type),
        depth: None,
        params_by_type: by_type.into_iter().map(|(dtype, n)| (dtype.name().into(), n)).collect(),
        operators,
        opsets: BTreeMap::new(),
        producer: producer.map(String::from),
        ir_version: i64::from(version),
        inputs,
        non_tensor_inputs: Vec::new(),
        outputs: outputs.into_iter().map(|spec| spec.name).collect(),
    })
}

/// Reads what an engine needs of a model file.
pub fn read_graph(path: &Path) -> Result<TfliteGraph, ModelError> {
    let bytes = load(path)?;
    let damaged = |reason: &str| damaged(path, &bytes, reason);
    let model = flat::root(&bytes).ok_or_else(|| damaged("its root leads out of the file"))?;
    let main = main_graph(model).ok_or_else(|| damaged("it has no graph"))?;
    let io = |slot| specs(main, slot).ok_or_else(|| damaged("an input or output is no tensor of its graph"));
    let (inputs, outputs) = (io(slot::GRAPH_INPUTS)?, io(slot::GRAPH_OUTPUTS)?);
    let operators = operators(main).ok_or_else(|| damaged("an operator lies outside of the file"))?;
    let is_variable = |tensor: &Table<'_>| tensor.i8(slot::TENSOR_IS_VARIABLE) != 0;
    let is_stateful = tensors(main).is_some_and(|all| all.iter().any(is_variable));
    Ok(TfliteGraph { inputs, outputs, operators, is_stateful })
}

pub(super) fn load(path: &Path) -> Result<bytes::Bytes, ModelError> {
    let bytes = whole::load(path, ".tflite")?;
    if bytes.get(4..8) == Some(b"TFL3") {
        return Ok(bytes);
    }
    let head = &bytes[..bytes.len().min(512)];
    let head_shown = sniff::shown(head);
    Err(match sniff::foreign(head).or_else(|| sniff::undecodable(head)) {
        Some(kind) => ModelError::OtherFormat { path: path.into(), wanted: FORMAT, head: head_shown, kind: kind.name },
        None => damaged(path, &bytes, "it does not begin as one"),
    })
}

pub(super) fn damaged(path: &Path, bytes: &[u8], reason: &str) -> ModelError {
    let head = sniff::shown(&bytes[..bytes.len().min(512)]);
    ModelError::Damaged { path: path.into(), wanted: FORMAT, head, size: bytes.len() as u64, reason: reason.into() }
}

pub(super) fn main_graph(model: Table<'_>) -> Option<Table<'_>> {
    model.tables(slot::MODEL_SUBGRAPHS)?.next()?
}

pub(super) fn tensors(graph: Table<'_>) -> Option<Vec<Table<'_>>> {
    graph.tables(slot::GRAPH_TENSORS)?.collect()
}

/// The inputs or outputs of a graph.
fn specs(graph: Table<'_>, slot: u16) -> Option<Vec<TensorSpec>> {
    let tensors = tensors(graph)?;
    let places = graph.numbers(slot);
    places.into_iter().map(|i| spec(*tensors.get(usize::try_from(i).ok()?)?)).collect()
}

pub(super) fn spec(tensor: Table<'_>) -> Option<TensorSpec> {
    let dtype = data_type(tensor.i8(slot::TENSOR_TYPE))?;
    let shape = tensor.numbers(slot::TENSOR_SHAPE);
    let signature = tensor.numbers(slot::TENSOR_SIGNATURE);
    // The signature has -1 where the shape has 1 for a free axis.
    let declared = if signature.len() == shape.len() { &signature } else { &shape };
    let dims = declared.iter().map(|&n| u64::try_from(n).map_or(Dim::Unknown, Dim::Fixed)).collect();
    Some(TensorSpec { name: tensor.text(slot::TENSOR_NAME).unwrap_or_default().into(), dtype, dims })
}

fn operators(graph: Table<'_>) -> Option<Vec<TfliteOperator>> {
    let tensors = tensors(graph)?;
    let known = |places: Vec<i32>| -> Vec<TensorSpec> {
        // -1 stands for an input that is left out.
        let tensor = |i: i32| spec(*tensors.get(usize::try_from(i).ok()?)?);
        places.into_iter().filter_map(tensor).collect()
    };
    let Some(operators) = graph.tables(slot::GRAPH_OPERATORS) else { return Some(Vec::new()) };
    operators
        .map(|operator| {
            let operator = operator?;
            let outputs = known(operator.numbers(slot::OPERATOR_OUTPUTS));
            let name = outputs.first().map(|o| o.name.clone()).unwrap_or_default();
            Some(TfliteOperator { name, inputs: known(operator.numbers(slot::OPERATOR_INPUTS)), outputs })
        })
        .collect()
}

/// Elements of all weights by type.
fn weights(model: Table<'_>) -> Option<BTreeMap<DataType, u64>> {
    let mut total = BTreeMap::new();
    for weight in all_weights(model)? {
        *total.entry(weight.dtype).or_insert(0u64) += weight.elements;
    }
    Some(total)
}

/// A weight: a tensor with values of its own.
pub(super) struct Weight<'a> {
    pub(super) tensor: Table<'a>,
    pub(super) dtype: DataType,
    pub(super) shape: Vec<u64>,
    pub(super) elements: u64,
}

/// The operators that the file's codes stand for; -1 where it is one of its own.
pub(super) fn codes(model: Table<'_>) -> Option<Vec<i32>> {
    let code = |code: Option<Table<'_>>| {
        let code = code?;
        // Newer files have both; the older field ends at 127.
        let new = i32::from_le_bytes(code.u32(slot::CODE_BUILTIN).to_le_bytes());
        let is_custom = code.has(slot::CODE_CUSTOM);
        Some(if is_custom { -1 } else { new.max(i32::from(code.i8(slot::CODE_OLD_BUILTIN))) })
    };
    match model.tables(slot::MODEL_OPERATOR_CODES) {
        Some(tables) => tables.map(code).collect(),
        None => Some(Vec::new()),
    }
}

/// All weights: tensors with values of their own, of more than one element, of a floating-point or a narrow integer type,
/// and the int32 biases of quantised operators. Each buffer once.
pub(super) fn all_weights(model: Table<'_>) -> Option<Vec<Weight<'_>>> {
    let codes = codes(model)?;
    let buffers: Vec<Table<'_>> = model.tables(slot::MODEL_BUFFERS)?.collect::<Option<_>>()?;
    let has_values = |buffer: u32| {
        let buffer = buffers.get(buffer as usize);
        // Of models beyond 2 GB the values lie behind the buffer, and it has their size.
        buffer.is_some_and(|b| {
            b.vector(slot::BUFFER_DATA, 1).is_some_and(|v| v.len() > 0) || b.u64(slot::BUFFER_SIZE) > 1
        })
    };
    let (mut found, mut seen) = (Vec::new(), HashSet::new());
    for graph in model.tables(slot::MODEL_SUBGRAPHS)? {
        let graph = graph?;
        let tensors = tensors(graph)?;
        let mut biases = HashSet::new();
        for operator in graph.tables(slot::GRAPH_OPERATORS).into_iter().flatten() {
            let operator = operator?;
            let code = codes.get(operator.u32(slot::OPERATOR_CODE) as usize).copied();
            let place = BIASED.iter().find(|(biased, _)| Some(*biased) == code).map(|(_, place)| *place);
            biases.extend(place.and_then(|p| operator.numbers(slot::OPERATOR_INPUTS).get(p).copied()));
        }
        for (i, tensor) in tensors.into_iter().enumerate() {
            let Some(dtype) = data_type(tensor.i8(slot::TENSOR_TYPE)) else { continue };
            let is_weight = match dtype {
                DataType::I64 | DataType::Bool | DataType::String | DataType::U32 | DataType::U64 => false,
                DataType::I32 => biases.contains(&(i as i32)),
                _ => true,
            };
            let buffer = tensor.u32(slot::TENSOR_BUFFER);
            if !is_weight || !has_values(buffer) || !seen.insert(buffer) {
                continue;
            }
            let shape: Vec<u64> =
                tensor.numbers(slot::TENSOR_SHAPE).iter().map(|&n| u64::try_from(n).unwrap_or(0)).collect();
            let n = elements(&shape)?;
            if n > 1 {
                found.push(Weight { tensor, dtype, shape, elements: n });
            }
        }
    }
    Some(found)
}

/// By `TensorType` of the schema.
pub(super) fn data_type(number: i8) -> Option<DataType> {
    use DataType::*;
    Some(match number {
        0 => F32,
        1 => F16,
        2 => I32,
        3 => U8,
        4 => I64,
        5 => String,
        6 => Bool,
        7 => I16,
        8 => C64,
        9 => I8,
        10 => F64,
        11 => C128,
        12 => U64,
        15 => U32,
        16 => U16,
        17 => I4,
        18 => BF16,
        _ => return None,
    })
}

#[cfg(test)]
#[path = "tflite_tests.rs"]
mod tests;
