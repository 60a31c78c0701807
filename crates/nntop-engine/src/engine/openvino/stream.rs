//! A request whose inputs were filled once, then one call of the C API per inference.

use super::compiled::Compiled;
use super::sys::{Counter, Request};
use crate::engine::Stream;
use crate::tensor::{Data, DataType, Tensor, elements};
use nntop_core::event::Fault;
use std::sync::Arc;

/// An inference request. Inputs and outputs are tensors of its own.
pub(super) struct BoundStream {
    request: Request,
    compiled: Arc<Compiled>,
}

impl BoundStream {
    pub(super) fn new(compiled: Arc<Compiled>, inputs: &[Tensor]) -> Result<Self, Fault> {
        let request = Request::new(Arc::clone(&compiled.sys))
            .map_err(|why| Fault::run(format!("OpenVINO makes no request: {why}")))?;
        let mut stream = Self { request, compiled };
        inputs.iter().enumerate().try_for_each(|(place, tensor)| stream.fill(place, tensor))?;
        Ok(stream)
    }

    /// Copies values into the request's own tensor.
    fn fill(&mut self, place: usize, tensor: &Tensor) -> Result<(), Fault> {
        let refused = |why: String| Fault::run(format!("input {}: OpenVINO refuses it: {why}", tensor.name));
        let Data::Bytes(bytes) = &tensor.data else { return Err(refused("strings are not passed on".into())) };
        let mut own = self.request.input(place).map_err(refused)?;
        if !own.fill(bytes).map_err(refused)? {
            let (room, what, has) = (own.size().map_err(refused)?, tensor.describe(), bytes.len());
            return Err(refused(format!("it takes {room} bytes, {what} has {has}")));
        }
        Ok(())
    }

    fn output(&self, place: usize, name: &str) -> Result<Option<Tensor>, String> {
        let own = self.request.output(place)?;
        let dtype = self.compiled.core.elements.data_type(own.element()?);
        let Some(dtype) = dtype.filter(|t| *t != DataType::String) else { return Ok(None) };
        let shape = own.shape()?;
        let bytes = if elements(&shape) == Some(0) { vec![0; own.size()?] } else { own.bytes()? };
        Ok(Some(Tensor { name: name.into(), dtype, shape, data: Data::Bytes(bytes) }))
    }

    /// The counters of its operators, where the model was compiled with them.
    pub(super) fn counters(&self) -> Result<Vec<Counter>, String> {
        self.request.counters()
    }
}

impl Stream for BoundStream {
    #[inline]
    fn infer(&mut self) -> Result<(), Fault> {
        self.request.infer().map_err(|why| Fault::run(format!("the inference failed: {why}")))
    }

    fn outputs(&self) -> Result<Vec<Tensor>, Fault> {
        let mut tensors = Vec::new();
        for (place, spec) in self.compiled.outputs.iter().enumerate() {
            let read = self.output(place, &spec.name);
            tensors.extend(read.map_err(|why| Fault::run(format!("output {}: cannot be read: {why}", spec.name)))?);
        }
        Ok(tensors)
    }
}
