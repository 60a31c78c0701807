//! What a TensorFlow Lite file holds.

use super::census::{Values, weigh};
use super::{Node, Quantization, Survey, Weight, tally, tflite_names};
use crate::graph::error::ModelError;
use crate::graph::flat::{self, Table};
use crate::graph::tflite::{self, slot};
use crate::graph::{ModelFile, Shapes};
use crate::tensor::{DataType, TensorSpec};
use nntop_core::event::TensorSig;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

pub(super) fn survey(path: &Path, shapes: &Shapes<'_>) -> Result<Survey, ModelError> {
    let bytes = tflite::load(path)?;
    let file = tflite::describe(path, &bytes)?;
    let found = gather(&bytes, &file, shapes);
    found.ok_or_else(|| tflite::damaged(path, &bytes, "a tensor or an operator lies outside of the file"))
}

fn gather(bytes: &[u8], file: &ModelFile, shapes: &Shapes<'_>) -> Option<Survey> {
    let model = flat::root(bytes)?;
    let codes = tflite::codes(model)?;
    let customs: Vec<Option<&str>> = match model.tables(slot::MODEL_OPERATOR_CODES) {
        Some(tables) => tables.map(|code| code.map(|code| code.text(slot::CODE_CUSTOM))).collect::<Option<_>>()?,
        None => Vec::new(),
    };
    let name = |operator: Table<'_>| {
        let at = operator.u32(slot::OPERATOR_CODE) as usize;
        tflite_names::name(codes.get(at).copied().unwrap_or(-1), customs.get(at).copied().flatten())
    };
    let mut names = Vec::new();
    let mut in_bodies = 0;
    for (i, graph) in model.tables(slot::MODEL_SUBGRAPHS)?.enumerate() {
        for operator in graph?.tables(slot::GRAPH_OPERATORS).into_iter().flatten() {
            names.push(name(operator?));
            in_bodies += u64::from(i > 0);
        }
    }
    let main = tflite::main_graph(model)?;
    let tensors = tflite::tensors(main)?;
    // The shapes in the file are those of free axes of 1; with other sizes nothing follows from them.
    let given = shapes(&file.inputs).unwrap_or_default();
    let stated = |at: i32| Some(*tensors.get(usize::try_from(at).ok()?)?);
    let is_as_stated = main.numbers(slot::GRAPH_INPUTS).iter().all(|at| {
        let Some(tensor) = stated(*at) else { return false };
        let shape = sig(tensor).map(|sig| sig.shape);
        given.iter().any(|(name, wanted)| {
            Some(name.as_str()) == tensor.text(slot::TENSOR_NAME) && shape.as_ref() == Some(wanted)
        })
    });
    let mut nodes = Vec::new();
    for operator in main.tables(slot::GRAPH_OPERATORS).into_iter().flatten() {
        let operator = operator?;
        nodes.push(node(&name(operator), operator, &tensors, is_as_stated));
    }
    let buffers: Vec<Table<'_>> = model.tables(slot::MODEL_BUFFERS)?.collect::<Option<_>>()?;
    let all = tflite::all_weights(model)?;
    let weights: Vec<Weight> = all.iter().map(|weight| counted(weight, &buffers, bytes)).collect();
    let place = |at: &i32| stated(*at).map(|tensor| tensor_name(*at, tensor)).unwrap_or_default();
    let spec = |at: &i32| tflite::spec(stated(*at)?);
    Some(Survey {
        begins: main.numbers(slot::GRAPH_INPUTS).iter().map(place).collect(),
        ends: main.numbers(slot::GRAPH_OUTPUTS).iter().map(place).collect(),
        operators: tally(names.into_iter()),
        in_bodies,
        outputs: main.numbers(slot::GRAPH_OUTPUTS).iter().filter_map(spec).collect(),
        metadata: metadata(model, &buffers),
        quantization: quantization(&all, file),
        file: file.clone(),
        nodes,
        weights,
    })
}

