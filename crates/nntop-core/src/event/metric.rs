//! Metrics of the device: declared once, then sampled by id. What cannot be read is absent, with the reason.

use super::Slot;
use crate::unit::{Nanos, Unit};
use serde::{Deserialize, Serialize};

/// A metric's number within its stream.
pub type MetricId = u16;

/// Which part of the device a metric is about: views ask for metrics by group, not by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// All CPUs together, percent of all.
    Cpu,
    /// One CPU's load, percent; the label is its number.
    CpuCore,
    /// One CPU's clock; the label is its number.
    CpuClock,
    /// Memory in use: total less available. The limit is the total.
    Memory,
    /// Memory that holds files read or to be written, most of it to be had for the asking. The limit is the total.
    MemoryCached,
    /// Swap in use. The limit is the total.
    Swap,
    /// A temperature; the label is the sensor's name, the limit its critical trip point.
    Temperature,
    /// A GPU's load; the label is its name.
    Gpu,
    /// A GPU's clock.
    GpuClock,
    /// A GPU's memory in use. The limit is its total.
    GpuMemory,
    /// A power rail; the label names what it covers.
    Power,
    /// A power rail's energy counter, in joules, wraps taken out: only differences mean something. The label is
    /// that of the rail's power.
    Energy,
    /// Bytes received per second over all interfaces but loopback.
    NetReceive,
    /// Bytes sent per second over all interfaces but loopback.
    NetTransmit,
    /// Bytes read per second from all disks.
    DiskRead,
    /// Bytes written per second to all disks.
    DiskWrite,
    /// The memory controller's load, percent of what it can transfer at its clock.
    MemoryController,
    /// The memory controller's clock.
    MemoryControllerClock,
    /// A neural processor's load; the label is its name, or its core's.
    Npu,
    /// A neural processor's clock.
    NpuClock,
    /// A neural processor's memory in use.
    NpuMemory,
    /// The load of a unit with one purpose: video codecs, scalers, deep learning accelerators. The label is its name.
    Engine,
    /// Such a unit's clock.
    EngineClock,
    /// The highest clock that is allowed now; the limit is the highest that the hardware has. The label is that of
    /// the CPU policy or GPU.
    ClockCap,
    /// The lowest clock that is allowed now.
    ClockFloor,
    /// Whether every CPU's and GPU's clock is pinned, lowest allowed = highest allowed: 1 or 0.
    ClocksPinned,
    /// The number of the board's power mode; the label is that mode's name as of the probe, where it has one.
    PowerMode,
    /// A fan's drive, percent.
    Fan,
    /// A fan's speed.
    FanSpeed,
    /// A power rail's voltage; the label is that of the rail's power.
    Voltage,
    /// A power rail's current; the label is that of the rail's power.
    Current,
    /// What a power rail is held to by its firmware; the label is that of the rail's power, then the limit's name.
    PowerLimit,
    /// A battery's charge, percent.
    BatteryCharge,
    /// Whether the machine is plugged in: 1 or 0.
    PluggedIn,
    /// Throttling that is counted: events since boot. The label is the cause, here and in the next three groups.
    ThrottleEvents,
    /// Throttling that is timed: nanoseconds since boot or driver start.
    ThrottleTime,
    /// Throttling at this moment: 1 or 0.
    ThrottleNow,
    /// Throttling at some time since boot: 1 or 0.
    ThrottleEver,
    /// Bytes per second that a device received over PCIe.
    PcieReceive,
    /// Bytes per second that a device sent over PCIe.
    PcieTransmit,
    /// A worker's CPU use, percent of one core.
    WorkerCpu,
    /// A worker's resident memory.
    WorkerRss,
    /// A worker's peak resident memory.
    WorkerPeak,
    /// A worker's threads.
    WorkerThreads,
    /// A worker's memory on the GPU.
    WorkerGpuMemory,
    /// A group that a newer version has.
    #[serde(other)]
    Other,
}

/// A metric, declared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MetricDecl {
    /// How readings name it.
    pub id: MetricId,
    /// Its stable, dotted name: `cpu.core.0`.
    pub name: String,
    /// What it is about.
    pub group: Group,
    /// What tells it from others of its group: `cpu-thermal`.
    pub label: String,
    /// What its values count in.
    pub unit: Unit,
    /// The value that it cannot or must not exceed, in its unit.
    pub limit: Option<f64>,
    /// Where it is read: a path or a library.
    pub source: String,
    /// The variant whose worker it is about.
    #[serde(default)]
    pub variant: Option<Slot>,
    /// Of a power rail and its energy counter: what it feeds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rail: Option<Rail>,
}

/// What a power rail feeds, so that energy is summed without counting anything twice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rail {
    /// Its part in the sum.
    pub role: RailRole,
    /// What it feeds and what it does not, in words: `the module; not its carrier board`.
    pub scope: String,
    /// How often its sensor has a new value, where the sensor says so, in nanoseconds.
    #[serde(default)]
    pub update: Option<Nanos>,
}

/// A rail's part in the energy of a machine, which is that of the inputs; where there is none, of the shares;
/// where there are neither, of the battery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RailRole {
    /// Feeds all of a module or board.
    Input,
    /// One of several that are added up: a processor's package, a GPU's board.
    Share,
    /// Feeds all of the machine, but its gauge is slow.
    Battery,
    /// Contained in another, or nobody knows what it feeds: shown, never added.
    #[serde(other)]
    Part,
}

/// A source that is not there, and why: `nntop doctor` prints these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Absent {
    /// What is missing: a metric's name, or the common start of several.
    pub name: String,
    /// Why, and where the way is known, what to do.
    pub reason: String,
}

/// One pass over the samplers.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Readings {
    /// Metric and value in its unit; `None` where this reading failed.
    pub values: Vec<(MetricId, Option<f64>)>,
    /// What sampling costs: how long the pass took, in nanoseconds, and with it the passes over the power rails
    /// alone since the last full one. 0 in those.
    #[serde(default)]
    pub cost_ns: u64,
}
