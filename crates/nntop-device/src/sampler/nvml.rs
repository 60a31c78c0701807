//! NVIDIA GPUs through NVML, which the driver brings and which is loaded at run time: load, clock, memory,
//! temperature, power, energy, codecs, PCIe, reasons for throttling, and the workers' memory.

mod sys;

use super::process::device;
use super::processes::Held;
use super::{Reading, Registry, Sampler};
use nntop_core::event::{Lack, MetricDecl, MetricId, MetricKey, Part, PartId, Quantity, Rail, RailRole, Slot};
use nntop_core::unit::Nanos;
use std::collections::BTreeMap;
use sys::{Clock, Device, Direction, Error, Nvml};

/// How old PCIe figures may be: the driver counts for 20 ms each time that it is asked, and who asks waits.
const SLOW_AGE: Nanos = Nanos::from_millis(10_000);

pub(super) struct Nvidia {
    nvml: Option<Nvml>,
    metrics: Vec<Metric>,
    /// Whose memory on GPUs is asked for.
    workers: Vec<(Slot, MetricId, Option<u32>)>,
    /// What is costly to ask, as it was then.
    slow: BTreeMap<MetricId, (Nanos, Option<f64>)>,
}

/// A metric that a GPU answered for when it was probed.
struct Metric {
    id: MetricId,
    gpu: u32,
    call: Call,
}

/// What NVML is asked of a GPU.
#[derive(Debug, Clone, Copy)]
enum Call {
    Load,
    Clock,
    Memory,
    Temperature,
    Power,
    Energy,
    MemoryLoad,
    MemoryClock,
    Encoder,
    Decoder,
    Received,
    Sent,
    Throttled(Reason),
}

/// Why a GPU clocks down, in NVML's words made short. That it idles, or was told to, is no throttling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    PowerCap,
    HardwareSlowdown,
    SoftwareThermal,
    HardwareThermal,
    PowerBrake,
}

impl Reason {
    /// The reason's bit, its word in its metric's name, its name for people.
    const fn facts(self) -> (u64, &'static str, &'static str) {
        match self {
            Self::PowerCap => (0x4, "power_cap", "GPU at its power limit"),
            Self::HardwareSlowdown => (0x8, "hw_slowdown", "GPU slowed down by hardware"),
            Self::SoftwareThermal => (0x20, "sw_thermal", "GPU too hot (driver)"),
            Self::HardwareThermal => (0x40, "hw_thermal", "GPU too hot (hardware)"),
            Self::PowerBrake => (0x80, "power_brake", "GPU held by the power brake"),
        }
    }
}

impl Call {
    const ALL: [Self; 17] = [
        Self::Load,
        Self::Clock,
        Self::Memory,
        Self::Temperature,
        Self::Power,
        Self::Energy,
        Self::MemoryLoad,
        Self::MemoryClock,
        Self::Encoder,
        Self::Decoder,
        Self::Received,
        Self::Sent,
        Self::Throttled(Reason::PowerCap),
        Self::Throttled(Reason::HardwareSlowdown),
        Self::Throttled(Reason::SoftwareThermal),
        Self::Throttled(Reason::HardwareThermal),
        Self::Throttled(Reason::PowerBrake),
    ];

    /// The quantity, and the function that it is read with.
    const fn facts(self) -> (Quantity, &'static str) {
        match self {
            Self::Load => (Quantity::Load, "nvmlDeviceGetUtilizationRates"),
            Self::Clock => (Quantity::Clock, "nvmlDeviceGetClockInfo(SM)"),
            Self::Memory => (Quantity::Memory, "nvmlDeviceGetMemoryInfo_v2"),
            Self::Temperature => (Quantity::Temperature, "nvmlDeviceGetTemperature"),
            Self::Power => (Quantity::Power, "nvmlDeviceGetPowerUsage"),
            Self::Energy => (Quantity::Energy, "nvmlDeviceGetTotalEnergyConsumption"),
            Self::MemoryLoad => (Quantity::MemoryLoad, "nvmlDeviceGetUtilizationRates(memory)"),
            Self::MemoryClock => (Quantity::MemoryClock, "nvmlDeviceGetClockInfo(MEM)"),
            Self::Encoder => (Quantity::EncoderLoad, "nvmlDeviceGetEncoderUtilization"),
            Self::Decoder => (Quantity::DecoderLoad, "nvmlDeviceGetDecoderUtilization"),
            Self::Received => (Quantity::Received, "nvmlDeviceGetPcieThroughput(RX)"),
            Self::Sent => (Quantity::Sent, "nvmlDeviceGetPcieThroughput(TX)"),
            Self::Throttled(_) => (Quantity::Throttled, "nvmlDeviceGetCurrentClocksThrottleReasons"),
        }
    }

