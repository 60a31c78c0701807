//! Inputs and outputs bound once, then one call of the C API per inference.

use super::profiled::{ByInference, BySession};
use super::sys::Binding;
use super::values;
use crate::engine::{Profiling, Stream};
use crate::tensor::Tensor;
use nntop_core::event::Fault;
use ort::memory::Allocator;
use ort::session::Session;
use std::path::Path;
use std::sync::Arc;

/// A session with its inputs and outputs bound.
pub(super) struct BoundStream {
    binding: Binding,
    /// The library that runs it, for functions that `ort` does not know.
    library: String,
}

impl BoundStream {
    pub(super) fn new(session: Arc<Session>, inputs: &[Tensor], library: String) -> Result<Self, Fault> {
        let refused = |e: ort::Error| Fault::run(format!("ONNX Runtime refuses to bind: {e}"));
        let mut binding = Binding::new(Arc::clone(&session)).map_err(refused)?;
        for tensor in inputs {
            let value = values::upload(&session, tensor)?;
            binding.bind_input(tensor.name.as_str(), &value).map_err(refused)?;
        }
        // Outputs stay in CPU memory of ONNX Runtime's own, reused from call to call: shapes that depend on
        // data are legal this way, and sequences and maps too.
        let memory = Allocator::default();
        for output in session.outputs() {
            binding.bind_output(output.name(), memory.memory_info()).map_err(refused)?;
        }
        Ok(Self { binding, library })
    }
}

impl Stream for BoundStream {
    #[inline]
    fn infer(&mut self) -> Result<(), Fault> {
        self.binding.run(None).map_err(super::failed)
    }

    fn outputs(&self) -> Result<Vec<Tensor>, Fault> {
        let named = self.binding.session().outputs();
        let mut tensors = Vec::new();
        for (place, value) in self.binding.outputs().map_err(super::failed)? {
            let Some(output) = named.get(place) else { break };
            tensors.extend(values::download(output.name(), value)?);
        }
        Ok(tensors)
    }

    fn profiled<'a>(&'a mut self, folder: &Path, inferences: u64) -> Result<Box<dyn Profiling + 'a>, Fault> {
        Ok(Box::new(ByInference::new(&mut self.binding, Path::new(&self.library), folder, inferences)?))
    }
}

/// A stream of a session that was built with its profiler on. It counts its inferences.
pub(super) struct RecordedStream {
    stream: BoundStream,
    inferences: u64,
}

impl RecordedStream {
    pub(super) fn new(stream: BoundStream) -> Self {
        Self { stream, inferences: 0 }
    }
}

impl Stream for RecordedStream {
    fn infer(&mut self) -> Result<(), Fault> {
        self.inferences += 1;
        self.stream.infer()
    }

    fn outputs(&self) -> Result<Vec<Tensor>, Fault> {
        self.stream.outputs()
    }

    fn profiled<'a>(&'a mut self, _folder: &Path, _inferences: u64) -> Result<Box<dyn Profiling + 'a>, Fault> {
        Ok(Box::new(BySession::new(&mut self.stream, self.inferences)))
    }
}
