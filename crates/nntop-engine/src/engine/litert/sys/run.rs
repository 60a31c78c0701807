//! A compiled model with its buffers (`LiteRtTensorBuffer`) and its profiler (`LiteRtProfiler`).

use super::super::status::Status;
use super::api::{self, Layout, RawBuffer, RawProfiler, TensorType};
use super::compiled::CompiledModel;
use super::{check, handed_over};
use std::ffi::CStr;
use std::ptr::NonNull;

/// How a buffer is locked.
const READ: i32 = 0;
const WRITE: i32 = 1;

/// A compiled model, with a buffer for each input and output.
pub(in super::super) struct Run {
    inputs: Vec<NonNull<RawBuffer>>,
    outputs: Vec<NonNull<RawBuffer>>,
    run: api::Run,
    /// The model's own, once it was started.
    profiler: Option<NonNull<RawProfiler>>,
    // After the buffers: it must be released later.
    compiled: CompiledModel,
}

// SAFETY: a compiled model, its buffers and its profiler are used by one thread at a time, through `&mut` or by their owner;
// LiteRT ties none of them to a thread.
unsafe impl Send for Run {}

/// Why a buffer was not filled.
pub(in super::super) enum FillError {
    /// It has another number of bytes: this.
    Size(usize),
    /// LiteRT's reason.
    Refused(String),
}

impl Run {
    /// It has no buffers yet.
    pub(in super::super) fn new(compiled: CompiledModel) -> Self {
        let run = compiled.model.environment.api.LiteRtRunCompiledModel;
        Self { inputs: Vec::new(), outputs: Vec::new(), run, profiler: None, compiled }
    }

    /// Adds the next input's buffer, for elements of this type (`LiteRtElementType`).
    pub(in super::super) fn add_input(&mut self, element_type: i32, layout: Layout) -> Result<(), Status> {
        let buffer = self.buffer(self.inputs.len(), true, element_type, layout)?;
        self.inputs.push(buffer);
        Ok(())
    }

    /// Adds the next output's buffer.
    pub(in super::super) fn add_output(&mut self, element_type: i32, layout: Layout) -> Result<(), Status> {
        let buffer = self.buffer(self.outputs.len(), false, element_type, layout)?;
        self.outputs.push(buffer);
        Ok(())
    }

    /// A buffer as the compiled model wants it.
    fn buffer(
        &self,
        place: usize,
        input: bool,
        element_type: i32,
        layout: Layout,
    ) -> Result<NonNull<RawBuffer>, Status> {
        let environment = &self.compiled.model.environment;
        let api = &environment.api;
        let get = match input {
            true => api.LiteRtGetCompiledModelInputBufferRequirements,
            false => api.LiteRtGetCompiledModelOutputBufferRequirements,
        };
        let (mut requirements, mut buffer) = (std::ptr::null_mut(), std::ptr::null_mut());
        let tensor_type = TensorType { element_type, layout };
        // SAFETY: the model is valid; an out-parameter.
        check(unsafe { get(self.compiled.raw.as_ptr(), 0, place, &raw mut requirements) })?;
        // SAFETY: the requirements are the model's own, the type lives for the call, the buffer is ours to release.
        check(unsafe {
            (api.LiteRtCreateManagedTensorBufferFromRequirements)(
                environment.raw.as_ptr(),
                &raw const tensor_type,
                requirements,
                &raw mut buffer,
            )
        })?;
        handed_over(buffer)
    }

