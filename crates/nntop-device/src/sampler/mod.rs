//! What the device does: CPU, memory, temperatures, power, network, GPUs and other accelerators, clocks and their
//! caps, throttling, and the workers' processes.
//!
//! Every reader is a [`Sampler`]: it is probed once (what is here, and why is the rest not), then sampled.
//! Linux readers take a [`Root`], so that a recorded `/proc` and `/sys` tree tests them. A reading that
//! cannot be taken is `None`, never 0 or -1.

mod about;
mod battery;
mod board_player;
mod caps;
mod ceiling;
mod cgroup;
mod cores;
mod cpu;
mod details;
mod devfreq;
mod disk;
mod drm;
mod drm_clients;
mod failures;
mod fan;
mod galcore;
mod gpus;
mod host;
mod hwmon;
mod identity;
mod ivpu;
mod layers;
mod memory;
mod network;
mod nodes;
mod npus;
mod nvml;
pub(crate) mod parse;
mod pi;
mod process;
mod processes;
mod rails;
mod rapl;
mod reader;
mod registry;
mod rockchip;
mod root;
mod stat;
mod sysfile;
mod system;
mod tegra;
mod thermal;
mod throttle;
mod tree;
mod unsupported;
mod vcio;
mod watchdog;

#[cfg(test)]
pub(crate) mod tests;

pub use about::{about, serial_number};
pub use board_player::BoardPlayer;
pub(crate) use details::BatteryState;
pub use details::Details;
pub use host::host_info;
pub use reader::{Reader, Source};
pub use registry::{Declaration, Registry};
pub use root::Root;
pub use sysfile::SysFile;
pub use tree::RecordedTree;

use nntop_core::event::{Absent, MetricDecl, MetricId, Processes, Readings, Slot};
use nntop_core::unit::Nanos;
use nodes::{Finds, Nodes};
use process::Workers;
pub use processes::Held;

/// One metric and its value in its unit; `None` where it could not be read now.
pub type Reading = (MetricId, Option<f64>);

/// A source of metrics.
pub trait Sampler: Send {
    /// Its name, for messages.
    fn name(&self) -> &'static str;

    /// Declares what is here and says why the rest is not. Called once, before the first sample.
    fn probe(&mut self, registry: &mut Registry);

    /// Looks again for what was missing, and declares what has come since. Called every few seconds: drivers load
    /// late, and who may read what is changed while we run.
    fn probe_again(&mut self, _registry: &mut Registry) {}

    /// The worker of `slot` is this process from now on, or none. For samplers that know whose a device's memory is.
    fn watch(&mut self, _slot: Slot, _pid: Option<u32>, _registry: &mut Registry) {}

    /// Adds what each process holds of a device's memory, in bytes, by the process's number.
    fn held(&mut self, _by: &mut Held) {}

    /// Pushes one value per declared metric, always in the same order; `None` where it cannot be read now.
    ///
    /// `now` is on the stream's clock. Rates are differences between two calls, so the first call has none.
    fn sample(&mut self, now: Nanos, out: &mut Vec<Reading>);

    /// Pushes the values of its power rails, energy counters and signs of throttling alone, those that are cheap to
    /// read: energy and throttling are told apart by blocks, so that they are asked far more often than the rest.
    fn sample_rails(&mut self, _now: Nanos, _out: &mut Vec<Reading>) {}

    /// Adds what was read beside the values of metrics, or is only asked for with them.
    fn details(&self, _out: &mut Details) {}

    /// Which metrics were read since the last call and hold what cannot be, with the reason: their readings are `None`.
    fn refused(&mut self) -> Vec<(MetricId, String)> {
        Vec::new()
    }
}

/// How often is looked again for what was missing.
const LOOK_AGAIN: Nanos = Nanos::from_millis(10_000);

/// All samplers of a host.
pub struct Samplers {
    root: Root,
    device: Vec<Box<dyn Sampler>>,
    workers: Workers,
    processes: processes::Table,
    registry: Registry,
    /// When was last looked for what was missing.
    looked: Option<Nanos>,
}

/// What boards have beside what every machine has. One kind of hardware may know what another has found.
fn boards(root: &Root, finds: &mut Finds) {
    cgroup::find(root, finds);
    devfreq::find(root, finds);
    tegra::find(root, finds);
    drm::find(root, finds);
    gpus::find(root, finds);
    ivpu::find(root, finds);
    rockchip::find(root, finds);
    galcore::find(root, finds);
    npus::find(root, finds);
    caps::find(root, finds);
    fan::find(root, finds);
    pi::find(root, finds);
    throttle::find(root, finds);
    unsupported::find(root, finds);
}

impl Samplers {
    /// Looks what there is under `root`. Reads files and, on the live machine, loads NVML; takes milliseconds.
    pub fn probe(root: &Root) -> Self {
        Self::probe_with(root, Registry::default())
    }

