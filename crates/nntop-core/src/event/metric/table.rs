//! The table of metrics: one row for each quantity of each part. Every surface reads it: screens the title, JSON the
//! key, the exporter the family, samplers the unit and the name.

use super::key::{MetricKey, Part, Quantity};
use super::name::Template;
use crate::unit::Unit;

/// A key of the JSON snapshot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct JsonKey {
    /// The key within the object of the part.
    pub name: &'static str,
    /// From the metric's unit to the key's.
    pub scale: f64,
    /// Whether the value is written as an integer where it is one.
    pub whole: bool,
}

/// A family of the OpenMetrics text. Rows that share a name are one family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Family {
    /// Its name, which ends with the unit.
    pub name: &'static str,
    /// The label that tells its metrics apart; empty where there is only one.
    pub label: &'static str,
    /// What it is, for people.
    pub help: &'static str,
    /// Whether it only grows: its samples end in `_total`.
    pub counter: bool,
}

/// What is known of a metric before it is found on a machine.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MetricRow {
    /// What it is about.
    pub key: MetricKey,
    /// What its values count in.
    pub unit: Unit,
    /// What people call it.
    pub title: &'static str,
    /// How its stable, dotted name is made of the part's name and the detail.
    pub name: Template,
    /// The word for its kind in streams and recordings from before parts and quantities, and in `nntop doctor`.
    pub group: &'static str,
    /// Its key in the JSON snapshot.
    pub json: Option<JsonKey>,
    /// The key of its limit there.
    pub limit_json: Option<JsonKey>,
    /// Its family in the exporter's text.
    pub family: Option<Family>,
    /// The family of its limit there.
    pub limit_family: Option<Family>,
}

impl MetricRow {
    /// The row of a key; `None` for one that only a newer version knows.
    pub fn of(key: MetricKey) -> Option<&'static Self> {
        ROWS.iter().find(|row| row.key == key)
    }

    /// All rows, in the order of the exporter's families.
    pub fn all() -> &'static [Self] {
        ROWS
    }

    const fn key(self, name: &'static str) -> Self {
        let scale = match self.unit {
            Unit::Hertz => 1e-6,
            Unit::Nanoseconds => 1e-6,
            Unit::Watts | Unit::Joules | Unit::Volts | Unit::Amperes => 1e3,
            _ => 1.0,
        };
        Self { json: Some(JsonKey { name, scale, whole: false }), ..self }
    }

    const fn whole(self, name: &'static str) -> Self {
        match self.key(name).json {
            Some(key) => Self { json: Some(JsonKey { whole: true, ..key }), ..self },
            None => self,
        }
    }

    const fn limit_key(self, name: &'static str) -> Self {
        match self.json {
            Some(key) => Self { limit_json: Some(JsonKey { name, ..key }), ..self },
            None => self,
        }
    }

    const fn family(self, family: Family) -> Self {
        Self { family: Some(family), ..self }
    }

    const fn gauge(self, name: &'static str, label: &'static str, help: &'static str) -> Self {
        self.family(gauge(name, label, help))
    }

    const fn limit(self, name: &'static str, help: &'static str) -> Self {
        let label = match self.family {
            Some(family) => family.label,
            None => "",
        };
        Self { limit_family: Some(gauge(name, label, help)), ..self }
    }
}

const fn row(
    part: Part,
    quantity: Quantity,
    unit: Unit,
    title: &'static str,
    name: &'static str,
    group: &'static str,
) -> MetricRow {
    let (json, family) = (None, None);
    let (limit_json, limit_family) = (None, None);
    let (key, name) = (MetricKey::new(part, quantity), Template(name));
    MetricRow { key, unit, title, name, group, json, limit_json, family, limit_family }
}

const fn gauge(name: &'static str, label: &'static str, help: &'static str) -> Family {
    Family { name, label, help, counter: false }
}

const fn counter(name: &'static str, label: &'static str, help: &'static str) -> Family {
    Family { name, label, help, counter: true }
}

