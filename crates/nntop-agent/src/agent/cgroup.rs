//! Limits on a worker by the kernel's control groups: a child group of the agent's own, for as long as the worker
//! lives. Version 2 where it has the controllers, else version 1, else refused with the reason.

use super::hierarchy::{Hierarchies, Hierarchy, Refusal};
use nntop_core::event::{EngineOptions, Fault};
use nntop_core::unit::Bytes;
use nntop_device::sampler::Root;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use std::io;
use std::path::{Path, PathBuf};

/// A quota is a share of this time, the kernel's default.
const PERIOD_US: f64 = 100_000.0;

/// A killed process is gone long before; one that is not keeps its group, and the next run removes it.
const LAST_BREATH: Timespec = Timespec { tv_sec: 2, tv_nsec: 0 };

/// What a worker is limited to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Limits {
    /// Percent of one CPU.
    quota: Option<f64>,
    /// Memory, the page cache of its files counted in; swap is not lent.
    memory: Option<Bytes>,
}

impl Limits {
    /// Those of `options`, if there are any.
    pub(super) fn of(options: &EngineOptions) -> Option<Self> {
        let limits = Self { quota: options.cpu_quota, memory: options.memory_limit };
        (limits.quota.is_some() || limits.memory.is_some()).then_some(limits)
    }
}

/// A control group of one worker: a directory, or in version 1 one per controller. Dropping it removes it.
#[derive(Debug)]
pub(super) struct Group {
    folders: Vec<PathBuf>,
    /// The file that counts what the kernel killed for want of memory.
    kills: Option<PathBuf>,
}

impl Group {
    /// Makes the group `name` with `limits`. `root` is where /proc and /sys are.
    pub(super) fn make(root: &Root, name: &str, limits: Limits) -> Result<Self, Fault> {
        let refused = |why: String| {
            Fault::input(format!("--cpu-quota, --memory-limit: {why}"))
                .hint("run nntop in a control group of its own: systemd-run --user --scope -p Delegate=yes nntop ...; or as root")
        };
        let wanted = [limits.quota.map(|_| "cpu"), limits.memory.map(|_| "memory")];
        let wanted: Vec<&str> = wanted.into_iter().flatten().collect();
        let found = Hierarchies::read(root).for_controllers(&wanted).map_err(refused)?;
        let refused_at = |(path, e): Refusal| {
            let path = root.shown(&path);
            refused(match e.kind() {
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                    format!("no write access to {path}: {e}")
                }
                _ => format!("{path}: {e}"),
            })
        };
        let mut group = Self { folders: Vec::new(), kills: None };
        let mut made: Vec<(&Hierarchy, PathBuf)> = Vec::new();
        for (controller, hierarchy) in wanted.iter().zip(&found) {
            // A process is in one group of a hierarchy: controllers of one share it.
            let folder = match made.iter().find(|(h, _)| *h == hierarchy) {
                Some((_, folder)) => folder.clone(),
                None => {
                    let here: Vec<&str> =
                        wanted.iter().zip(&found).filter(|(_, h)| *h == hierarchy).map(|(c, _)| *c).collect();
                    let folder = hierarchy.make(root, name, &here).map_err(refused_at)?;
                    group.folders.push(folder.clone());
                    made.push((hierarchy, folder.clone()));
                    folder
                }
            };
            group.set(&folder, controller, hierarchy, limits).map_err(refused_at)?;
        }
        Ok(group)
    }

    fn set(&mut self, folder: &Path, controller: &str, hierarchy: &Hierarchy, limits: Limits) -> Result<(), Refusal> {
        let put = |file: &str, text: String| {
            let path = folder.join(file);
            std::fs::write(&path, text).map_err(|e| (path, e))
        };
        match (controller, hierarchy) {
            ("cpu", h) => {
                let quota = (limits.quota.unwrap_or_default() / 100.0 * PERIOD_US).round();
                match h {
                    Hierarchy::V2(_) => put("cpu.max", format!("{quota} {PERIOD_US}"))?,
                    Hierarchy::V1(_) => {
                        put("cpu.cfs_period_us", PERIOD_US.to_string())?;
                        put("cpu.cfs_quota_us", quota.to_string())?;
                    }
                }
            }
            (_, h) => {
                let bytes = limits.memory.unwrap_or_default().0.to_string();
                // Swap would let it go on slowly instead of ending it. Kernels without swap have no such file.
                let kills = match h {
                    Hierarchy::V2(_) => {
                        put("memory.max", bytes)?;
                        drop(put("memory.swap.max", "0".into()));
                        "memory.events"
                    }
                    Hierarchy::V1(_) => {
                        put("memory.limit_in_bytes", bytes.clone())?;
                        drop(put("memory.memsw.limit_in_bytes", bytes));
                        "memory.oom_control"
                    }
                };
                self.kills = Some(folder.join(kills));
            }
        }
        Ok(())
    }

    /// Moves a process in. Threads that it has by then move along.
    pub(super) fn enter(&self, pid: u32) -> io::Result<()> {
        self.folders.iter().try_for_each(|folder| std::fs::write(folder.join("cgroup.procs"), pid.to_string()))
    }

    /// Whether the kernel has killed a process of the group because it wanted more memory than the limit.
    pub(super) fn starved(&self) -> bool {
        let Some(text) = self.kills.as_ref().and_then(|path| std::fs::read_to_string(path).ok()) else { return false };
        text.lines().filter_map(|l| l.strip_prefix("oom_kill ")).any(|n| n.trim() != "0")
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        for folder in &self.folders {
            wait_for_the_end_of(folder);
            // The last bit of a process leaves its group a moment after its end is seen.
            for _ in 0..1_000 {
                match std::fs::remove_dir(folder) {
                    Err(e) if e.kind() == io::ErrorKind::ResourceBusy => std::thread::yield_now(),
                    _ => break,
                }
            }
        }
    }
}

/// Waits until the processes in a group, killed just now, have ended: before that it cannot be removed.
fn wait_for_the_end_of(folder: &Path) {
    let text = std::fs::read_to_string(folder.join("cgroup.procs")).unwrap_or_default();
    for pid in text.lines().filter_map(|l| l.parse().ok()).filter_map(Pid::from_raw) {
        if let Ok(end) = pidfd_open(pid, PidfdFlags::empty()) {
            let _ = poll(&mut [PollFd::new(&end, PollFlags::IN)], Some(&LAST_BREATH));
        }
    }
}

#[cfg(test)]
#[path = "cgroup_tests.rs"]
mod tests;
