//! A model compiled for the CPU, with its options.

use super::file::File;
use super::status::Status;
use super::sys::{CompiledModel, Layout, Model, Options};
use crate::tensor::Tensor;
use nntop_core::event::Fault;
use std::sync::Arc;

/// How a model is compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Settings {
    /// The builtin kernels instead of XNNPACK's. They use one thread, whatever is said.
    pub(super) builtin: bool,
    pub(super) threads: usize,
    pub(super) profiled: bool,
}

/// A compiled model.
pub(super) struct Compiled {
    pub(super) sys: CompiledModel,
    settings: Settings,
    pub(super) file: Arc<File>,
}

impl Compiled {
    pub(super) fn new(
        model: Arc<Model>,
        file: Arc<File>,
        settings: Settings,
        inputs: &[Tensor],
    ) -> Result<Self, Fault> {
        let options = options(&model, settings).map_err(|status| file.failed(status))?;
        let sys = CompiledModel::new(Arc::clone(&model), &options).map_err(|status| file.failed(status))?;
        let mut compiled = Self { sys, settings, file };
        inputs.iter().enumerate().try_for_each(|(place, tensor)| compiled.size(place, tensor))?;
        Ok(compiled)
    }

    /// Gives an input its shape, where it is not the one that it has.
    fn size(&mut self, place: usize, tensor: &Tensor) -> Result<(), Fault> {
        if self.input_layout(place)?.shape() == tensor.shape {
            return Ok(());
        }
        let dims: Vec<i32> = tensor.shape.iter().map(|&n| i32::try_from(n).unwrap_or(i32::MAX)).collect();
        self.sys.resize(place, &dims).map_err(|status| {
            let why = format!("LiteRT cannot give it the shape {}: {status}", tensor.describe());
            Fault::input(format!("{}: input {}: {why}", self.file.path, tensor.name))
                .hint("leave the size that the model was converted with, or convert it with the one you want")
        })
    }

    pub(super) fn input_layout(&self, place: usize) -> Result<Layout, Fault> {
        self.sys.input_layout(place).map_err(|status| self.file.failed(status))
    }

    /// The shapes of all outputs, once the inputs have theirs.
    pub(super) fn output_layouts(&self) -> Result<Vec<Layout>, Fault> {
        self.sys.output_layouts(self.file.graph.outputs.len()).map_err(|status| self.file.failed(status))
    }

    /// Whether XNNPACK runs all operators; not known of builtin kernels.
    pub(super) fn is_all_delegated(&self) -> Option<bool> {
        if self.settings.builtin { None } else { self.sys.is_fully_accelerated() }
    }
}

fn options(model: &Model, settings: Settings) -> Result<Options<'_>, Status> {
    let mut options = Options::for_cpu(model.environment())?;
    let kernels = if settings.builtin { "builtin" } else { "delegate" };
    options.add(c"xnnpack", format!("num_threads = {}\nkernel_mode = \"{kernels}\"\n", settings.threads))?;
    if settings.profiled {
        options.add(c"runtime_options_string", "enable_profiling = true\n".into())?;
    }
    Ok(options)
}
