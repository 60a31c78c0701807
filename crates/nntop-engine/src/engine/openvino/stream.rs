//! A request whose inputs were filled once, then one call of the C API per inference.

use super::api::{CShape, Handle, Status};
use super::model::Compiled;
use crate::engine::Stream;
use crate::tensor::{Data, DataType, Tensor, elements};
use nntop_core::event::Fault;
use std::sync::Arc;

/// An inference request. Inputs and outputs are tensors of its own.
pub(super) struct BoundStream {
    pub(super) request: Handle,
    infer: unsafe extern "C" fn(Handle) -> Status,
    // After the request: it must be released later.
    pub(super) compiled: Arc<Compiled>,
}

// SAFETY: a request is used by one thread at a time, through `&mut` or by its owner; OpenVINO ties none to a thread.
unsafe impl Send for BoundStream {}

impl BoundStream {
    pub(super) fn new(compiled: Arc<Compiled>, inputs: &[Tensor]) -> Result<Self, Fault> {
        let core = Arc::clone(&compiled.core);
        let mut request = std::ptr::null_mut();
        // SAFETY: the compiled model is valid; an out-parameter.
        let status = unsafe { (core.api.ov_compiled_model_create_infer_request)(compiled.handle, &raw mut request) };
        core.check(status).map_err(|why| Fault::run(format!("OpenVINO makes no request: {why}")))?;
        let stream = Self { request, infer: core.api.ov_infer_request_infer, compiled };
        inputs.iter().enumerate().try_for_each(|(place, tensor)| stream.fill(place, tensor))?;
        Ok(stream)
    }

    /// Copies values into the request's own tensor.
    fn fill(&self, place: usize, tensor: &Tensor) -> Result<(), Fault> {
        let core = &self.compiled.core;
        let refused = |why: String| Fault::run(format!("input {}: OpenVINO refuses it: {why}", tensor.name));
        let Data::Bytes(bytes) = &tensor.data else { return Err(refused("strings are not passed on".into())) };
        let mut handle = std::ptr::null_mut();
        // SAFETY: the request is valid; an out-parameter.
        let status =
            unsafe { (core.api.ov_infer_request_get_input_tensor_by_index)(self.request, place, &raw mut handle) };
        core.check(status).map_err(refused)?;
        let own = OwnTensor { compiled: &self.compiled, handle };
        let room = own.bytes().map_err(refused)?;
        if room != bytes.len() {
            let (what, has) = (tensor.describe(), bytes.len());
            return Err(refused(format!("it takes {room} bytes, {what} has {has}")));
        }
        if room > 0 {
            let to = own.data().map_err(refused)?;
            // SAFETY: the tensor has exactly `room` bytes of host memory.
            unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), to, room) };
        }
        Ok(())
    }

    fn output(&self, place: usize, name: &str) -> Result<Option<Tensor>, String> {
        let core = &self.compiled.core;
        let mut handle = std::ptr::null_mut();
        // SAFETY: the request is valid; an out-parameter.
        core.check(unsafe {
            (core.api.ov_infer_request_get_output_tensor_by_index)(self.request, place, &raw mut handle)
        })?;
        let own = OwnTensor { compiled: &self.compiled, handle };
        let Some(dtype) = own.dtype()?.filter(|t| *t != DataType::String) else { return Ok(None) };
        let shape = own.shape()?;
        let room = own.bytes()?;
        let mut bytes = vec![0u8; room];
        if room > 0 && elements(&shape) != Some(0) {
            let from = own.data()?;
            // SAFETY: the tensor has exactly `room` bytes of host memory.
            unsafe { std::ptr::copy_nonoverlapping(from, bytes.as_mut_ptr(), room) };
        }
        Ok(Some(Tensor { name: name.into(), dtype, shape, data: Data::Bytes(bytes) }))
    }
}

impl Stream for BoundStream {
    #[inline]
    fn infer(&mut self) -> Result<(), Fault> {
        // SAFETY: the request lives as long as `self`, and only this thread runs it.
        let status = unsafe { (self.infer)(self.request) };
        if status == 0 {
            return Ok(());
        }
        let why = self.compiled.core.check(status).err().unwrap_or_default();
        Err(Fault::run(format!("the inference failed: {why}")))
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

impl Drop for BoundStream {
    fn drop(&mut self) {
        // SAFETY: the compiled model is released after this.
        unsafe { (self.compiled.core.api.ov_infer_request_free)(self.request) }
    }
}

/// A tensor of a request; the handle to it is ours.
struct OwnTensor<'a> {
    compiled: &'a Compiled,
    handle: Handle,
}

impl OwnTensor<'_> {
    fn bytes(&self) -> Result<usize, String> {
        let mut bytes = 0;
        let core = &self.compiled.core;
        // SAFETY: the handle is valid; an out-parameter. The same below.
        core.check(unsafe { (core.api.ov_tensor_get_byte_size)(self.handle, &raw mut bytes) })?;
        Ok(bytes)
    }

    fn data(&self) -> Result<*mut u8, String> {
        let mut data = std::ptr::null_mut();
        let core = &self.compiled.core;
        core.check(unsafe { (core.api.ov_tensor_data)(self.handle, &raw mut data) })?;
        if data.is_null() { Err("it has no memory".into()) } else { Ok(data.cast()) }
    }

    fn dtype(&self) -> Result<Option<DataType>, String> {
        let mut number = 0;
        let core = &self.compiled.core;
        core.check(unsafe { (core.api.ov_tensor_get_element_type)(self.handle, &raw mut number) })?;
        Ok(core.elements.data_type(number))
    }

    fn shape(&self) -> Result<Vec<u64>, String> {
        let core = &self.compiled.core;
        let mut shape = CShape { rank: 0, dims: std::ptr::null_mut() };
        core.check(unsafe { (core.api.ov_tensor_get_shape)(self.handle, &raw mut shape) })?;
        let rank = if shape.dims.is_null() { 0 } else { usize::try_from(shape.rank).unwrap_or(0) };
        // SAFETY: there are as many sizes as the rank says, until they are released.
        unsafe {
            let sizes = (0..rank).map(|i| u64::try_from(*shape.dims.add(i)).unwrap_or(0)).collect();
            (core.api.ov_shape_free)(&raw mut shape);
            Ok(sizes)
        }
    }
}

impl Drop for OwnTensor<'_> {
    fn drop(&mut self) {
        // SAFETY: the request keeps the memory; only the handle goes.
        unsafe { (self.compiled.core.api.ov_tensor_free)(self.handle) }
    }
}
