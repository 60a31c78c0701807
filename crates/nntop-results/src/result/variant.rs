//! One variant's part of a result.

use super::{
    ComplexityResult, CountersResult, DeviceResult, Finding, FurtherIntervals, HistogramResult, Interval, Latency,
    Operators, OutputsResult, PacedResult, Partial, SeriesResult, StoppedBy, Verdict,
};
use nntop_core::catalog::EngineKind;
use nntop_core::event::{Accuracy, CustomValue, EngineOptions, Fault, Outcome, Port, Scenario, Stop};
use nntop_state::{Energy, State, Variant};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How a variant ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It measured all that was asked for.
    #[default]
    Ok,
    /// It failed; `error` says why.
    Failed,
    /// It was stopped before it had enough; what it measured holds.
    Interrupted,
}

/// What was measured of one variant.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct VariantResult {
    /// Its name.
    pub name: String,
    /// How it ended.
    pub status: Status,
    /// Which stop rule fired; absent when it failed or was interrupted.
    #[serde(default)]
    pub stopped_by: Option<StoppedBy>,
    /// Why it failed.
    pub error: Option<Fault>,
    /// The model.
    pub model: ModelResult,
    /// What ran it.
    pub engine: EngineResult,
    /// The options it was given.
    pub options: EngineOptions,
    /// How it was put under load.
    #[serde(default)]
    pub scenario: Scenario,
    /// Samples per inference.
    pub batch_size: u64,
    /// The inputs, with the shapes that were run.
    pub inputs: Vec<Port>,
    /// What they were made from, where it takes words: `32 images from DIR`; absent for random values and files of arrays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inputs_from: Option<String>,
    /// The sizes that were taken for axes that neither the model nor an option gives one: by the axis's name, else as
    /// `INPUT axis 2`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub assumed_shapes: BTreeMap<String, u64>,
    /// What was left out at the start.
    #[serde(default)]
    pub warmup: WarmUpResult,
    /// Latency of one inference or query; absent when nothing was measured.
    pub latency_ns: Option<Latency>,
    /// What another tool's file says of the latency, where it has not all of it; `latency_ns` is absent then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partial_ns: Option<Partial>,
    /// Where further figures lie with 95 % certainty; absent with too few blocks.
    #[serde(default)]
    pub intervals: Option<FurtherIntervals>,
    /// Time of each call of the engine alone; absent where that is the latency.
    #[serde(default)]
    pub service_ns: Option<Latency>,
    /// How a server's queue fared; absent in other scenarios.
    #[serde(default)]
    pub queue: Option<QueueResult>,
    /// How its frames fared; absent where none are paced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paced: Option<PacedResult>,
    /// CPU time within an inference, all threads of the worker; absent where it was not measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_ns_per_inference: Option<u64>,
    /// What an inference costs the system; absent where it was not measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counters: Option<CountersResult>,
    /// Samples per second of measured time.
    pub throughput_ips: Option<f64>,
    /// Start-up by part; absent when the model did not load.
    pub startup_ns: Option<StartupResult>,
    /// Memory of the worker's process.
    pub memory: MemoryResult,
    /// How far its outputs lie from the first variant's; absent for the first.
    #[serde(default)]
    pub outputs: Option<OutputsResult>,
    /// The run in one word; absent when it failed or there was too little to judge.
    pub verdict: Option<Verdict>,
    /// The text of the finding that the verdict rests on.
    pub verdict_reason: Option<String>,
    /// What was looked at, and what was seen.
    pub findings: Vec<Finding>,
    /// Energy of the measured blocks; absent for the reason in `energy_absent`.
    pub energy: Option<EnergyResult>,
    /// Why there is no energy.
    pub energy_absent: Option<String>,
    /// Where the time of an inference went, and on which execution provider.
    #[serde(flatten, default)]
    pub operators: Operators,
    /// Operations of an inference; absent without a profile that says.
    #[serde(default)]
    pub complexity: Option<ComplexityResult>,
    /// What metrics of the user's own came to, by name; each a number with its unit, or why there is none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub custom_metrics: BTreeMap<String, CustomValue>,
    /// How right its answers are; absent where it was not evaluated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<Box<Accuracy>>,
    /// The device while it measured.
    #[serde(default)]
    pub device: DeviceResult,
    /// Its blocks over time; absent when nothing was measured.
    #[serde(default)]
    pub series: Option<SeriesResult>,
    /// Its latencies in bins; absent when nothing was measured.
    #[serde(default)]
    pub histogram: Option<HistogramResult>,
    /// Measured blocks.
    pub blocks: u64,
    /// Samples that the live feed lost. The figures have them all the same.
    pub live_drops: u64,
    /// What the loop adds to an inference, measured around an engine that does nothing.
    pub loop_overhead_ns: Option<u64>,
    /// The smallest step of the clock.
    pub clock_precision_ns: Option<u64>,
}

