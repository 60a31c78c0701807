//! Memory that processes hold on a GPU of the kernel's own drivers: `drm-…` lines of `/proc/PID/fdinfo`, which amdgpu, i915, xe,
//! panthor, panfrost, msm and v3d write in the same form (Documentation/gpu/drm-usage-stats.rst). Only root sees other users' processes.

use super::parse::index;
use super::process::device;
use super::processes::Held;
use super::{Reading, Registry, Root, Sampler, SysFile};
use nntop_core::event::{MetricId, Part, Quantity, Slot};
use nntop_core::unit::Nanos;
use std::collections::{BTreeMap, BTreeSet, HashMap};

const CARDS: &str = "/sys/class/drm";

/// Drivers that tell of memory in fdinfo.
const DRIVERS: [&str; 9] = ["amdgpu", "i915", "xe", "panthor", "panfrost", "msm", "msm_dpu", "adreno", "v3d"];

/// A process's open files are gone through when it comes and every so many looks: a GPU is opened once, and a browser has a
/// thousand files.
const LOOKS: u32 = 10;

/// A process has at most so many open files that are looked at.
const MOST_FILES: usize = 4096;

pub(super) struct DrmClients {
    root: Root,
    here: bool,
    looks: u32,
    /// The fdinfo files of each process that are about a GPU.
    known: HashMap<u32, Vec<SysFile>>,
    workers: Vec<(Slot, MetricId, Option<u32>)>,
    buffer: Vec<u8>,
}

impl DrmClients {
    pub(super) fn new(root: &Root) -> Self {
        let (known, workers) = (HashMap::new(), Vec::new());
        Self { root: root.clone(), here: false, looks: 0, known, workers, buffer: Vec::new() }
    }

    /// The open files of a process that are about a GPU: by what they lead to, and where that was not recorded by what they say.
    fn files(&mut self, pid: u32) -> Vec<SysFile> {
        let folder = format!("/proc/{pid}/fdinfo");
        let mut files = Vec::new();
        for name in self.root.list(&folder).into_iter().take(MOST_FILES) {
            let file = self.root.file(format!("{folder}/{name}"));
            let leads_to = std::fs::read_link(self.root.path(format!("/proc/{pid}/fd/{name}")));
            let on_gpu = match leads_to {
                Ok(to) => to.starts_with("/dev/dri"),
                Err(_) => file.read_into(&mut self.buffer).is_ok_and(|text| text.contains("drm-client-id:")),
            };
            if on_gpu {
                files.push(file);
            }
        }
        files
    }

    /// What a process holds, in bytes; `None` where it has no GPU open.
    fn held_by(&mut self, pid: u32) -> Option<f64> {
        let mut seen = BTreeSet::new();
        let files = self.known.get(&pid)?;
        let mut sum = None;
        for file in files {
            // A file that was opened twice, or inherited, is one client.
            let client = file.read_into(&mut self.buffer).ok().and_then(Client::parse);
            if let Some(client) = client.filter(|client| seen.insert(client.who.clone())) {
                *sum.get_or_insert(0.0) += client.bytes;
            }
        }
        sum
    }
}

impl Sampler for DrmClients {
    fn name(&self) -> &'static str {
        "drm clients"
    }

    fn probe(&mut self, _registry: &mut Registry) {
        let cards = self.root.list(CARDS).into_iter().filter(|name| index(name, "card", "").is_some());
        let driver = |card: String| self.root.read(format!("{CARDS}/{card}/device/uevent")).unwrap_or_default();
        self.here = cards.map(driver).any(|uevent| {
            let name = uevent.lines().find_map(|line| line.strip_prefix("DRIVER="));
            name.is_some_and(|name| DRIVERS.contains(&name))
        });
    }

    fn probe_again(&mut self, registry: &mut Registry) {
        self.probe(registry);
    }

    fn watch(&mut self, slot: Slot, pid: Option<u32>, registry: &mut Registry) {
        if let Some(known) = self.workers.iter_mut().find(|worker| worker.0 == slot) {
            known.2 = pid;
        } else if self.here && !registry.has_metric(Part::Worker, Quantity::GpuMemory, &device(slot)) {
            let metric = registry.declare(Part::Worker, Quantity::GpuMemory, device(slot)).label(slot.to_string());
            let id = metric.source("/proc/PID/fdinfo: drm-resident, all GPUs").variant(slot).id();
            self.workers.push((slot, id, pid));
        }
    }

    fn held(&mut self, by: &mut Held) {
        if !self.here {
            return;
        }
        self.looks = self.looks.wrapping_add(1);
        let pids: Vec<u32> = self.root.list("/proc").iter().filter_map(|name| name.parse().ok()).collect();
        let there: BTreeSet<u32> = pids.iter().copied().collect();
        self.known.retain(|pid, _| there.contains(pid));
        for pid in pids {
            if pid % LOOKS == self.looks % LOOKS || !self.known.contains_key(&pid) {
                let files = self.files(pid);
                self.known.insert(pid, files);
            }
            if let Some(bytes) = self.held_by(pid) {
                *by.entry(pid).or_default() += bytes;
            }
        }
    }

    fn sample(&mut self, _now: Nanos, out: &mut Vec<Reading>) {
        for (_, id, pid) in self.workers.clone() {
            let bytes = pid.map(|pid| {
                let files = self.files(pid);
                self.known.insert(pid, files);
                // Who has no GPU open holds nothing there.
                self.held_by(pid).unwrap_or(0.0)
            });
            out.push((id, bytes));
        }
    }
}

