//! The device over one variant's own measured blocks: loads, clocks, heat, network. What a report says of a device is
//! folded from these readings and from no others.

use super::{Device, Metric, State};
use nntop_core::event::{Block, BlockKind, Group, Slot};
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
    Engine,
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
        Self::Engine,
        Self::CpuClock,
        Self::GpuClock,
        Self::NpuClock,
        Self::Temperature,
        Self::NetReceive,
        Self::NetTransmit,
    ];

    /// The metrics that it is made of.
    pub const fn group(self) -> Group {
        match self {
            Self::Cpu => Group::Cpu,
            Self::WorkerCpu => Group::WorkerCpu,
            Self::Gpu => Group::Gpu,
            Self::Npu => Group::Npu,
            Self::Engine => Group::Engine,
            Self::CpuClock => Group::CpuClock,
            Self::GpuClock => Group::GpuClock,
            Self::NpuClock => Group::NpuClock,
            Self::Temperature => Group::Temperature,
            Self::NetReceive => Group::NetReceive,
            Self::NetTransmit => Group::NetTransmit,
        }
    }

    /// How samplers call such metrics when they say why there are none.
    const fn names(self) -> &'static str {
        match self {
            Self::Cpu => "cpu.load",
            Self::WorkerCpu => "worker.cpu",
            Self::Gpu | Self::GpuClock => "gpu",
            Self::Npu | Self::NpuClock => "npu",
            Self::Engine => "engine",
            Self::CpuClock => "cpu.clock",
            Self::Temperature => "temp",
            Self::NetReceive | Self::NetTransmit => "net",
        }
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
            let metrics = device.group(condition.group()).filter(|m| own(m.decl.variant));
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
        if self.device.first(condition.group()).is_some() {
            return Some("no reading fell into the measured blocks: measure for a few seconds".into());
        }
        let why = self.device.absent.iter().filter(|a| a.name.starts_with(condition.names()));
        let reasons: Vec<&str> = why.map(|absent| absent.reason.as_str()).collect();
        Some(match (condition, &reasons[..]) {
            (_, [first, ..]) => (*first).to_owned(),
            (Condition::Npu | Condition::NpuClock, []) => {
                "this machine has no neural processor that nntop can read".into()
            }
            (Condition::Gpu | Condition::GpuClock, []) => "this machine has no GPU that nntop can read".into(),
            (Condition::Engine, []) => "this machine has no codec or vision unit that nntop can read".into(),
            _ => "this machine does not say".into(),
        })
    }
}