/// The model's facts.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ModelResult {
    /// The path as given.
    pub path: String,
    /// SHA-256 of the file, in hex.
    pub sha256: Option<String>,
    /// `onnx`.
    pub format: Option<String>,
    /// The model file and its external data files.
    pub size_bytes: Option<u64>,
    /// Elements of all weights.
    pub params: Option<u64>,
    /// The data type that most of the arithmetic is in, as the model file tells: `float32`.
    #[serde(default)]
    pub precision: Option<String>,
    /// Elements of all weights, by data type.
    pub params_by_type: BTreeMap<String, u64>,
    /// What all weights take, each type as narrow as it is.
    #[serde(default)]
    pub params_bytes: Option<u64>,
    /// Layers that hold weights, on the longest path.
    #[serde(default)]
    pub depth: Option<u64>,
    /// Nodes of the graph.
    pub operators: Option<u64>,
}

/// The engine's facts.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct EngineResult {
    /// `onnxruntime`.
    pub name: String,
    /// Its version.
    pub version: Option<String>,
    /// Execution providers in use, first choice first; of OpenVINO and LiteRT the devices.
    pub providers: Vec<String>,
    /// Threads for one operator; `null` when the engine chose them.
    pub threads: Option<usize>,
    /// The library that was loaded.
    pub library: Option<String>,
    /// The precision in which it computes what is floating-point; absent where it does not say.
    #[serde(default)]
    pub precision: Option<String>,
    /// What it says that it was set to, by its own names.
    #[serde(default)]
    pub settings: BTreeMap<String, String>,
}

/// The warm-up: inferences, excluded from the results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct WarmUpResult {
    /// How many.
    pub inferences: u64,
    /// How long they took.
    pub duration_ns: u64,
    /// Whether the level became steady; absent when that was not waited for.
    pub steady: Option<bool>,
}

/// A server's queue over the measured blocks.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct QueueResult {
    /// Queries that arrived.
    pub offered: u64,
    /// The same per second of measured time.
    pub offered_per_s: f64,
    /// Queries that were answered.
    pub completed: u64,
    /// Queries that waited at the end.
    pub waiting: u64,
}

/// Start-up in nanoseconds, by part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartupResult {
    /// From spawn to the worker's first line of code.
    pub process: u64,
    /// Loading the engine's library.
    pub library: u64,
    /// Reading the model's files once.
    #[serde(default)]
    pub model_read: u64,
    /// Creating the session, the runtime's own reading included.
    pub session: u64,
    /// The first inference.
    pub first_inference: u64,
    /// From spawn to first output.
    pub total: u64,
}

/// Memory of the worker's process in bytes. Absent values could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct MemoryResult {
    /// Peak resident set size of the measured phase.
    pub rss_peak_bytes: Option<u64>,
    /// Resident memory gained by loading the model and answering once.
    pub model_bytes: Option<u64>,
    /// Proportional set size, as last read.
    pub pss_bytes: Option<u64>,
    /// Resident anonymous memory, as last read.
    pub anonymous_bytes: Option<u64>,
    /// Resident file-mapped memory, as last read.
    pub mapped_bytes: Option<u64>,
    /// The most that was resident until the model was loaded.
    #[serde(default)]
    pub load_peak_bytes: Option<u64>,
    /// The same until the first inference had ended.
    #[serde(default)]
    pub first_inference_peak_bytes: Option<u64>,
    /// Resident memory, as last read.
    #[serde(default)]
    pub steady_bytes: Option<u64>,
    /// By how much it grows with an inference; absent where no growth is beyond doubt.
    #[serde(default)]
    pub growth_bytes_per_inference: Option<GrowthResult>,
}

