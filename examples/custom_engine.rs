//! Measures with an engine of your own: a dense layer in plain Rust, whose model files are numbers.
//!
//! `cargo run --example custom_engine`

#![allow(clippy::print_stdout, reason = "an example prints")]

use nntop::engine::{Engine, EngineFactory, Engines, Model, Stream};
use nntop::event::{EngineInfo, Fault, Plan, VariantSpec};
use nntop::session::Session;
use nntop::tensor::{Data, DataType, Dim, Tensor, TensorSpec};
use nntop::unit::{Bytes, Nanos};

const INPUTS: usize = 256;
const OUTPUTS: usize = 64;

/// How plans name it, and how a worker opens it.
struct Dense;

impl EngineFactory for Dense {
    fn name(&self) -> &str {
        "dense"
    }

    fn open(&self, _spec: &VariantSpec) -> Result<Box<dyn Engine>, Fault> {
        Ok(Box::new(Dense))
    }
}

impl Engine for Dense {
    fn info(&self) -> EngineInfo {
        let (name, version) = ("dense".into(), "1.0".into());
        EngineInfo { name, version, providers: vec!["cpu".into()], threads: Some(1), ..EngineInfo::default() }
    }

    fn load(&self, spec: &VariantSpec) -> Result<Box<dyn Model>, Fault> {
        let bytes = std::fs::read(&spec.model).map_err(|e| Fault::input(format!("{}: {e}", spec.model)))?;
        let weights = floats(&bytes);
        if weights.len() != INPUTS * OUTPUTS {
            return Err(Fault::input(format!("{}: holds {} weights", spec.model, weights.len()))
                .hint(format!("it takes {}", INPUTS * OUTPUTS)));
        }
        let spec = |name: &str, size| {
            let dims = vec![Dim::Fixed(1), Dim::Fixed(size as u64)];
            [TensorSpec { name: name.into(), dtype: DataType::F32, dims }]
        };
        Ok(Box::new(Layer { weights, inputs: spec("x", INPUTS), outputs: spec("y", OUTPUTS) }))
    }
}

/// A model that is loaded.
struct Layer {
    weights: Vec<f32>,
    inputs: [TensorSpec; 1],
    outputs: [TensorSpec; 1],
}

impl Model for Layer {
    fn engine(&self) -> EngineInfo {
        Dense.info()
    }

    fn inputs(&self) -> &[TensorSpec] {
        &self.inputs
    }

    fn outputs(&self) -> &[TensorSpec] {
        &self.outputs
    }

    fn stream(&self, inputs: &[Tensor]) -> Result<Box<dyn Stream>, Fault> {
        let Data::Bytes(bytes) = &inputs[0].data else { return Err(Fault::run("text is no input")) };
        Ok(Box::new(Bound { weights: self.weights.clone(), x: floats(bytes), y: vec![0.0; OUTPUTS] }))
    }
}

/// The model with its input: all that is needed to infer lies ready.
struct Bound {
    weights: Vec<f32>,
    x: Vec<f32>,
    y: Vec<f32>,
}

impl Stream for Bound {
    /// What is timed: it should do nothing but infer.
    fn infer(&mut self) -> Result<(), Fault> {
        for (y, row) in self.y.iter_mut().zip(self.weights.chunks_exact(INPUTS)) {
            *y = row.iter().zip(&self.x).map(|(w, x)| w * x).sum::<f32>().max(0.0);
        }
        std::hint::black_box(&self.y);
        Ok(())
    }

    fn outputs(&self) -> Result<Vec<Tensor>, Fault> {
        let bytes = self.y.iter().flat_map(|y| y.to_le_bytes()).collect();
        Ok(vec![Tensor {
            name: "y".into(),
            dtype: DataType::F32,
            shape: vec![1, OUTPUTS as u64],
            data: Data::Bytes(bytes),
        }])
    }
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Workers are this program, started again: they know the engine from here.
    nntop::worker_if_asked_with(&Engines::standard().with(Dense));

    let model = std::env::temp_dir().join(format!("custom-engine-{}", std::process::id())).join("layer.dense");
    std::fs::create_dir_all(model.parent().unwrap_or(&model))?;
    let weights = (0..INPUTS * OUTPUTS).flat_map(|i| ((i % 7) as f32 / 7.0 - 0.4).to_le_bytes());
    std::fs::write(&model, weights.collect::<Vec<u8>>())?;

    let plan = Plan::of(VariantSpec::of(model.display().to_string()).engine("dense"))
        .variant("synthetic:lognormal,median=20us")
        .runs(2_000);
    let finished = Session::new(plan).run(|_| {})?;
    std::fs::remove_dir_all(model.parent().unwrap_or(&model))?;

    for fault in finished.faults() {
        println!("error: {fault}");
    }
    for variant in &finished.result.variants {
        let (engine, version) = (&variant.engine.name, variant.engine.version.as_deref().unwrap_or_default());
        let p50 = variant.latency_ns.map(|l| Nanos(l.p50).to_string()).unwrap_or_default();
        let size = variant.model.size_bytes.map(|n| format!(", {} of weights", Bytes(n))).unwrap_or_default();
        println!("{} on {engine} {version}: p50 {p50}{size}", variant.name);
    }
    Ok(())
}