fn sig(tensor: Table<'_>) -> Option<TensorSig> {
    let dtype = tflite::data_type(tensor.i8(slot::TENSOR_TYPE))?.name().to_owned();
    let axes = tensor.numbers(slot::TENSOR_SHAPE);
    Some(TensorSig { dtype, shape: axes.into_iter().map(u64::try_from).collect::<Result<_, _>>().ok()? })
}

/// The name of a tensor, as nodes have it: names in the file may be empty or the same, but its weights go by them.
fn tensor_name(place: i32, tensor: Table<'_>) -> String {
    match tensor.text(slot::TENSOR_NAME) {
        Some(name) if tensor.u32(slot::TENSOR_BUFFER) > 0 && !name.is_empty() => name.to_owned(),
        name => format!("{place}:{}", name.unwrap_or_default()),
    }
}

fn node(op_type: &str, operator: Table<'_>, tensors: &[Table<'_>], is_as_stated: bool) -> Node {
    // -1 stands for an input that is left out.
    let at = |i: &i32| usize::try_from(*i).ok().and_then(|i| tensors.get(i).copied());
    let name = |i: &i32| match at(i) {
        Some(tensor) => tensor_name(*i, tensor),
        None => String::new(),
    };
    let (ins, outs) = (operator.numbers(slot::OPERATOR_INPUTS), operator.numbers(slot::OPERATOR_OUTPUTS));
    let sigs = |places: &[i32]| -> Option<Vec<TensorSig>> {
        places.iter().map(|i| at(i).map_or_else(|| Some(TensorSig::default()), sig)).collect()
    };
    let tensors = sigs(&ins).zip(sigs(&outs)).filter(|_| is_as_stated);
    Node {
        name: outs.first().and_then(at).and_then(|t| t.text(slot::TENSOR_NAME)).unwrap_or_default().to_owned(),
        op_type: op_type.to_owned(),
        counts_as: tflite_names::counts_as(op_type).to_owned(),
        inputs: ins.iter().map(name).collect(),
        outputs: outs.iter().map(name).collect(),
        tensors: tensors.map(|(ins, outs)| as_onnx(op_type, ins, outs)),
    }
}

/// Shapes in ONNX's layout: channels second, filters first.
fn as_onnx(op_type: &str, mut ins: Vec<TensorSig>, mut outs: Vec<TensorSig>) -> (Vec<TensorSig>, Vec<TensorSig>) {
    let channels_second = |sig: &mut TensorSig| {
        if let [n, rest @ .., c] = &sig.shape[..] {
            sig.shape = [&[*n, *c], rest].concat();
        }
    };
    match op_type {
        // [O, h, w, I]
        "CONV_2D" => ins.iter_mut().take(2).chain(&mut outs).for_each(channels_second),
        // [1, h, w, O]: one channel for each filter.
        "DEPTHWISE_CONV_2D" => {
            ins.iter_mut().take(1).chain(&mut outs).for_each(channels_second);
            if let Some(w) = ins.get_mut(1)
                && let [1, h, width, o] = w.shape[..]
            {
                w.shape = vec![o, 1, h, width];
            }
        }
        // The output's shape, [O, h, w, I], the input; ONNX has the input first, and [I, O, h, w].
        "TRANSPOSE_CONV" if ins.len() >= 3 => {
            ins.swap(0, 2);
            ins.iter_mut().take(1).chain(&mut outs).for_each(channels_second);
            if let [o, h, width, i] = ins[1].shape[..] {
                ins[1].shape = vec![i, o, h, width];
            }
        }
        // [O, K], and inputs of any rank that have K elements for each output row.
        "FULLY_CONNECTED" if ins.len() >= 2 => {
            if let [o, k] = ins[1].shape[..] {
                let rows = ins[0].elements().and_then(|n| n.checked_div(k)).unwrap_or(0);
                ins[0].shape = vec![rows, k];
                ins[1].shape = vec![k, o];
            }
        }
        // Either may be transposed: K is what the rows do not account for.
        "BATCH_MATMUL" if ins.len() >= 2 => {
            if let (&[.., a, b], Some(&[.., m, _])) = (&ins[0].shape[..], outs.first().map(|o| &o.shape[..])) {
                let k = a.checked_mul(b).and_then(|n| n.checked_div(m)).unwrap_or(0);
                let rank = ins[0].shape.len();
                ins[0].shape[rank - 2..].copy_from_slice(&[m, k]);
            }
        }
        _ => {}
    }
    (ins, outs)
}