    /// Its declaration for a GPU.
    fn decl(self, device: PartId) -> MetricDecl {
        let detail = match self {
            Self::Throttled(reason) => reason.facts().1,
            _ => "",
        };
        MetricDecl::with_detail(0, MetricKey::new(Part::Gpu, self.facts().0), device, detail.to_owned())
    }

    fn read(self, gpu: &Device<'_>) -> Result<f64, Error> {
        Ok(match self {
            Self::Load => f64::from(gpu.utilization()?.gpu),
            Self::Clock => f64::from(gpu.clock(Clock::Sm)?) * 1e6,
            Self::Memory => gpu.memory()?.used as f64,
            Self::Temperature => f64::from(gpu.temperature()?),
            Self::Power => f64::from(gpu.power()?) / 1e3,
            // Millijoules since the driver was loaded; Volta and newer.
            Self::Energy => gpu.energy()? as f64 / 1e3,
            Self::MemoryLoad => f64::from(gpu.utilization()?.memory),
            Self::MemoryClock => f64::from(gpu.clock(Clock::Memory)?) * 1e6,
            Self::Encoder => f64::from(gpu.encoder()?),
            Self::Decoder => f64::from(gpu.decoder()?),
            // In units of 1024 bytes, as the driver's counter has it.
            Self::Received => f64::from(gpu.pcie(Direction::Received)?) * 1024.0,
            Self::Sent => f64::from(gpu.pcie(Direction::Sent)?) * 1024.0,
            Self::Throttled(reason) => f64::from(u8::from(gpu.throttle_reasons()? & reason.facts().0 != 0)),
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
            Self::Clock => gpu.max_clock(Clock::Sm).ok().map(|mhz| f64::from(mhz) * 1e6),
            Self::Memory => gpu.memory().ok().map(|memory| memory.total as f64),
            // Where the GPU starts to slow itself down.
            Self::Temperature => gpu.slowdown_temperature().ok().map(f64::from),
            Self::Power => gpu.power_limit().ok().map(|milliwatts| f64::from(milliwatts) / 1e3),
            Self::MemoryLoad | Self::Encoder | Self::Decoder => Some(100.0),
            Self::MemoryClock => gpu.max_clock(Clock::Memory).ok().map(|mhz| f64::from(mhz) * 1e6),
            Self::Throttled(_) => Some(1.0),
            Self::Energy | Self::Received | Self::Sent => None,
        }
    }

    /// What tells it from others of its group, on a GPU of this name.
    fn label(self, name: &str) -> String {
        match self {
            Self::Encoder => format!("{name} encoder"),
            Self::Decoder => format!("{name} decoder"),
            Self::Throttled(reason) => reason.facts().2.to_owned(),
            _ => name.to_owned(),
        }
    }

    /// Whether it is read with the power rails: energy and throttling are told apart by blocks.
    fn often(self) -> bool {
        self.rail().is_some() || matches!(self, Self::Throttled(_))
    }
}

impl Nvidia {
    pub(super) fn new() -> Self {
        Self { nvml: None, metrics: Vec::new(), workers: Vec::new(), slow: BTreeMap::new() }
    }

