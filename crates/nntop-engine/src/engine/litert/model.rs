//! A model that is read; each of its streams compiles it anew, since one of LiteRT's runs one inference at a time.

use super::Runtime;
use super::compiled::{Compiled, Settings};
use super::file::File;
use super::profile::TimedStream;
use super::stream::BoundStream;
use super::sys;
use crate::engine::{Model, Stream};
use crate::graph;
use crate::tensor::{DataType, Tensor, TensorSpec};
use nntop_core::event::{EngineInfo, EngineOptions, Fault, VariantSpec};
use std::cell::RefCell;
use std::ffi::CString;
use std::path::Path;
use std::sync::Arc;

/// A loaded model.
pub(super) struct LiteRtModel {
    model: Arc<sys::Model>,
    file: Arc<File>,
    settings: Settings,
    /// What runs it; the rest is known with the first stream.
    info: RefCell<EngineInfo>,
}

impl LiteRtModel {
    pub(super) fn read(
        runtime: &Runtime,
        spec: &VariantSpec,
        mut info: EngineInfo,
        profiled: bool,
    ) -> Result<Self, Fault> {
        let path = &spec.model;
        let settings = Settings { profiled, ..settings(&spec.options)? };
        // Names, free axes and operators: LiteRT has functions for them too, of an interface that changes.
        let read = graph::read_tflite_graph(Path::new(path));
        let graph = read.map_err(|e| Fault::input(e.to_string()).maybe_hint(e.hint()))?;
        if let Some(input) = graph.inputs.iter().find(|i| i.dtype == DataType::String) {
            return Err(Fault::input(format!("{path}: takes an input that nntop cannot make: {input}")));
        }
        let text =
            CString::new(path.as_str()).map_err(|_| Fault::input(format!("{path:?}: a path with a zero byte")))?;
        let file =
            File { version: runtime.version.clone(), path: path.clone(), graph, refused: Arc::clone(&runtime.refused) };
        let model = sys::Model::read(Arc::clone(&runtime.environment), &text).map_err(|status| file.failed(status))?;
        info.providers = vec!["cpu".into()];
        info.threads = Some(settings.threads);
        Ok(Self { model: Arc::new(model), file: Arc::new(file), settings, info: RefCell::new(info) })
    }
}

/// What was asked for, in LiteRT's terms.
fn settings(options: &EngineOptions) -> Result<Settings, Fault> {
    if let Some(device) = options.device.as_deref().filter(|d| !d.eq_ignore_ascii_case("cpu")) {
        return Err(Fault::input(format!("--device {device}: nntop runs LiteRT on the CPU only"))
            .hint("--device CPU; for a GPU or an NPU convert the model for OpenVINO or ONNX Runtime"));
    }
    let builtin = match options.kernels.as_deref().map(str::to_ascii_lowercase).as_deref() {
        None | Some("xnnpack") => false,
        Some("builtin") => true,
        Some(other) => {
            return Err(
                Fault::input(format!("--kernels {other}: LiteRT has no such kernels")).hint("it has: xnnpack, builtin")
            );
        }
    };
    if let Some(threads) = options.threads.filter(|n| builtin && *n > 1) {
        return Err(Fault::input(format!(
            "--threads {threads}: LiteRT's builtin kernels use one thread, whatever is said"
        ))
        .hint("--threads 1, or --kernels xnnpack"));
    }
    // One, as LiteRT itself takes where nothing is said.
    Ok(Settings { builtin, threads: options.threads.unwrap_or(1), profiled: false })
}

impl Model for LiteRtModel {
    fn engine(&self) -> EngineInfo {
        self.info.borrow().clone()
    }

    fn inputs(&self) -> &[TensorSpec] {
        &self.file.graph.inputs
    }

    fn outputs(&self) -> &[TensorSpec] {
        &self.file.graph.outputs
    }

    fn stream(&self, inputs: &[Tensor]) -> Result<Box<dyn Stream>, Fault> {
        let compiled = Compiled::new(Arc::clone(&self.model), Arc::clone(&self.file), self.settings, inputs)?;
        let mut info = self.info.borrow_mut();
        info.settings.insert("kernels".into(), if self.settings.builtin { "builtin" } else { "xnnpack" }.into());
        if let Some(all) = compiled.is_all_delegated() {
            let share = if all { "all operators" } else { "some operators, the others are builtin" };
            info.settings.insert("XNNPACK_RUNS".into(), share.into());
        }
        let stream = BoundStream::new(compiled, inputs)?;
        if self.settings.profiled {
            return Ok(Box::new(TimedStream::new(stream)));
        }
        Ok(Box::new(stream))
    }
}
