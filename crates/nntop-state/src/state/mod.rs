//! What is known after the events so far: a pure fold. Same events, same state, same screen.
//!
//! State asks no clock and does no input or output; time is the newest event's.

mod block_medians;
mod busiest;
mod comparison;
mod conditions;
mod device;
mod differences;
mod energy;
mod energy_account;
mod footprint;
mod frames;
mod health;
mod latency;
mod log;
mod marks;
mod metric;
mod ops;
mod outputs;
mod pace;
mod rails;
mod recording;
mod replayed;
mod served;
mod targets;
mod throttle;
mod throttling;
mod total;
mod variant;
mod warming;

pub use block_medians::BlockMedians;
pub use comparison::{Comparison, Difference, EQUAL_WITHIN, sentence};
pub use conditions::{Condition, Conditions, Reading};
pub use device::Device;
pub use energy::Energy;
pub use footprint::Footprint;
pub use frames::FrameSums;
pub use health::{Finding, FindingId, FindingLevel, Health, Verdict};
pub use latency::{BlockPoint, Figures, Latency, SHOWN};
pub use log::{Log, LogEntry};
pub use marks::{Mark, MarkKind, Marks};
pub use metric::Metric;
pub use ops::{OpType, Ops, Placement};
pub use outputs::Agreement;
pub use recording::Recording;
pub use replayed::Replayed;
pub use served::{Queue, Served};
pub use targets::Judged;
pub use throttling::{Cause, Throttling};
pub use variant::{Variant, WarmUp};
pub use warming::Warming;

use nntop_core::event::{About, ControlState, Event, Hello, Kind, Part, Quantity, Slot, Sweep, Target, Tick};
use nntop_core::stats;
use nntop_core::unit::{Bytes, Nanos};
use serde::{Deserialize, Serialize};

/// How often two variants are compared at most.
const COMPARED_EVERY: Nanos = Nanos::from_millis(1_000);

/// Everything that views and reports read.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {
    /// The time of the newest event.
    pub now: Nanos,
    /// Who speaks.
    pub hello: Option<Hello>,
    /// What it has beside.
    #[serde(default)]
    pub about: Option<About>,
    /// The machine's metrics.
    pub device: Device,
    /// What happened to the machine, and when.
    pub marks: Marks,
    /// What of the device can be changed from here; none where that was not allowed.
    #[serde(default)]
    pub controls: Vec<ControlState>,
    /// The variants in slot order.
    pub variants: Vec<Variant>,
    /// Each further variant against the first, where both have measured enough.
    pub comparisons: Vec<Comparison>,
    /// What every variant is expected to reach.
    pub targets: Vec<Target>,
    /// How narrow the interval of every median has to become, as a share of it; absent where that ends no run.
    pub until_ci: Option<f64>,
    /// What was printed.
    pub log: Log,
    /// Long work that is no inference, while it lasts.
    pub progress: Option<Progress>,
    /// Whether the work is paused.
    pub paused: bool,
    /// Whether all variants measure at once.
    pub parallel: bool,
    /// The grid whose points the variants are, measured one after the other.
    pub sweep: Option<Sweep>,
    /// The variant that measured last: whose turn it is.
    pub turn: Option<Slot>,
    /// Joules that the power rails gave while the machine rested before the run, and how long that was.
    pub idle: Option<(Nanos, f64)>,
    /// The latest cost of watching.
    pub own: Option<Tick>,
    /// Whether all variants have ended.
    pub done: bool,
    /// How far the figures can be trusted.
    pub health: Health,
    /// What is recorded of the run.
    pub recording: Recording,
    /// Events missing from the stream, by the gaps in their numbers.
    pub missed: u64,
    last_seq: u64,
}

/// Long work that is no inference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// What is being done.
    pub what: String,
    /// How much is done.
    pub done: Bytes,
    /// Of how much, where known.
    pub total: Option<Bytes>,
    /// When it began.
    pub since: Nanos,
}

