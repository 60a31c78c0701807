//! What samplers read beside the values of metrics: names, states, sizes and counters, for a snapshot of the whole device.

use super::about::about;
use super::{Root, cgroup, host_info, identity, throttle};
use nntop_core::event::{About, HostInfo, MetricId};

/// What was read together with some readings.
#[derive(Debug, Clone, Default)]
pub struct Details {
    /// Who the machine is.
    pub(crate) machine: Machine,
    pub(crate) cpu: Cpus,
    /// Of a container with a limit of CPU time: its periods, and those in which it was stopped.
    pub(crate) limit_periods: Option<(f64, f64)>,
    pub(crate) memory: Meminfo,
    /// Zones that always read the same, in °C: none of them is a temperature.
    pub(crate) constants: Vec<(String, f64)>,
    /// What sensors of power show beside their rails: sums over them.
    pub(crate) rail_sums: Vec<String>,
    pub(crate) rapl: Vec<RaplZone>,
    pub(crate) batteries: Vec<BatteryState>,
    /// Counters of thermal events by the CPU's number and the file, as the kernel shows each.
    pub(crate) throttle_counts: Vec<(u32, &'static str, f64)>,
    /// Whether what a metric counts is switched on, by the metric.
    pub(crate) throttling_enabled: Vec<(MetricId, f64)>,
}

/// Who the machine is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Machine {
    pub(crate) host: HostInfo,
    pub(crate) about: About,
    /// Its name for files and scripts.
    pub(crate) slug: Option<String>,
    pub(crate) is_raspberry_pi: bool,
    pub(crate) is_container: bool,
    /// Whether the folders where a board's name is are hidden.
    pub(crate) is_hidden: bool,
}

impl Machine {
    pub(super) fn look(root: &Root) -> Self {
        let host = host_info(root);
        Self {
            slug: identity::slug(root, host.board.as_deref()),
            host,
            about: about(root),
            is_raspberry_pi: identity::is_raspberry_pi(root),
            is_container: cgroup::is_container(root),
            is_hidden: !root.exists("/sys/firmware/devicetree/base") && !root.exists("/sys/class/dmi/id"),
        }
    }
}

/// The processors.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cpus {
    /// How many the kernel has.
    pub(crate) logical: Option<usize>,
    /// The lowest and the highest clock of their hardware, in Hz.
    pub(crate) clocks: (Option<f64>, Option<f64>),
}

/// `/proc/meminfo`, in bytes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Meminfo {
    pub(crate) total: Option<f64>,
    pub(crate) available: Option<f64>,
    pub(crate) free: Option<f64>,
    pub(crate) buffers: Option<f64>,
    pub(crate) cached: Option<f64>,
    pub(crate) swap_total: Option<f64>,
    pub(crate) swap_free: Option<f64>,
}

/// A zone of energy counters, readable or not.
#[derive(Debug, Clone)]
pub(crate) struct RaplZone {
    /// `intel-rapl:0`.
    pub(crate) directory: String,
    pub(crate) name: String,
    /// Where its counter turns over, in microjoules.
    pub(crate) range: Option<f64>,
}

/// A battery.
#[derive(Debug, Clone)]
pub(crate) struct BatteryState {
    pub(crate) directory: String,
    /// `Discharging`.
    pub(crate) status: Option<String>,
    /// What it holds now and when full, as energy.
    pub(crate) energy: [Option<f64>; 2],
    /// The same as charge.
    pub(crate) charge: [Option<f64>; 2],
}

impl Details {
    /// What belongs to no sampler alone.
    pub(super) fn look(root: &Root) -> Self {
        Self {
            machine: Machine::look(root),
            limit_periods: cgroup::periods(root),
            throttle_counts: throttle::counts(root),
            ..Self::default()
        }
    }
}
