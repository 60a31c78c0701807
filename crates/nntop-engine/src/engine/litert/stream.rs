//! Buffers filled once, then one call of the C API per inference.

use super::api::{Handle, Layout, Status, TensorType};
use super::compiled::Compiled;
use crate::engine::Stream;
use crate::tensor::{Data, DataType, Tensor, TensorSpec};
use nntop_core::event::Fault;

/// How a buffer is locked.
const READ: i32 = 0;
const WRITE: i32 = 1;

/// A compiled model with buffers for its inputs and outputs.
pub(super) struct BoundStream {
    inputs: Vec<Handle>,
    outputs: Vec<Handle>,
    shapes: Vec<Vec<u64>>,
    run: unsafe extern "C" fn(Handle, usize, usize, *const Handle, usize, *const Handle) -> Status,
    // After the buffers: it must be released later.
    pub(super) compiled: Compiled,
}

// SAFETY: a compiled model and its buffers are used by one thread at a time, through `&mut` or by their owner; LiteRT
// ties none of them to a thread.
unsafe impl Send for BoundStream {}

impl BoundStream {
    pub(super) fn new(compiled: Compiled, tensors: &[Tensor]) -> Result<Self, Fault> {
        let run = compiled.file.runtime.api.LiteRtRunCompiledModel;
        let layouts = compiled.output_layouts()?;
        let shapes = layouts.iter().map(Layout::shape).collect();
        let mut stream = Self { inputs: Vec::new(), outputs: Vec::new(), shapes, run, compiled };
        for (place, tensor) in tensors.iter().enumerate() {
            let layout = stream.compiled.input_layout(place)?;
            let buffer = stream.buffer(place, true, tensor.dtype, layout)?;
            stream.inputs.push(buffer);
            stream.fill(buffer, tensor)?;
        }
        let outputs: Vec<DataType> = stream.compiled.file.graph.outputs.iter().map(|o| o.dtype).collect();
        for (place, (dtype, layout)) in outputs.into_iter().zip(layouts).enumerate() {
            let buffer = stream.buffer(place, false, dtype, layout)?;
            stream.outputs.push(buffer);
        }
        Ok(stream)
    }

    /// A buffer as the compiled model wants it.
    fn buffer(&self, place: usize, input: bool, dtype: DataType, layout: Layout) -> Result<Handle, Fault> {
        let file = &self.compiled.file;
        let api = &file.runtime.api;
        let get = match input {
            true => api.LiteRtGetCompiledModelInputBufferRequirements,
            false => api.LiteRtGetCompiledModelOutputBufferRequirements,
        };
        let (mut requirements, mut buffer) = (std::ptr::null_mut(), std::ptr::null_mut());
        let tensor_type = TensorType { element_type: element_type(dtype), layout };
        // SAFETY: the model is valid; the requirements are its own, the buffer is ours to release.
        let status = unsafe {
            match get(self.compiled.handle, 0, place, &raw mut requirements) {
                0 => (api.LiteRtCreateManagedTensorBufferFromRequirements)(
                    file.runtime.environment,
                    &raw const tensor_type,
                    requirements,
                    &raw mut buffer,
                ),
                status => status,
            }
        };
        if status == 0 { Ok(buffer) } else { Err(file.failed(status)) }
    }

    fn fill(&self, buffer: Handle, tensor: &Tensor) -> Result<(), Fault> {
        let Data::Bytes(bytes) = &tensor.data else {
            return Err(Fault::run(format!("input {}: LiteRT takes no strings", tensor.name)));
        };
        let refused = |why: String| Fault::run(format!("input {}: LiteRT refuses it: {why}", tensor.name));
        self.locked(buffer, WRITE, |to, room| {
            if room != bytes.len() {
                return Err(format!("it takes {room} bytes, {} has {}", tensor.describe(), bytes.len()));
            }
            // SAFETY: the buffer has exactly `room` bytes while it is locked.
            unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), to, room) };
            Ok(())
        })
        .map_err(refused)
    }

    /// Does something with a buffer's memory and its size without padding.
    fn locked<T>(
        &self,
        buffer: Handle,
        mode: i32,
        work: impl FnOnce(*mut u8, usize) -> Result<T, String>,
    ) -> Result<T, String> {
        let api = &self.compiled.file.runtime.api;
        let (mut memory, mut size) = (std::ptr::null_mut(), 0);
        // SAFETY: the buffer is valid; it is unlocked once it was locked.
        unsafe {
            match (api.LiteRtGetTensorBufferPackedSize)(buffer, &raw mut size) {
                0 => {}
                status => return Err(super::api::words(status)),
            }
            match (api.LiteRtLockTensorBuffer)(buffer, &raw mut memory, mode) {
                0 => {}
                status => return Err(super::api::words(status)),
            }
            let done = if memory.is_null() && size > 0 { Err("no memory".into()) } else { work(memory.cast(), size) };
            (api.LiteRtUnlockTensorBuffer)(buffer);
            done
        }
    }

    fn output(&self, place: usize, spec: &TensorSpec) -> Result<Option<Tensor>, String> {
        if spec.dtype == DataType::String {
            return Ok(None);
        }
        let shape = self.shapes[place].clone();
        let bytes = self.locked(self.outputs[place], READ, |from, size| {
            let mut bytes = vec![0u8; size];
            // SAFETY: the buffer has exactly `size` bytes while it is locked.
            unsafe { std::ptr::copy_nonoverlapping(from, bytes.as_mut_ptr(), size) };
            Ok(bytes)
        })?;
        Ok(Some(Tensor { name: spec.name.clone(), dtype: spec.dtype, shape, data: Data::Bytes(bytes) }))
    }
}

impl Stream for BoundStream {
    #[inline]
    fn infer(&mut self) -> Result<(), Fault> {
        // SAFETY: model and buffers live as long as `self`, and only this thread uses them.
        let status = unsafe {
            (self.run)(
                self.compiled.handle,
                0,
                self.inputs.len(),
                self.inputs.as_ptr(),
                self.outputs.len(),
                self.outputs.as_ptr(),
            )
        };
        if status == 0 {
            return Ok(());
        }
        Err(Fault::run(format!("the inference failed: {}", super::api::words(status))))
    }

    fn outputs(&self) -> Result<Vec<Tensor>, Fault> {
        let mut tensors = Vec::new();
        for (place, spec) in self.compiled.file.graph.outputs.iter().enumerate() {
            let read = self.output(place, spec);
            tensors.extend(read.map_err(|why| Fault::run(format!("output {}: cannot be read: {why}", spec.name)))?);
        }
        Ok(tensors)
    }
}

impl Drop for BoundStream {
    fn drop(&mut self) {
        for &buffer in self.inputs.iter().chain(&self.outputs) {
            // SAFETY: each is ours, and released once.
            unsafe { (self.compiled.file.runtime.api.LiteRtDestroyTensorBuffer)(buffer) }
        }
    }
}

/// `LiteRtElementType`, which are the numbers of TensorFlow Lite's own types.
fn element_type(dtype: DataType) -> i32 {
    use DataType::*;
    match dtype {
        F32 => 1,
        I32 => 2,
        U8 => 3,
        I64 => 4,
        String => 5,
        Bool => 6,
        I16 => 7,
        C64 => 8,
        I8 => 9,
        F16 => 10,
        F64 => 11,
        C128 => 12,
        U64 => 13,
        U32 => 16,
        U16 => 17,
        I4 => 18,
        BF16 => 19,
        _ => 0,
    }
}