impl State {
    /// Takes in the next event of the stream.
    pub fn apply(&mut self, event: &Event) {
        self.now = self.now.max(event.t);
        if self.last_seq > 0 && event.seq > self.last_seq + 1 {
            self.missed += event.seq - self.last_seq - 1;
        }
        self.last_seq = self.last_seq.max(event.seq);
        let t = event.t;
        match &event.kind {
            Kind::Hello(hello) => self.hello = Some(hello.clone()),
            Kind::Metric(decl) => self.device.declare(decl),
            Kind::Absent(absent) => self.device.absent.push(absent.clone()),
            Kind::About(about) => self.about = Some(about.clone()),
            Kind::Readings(readings) => {
                self.device.read(t, readings);
                self.marks.read(&self.device, t, readings);
                energy::settle(&self.device, &mut self.variants);
                throttle::settle(&self.device, &mut self.variants);
            }
            Kind::Controls { controls } => self.controls = controls.clone(),
            Kind::Processes(processes) => {
                let memory = self.device.first(Part::Memory, Quantity::Memory).and_then(|m| m.decl.limit);
                self.marks.processes(memory, t, processes);
                self.device.look(processes);
            }
            Kind::Idle { begin, end } => {
                let joules = rails::between(&self.device, *begin, *end);
                self.idle = joules.map(|joules| (end.since(*begin), joules));
            }
            Kind::Variant { variant, run, spec } => {
                let found = self.variants.iter_mut().find(|v| v.slot == *variant);
                match found {
                    Some(v) => v.restart(*run, spec, t),
                    None => self.variants.push(Variant::new(*variant, *run, (**spec).clone(), t)),
                }
                self.variants.sort_by_key(|v| v.slot);
                self.comparisons.retain(|c| c.of != *variant && c.against != *variant);
                self.done = false;
            }
            Kind::Targets { targets } => self.targets.clone_from(targets),
            Kind::Block(block) => {
                self.turn = Some(block.variant);
                let current = |v: &&mut Variant| v.slot == block.variant && v.run == block.run;
                if let Some(v) = self.variants.iter_mut().find(current) {
                    v.block(block);
                    v.conditions.block(&self.device, block);
                }
                energy::block(&self.device, &mut self.variants, block);
                throttle::block(&mut self.variants, block);
                self.compare(t, false);
            }
            Kind::Model { variant, run, model } => {
                self.with(*variant, *run, |v| v.model = Some(model.clone()));
            }
            Kind::Loading { variant, run, stage } => {
                self.with(*variant, *run, |v| v.loading = Some((*stage, t)));
            }
            Kind::Outputs(outputs) => {
                self.with(outputs.variant, outputs.run, |v| v.outputs = Some(outputs.clone()));
            }
            Kind::Ready(ready) => self.with(ready.variant, ready.run, |v| v.ready(ready)),
            Kind::Phase { variant, run, phase } => self.with(*variant, *run, |v| v.enter(*phase, t)),
            Kind::WarmingUp { variant, run, most } => self.with(*variant, *run, |v| v.warmup.most = *most),
            Kind::Warm { variant, run, steady } => self.with(*variant, *run, |v| v.warmup.steady = Some(*steady)),
            Kind::Unprofiled { variant, run, reason } => {
                self.with(*variant, *run, |v| v.ops.absent = Some(reason.clone()))
            }
            Kind::Ops(burst) => self.with(burst.variant, burst.run, |v| v.ops.take(burst, t)),
            Kind::Samples(samples) => self.with(samples.variant, samples.run, |v| v.latency.samples(samples)),
            Kind::Counters(of) => self.with(of.variant, of.run, |v| v.counters = Some(of.clone())),
            Kind::Memory(memory) => self.with(memory.variant, memory.run, |v| v.memory(memory)),
            Kind::Finished { variant, run, outcome } => {
                self.with(*variant, *run, |v| {
                    v.outcome = Some(outcome.clone());
                    v.latency.take_figures(t);
                    v.latency.take_intervals(true);
                    v.ended = Some(t);
                });
                self.compare(t, true);
            }
            Kind::Log(line) => self.log.push(t, line.clone()),
            Kind::Progress { what, done, total, finished } => {
                let since = self.progress.as_ref().filter(|p| p.what == *what).map_or(t, |p| p.since);
                self.progress = (!finished).then(|| Progress { what: what.clone(), done: *done, total: *total, since });
            }
            Kind::Paused { paused } => {
                self.paused = *paused;
                self.variants.iter_mut().for_each(|v| v.latency.take_figures(t));
                self.compare(t, false);
            }
            Kind::UntilCi { share } => self.until_ci = Some(*share),
            Kind::Parallel => self.parallel = true,
            Kind::Sweep(sweep) => self.sweep = Some(sweep.clone()),
            Kind::Done => self.done = true,
            Kind::Recorder(recorder) => self.recording.take(recorder, t),
            Kind::CustomMetric(metric) => self.with(metric.variant, metric.run, |v| {
                v.custom_metrics.insert(metric.name.clone(), metric.value.clone());
            }),
            Kind::Accuracy { variant, run, accuracy } => self.with(*variant, *run, |v| {
                if accuracy.done {
                    v.custom_metrics.extend(accuracy.as_metrics());
                }
                v.accuracy = Some(accuracy.clone());
            }),
            Kind::Mark {} => self.marks.by_hand(t),
            Kind::Tick(tick) => self.own = Some(*tick),
            Kind::TurnDone { .. } | Kind::Answer(_) | Kind::Profiled(_) | Kind::Unknown => {}
        }
        let look = match event.kind {
            Kind::Hello(_)
            | Kind::Ready(_)
            | Kind::Finished { .. }
            | Kind::Done
            | Kind::Recorder(_)
            | Kind::CustomMetric(_)
            | Kind::Paused { .. } => true,
            Kind::Block(_) => self.health.due(t),
            _ => false,
        };
        if look {
            self.health = Health::of(self);
        }
    }

