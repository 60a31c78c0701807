//! `LiteRtCompiledModel`: a model that is ready to run.

use super::super::status::Status;
use super::api::{Layout, RawCompiled};
use super::model::Model;
use super::options::Options;
use super::{check, handed_over};
use std::ptr::NonNull;
use std::sync::Arc;

/// A compiled model.
pub(in super::super) struct CompiledModel {
    pub(super) raw: NonNull<RawCompiled>,
    pub(super) model: Arc<Model>,
}

// SAFETY: a compiled model is used by one thread at a time, through `&mut` or by its owner; LiteRT ties none to a thread.
unsafe impl Send for CompiledModel {}

impl CompiledModel {
    pub(in super::super) fn new(model: Arc<Model>, options: &Options<'_>) -> Result<Self, Status> {
        let mut raw = std::ptr::null_mut();
        let environment = &model.environment;
        let compile = environment.api.LiteRtCreateCompiledModel;
        // SAFETY: all that goes in is valid; an out-parameter.
        check(unsafe { compile(environment.raw.as_ptr(), model.raw.as_ptr(), options.raw.as_ptr(), &raw mut raw) })?;
        Ok(Self { raw: handed_over(raw)?, model })
    }

    /// Gives an input these sizes.
    pub(in super::super) fn resize(&mut self, place: usize, dims: &[i32]) -> Result<(), Status> {
        let resize = self.model.environment.api.LiteRtCompiledModelResizeInputTensor;
        // SAFETY: the model is valid; the sizes live for the call.
        check(unsafe { resize(self.raw.as_ptr(), 0, place, dims.as_ptr(), dims.len()) })
    }

    pub(in super::super) fn input_layout(&self, place: usize) -> Result<Layout, Status> {
        let mut layout = Layout::EMPTY;
        let get = self.model.environment.api.LiteRtGetCompiledModelInputTensorLayout;
        // SAFETY: the model is valid; an out-parameter.
        check(unsafe { get(self.raw.as_ptr(), 0, place, &raw mut layout) })?;
        Ok(layout)
    }

    /// The shapes of the first outputs, once the inputs have theirs.
    pub(in super::super) fn output_layouts(&self, count: usize) -> Result<Vec<Layout>, Status> {
        let mut layouts = vec![Layout::EMPTY; count];
        let get = self.model.environment.api.LiteRtGetCompiledModelOutputTensorLayouts;
        // SAFETY: the model is valid; there is room for as many as are asked for.
        check(unsafe { get(self.raw.as_ptr(), 0, layouts.len(), layouts.as_mut_ptr(), true) })?;
        Ok(layouts)
    }

    /// Whether an accelerator, such as XNNPACK, runs all operators.
    pub(in super::super) fn is_fully_accelerated(&self) -> Option<bool> {
        let mut all = false;
        let get = self.model.environment.api.LiteRtCompiledModelIsFullyAccelerated;
        // SAFETY: the model is valid; an out-parameter.
        check(unsafe { get(self.raw.as_ptr(), &raw mut all) }).ok()?;
        Some(all)
    }
}

impl Drop for CompiledModel {
    fn drop(&mut self) {
        // SAFETY: a run has released its buffers before.
        unsafe { (self.model.environment.api.LiteRtDestroyCompiledModel)(self.raw.as_ptr()) }
    }
}
