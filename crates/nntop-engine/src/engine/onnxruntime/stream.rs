//! Inputs and outputs bound once, then one call of the C API per inference.
//!
//! `ort`'s `run_binding` collects its outputs on every call, which allocates; `RunWithBinding` through the
//! API table does not.

use super::profiled::ProfiledStream;
use super::{message, values};
use crate::engine::{Profiling, Stream};
use crate::tensor::Tensor;
use nntop_core::event::Fault;
use ort::AsPointer;
use ort::session::{IoBinding, Session};
use std::ffi::CStr;
use std::path::Path;
use std::sync::Arc;

/// A session with its inputs and outputs bound.
pub(super) struct BoundStream {
    // Before the session: it must be released first.
    binding: IoBinding,
    session: Arc<Session>,
    run: unsafe extern "system" fn(
        *mut ort::sys::OrtSession,
        *const ort::sys::OrtRunOptions,
        *const ort::sys::OrtIoBinding,
    ) -> ort::sys::OrtStatusPtr,
    /// The library that runs it, for functions that `ort` does not know.
    library: String,
}

impl BoundStream {
    pub(super) fn new(session: Arc<Session>, inputs: &[Tensor], library: String) -> Result<Self, Fault> {
        let refused = |e: ort::Error| Fault::run(format!("ONNX Runtime refuses to bind: {e}"));
        let mut binding = session.create_binding().map_err(refused)?;
        for tensor in inputs {
            let value = values::upload(&session, tensor)?;
            binding.bind_input(tensor.name.as_str(), &value).map_err(refused)?;
        }
        // Outputs stay in CPU memory of ONNX Runtime's own, reused from call to call: shapes that depend on
        // data are legal this way, and sequences and maps too.
        let memory = values::default_allocator();
        for output in session.outputs() {
            binding.bind_output_to_device(output.name(), memory.memory_info()).map_err(refused)?;
        }
        Ok(Self { binding, session, run: ort::api().RunWithBinding, library })
    }

    /// One call. Null options are the defaults.
    #[inline]
    pub(super) fn run_with(&mut self, options: *const ort::sys::OrtRunOptions) -> Result<(), Fault> {
        // SAFETY: session and binding live as long as `self`, and only this thread runs them; options are null or a
        // caller's that outlive the call.
        let status = unsafe { (self.run)(self.session.ptr().cast_mut(), options, self.binding.ptr()) };
        if status.0.is_null() {
            return Ok(());
        }
        Err(failed(status))
    }
}

// SAFETY: a binding is used through `&mut` or by whoever owns it, so by one thread at a time; ONNX Runtime ties neither
// it nor its values to the thread that made them. The session is shared: its `Run` functions may be called from several
// threads at once (those of providers that cannot are serialised by ONNX Runtime itself), each with its own binding.
unsafe impl Send for BoundStream {}

impl Stream for BoundStream {
    #[inline]
    fn infer(&mut self) -> Result<(), Fault> {
        self.run_with(std::ptr::null())
    }

    fn outputs(&self) -> Result<Vec<Tensor>, Fault> {
        let api = ort::api();
        let allocator = values::default_allocator();
        let mut list: *mut *mut ort::sys::OrtValue = std::ptr::null_mut();
        let mut count = 0usize;
        // SAFETY: out-parameters are valid; the allocator outlives the list.
        let status = unsafe {
            (api.GetBoundOutputValues)(self.binding.ptr(), allocator.ptr().cast_mut(), &raw mut list, &raw mut count)
        };
        if !status.0.is_null() {
            return Err(failed(status));
        }
        let mut tensors = Vec::new();
        for (i, output) in self.session.outputs().iter().enumerate().take(count) {
            // SAFETY: the list has `count` values, each handed over to us to release, which the value does.
            let value = unsafe {
                let Some(pointer) = std::ptr::NonNull::new(*list.add(i)) else { continue };
                ort::value::DynValue::from_ptr(pointer, Some(&allocator))
            };
            tensors.extend(values::download(output.name(), value)?);
        }
        // SAFETY: the list itself came from this allocator.
        unsafe {
            if let Some(free) = (*allocator.ptr()).Free {
                free(allocator.ptr().cast_mut(), list.cast());
            }
        }
        Ok(tensors)
    }

    fn profiled<'a>(&'a mut self, folder: &Path, inferences: u64) -> Result<Box<dyn Profiling + 'a>, Fault> {
        let library = self.library.clone();
        Ok(Box::new(ProfiledStream::new(self, Path::new(&library), folder, inferences)?))
    }
}

/// Off the timed path: only when an inference has failed.
#[cold]
fn failed(status: ort::sys::OrtStatusPtr) -> Fault {
    Fault::run(format!("the inference failed: {}", said(status)))
}

/// What a status that is not null says. Releases it.
#[cold]
pub(super) fn said(status: ort::sys::OrtStatusPtr) -> String {
    let api = ort::api();
    // SAFETY: the status is not null; it is released after its message was copied.
    let text = unsafe {
        let text = CStr::from_ptr((api.GetErrorMessage)(status.0)).to_string_lossy().into_owned();
        (api.ReleaseStatus)(status.0);
        text
    };
    message::clean(&text)
}
