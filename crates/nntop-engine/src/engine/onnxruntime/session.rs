//! A session: the model read, optimised and placed on its execution providers.

use super::providers::Chosen;
use super::stream::{BoundStream, RecordedStream};
use super::sys::{available_providers, read_back};
use super::{chain, message, plugin, provider_options, providers, session_options, values};
use crate::engine::{Model, Stream};
use crate::graph;
use crate::tensor::{Dim, Tensor, TensorSpec};
use nntop_core::event::{EngineInfo, EngineOptions, Fault, GraphOptimization, VariantSpec};
use ort::environment::Environment;
use ort::session::Session;
use ort::session::builder::GraphOptimizationLevel;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A loaded model.
pub(super) struct OnnxModel {
    session: Arc<Session>,
    info: EngineInfo,
    inputs: Vec<TensorSpec>,
    outputs: Vec<TensorSpec>,
    /// Where TensorRT keeps its engines, and whether it had one before.
    engines: Option<(PathBuf, bool)>,
    /// What was asked for.
    options: EngineOptions,
    /// Whether it was built with its profiler on.
    profiled: bool,
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
    let available = available_providers(ort::api()).unwrap_or_default();
    let mut wanted = providers::resolve(options, &available, &info.version)?;
    let level = match options.graph_optimization {
        GraphOptimization::Disable => GraphOptimizationLevel::Disable,
        GraphOptimization::Basic => GraphOptimizationLevel::Level1,
        GraphOptimization::Extended => GraphOptimizationLevel::Level2,
        GraphOptimization::All => GraphOptimizationLevel::All,
    };

    info.providers = wanted.iter().map(|p| p.name.clone()).chain(["cpu".into()]).collect();
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
    builder = session_options::set(builder, options)?;
    let mut engines = None;
    let runtime = info.library.clone().unwrap_or_default();
    let runtime = Path::new(&runtime);
    for (place, provider) in wanted.iter_mut().enumerate() {
        if options.provider_libraries.contains_key(&provider.name) {
            continue;
        }
        chain::ready(&provider.name, runtime)?;
        if provider.name == "tensorrt" {
            engines = keep_engines(provider, spec, &info.version);
        }
        let settings = read_back(&provider.name, &provider.settings)?.unwrap_or_else(|| provider.settings.clone());
        if place == 0 {
            info.precision = provider_options::precision(&provider.name, &settings);
        }
        let named = |key: String| if place == 0 { key } else { format!("{}:{key}", provider.name) };
        info.settings.extend(settings.into_iter().map(|(key, value)| (named(key), value)));
    }
    // In their order: it is the order in which they are offered the graph.
    for provider in &wanted {
        if options.provider_libraries.contains_key(&provider.name) {
            let of = (runtime, info.version.as_str());
            plugin::append(&mut builder, environment, of, &provider.name, &provider.settings)?;
            info.settings.extend(provider.settings.clone());
            continue;
        }
        let dispatched = providers::dispatch(provider, options.threads)?;
        builder = builder.with_execution_providers([dispatched]).map_err(|e| {
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

    let (mut inputs, strange) = values::specs(session.inputs());
    // Its interface has no axes for a scalar, and none for a tensor whose rank is open.
    if inputs.iter().any(|input| input.dims.is_empty()) {
        let open = graph::open_ranks(Path::new(path));
        let open = |input: &&mut TensorSpec| input.dims.is_empty() && open.contains(&input.name);
        inputs.iter_mut().filter(open).for_each(|input| input.dims = vec![Dim::Rest]);
    }
    if !strange.is_empty() {
        return Err(Fault::input(format!("{path}: takes inputs that are no tensors: {}", strange.join(", ")))
            .hint("nntop makes tensors only; wrap the model so that it takes tensors"));
    }
    let (outputs, _) = values::specs(session.outputs());
    let (options, profiled) = (options.clone(), profile.is_some());
    Ok(OnnxModel { session: Arc::new(session), info, inputs, outputs, engines, options, profiled })
}

/// Lets TensorRT keep what it builds, where there is a folder for it and nothing else was said; where it is now.
fn keep_engines(provider: &mut Chosen, spec: &VariantSpec, version: &str) -> Option<(PathBuf, bool)> {
    let cache = Path::new(spec.options.cache.as_ref()?);
    let own = provider_options::cache_folder(cache, &provider.name, &spec.model, version)?;
    let folder = provider.settings.get("trt_engine_cache_path").map_or(own, PathBuf::from);
    std::fs::create_dir_all(&folder).ok()?;
    provider_options::keep(&mut provider.settings, &folder);
    let had = provider_options::has_engine(&folder);
    Some((folder, had))
}

impl Model for OnnxModel {
    fn engine(&self) -> EngineInfo {
        let mut info = self.info.clone();
        // Asked for after all that is timed: the library is read from end to end.
        let library = Path::new(info.library.as_deref().unwrap_or_default());
        let unknown = session_options::unknown(&self.options, library);
        if !unknown.is_empty() {
            info.settings.insert(EngineInfo::UNKNOWN_OPTIONS.into(), unknown.join(", "));
        }
        if let Some((folder, had)) = &self.engines {
            // Asked after the first inference, by when it has built what it builds.
            let state = match (had, provider_options::has_engine(folder)) {
                (true, _) => "loaded",
                (false, true) => "built during this start",
                (false, false) => "none",
            };
            info.settings.insert("engine cache".into(), format!("{state} ({})", folder.display()));
        }
        info
    }

    fn inputs(&self) -> &[TensorSpec] {
        &self.inputs
    }

    fn outputs(&self) -> &[TensorSpec] {
        &self.outputs
    }

    fn stream(&self, inputs: &[Tensor]) -> Result<Box<dyn Stream>, Fault> {
        let library = self.info.library.clone().unwrap_or_default();
        let stream = BoundStream::new(Arc::clone(&self.session), inputs, library)?;
        if self.profiled {
            return Ok(Box::new(RecordedStream::new(stream)));
        }
        Ok(Box::new(stream))
    }
}
