//! What a metric is about: a part of the machine, and a quantity of it.

use serde::{Deserialize, Serialize};

/// A kind of part that a machine has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// All CPUs together, or their package.
    Cpu,
    /// One CPU; its name is its number.
    Core,
    /// A group of CPUs that share a clock (a cpufreq policy).
    Policy,
    /// A graphics processor.
    Gpu,
    /// A neural processor.
    Npu,
    /// A core of a neural processor.
    NpuCore,
    /// A unit with one purpose: video codec, scaler, deep learning or vision accelerator.
    Unit,
    /// The memory controller.
    MemoryController,
    /// The machine's memory.
    Memory,
    /// Swap.
    Swap,
    /// A temperature sensor.
    Zone,
    /// A power rail with a sensor.
    Rail,
    /// A zone of a processor's energy counters (RAPL): package, cores, memory.
    Rapl,
    /// A battery.
    Battery,
    /// The supply from outside.
    Mains,
    /// A fan.
    Fan,
    /// All network interfaces with hardware behind them.
    Net,
    /// All disks.
    Disk,
    /// The board as a whole: power mode, firmware flags.
    Board,
    /// What the kernel slows down to cool the machine (a cooling device).
    Cooling,
    /// The process that runs a variant.
    Worker,
    /// A reading of a custom sampler.
    Custom,
    /// A part that a newer version knows.
    #[default]
    #[serde(other)]
    Other,
}

/// What is measured of a part. Its unit is in the [table](super::MetricRow).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// How busy it is. Of a worker: CPU time, percent of one core.
    Load,
    /// Its clock. The limit is the highest that the hardware has.
    Clock,
    /// The highest clock that is allowed now. The limit is the highest that the hardware has.
    ClockCap,
    /// The lowest clock that is allowed now.
    ClockFloor,
    /// Memory in use. Of the machine: total less available. The limit is the total.
    Memory,
    /// The machine's memory that a GPU without its own, and the units beside it, hold.
    SharedMemory,
    /// The machine's memory that a GPU with its own has mapped (amdgpu's GTT).
    Gtt,
    /// Memory that holds files, most of it to be had for the asking. The limit is the total.
    CachedMemory,
    /// How busy a GPU's own memory is.
    MemoryLoad,
    /// The clock of a GPU's own memory.
    MemoryClock,
    /// How busy a GPU's video encoder is.
    EncoderLoad,
    /// How busy a GPU's video decoder is.
    DecoderLoad,
    /// A temperature. The limit is where the machine shuts down, or the part slows itself down.
    Temperature,
    /// Power. The limit is what the part is held to.
    Power,
    /// An energy counter, wraps taken out: only differences mean something.
    Energy,
    /// The power that firmware holds it to; the detail is the limit's name.
    PowerLimit,
    /// Voltage.
    Voltage,
    /// Current.
    Current,
    /// A battery's charge.
    Charge,
    /// Whether it is switched on, or plugged in: 1 or 0.
    On,
    /// How hard a fan is driven.
    Drive,
    /// How fast a fan turns.
    Speed,
    /// How much of it the container may use that this program runs in: CPUs in number, memory in bytes.
    Allowance,
    /// What it receives per second. Of a GPU: over PCIe.
    Received,
    /// What it sends per second. Of a GPU: over PCIe.
    Sent,
    /// What is read from it per second.
    Read,
    /// What is written to it per second.
    Written,
    /// The number of the power mode; the label is that mode's name as of the probe, where it has one.
    PowerMode,
    /// Whether every CPU's and GPU's clock is pinned, lowest allowed = highest allowed: 1 or 0.
    ClocksPinned,
    /// Throttling that is counted: events since boot. The label is the cause, as of all throttling.
    ThrottleEvents,
    /// Throttling that is timed: since boot or driver start.
    ThrottleTime,
    /// Throttling at this moment: 1 or 0.
    Throttled,
    /// Throttling at some time since boot: 1 or 0.
    ThrottledEver,
    /// The most memory that a process has had.
    PeakMemory,
    /// A process's threads.
    Threads,
    /// A process's memory on GPUs.
    GpuMemory,
    /// What a sampler of the user's own measures, in the unit of its declaration.
    Custom,
    /// A quantity that a newer version knows.
    #[default]
    #[serde(other)]
    Other,
}

impl Quantity {
    /// Whether it tells that hardware slowed itself down.
    pub const fn is_throttling(self) -> bool {
        matches!(self, Self::ThrottleEvents | Self::ThrottleTime | Self::Throttled | Self::ThrottledEver)
    }
}

/// A part and a quantity of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct MetricKey {
    /// The kind of part.
    pub part: Part,
    /// What is measured of it.
    pub quantity: Quantity,
}

impl MetricKey {
    /// This quantity of this part.
    pub const fn new(part: Part, quantity: Quantity) -> Self {
        Self { part, quantity }
    }

    /// Whether it is this quantity of this part.
    pub fn is(self, part: Part, quantity: Quantity) -> bool {
        self == Self::new(part, quantity)
    }
}

/// Which one of its kind a part is.
///
/// Figures of one part come from one part: two metrics belong together when their parts are of one kind and have the
/// same name here. The rest says which piece of hardware that is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PartId {
    /// Its name among parts of its kind, as it stands in metrics' names: `card0`, `VDD_IN`, `package-0`. Empty where a
    /// machine has one without a name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The driver that serves it: `amdgpu`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver: Option<String>,
    /// Its PCI address: `0000:c1:00.0`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pci: Option<String>,
    /// Its directory in sysfs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

impl PartId {
    /// The only one of its kind.
    pub fn only() -> Self {
        Self::default()
    }

    /// One of several, by its name.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// The driver that serves it.
    pub fn driver(self, driver: impl Into<String>) -> Self {
        Self { driver: Some(driver.into()), ..self }
    }

    /// Its PCI address, where it has one.
    pub fn pci(self, address: Option<String>) -> Self {
        Self { pci: address, ..self }
    }

    /// Its directory in sysfs.
    pub fn path(self, path: impl Into<String>) -> Self {
        Self { path: Some(path.into()), ..self }
    }
}