/// Growth with its 95 % interval, in bytes per inference.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct GrowthResult {
    /// The growth.
    pub value: f64,
    /// Where it lies with 95 % certainty.
    pub interval: Interval,
}

/// Energy of a variant's own measured blocks. An inference is one call of the engine, its whole batch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EnergyResult {
    /// Millijoules per inference, all that the rails gave.
    pub gross_mj_per_inf: f64,
    /// Millijoules per inference without what the machine draws at rest; absent without `--idle`.
    pub net_mj_per_inf: Option<f64>,
    /// Inferences per joule, gross.
    pub inf_per_joule: f64,
    /// All of these blocks together, gross, in milliwatt hours.
    pub run_mwh: f64,
    /// Inferences of the blocks that the rails' readings cover.
    pub inferences: u64,
    /// The rails that were added up.
    pub rails: Vec<String>,
    /// What these feed, and what they do not.
    pub scope: String,
}

impl VariantResult {
    /// Whether there is a latency or a throughput in it, whatever figure of it that is.
    pub fn is_measured(&self) -> bool {
        let part = |p: &Partial| [p.p50, p.mean, p.p90, p.p95, p.p99].iter().any(Option::is_some);
        self.latency_ns.is_some() || self.throughput_ips.is_some() || self.partial_ns.as_ref().is_some_and(part)
    }

