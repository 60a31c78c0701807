//! The families: which name, unit and label each group of metrics has.

use nntop_core::event::{Group, MetricDecl};
use nntop_core::unit::Unit;

/// How a family's values are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A value of now.
    Gauge,
    /// What only grows; its samples end in `_total`.
    Counter,
}

/// A family of metrics: those of one group and unit, or their limits.
#[derive(Debug)]
pub(super) struct Family {
    /// Its name, which ends with the unit.
    pub(super) name: &'static str,
    /// What it counts in; empty where it is a plain number.
    pub(super) unit: &'static str,
    pub(super) kind: Kind,
    /// The label that tells its metrics apart; empty where there is only one.
    pub(super) label: &'static str,
    /// From our unit to this one.
    pub(super) factor: f64,
    pub(super) help: &'static str,
    /// Whether it is the limits of the metrics, not their values.
    pub(super) limit: bool,
    group: Group,
    of: Unit,
}

impl Family {
    /// Whether a metric belongs to it.
    pub(super) fn takes(&self, metric: &MetricDecl) -> bool {
        metric.group == self.group && metric.unit == self.of
    }

    const fn gauge(group: Group, of: Unit, name: &'static str, label: &'static str, help: &'static str) -> Self {
        let (unit, factor) = match of {
            Unit::Percent => ("ratio", 0.01),
            Unit::Hertz => ("hertz", 1.0),
            Unit::Bytes => ("bytes", 1.0),
            Unit::BytesPerSecond => ("bytes_per_second", 1.0),
            Unit::Celsius => ("celsius", 1.0),
            Unit::Watts => ("watts", 1.0),
            Unit::Joules => ("joules", 1.0),
            Unit::Volts => ("volts", 1.0),
            Unit::Amperes => ("amperes", 1.0),
            Unit::Nanoseconds => ("seconds", 1e-9),
            Unit::Rpm => ("rpm", 1.0),
            Unit::Count => ("", 1.0),
        };
        Self { name, unit, kind: Kind::Gauge, label, factor, help, limit: false, group, of }
    }

    const fn counter(group: Group, of: Unit, name: &'static str, label: &'static str, help: &'static str) -> Self {
        Self { kind: Kind::Counter, ..Self::gauge(group, of, name, label, help) }
    }

    const fn limit(group: Group, of: Unit, name: &'static str, label: &'static str, help: &'static str) -> Self {
        Self { limit: true, ..Self::gauge(group, of, name, label, help) }
    }
}

/// A ratio without the dust that a hundredth leaves in binary fractions.
pub(super) fn ratio(value: f64) -> f64 {
    (value * 1e9).round() / 1e9
}