// Families of several parts.
const TEMPERATURE: Family = gauge("nntop_temperature_celsius", "zone", "Temperature of a sensor");
const NPU_LOAD: Family = gauge("nntop_npu_load_ratio", "device", "Load of a neural processor or its core");
const UNIT_LOAD: Family = gauge("nntop_engine_load_ratio", "engine", "Load of a codec, scaler or accelerator");
const MEMORY_LOAD: Family = gauge(
    "nntop_memory_controller_load_ratio",
    "device",
    "Load of a memory controller, of what it can transfer at its clock",
);
const GPU_MEMORY: Family = gauge("nntop_gpu_memory_used_bytes", "device", "Memory of a GPU in use");
const CLOCK_CAP: Family = gauge("nntop_clock_cap_hertz", "device", "Highest clock that is allowed now");
const CLOCK_FLOOR: Family = gauge("nntop_clock_floor_hertz", "device", "Lowest clock that is allowed now");
const POWER: Family = gauge("nntop_rail_power_watts", "rail", "Power that a rail carries");
const ENERGY: Family = counter("nntop_rail_energy_joules", "rail", "Energy that a rail has carried");
const EVENTS: Family =
    counter("nntop_throttle_events", "cause", "Events in which the hardware slowed itself down, since boot");
const TIME: Family = counter(
    "nntop_throttle_seconds",
    "cause",
    "Time for which the hardware slowed itself down, since boot or driver start",
);
const THROTTLED: Family = gauge("nntop_throttled", "cause", "Whether the hardware slows itself down now");

