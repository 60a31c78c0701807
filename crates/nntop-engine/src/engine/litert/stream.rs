//! Buffers filled once, then one call of the C API per inference.

use super::compiled::Compiled;
use super::file::File;
use super::status::Status;
use super::sys::{Event, FillError, Layout, Run};
use crate::engine::Stream;
use crate::tensor::{Data, DataType, Tensor, TensorSpec};
use nntop_core::event::Fault;
use std::sync::Arc;

/// A compiled model with buffers for its inputs and outputs.
pub(super) struct BoundStream {
    run: Run,
    shapes: Vec<Vec<u64>>,
    pub(super) file: Arc<File>,
}

impl BoundStream {
    pub(super) fn new(compiled: Compiled, tensors: &[Tensor]) -> Result<Self, Fault> {
        let inputs = (0..tensors.len()).map(|place| compiled.input_layout(place)).collect::<Result<Vec<_>, _>>()?;
        let outputs = compiled.output_layouts()?;
        let shapes = outputs.iter().map(Layout::shape).collect();
        let file = compiled.file;
        let failed = |status| file.failed(status);
        let mut run = Run::new(compiled.sys);
        for (place, (tensor, layout)) in tensors.iter().zip(inputs).enumerate() {
            run.add_input(element_type(tensor.dtype), layout).map_err(failed)?;
            fill(&mut run, place, tensor)?;
        }
        for (output, layout) in file.graph.outputs.iter().zip(outputs) {
            run.add_output(element_type(output.dtype), layout).map_err(failed)?;
        }
        Ok(Self { run, shapes, file })
    }

    fn output(&self, place: usize, spec: &TensorSpec) -> Result<Option<Tensor>, String> {
        if spec.dtype == DataType::String {
            return Ok(None);
        }
        let (shape, bytes) = (self.shapes[place].clone(), self.run.output(place)?);
        Ok(Some(Tensor { name: spec.name.clone(), dtype: spec.dtype, shape, data: Data::Bytes(bytes) }))
    }

    /// Starts the model's profiler, anew where it was started before.
    pub(super) fn start_profiler(&mut self) -> Result<(), String> {
        self.run.start_profiler().map_err(|status| match status {
            Some(status) => format!("LiteRT's profiler: {status}"),
            None => "LiteRT has no profiler for this model".into(),
        })
    }

    /// Ends the profiler: what it has seen.
    pub(super) fn stop_profiler(&mut self) -> Result<Vec<Event>, Status> {
        self.run.stop_profiler()
    }
}

/// Copies values into an input's buffer.
fn fill(run: &mut Run, place: usize, tensor: &Tensor) -> Result<(), Fault> {
    let Data::Bytes(bytes) = &tensor.data else {
        return Err(Fault::run(format!("input {}: LiteRT takes no strings", tensor.name)));
    };
    run.fill(place, bytes).map_err(|e| {
        let why = match e {
            FillError::Size(room) => format!("it takes {room} bytes, {} has {}", tensor.describe(), bytes.len()),
            FillError::Refused(why) => why,
        };
        Fault::run(format!("input {}: LiteRT refuses it: {why}", tensor.name))
    })
}

impl Stream for BoundStream {
    #[inline]
    fn infer(&mut self) -> Result<(), Fault> {
        self.run.infer().map_err(|status| self.file.failed_to_infer(status))
    }

    fn outputs(&self) -> Result<Vec<Tensor>, Fault> {
        let mut tensors = Vec::new();
        for (place, spec) in self.file.graph.outputs.iter().enumerate() {
            let read = self.output(place, spec);
            tensors.extend(read.map_err(|why| Fault::run(format!("output {}: cannot be read: {why}", spec.name)))?);
        }
        Ok(tensors)
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
