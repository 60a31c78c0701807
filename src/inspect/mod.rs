//! What a model file holds, counted: parameters, operations, memory, zeros, layer by layer. Nothing is run.

mod difference;
mod layers;
mod liveness;

pub use difference::{Difference, differences};
pub use layers::Layer;
pub use liveness::Peak;

use nntop_engine::graph::{self, ModelError, Survey, Weight};
use nntop_engine::tensor::{Shape, TensorSpec};
use nntop_engine::workload::Assumed;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;

/// The sizes of a model's free axes, or why there are none.
pub type Sizes<'a> = dyn Fn(&[TensorSpec]) -> Result<Assumed, String> + 'a;

/// A model file, counted.
#[derive(Debug, Clone)]
pub struct Inspection {
    /// What is in the file.
    pub survey: Survey,
    /// The shapes of the inputs that operations and memory were counted for; or why there are none.
    pub shapes: Result<Vec<(String, Shape)>, String>,
    /// What was taken for axes that have no size, as `seq` or `x axis 2`.
    pub assumed: BTreeMap<String, u64>,
    /// The nodes that hold weights or multiply and add, in the order of execution.
    pub layers: Vec<Layer>,
    /// Multiplications that are added up, of one inference; absent where the shapes of the inputs are open.
    pub macs: Option<u64>,
    /// Operations of one inference, as `nntop profile` counts them.
    pub flops: Option<u64>,
    /// Nodes that are not in `macs` and `flops`, by type: without a rule, or with a shape that depends on data.
    pub uncounted: BTreeMap<String, u64>,
    /// Layers that hold weights, on the longest path.
    pub depth: u64,
    /// The most that activations take at one moment; or why that is not known.
    pub peak: Result<Peak, String>,
}

impl Inspection {
    /// Reads a model file and counts.
    ///
    /// # Errors
    /// When there is no such file, or no sound model in it.
    pub fn of(path: &Path, sizes: &Sizes<'_>) -> Result<Self, ModelError> {
        let resolved = RefCell::new(Err("the file gives its inputs no shapes".to_owned()));
        let survey = graph::survey(path, &|inputs| {
            let found = sizes(inputs).map(|(all, assumed)| {
                let shapes: Vec<(String, Shape)> = all.into_iter().map(|(input, shape)| (input.name, shape)).collect();
                (shapes, assumed)
            });
            *resolved.borrow_mut() = found.clone();
            found.ok().map(|(shapes, _)| shapes)
        })?;
        let (shapes, assumed) = match resolved.into_inner() {
            Ok((shapes, assumed)) => (Ok(shapes), assumed),
            Err(why) => (Err(why), BTreeMap::new()),
        };
        let counted = layers::count(&survey);
        let is_sized = shapes.is_ok();
        Ok(Self {
            macs: counted.macs.filter(|_| is_sized),
            flops: counted.flops.filter(|_| is_sized),
            uncounted: if is_sized { counted.uncounted } else { BTreeMap::new() },
            depth: survey.file.depth.unwrap_or(counted.depth),
            peak: shapes.as_ref().map_err(Clone::clone).and_then(|_| liveness::peak(&survey)),
            layers: counted.layers,
            assumed,
            shapes,
            survey,
        })
    }

    /// The share of weights that are zero; absent where those of none can be counted.
    pub fn sparsity(&self) -> Option<f64> {
        share(&self.survey.weights, |weight| weight.zeros)
    }

    /// The share of floating-point weights that are denormal numbers.
    pub fn denormals(&self) -> Option<f64> {
        share(&self.survey.weights, |weight| weight.denormals)
    }

    /// As `nntop.inspect/1` has a model.
    pub fn to_json(&self, name: &str, with_tensors: bool) -> Value {
        let (survey, file) = (&self.survey, &self.survey.file);
        let given = |input: &str| self.shapes.as_ref().ok().and_then(|all| all.iter().find(|(name, _)| name == input));
        let axes = |spec: &TensorSpec| spec.dims.iter().map(ToString::to_string).collect::<Vec<_>>();
        let inputs = file.inputs.iter().map(|spec| {
            json!({"name": spec.name, "dtype": spec.dtype, "shape": axes(spec), "counted_as": given(&spec.name).map(|(_, shape)| shape)})
        });
        let outputs =
            survey.outputs.iter().map(|spec| json!({"name": spec.name, "dtype": spec.dtype, "shape": axes(spec)}));
        let tensors = survey.weights.iter().map(|w| {
            let share = |n: Option<u64>| n.filter(|_| w.elements > 0).map(|n| n as f64 / w.elements as f64);
            json!({"name": w.name, "dtype": w.dtype, "shape": w.shape, "elements": w.elements,
                   "bytes": w.dtype.byte_len(w.elements), "sparsity": share(w.zeros), "denormals": share(w.denormals),
                   "external": w.is_external})
        });
        let quantization = survey
            .quantization
            .as_ref()
            .map(|q| json!({"scheme": q.scheme, "per_channel": q.per_channel, "weights": q.weights}));
        let mut value = json!({
            "name": name,
            "path": file.path,
            "format": file.format.name(),
            "sha256": file.sha256,
            "size_bytes": file.size.0,
            "weights_bytes": file.params_bytes.0,
            "params": file.params,
            "params_by_type": file.params_by_type,
            "macs": self.macs,
            "flops": self.flops,
            "uncounted": self.uncounted,
            "depth": self.depth,
            "operators": survey.operators,
            "nodes": file.operators,
            "nodes_in_bodies": survey.in_bodies,
            "inputs": inputs.collect::<Vec<_>>(),
            "assumed_sizes": self.assumed,
            "other_inputs": file.non_tensor_inputs,
            "outputs": outputs.collect::<Vec<_>>(),
            "opset": file.opsets,
            "ir_version": file.ir_version,
            "producer": file.producer,
            "metadata": survey.metadata,
            "external_data": file.data_files,
            "quantization": quantization,
            "sparsity": self.sparsity(),
            "denormals": self.denormals(),
            "activation_peak_bytes": self.peak.as_ref().ok().map(|peak| peak.bytes),
            "activation_peak_at": self.peak.as_ref().ok().map(|peak| &peak.node),
            "activation_peak_unknown": self.peak.as_ref().err(),
            "layers": self.layers,
        });
        if with_tensors {
            value["tensors"] = tensors.collect();
        }
        value
    }
}

fn share(weights: &[Weight], of: impl Fn(&Weight) -> Option<u64>) -> Option<f64> {
    let counted = weights.iter().filter_map(|w| Some((of(w)?, w.elements)));
    let (n, all) = counted.fold((0u64, 0u64), |(n, all), (one, elements)| (n + one, all.saturating_add(elements)));
    (all > 0).then(|| n as f64 / all as f64)
}
