//! Inputs and outputs bound to a session.

use super::status::check;
use ort::AsPointer;
use ort::memory::{Allocator, MemoryInfo};
use ort::session::{IoBinding, RunOptions, Session};
use ort::value::{DynTensor, DynValue};
use std::ptr::NonNull;
use std::sync::Arc;

type Run = unsafe extern "system" fn(
    *mut ort::sys::OrtSession,
    *const ort::sys::OrtRunOptions,
    *const ort::sys::OrtIoBinding,
) -> ort::sys::OrtStatusPtr;

/// A session with what is bound to it.
///
/// `ort`'s `run_binding` collects its outputs on every call, which allocates; `RunWithBinding` through the API table does
/// not.
pub(in super::super) struct Binding {
    // Before the session: it must be released first.
    binding: IoBinding,
    session: Arc<Session>,
    run: Run,
}

// SAFETY: a binding is used through `&mut` or by its owner, so by one thread at a time; ONNX Runtime ties neither
// it nor its values to the thread that made them. The session is shared: its `Run` functions may be called from several
// threads at once (those of providers that cannot are serialised by ONNX Runtime itself), each with its own binding.
unsafe impl Send for Binding {}

impl Binding {
    /// Nothing is bound yet.
    pub(in super::super) fn new(session: Arc<Session>) -> ort::Result<Self> {
        Ok(Self { binding: session.create_binding()?, session, run: ort::api().RunWithBinding })
    }

    /// The session that it is bound to.
    pub(in super::super) fn session(&self) -> &Session {
        &self.session
    }

    pub(in super::super) fn bind_input(&mut self, name: &str, value: &DynTensor) -> ort::Result<()> {
        self.binding.bind_input(name, value)
    }

    /// Lets ONNX Runtime make the output's memory.
    pub(in super::super) fn bind_output(&mut self, name: &str, memory: &MemoryInfo) -> ort::Result<()> {
        self.binding.bind_output_to_device(name, memory)
    }

    /// One inference. Without options it has the defaults.
    #[inline]
    pub(in super::super) fn run(&mut self, options: Option<&RunOptions>) -> Result<(), String> {
        let options = options.map_or(std::ptr::null(), AsPointer::ptr);
        // SAFETY: session and binding live as long as `self`, and only this thread runs them; options are null or outlive
        // the call.
        check(unsafe { (self.run)(self.session.ptr().cast_mut(), options, self.binding.ptr()) })
    }

    /// What the last inference has put out, by the output's place.
    pub(in super::super) fn outputs(&self) -> Result<Vec<(usize, DynValue)>, String> {
        let api = ort::api();
        let allocator = Allocator::default();
        let mut list: *mut *mut ort::sys::OrtValue = std::ptr::null_mut();
        let mut count = 0usize;
        // SAFETY: out-parameters are valid; the allocator outlives the list.
        check(unsafe {
            (api.GetBoundOutputValues)(self.binding.ptr(), allocator.ptr().cast_mut(), &raw mut list, &raw mut count)
        })?;
        let mut values = Vec::with_capacity(count);
        for place in 0..count {
            // SAFETY: the list has `count` values, each handed over to us to release, which the value does.
            values.extend(unsafe {
                NonNull::new(*list.add(place)).map(|value| (place, DynValue::from_ptr(value, Some(&allocator))))
            });
        }
        // SAFETY: the list itself came from this allocator, and is not used any more.
        unsafe {
            if let Some(free) = (*allocator.ptr()).Free {
                free(allocator.ptr().cast_mut(), list.cast());
            }
        }
        Ok(values)
    }
}
