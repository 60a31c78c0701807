//! A model that is read, and compiled with the shapes of its first stream.

use super::compiled::Compiled;
use super::core::Core;
use super::message;
use super::ports::{self, Port};
use super::profile::CountedStream;
use super::properties::{self, Wanted};
use super::stream::BoundStream;
use super::sys::{self, Side};
use crate::engine::{Model, Stream};
use crate::graph;
use crate::tensor::{Tensor, TensorSpec};
use nntop_core::catalog::EngineKind;
use nntop_core::event::{EngineInfo, Fault, VariantSpec};
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::ffi::CString;
use std::path::Path;
use std::sync::Arc;

/// A loaded model.
pub(super) struct OpenVinoModel {
    core: Arc<Core>,
    model: sys::Model,
    path: String,
    wanted: Wanted,
    info: EngineInfo,
    inputs: Vec<TensorSpec>,
    /// Of each input: whether even its number of axes is open.
    open: Vec<bool>,
    outputs: Vec<TensorSpec>,
    profiled: bool,
    compiled: OnceCell<(Arc<Compiled>, EngineInfo)>,
}

impl OpenVinoModel {
    pub(super) fn read(core: Arc<Core>, spec: &VariantSpec, info: EngineInfo, profiled: bool) -> Result<Self, Fault> {
        let path = &spec.model;
        let wanted = Wanted::of(&core, &spec.options, profiled)?;
        let text =
            CString::new(path.as_str()).map_err(|_| Fault::input(format!("{path:?}: a path with a zero byte")))?;
        let failed = |why: String| message::load_failed(path, &core.version, &why);
        let model = sys::Model::read(Arc::clone(&core.sys), &text).map_err(failed)?;
        let (inputs, strange) = sorted(ports::of(&core, &model, Side::Input).map_err(failed)?);
        if !strange.is_empty() {
            let others = EngineKind::OpenVino.alternatives(Path::new(path));
            return Err(Fault::input(format!("{path}: takes inputs that nntop cannot make: {}", strange.join(", ")))
                .maybe_hint(others.map(|o| format!("another engine may take them: {o}"))));
        }
        let open = inputs.iter().map(|port| port.open).collect();
        let inputs = with_names(inputs.into_iter().map(|port| port.spec).collect(), path);
        let outputs = sorted(ports::of(&core, &model, Side::Output).map_err(failed)?).0;
        let outputs = outputs.into_iter().map(|port| port.spec).collect();
        let (path, compiled) = (path.clone(), OnceCell::new());
        Ok(Self { core, model, path, wanted, info, inputs, open, outputs, profiled, compiled })
    }

    /// Compiles the model for the shapes of `inputs`, once.
    fn compiled(&self, inputs: &[Tensor]) -> Result<&(Arc<Compiled>, EngineInfo), Fault> {
        let shapes: Vec<Vec<u64>> = inputs.iter().map(|t| t.shape.clone()).collect();
        if let Some(compiled) = self.compiled.get() {
            if compiled.0.shapes != shapes {
                return Err(Fault::run(format!("{}: is compiled for other shapes", self.path)));
            }
            return Ok(compiled);
        }
        let failed = |why: String| message::load_failed(&self.path, &self.core.version, &why);
        let without = inputs.iter().zip(&self.open).find(|(given, open)| **open && given.shape.is_empty());
        if let Some((given, _)) = without {
            return Err(Fault::input(format!("input {}: the model leaves open how many axes it has", given.name))
                .hint(format!("--shape {}:1,3,224,224, with sizes that it takes", given.name)));
        }
        self.reshape(&shapes).map_err(|why| {
            Fault::input(format!("OpenVINO {} cannot give it these shapes: {why}", self.core.version))
                .hint("sizes that the model's operators take: --shape INPUT:N,N,..., or --dim, --batch-size")
        })?;
        let compiled = self.compile(&self.wanted, shapes.clone()).map_err(failed)?;
        let settings = compiled.settings(&self.wanted);
        let streams = settings.get("NUM_STREAMS").and_then(|n| n.parse::<usize>().ok()).unwrap_or(1);
        let (compiled, settings) = if self.profiled && streams > 1 {
            // Each stream has counters of its own, and which one runs is OpenVINO's choice.
            let one = self.wanted.one_stream(&settings, streams);
            let compiled = self.compile(&one, shapes).map_err(failed)?;
            let settings = compiled.settings(&self.wanted);
            (compiled, settings)
        } else {
            (compiled, settings)
        };
        let mut info = self.info.clone();
        properties::fill(&mut info, &self.wanted.device, settings);
        Ok(self.compiled.get_or_init(|| (Arc::new(compiled), info)))
    }

