//! From an example to the tensors that a model takes, one per input.

use crate::dataset::{Dataset, Input, Item, Label, Source};
use crate::preprocess::{Fit, Prepared, Preprocess, picture_size};
use crate::task::detection::Letterbox;
use nntop_core::event::{EngineOptions, Evaluation, Fault, VariantSpec};
use nntop_engine::engine::Model;
use nntop_engine::tensor::{Data, DataType, Dim, Shape, Tensor, TensorSpec, elements};
use nntop_engine::workload;

/// A model's inputs, each with its shape for one example.
pub(crate) type Ports = [(TensorSpec, Shape)];

/// The inputs of a model; an error where a data set of this kind cannot feed them.
pub(crate) fn ports(
    model: &dyn Model,
    variant: &VariantSpec,
    set: &Dataset,
) -> Result<Vec<(TensorSpec, Shape)>, Fault> {
    let specs = model.inputs();
    let options = &variant.options;
    let resolved = workload::sizes(specs, &EngineOptions { batch: Some(1), ..options.clone() }, 0);
    let resolved = resolved.map(|(resolved, _)| resolved);
    let all = resolved.map_err(|e| Fault::input(format!("{}: {e}", variant.model)).hint("give --shape or --dim"))?;
    let wanted = || "inputs: ".to_owned() + &specs.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    match set.items.first().map(|item| &item.source) {
        Some(Source::Random(_)) => {}
        Some(Source::Rows(arrays, _)) => {
            if let Err(why) = all.iter().try_for_each(|(spec, _)| array_of(arrays, spec, all.len()).map(drop)) {
                return Err(Fault::input(format!("{}: {why}", variant.model)).hint(wanted()));
            }
        }
        _ if all.len() == 1 => {}
        _ => {
            let count = all.len();
            return Err(Fault::input(format!("{}: {count} inputs; {} feed a model with one", variant.model, set.kind))
                .hint(format!("an .npz with an array for each, called as it is; {}", wanted())));
        }
    }
    Ok(all)
}

/// The array of an input: the one that is called as it is; of a model's only input the first one.
fn array_of<'a>(arrays: &'a [Tensor], spec: &TensorSpec, inputs: usize) -> Result<&'a Tensor, String> {
    let called = arrays.iter().find(|a| a.name == spec.name);
    match called.or_else(|| arrays.first().filter(|_| inputs == 1)) {
        Some(array) => Ok(array),
        None => {
            let names: Vec<_> = arrays.iter().map(|a| a.name.as_str()).collect();
            Err(format!("no array is called {:?}, as an input is; the arrays: {}", spec.name, names.join(", ")))
        }
    }
}

/// How inputs are made, in words.
pub(crate) fn described(set: &Dataset, how: &Preprocess) -> String {
    let arrays = set.items.first().is_some_and(|item| matches!(item.source, Source::Rows(..)));
    if matches!(set.items.first(), Some(Item { source: Source::Random(_), .. })) {
        return "random values by --seed".into();
    }
    if arrays && how.is_neutral() { "the arrays' values as they are".into() } else { how.to_string() }
}

pub(crate) fn preprocess(
    what: &Evaluation,
    input: &TensorSpec,
    shape: &[u64],
    label: Option<&Label>,
) -> Result<Preprocess, Fault> {
    match &what.preprocess {
        Some(name) => Preprocess::named(name),
        None => {
            let (width, height) = picture_size(shape).unwrap_or((0, 0));
            let derived = Preprocess::derived(input.dtype, width, height, matches!(label, Some(Label::Objects(_))));
            // Every pixel of a mask is to be answered: nothing is cut off.
            let is_mask = matches!(label, Some(Label::Mask(_)));
            Ok(if is_mask { Preprocess { fit: Fit::Stretch, ..derived } } else { derived })
        }
    }
}

/// The tensors of an example, window by window, mostly one; and where its picture lies.
pub(crate) fn make(
    item: &Item,
    how: &Preprocess,
    ports: &Ports,
) -> Result<(Vec<Vec<Tensor>>, Option<Letterbox>), String> {
    let only = || ports.first().ok_or("the model takes no input");
    match item.read()? {
        Input::Picture(picture) => {
            let (spec, shape) = only()?;
            let Prepared { tensor, place } = how.apply(picture, spec, shape)?;
            Ok((vec![vec![tensor]], Some(place)))
        }
        Input::Bytes(windows) => {
            let (spec, shape) = only()?;
            let tensors = windows.into_iter().map(|bytes| Ok(vec![from_bytes(bytes, how, spec, shape)?]));
            Ok((tensors.collect::<Result<_, String>>()?, None))
        }
        Input::Rows(rows) => {
            let one = |(spec, shape)| from_row(array_of(&rows, spec, ports.len())?, how, spec, shape);
            Ok((vec![ports.iter().map(|(spec, shape)| one((spec, shape))).collect::<Result<_, _>>()?], None))
        }
        Input::Random(seed) => {
            let one = |(place, (spec, shape)): (usize, &(TensorSpec, Shape))| {
                workload::random(spec, place, shape, seed).map_err(|e| e.to_string())
            };
            Ok((vec![ports.iter().enumerate().map(one).collect::<Result<_, _>>()?], None))
        }
    }
}

