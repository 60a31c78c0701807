//! PaddlePaddle's programs: a `.pdmodel` file and, where it has weights, a `.pdiparams` file beside it.
//!
//! Fields and numbers are those of `paddle/fluid/framework/framework.proto`. Its newer programs (`.json`) are another
//! format, which OpenVINO does not read either.

use super::error::ModelError;
use super::{Format, ModelFile, sniff, weights, whole};
use crate::sha256::sha256_hex_of;
use crate::tensor::{DataType, elements};
use nntop_core::unit::Bytes;
use prost::Message;
use std::collections::BTreeMap;
use std::path::Path;

const FORMAT: &str = "a PaddlePaddle program";

#[derive(Clone, PartialEq, prost::Message)]
struct Program {
    #[prost(message, repeated, tag = "1")]
    blocks: Vec<Block>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Block {
    #[prost(message, repeated, tag = "3")]
    vars: Vec<Var>,
    #[prost(message, repeated, tag = "4")]
    ops: Vec<Op>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Var {
    #[prost(message, optional, tag = "2")]
    of: Option<VarType>,
    #[prost(bool, tag = "3")]
    persistable: bool,
}

#[derive(Clone, PartialEq, prost::Message)]
struct VarType {
    #[prost(message, optional, tag = "3")]
    dense: Option<Dense>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Dense {
    #[prost(message, optional, tag = "1")]
    tensor: Option<TensorDesc>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct TensorDesc {
    #[prost(int32, tag = "1")]
    data_type: i32,
    #[prost(int64, repeated, packed = "false", tag = "2")]
    dims: Vec<i64>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Op {
    #[prost(string, tag = "3")]
    name: String,
}

/// `VarType.Type`.
fn data_type(number: i32) -> Option<DataType> {
    use DataType::*;
    Some(match number {
        0 => Bool,
        1 => I16,
        2 => I32,
        3 => I64,
        4 => F16,
        5 => F32,
        6 => F64,
        20 => U8,
        21 => I8,
        22 => BF16,
        _ => return None,
    })
}

/// Reads a model file: its weights and operators; its inputs only OpenVINO tells.
///
/// # Errors
/// When it cannot be read, is no such program, or its weights are missing or too short.
pub fn read(path: &Path) -> Result<ModelFile, ModelError> {
    let bytes = whole::load(path, ".pdmodel")?;
    let head = &bytes[..bytes.len().min(512)];
    let damaged = |reason: String| ModelError::Damaged {
        path: path.into(),
        wanted: FORMAT,
        head: sniff::shown(head),
        size: bytes.len() as u64,
        reason,
    };
    if let Some(kind) = sniff::foreign(head) {
        let head = sniff::shown(head);
        return Err(ModelError::OtherFormat { path: path.into(), wanted: FORMAT, head, kind: kind.name });
    }
    let program = Program::decode(&bytes[..]).map_err(|e| damaged(e.to_string()))?;
    if program.blocks.iter().all(|block| block.ops.is_empty()) {
        return Err(damaged("it has no operators".into()));
    }
    let params = params(&program);
    let needed = weights::bytes(&params).0;
    let data = path.with_extension("pdiparams");
    let location = || data.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let size = match std::fs::metadata(&data) {
        Ok(m) if m.len() < needed => {
            let (tensor, location, size) = ("the last one".into(), location(), m.len());
            return Err(ModelError::ShortData { path: path.into(), tensor, location, size, needed });
        }
        Ok(m) => m.len(),
        Err(_) if needed > 0 => {
            let folder = path.parent().unwrap_or(Path::new("")).to_owned();
            return Err(ModelError::MissingData { path: path.into(), location: location(), folder });
        }
        Err(_) => 0,
    };
    let ops = program.blocks.iter().flat_map(|block| &block.ops);
    Ok(ModelFile {
        path: path.into(),
        format: Format::Paddle,
        sha256: sha256_hex_of(&bytes),
        size: Bytes((bytes.len() as u64).saturating_add(size)),
        data_files: if size > 0 { vec![data] } else { Vec::new() },
        params: params.values().fold(0, |sum, &n| sum.saturating_add(n)),
        precision: params.iter().max_by_key(|(_, n)| **n).map(|(dtype, _)| dtype.name().into()),
        params_bytes: weights::bytes(&params),
        depth: None,
        nodes: Vec::new(),
        params_by_type: params.into_iter().map(|(dtype, n)| (dtype.name().into(), n)).collect(),
        operators: ops.filter(|op| op.name != "feed" && op.name != "fetch").count() as u64,
        opsets: BTreeMap::new(),
        producer: None,
        ir_version: 0,
        inputs: Vec::new(),
        non_tensor_inputs: Vec::new(),
        outputs: Vec::new(),
    })
}

/// What persists from run to run and has a shape.
fn params(program: &Program) -> BTreeMap<DataType, u64> {
    let mut all = BTreeMap::new();
    for var in program.blocks.iter().flat_map(|block| &block.vars).filter(|var| var.persistable) {
        let Some(tensor) = var.of.as_ref().and_then(|of| of.dense.as_ref()?.tensor.as_ref()) else { continue };
        let shape: Option<Vec<u64>> = tensor.dims.iter().map(|&n| u64::try_from(n).ok()).collect();
        if let (Some(dtype), Some(n)) = (data_type(tensor.data_type), shape.and_then(|shape| elements(&shape))) {
            let sum = all.entry(dtype).or_insert(0u64);
            *sum = sum.saturating_add(n);
        }
    }
    all
}