    /// Fixes the free axes of the inputs that have some.
    fn reshape(&self, shapes: &[Vec<u64>]) -> Result<(), String> {
        let is_free = |place: usize| self.open[place] || self.inputs[place].dims.iter().any(|d| d.is_free());
        let free: Vec<(usize, &[u64])> =
            shapes.iter().map(Vec::as_slice).enumerate().filter(|(place, _)| is_free(*place)).collect();
        if free.is_empty() { Ok(()) } else { self.model.reshape(&free) }
    }

    fn compile(&self, wanted: &Wanted, shapes: Vec<Vec<u64>>) -> Result<Compiled, String> {
        Compiled::new(&self.core, &self.model, wanted, self.outputs.clone(), shapes)
    }
}

impl Wanted {
    /// What a property was asked to be.
    pub(super) fn asked(&self, key: &str) -> Option<&str> {
        self.properties.iter().find(|(k, _)| k == key).map(|(_, value)| value.as_str())
    }

    /// The same with one stream that has the threads which one of `streams` had.
    fn one_stream(&self, settings: &BTreeMap<String, String>, streams: usize) -> Self {
        let threads = settings.get("INFERENCE_NUM_THREADS").and_then(|n| n.parse::<usize>().ok());
        let mut properties = self.properties.clone();
        properties.retain(|(key, _)| !["NUM_STREAMS", "INFERENCE_NUM_THREADS"].contains(&key.as_str()));
        properties.push(("NUM_STREAMS".into(), "1".into()));
        properties.extend(threads.map(|n| ("INFERENCE_NUM_THREADS".into(), (n / streams).max(1).to_string())));
        Self { device: self.device.clone(), properties }
    }
}

/// What nntop can make or read, and the names of what it cannot.
fn sorted(ports: Vec<Result<Port, String>>) -> (Vec<Port>, Vec<String>) {
    let (mut tensors, mut others) = (Vec::new(), Vec::new());
    for port in ports {
        match port {
            Ok(port) => tensors.push(port),
            Err(name) => others.push(name),
        }
    }
    (tensors, others)
}

/// OpenVINO forgets the names of an ONNX model's free axes, by which people give them sizes: the file has them.
fn with_names(inputs: Vec<TensorSpec>, path: &str) -> Vec<TensorSpec> {
    let is_free = inputs.iter().any(|i| i.dims.iter().any(|d| d.is_free()));
    if !is_free || !path.ends_with(".onnx") {
        return inputs;
    }
    let Ok(file) = graph::read(Path::new(path)) else { return inputs };
    let named = |input: TensorSpec| match file.inputs.iter().find(|i| i.name == input.name) {
        Some(declared) if declared.dims.len() == input.dims.len() => {
            // An axis that OpenVINO has fixed is fixed.
            let axes = input.dims.into_iter().zip(&declared.dims);
            let dims = axes.map(|(ours, theirs)| if ours.is_free() { theirs.clone() } else { ours }).collect();
            TensorSpec { dims, ..input }
        }
        _ => input,
    };
    inputs.into_iter().map(named).collect()
}

impl Model for OpenVinoModel {
    fn engine(&self) -> EngineInfo {
        self.compiled.get().map_or_else(|| self.info.clone(), |(_, info)| info.clone())
    }

    fn inputs(&self) -> &[TensorSpec] {
        &self.inputs
    }

    fn outputs(&self) -> &[TensorSpec] {
        &self.outputs
    }

    fn stream(&self, inputs: &[Tensor]) -> Result<Box<dyn Stream>, Fault> {
        let (compiled, info) = self.compiled(inputs)?;
        let stream = BoundStream::new(Arc::clone(compiled), inputs)?;
        if self.profiled {
            return Ok(Box::new(CountedStream::new(stream, info)));
        }
        Ok(Box::new(stream))
    }
}
