//! The device while a variant measured, and what an inference asks of it.

use nntop_core::event::{OpProfile, Part, Quantity};
use nntop_state::{Condition, State, Variant};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Means of the readings that fell into a variant's own measured blocks. What is absent has its reason in `absent`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DeviceResult {
    /// All CPUs together, percent of all.
    pub cpu_percent: Option<f64>,
    /// The worker's own, percent of one CPU.
    pub worker_cpu_percent: Option<f64>,
    /// The busiest GPU, percent.
    pub gpu_percent: Option<f64>,
    /// The busiest neural processor, percent.
    pub npu_percent: Option<f64>,
    /// The busiest codec or vision unit, percent.
    pub vpu_percent: Option<f64>,
    /// The fastest CPU's clock.
    pub cpu_mhz: Option<f64>,
    /// The fastest GPU's clock.
    pub gpu_mhz: Option<f64>,
    /// The fastest neural processor's clock.
    pub npu_mhz: Option<f64>,
    /// The hottest sensor, degrees Celsius.
    pub temperature_c: Option<f64>,
    /// … and the greatest value of it.
    pub temperature_max_c: Option<f64>,
    /// Received and sent together, in megabytes (10⁶) per second.
    pub network_mb_s: Option<f64>,
    /// How many readings of the CPUs' load, which is read as often as the others, fell into the blocks.
    pub readings: u64,
    /// What the first GPU is called.
    pub gpu_name: Option<String>,
    /// Why a figure is absent, by its name.
    pub absent: BTreeMap<String, String>,
}

/// What an inference takes in operations, from the shapes of its profiled operators.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ComplexityResult {
    /// Operations of one inference, its whole batch; a multiplication and an addition are two.
    pub flops: u64,
    /// Operators without a rule, or whose shapes do not say enough, by type: they are not in `flops`.
    pub uncounted: BTreeMap<String, u64>,
}

impl DeviceResult {
    pub(super) fn of(state: &State, v: &Variant) -> Self {
        let mut absent = BTreeMap::new();
        let mut mean = |name: &str, condition, scale: f64| {
            if let Some(why) = state.condition_absent(&v.conditions, condition) {
                absent.insert(name.to_owned(), why);
            }
            v.conditions.of(condition).map(|reading| reading.mean() / scale)
        };
        let network = [Condition::NetReceive, Condition::NetTransmit].map(|c| mean("network_mb_s", c, 1e6));
        Self {
            cpu_percent: mean("cpu_percent", Condition::Cpu, 1.0),
            worker_cpu_percent: mean("worker_cpu_percent", Condition::WorkerCpu, 1.0),
            gpu_percent: mean("gpu_percent", Condition::Gpu, 1.0),
            npu_percent: mean("npu_percent", Condition::Npu, 1.0),
            vpu_percent: mean("vpu_percent", Condition::Unit, 1.0),
            cpu_mhz: mean("cpu_mhz", Condition::CpuClock, 1e6),
            gpu_mhz: mean("gpu_mhz", Condition::GpuClock, 1e6),
            npu_mhz: mean("npu_mhz", Condition::NpuClock, 1e6),
            temperature_c: mean("temperature_c", Condition::Temperature, 1.0),
            temperature_max_c: v.conditions.of(Condition::Temperature).map(|reading| reading.max),
            network_mb_s: network[0].zip(network[1]).map(|(received, sent)| received + sent),
            readings: v.conditions.of(Condition::Cpu).map_or(0, |reading| reading.n),
            gpu_name: state
                .device
                .first(Part::Gpu, Quantity::Load)
                .map(|gpu| gpu.decl.label.clone())
                .filter(|name| !name.is_empty()),
            absent,
        }
    }
}

impl ComplexityResult {
    /// The model file's own operations; without such a file those of the operators that ran. Absent where none has a rule.
    pub(super) fn of(profile: &OpProfile) -> Option<Self> {
        if let Some(model) = profile.model.as_ref().filter(|model| model.flops > 0) {
            return Some(Self { flops: model.flops, uncounted: model.uncounted.clone() });
        }
        let counted: Vec<u64> = profile.executed_ops().filter_map(|row| row.flops).collect();
        let sum = counted.iter().fold(0u64, |sum, n| sum.saturating_add(*n));
        let inferences = profile.inferences.max(1);
        let mut uncounted: BTreeMap<String, u64> = BTreeMap::new();
        for row in profile.executed_ops().filter(|row| row.flops.is_none()) {
            *uncounted.entry(row.op_type.clone()).or_default() += row.calls.div_ceil(inferences);
        }
        (!counted.is_empty()).then(|| Self { flops: sum / inferences, uncounted })
    }
}