    fn probe_gpu(&mut self, nvml: &Nvml, number: u32, registry: &mut Registry) -> Result<(), Error> {
        let gpu = nvml.device(number)?;
        let mut name = gpu.name()?;
        if name.contains("nvgpu") {
            // Jetsons up to Orin: most calls are not supported, some succeed with zeros.
            registry.unsupported(
                Part::Gpu,
                format!("gpu.{number}"),
                format!("{name}: NVML does not serve this integrated GPU"),
            );
            return Ok(());
        }
        if nvml.device_count()? > 1 {
            name = format!("{name} #{number}");
        }
        let device = PartId::named(number.to_string()).driver("nvidia").pci(gpu.pci_address().ok());
        for call in Call::ALL {
            let (decl, function) = (call.decl(device.clone()), call.facts().1);
            match call.read(&gpu) {
                Err(e) => registry.lacks(lack(&e), Part::Gpu, decl.name, format!("{name}: {function}: {e}")),
                Ok(_) => {
                    let mut metric = registry.add(decl).label(call.label(&name));
                    if let Some(rail) = call.rail() {
                        metric = metric.rail(rail);
                    }
                    let id = metric.limit(call.limit(&gpu)).source(format!("NVML: {function}")).id();
                    self.metrics.push(Metric { id, gpu: number, call });
                }
            }
        }
        Ok(())
    }
}

/// What the failure of one reading says about a GPU that answers others: this kind of GPU or driver has it not, or it is there and was
/// not read (no permission, a GPU that is lost).
const fn lack(e: &Error) -> Lack {
    match e {
        Error::Function(_) | Error::Code(Error::NOT_SUPPORTED) => Lack::Unsupported,
        Error::Library(_) | Error::Name | Error::Code(_) => Lack::Unreadable,
    }
}

impl Sampler for Nvidia {
    fn name(&self) -> &'static str {
        "nvml"
    }

    fn probe(&mut self, registry: &mut Registry) {
        let nvml = match Nvml::init() {
            Ok(nvml) => nvml,
            Err(e) => return registry.absent(Part::Gpu, "gpu.nvidia", why_not(&e)),
        };
        match nvml.device_count() {
            Err(e) => registry.unreadable(Part::Gpu, "gpu.nvidia", format!("NVML: {e}")),
            Ok(0) => registry.absent(Part::Gpu, "gpu.nvidia", "NVML: the driver finds no GPU"),
            Ok(count) => {
                for number in 0..count {
                    if let Err(e) = self.probe_gpu(&nvml, number, registry) {
                        registry.unreadable(Part::Gpu, format!("gpu.{number}"), format!("NVML: {e}"));
                    }
                }
            }
        }
        self.nvml = Some(nvml);
    }

    fn sample(&mut self, now: Nanos, out: &mut Vec<Reading>) {
        self.read(now, out, |_| true);
        self.read_workers(out);
    }

    fn watch(&mut self, slot: Slot, pid: Option<u32>, registry: &mut Registry) {
        if let Some(known) = self.workers.iter_mut().find(|worker| worker.0 == slot) {
            known.2 = pid;
        } else if !self.metrics.is_empty() {
            let metric = registry.declare(Part::Worker, Quantity::GpuMemory, device(slot)).label(slot.to_string());
            let id = metric.source("NVML: nvmlDeviceGetComputeRunningProcesses, all GPUs").variant(slot).id();
            self.workers.push((slot, id, pid));
        }
    }

    fn held(&mut self, by: &mut Held) {
        for (pid, bytes) in self.holders().unwrap_or_default() {
            if let Some(bytes) = bytes {
                *by.entry(pid).or_default() += bytes;
            }
        }
    }

    fn sample_rails(&mut self, now: Nanos, out: &mut Vec<Reading>) {
        self.read(now, out, Call::often);
    }
}

