//! Memory and swap in use, from `/proc/meminfo`.

use super::details::Meminfo;
use super::parse::{kilobytes, reason};
use super::{Details, Reading, Registry, Root, Sampler, SysFile, cgroup};
use nntop_core::event::{MetricId, Part, PartId, Quantity};
use nntop_core::unit::Nanos;

/// Reads `/proc/meminfo`, whose lines a kernel may leave out.
pub(super) struct Memory {
    file: SysFile,
    buffer: Vec<u8>,
    used: Option<MetricId>,
    swap: Option<MetricId>,
    cached: Option<MetricId>,
    /// Where this is a container that may not use all memory.
    allowed: Option<cgroup::Memory>,
}

impl Memory {
    pub(super) fn new(root: &Root) -> Self {
        let allowed = cgroup::memory(root);
        Self { file: root.file("/proc/meminfo"), buffer: Vec::new(), used: None, swap: None, cached: None, allowed }
    }
}

impl Sampler for Memory {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn probe(&mut self, registry: &mut Registry) {
        let text = match self.file.read_into(&mut self.buffer) {
            Ok(text) => text,
            Err(e) => return registry.absent(Part::Memory, "memory", format!("/proc/meminfo: {}", reason(&e))),
        };
        let Some(total) = kilobytes(text, "MemTotal") else {
            return registry.absent(Part::Memory, "memory", "/proc/meminfo: no line MemTotal");
        };
        let total = self.allowed.as_ref().map_or(total, |allowed| allowed.limit);
        match used(text) {
            None => registry.absent(Part::Memory, "memory.used", "/proc/meminfo: neither MemAvailable nor MemFree"),
            Some(_) => {
                let source = match kilobytes(text, "MemAvailable") {
                    _ if self.allowed.is_some() => self.allowed.as_ref().map_or("", |allowed| &allowed.source),
                    Some(_) => "/proc/meminfo: MemTotal - MemAvailable",
                    // Before Linux 3.14. Page cache that is dirty or pinned counts as free: too low a figure.
                    None => "/proc/meminfo: MemTotal - MemFree - Buffers - Cached (approximate: no MemAvailable)",
                };
                let metric = registry.declare(Part::Memory, Quantity::Memory, PartId::only()).label("memory");
                self.used = Some(metric.limit(total).source(source).id());
            }
        }
        if cached(text).is_some() {
            let metric = registry.declare(Part::Memory, Quantity::CachedMemory, PartId::only()).label("cache");
            self.cached = Some(metric.limit(total).source("/proc/meminfo: Buffers + Cached").id());
        }
        match kilobytes(text, "SwapTotal") {
            Some(total) if total > 0.0 => {
                let metric = registry.declare(Part::Swap, Quantity::Memory, PartId::only()).label("swap");
                self.swap = Some(metric.limit(total).source("/proc/meminfo: SwapTotal - SwapFree").id());
            }
            Some(_) => registry.absent(Part::Swap, "swap.used", "this machine has no swap"),
            None => registry.absent(Part::Swap, "swap.used", "/proc/meminfo: no line SwapTotal"),
        }
    }

    fn sample(&mut self, _now: Nanos, out: &mut Vec<Reading>) {
        let text = self.file.read_into(&mut self.buffer).unwrap_or_default();
        let (used, cached) = match &self.allowed {
            Some(allowed) => (allowed.used(), allowed.cached()),
            None => (used(text), cached(text)),
        };
        out.extend(self.used.map(|id| (id, used)));
        out.extend(self.swap.map(|id| (id, difference(text, "SwapTotal", &["SwapFree"]))));
        out.extend(self.cached.map(|id| (id, cached)));
    }

    fn details(&self, out: &mut Details) {
        let text = std::str::from_utf8(&self.buffer).unwrap_or_default();
        let bytes = |key| kilobytes(text, key);
        out.memory = Meminfo {
            total: bytes("MemTotal"),
            available: bytes("MemAvailable"),
            free: bytes("MemFree"),
            buffers: bytes("Buffers"),
            cached: bytes("Cached"),
            swap_total: bytes("SwapTotal"),
            swap_free: bytes("SwapFree"),
        };
    }
}

/// Bytes of files that are kept in memory; most of them are given back when asked for.
fn cached(meminfo: &str) -> Option<f64> {
    ["Buffers", "Cached"].into_iter().map(|key| kilobytes(meminfo, key)).sum()
}

/// Bytes in use: what no one could get by asking.
fn used(meminfo: &str) -> Option<f64> {
    difference(meminfo, "MemTotal", &["MemAvailable"])
        .or_else(|| difference(meminfo, "MemTotal", &["MemFree", "Buffers", "Cached"]))
}

fn difference(meminfo: &str, total: &str, less: &[&str]) -> Option<f64> {
    let less: f64 = less.iter().map(|key| kilobytes(meminfo, key)).sum::<Option<f64>>()?;
    Some((kilobytes(meminfo, total)? - less).max(0.0))
}