static ROWS: &[MetricRow] = {
    use crate::unit::Unit::{
        Amperes, Bytes, BytesPerSecond, Celsius, Count, Hertz, Joules, Nanoseconds, Percent, Rpm, Volts, Watts,
    };
    use Part::*;
    use Quantity as Q;
    &[
        row(Cpu, Q::Load, Percent, "CPU", "cpu.load", "cpu").key("all").gauge(
            "nntop_cpu_load_ratio",
            "",
            "Load of all CPUs together",
        ),
        row(Core, Q::Load, Percent, "CPU", "cpu.core.{part}", "cpu_core").key("per_cpu").gauge(
            "nntop_cpu_core_load_ratio",
            "core",
            "Load of one CPU",
        ),
        row(Core, Q::Clock, Hertz, "CPU clock", "cpu.clock.{part}", "cpu_clock")
            .key("freq_mhz")
            .gauge("nntop_cpu_clock_hertz", "core", "Clock of one CPU")
            .limit("nntop_cpu_clock_max_hertz", "Highest clock of one CPU"),
        row(Cpu, Q::Clock, Hertz, "clock by the firmware", "cpu.clock.firmware", "cpu_clock")
            .key("firmware_mhz")
            .gauge("nntop_cpu_clock_hertz", "core", "Clock of one CPU")
            .limit("nntop_cpu_clock_max_hertz", "Highest clock of one CPU"),
        row(Memory, Q::Memory, Bytes, "memory", "memory.used", "memory")
            .gauge("nntop_memory_used_bytes", "", "Memory in use: total less available")
            .limit("nntop_memory_size_bytes", "Memory in all"),
        row(Memory, Q::CachedMemory, Bytes, "cache", "memory.cached", "memory_cached").gauge(
            "nntop_memory_cached_bytes",
            "",
            "Memory that holds files",
        ),
        row(Swap, Q::Memory, Bytes, "swap", "swap.used", "swap")
            .gauge("nntop_swap_used_bytes", "", "Swap in use")
            .limit("nntop_swap_size_bytes", "Swap in all"),
        row(Zone, Q::Temperature, Celsius, "temperature", "temp.{part}", "temperature")
            .key("temps_c")
            .family(TEMPERATURE)
            .limit("nntop_temperature_critical_celsius", "Temperature at which the machine shuts down"),
        row(Gpu, Q::Temperature, Celsius, "GPU temperature", "gpu.{part}.temp", "temperature")
            .whole("temp_c")
            .family(TEMPERATURE)
            .limit("nntop_temperature_critical_celsius", "Temperature at which the machine shuts down"),
        row(Gpu, Q::Load, Percent, "GPU", "gpu.{part}.load", "gpu").key("load_percent").gauge(
            "nntop_gpu_load_ratio",
            "device",
            "Load of a GPU",
        ),
        row(Gpu, Q::Clock, Hertz, "GPU clock", "gpu.{part}.clock", "gpu_clock")
            .key("freq_mhz")
            .limit_key("max_mhz")
            .gauge("nntop_gpu_clock_hertz", "device", "Clock of a GPU")
            .limit("nntop_gpu_clock_max_hertz", "Highest clock of a GPU"),
        row(Gpu, Q::Memory, Bytes, "GPU memory", "gpu.{part}.memory", "gpu_memory")
            .whole("memory_used_bytes")
            .limit_key("memory_total_bytes")
            .family(GPU_MEMORY)
            .limit("nntop_gpu_memory_size_bytes", "Memory of a GPU in all"),
        row(Gpu, Q::SharedMemory, Bytes, "GPU's share", "gpu.{part}.memory", "gpu_memory")
            .whole("memory_used_bytes")
            .limit_key("memory_total_bytes")
            .family(GPU_MEMORY)
            .limit("nntop_gpu_memory_size_bytes", "Memory of a GPU in all"),
        row(Gpu, Q::Gtt, Bytes, "GPU memory in the machine's", "gpu.{part}.gtt", "gpu_memory")
            .whole("gtt_used_bytes")
            .family(GPU_MEMORY)
            .limit("nntop_gpu_memory_size_bytes", "Memory of a GPU in all"),
        row(Npu, Q::Load, Percent, "NPU", "npu.load", "npu").key("load_percent").family(NPU_LOAD),
        row(NpuCore, Q::Load, Percent, "NPU core", "npu.core.{part}", "npu").key("cores_percent").family(NPU_LOAD),
        row(Npu, Q::Clock, Hertz, "NPU clock", "npu.clock", "npu_clock")
            .key("freq_mhz")
            .limit_key("max_mhz")
            .gauge("nntop_npu_clock_hertz", "device", "Clock of a neural processor")
            .limit("nntop_npu_clock_max_hertz", "Highest clock of a neural processor"),
        row(Npu, Q::Memory, Bytes, "NPU", "npu.memory", "npu_memory").whole("memory_used_bytes").gauge(
            "nntop_npu_memory_used_bytes",
            "device",
            "Memory that a neural processor uses",
        ),
        row(Unit, Q::Load, Percent, "load", "engine.{part}.load", "engine").key("load_percent").family(UNIT_LOAD),
        row(Gpu, Q::EncoderLoad, Percent, "encoder", "gpu.{part}.encoder", "engine")
            .whole("encoder_percent")
            .family(UNIT_LOAD),
        row(Gpu, Q::DecoderLoad, Percent, "decoder", "gpu.{part}.decoder", "engine")
            .whole("decoder_percent")
            .family(UNIT_LOAD),
        row(Unit, Q::On, Count, "on", "engine.{part}.on", "engine").key("on").gauge(
            "nntop_engine_on",
            "engine",
            "Whether such a unit is switched on",
        ),
        row(Unit, Q::Clock, Hertz, "clock", "engine.{part}.clock", "engine_clock").key("freq_mhz").gauge(
            "nntop_engine_clock_hertz",
            "engine",
            "Clock of such a unit",
        ),
        row(MemoryController, Q::Load, Percent, "memory controller", "memory_controller.load", "memory_controller")
            .key("load_percent")
            .family(MEMORY_LOAD),
        row(Gpu, Q::MemoryLoad, Percent, "GPU memory load", "gpu.{part}.memory_load", "memory_controller")
            .whole("memory_load_percent")
            .family(MEMORY_LOAD),
        row(MemoryController, Q::Clock, Hertz, "memory clock", "memory_controller.clock", "memory_controller_clock")
            .key("freq_mhz")
            .limit_key("max_mhz")
            .gauge("nntop_memory_controller_clock_hertz", "device", "Clock of a memory controller")
            .limit("nntop_memory_controller_clock_max_hertz", "Highest clock of a memory controller"),
        row(Gpu, Q::MemoryClock, Hertz, "GPU memory clock", "gpu.{part}.memory_clock", "memory_controller_clock")
            .whole("memory_freq_mhz")
            .gauge("nntop_memory_controller_clock_hertz", "device", "Clock of a memory controller")
            .limit("nntop_memory_controller_clock_max_hertz", "Highest clock of a memory controller"),
        row(Policy, Q::ClockCap, Hertz, "clock cap", "cpu.clock.max.{part}", "clock_cap")
            .key("allowed_max_mhz")
            .family(CLOCK_CAP),
        row(Gpu, Q::ClockCap, Hertz, "GPU clock cap", "gpu.{part}.clock.max", "clock_cap")
            .key("max_mhz")
            .family(CLOCK_CAP),
        row(MemoryController, Q::ClockCap, Hertz, "memory clock cap", "memory_controller.clock.max", "clock_cap")
            .key("cap_mhz")
            .family(CLOCK_CAP),
        row(Policy, Q::ClockFloor, Hertz, "clock floor", "cpu.clock.min.{part}", "clock_floor").family(CLOCK_FLOOR),
        row(Gpu, Q::ClockFloor, Hertz, "GPU clock floor", "gpu.{part}.clock.min", "clock_floor")
            .key("min_mhz")
            .family(CLOCK_FLOOR),
        row(Board, Q::ClocksPinned, Count, "clocks pinned", "clocks.pinned", "clocks_pinned")
            .key("clocks_pinned")
            .gauge("nntop_clocks_pinned", "", "Whether all clocks are pinned: lowest = highest"),
        row(Board, Q::PowerMode, Count, "power mode", "power_mode", "power_mode").whole("nvpmodel_mode").gauge(
            "nntop_power_mode",
            "mode",
            "Number of the board's power mode",
        ),
        row(Rail, Q::Power, Watts, "power", "power.{part}", "power").whole("power_mw").family(POWER),
        row(Gpu, Q::Power, Watts, "GPU power", "gpu.{part}.power", "power").whole("power_mw").family(POWER),
        row(Rapl, Q::Power, Watts, "power", "power.{part}", "power").key("power_mw").family(POWER),
        row(Battery, Q::Power, Watts, "battery", "power.battery.{part}", "power").family(POWER),
        row(Rapl, Q::Energy, Joules, "energy", "energy.{part}", "energy").family(ENERGY),
        row(Gpu, Q::Energy, Joules, "GPU energy", "gpu.{part}.energy", "energy").whole("energy_mj").family(ENERGY),
        row(Rail, Q::Energy, Joules, "energy", "energy.{part}", "energy").family(ENERGY),
        row(Rail, Q::Voltage, Volts, "voltage", "voltage.{part}", "voltage").whole("voltage_mv").gauge(
            "nntop_rail_voltage_volts",
            "rail",
            "Voltage of a rail",
        ),
        row(Rail, Q::Current, Amperes, "current", "current.{part}", "current").whole("current_ma").gauge(
            "nntop_rail_current_amperes",
            "rail",
            "Current of a rail",
        ),
        row(Rapl, Q::PowerLimit, Watts, "limit", "limit.{part}.{detail}", "power_limit").whole("limits_mw").gauge(
            "nntop_rail_power_limit_watts",
            "rail",
            "Power that the firmware holds a rail to",
        ),
        row(Battery, Q::Charge, Percent, "battery", "battery.{part}.charge", "battery_charge")
            .whole("capacity_percent")
            .gauge("nntop_battery_charge_ratio", "device", "Charge of a battery"),
        row(Mains, Q::On, Count, "plugged in", "battery.plugged_in", "plugged_in").key("ac_online").gauge(
            "nntop_plugged_in",
            "",
            "Whether the machine is plugged in",
        ),
        row(Fan, Q::Drive, Percent, "fan", "fan.{part}.drive", "fan").key("pwm_percent").gauge(
            "nntop_fan_drive_ratio",
            "fan",
            "How hard a fan is driven",
        ),
        row(Fan, Q::Speed, Rpm, "fan", "fan.{part}.speed", "fan_speed").whole("rpm").gauge(
            "nntop_fan_speed_rpm",
            "fan",
            "Speed of a fan",
        ),
        row(Core, Q::ThrottleEvents, Count, "core too hot", "throttle.core.{part}.events", "throttle_events")
            .whole("core_throttle_count")
            .family(EVENTS),
        row(Cpu, Q::ThrottleEvents, Count, "processor too hot", "throttle.package.{part}.events", "throttle_events")
            .whole("package_throttle_count")
            .family(EVENTS),
        row(Board, Q::ThrottleEvents, Count, "throttling", "throttle.{detail}", "throttle_events")
            .whole("event_cnt")
            .family(EVENTS),
        row(Core, Q::ThrottleTime, Nanoseconds, "core too hot", "throttle.core.{part}.time", "throttle_time")
            .whole("core_throttle_total_time_ms")
            .family(TIME),
        row(Cpu, Q::ThrottleTime, Nanoseconds, "processor too hot", "throttle.package.{part}.time", "throttle_time")
            .whole("package_throttle_total_time_ms")
            .family(TIME),
        row(Gpu, Q::Throttled, Count, "GPU held back", "gpu.{part}.throttle.{detail}.now", "throttle_now")
            .family(THROTTLED),
        row(Cooling, Q::Throttled, Count, "heat", "throttle.cooling.{part}.now", "throttle_now").family(THROTTLED),
        row(Board, Q::Throttled, Count, "throttling", "throttle.{detail}.now", "throttle_now")
            .key("now")
            .family(THROTTLED),
        row(Board, Q::ThrottledEver, Count, "throttling", "throttle.{detail}.ever", "throttle_ever")
            .key("occurred")
            .gauge("nntop_throttled_since_boot", "cause", "Whether the hardware has slowed itself down since boot"),
        row(Net, Q::Received, BytesPerSecond, "network received", "net.receive", "net_receive").key("receive").gauge(
            "nntop_network_receive_bytes_per_second",
            "",
            "Received over all interfaces but loopback",
        ),
        row(Net, Q::Sent, BytesPerSecond, "network sent", "net.transmit", "net_transmit").key("transmit").gauge(
            "nntop_network_transmit_bytes_per_second",
            "",
            "Sent over all interfaces but loopback",
        ),
        row(Disk, Q::Read, BytesPerSecond, "disk read", "disk.read", "disk_read").gauge(
            "nntop_disk_read_bytes_per_second",
            "",
            "Read from all disks",
        ),
        row(Disk, Q::Written, BytesPerSecond, "disk written", "disk.write", "disk_write").gauge(
            "nntop_disk_write_bytes_per_second",
            "",
            "Written to all disks",
        ),
        row(Gpu, Q::Received, BytesPerSecond, "PCIe received", "gpu.{part}.pcie.receive", "pcie_receive")
            .whole("pcie_receive_bytes_per_s")
            .gauge("nntop_pcie_receive_bytes_per_second", "device", "Received by a device over PCIe"),
        row(Gpu, Q::Sent, BytesPerSecond, "PCIe sent", "gpu.{part}.pcie.transmit", "pcie_transmit")
            .whole("pcie_transmit_bytes_per_s")
            .gauge("nntop_pcie_transmit_bytes_per_second", "device", "Sent by a device over PCIe"),
        row(Cpu, Q::Allowance, Count, "CPU limit", "cpu.limit", "cpu").key("limit").gauge(
            "nntop_cpu_limit",
            "",
            "CPUs that the container may use",
        ),
        row(Memory, Q::Allowance, Bytes, "memory limit", "memory.limit", "memory").whole("limit_bytes").gauge(
            "nntop_memory_limit_bytes",
            "",
            "Memory that the container may use",
        ),
        row(Board, Q::ThrottleTime, Nanoseconds, "throttling", "throttle.{detail}.time", "throttle_time")
            .whole("time_ms")
            .family(TIME),
        // Made of rails by those who show it: no sampler declares it.
        row(Board, Q::Power, Watts, "total power", "power.total", "power"),
        // No families: the exporter has no workers.
        row(Worker, Q::Load, Percent, "CPU", "worker.{part}.cpu", "worker_cpu"),
        row(Worker, Q::Memory, Bytes, "memory", "worker.{part}.rss", "worker_rss"),
        row(Worker, Q::PeakMemory, Bytes, "peak memory", "worker.{part}.peak", "worker_peak"),
        row(Worker, Q::Threads, Count, "threads", "worker.{part}.threads", "worker_threads"),
        row(Worker, Q::GpuMemory, Bytes, "GPU memory", "worker.{part}.gpu", "worker_gpu_memory"),
        // Its unit is that of the declaration.
        row(Custom, Q::Custom, Count, "custom", "custom.{part}", "other").key("custom"),
    ]
};
