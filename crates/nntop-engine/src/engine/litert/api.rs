//! LiteRT's C API (the "compiled model"), as far as it is used: `litert/c/*.h` of 2.2 and 2.3.
//!
//! It is not stable: before 2.1.6 `LiteRtCreateModelFromFile` had one argument less under the same name, and 2.1.6 ends in
//! a segmentation fault when it is taken down. No function tells the version. So a function that came with 2.2.0 is asked
//! for, though it is never called.

use crate::engine::native::functions;
use std::ffi::{c_char, c_void};

/// An object of the library.
pub(super) type Handle = *mut c_void;

/// 0 is success.
pub(super) type Status = i32;

/// `LiteRtLayout`: at most eight axes. The rank stands in the low seven bits of the first word.
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct Layout {
    pub(super) rank_and_flags: u32,
    pub(super) dims: [i32; 8],
    pub(super) strides: [u32; 8],
}

impl Layout {
    pub(super) const EMPTY: Self = Self { rank_and_flags: 0, dims: [0; 8], strides: [0; 8] };

    /// The sizes of its axes.
    pub(super) fn shape(&self) -> Vec<u64> {
        let rank = (self.rank_and_flags & 0x7f) as usize;
        self.dims.iter().take(rank).map(|&n| u64::try_from(n).unwrap_or(0)).collect()
    }
}

/// `LiteRtRankedTensorType`.
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct TensorType {
    pub(super) element_type: i32,
    pub(super) layout: Layout,
}

/// `LiteRtEnvOption` with a number as its value (`LiteRtAny`).
#[repr(C)]
pub(super) struct EnvironmentOption {
    pub(super) tag: i32,
    pub(super) pad: i32,
    pub(super) any_type: i32,
    pub(super) any_pad: i32,
    pub(super) value: i64,
}

/// `ProfiledEventData`.
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct Event {
    pub(super) tag: *const c_char,
    /// A bit of `tflite::Profiler::EventType`.
    pub(super) event_type: i32,
    pub(super) start_us: u64,
    pub(super) elapsed_us: u64,
    pub(super) begin_memory: [usize; 3],
    pub(super) end_memory: [usize; 3],
    /// The operator's place in the graph, or in its delegate.
    pub(super) place: u64,
    /// The graph.
    pub(super) graph: u64,
    pub(super) source: i32,
}

/// First exported by 2.2.0.
const SINCE: &str = "LiteRtExternalLiteRtBufferContextGetRunOptions";

/// The functions of a library that is new enough; else the name of the first that is not there.
pub(super) fn of(library: &'static libloading::Library) -> Result<Api, &'static str> {
    // SAFETY: only whether the symbol is there is asked.
    match unsafe { library.get::<*const c_void>(SINCE.as_bytes()) } {
        Ok(_) => Api::of(library),
        Err(_) => Err(SINCE),
    }
}

functions! {
    /// What is used of `libLiteRt.so`.
    Api {
        LiteRtCreateEnvironment: unsafe extern "C" fn(i32, *const EnvironmentOption, *mut Handle) -> Status,
        LiteRtDestroyEnvironment: unsafe extern "C" fn(Handle),
        LiteRtCreateModelFromFile: unsafe extern "C" fn(Handle, *const c_char, *mut Handle) -> Status,
        LiteRtDestroyModel: unsafe extern "C" fn(Handle),
        LiteRtCreateOptions: unsafe extern "C" fn(*mut Handle) -> Status,
        LiteRtDestroyOptions: unsafe extern "C" fn(Handle),
        LiteRtSetOptionsHardwareAccelerators: unsafe extern "C" fn(Handle, i32) -> Status,
        LiteRtCreateOpaqueOptions: unsafe extern "C" fn(
            *const c_char,
            *mut c_void,
            Option<unsafe extern "C" fn(*mut c_void)>,
            *mut Handle,
        ) -> Status,
        LiteRtAddOpaqueOptions: unsafe extern "C" fn(Handle, Handle) -> Status,
        LiteRtCreateCompiledModel: unsafe extern "C" fn(Handle, Handle, Handle, *mut Handle) -> Status,
        LiteRtDestroyCompiledModel: unsafe extern "C" fn(Handle),
        LiteRtCompiledModelResizeInputTensor:
            unsafe extern "C" fn(Handle, usize, usize, *const i32, usize) -> Status,
        LiteRtCompiledModelIsFullyAccelerated: unsafe extern "C" fn(Handle, *mut bool) -> Status,
        LiteRtGetCompiledModelInputBufferRequirements:
            unsafe extern "C" fn(Handle, usize, usize, *mut Handle) -> Status,
        LiteRtGetCompiledModelOutputBufferRequirements:
            unsafe extern "C" fn(Handle, usize, usize, *mut Handle) -> Status,
        LiteRtGetCompiledModelInputTensorLayout: unsafe extern "C" fn(Handle, usize, usize, *mut Layout) -> Status,
        LiteRtGetCompiledModelOutputTensorLayouts:
            unsafe extern "C" fn(Handle, usize, usize, *mut Layout, bool) -> Status,
        LiteRtCreateManagedTensorBufferFromRequirements:
            unsafe extern "C" fn(Handle, *const TensorType, Handle, *mut Handle) -> Status,
        LiteRtGetTensorBufferPackedSize: unsafe extern "C" fn(Handle, *mut usize) -> Status,
        LiteRtLockTensorBuffer: unsafe extern "C" fn(Handle, *mut *mut c_void, i32) -> Status,
        LiteRtUnlockTensorBuffer: unsafe extern "C" fn(Handle) -> Status,
        LiteRtDestroyTensorBuffer: unsafe extern "C" fn(Handle),
        LiteRtRunCompiledModel:
            unsafe extern "C" fn(Handle, usize, usize, *const Handle, usize, *const Handle) -> Status,
        LiteRtCompiledModelGetProfiler: unsafe extern "C" fn(Handle, *mut Handle) -> Status,
        LiteRtStartProfiler: unsafe extern "C" fn(Handle) -> Status,
        LiteRtStopProfiler: unsafe extern "C" fn(Handle) -> Status,
        LiteRtResetProfiler: unsafe extern "C" fn(Handle) -> Status,
        LiteRtGetNumProfilerEvents: unsafe extern "C" fn(Handle, *mut i32) -> Status,
        LiteRtGetProfilerEvents: unsafe extern "C" fn(Handle, i32, *mut Event) -> Status,
    }
}

/// What a status means: the library has no function for it.
pub(super) fn words(status: Status) -> String {
    let known = match status {
        1 => "an invalid argument",
        2 => "out of memory",
        3 => "a failure of the runtime",
        4 => "a missing input",
        5 => "not supported",
        6 => "not found",
        8 => "a wrong version",
        500 => "the file cannot be read as a model",
        501 => "the file is no sound FlatBuffer",
        502 => "a library that it needs cannot be loaded",
        504 => "the model cannot be compiled",
        4000..=4002 => "made for another version",
        _ => return format!("status {status}"),
    };
    format!("{known} (status {status})")
}
