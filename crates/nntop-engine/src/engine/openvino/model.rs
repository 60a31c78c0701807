//! A model that is read, and compiled with the shapes of its first stream.

use super::api::{Dimension, Handle, MOST_STRINGS, PartialShape};
use super::core::Core;
use super::message;
use super::ports::{self, Port, Side};
use super::profile::CountedStream;
use super::properties::{self, READ_BACK, Wanted};
use super::stream::BoundStream;
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
    handle: Handle,
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

/// A compiled model.
pub(super) struct Compiled {
    pub(super) core: Arc<Core>,
    pub(super) handle: Handle,
    pub(super) outputs: Vec<TensorSpec>,
    /// The shapes that it was compiled for.
    shapes: Vec<Vec<u64>>,
}

// SAFETY: `ov::CompiledModel` may be used from several threads at once; here it only makes requests and lives.
unsafe impl Send for Compiled {}
// SAFETY: as above.
unsafe impl Sync for Compiled {}

impl OpenVinoModel {
    pub(super) fn read(core: Arc<Core>, spec: &VariantSpec, info: EngineInfo, profiled: bool) -> Result<Self, Fault> {
        let path = &spec.model;
        let wanted = Wanted::of(&core, &spec.options, profiled)?;
        let text =
            CString::new(path.as_str()).map_err(|_| Fault::input(format!("{path:?}: a path with a zero byte")))?;
        let failed = |why: String| message::load_failed(path, &core.version, &why);
        let mut handle = std::ptr::null_mut();
        // SAFETY: the path lives for the call; without a second path weights are looked for beside the first.
        let status =
            unsafe { (core.api.ov_core_read_model)(core.handle, text.as_ptr(), std::ptr::null(), &raw mut handle) };
        core.check(status).map_err(failed)?;
        let mut model = Self {
            core: Arc::clone(&core),
            handle,
            path: path.clone(),
            wanted,
            info,
            inputs: Vec::new(),
            open: Vec::new(),
            outputs: Vec::new(),
            profiled,
            compiled: OnceCell::new(),
        };
        let (inputs, strange) = sorted(ports::of(&core, handle, Side::Input).map_err(failed)?);
        if !strange.is_empty() {
            let others = EngineKind::OpenVino.alternatives(Path::new(path));
            return Err(Fault::input(format!("{path}: takes inputs that nntop cannot make: {}", strange.join(", ")))
                .maybe_hint(others.map(|o| format!("another engine may take them: {o}"))));
        }
        model.open = inputs.iter().map(|port| port.open).collect();
        model.inputs = with_names(inputs.into_iter().map(|port| port.spec).collect(), path);
        let outputs = sorted(ports::of(&core, handle, Side::Output).map_err(failed)?).0;
        model.outputs = outputs.into_iter().map(|port| port.spec).collect();
        Ok(model)
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
        let settings = compiled.settings(self.wanted.asked("INFERENCE_PRECISION_HINT"));
        let streams = settings.get("NUM_STREAMS").and_then(|n| n.parse::<usize>().ok()).unwrap_or(1);
        let (compiled, settings) = if self.profiled && streams > 1 {
            // Each stream has counters of its own, and which one runs is OpenVINO's choice.
            let one = self.wanted.one_stream(&settings, streams);
            let compiled = self.compile(&one, shapes).map_err(failed)?;
            let settings = compiled.settings(self.wanted.asked("INFERENCE_PRECISION_HINT"));
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
        let is_free = |place: &usize| self.open[*place] || self.inputs[*place].dims.iter().any(|d| d.is_free());
        let places: Vec<usize> = (0..shapes.len()).filter(is_free).collect();
        if places.is_empty() {
            return Ok(());
        }
        let fixed = |n: &u64| Dimension { min: *n as i64, max: *n as i64 };
        let mut dims: Vec<Vec<Dimension>> =
            places.iter().map(|&place| shapes[place].iter().map(fixed).collect()).collect();
        let partial = |dims: &mut Vec<Dimension>| {
            let rank = dims.len() as i64;
            PartialShape { rank: Dimension { min: rank, max: rank }, dims: dims.as_mut_ptr() }
        };
        let partials: Vec<PartialShape> = dims.iter_mut().map(partial).collect();
        // SAFETY: as many places as shapes, all of which live for the call.
        self.core.check(unsafe {
            (self.core.api.ov_model_reshape_by_port_indexes)(
                self.handle,
                places.as_ptr(),
                partials.as_ptr(),
                partials.len(),
            )
        })
    }

    fn compile(&self, wanted: &Wanted, shapes: Vec<Vec<u64>>) -> Result<Compiled, String> {
        let text = |t: &str| CString::new(t).map_err(|e| e.to_string());
        let device = text(&wanted.device)?;
        let strings = wanted.properties.iter().flat_map(|(key, value)| [text(key), text(value)]);
        let strings: Vec<CString> = strings.collect::<Result<_, _>>()?;
        if strings.len() > MOST_STRINGS {
            return Err("more properties than nntop passes on".into());
        }
        let s = |i: usize| strings.get(i).map_or(std::ptr::null(), |t| t.as_ptr());
        let mut handle = std::ptr::null_mut();
        // SAFETY: all texts live for the call; of the last arguments only as many are read as `strings` has.
        let status = unsafe {
            (self.core.api.ov_core_compile_model)(
                self.core.handle,
                self.handle,
                device.as_ptr(),
                strings.len(),
                &raw mut handle,
                s(0),
                s(1),
                s(2),
                s(3),
                s(4),
                s(5),
                s(6),
                s(7),
                s(8),
                s(9),
                s(10),
                s(11),
            )
        };
        self.core.check(status)?;
        let outputs = self.outputs.clone();
        Ok(Compiled { core: Arc::clone(&self.core), handle, outputs, shapes })
    }
}

impl Wanted {
    /// What a property was asked to be.
    fn asked(&self, key: &str) -> Option<&str> {
        self.properties.iter().find(|(k, _)| *k == key).map(|(_, value)| value.as_str())
    }

