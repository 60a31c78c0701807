//! What the device does: CPU, memory, temperatures, power, network, NVIDIA GPUs, and the workers' processes.
//!
//! Every reader is a [`Sampler`]: it is probed once (what is here, and why is the rest not), then sampled.
//! Linux readers take a [`Root`], so that a recorded `/proc` and `/sys` tree tests them. A reading that
//! cannot be taken is `None`, never 0 or -1.

mod battery;
mod cpu;
mod host;
mod memory;
mod network;
mod nvml;
mod process;
mod rails;
mod rapl;
mod registry;
mod root;
mod stat;
mod thermal;

#[cfg(test)]
mod tests;

pub use host::host_info;
pub use registry::{Declaration, Registry};
pub use root::Root;

use crate::event::{Absent, MetricDecl, MetricId, Readings, Slot};
use crate::unit::Nanos;
use process::Workers;

/// One metric and its value in its unit; `None` where it could not be read now.
pub type Reading = (MetricId, Option<f64>);

/// A source of metrics.
pub trait Sampler: Send {
    /// Its name, for messages.
    fn name(&self) -> &'static str;

    /// Declares what is here and says why the rest is not. Called once, before the first sample.
    fn probe(&mut self, registry: &mut Registry);

    /// Pushes one value per declared metric, always in the same order; `None` where it cannot be read now.
    ///
    /// `now` is on the stream's clock. Rates are differences between two calls, so the first call has none.
    fn sample(&mut self, now: Nanos, out: &mut Vec<Reading>);

    /// Pushes the values of its power rails and energy counters alone, those that are cheap to read: energy is
    /// integrated from these, so that they are asked far more often than the rest.
    fn sample_rails(&mut self, _now: Nanos, _out: &mut Vec<Reading>) {}
}

/// All samplers of a host.
pub struct Samplers {
    device: Vec<Box<dyn Sampler>>,
    workers: Workers,
    registry: Registry,
}

impl Samplers {
    /// Looks what there is under `root`. Reads files and, on the live machine, loads NVML; takes milliseconds.
    pub fn probe(root: &Root) -> Self {
        let mut device: Vec<Box<dyn Sampler>> = vec![
            Box::new(cpu::Cpu::new(root)),
            Box::new(memory::Memory::new(root)),
            Box::new(thermal::Thermal::new(root)),
            Box::new(rails::Rails::new(root)),
            Box::new(rapl::Rapl::new(root)),
            Box::new(battery::Battery::new(root)),
            Box::new(network::Network::new(root)),
        ];
        if root.is_live() {
            // A library speaks of this machine, whatever a recorded tree says.
            device.push(Box::new(nvml::Nvidia::new()));
        }
        let mut registry = Registry::default();
        for sampler in &mut device {
            sampler.probe(&mut registry);
        }
        Self { device, workers: Workers::new(root), registry }
    }

    /// The names of the samplers, in the order in which they are asked.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.device.iter().map(|sampler| sampler.name()).chain([self.workers.name()])
    }

    /// Every metric declared so far; a metric's id is its place.
    pub fn declarations(&self) -> &[MetricDecl] {
        self.registry.declarations()
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
    }

    /// Stops sampling the worker of `slot`; its metrics read `None` until it is watched again.
    pub fn unwatch(&mut self, slot: Slot) {
        self.workers.unwatch(slot);
    }

    /// Reads every declared metric once. `cost_ns` is left 0: the caller has the clock.
    pub fn sample(&mut self, now: Nanos) -> Readings {
        let mut values = Vec::with_capacity(self.registry.declarations().len());
        for sampler in &mut self.device {
            sampler.sample(now, &mut values);
        }
        self.workers.sample(now, &mut values);
        Readings { values, cost_ns: 0 }
    }

    /// Reads the power rails and energy counters alone; `None` where there are none that are cheap to read.
    pub fn sample_rails(&mut self, now: Nanos) -> Option<Readings> {
        let mut values = Vec::new();
        for sampler in &mut self.device {
            sampler.sample_rails(now, &mut values);
        }
        (!values.is_empty()).then_some(Readings { values, cost_ns: 0 })
    }
}
