//! LiteRT's C API (the "compiled model"), the part that is used: `litert/c/*.h` of 2.2 and 2.3.
//!
//! It is not stable: before 2.1.6 `LiteRtCreateModelFromFile` had one argument less under the same name, and 2.1.6 ends in
//! a segmentation fault when it is taken down. No function tells the version. So a function that came with 2.2.0 is asked
//! for, though it is never called.

use crate::engine::native::{self, functions, objects};
use std::ffi::{CStr, c_char, c_void};

objects! {
    /// `LiteRtEnvironment`.
    RawEnvironment,
    /// `LiteRtModel`.
    RawModel,
    /// `LiteRtOptions`.
    RawOptions,
    /// `LiteRtOpaqueOptions`.
    RawOpaqueOptions,
    /// `LiteRtCompiledModel`.
    RawCompiled,
    /// `LiteRtTensorBufferRequirements`.
    RawRequirements,
    /// `LiteRtTensorBuffer`.
    RawBuffer,
    /// `LiteRtProfiler`.
    RawProfiler,
}

/// 0 is success.
pub(super) type Status = i32;

/// `LiteRtLayout`: at most eight axes. The rank stands in the low seven bits of the first word.
#[repr(C)]
#[derive(Clone, Copy)]
pub(in super::super) struct Layout {
    pub(super) rank_and_flags: u32,
    pub(super) dims: [i32; 8],
    pub(super) strides: [u32; 8],
}

impl Layout {
    pub(super) const EMPTY: Self = Self { rank_and_flags: 0, dims: [0; 8], strides: [0; 8] };

    /// The sizes of its axes.
    pub(in super::super) fn shape(&self) -> Vec<u64> {
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
const SINCE: &CStr = c"LiteRtExternalLiteRtBufferContextGetRunOptions";

/// The functions of a library that is new enough; else the name of the first that is not there.
pub(super) fn of(library: &'static libloading::Library) -> Result<Api, &'static str> {
    if native::has(library, SINCE) { Api::of(library) } else { Err(SINCE.to_str().unwrap_or_default()) }
}

/// The compiled model, the signature, then inputs and outputs with their numbers.
pub(super) type Run =
    unsafe extern "C" fn(*mut RawCompiled, usize, usize, *const *mut RawBuffer, usize, *const *mut RawBuffer) -> Status;

functions! {
    /// What is used of `libLiteRt.so`.
    Api {
        LiteRtCreateEnvironment: unsafe extern "C" fn(i32, *const EnvironmentOption, *mut *mut RawEnvironment) -> Status,
        LiteRtDestroyEnvironment: unsafe extern "C" fn(*mut RawEnvironment),
        LiteRtCreateModelFromFile: unsafe extern "C" fn(*mut RawEnvironment, *const c_char, *mut *mut RawModel) -> Status,
        LiteRtDestroyModel: unsafe extern "C" fn(*mut RawModel),
        LiteRtCreateOptions: unsafe extern "C" fn(*mut *mut RawOptions) -> Status,
        LiteRtDestroyOptions: unsafe extern "C" fn(*mut RawOptions),
        LiteRtSetOptionsHardwareAccelerators: unsafe extern "C" fn(*mut RawOptions, i32) -> Status,
        LiteRtCreateOpaqueOptions: unsafe extern "C" fn(
            *const c_char,
            *mut c_void,
            Option<unsafe extern "C" fn(*mut c_void)>,
            *mut *mut RawOpaqueOptions,
        ) -> Status,
        LiteRtAddOpaqueOptions: unsafe extern "C" fn(*mut RawOptions, *mut RawOpaqueOptions) -> Status,
        LiteRtCreateCompiledModel: unsafe extern "C" fn(*mut RawEnvironment, *mut RawModel, *mut RawOptions, *mut *mut RawCompiled) -> Status,
        LiteRtDestroyCompiledModel: unsafe extern "C" fn(*mut RawCompiled),
        LiteRtCompiledModelResizeInputTensor:
            unsafe extern "C" fn(*mut RawCompiled, usize, usize, *const i32, usize) -> Status,
        LiteRtCompiledModelIsFullyAccelerated: unsafe extern "C" fn(*mut RawCompiled, *mut bool) -> Status,
        LiteRtGetCompiledModelInputBufferRequirements:
            unsafe extern "C" fn(*mut RawCompiled, usize, usize, *mut *mut RawRequirements) -> Status,
        LiteRtGetCompiledModelOutputBufferRequirements:
            unsafe extern "C" fn(*mut RawCompiled, usize, usize, *mut *mut RawRequirements) -> Status,
        LiteRtGetCompiledModelInputTensorLayout: unsafe extern "C" fn(*mut RawCompiled, usize, usize, *mut Layout) -> Status,
        LiteRtGetCompiledModelOutputTensorLayouts:
            unsafe extern "C" fn(*mut RawCompiled, usize, usize, *mut Layout, bool) -> Status,
        LiteRtCreateManagedTensorBufferFromRequirements:
            unsafe extern "C" fn(*mut RawEnvironment, *const TensorType, *mut RawRequirements, *mut *mut RawBuffer) -> Status,
        LiteRtGetTensorBufferPackedSize: unsafe extern "C" fn(*mut RawBuffer, *mut usize) -> Status,
        LiteRtLockTensorBuffer: unsafe extern "C" fn(*mut RawBuffer, *mut *mut c_void, i32) -> Status,
        LiteRtUnlockTensorBuffer: unsafe extern "C" fn(*mut RawBuffer) -> Status,
        LiteRtDestroyTensorBuffer: unsafe extern "C" fn(*mut RawBuffer),
        LiteRtRunCompiledModel: Run,
        LiteRtCompiledModelGetProfiler: unsafe extern "C" fn(*mut RawCompiled, *mut *mut RawProfiler) -> Status,
        LiteRtStartProfiler: unsafe extern "C" fn(*mut RawProfiler) -> Status,
        LiteRtStopProfiler: unsafe extern "C" fn(*mut RawProfiler) -> Status,
        LiteRtResetProfiler: unsafe extern "C" fn(*mut RawProfiler) -> Status,
        LiteRtGetNumProfilerEvents: unsafe extern "C" fn(*mut RawProfiler, *mut i32) -> Status,
        LiteRtGetProfilerEvents: unsafe extern "C" fn(*mut RawProfiler, i32, *mut Event) -> Status,
    }
}
