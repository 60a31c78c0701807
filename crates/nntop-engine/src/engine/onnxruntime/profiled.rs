//! Profiling single inferences of a running session: `RunOptionsEnableProfiling`, from ONNX Runtime 1.25 on.
//!
//! A build of `ort` that knows this function refuses older runtimes, so it is taken from the API table by its place.
//! Every inference writes a file of its own, `PREFIX_YYYY-MM-DD_HH-MM-SS_mmm.json`: with one prefix for several, those
//! of the same millisecond would overwrite each other.

use super::library;
use super::stream::{BoundStream, said};
use crate::engine::{Profiling, Stream};
use crate::tensor::Tensor;
use nntop_core::catalog::{EngineKind, OperatorProfile, Profiler};
use nntop_core::event::{Fault, Found};
use ort::AsPointer;
use ort::session::RunOptions;
use std::ffi::{CString, c_char, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The API version that brought the function; the runtime's minor version has the same number.
const SINCE: u32 = match EngineKind::OnnxRuntime.entry().profile {
    OperatorProfile::InferenceSince(1, minor) => minor,
    _ => panic!("the catalogue has another way"),
};

/// Its place in that version's table (`struct OrtApi` of onnxruntime_c_api.h; places never change).
const RUN_OPTIONS_ENABLE_PROFILING: usize = 415;

type Enable = unsafe extern "system" fn(*mut ort::sys::OrtRunOptions, *const c_char) -> ort::sys::OrtStatusPtr;

/// How this version can be profiled.
pub(super) fn way(version: &str) -> Profiler {
    EngineKind::OnnxRuntime.entry().profile.of(version)
}

/// The function of the library that is loaded already.
fn enable(path: &Path) -> Result<Enable, Fault> {
    // Asked for a table that it does not have, an older runtime prints a line: its version is asked first.
    let version = library::version(path)?;
    let too_old = || Fault::run(format!("ONNX Runtime {version} profiles whole sessions only"));
    if way(&version) != Profiler::Inference {
        return Err(too_old());
    }
    let (_library, base) = library::load(path)?;
    // SAFETY: `base` is valid while the library is loaded, which it is until the process ends: a session of it runs.
    // From version 25 on the table has more than 415 places, all of them pointers to functions, and none is empty.
    unsafe {
        let table = ((*base).GetApi)(SINCE).cast::<*const c_void>();
        if table.is_null() {
            return Err(too_old());
        }
        let function = *table.add(RUN_OPTIONS_ENABLE_PROFILING);
        if function.is_null() {
            return Err(too_old());
        }
        Ok(std::mem::transmute::<*const c_void, Enable>(function))
    }
}

/// A stream whose inferences are profiled.
pub(super) struct ProfiledStream<'a> {
    stream: &'a mut BoundStream,
    /// For each inference, made before the first.
    options: Vec<RunOptions>,
    next: usize,
}

impl<'a> ProfiledStream<'a> {
    pub(super) fn new(
        stream: &'a mut BoundStream,
        library: &Path,
        folder: &Path,
        inferences: u64,
    ) -> Result<Self, Fault> {
        let enable = enable(library)?;
        let refused = |e: &dyn std::fmt::Display| Fault::run(format!("ONNX Runtime refuses to profile: {e}"));
        let options = (0..inferences).map(|i| {
            let mut options = RunOptions::new().map_err(|e| refused(&e))?;
            let prefix = folder.join(format!("inference-{i}"));
            let prefix = CString::new(prefix.as_os_str().as_bytes()).map_err(|e| refused(&e))?;
            // SAFETY: both pointers are valid for the call; the runtime copies the text.
            let status = unsafe { enable(options.ptr_mut(), prefix.as_ptr()) };
            if status.0.is_null() { Ok(options) } else { Err(refused(&said(status))) }
        });
        Ok(Self { options: options.collect::<Result<_, _>>()?, stream, next: 0 })
    }
}

impl Stream for ProfiledStream<'_> {
    fn infer(&mut self) -> Result<(), Fault> {
        let options = self.options.get(self.next).map_or(std::ptr::null(), |o| o.ptr());
        self.next += 1;
        self.stream.run_with(options)
    }

    fn outputs(&self) -> Result<Vec<Tensor>, Fault> {
        self.stream.outputs()
    }
}

impl Profiling for ProfiledStream<'_> {
    fn finish(self: Box<Self>) -> Found {
        Found::Files { skip: 0 }
    }
}
