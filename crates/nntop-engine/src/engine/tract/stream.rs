//! Inputs made once, then one run of tract's plan per inference.

use super::model::Plan;
use super::profile::TimedStream;
use crate::engine::{Profiling, Stream};
use crate::tensor::{Data, Tensor, TensorSpec};
use nntop_core::event::Fault;
use std::path::Path;
use std::sync::Arc;
use tract_onnx::prelude::*;

/// A run's state: what operators keep from call to call, and memory to work in.
pub(super) type State = TypedSimpleState<TypedModel, Arc<Plan>>;

/// A plan with its inputs.
pub(super) struct TractStream {
    pub(super) state: State,
    pub(super) inputs: TVec<TValue>,
    /// Of the last inference.
    pub(super) answer: TVec<TValue>,
    outputs: Arc<Vec<TensorSpec>>,
}

// SAFETY: counted pointers that are not atomic (`Rc`) are in the state and in the answer, all of them made by runs of this
// stream; nothing outside of it holds one, so all go to another thread together. What streams share are the plan, which is
// made to be shared, and inputs behind atomic counters.
unsafe impl Send for TractStream {}

impl TractStream {
    pub(super) fn new(plan: Arc<Plan>, inputs: TVec<TValue>, outputs: Arc<Vec<TensorSpec>>) -> Result<Self, Fault> {
        let state = State::new(plan).map_err(|e| Fault::run(format!("tract does not start: {}", super::words(&e))))?;
        Ok(Self { state, inputs, answer: TVec::new(), outputs })
    }
}

impl Stream for TractStream {
    #[inline]
    fn infer(&mut self) -> Result<(), Fault> {
        // Inputs are pointers: none is copied.
        self.answer = self.state.run(self.inputs.clone()).map_err(failed)?;
        Ok(())
    }

    fn outputs(&self) -> Result<Vec<Tensor>, Fault> {
        let read = |(value, spec): (&TValue, &TensorSpec)| {
            let cannot =
                |e: TractError| Fault::run(format!("output {}: cannot be read: {}", spec.name, super::words(&e)));
            let shape = value.shape().iter().map(|&n| n as u64).collect();
            let value = match super::model::data_type(value.datum_type()) {
                Some(_) => std::borrow::Cow::Borrowed(&**value),
                None => value.cast_to::<i64>().map_err(cannot)?,
            };
            let dtype = super::model::data_type(value.datum_type()).unwrap_or(spec.dtype);
            Ok(Tensor { name: spec.name.clone(), dtype, shape, data: Data::Bytes(value.as_bytes().to_vec()) })
        };
        self.answer.iter().zip(self.outputs.iter()).map(read).collect()
    }

    fn profiled<'a>(&'a mut self, _folder: &Path, _inferences: u64) -> Result<Box<dyn Profiling + 'a>, Fault> {
        Ok(Box::new(TimedStream::new(self)))
    }
}

/// Off the timed path: only when an inference has failed.
#[cold]
pub(super) fn failed(error: TractError) -> Fault {
    Fault::run(format!("the inference failed: {}", super::words(&error)))
}
