//! NVIDIA GPUs through NVML, which the driver brings and which is loaded at run time: load, clock, memory,
//! temperature, power, energy.

use super::{Reading, Registry, Sampler};
use crate::event::{Group, MetricId, Rail, RailRole};
use crate::unit::{Nanos, Unit};
use nvml_wrapper::enum_wrappers::device::{Clock, TemperatureSensor, TemperatureThreshold};
use nvml_wrapper::error::NvmlError;
use nvml_wrapper::{Device, Nvml};

pub(super) struct Nvidia {
    nvml: Option<Nvml>,
    metrics: Vec<Metric>,
}

/// A metric that a GPU answered for when it was probed.
struct Metric {
    id: MetricId,
    gpu: u32,
    quantity: Quantity,
}

#[derive(Debug, Clone, Copy)]
enum Quantity {
    Load,
    Clock,
    Memory,
    Temperature,
    Power,
    Energy,
}

impl Quantity {
    const ALL: [Self; 6] = [Self::Load, Self::Clock, Self::Memory, Self::Temperature, Self::Power, Self::Energy];

    /// Its group, the end of its name, its unit, and the function that it is read with.
    const fn facts(self) -> (Group, &'static str, Unit, &'static str) {
        match self {
            Self::Load => (Group::Gpu, "load", Unit::Percent, "nvmlDeviceGetUtilizationRates"),
            Self::Clock => (Group::GpuClock, "clock", Unit::Hertz, "nvmlDeviceGetClockInfo(SM)"),
            Self::Memory => (Group::GpuMemory, "memory", Unit::Bytes, "nvmlDeviceGetMemoryInfo_v2"),
            Self::Temperature => (Group::Temperature, "temp", Unit::Celsius, "nvmlDeviceGetTemperature"),
            Self::Power => (Group::Power, "power", Unit::Watts, "nvmlDeviceGetPowerUsage"),
            Self::Energy => (Group::Energy, "energy", Unit::Joules, "nvmlDeviceGetTotalEnergyConsumption"),
        }
    }

    fn read(self, gpu: &Device<'_>) -> Result<f64, NvmlError> {
        Ok(match self {
            Self::Load => f64::from(gpu.utilization_rates()?.gpu),
            Self::Clock => f64::from(gpu.clock_info(Clock::SM)?) * 1e6,
            Self::Memory => gpu.memory_info()?.used as f64,
            Self::Temperature => f64::from(gpu.temperature(TemperatureSensor::Gpu)?),
            Self::Power => f64::from(gpu.power_usage()?) / 1e3,
            // Millijoules since the driver was loaded; Volta and newer.
            Self::Energy => gpu.total_energy_consumption()? as f64 / 1e3,
        })
    }

    /// What its power rail feeds, when it is about one.
    fn rail(self) -> Option<Rail> {
        let scope = "the GPU with its memory; not the processor".to_owned();
        matches!(self, Self::Power | Self::Energy).then_some(Rail { role: RailRole::Share, scope, update: None })
    }

    fn limit(self, gpu: &Device<'_>) -> Option<f64> {
        match self {
            Self::Load => Some(100.0),
            Self::Clock => gpu.max_clock_info(Clock::SM).ok().map(|mhz| f64::from(mhz) * 1e6),
            Self::Memory => gpu.memory_info().ok().map(|memory| memory.total as f64),
            // Where the GPU starts to slow itself down.
            Self::Temperature => gpu.temperature_threshold(TemperatureThreshold::Slowdown).ok().map(f64::from),
            Self::Power => gpu.enforced_power_limit().ok().map(|milliwatts| f64::from(milliwatts) / 1e3),
            Self::Energy => None,
        }
    }
}

impl Nvidia {
    pub(super) fn new() -> Self {
        Self { nvml: None, metrics: Vec::new() }
    }

    fn probe_gpu(&mut self, nvml: &Nvml, number: u32, registry: &mut Registry) -> Result<(), NvmlError> {
        let gpu = nvml.device_by_index(number)?;
        let mut name = gpu.name()?;
        if name.contains("nvgpu") {
            // Jetsons up to Orin: most calls are not supported, some succeed with zeros.
            registry.absent(format!("gpu.{number}"), format!("{name}: NVML does not serve this integrated GPU"));
            return Ok(());
        }
        if nvml.device_count()? > 1 {
            name = format!("{name} #{number}");
        }
        for quantity in Quantity::ALL {
            let (group, what, unit, function) = quantity.facts();
            let full = format!("gpu.{number}.{what}");
            match quantity.read(&gpu) {
                Err(e) => registry.absent(full, format!("{name}: {function}: {e}")),
                Ok(_) => {
                    let mut metric = registry.declare(group, full, unit).label(&name);
                    if let Some(rail) = quantity.rail() {
                        metric = metric.rail(rail);
                    }
                    let id = metric.limit(quantity.limit(&gpu)).source(format!("NVML: {function}")).id();
                    self.metrics.push(Metric { id, gpu: number, quantity });
                }
            }
        }
        Ok(())
    }
}

impl Sampler for Nvidia {
    fn name(&self) -> &'static str {
        "nvml"
    }

    fn probe(&mut self, registry: &mut Registry) {
        let nvml = match Nvml::init() {
            Ok(nvml) => nvml,
            Err(e) => return registry.absent("gpu.nvidia", why_not(&e)),
        };
        match nvml.device_count() {
            Err(e) => registry.absent("gpu.nvidia", format!("NVML: {e}")),
            Ok(0) => registry.absent("gpu.nvidia", "NVML: the driver finds no GPU"),
            Ok(count) => {
                for number in 0..count {
                    if let Err(e) = self.probe_gpu(&nvml, number, registry) {
                        registry.absent(format!("gpu.{number}"), format!("NVML: {e}"));
                    }
                }
            }
        }
        self.nvml = Some(nvml);
    }

    fn sample(&mut self, _now: Nanos, out: &mut Vec<Reading>) {
        self.read(out, |_| true);
    }

    fn sample_rails(&mut self, _now: Nanos, out: &mut Vec<Reading>) {
        self.read(out, |quantity| quantity.rail().is_some());
    }
}

impl Nvidia {
    /// Pushes the quantities that are `wanted`.
    fn read(&self, out: &mut Vec<Reading>, wanted: fn(Quantity) -> bool) {
        let Some(nvml) = &self.nvml else { return };
        let mut gpu: Option<(u32, Device<'_>)> = None;
        for metric in self.metrics.iter().filter(|metric| wanted(metric.quantity)) {
            if gpu.as_ref().is_none_or(|(number, _)| *number != metric.gpu) {
                gpu = nvml.device_by_index(metric.gpu).ok().map(|device| (metric.gpu, device));
            }
            out.push((metric.id, gpu.as_ref().and_then(|(_, gpu)| metric.quantity.read(gpu).ok())));
        }
    }
}

/// Why NVML does not start, as a person would say it.
fn why_not(error: &NvmlError) -> String {
    match error {
        NvmlError::LibloadingError(e) if e.to_string().contains("No such file") => {
            "libnvidia-ml.so.1 not found: no NVIDIA driver on this machine".to_owned()
        }
        NvmlError::LibloadingError(e) => format!("libnvidia-ml.so.1 cannot be loaded: {e}"),
        NvmlError::DriverNotLoaded => "libnvidia-ml.so.1 is here, but the NVIDIA driver is not loaded".to_owned(),
        NvmlError::NoPermission => "NVML: no permission to talk to the NVIDIA driver".to_owned(),
        other => format!("NVML: {other}"),
    }
}
