//! The device over one variant's own measured blocks: loads, clocks, heat, network. What a report says of a device is
//! folded from these readings and from no others.

use super::{Device, Metric, State};
use nntop_core::event::{Block, BlockKind, MetricKey, Part, Quantity, Slot};
use nntop_core::unit::Nanos;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Fewer readings are a moment, not a level.
const LEAST_READINGS: u64 = 5;

/// What is followed. Where a machine has several of a kind, the greatest value of each pass over the samplers counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// All CPUs together, percent of all.
    Cpu,
    /// The variant's own worker, percent of one CPU.
    WorkerCpu,
    /// The busiest GPU, percent.
    Gpu,
    /// The busiest neural processor, percent.
    Npu,
    /// The busiest unit with one purpose (video codec, scaler, accelerator), percent.
    #[serde(rename = "engine")]
    Unit,
    /// The fastest CPU's clock, hertz.
    CpuClock,
    /// The fastest GPU's clock, hertz.
    GpuClock,
    /// The fastest neural processor's clock, hertz.
    NpuClock,
    /// The hottest sensor, degrees Celsius.
    Temperature,
    /// Received, bytes per second.
    NetReceive,
    /// Sent, bytes per second.
    NetTransmit,
}

impl Condition {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Cpu,
        Self::WorkerCpu,
        Self::Gpu,
        Self::Npu,
        Self::Unit,
        Self::CpuClock,
        Self::GpuClock,
        Self::NpuClock,
        Self::Temperature,
        Self::NetReceive,
        Self::NetTransmit,
    ];

    /// Whether it is made of such metrics.
    pub fn is_of(self, key: MetricKey) -> bool {
        use Part::{Core, Cpu, Gpu, Net, Npu, NpuCore, Worker};
        match self {
            Self::Cpu => key.is(Cpu, Quantity::Load),
            Self::WorkerCpu => key.is(Worker, Quantity::Load),
            Self::Gpu => key.is(Gpu, Quantity::Load),
            Self::Npu => key.is(Npu, Quantity::Load) || key.is(NpuCore, Quantity::Load),
            Self::Unit => {
                let codec = key.is(Gpu, Quantity::EncoderLoad) || key.is(Gpu, Quantity::DecoderLoad);
                key.is(Part::Unit, Quantity::Load) || codec
            }
            // The firmware's own measurement, too.
            Self::CpuClock => key.is(Core, Quantity::Clock) || key.is(Cpu, Quantity::Clock),
            Self::GpuClock => key.is(Gpu, Quantity::Clock),
            Self::NpuClock => key.is(Npu, Quantity::Clock),
            Self::Temperature => key.quantity == Quantity::Temperature,
            Self::NetReceive => key.is(Net, Quantity::Received),
            Self::NetTransmit => key.is(Net, Quantity::Sent),
        }
    }

    /// The metric that samplers name when they say why there is none.
    const fn main(self) -> MetricKey {
        let (part, quantity) = match self {
            Self::Cpu => (Part::Cpu, Quantity::Load),
            Self::WorkerCpu => (Part::Worker, Quantity::Load),
            Self::Gpu => (Part::Gpu, Quantity::Load),
            Self::Npu => (Part::Npu, Quantity::Load),
            Self::Unit => (Part::Unit, Quantity::Load),
            Self::CpuClock => (Part::Core, Quantity::Clock),
            Self::GpuClock => (Part::Gpu, Quantity::Clock),
            Self::NpuClock => (Part::Npu, Quantity::Clock),
            Self::Temperature => (Part::Zone, Quantity::Temperature),
            Self::NetReceive => (Part::Net, Quantity::Received),
            Self::NetTransmit => (Part::Net, Quantity::Sent),
        };
        MetricKey::new(part, quantity)
    }
}

/// Readings of one kind that fell into the blocks.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Reading {
    sum: f64,
    /// The greatest.
    pub max: f64,
    /// How many.
    pub n: u64,
}

impl Reading {
    fn add(&mut self, value: f64) {
        self.max = if self.n == 0 { value } else { self.max.max(value) };
        self.sum += value;
        self.n += 1;
    }

    /// Their mean.
    pub fn mean(&self) -> f64 {
        if self.n == 0 { 0.0 } else { self.sum / self.n as f64 }
    }
}

/// All that was read during a variant's own measured blocks.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Conditions(BTreeMap<Condition, Reading>);

impl Conditions {
    /// Takes in what was read during a block.
    pub(super) fn block(&mut self, device: &Device, block: &Block) {
        if block.phase != BlockKind::Measure {
            return;
        }
        for condition in Condition::ALL {
            let own = |slot: Option<Slot>| slot.is_none_or(|slot| slot == block.variant);
            let metrics = device.matching(|key| condition.is_of(key)).filter(|m| own(m.decl.variant));
            for value in greatest(metrics, block.t0, block.t1) {
                self.0.entry(condition).or_default().add(value);
            }
        }
    }

    /// What was read of a kind; absent where no reading fell into the blocks.
    pub fn of(&self, condition: Condition) -> Option<Reading> {
        self.0.get(&condition).copied()
    }

    /// The mean of a kind, where enough readings fell into the blocks to compare it with another variant's.
    pub(super) fn steady(&self, condition: Condition) -> Option<f64> {
        self.of(condition).filter(|reading| reading.n >= LEAST_READINGS).map(|reading| reading.mean())
    }
}

/// The greatest value of these metrics in every pass over the samplers between two times. All metrics of a pass have
/// the same time.
fn greatest<'a>(metrics: impl Iterator<Item = &'a Metric>, from: Nanos, to: Nanos) -> impl Iterator<Item = f64> {
    let mut passes: Vec<(Nanos, f64)> = Vec::new();
    for metric in metrics {
        let within = metric.series.iter().rev().take_while(|(t, _)| *t >= from).filter(|(t, _)| *t <= to);
        for (t, value) in within.filter_map(|(t, v)| Some((t, v?))) {
            match passes.iter_mut().find(|pass| pass.0 == t) {
                Some(pass) => pass.1 = pass.1.max(value),
                None => passes.push((t, value)),
            }
        }
    }
    passes.into_iter().map(|pass| pass.1)
}

impl State {
    /// Why nothing is known of a condition among those of a variant; `None` where something is.
    pub fn condition_absent(&self, of: &Conditions, condition: Condition) -> Option<String> {
        if of.of(condition).is_some() {
            return None;
        }
        if self.device.matching(|key| condition.is_of(key)).next().is_some() {
            return Some("no reading during the measured blocks: measure for a few seconds".into());
        }
        let why = self.device.absent.iter().filter(|a| a.concerns(condition.main()));
        let reasons: Vec<&str> = why.map(|absent| absent.reason.as_str()).collect();
        Some(match (condition, &reasons[..]) {
            (_, [first, ..]) => (*first).to_owned(),
            (Condition::Npu | Condition::NpuClock, []) => {
                "this machine has no neural processor that nntop can read".into()
            }
            (Condition::Gpu | Condition::GpuClock, []) => "this machine has no GPU that nntop can read".into(),
            (Condition::Unit, []) => "this machine has no codec or vision unit that nntop can read".into(),
            _ => "not reported by this machine".into(),
        })
    }
}
