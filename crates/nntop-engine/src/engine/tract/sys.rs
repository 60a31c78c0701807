//! What of tract needs `unsafe`: values made of bytes, and a run that goes to another thread.
#![allow(
    unsafe_code,
    reason = "tract checks neither a value's bytes nor that a run keeps its counted pointers to itself"
)]

use super::types::datum_type;
use crate::tensor::{Data, Tensor};
use nntop_core::event::Fault;
use std::sync::Arc;
use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::OpState;
use tract_onnx::tract_core::plan::SessionState;

/// What can be run, shared by all streams.
pub(super) type Plan = TypedSimplePlan<TypedModel>;

/// A plan's state (what operators keep from call to call, and memory to work in), its inputs, and its last answer.
///
/// Nothing that it lends may be cloned and kept: the counters of such pointers are not atomic.
pub(super) struct Run {
    state: TypedSimpleState<TypedModel, Arc<Plan>>,
    inputs: TVec<TValue>,
    answer: TVec<TValue>,
}

// SAFETY: counted pointers that are not atomic (`Rc`) are in the state and in the answer, all of them made by this run;
// nothing outside of it holds one, so all go to another thread together. What runs share are the plan, which is made to
// be shared, and inputs behind atomic counters.
unsafe impl Send for Run {}

impl Run {
    pub(super) fn new(plan: Arc<Plan>, inputs: TVec<TValue>) -> TractResult<Self> {
        Ok(Self { state: TypedSimpleState::new(plan)?, inputs, answer: TVec::new() })
    }

    /// One inference.
    #[inline]
    pub(super) fn infer(&mut self) -> TractResult<()> {
        // Inputs are pointers: none is copied.
        self.answer = self.state.run(self.inputs.clone())?;
        Ok(())
    }

    /// One inference in which `eval` calls the operators.
    pub(super) fn infer_with(
        &mut self,
        eval: impl FnMut(
            &mut SessionState,
            Option<&mut (dyn OpState + 'static)>,
            &TypedNode,
            TVec<TValue>,
        ) -> TractResult<TVec<TValue>>,
    ) -> TractResult<()> {
        self.answer = self.state.run_plan_with_eval(self.inputs.clone(), eval)?;
        Ok(())
    }

    /// The outputs of the last inference.
    pub(super) fn answer(&self) -> &[TValue] {
        &self.answer
    }

    /// The model that is run.
    pub(super) fn model(&self) -> &TypedModel {
        self.state.model()
    }
}

/// Copies a tensor into tract's memory.
pub(super) fn upload(tensor: &Tensor) -> Result<TValue, Fault> {
    let refused = |why: String| Fault::run(format!("input {}: tract refuses it: {why}", tensor.name));
    let (Some(dtype), Data::Bytes(bytes)) = (datum_type(tensor.dtype), &tensor.data) else {
        return Err(refused(format!("it has no type {}", tensor.dtype)));
    };
    let shape: Vec<usize> = tensor.shape.iter().map(|&n| n as usize).collect();
    let room = shape.iter().product::<usize>() * dtype.size_of();
    if room != bytes.len() {
        return Err(refused(format!("it takes {room} bytes, {} has {}", tensor.describe(), bytes.len())));
    }
    // SAFETY: there are as many bytes as the shape has elements of a plain type.
    let value = unsafe { tract_onnx::prelude::Tensor::from_raw_dt(dtype, &shape, bytes) };
    value.map(|v| TValue::from_const(v.into_arc_tensor())).map_err(|e| refused(super::words(&e)))
}
