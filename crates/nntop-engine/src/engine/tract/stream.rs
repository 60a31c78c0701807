//! Inputs made once, then one run of tract's plan per inference.

use super::profile::TimedRun;
use super::sys::Run;
use super::types::data_type;
use crate::engine::{Profiling, Stream};
use crate::tensor::{Data, Tensor, TensorSpec};
use nntop_core::event::Fault;
use std::path::Path;
use std::sync::Arc;
use tract_onnx::prelude::*;

/// A plan with its inputs.
pub(super) struct TractStream {
    run: Run,
    outputs: Arc<Vec<TensorSpec>>,
}

impl TractStream {
    pub(super) fn new(run: Run, outputs: Arc<Vec<TensorSpec>>) -> Self {
        Self { run, outputs }
    }
}

impl Stream for TractStream {
    #[inline]
    fn infer(&mut self) -> Result<(), Fault> {
        self.run.infer().map_err(super::failed)
    }

    fn outputs(&self) -> Result<Vec<Tensor>, Fault> {
        let read = |(value, spec): (&TValue, &TensorSpec)| {
            let cannot =
                |e: TractError| Fault::run(format!("output {}: cannot be read: {}", spec.name, super::words(&e)));
            let shape = value.shape().iter().map(|&n| n as u64).collect();
            let value = match data_type(value.datum_type()) {
                Some(_) => std::borrow::Cow::Borrowed(&**value),
                None => value.cast_to::<i64>().map_err(cannot)?,
            };
            let dtype = data_type(value.datum_type()).unwrap_or(spec.dtype);
            Ok(Tensor { name: spec.name.clone(), dtype, shape, data: Data::Bytes(value.as_bytes().to_vec()) })
        };
        self.run.answer().iter().zip(self.outputs.iter()).map(read).collect()
    }

    fn profiled<'a>(&'a mut self, _folder: &Path, _inferences: u64) -> Result<Box<dyn Profiling + 'a>, Fault> {
        Ok(Box::new(TimedRun::new(&mut self.run)))
    }
}
