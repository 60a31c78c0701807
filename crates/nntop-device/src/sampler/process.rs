//! The workers' processes: CPU use, resident memory, its peak, threads. PSS is the worker's own to read.

use super::cpu::LOAD_WINDOW;
use super::parse::kilobytes;
use super::{Reading, Registry, Root, SysFile};
use nntop_core::event::{MetricId, Part, PartId, Quantity, Slot};
use nntop_core::unit::Nanos;

/// How old the memory figures may get: reading them takes the process's time too, so once a second is enough.
const MEMORY_AGE: Nanos = Nanos::from_millis(900);

/// The workers being watched, by slot.
pub(super) struct Workers {
    root: Root,
    ticks_per_second: f64,
    page_size: f64,
    buffer: Vec<u8>,
    workers: Vec<Worker>,
}

/// A slot's metrics, and the process that they are about at the moment.
struct Worker {
    slot: Slot,
    cpu: MetricId,
    rss: MetricId,
    peak: MetricId,
    threads: MetricId,
    process: Option<Process>,
}

struct Process {
    pid: u32,
    /// `/proc/PID/stat`; its other files lie beside it.
    stat: SysFile,
    last: Option<(Nanos, Stat)>,
    load: Option<f64>,
    memory: Option<(Nanos, Memory)>,
}

#[derive(Clone, Copy, Default)]
struct Memory {
    rss: Option<f64>,
    peak: Option<f64>,
}

impl Workers {
    pub(super) fn new(root: &Root) -> Self {
        Self {
            root: root.clone(),
            ticks_per_second: system_constant(libc::_SC_CLK_TCK).unwrap_or(100.0),
            page_size: system_constant(libc::_SC_PAGESIZE).unwrap_or(4096.0),
            buffer: Vec::new(),
            workers: Vec::new(),
        }
    }

    pub(super) fn name(&self) -> &'static str {
        "process"
    }

    pub(super) fn watch(&mut self, slot: Slot, pid: u32, registry: &mut Registry) {
        let stat = self.root.file(format!("/proc/{pid}/stat"));
        let process = Some(Process { pid, stat, last: None, load: None, memory: None });
        match self.workers.iter_mut().find(|worker| worker.slot == slot) {
            Some(known) => known.process = process,
            None => self.workers.push(Worker { process, ..Worker::declare(slot, registry) }),
        }
    }

    pub(super) fn unwatch(&mut self, slot: Slot) {
        for worker in self.workers.iter_mut().filter(|worker| worker.slot == slot) {
            worker.process = None;
        }
    }

    /// Whose numbers are watched now.
    pub(super) fn pids(&self) -> Vec<(u32, Slot)> {
        self.workers.iter().filter_map(|worker| Some((worker.process.as_ref()?.pid, worker.slot))).collect()
    }

    pub(super) fn sample(&mut self, now: Nanos, out: &mut Vec<Reading>) {
        for worker in &mut self.workers {
            let (mut load, mut threads, mut memory) = (None, None, Memory::default());
            if let Some(process) = &mut worker.process {
                let stat = process.counters(&mut self.buffer);
                load = process.load(stat, now, self.ticks_per_second);
                threads = stat.map(|stat| stat.threads as f64);
                // A process that has ended and is not yet reaped has no memory: not 0 bytes of it.
                if stat.is_some() {
                    memory = process.memory(now, self.page_size, &mut self.buffer);
                }
            }
            out.push((worker.cpu, load));
            out.push((worker.rss, memory.rss));
            out.push((worker.peak, memory.peak));
            out.push((worker.threads, threads));
        }
    }
}

/// A worker as a part, by the letter of its slot.
pub(super) fn device(slot: Slot) -> PartId {
    PartId::named(slot.to_string().to_lowercase())
}

impl Worker {
    fn declare(slot: Slot, registry: &mut Registry) -> Self {
        let mut declare = |quantity, source: &str| {
            let metric = registry.declare(Part::Worker, quantity, device(slot)).label(slot.to_string());
            metric.source(source).variant(slot).id()
        };
        Self {
            slot,
            // No limit: a worker with four busy threads uses 400 % of one core.
            cpu: declare(Quantity::Load, "/proc/PID/stat: utime + stime, of one core"),
            rss: declare(Quantity::Memory, "/proc/PID/statm: resident x page size"),
            peak: declare(Quantity::PeakMemory, "/proc/PID/status: VmHWM"),
            threads: declare(Quantity::Threads, "/proc/PID/stat: num_threads"),
            process: None,
        }
    }
}

