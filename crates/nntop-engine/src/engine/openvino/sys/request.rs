//! `ov_infer_request_t`: an inference with inputs and outputs of its own.

use super::api::{self, CShape, Counters, RawRequest, RawTensor, Status};
use super::compiled::CompiledModel;
use std::ffi::{CStr, c_char};
use std::ptr::NonNull;
use std::sync::Arc;

/// A request.
pub(in super::super) struct Request {
    raw: NonNull<RawRequest>,
    infer: unsafe extern "C" fn(*mut RawRequest) -> Status,
    // After the request: it must be released later.
    compiled: Arc<CompiledModel>,
}

// SAFETY: a request is used by one thread at a time, through `&mut` or by its owner; OpenVINO ties none to a thread.
unsafe impl Send for Request {}

impl Request {
    pub(in super::super) fn new(compiled: Arc<CompiledModel>) -> Result<Self, String> {
        let library = compiled.core.library;
        let mut raw = std::ptr::null_mut();
        let create = library.0.ov_compiled_model_create_infer_request;
        // SAFETY: the compiled model is valid; an out-parameter.
        library.check(unsafe { create(compiled.raw.as_ptr(), &raw mut raw) })?;
        let raw = NonNull::new(raw).ok_or("no request")?;
        Ok(Self { raw, infer: library.0.ov_infer_request_infer, compiled })
    }

    /// One inference.
    #[inline]
    pub(in super::super) fn infer(&mut self) -> Result<(), String> {
        // SAFETY: the request lives as long as `self`, and only this thread runs it.
        let status = unsafe { (self.infer)(self.raw.as_ptr()) };
        self.compiled.core.library.check(status)
    }

    /// An input's tensor.
    pub(in super::super) fn input(&mut self, place: usize) -> Result<RequestTensor<'_>, String> {
        self.tensor(self.compiled.core.library.0.ov_infer_request_get_input_tensor_by_index, place)
    }

    /// An output's tensor.
    pub(in super::super) fn output(&self, place: usize) -> Result<RequestTensor<'_>, String> {
        self.tensor(self.compiled.core.library.0.ov_infer_request_get_output_tensor_by_index, place)
    }

    fn tensor(
        &self,
        get: unsafe extern "C" fn(*mut RawRequest, usize, *mut *mut RawTensor) -> Status,
        place: usize,
    ) -> Result<RequestTensor<'_>, String> {
        let mut raw = std::ptr::null_mut();
        // SAFETY: the request is valid; an out-parameter.
        self.compiled.core.library.check(unsafe { get(self.raw.as_ptr(), place, &raw mut raw) })?;
        Ok(RequestTensor { request: self, raw: NonNull::new(raw).ok_or("no tensor")? })
    }

    /// The counters of its operators, where the model was compiled with them.
    pub(in super::super) fn counters(&self) -> Result<Vec<Counter>, String> {
        let library = self.compiled.core.library;
        let mut counters = Counters { list: std::ptr::null_mut(), count: 0 };
        let get = library.0.ov_infer_request_get_profiling_info;
        // SAFETY: the request is valid; an out-parameter.
        library.check(unsafe { get(self.raw.as_ptr(), &raw mut counters) })?;
        let count = if counters.list.is_null() { 0 } else { counters.count };
        // SAFETY: there are as many counters as the list says, their texts end with a zero, and the list is released once it
        // is copied.
        unsafe {
            let read = (0..count).map(|i| Counter::of(&*counters.list.add(i))).collect();
            (library.0.ov_profiling_info_list_free)(&raw mut counters);
            Ok(read)
        }
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        // SAFETY: the compiled model is released after this.
        unsafe { (self.compiled.core.library.0.ov_infer_request_free)(self.raw.as_ptr()) }
    }
}

/// A tensor of a request, which keeps its memory.
pub(in super::super) struct RequestTensor<'a> {
    request: &'a Request,
    raw: NonNull<RawTensor>,
}

