//! How much of a Jetson's memory a worker's process holds for the GPU.

use super::nvmap::{CLIENTS, clients};
use crate::sampler::identity::is_tegra;
use crate::sampler::nodes::why_not;
use crate::sampler::process::device;
use crate::sampler::processes::Held;
use crate::sampler::{Reading, Registry, Root, Sampler};
use nntop_core::event::{MetricId, Part, Quantity, Slot};
use nntop_core::unit::Nanos;

/// The workers' shares in nvmap's list of clients.
pub(in crate::sampler) struct WorkerMemory {
    root: Root,
    workers: Vec<(Slot, MetricId, Option<u32>)>,
}

impl WorkerMemory {
    pub(in crate::sampler) fn new(root: &Root) -> Self {
        Self { root: root.clone(), workers: Vec::new() }
    }
}

impl Sampler for WorkerMemory {
    fn name(&self) -> &'static str {
        "nvmap"
    }

    fn probe(&mut self, registry: &mut Registry) {
        if let Err(e) = clients(&self.root)
            && is_tegra(&self.root)
        {
            registry.absent(Part::Worker, "worker.gpu", format!("{CLIENTS}: {}", why_not(CLIENTS, &e)));
        }
    }

    fn watch(&mut self, slot: Slot, pid: Option<u32>, registry: &mut Registry) {
        match self.workers.iter_mut().find(|worker| worker.0 == slot) {
            Some(known) => known.2 = pid,
            None if clients(&self.root).is_ok() => {
                let metric = registry.declare(Part::Worker, Quantity::GpuMemory, device(slot)).label(slot.to_string());
                self.workers.push((slot, metric.source(CLIENTS).variant(slot).id(), pid));
            }
            None => {}
        }
    }

    fn held(&mut self, by: &mut Held) {
        for (pid, bytes) in clients(&self.root).unwrap_or_default() {
            *by.entry(pid).or_default() += bytes;
        }
    }

    fn sample(&mut self, _now: Nanos, out: &mut Vec<Reading>) {
        if self.workers.is_empty() {
            return;
        }
        let clients = clients(&self.root);
        for (_, id, pid) in &self.workers {
            // Who is not in the list holds nothing.
            let held = |clients: &Vec<(u32, f64)>| {
                Some(clients.iter().filter(|(owner, _)| Some(*owner) == *pid).map(|(_, bytes)| bytes).sum())
            };
            out.push((*id, clients.as_ref().ok().filter(|_| pid.is_some()).and_then(held)));
        }
    }
}