    /// Copies values into an input's buffer.
    pub(in super::super) fn fill(&mut self, place: usize, bytes: &[u8]) -> Result<(), FillError> {
        let fill = |to: *mut u8, room: usize| {
            if room != bytes.len() {
                return Err(FillError::Size(room));
            }
            // SAFETY: the buffer has exactly `room` bytes while it is locked, for writing.
            unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), to, room) };
            Ok(())
        };
        self.locked(self.inputs[place], WRITE, fill).map_err(FillError::Refused)?
    }

    /// An output's bytes, copied.
    pub(in super::super) fn output(&self, place: usize) -> Result<Vec<u8>, String> {
        self.locked(self.outputs[place], READ, |from, size| {
            let mut bytes = vec![0u8; size];
            // SAFETY: the buffer has exactly `size` bytes while it is locked.
            unsafe { std::ptr::copy_nonoverlapping(from, bytes.as_mut_ptr(), size) };
            bytes
        })
    }

    /// Does something with a buffer's memory and its size without padding.
    fn locked<T>(
        &self,
        buffer: NonNull<RawBuffer>,
        mode: i32,
        work: impl FnOnce(*mut u8, usize) -> T,
    ) -> Result<T, String> {
        let api = &self.compiled.model.environment.api;
        let buffer = buffer.as_ptr();
        let (mut memory, mut size) = (std::ptr::null_mut(), 0);
        // SAFETY: the buffer is valid; an out-parameter.
        check(unsafe { (api.LiteRtGetTensorBufferPackedSize)(buffer, &raw mut size) }).map_err(|e| e.to_string())?;
        // SAFETY: the buffer is valid; it is unlocked below.
        check(unsafe { (api.LiteRtLockTensorBuffer)(buffer, &raw mut memory, mode) }).map_err(|e| e.to_string())?;
        // Of no bytes there may be no memory.
        let done = match NonNull::new(memory.cast::<u8>()) {
            None if size > 0 => Err("no memory".into()),
            memory => Ok(work(memory.unwrap_or(NonNull::dangling()).as_ptr(), size)),
        };
        // SAFETY: it was locked, and its memory is not used any more.
        unsafe { (api.LiteRtUnlockTensorBuffer)(buffer) };
        done
    }

    /// One inference.
    #[inline]
    pub(in super::super) fn infer(&mut self) -> Result<(), Status> {
        // SAFETY: model and buffers live as long as `self`, and only this thread uses them. A `NonNull` is laid out as the
        // pointer that it holds.
        check(unsafe {
            (self.run)(
                self.compiled.raw.as_ptr(),
                0,
                self.inputs.len(),
                self.inputs.as_ptr().cast(),
                self.outputs.len(),
                self.outputs.as_ptr().cast(),
            )
        })
    }

    /// Starts the profiler of a model that was compiled with one. Once more, it forgets what it has seen.
    ///
    /// # Errors
    /// Why it does not start: `None` where the model has none.
    pub(in super::super) fn start_profiler(&mut self) -> Result<(), Option<Status>> {
        let api = &self.compiled.model.environment.api;
        let profiler = match self.profiler {
            Some(profiler) => profiler,
            None => {
                let mut raw = std::ptr::null_mut();
                // SAFETY: the model is valid; the profiler is its own.
                check(unsafe { (api.LiteRtCompiledModelGetProfiler)(self.compiled.raw.as_ptr(), &raw mut raw) })
                    .map_err(Some)?;
                NonNull::new(raw).ok_or(None)?
            }
        };
        // SAFETY: the profiler is valid as long as its model.
        check(unsafe { (api.LiteRtStartProfiler)(profiler.as_ptr()) }).map_err(Some)?;
        self.profiler = Some(profiler);
        Ok(())
    }

    /// Stops the profiler, which ends it: what it has seen since it was started. Nothing where it never was.
    pub(in super::super) fn stop_profiler(&mut self) -> Result<Vec<Event>, Status> {
        let api = &self.compiled.model.environment.api;
        let Some(profiler) = self.profiler.take() else { return Ok(Vec::new()) };
        let profiler = profiler.as_ptr();
        let read = || {
            let mut count = 0;
            // SAFETY: the profiler is valid as long as its model.
            check(unsafe { (api.LiteRtStopProfiler)(profiler) })?;
            // SAFETY: the profiler is valid; an out-parameter.
            check(unsafe { (api.LiteRtGetNumProfilerEvents)(profiler, &raw mut count) })?;
            let Some(room) = usize::try_from(count).ok().filter(|n| *n > 0) else { return Ok(Vec::new()) };
            let mut events: Vec<api::Event> = Vec::with_capacity(room);
            // SAFETY: the profiler is valid; there is room for as many events as are asked for.
            check(unsafe { (api.LiteRtGetProfilerEvents)(profiler, count, events.as_mut_ptr()) })?;
            // SAFETY: that call has written as many.
            unsafe { events.set_len(room) };
            // SAFETY: tags are null or texts, which live until the profiler is reset.
            Ok(events.iter().map(|event| unsafe { Event::of(event) }).collect())
        };
        let events = read();
        // SAFETY: the profiler is valid, and nothing of it is used any more.
        unsafe { (api.LiteRtResetProfiler)(profiler) };
        events
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let release = self.compiled.model.environment.api.LiteRtDestroyTensorBuffer;
        for buffer in self.inputs.iter().chain(&self.outputs) {
            // SAFETY: each is ours, and released once.
            unsafe { release(buffer.as_ptr()) }
        }
    }
}

/// What the profiler has seen.
pub(in super::super) struct Event {
    /// A bit of `tflite::Profiler::EventType`.
    pub(in super::super) kind: i32,
    /// What ran.
    pub(in super::super) name: String,
    /// The operator's place in the graph, or in its delegate.
    pub(in super::super) place: u64,
    /// How long it took, in microseconds.
    pub(in super::super) elapsed_us: u64,
}

impl Event {
    /// # Safety
    /// The event's tag must be null or a text.
    unsafe fn of(event: &api::Event) -> Self {
        let name = match event.tag.is_null() {
            true => String::new(),
            // SAFETY: the caller's promise.
            false => unsafe { CStr::from_ptr(event.tag) }.to_string_lossy().trim().to_owned(),
        };
        Self { kind: event.event_type, name, place: event.place, elapsed_us: event.elapsed_us }
    }
}
