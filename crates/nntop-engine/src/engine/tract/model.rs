//! A model that is read, and optimised for the shapes of its first stream.

use super::file;
use super::stream::TractStream;
use super::sys::{Plan, Run, upload};
use super::types::{data_type, datum_type};
use crate::engine::{Model, Stream};
use crate::tensor::{DataType, Dim, Tensor, TensorSpec};
use nntop_core::event::{EngineInfo, Fault, VariantSpec};
use std::cell::{OnceCell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use tract_linalg::multithread::Executor;
use tract_onnx::pb::ModelProto;
use tract_onnx::prelude::*;
use tract_onnx::tract_core::plan::PlanOptions;

/// A loaded model.
pub(super) struct TractModel {
    path: String,
    /// The file's content, until it is optimised.
    file: RefCell<Option<ModelProto>>,
    info: EngineInfo,
    threads: usize,
    inputs: Vec<TensorSpec>,
    prepared: OnceCell<Prepared>,
}

/// The model for certain shapes.
struct Prepared {
    plan: Arc<Plan>,
    outputs: Arc<Vec<TensorSpec>>,
    shapes: Vec<Vec<u64>>,
}

impl TractModel {
    pub(super) fn read(spec: &VariantSpec, mut info: EngineInfo) -> Result<Self, Fault> {
        let path = spec.model.clone();
        let proto = guarded(&path, || file::read(&path))?;
        let inputs = proto.graph.as_ref().map(|graph| file::inputs(&path, graph)).transpose()?.unwrap_or_default();
        // One, as tract takes where nothing is said.
        let threads = spec.options.threads.unwrap_or(1);
        info.threads = Some(threads);
        Ok(Self { path, file: RefCell::new(Some(proto)), info, threads, inputs, prepared: OnceCell::new() })
    }

    fn prepared(&self, inputs: &[Tensor]) -> Result<&Prepared, Fault> {
        let shapes: Vec<Vec<u64>> = inputs.iter().map(|t| t.shape.clone()).collect();
        if let Some(prepared) = self.prepared.get() {
            if prepared.shapes != shapes {
                return Err(Fault::run(format!("{}: is prepared for other shapes", self.path)));
            }
            return Ok(prepared);
        }
        let proto = self.file.take().ok_or_else(|| Fault::run(format!("{}: was not prepared", self.path)))?;
        let failed = |e: TractError| {
            Fault::input(format!("{}: tract {} cannot load it: {}", self.path, super::VERSION, super::words(&e))).hint(
                format!("tract knows ONNX up to operator set 18, and not all of it: {}", super::native("may run it")),
            )
        };
        let (plan, outputs) = guarded(&self.path, || self.optimise(proto, inputs).map_err(failed))?;
        let (plan, outputs) = (Arc::new(plan), Arc::new(outputs));
        Ok(self.prepared.get_or_init(|| Prepared { plan, outputs, shapes }))
    }

    fn optimise(&self, mut proto: ModelProto, inputs: &[Tensor]) -> TractResult<(Plan, Vec<TensorSpec>)> {
        proto.graph.iter_mut().for_each(file::forget_shapes);
        let folder = Path::new(&self.path).parent().and_then(Path::to_str);
        let parsed = tract_onnx::onnx().parse(&proto, folder)?;
        drop(proto);
        let mut model = parsed.model;
        for (place, tensor) in inputs.iter().enumerate() {
            let shape: Vec<usize> = tensor.shape.iter().map(|&n| n as usize).collect();
            let dtype = datum_type(tensor.dtype).ok_or_else(|| anyhow::anyhow!("no type {}", tensor.dtype))?;
            model.set_input_fact(place, InferenceFact::dt_shape(dtype, shape))?;
        }
        let model = model.into_optimized()?;
        let outputs =
            model.output_outlets()?.iter().map(|&outlet| output(&model, outlet)).collect::<TractResult<_>>()?;
        let executor = (self.threads > 1).then(|| Executor::multithread(self.threads));
        Ok((Plan::new_with_options(model, &PlanOptions { executor, ..PlanOptions::default() })?, outputs))
    }
}

/// tract holds some of what it expects of files by assertions: what they say is an error like any other.
fn guarded<T>(path: &str, work: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let done = catch_unwind(AssertUnwindSafe(work));
    std::panic::set_hook(hook);
    done.unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
        let said = super::brief(said.unwrap_or("no reason given"));
        Err(Fault::input(format!("{path}: tract {} gives up on it: {said}", super::VERSION))
            .hint(super::native("may run it")))
    })
}

/// An output as the optimised model has it.
fn output(model: &TypedModel, outlet: OutletId) -> TractResult<TensorSpec> {
    let fact = model.outlet_fact(outlet)?;
    let name = model.outlet_label(outlet).unwrap_or(&model.node(outlet.node).name).to_owned();
    let dims = fact.shape.iter().map(|axis| axis.to_i64().map_or(Dim::Unknown, |n| Dim::Fixed(n.unsigned_abs())));
    // Shapes that are computed with are numbers to everybody else.
    let dtype = data_type(fact.datum_type).unwrap_or(DataType::I64);
    Ok(TensorSpec { name, dtype, dims: dims.collect() })
}

impl Model for TractModel {
    fn engine(&self) -> EngineInfo {
        self.info.clone()
    }

    fn inputs(&self) -> &[TensorSpec] {
        &self.inputs
    }

    fn outputs(&self) -> &[TensorSpec] {
        self.prepared.get().map_or(&[], |prepared| &prepared.outputs)
    }

    fn stream(&self, inputs: &[Tensor]) -> Result<Box<dyn Stream>, Fault> {
        let prepared = self.prepared(inputs)?;
        let values = inputs.iter().map(upload).collect::<Result<_, _>>()?;
        let run = Run::new(Arc::clone(&prepared.plan), values)
            .map_err(|e| Fault::run(format!("tract does not start: {}", super::words(&e))))?;
        Ok(Box::new(TractStream::new(run, Arc::clone(&prepared.outputs))))
    }
}