impl Process {
    /// The process's counters; `None` once it has ended, also when its number went to another process.
    fn counters(&self, buffer: &mut Vec<u8>) -> Option<Stat> {
        let stat = Stat::parse(self.stat.read_into(buffer).ok()?)?;
        let same = self.last.is_none_or(|(_, last)| last.started == stat.started);
        same.then_some(stat)
    }

    fn load(&mut self, stat: Option<Stat>, now: Nanos, ticks_per_second: f64) -> Option<f64> {
        let Some(stat) = stat else {
            self.load = None;
            return None;
        };
        match self.last {
            Some((then, _)) if now.since(then) < LOAD_WINDOW => {}
            Some((then, before)) => {
                let ticks = stat.ticks.saturating_sub(before.ticks) as f64;
                self.load = Some(100.0 * ticks / ticks_per_second / now.since(then).as_secs_f64());
                self.last = Some((now, stat));
            }
            None => self.last = Some((now, stat)),
        }
        self.load
    }

    fn memory(&mut self, now: Nanos, page_size: f64, buffer: &mut Vec<u8>) -> Memory {
        match self.memory {
            Some((then, memory)) if now.since(then) < MEMORY_AGE => memory,
            _ => {
                let memory = Memory {
                    rss: resident_pages(&self.stat.beside("statm"), buffer).map(|pages| pages * page_size),
                    peak: self
                        .stat
                        .beside("status")
                        .read_into(buffer)
                        .ok()
                        .and_then(|status| kilobytes(status, "VmHWM")),
                };
                self.memory = Some((now, memory));
                memory
            }
        }
    }
}

fn resident_pages(statm: &SysFile, buffer: &mut Vec<u8>) -> Option<f64> {
    // proc(5): all pages first, the resident ones second.
    let pages: u64 = statm.read_into(buffer).ok()?.split_ascii_whitespace().nth(1)?.parse().ok()?;
    (pages > 0).then_some(pages as f64)
}

/// What is wanted of `/proc/PID/stat`.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Stat {
    /// User and system time, in clock ticks.
    ticks: u64,
    threads: u64,
    /// When the process started, in ticks since boot: tells it from a later one with the same number.
    started: u64,
}

impl Stat {
    /// `None` for garbage and for a process that has ended.
    fn parse(text: &str) -> Option<Self> {
        // The name, in parentheses, may itself hold spaces and parentheses.
        let fields: Vec<&str> = text[text.rfind(')')? + 1..].split_ascii_whitespace().collect();
        // proc(5) counts from 1, and the state, its third field, is the first one here.
        let field = |n: usize| fields.get(n - 3)?.parse::<u64>().ok();
        if matches!(*fields.first()?, "Z" | "X" | "x") {
            return None;
        }
        Some(Self { ticks: field(14)?.checked_add(field(15)?)?, threads: field(20)?, started: field(22)? })
    }
}

/// A constant of the running system.
#[allow(unsafe_code, reason = "sysconf")]
pub(super) fn system_constant(name: libc::c_int) -> Option<f64> {
    // SAFETY: sysconf takes a number and touches no memory of ours.
    let value = unsafe { libc::sysconf(name) };
    (value > 0).then_some(value as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_spaces_and_parentheses_do_not_shift_the_fields() {
        let line =
            "42 (a) b (c)) S 1 42 42 0 -1 4194560 9 0 0 0 120 30 0 0 20 0 7 0 5000 1000 200 18446744073709551615\n";
        assert_eq!(Stat::parse(line), Some(Stat { ticks: 150, threads: 7, started: 5000 }));
        assert_eq!(Stat::parse(&line.replace(") S ", ") Z ")), None);
        for broken in ["", "42 (", ")", "42 (a)", "42 (a) S 1 2", ") S x x x x x x x x x x x x x x x x x x x"] {
            assert_eq!(Stat::parse(broken), None, "{broken:?}");
        }
    }
}