fn counted(weight: &tflite::Weight<'_>, buffers: &[Table<'_>], bytes: &[u8]) -> Weight {
    let buffer = buffers.get(weight.tensor.u32(slot::TENSOR_BUFFER) as usize);
    let values = buffer.and_then(|buffer| {
        if buffer.has(slot::BUFFER_DATA) {
            return Some(buffer.octets(slot::BUFFER_DATA));
        }
        let at = usize::try_from(buffer.u64(slot::BUFFER_OFFSET)).ok()?;
        bytes.get(at..at.checked_add(usize::try_from(buffer.u64(slot::BUFFER_SIZE)).ok()?)?)
    });
    let points = weight.tensor.table(slot::TENSOR_QUANTIZATION).map(|q| q.longs(slot::QUANTIZATION_ZERO_POINT));
    let zero = match points.as_deref() {
        None | Some([]) => Some(0),
        Some([first, rest @ ..]) => rest.iter().all(|n| n == first).then_some(*first),
    };
    let name = weight.tensor.text(slot::TENSOR_NAME).unwrap_or_default();
    let values = values.map_or(Values::Unknown, Values::Here);
    weigh(name, weight.dtype, weight.shape.clone(), weight.elements, &values, zero)
}

fn metadata(model: Table<'_>, buffers: &[Table<'_>]) -> BTreeMap<String, String> {
    let entry = |entry: Option<Table<'_>>| {
        let entry = entry?;
        let buffer = buffers.get(entry.u32(slot::METADATA_BUFFER) as usize)?.octets(slot::BUFFER_DATA);
        let text = std::str::from_utf8(buffer).ok().map(|text| text.trim_end_matches('\0').trim());
        let text = text.filter(|text| !text.is_empty() && !text.chars().any(char::is_control));
        let shown = text.map_or_else(|| format!("{} bytes", buffer.len()), str::to_owned);
        Some((entry.text(slot::METADATA_NAME)?.to_owned(), shown))
    };
    model.tables(slot::MODEL_METADATA).into_iter().flatten().filter_map(entry).collect()
}

fn quantization(weights: &[tflite::Weight<'_>], file: &ModelFile) -> Option<Quantization> {
    let is_narrow = |dtype: DataType| !dtype.is_float() && dtype.size_bits() <= 16;
    let narrow: Vec<&tflite::Weight<'_>> = weights.iter().filter(|w| is_narrow(w.dtype)).collect();
    if narrow.is_empty() {
        return None;
    }
    let scales = narrow
        .iter()
        .filter_map(|w| Some(w.tensor.table(slot::TENSOR_QUANTIZATION)?.vector(slot::QUANTIZATION_SCALE, 4)?.len()));
    let scales: Vec<usize> = scales.filter(|n| *n > 0).collect();
    // The bias of an operator that computes in integers is of 32 bits.
    let is_integer = weights.iter().any(|w| w.dtype == DataType::I32);
    let is_float = |spec: &TensorSpec| spec.dtype.is_float();
    let scheme = match (is_integer, file.inputs.iter().any(is_float)) {
        (true, false) => "full integer",
        (true, true) => "integer with float inputs and outputs",
        (false, _) => "weights, computed as floats or by dynamic ranges",
    };
    Some(Quantization {
        scheme: scheme.into(),
        per_channel: (!scales.is_empty()).then(|| scales.iter().any(|n| *n > 1)),
        weights: narrow.iter().map(|w| w.dtype).collect::<BTreeSet<_>>(),
    })
}
