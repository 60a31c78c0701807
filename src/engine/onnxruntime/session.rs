//! A session: the model read, optimised and placed on its execution providers.

use super::stream::BoundStream;
use super::{chain, library, message, providers, values};
use crate::engine::{Model, Stream};
use crate::event::{EngineInfo, Fault, GraphOptimization, VariantSpec};
use crate::tensor::{Tensor, TensorSpec};
use ort::environment::Environment;
use ort::session::Session;
use ort::session::builder::GraphOptimizationLevel;
use std::path::Path;
use std::sync::Arc;

/// A loaded model.
pub(super) struct OnnxModel {
    session: Arc<Session>,
    info: EngineInfo,
    inputs: Vec<TensorSpec>,
    outputs: Vec<TensorSpec>,
}

/// Builds a session; with a folder for its profile, the profiler is on from the begin.
pub(super) fn open(
    environment: &Environment,
    spec: &VariantSpec,
    mut info: EngineInfo,
    profile: Option<&Path>,
) -> Result<OnnxModel, Fault> {
    let path = &spec.model;
    let options = &spec.options;
    let available = library::available_providers(ort::api()).unwrap_or_default();
    let wanted = providers::resolve(options, &available, &info.version)?;
    let level = match options.graph_optimization {
        GraphOptimization::Disable => GraphOptimizationLevel::Disable,
        GraphOptimization::Basic => GraphOptimizationLevel::Level1,
        GraphOptimization::Extended => GraphOptimizationLevel::Level2,
        GraphOptimization::All => GraphOptimizationLevel::All,
    };

    info.providers = wanted.iter().map(|p| providers::short(p.name())).chain(["cpu".into()]).collect();
    info.threads = options.threads;

    let mut builder = (|| {
        let mut builder = Session::builder(environment)?.with_optimization_level(level)?;
        if let Some(threads) = options.threads {
            builder = builder.with_intra_threads(threads)?;
        }
        if let Some(folder) = profile {
            builder = builder.with_profiling(folder.join("session"))?;
        }
        Ok::<_, ort::Error>(builder)
    })()
    .map_err(|e| Fault::run(format!("{path}: ONNX Runtime refuses the session's options: {e}")))?;
    for provider in &wanted {
        chain::ready(&providers::short(provider.name()), Path::new(info.library.as_deref().unwrap_or_default()))?;
    }
    if !wanted.is_empty() {
        builder = builder.with_execution_providers(wanted).map_err(|e| {
            Fault::run(format!(
                "--ep {}: the execution provider does not start: {}",
                options.providers.join(","),
                message::clean(&e.to_string())
            ))
            .hint("its libraries or its device may be missing; nntop doctor shows what is there")
        })?;
    }
    let session =
        builder.commit_from_file(path).map_err(|e| message::load_failed(path, &info.version, &e.to_string()))?;

    let (inputs, strange) = values::specs(session.inputs());
    if !strange.is_empty() {
        return Err(Fault::input(format!("{path}: takes inputs that are no tensors: {}", strange.join(", ")))
            .hint("nntop makes tensors only; wrap the model so that it takes tensors"));
    }
    let (outputs, _) = values::specs(session.outputs());
    Ok(OnnxModel { session: Arc::new(session), info, inputs, outputs })
}

impl Model for OnnxModel {
    fn engine(&self) -> EngineInfo {
        self.info.clone()
    }

    fn inputs(&self) -> &[TensorSpec] {
        &self.inputs
    }

    fn outputs(&self) -> &[TensorSpec] {
        &self.outputs
    }

    fn stream(&self, inputs: &[Tensor]) -> Result<Box<dyn Stream>, Fault> {
        let library = self.info.library.clone().unwrap_or_default();
        Ok(Box::new(BoundStream::new(Arc::clone(&self.session), inputs, library)?))
    }
}
