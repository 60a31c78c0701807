//! A model's inputs, made ready before anything is timed.

use crate::engine::{Model, Stream};
use crate::tensor::{Dim, Shape, Tensor, TensorSpec};
use crate::workload::{self, WorkloadError};
use nntop_core::event::{Fault, Port, VariantSpec};
use nntop_core::unit::Nanos;
use std::collections::BTreeMap;
use std::path::Path;

/// One tensor per input, and how many samples an inference has.
pub(super) struct Prepared {
    /// In the order of the model's inputs.
    pub(super) tensors: Vec<Tensor>,
    /// Samples per inference.
    pub(super) batch: u64,
    /// What they were made from, where it takes words: `32 images from DIR`.
    pub(super) inputs_from: Option<String>,
    /// The sizes that were taken for axes that had none.
    pub(super) assumed: BTreeMap<String, u64>,
}

/// A model with its inputs bound, that has answered once.
pub(super) struct Answered<T> {
    pub(super) prepared: Prepared,
    pub(super) stream: Box<dyn Stream>,
    /// What the first inference gave.
    pub(super) first: T,
    /// When the inputs were ready to be bound.
    pub(super) ready: Nanos,
    /// Whether the runtime refused the sizes that were assumed first, which are those that the model was described with.
    pub(super) refused: bool,
}

impl Prepared {
    /// The inputs with the shapes that are run.
    pub(super) fn ports(&self) -> Vec<Port> {
        let port = |t: &Tensor| Port {
            name: t.name.clone(),
            dtype: t.dtype.name().into(),
            shape: t.shape.iter().map(ToString::to_string).collect(),
        };
        self.tensors.iter().map(port).collect()
    }
}

/// Ports as the model declares them.
pub(super) fn ports(specs: &[TensorSpec]) -> Vec<Port> {
    let port = |s: &TensorSpec| Port {
        name: s.name.clone(),
        dtype: s.dtype.name().into(),
        shape: s.dims.iter().map(ToString::to_string).collect(),
    };
    specs.iter().map(port).collect()
}

/// Makes the inputs, binds them and infers once by `infer`. Where sizes had to be assumed and the runtime refuses them, others
/// are tried; a fault is what it said to the first.
///
/// # Errors
/// When the inputs cannot be made, or what the runtime failed with.
pub(super) fn answered<T>(
    model: &dyn Model,
    variant: &VariantSpec,
    now: impl Fn() -> Nanos,
    mut infer: impl FnMut(&mut dyn Stream) -> Result<T, Fault>,
) -> Result<Answered<T>, Fault> {
    let mut begin = |attempt| {
        let prepared = prepare(model.inputs(), variant, attempt).map_err(|e| (e, false))?;
        let more = !prepared.assumed.is_empty();
        let ready = now();
        let mut run = || {
            let mut stream = model.stream(&prepared.tensors)?;
            let first = infer(stream.as_mut())?;
            Ok((stream, first))
        };
        let (stream, first) = run().map_err(|e: Fault| (e.about(&variant.model), more))?;
        Ok(Answered { prepared, stream, first, ready, refused: attempt > 0 })
    };
    let (refused, more) = match begin(0) {
        Ok(answered) => return Ok(answered),
        Err(refused) => refused,
    };
    let attempts = if more { workload::ATTEMPTS } else { 1 };
    (1..attempts).find_map(|attempt| begin(attempt).ok()).ok_or(refused)
}

/// Gives free axes their sizes and makes the tensors: from the file or the images that were given, or seeded random ones.
pub(super) fn prepare(specs: &[TensorSpec], variant: &VariantSpec, attempt: usize) -> Result<Prepared, Fault> {
    let o = &variant.options;
    let mut assumed = BTreeMap::new();
    let mut resolved = || {
        let (resolved, taken) = workload::sizes(specs, o, attempt)?;
        assumed = taken;
        Ok(resolved)
    };
    let mut inputs_from = None;
    let tensors = match &o.input {
        // A synthetic engine takes nothing, in any batch.
        _ if specs.is_empty() => Ok(Vec::new()),
        Some(path) if workload::holds_images(Path::new(path)) => resolved().and_then(|resolved| {
            let random = |place, _: &TensorSpec, _: &Shape| workload::values(&resolved, place, o.seed);
            let (tensors, said) = workload::images(Path::new(path), &resolved, random)?;
            inputs_from = Some(said);
            Ok(tensors)
        }),
        Some(path) => workload::from_file(Path::new(path), specs),
        None => resolved()
            .and_then(|resolved| (0..resolved.len()).map(|place| workload::values(&resolved, place, o.seed)).collect()),
    };
    let tensors = tensors.map_err(|e| fault(&variant.model, &e))?;
    if o.input.is_none() {
        inputs_from = empties(specs, &tensors);
    }
    // The batch is the free first axis; a model without one runs one sample at a time, as far as it says.
    let batch = specs.iter().zip(&tensors).find(|(s, _)| s.dims.first().is_some_and(|d| d.is_free()));
    let batch = batch.and_then(|(_, t)| t.shape.first().copied()).or(o.batch).unwrap_or(1).max(1);
    Ok(Prepared { tensors, batch, inputs_from, assumed })
}

/// Which inputs the model file makes empty: a size of 0 is a size, and seldom what was meant.
fn empties(specs: &[TensorSpec], tensors: &[Tensor]) -> Option<String> {
    let empty =
        specs.iter().zip(tensors).filter(|(spec, t)| t.shape.contains(&0) && spec.dims.contains(&Dim::Fixed(0)));
    let all: Vec<String> = empty.map(|(spec, _)| spec.to_string()).collect();
    let say =
        || format!("random values, but none for {}: a size of 0 in the model file makes it empty", all.join(", "));
    (!all.is_empty()).then(say)
}

/// The shapes that the inputs will have, by their names; absent where they cannot be made ready, which loading will say.
pub(super) fn shapes(specs: &[TensorSpec], variant: &VariantSpec) -> Option<Vec<(String, Shape)>> {
    match &variant.options.input {
        Some(path) if !workload::holds_images(Path::new(path)) => workload::shapes_of_file(Path::new(path), specs).ok(),
        _ => {
            let (resolved, _) = workload::sizes(specs, &variant.options, 0).ok()?;
            Some(resolved.into_iter().map(|(spec, shape)| (spec.name, shape)).collect())
        }
    }
}

fn fault(model: &str, e: &WorkloadError) -> Fault {
    Fault::input(format!("{model}: {e}")).maybe_hint(e.hint())
}