/// All families, in the order of the text. The names are an interface: they stay.
pub(super) fn families() -> &'static [Family] {
    use Unit::{
        Amperes, Bytes, BytesPerSecond, Celsius, Count, Hertz, Joules, Nanoseconds, Percent, Rpm, Volts, Watts,
    };
    static ALL: [Family; 49] = [
        Family::gauge(Group::Cpu, Percent, "nntop_cpu_load_ratio", "", "Load of all CPUs together"),
        Family::gauge(Group::CpuCore, Percent, "nntop_cpu_core_load_ratio", "core", "Load of one CPU"),
        Family::gauge(Group::CpuClock, Hertz, "nntop_cpu_clock_hertz", "core", "Clock of one CPU"),
        Family::limit(Group::CpuClock, Hertz, "nntop_cpu_clock_max_hertz", "core", "Highest clock of one CPU"),
        Family::gauge(Group::Memory, Bytes, "nntop_memory_used_bytes", "", "Memory in use: total less available"),
        Family::limit(Group::Memory, Bytes, "nntop_memory_size_bytes", "", "Memory in all"),
        Family::gauge(Group::MemoryCached, Bytes, "nntop_memory_cached_bytes", "", "Memory that holds files"),
        Family::gauge(Group::Swap, Bytes, "nntop_swap_used_bytes", "", "Swap in use"),
        Family::limit(Group::Swap, Bytes, "nntop_swap_size_bytes", "", "Swap in all"),
        Family::gauge(Group::Temperature, Celsius, "nntop_temperature_celsius", "zone", "Temperature of a sensor"),
        Family::limit(
            Group::Temperature,
            Celsius,
            "nntop_temperature_critical_celsius",
            "zone",
            "Temperature at which the machine shuts down",
        ),
        Family::gauge(Group::Gpu, Percent, "nntop_gpu_load_ratio", "device", "Load of a GPU"),
        Family::gauge(Group::GpuClock, Hertz, "nntop_gpu_clock_hertz", "device", "Clock of a GPU"),
        Family::limit(Group::GpuClock, Hertz, "nntop_gpu_clock_max_hertz", "device", "Highest clock of a GPU"),
        Family::gauge(Group::GpuMemory, Bytes, "nntop_gpu_memory_used_bytes", "device", "Memory of a GPU in use"),
        Family::limit(Group::GpuMemory, Bytes, "nntop_gpu_memory_size_bytes", "device", "Memory of a GPU in all"),
        Family::gauge(Group::Npu, Percent, "nntop_npu_load_ratio", "device", "Load of a neural processor or its core"),
        Family::gauge(Group::NpuClock, Hertz, "nntop_npu_clock_hertz", "device", "Clock of a neural processor"),
        Family::gauge(
            Group::NpuMemory,
            Bytes,
            "nntop_npu_memory_used_bytes",
            "device",
            "Memory that a neural processor uses",
        ),
        Family::gauge(
            Group::Engine,
            Percent,
            "nntop_engine_load_ratio",
            "engine",
            "Load of a codec, scaler or accelerator",
        ),
        Family::gauge(Group::Engine, Count, "nntop_engine_on", "engine", "Whether such a unit is switched on"),
        Family::gauge(Group::EngineClock, Hertz, "nntop_engine_clock_hertz", "engine", "Clock of such a unit"),
        Family::gauge(
            Group::MemoryController,
            Percent,
            "nntop_memory_controller_load_ratio",
            "device",
            "Load of a memory controller, of what it can transfer at its clock",
        ),
        Family::gauge(
            Group::MemoryControllerClock,
            Hertz,
            "nntop_memory_controller_clock_hertz",
            "device",
            "Clock of a memory controller",
        ),
        Family::gauge(Group::ClockCap, Hertz, "nntop_clock_cap_hertz", "device", "Highest clock that is allowed now"),
        Family::gauge(
            Group::ClockFloor,
            Hertz,
            "nntop_clock_floor_hertz",
            "device",
            "Lowest clock that is allowed now",
        ),
        Family::gauge(
            Group::ClocksPinned,
            Count,
            "nntop_clocks_pinned",
            "",
            "Whether all clocks are pinned: lowest = highest",
        ),
        Family::gauge(Group::PowerMode, Count, "nntop_power_mode", "mode", "Number of the board's power mode"),
        Family::gauge(Group::Power, Watts, "nntop_rail_power_watts", "rail", "Power that a rail carries"),
        Family::counter(Group::Energy, Joules, "nntop_rail_energy_joules", "rail", "Energy that a rail has carried"),
        Family::gauge(Group::Voltage, Volts, "nntop_rail_voltage_volts", "rail", "Voltage of a rail"),
        Family::gauge(Group::Current, Amperes, "nntop_rail_current_amperes", "rail", "Current of a rail"),
        Family::gauge(
            Group::PowerLimit,
            Watts,
            "nntop_rail_power_limit_watts",
            "rail",
            "Power that the firmware holds a rail to",
        ),
        Family::gauge(Group::BatteryCharge, Percent, "nntop_battery_charge_ratio", "device", "Charge of a battery"),
        Family::gauge(Group::PluggedIn, Count, "nntop_plugged_in", "", "Whether the machine is plugged in"),
        Family::gauge(Group::Fan, Percent, "nntop_fan_drive_ratio", "fan", "How hard a fan is driven"),
        Family::gauge(Group::FanSpeed, Rpm, "nntop_fan_speed_rpm", "fan", "Speed of a fan"),
        Family::counter(
            Group::ThrottleEvents,
            Count,
            "nntop_throttle_events",
            "cause",
            "Events in which the hardware slowed itself down, since boot",
        ),
        Family::counter(
            Group::ThrottleTime,
            Nanoseconds,
            "nntop_throttle_seconds",
            "cause",
            "Time for which the hardware slowed itself down, since boot or driver start",
        ),
        Family::gauge(
            Group::ThrottleNow,
            Count,
            "nntop_throttled",
            "cause",
            "Whether the hardware slows itself down now",
        ),
        Family::gauge(
            Group::ThrottleEver,
            Count,
            "nntop_throttled_since_boot",
            "cause",
            "Whether the hardware has slowed itself down since boot",
        ),
        Family::gauge(
            Group::NetReceive,
            BytesPerSecond,
            "nntop_network_receive_bytes_per_second",
            "",
            "Received over all interfaces but loopback",
        ),
        Family::gauge(
            Group::NetTransmit,
            BytesPerSecond,
            "nntop_network_transmit_bytes_per_second",
            "",
            "Sent over all interfaces but loopback",
        ),
        Family::gauge(Group::DiskRead, BytesPerSecond, "nntop_disk_read_bytes_per_second", "", "Read from all disks"),
        Family::gauge(
            Group::DiskWrite,
            BytesPerSecond,
            "nntop_disk_write_bytes_per_second",
            "",
            "Written to all disks",
        ),
        Family::gauge(
            Group::PcieReceive,
            BytesPerSecond,
            "nntop_pcie_receive_bytes_per_second",
            "device",
            "Received by a device over PCIe",
        ),
        Family::gauge(
            Group::PcieTransmit,
            BytesPerSecond,
            "nntop_pcie_transmit_bytes_per_second",
            "device",
            "Sent by a device over PCIe",
        ),
        Family::limit(
            Group::NpuClock,
            Hertz,
            "nntop_npu_clock_max_hertz",
            "device",
            "Highest clock of a neural processor",
        ),
        Family::limit(
            Group::MemoryControllerClock,
            Hertz,
            "nntop_memory_controller_clock_max_hertz",
            "device",
            "Highest clock of a memory controller",
        ),
    ];
    &ALL
}
