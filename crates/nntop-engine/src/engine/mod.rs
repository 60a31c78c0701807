//! Engines: what loads a model and runs it. `Engine → Model → Stream`.
//!
//! An engine is a runtime that was loaded; a model is a session of it; a stream has its inputs bound and
//! infers. Native runtimes are loaded at run time, none is linked.

mod describe;
mod facts;
mod litert;
mod missing;
mod native;
mod null;
mod onnxruntime;
mod openvino;
mod options;
mod probe;
mod python;
mod registry;
mod synthetic;
#[cfg(feature = "tract")]
mod tract;

pub use describe::describe;
pub use facts::Probe;
pub use litert::LiteRt;
pub use null::Null;
pub use onnxruntime::OnnxRuntime;
pub use openvino::OpenVino;
pub use probe::{built_in, probe};
pub use registry::{EngineFactory, Engines, Evaluator};
pub use synthetic::{Pace, Synthetic, SyntheticStream};

use crate::tensor::{Tensor, TensorSpec};
use nntop_core::catalog::{self, EngineKind};
use nntop_core::event::{EngineInfo, Fault, Found, VariantSpec};
use std::path::Path;

/// A runtime that is ready to load models.
pub trait Engine {
    /// Its name and version.
    fn info(&self) -> EngineInfo;

    /// Reads the model and builds a session.
    ///
    /// # Errors
    /// A [`Fault`] that names the model and what the runtime said about it.
    fn load(&self, spec: &VariantSpec) -> Result<Box<dyn Model>, Fault>;

    /// The same with the runtime's profiler on from the begin, for runtimes that know no other way: its streams are
    /// [`Stream::profiled`]. A runtime that writes a file writes it into `folder`, at the latest when the model and its
    /// streams are dropped.
    ///
    /// # Errors
    /// As for `load`; and where the engine has no such profiler.
    fn load_profiled(&self, spec: &VariantSpec, folder: &Path) -> Result<Box<dyn Model>, Fault> {
        let _ = folder;
        Err(Fault::run(format!("{}: this engine cannot profile a whole session", spec.name)))
    }

    /// Whether it has refused a model that another interface of its runtime may run
    /// ([`second_interface`](catalog::second_interface)).
    fn has_refused(&self) -> bool {
        false
    }
}

/// A model that is loaded.
pub trait Model {
    /// What runs it, as far as that is known only now: providers, threads.
    fn engine(&self) -> EngineInfo;

    /// Inputs as the model declares them, free axes included.
    fn inputs(&self) -> &[TensorSpec];

    /// Outputs as the model declares them; those that are no tensors are left out.
    fn outputs(&self) -> &[TensorSpec];

    /// Binds one tensor per input, in their order, and opens a stream; concurrent scenarios open several.
    ///
    /// # Errors
    /// When the runtime refuses a binding.
    fn stream(&self, inputs: &[Tensor]) -> Result<Box<dyn Stream>, Fault>;
}

/// Inputs bound, ready to infer again and again. Several streams of a model may infer at the same time, each on a thread
/// of its own.
pub trait Stream: Send {
    /// One inference: returns when the outputs are complete. This call is all that is timed.
    ///
    /// # Errors
    /// When the runtime fails; the stream must not be used after.
    fn infer(&mut self) -> Result<(), Fault>;

    /// The outputs of the last inference, copied. Outputs that are no tensors are left out.
    ///
    /// # Errors
    /// When the runtime cannot hand them over.
    fn outputs(&self) -> Result<Vec<Tensor>, Fault>;

    /// Turns the runtime's profiler on, for at most this many inferences from here on. What the runtime writes goes into
    /// `folder`. A stream of a model that was loaded by [`Engine::load_profiled`] has its profiler on all the time: what
    /// it has found until now does not count. Of another, inferences of the stream itself are untouched, before and after.
    ///
    /// # Errors
    /// Why it cannot be profiled; the stream is as good as before.
    fn profiled<'a>(&'a mut self, folder: &Path, inferences: u64) -> Result<Box<dyn Profiling + 'a>, Fault> {
        let _ = (folder, inferences);
        Err(Fault::run("this engine has no profiler that nntop knows"))
    }
}

impl<S: Stream + ?Sized> Stream for Box<S> {
    #[inline]
    fn infer(&mut self) -> Result<(), Fault> {
        self.as_mut().infer()
    }

    fn outputs(&self) -> Result<Vec<Tensor>, Fault> {
        self.as_ref().outputs()
    }

    fn profiled<'a>(&'a mut self, folder: &Path, inferences: u64) -> Result<Box<dyn Profiling + 'a>, Fault> {
        self.as_mut().profiled(folder, inferences)
    }
}

/// A stream that is being profiled, inference by inference: what each engine makes of its runtime's profiler, whether
/// that is one for single inferences or one for a whole session.
pub trait Profiling: Send {
    /// One profiled inference.
    ///
    /// # Errors
    /// When the runtime fails; the stream must not be used after.
    fn infer(&mut self) -> Result<(), Fault>;

    /// Turns the profiler off: what it has found. A file of a whole session is there once the session has ended.
    fn finish(self: Box<Self>) -> Found;
}

/// Loads the engine that `spec` names.
///
/// # Errors
/// When there is no such engine or its library cannot be loaded.
pub fn open(spec: &VariantSpec) -> Result<Box<dyn Engine>, Fault> {
    options::check(spec)?;
    match spec.engine.kind() {
        Some(EngineKind::OnnxRuntime) => Ok(Box::new(OnnxRuntime::open(spec)?)),
        Some(EngineKind::OpenVino) => Ok(Box::new(OpenVino::open(spec)?)),
        Some(EngineKind::LiteRt) => Ok(Box::new(LiteRt::open(spec)?)),
        Some(EngineKind::Synthetic) => Ok(Box::new(Synthetic::parse(&spec.engine.to_string(), Pace::Real)?)),
        #[cfg(feature = "tract")]
        Some(EngineKind::Tract) => Ok(Box::new(tract::Tract)),
        _ => Err(unknown(spec.engine.name())),
    }
}

fn unknown(name: &str) -> Fault {
    Fault::input(format!("no engine is called {name:?}")).hint(format!("engines: {}", catalog::spellings()))
}