    /// Probes in the place of samplers before: what those declared keeps its number.
    fn probe_with(root: &Root, mut registry: Registry) -> Self {
        let mut device: Vec<Box<dyn Sampler>> = vec![
            Box::new(cpu::Cpu::new(root)),
            Box::new(memory::Memory::new(root)),
            Box::new(thermal::Thermal::new(root)),
            Box::new(rails::Rails::new(root)),
            Box::new(rapl::Rapl::new(root)),
            Box::new(battery::Battery::new(root)),
            Box::new(network::Network::new(root)),
            Box::new(disk::Disk::new(root)),
            Box::new(Nodes::new("boards", root, boards)),
            Box::new(tegra::WorkerMemory::new(root)),
        ];
        if root.is_live() {
            // A library speaks of this machine, whatever a recorded tree says.
            device.push(Box::new(nvml::Nvidia::new()));
        }
        // After NVML: what a worker holds of a GPU is one metric.
        device.push(Box::new(drm_clients::DrmClients::new(root)));
        for sampler in &mut device {
            root.run(sampler.name(), || sampler.probe(&mut registry));
        }
        let (workers, processes) = (Workers::new(root), processes::Table::new(root));
        Self { root: root.clone(), device, workers, processes, registry, looked: None }
    }

    /// Adds a sampler of your own, after nntop's: it is probed now, and read with the others from now on.
    pub fn add(&mut self, mut sampler: Box<dyn Sampler>) {
        self.root.run(sampler.name(), || sampler.probe(&mut self.registry));
        self.device.push(sampler);
    }

    /// The names of the samplers, in the order in which they are asked.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.device.iter().map(|sampler| sampler.name()).chain([self.workers.name()])
    }

    /// Every metric declared so far; a metric's id is its place.
    pub fn declarations(&self) -> &[MetricDecl] {
        self.registry.declarations()
    }

    /// All that was declared, for the samplers that take over.
    fn into_registry(self) -> Registry {
        self.registry
    }

    /// Every source found missing so far.
    pub fn absences(&self) -> &[Absent] {
        self.registry.absences()
    }

    /// What was declared or found missing since the last call: after [`Samplers::probe`] the whole device, after
    /// the first [`Samplers::watch`] of a slot its worker's metrics.
    pub fn take_new(&mut self) -> (Vec<MetricDecl>, Vec<Absent>) {
        self.registry.take_new()
    }

    /// Samples `pid` as the worker of `slot` from now on. A restarted worker keeps its slot's metrics.
    pub fn watch(&mut self, slot: Slot, pid: u32) {
        self.workers.watch(slot, pid, &mut self.registry);
        self.device.iter_mut().for_each(|sampler| sampler.watch(slot, Some(pid), &mut self.registry));
    }

    /// Stops sampling the worker of `slot`; its metrics read `None` until it is watched again.
    pub fn unwatch(&mut self, slot: Slot) {
        self.workers.unwatch(slot);
        self.device.iter_mut().for_each(|sampler| sampler.watch(slot, None, &mut self.registry));
    }

    /// Reads every declared metric once, and now and then looks for new ones before: [`Samplers::take_new`] has
    /// these. `cost_ns` is left 0: the caller has the clock.
    pub fn sample(&mut self, now: Nanos) -> Readings {
        if now.since(*self.looked.get_or_insert(now)) >= LOOK_AGAIN {
            self.looked = Some(now);
            for sampler in &mut self.device {
                self.root.run(sampler.name(), || sampler.probe_again(&mut self.registry));
            }
        }
        let mut values = Vec::with_capacity(self.registry.declarations().len());
        for sampler in &mut self.device {
            self.root.run(sampler.name(), || sampler.sample(now, &mut values));
            for (id, why) in sampler.refused() {
                self.registry.refuse(id, why);
            }
        }
        self.root.run(self.workers.name(), || self.workers.sample(now, &mut values));
        values.extend(self.registry.gone().map(|id| (id, None)));
        self.note_failures(&values);
        Readings { values, cost_ns: 0 }
    }

    /// Notes why readings are missing whose files could not be read. Once for each metric, as all reasons are.
    fn note_failures(&mut self, values: &[Reading]) {
        for (id, _) in values.iter().filter(|(_, value)| value.is_none()) {
            let Some(metric) = self.registry.declarations().get(usize::from(*id)) else { continue };
            if metric.variant.is_some() || self.registry.has_reason(metric) {
                continue;
            }
            if let Some(why) = self.root.failure(&metric.source) {
                self.registry.refuse(*id, why);
            }
        }
    }

    /// What is read beside the values of metrics, to be asked for with the readings that it belongs to.
    pub fn details(&self) -> Details {
        let mut details = Details::look(&self.root);
        for sampler in &self.device {
            self.root.run(sampler.name(), || sampler.details(&mut details));
        }
        details.throttling_enabled = tegra::enabled(&self.root, self.registry.declarations());
        details
    }

    /// Looks at the machine's processes: the busiest and the largest. Takes milliseconds; CPU time is that since the
    /// last call. `cost_ns` is left 0.
    ///
    /// Those whose name, command or number has the letters of `filter` are there as well, whatever they use.
    pub fn processes(&mut self, now: Nanos, filter: &str) -> Processes {
        let mut held = Held::new();
        for sampler in &mut self.device {
            self.root.run(sampler.name(), || sampler.held(&mut held));
        }
        self.root.run("processes", || self.processes.look(now, &self.workers.pids(), &held, filter)).unwrap_or_default()
    }

    /// Reads the power rails, energy counters and signs of throttling alone; `None` where there are none that are cheap to read.
    pub fn sample_rails(&mut self, now: Nanos) -> Option<Readings> {
        let mut values = Vec::new();
        for sampler in &mut self.device {
            self.root.run(sampler.name(), || sampler.sample_rails(now, &mut values));
        }
        (!values.is_empty()).then_some(Readings { values, cost_ns: 0 })
    }
}