    /// The same with one stream that has the threads which one of `streams` had.
    fn one_stream(&self, settings: &BTreeMap<String, String>, streams: usize) -> Self {
        let threads = settings.get("INFERENCE_NUM_THREADS").and_then(|n| n.parse::<usize>().ok());
        let mut properties = self.properties.clone();
        properties.retain(|(key, _)| !["NUM_STREAMS", "INFERENCE_NUM_THREADS"].contains(key));
        properties.push(("NUM_STREAMS", "1".into()));
        properties.extend(threads.map(|n| ("INFERENCE_NUM_THREADS", (n / streams).max(1).to_string())));
        Self { device: self.device.clone(), properties }
    }
}

impl Compiled {
    /// What it says that it was set to.
    fn settings(&self, precision: Option<&str>) -> BTreeMap<String, String> {
        let mut all: BTreeMap<String, String> =
            READ_BACK.iter().filter_map(|key| Some(((*key).to_owned(), self.property(key)?))).collect();
        // AUTO and HETERO do not say in which precision their devices compute: it is what was asked for, which they pass
        // on, or what the device itself would take.
        if let (false, Some(devices)) = (all.contains_key("INFERENCE_PRECISION_HINT"), all.get("EXECUTION_DEVICES")) {
            let first = devices.split([',', ' ']).next().unwrap_or_default().trim_matches(['(', ')']).to_owned();
            let own = || self.core.property(&first, "INFERENCE_PRECISION_HINT");
            let found = precision.map(String::from).or_else(own);
            all.extend(found.map(|p| ("INFERENCE_PRECISION_HINT".to_owned(), p)));
        }
        all
    }

    fn property(&self, key: &str) -> Option<String> {
        let key = CString::new(key).ok()?;
        let mut value = std::ptr::null_mut();
        // SAFETY: the text lives for the call; the value is ours to release.
        unsafe {
            let status = (self.core.api.ov_compiled_model_get_property)(self.handle, key.as_ptr(), &raw mut value);
            if status == 0 { self.core.take(value) } else { None }
        }
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

impl Drop for OpenVinoModel {
    fn drop(&mut self) {
        // SAFETY: a compiled model holds what it needs of the model that it was made from.
        unsafe { (self.core.api.ov_model_free)(self.handle) }
    }
}

impl Drop for Compiled {
    fn drop(&mut self) {
        // SAFETY: requests hold the compiled model, so none is left.
        unsafe { (self.core.api.ov_compiled_model_free)(self.handle) }
    }
}
