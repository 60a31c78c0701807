//! One variant: what it is, how far it is, what it measured.

use super::energy_account::Account;
use super::{Conditions, Footprint, Latency, Ops, Placement, Throttling};
use nntop_core::event::{
    Accuracy, Block, BlockKind, Counters, CustomValue, Memory, ModelInfo, Outcome, Outputs, Phase, Ready, Slot, Stage,
    VariantSpec,
};
use nntop_core::unit::Nanos;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What was left out at a run's start, settling after changes of turn not counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct WarmUp {
    /// Inferences of its blocks.
    pub inferences: u64,
    /// Time of its blocks.
    pub duration: Nanos,
    /// Whether the level became steady; absent until that is known, and when it was not waited for.
    pub steady: Option<bool>,
    /// How long it can last; absent where it is counted in inferences, and in recordings of older versions.
    #[serde(default)]
    pub most: Option<Nanos>,
}

/// A variant in its current run, and how its earlier runs ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Variant {
    /// Its slot.
    pub slot: Slot,
    /// Counts (re)starts from 1.
    pub run: u32,
    /// What is measured.
    pub spec: VariantSpec,
    /// What the model file says.
    pub model: Option<ModelInfo>,
    /// The stage of loading in hand and when it began; `None` once loaded.
    pub loading: Option<(Stage, Nanos)>,
    /// How it loaded; absent until it has answered once.
    pub ready: Option<Ready>,
    /// What it answered to its first inference, where several are held against each other.
    pub outputs: Option<Outputs>,
    /// What metrics of the user's own came to, by name; they are measured after the run.
    #[serde(default)]
    pub custom_metrics: BTreeMap<String, CustomValue>,
    /// How right its answers are; absent where it is not evaluated.
    #[serde(default)]
    pub accuracy: Option<Box<Accuracy>>,
    /// What it is doing.
    pub phase: Phase,
    /// When that began.
    pub phase_since: Nanos,
    /// When this run began.
    pub since: Nanos,
    /// When it began to measure.
    pub measuring_since: Option<Nanos>,
    /// How it warmed up.
    pub warmup: WarmUp,
    /// Its latencies.
    pub latency: Latency,
    /// Where the time goes, as profiling bursts have shown.
    pub ops: Ops,
    /// What it took of the power rails: [`super::State::energy`] reads it.
    pub(super) energy: Account,
    /// What was throttled while it measured.
    pub throttling: Throttling,
    /// The device over its own blocks.
    #[serde(default)]
    pub conditions: Conditions,
    /// What its measured blocks have cost the system; absent until a turn has ended.
    #[serde(default)]
    pub counters: Option<Counters>,
    /// Its own memory, as last read.
    pub memory: Option<Memory>,
    /// How that went over the run.
    pub footprint: Footprint,
    /// How this run ended.
    pub outcome: Option<Outcome>,
    /// When this run ended.
    pub ended: Option<Nanos>,
    /// Earlier runs in this slot, oldest first.
    pub earlier: Vec<Latency>,
}

impl Variant {
    pub(super) fn new(slot: Slot, run: u32, spec: VariantSpec, t: Nanos) -> Self {
        Self {
            slot,
            run,
            spec,
            model: None,
            loading: None,
            ready: None,
            outputs: None,
            custom_metrics: BTreeMap::new(),
            accuracy: None,
            phase: Phase::Load,
            phase_since: t,
            since: t,
            measuring_since: None,
            warmup: WarmUp::default(),
            latency: Latency::default(),
            ops: Ops::default(),
            energy: Account::default(),
            throttling: Throttling::default(),
            conditions: Conditions::default(),
            counters: None,
            memory: None,
            footprint: Footprint::default(),
            outcome: None,
            ended: None,
            earlier: Vec::new(),
        }
    }

    pub(super) fn restart(&mut self, run: u32, spec: &VariantSpec, t: Nanos) {
        // An evaluation is of the model, whose answers a restart does not change.
        let (accuracy, own) = (self.accuracy.take(), std::mem::take(&mut self.custom_metrics));
        let mut earlier = std::mem::take(&mut self.earlier);
        earlier.push(std::mem::take(&mut self.latency));
        *self = Self { earlier, accuracy, custom_metrics: own, ..Self::new(self.slot, run, spec.clone(), t) };
    }

    pub(super) fn block(&mut self, block: &Block) {
        if block.phase == BlockKind::Warmup {
            self.warmup.inferences += block.latency.n;
            self.warmup.duration = self.warmup.duration + block.duration();
        }
        if block.phase == BlockKind::Profile {
            self.ops.block(block);
        }
        self.latency.block(block);
    }

    pub(super) fn ready(&mut self, ready: &Ready) {
        self.loading = None;
        self.ready = Some(ready.clone());
    }

    pub(super) fn enter(&mut self, phase: Phase, t: Nanos) {
        self.phase = phase;
        self.phase_since = t;
        if phase == Phase::Measure {
            self.measuring_since.get_or_insert(t);
        }
    }

    pub(super) fn memory(&mut self, memory: &Memory) {
        self.memory = Some(*memory);
        self.footprint.push(self.latency.measured.n(), memory);
    }

    /// Samples per inference.
    pub fn batch(&self) -> u64 {
        self.ready.as_ref().map_or(1, |r| r.batch)
    }

    /// Samples per latency: those of an inference, or of all inferences of a query.
    pub fn samples(&self) -> u64 {
        self.batch().saturating_mul(self.spec.scenario.per_query())
    }

    /// Where its operators ran, against the execution provider that was asked for first. Absent without a profile.
    pub fn placement(&self) -> Option<Placement> {
        let asked = self.ready.as_ref()?.engine.providers.first()?;
        self.ops.placement(asked.strip_suffix("ExecutionProvider").unwrap_or(asked))
    }

    /// How much longer a profiled inference takes than a measured one: 0.06 is 6 %.
    pub fn profiling_overhead(&self) -> Option<f64> {
        self.ops.overhead(self.latency.percentile(0.5)?)
    }

    /// Whether it runs on the processor alone; not known before it is loaded.
    pub fn on_cpu(&self) -> bool {
        let is_cpu = |name: &String| name.strip_suffix("ExecutionProvider").unwrap_or(name).eq_ignore_ascii_case("cpu");
        self.ready.as_ref().is_some_and(|ready| ready.engine.providers.iter().all(is_cpu))
    }

    /// Whether this run ended in failure.
    pub fn failed(&self) -> bool {
        matches!(self.outcome, Some(Outcome::Failed { .. }))
    }
}