impl Nvidia {
    /// Pushes the quantities that are `wanted`.
    fn read(&mut self, now: Nanos, out: &mut Vec<Reading>, wanted: fn(Call) -> bool) {
        let Some(nvml) = &self.nvml else { return };
        let mut gpu: Option<(u32, Device<'_>)> = None;
        for metric in self.metrics.iter().filter(|metric| wanted(metric.call)) {
            if gpu.as_ref().is_none_or(|(number, _)| *number != metric.gpu) {
                gpu = nvml.device(metric.gpu).ok().map(|device| (metric.gpu, device));
            }
            let slow = matches!(metric.call, Call::Received | Call::Sent);
            let value = match self.slow.get(&metric.id).filter(|(then, _)| slow && now.since(*then) < SLOW_AGE) {
                Some((_, value)) => *value,
                None => gpu.as_ref().and_then(|(_, gpu)| metric.call.read(gpu).ok()),
            };
            if slow && self.slow.get(&metric.id).is_none_or(|(then, _)| now.since(*then) >= SLOW_AGE) {
                self.slow.insert(metric.id, (now, value));
            }
            out.push((metric.id, value));
        }
    }
}

impl Nvidia {
    /// What each process holds on all GPUs together; `None` inside where the driver does not know, `None` where no GPU
    /// answers. A process that a GPU names under graphics and under compute is one process: the larger figure holds.
    fn holders(&self) -> Option<BTreeMap<u32, Option<f64>>> {
        let mut held: BTreeMap<u32, Option<f64>> = BTreeMap::new();
        let count = self.nvml.as_ref().and_then(|nvml| nvml.device_count().ok());
        let gpus = (0..count.unwrap_or(0)).filter_map(|number| self.nvml.as_ref()?.device(number).ok());
        let mut asked = false;
        for gpu in gpus {
            let mut own: BTreeMap<u32, Option<f64>> = BTreeMap::new();
            for processes in [gpu.compute_processes(), gpu.graphics_processes()].into_iter().flatten() {
                asked = true;
                for process in processes {
                    // In a container the driver may know the process and not its memory.
                    let bytes = process.memory().map(|bytes| bytes as f64);
                    let entry = own.entry(process.pid).or_insert(bytes);
                    *entry = entry.zip(bytes).map(|(a, b)| a.max(b));
                }
            }
            for (pid, bytes) in own {
                let entry = held.entry(pid).or_insert(Some(0.0));
                *entry = entry.zip(bytes).map(|(sum, bytes)| sum + bytes);
            }
        }
        asked.then_some(held)
    }

    /// Pushes the workers' memory on all GPUs together.
    fn read_workers(&self, out: &mut Vec<Reading>) {
        if self.workers.is_empty() {
            return;
        }
        let held = self.holders();
        for (_, id, pid) in &self.workers {
            // Who is on no list holds nothing.
            let bytes = |pid| held.as_ref()?.get(&pid).copied().unwrap_or(Some(0.0));
            out.push((*id, pid.and_then(bytes)));
        }
    }
}

/// Why NVML does not start, as a person would say it.
fn why_not(error: &Error) -> String {
    match error {
        Error::Library(reason) if reason.contains("No such file") => {
            "libnvidia-ml.so.1 not found: no NVIDIA driver on this machine".to_owned()
        }
        Error::Library(reason) => format!("libnvidia-ml.so.1 cannot be loaded: {reason}"),
        Error::Code(Error::DRIVER_NOT_LOADED) => {
            "libnvidia-ml.so.1 is here, but the NVIDIA driver is not loaded".to_owned()
        }
        Error::Code(Error::NO_PERMISSION) => "NVML: no permission to talk to the NVIDIA driver".to_owned(),
        other => format!("NVML: {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_whether_it_is_there_at_all() {
        // NVML_ERROR_NOT_SUPPORTED and a driver without the function; no permission, a lost GPU, anything unknown.
        for e in [Error::Code(3), Error::Function("nvmlDeviceGetCurrentClocksThrottleReasons")] {
            assert_eq!(lack(&e), Lack::Unsupported, "{e}");
        }
        for e in [Error::Code(4), Error::Code(15), Error::Code(999), Error::Name] {
            assert_eq!(lack(&e), Lack::Unreadable, "{e}");
        }
    }
}