/// Raw bytes as a tensor: as they are where they are as many as the tensor has; else one level (0 to 255) per element.
/// Anomaly detection's are floats, whatever the model takes.
fn from_bytes(bytes: Vec<u8>, how: &Preprocess, spec: &TensorSpec, shape: &Shape) -> Result<Tensor, String> {
    let n = elements(shape).and_then(|n| usize::try_from(n).ok()).ok_or("an input of no size")?;
    let tensor = |data: Vec<u8>| Tensor {
        name: spec.name.clone(),
        dtype: spec.dtype,
        shape: shape.clone(),
        data: Data::Bytes(data),
    };
    let size = spec.dtype.byte_len(n as u64).and_then(|n| usize::try_from(n).ok());
    if bytes.len() == n && matches!(spec.dtype, DataType::F32 | DataType::F16 | DataType::I8 | DataType::U8) {
        // Three channels stand side by side in files; a model of planes takes them apart.
        let planes = matches!(shape.as_slice(), [1, 3, ..]);
        let channels = if planes || shape.last() == Some(&3) { 3 } else { 1 };
        let area = n / channels;
        let mut data = Vec::with_capacity(size.unwrap_or(n));
        for i in 0..n {
            let (at, channel) = if planes { (i % area * channels + i / area, i / area) } else { (i, i % channels) };
            let level = bytes[at];
            data.extend(how.element(spec.dtype, level, channel).ok_or("the model takes no bytes")?);
        }
        return Ok(tensor(data));
    }
    if Some(bytes.len()) == size {
        return Ok(tensor(bytes));
    }
    if bytes.len() == n * 4 {
        let floats = bytes.chunks_exact(4).map(|c| f64::from(f32::from_le_bytes([c[0], c[1], c[2], c[3]])));
        return Ok(tensor(quantized(floats, how, spec)?));
    }
    Err(format!("{} bytes, and {spec} takes {n} elements", bytes.len()))
}

/// The shape that a row has at an input: the one that was resolved; else its own, where the input's free axes take it.
fn shape_of(row: &Tensor, spec: &TensorSpec, resolved: &Shape) -> Option<Shape> {
    if elements(&row.shape) == elements(resolved) {
        return Some(resolved.clone());
    }
    let takes = |shape: &Shape| {
        let fits = |(dim, n): (&Dim, &u64)| dim.is_free() || *dim == Dim::Fixed(*n);
        spec.is_rank_open() || spec.dims.len() == shape.len() && spec.dims.iter().zip(shape).all(fits)
    };
    let batched: Shape = std::iter::once(1).chain(row.shape.iter().copied()).collect();
    [batched, row.shape.clone()].into_iter().find(takes)
}

fn from_row(row: &Tensor, how: &Preprocess, spec: &TensorSpec, resolved: &Shape) -> Result<Tensor, String> {
    let Some(shape) = shape_of(row, spec, resolved) else {
        return Err(format!("{} where {spec} is expected", row.describe()));
    };
    if row.dtype == spec.dtype && how.is_neutral() {
        return Ok(Tensor { name: spec.name.clone(), shape, ..row.clone() });
    }
    let all = row.numbers().ok_or("strings are no numbers")?;
    let scaled = all.into_iter().map(|v| (v * how.scale - how.mean[0]) / how.std[0]);
    let data = Data::Bytes(quantized(scaled, how, spec)?);
    Ok(Tensor { name: spec.name.clone(), dtype: spec.dtype, shape, data })
}

fn quantized(all: impl Iterator<Item = f64>, how: &Preprocess, spec: &TensorSpec) -> Result<Vec<u8>, String> {
    let mut data = Vec::new();
    for value in all {
        let element = crate::preprocess::element(spec.dtype, value, how.quantization_scale, how.quantization_zero);
        data.extend(element.ok_or_else(|| format!("{spec} takes no numbers"))?);
    }
    Ok(data)
}
