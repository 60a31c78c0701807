//! The two ways to profile a session: single inferences of it while it runs, or all of it into one file.
//!
//! Every inference that is profiled by itself writes a file of its own, `PREFIX_YYYY-MM-DD_HH-MM-SS_mmm.json`: with one
//! prefix for several, those of the same millisecond would overwrite each other.

use super::library;
use super::sys::{Binding, EnableProfiling};
use crate::engine::{Profiling, Stream};
use nntop_core::catalog::{EngineKind, Profiler};
use nntop_core::event::{Fault, Found};
use ort::session::RunOptions;
use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// How this version can be profiled.
pub(super) fn way(version: &str) -> Profiler {
    EngineKind::OnnxRuntime.entry().profile.of(version)
}

/// The function of the library that is loaded already.
fn enable(path: &Path) -> Result<EnableProfiling, Fault> {
    // Asked for a table that it does not have, an older runtime prints a line: its version is asked first.
    let (library, version) = library::versioned(path)?;
    let function = if way(&version) == Profiler::Inference { EnableProfiling::of(library) } else { None };
    function.ok_or_else(|| Fault::run(format!("ONNX Runtime {version} profiles whole sessions only")))
}

/// A binding whose inferences are profiled one by one.
pub(super) struct ByInference<'a> {
    binding: &'a mut Binding,
    /// For each inference, made before the first.
    options: Vec<RunOptions>,
    next: usize,
}

impl<'a> ByInference<'a> {
    pub(super) fn new(binding: &'a mut Binding, library: &Path, folder: &Path, inferences: u64) -> Result<Self, Fault> {
        let enable = enable(library)?;
        let refused = |e: &dyn std::fmt::Display| Fault::run(format!("ONNX Runtime refuses to profile: {e}"));
        let options = (0..inferences).map(|i| {
            let mut options = RunOptions::new().map_err(|e| refused(&e))?;
            let prefix = folder.join(format!("inference-{i}"));
            let prefix = CString::new(prefix.as_os_str().as_bytes()).map_err(|e| refused(&e))?;
            enable.call(&mut options, &prefix).map_err(|why| refused(&why))?;
            Ok(options)
        });
        Ok(Self { options: options.collect::<Result<_, _>>()?, binding, next: 0 })
    }
}

impl Profiling for ByInference<'_> {
    fn infer(&mut self) -> Result<(), Fault> {
        let options = self.options.get(self.next);
        self.next += 1;
        self.binding.run(options).map_err(super::failed)
    }

    fn finish(self: Box<Self>) -> Found {
        Found::Files { skip: 0 }
    }
}

/// A stream of a session that writes all its inferences into one file, those before this, too.
pub(super) struct BySession<'a> {
    stream: &'a mut dyn Stream,
    before: u64,
}

impl<'a> BySession<'a> {
    pub(super) fn new(stream: &'a mut dyn Stream, before: u64) -> Self {
        Self { stream, before }
    }
}

impl Profiling for BySession<'_> {
    fn infer(&mut self) -> Result<(), Fault> {
        self.stream.infer()
    }

    fn finish(self: Box<Self>) -> Found {
        Found::Files { skip: self.before }
    }
}
