//! A model's inputs, made ready before anything is timed.

use crate::tensor::{Shape, Tensor, TensorSpec};
use crate::workload::{self, WorkloadError};
use nntop_core::event::{Fault, Port, VariantSpec};
use std::path::Path;

/// One tensor per input, and how many samples an inference has.
pub(super) struct Prepared {
    /// In the order of the model's inputs.
    pub(super) tensors: Vec<Tensor>,
    /// Samples per inference.
    pub(super) batch: u64,
    /// What they were made from, where it takes words: `32 images from DIR`.
    pub(super) inputs_from: Option<String>,
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

/// Resolves free axes and makes the tensors: from the file or the images that were given, or seeded random ones.
pub(super) fn prepare(specs: &[TensorSpec], variant: &VariantSpec) -> Result<Prepared, Fault> {
    let o = &variant.options;
    let resolved = || workload::resolve_shapes(specs, o.batch, &o.dims, &o.shapes);
    let random = |place: usize, spec: &TensorSpec, shape: &Shape| workload::random(spec, place, shape, o.seed);
    let mut inputs_from = None;
    let tensors = match &o.input {
        // A synthetic engine takes nothing, in any batch.
        _ if specs.is_empty() => Ok(Vec::new()),
        Some(path) if workload::holds_images(Path::new(path)) => resolved().and_then(|resolved| {
            let (tensors, said) = workload::images(Path::new(path), &resolved, random)?;
            inputs_from = Some(said);
            Ok(tensors)
        }),
        Some(path) => workload::from_file(Path::new(path), specs),
        None => resolved().and_then(|resolved| {
            resolved.iter().enumerate().map(|(place, (spec, shape))| random(place, spec, shape)).collect()
        }),
    };
    let tensors = tensors.map_err(|e| fault(&variant.model, &e))?;
    if o.input.is_none() {
        inputs_from = empties(specs, &tensors);
    }
    // The batch is the free first axis; a model without one runs one sample at a time, as far as it says.
    let batch = specs.iter().zip(&tensors).find(|(s, _)| s.dims.first().is_some_and(|d| d.is_free()));
    let batch = batch.and_then(|(_, t)| t.shape.first().copied()).or(o.batch).unwrap_or(1).max(1);
    Ok(Prepared { tensors, batch, inputs_from })
}

/// Which inputs the model file makes empty: a size of 0 is a size, and seldom what was meant.
fn empties(specs: &[TensorSpec], tensors: &[Tensor]) -> Option<String> {
    let empty = specs.iter().zip(tensors).filter(|(spec, tensor)| tensor.shape.contains(&0) && !spec.dims.is_empty());
    let all: Vec<String> = empty.map(|(spec, _)| spec.to_string()).collect();
    let say =
        || format!("random values, but none for {}: a size of 0 in the model file makes it empty", all.join(", "));
    (!all.is_empty()).then(say)
}

/// The shapes that the inputs will have, by their names; absent where they cannot be made ready, which loading will say.
pub(super) fn shapes(specs: &[TensorSpec], variant: &VariantSpec) -> Option<Vec<(String, Shape)>> {
    let o = &variant.options;
    match &o.input {
        Some(path) if !workload::holds_images(Path::new(path)) => workload::shapes_of_file(Path::new(path), specs).ok(),
        _ => {
            let resolved = workload::resolve_shapes(specs, o.batch, &o.dims, &o.shapes).ok()?;
            Some(resolved.into_iter().map(|(spec, shape)| (spec.name, shape)).collect())
        }
    }
}

fn fault(model: &str, e: &WorkloadError) -> Fault {
    Fault::input(format!("{model}: {e}")).maybe_hint(e.hint())
}