impl RequestTensor<'_> {
    /// The number of its element type.
    pub(in super::super) fn element(&self) -> Result<u32, String> {
        let library = self.request.compiled.core.library;
        let mut number = 0;
        // SAFETY: the tensor is valid; an out-parameter.
        library.check(unsafe { (library.0.ov_tensor_get_element_type)(self.raw.as_ptr(), &raw mut number) })?;
        Ok(number)
    }

    /// The sizes of its axes.
    pub(in super::super) fn shape(&self) -> Result<Vec<u64>, String> {
        let library = self.request.compiled.core.library;
        let mut shape = CShape { rank: 0, dims: std::ptr::null_mut() };
        // SAFETY: the tensor is valid; an out-parameter.
        library.check(unsafe { (library.0.ov_tensor_get_shape)(self.raw.as_ptr(), &raw mut shape) })?;
        let rank = if shape.dims.is_null() { 0 } else { usize::try_from(shape.rank).unwrap_or(0) };
        // SAFETY: there are as many sizes as the rank says, until they are released.
        unsafe {
            let sizes = (0..rank).map(|i| u64::try_from(*shape.dims.add(i)).unwrap_or(0)).collect();
            (library.0.ov_shape_free)(&raw mut shape);
            Ok(sizes)
        }
    }

    /// How many bytes it has.
    pub(in super::super) fn size(&self) -> Result<usize, String> {
        let library = self.request.compiled.core.library;
        let mut bytes = 0;
        // SAFETY: the tensor is valid; an out-parameter.
        library.check(unsafe { (library.0.ov_tensor_get_byte_size)(self.raw.as_ptr(), &raw mut bytes) })?;
        Ok(bytes)
    }

    /// Copies as many bytes into it as it has; `false` where that is another number.
    pub(in super::super) fn fill(&mut self, bytes: &[u8]) -> Result<bool, String> {
        if self.size()? != bytes.len() {
            return Ok(false);
        }
        if !bytes.is_empty() {
            let to = self.memory()?;
            // SAFETY: the tensor has exactly as many bytes of host memory, and is borrowed for writing.
            unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), to.as_ptr(), bytes.len()) };
        }
        Ok(true)
    }

    /// Its bytes, copied.
    pub(in super::super) fn bytes(&self) -> Result<Vec<u8>, String> {
        let mut bytes = vec![0u8; self.size()?];
        if !bytes.is_empty() {
            let from = self.memory()?;
            // SAFETY: the tensor has exactly as many bytes of host memory.
            unsafe { std::ptr::copy_nonoverlapping(from.as_ptr(), bytes.as_mut_ptr(), bytes.len()) };
        }
        Ok(bytes)
    }

    fn memory(&self) -> Result<NonNull<u8>, String> {
        let library = self.request.compiled.core.library;
        let mut data = std::ptr::null_mut();
        // SAFETY: the tensor is valid; an out-parameter.
        library.check(unsafe { (library.0.ov_tensor_data)(self.raw.as_ptr(), &raw mut data) })?;
        NonNull::new(data.cast()).ok_or_else(|| "it has no memory".into())
    }
}

impl Drop for RequestTensor<'_> {
    fn drop(&mut self) {
        // SAFETY: the request keeps the memory; only this pointer to it goes.
        unsafe { (self.request.compiled.core.library.0.ov_tensor_free)(self.raw.as_ptr()) }
    }
}

/// An operator's counter.
pub(in super::super) struct Counter {
    /// 0: did not run, 1: optimised out, 2: ran; a newer version may have others.
    pub(in super::super) status: i32,
    /// Microseconds, whole ones.
    pub(in super::super) real_time: i64,
    pub(in super::super) node_name: String,
    pub(in super::super) exec_type: String,
    pub(in super::super) node_type: String,
}

impl Counter {
    /// # Safety
    /// Its texts must be null or end with a zero.
    unsafe fn of(raw: &api::Counter) -> Self {
        let text = |t: *const c_char| match t.is_null() {
            true => String::new(),
            // SAFETY: the caller's promise.
            false => unsafe { CStr::from_ptr(t) }.to_string_lossy().into_owned(),
        };
        Self {
            status: raw.status,
            real_time: raw.real_time,
            node_name: text(raw.node_name),
            exec_type: text(raw.exec_type),
            node_type: text(raw.node_type),
        }
    }
}