    /// Lets `f` at the variant, unless the event is a late one of an earlier run.
    fn with(&mut self, slot: Slot, run: u32, f: impl FnOnce(&mut Variant)) {
        if let Some(v) = self.variants.iter_mut().find(|v| v.slot == slot && v.run == run) {
            f(v);
        }
    }

    /// The energy of a variant's measured blocks, or why there is none.
    pub fn energy(&self, v: &Variant) -> Result<Energy, String> {
        if self.parallel {
            return Err(energy::PARALLEL.into());
        }
        energy::of(&self.device, self.idle, v)
    }

    /// Where a variant's energy per inference lies with 95 % certainty, in millijoules; absent where too little is known
    /// of how it spreads.
    pub fn energy_interval(&self, v: &Variant) -> Option<stats::Interval> {
        self.energy(v).ok().and_then(|_| energy::interval(v))
    }

    /// Compares every further variant with the first: at the end, or once a second when enough blocks have come.
    /// Points of a sweep have no blocks that were measured side by side.
    fn compare(&mut self, t: Nanos, end: bool) {
        if self.sweep.is_some() {
            return;
        }
        let Some((first, others)) = self.variants.split_first() else { return };
        for other in others {
            let at = self.comparisons.iter().position(|c| c.of == other.slot);
            let pairs = first.latency.blocks.min(other.latency.blocks);
            if let Some(last) = at.map(|i| &self.comparisons[i]) {
                let new = pairs.saturating_sub(last.pairs);
                let due = new * latency::INTERVALS_EVERY >= last.pairs && t.since(last.at) >= COMPARED_EVERY;
                // At the end energy is known that was not when the last block came.
                if !end && (new == 0 || !due) {
                    continue;
                }
            }
            let made = if pairs < stats::LEAST_BLOCKS as u64 {
                None
            } else {
                Comparison::of(&self.device, self.parallel, first, other, t)
            };
            match (at, made) {
                (Some(i), Some(made)) => self.comparisons[i] = made,
                (None, Some(made)) => self.comparisons.push(made),
                (_, None) => {}
            }
        }
        self.comparisons.sort_by_key(|c| c.of);
    }

    /// A variant against the first.
    pub fn comparison(&self, of: Slot) -> Option<&Comparison> {
        self.comparisons.iter().find(|c| c.of == of)
    }

    /// How far a variant's outputs lie from the first one's, or why that cannot be told; absent for the first, and until
    /// both have answered.
    pub fn agreement(&self, of: Slot) -> Option<Result<Agreement, String>> {
        let (first, other) = (self.variants.first()?, self.variant(of)?);
        (first.slot != other.slot).then(|| Agreement::of(first, other)).flatten()
    }

    /// The variant in a slot.
    pub fn variant(&self, slot: Slot) -> Option<&Variant> {
        self.variants.iter().find(|v| v.slot == slot)
    }
}

#[cfg(test)]
mod energy_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod throttle_tests;