    pub(super) fn of(state: &State, v: &Variant, stop: Stop) -> Self {
        let (energy, energy_absent) = match state.energy(v) {
            Ok(energy) => (Some(EnergyResult::of(energy)), None),
            Err(reason) => (None, Some(reason)),
        };
        let health = &state.health;
        let (status, error) = match &v.outcome {
            Some(Outcome::Ok) => (Status::Ok, None),
            Some(Outcome::Failed { error }) => (Status::Failed, Some(error.clone())),
            Some(Outcome::Interrupted) | None => (Status::Interrupted, None),
        };
        let (model, ready, memory) = (v.model.as_ref(), v.ready.as_ref(), v.memory.as_ref());
        let verdict = health.verdict(v);
        let bytes = |b: Option<nntop_core::unit::Bytes>| b.map(|b| b.0);
        Self {
            name: v.spec.name.clone(),
            status,
            stopped_by: StoppedBy::of(v, stop),
            error,
            model: ModelResult {
                path: v.spec.model.clone(),
                sha256: model.map(|m| m.sha256.clone()).filter(|s| !s.is_empty()),
                format: model.map(|m| m.format.clone()),
                size_bytes: model.filter(|m| m.format != EngineKind::Synthetic.name()).map(|m| m.size.0),
                params: model.and_then(|m| m.params),
                precision: model.and_then(|m| m.precision.clone()),
                params_by_type: model.map(|m| m.params_by_type.clone()).unwrap_or_default(),
                params_bytes: bytes(model.and_then(|m| m.params_bytes)),
                depth: model.and_then(|m| m.depth),
                operators: model.and_then(|m| m.operators),
            },
            engine: EngineResult {
                name: ready.map_or_else(|| v.spec.engine.to_string(), |r| r.engine.name.clone()),
                version: ready.map(|r| r.engine.version.clone()),
                providers: ready.map(|r| r.engine.providers.clone()).unwrap_or_default(),
                threads: ready.and_then(|r| r.engine.threads),
                library: ready.and_then(|r| r.engine.library.clone()),
                precision: ready.and_then(|r| r.engine.precision.clone()),
                settings: ready.map(|r| r.engine.settings.clone()).unwrap_or_default(),
            },
            options: v.spec.options.clone(),
            scenario: v.spec.scenario,
            batch_size: v.batch(),
            inputs: ready.map(|r| r.inputs.clone()).unwrap_or_default(),
            inputs_from: ready.and_then(|r| r.inputs_from.clone()),
            assumed_shapes: ready.map(|r| r.assumed.clone()).unwrap_or_default(),
            warmup: WarmUpResult {
                inferences: v.warmup.inferences,
                duration_ns: v.warmup.duration.0,
                steady: v.warmup.steady,
            },
            latency_ns: Latency::of(&v.latency.measured, v.latency.intervals),
            partial_ns: None,
            intervals: FurtherIntervals::of(state, v),
            service_ns: Latency::of(&v.latency.served.service, None),
            queue: v.latency.served.queue.map(|q| QueueResult {
                offered: q.offered,
                offered_per_s: q.offered as f64 / v.latency.busy.as_secs_f64(),
                completed: q.completed,
                waiting: q.waiting,
            }),
            paced: PacedResult::of(state, v),
            cpu_ns_per_inference: cpu_per_inference(v),
            counters: v.counters.as_ref().map(CountersResult::of),
            throughput_ips: v.latency.throughput(v.samples()),
            startup_ns: ready.map(|r| StartupResult {
                process: r.startup.process.0,
                library: r.startup.library.0,
                model_read: r.startup.model_read.0,
                session: r.startup.session.0,
                first_inference: r.startup.first_inference.0,
                total: r.startup.total.0,
            }),
            memory: MemoryResult {
                rss_peak_bytes: bytes(memory.and_then(|m| m.peak)),
                model_bytes: bytes(ready.and_then(|r| r.model_memory)),
                pss_bytes: bytes(memory.and_then(|m| m.pss)),
                anonymous_bytes: bytes(memory.and_then(|m| m.anonymous)),
                mapped_bytes: bytes(memory.and_then(|m| m.mapped)),
                load_peak_bytes: bytes(ready.and_then(|r| r.load_peak)),
                first_inference_peak_bytes: bytes(ready.and_then(|r| r.first_inference_peak)),
                steady_bytes: bytes(memory.and_then(|m| m.rss)),
                growth_bytes_per_inference: v
                    .footprint
                    .growth()
                    .map(|(value, interval)| GrowthResult { value, interval: interval.into() }),
            },
            outputs: OutputsResult::of(state, v),
            verdict: verdict.map(|(word, _)| word),
            verdict_reason: verdict.map(|(_, reason)| reason.text.clone()),
            findings: health.about(Some(v.slot)).map(Finding::of).collect(),
            energy,
            energy_absent,
            operators: Operators::of(v),
            complexity: v.ops.latest.as_ref().and_then(ComplexityResult::of),
            custom_metrics: v.custom_metrics.clone(),
            accuracy: v.accuracy.clone(),
            device: DeviceResult::of(state, v),
            series: SeriesResult::of(v, state.variants.len()),
            histogram: HistogramResult::of(&v.latency.measured, state.variants.len()),
            blocks: v.latency.blocks,
            live_drops: v.latency.drops,
            loop_overhead_ns: ready.map(|r| r.loop_overhead.0),
            clock_precision_ns: ready.map(|r| r.clock_precision.0),
        }
    }
}

/// Of paced frames the calls alone; elsewhere the blocks have nothing else in them.
fn cpu_per_inference(v: &Variant) -> Option<u64> {
    match &v.latency.served.frames {
        Some(frames) => frames.call_cpu().map(|ns| ns.0),
        None => v.counters.as_ref().map(|c| c.usage.cpu().0 / c.inferences.max(1)),
    }
}

impl EnergyResult {
    fn of(energy: Energy) -> Self {
        Self {
            gross_mj_per_inf: energy.gross_mj(),
            net_mj_per_inf: energy.net_mj(),
            inf_per_joule: energy.inferences_per_joule(),
            run_mwh: energy.joules / 3.6,
            inferences: energy.inferences,
            rails: energy.rails,
            scope: energy.scope,
        }
    }
}