/// One client of a GPU: a file that a process has opened.
struct Client {
    /// The GPU and the client's number on it.
    who: (String, String),
    bytes: f64,
}

impl Client {
    /// `None` for a file that is about no GPU. What counts is what is there: `resident`, `memory` in older kernels, else `total`.
    fn parse(text: &str) -> Option<Self> {
        let value = |key: &str| text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':')).map(str::trim);
        let id = value("drm-client-id")?;
        let mut regions: BTreeMap<&str, [Option<f64>; 3]> = BTreeMap::new();
        for (key, value) in text.lines().filter_map(|line| line.split_once(':')) {
            for (rank, kind) in ["drm-resident-", "drm-memory-", "drm-total-"].into_iter().enumerate() {
                // Cycles are counted under `drm-total-cycles-`, and what was driven out of the GPU is the processor's.
                let region = key.strip_prefix(kind).filter(|name| !name.starts_with("cycles") && *name != "cpu");
                if let Some(region) = region {
                    regions.entry(region).or_default()[rank] = bytes(value);
                }
            }
        }
        let there = regions.values().filter_map(|kinds| kinds.iter().flatten().next());
        Some(Self { who: (value("drm-pdev").unwrap_or_default().into(), id.into()), bytes: there.sum() })
    }
}

/// `1234 KiB`; without a unit bytes.
fn bytes(text: &str) -> Option<f64> {
    let mut words = text.split_whitespace();
    let number = words.next()?.parse::<u64>().ok()? as f64;
    match words.next() {
        None => Some(number),
        Some("KiB" | "kB") => Some(number * 1024.0),
        Some("MiB") => Some(number * 1024.0 * 1024.0),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use tempfile::TempDir;

    const AMD: &str = "pos:\t0\nflags:\t02100002\ndrm-driver:\tamdgpu\ndrm-client-id:\t42\ndrm-pdev:\t0000:c1:00.0\n\
                       drm-memory-vram:\t2048 KiB\ndrm-memory-gtt: \t512 KiB\ndrm-memory-cpu: \t64 KiB\ndrm-engine-gfx:\t5 ns\n";
    const XE: &str = "drm-driver:\txe\ndrm-client-id:\t7\ndrm-pdev:\t0000:00:02.0\ndrm-total-system:\t0\n\
                      drm-resident-system:\t0\ndrm-total-vram0:\t3 MiB\ndrm-resident-vram0:\t2 MiB\ndrm-shared-vram0:\t9 MiB\n\
                      drm-total-cycles-rcs:\t7655183225\n";
    const PANTHOR: &str =
        "drm-driver:\tpanthor\ndrm-client-id:\t3\ndrm-total-memory:\t9000 KiB\ndrm-resident-memory:\t8000 KiB\n";

    #[test]
    fn drivers_tell_in_one_format() {
        let held = |text: &str| Client::parse(text).map(|client| client.bytes);
        assert_eq!(held(AMD), Some(2560.0 * 1024.0));
        assert_eq!(held(XE), Some(2.0 * 1024.0 * 1024.0));
        assert_eq!(held(PANTHOR), Some(8000.0 * 1024.0));
        assert_eq!(held("pos: 0\nflags: 02\n"), None);
        let broken = "drm-client-id: 1\ndrm-memory-vram: -5 KiB\ndrm-total-gtt: 5 XB\n";
        assert_eq!(held(broken), Some(0.0));
    }

    #[test]
    fn a_client_counts_once_and_a_worker_has_a_metric() {
        let tree = TempDir::new().unwrap();
        let write = |path: &str, text: &str| {
            let path = tree.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("sys/class/drm/card0/device/uevent", "DRIVER=amdgpu\n");
        write("proc/50/fdinfo/3", AMD);
        write("proc/50/fdinfo/4", AMD);
        write("proc/50/fdinfo/5", &AMD.replace("42", "43"));
        write("proc/51/fdinfo/0", "pos: 0\n");
        let mut clients = DrmClients::new(&Root::at(tree.path()));
        let mut registry = Registry::default();
        clients.probe(&mut registry);
        let mut held = Held::new();
        clients.held(&mut held);
        assert_eq!(held, Held::from([(50, 2.0 * 2560.0 * 1024.0)]));
        clients.watch(Slot(0), Some(50), &mut registry);
        clients.watch(Slot(1), Some(51), &mut registry);
        let mut out = Vec::new();
        clients.sample(Nanos::ZERO, &mut out);
        let values: Vec<Option<f64>> = out.into_iter().map(|(_, value)| value).collect();
        assert_eq!(values, [Some(2.0 * 2560.0 * 1024.0), Some(0.0)]);
        // A machine without such a driver pays nothing.
        fs::remove_dir_all(tree.path().join("sys")).unwrap();
        let mut none = DrmClients::new(&Root::at(tree.path()));
        none.probe(&mut registry);
        let mut held = Held::new();
        none.held(&mut held);
        assert!(held.is_empty());
    }
}
