//! CPU load, in all and per core, from `/proc/stat`, and each core's clock from cpufreq.

use super::cgroup::CpuLoad;
use super::details::Cpus;
use super::parse::{cpu_list, file_name, index, reason};
use super::stat::{Loads, Stat};
use super::{Details, Reading, Registry, Root, Sampler, SysFile};
use nntop_core::event::{MetricId, Part, PartId, Quantity};
use nntop_core::unit::Nanos;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

/// Loads are differences over at least this long. The kernel counts in ticks of 10 ms, so that over less
/// the load would be noise of its own; in between the last load holds.
pub(super) const LOAD_WINDOW: Nanos = Nanos::from_millis(150);

/// How old a clock from `/proc/cpuinfo` may be: a page per core is a costly read.
const CPUINFO_AGE: Nanos = Nanos::from_millis(900);

const CPUS: &str = "/sys/devices/system/cpu";
const CPUFREQ: &str = "/sys/devices/system/cpu/cpufreq";

pub(super) struct Cpu {
    root: Root,
    stat: SysFile,
    buffer: Vec<u8>,
    total: Option<MetricId>,
    cores: Vec<Core>,
    policies: Vec<Policy>,
    /// Where each is among them.
    places: HashMap<PathBuf, usize>,
    related: Option<BTreeMap<u32, String>>,
    /// Clocks in `/proc/cpuinfo`, and when they were read; `None` before the first sample.
    cpuinfo: BTreeMap<u32, f64>,
    cpuinfo_read: Option<Nanos>,
    last: Option<(Nanos, Stat)>,
    loads: Loads,
    /// Where this is a container that may not use all CPUs.
    allowed: Option<CpuLoad>,
}

struct Core {
    number: u32,
    load: MetricId,
    clock: Option<(MetricId, Clock)>,
}

/// Where a core's clock is read.
#[derive(Clone, Copy)]
enum Clock {
    /// An index into the policies.
    Policy(usize),
    /// `cpu MHz` in `/proc/cpuinfo`.
    Cpuinfo,
}

/// A cpufreq policy: the cores that share a clock. Read once per sample, however many they are.
struct Policy {
    path: PathBuf,
    clock: SysFile,
    hertz: Option<f64>,
}

impl Cpu {
    pub(super) fn new(root: &Root) -> Self {
        Self {
            root: root.clone(),
            stat: root.file("/proc/stat"),
            buffer: Vec::new(),
            total: None,
            cores: Vec::new(),
            policies: Vec::new(),
            places: HashMap::new(),
            related: None,
            cpuinfo: BTreeMap::new(),
            cpuinfo_read: None,
            last: None,
            loads: Loads::default(),
            allowed: None,
        }
    }

    /// The cpufreq policy of a core. The link in the core's directory goes away while the core is off, so
    /// that the policies' own lists are asked too.
    fn policy(&mut self, cpu: u32) -> Option<usize> {
        let link = self.root.path(format!("/sys/devices/system/cpu/cpu{cpu}/cpufreq"));
        let path = match std::fs::canonicalize(link) {
            Ok(path) if path.is_dir() => path,
            _ => {
                let name = self.related().get(&cpu)?.clone();
                std::fs::canonicalize(self.root.path(format!("{CPUFREQ}/{name}"))).ok()?
            }
        };
        if let Some(known) = self.places.get(&path) {
            return Some(*known);
        }
        let clock = self.root.file_at(path.join("scaling_cur_freq"));
        self.places.insert(path.clone(), self.policies.len());
        self.policies.push(Policy { path, clock, hertz: None });
        Some(self.policies.len() - 1)
    }

    /// The policy of each core by the policies' own lists, which are read once: there are as many as cores on servers.
    fn related(&mut self) -> &BTreeMap<u32, String> {
        let root = &self.root;
        self.related.get_or_insert_with(|| {
            let mut related = BTreeMap::new();
            for name in root.list(CPUFREQ).into_iter().filter(|name| name.starts_with("policy")) {
                let cpus = root.text(format!("{CPUFREQ}/{name}/related_cpus")).map(|cpus| cpu_list(&cpus));
                for cpu in cpus.unwrap_or_else(|| index(&name, "policy", "").into_iter().collect()) {
                    related.entry(cpu).or_insert_with(|| name.clone());
                }
            }
            related
        })
    }

    fn declare_clock(&mut self, cpu: u32, registry: &mut Registry) -> Option<(MetricId, Clock)> {
        let clock = match self.policy(cpu) {
            Some(policy) if self.policies[policy].clock.exists() => Clock::Policy(policy),
            _ if self.cpuinfo.contains_key(&cpu) => Clock::Cpuinfo,
            _ => return None,
        };
        let (source, limit) = match clock {
            Clock::Cpuinfo => ("/proc/cpuinfo: cpu MHz".to_owned(), None),
            Clock::Policy(policy) => {
                let path = &self.policies[policy].path;
                let directory = match file_name(path) {
                    policy if policy.starts_with("policy") => format!("{CPUFREQ}/{policy}"),
                    // Before Linux 4.2 the directory of a core was no link.
                    _ => format!("/sys/devices/system/cpu/cpu{cpu}/cpufreq"),
                };
                (format!("{directory}/scaling_cur_freq"), khz(&self.root.file_at(path.join("cpuinfo_max_freq"))))
            }
        };
        let metric = registry.declare(Part::Core, Quantity::Clock, PartId::named(cpu.to_string()));
        Some((metric.limit(limit).source(source).id(), clock))
    }

    fn read_cpuinfo(&mut self) {
        let file = self.root.file("/proc/cpuinfo");
        let text = file.read_into(&mut self.buffer).unwrap_or_default();
        self.cpuinfo = cpuinfo_clocks(text);
    }
}

impl Sampler for Cpu {
    fn name(&self) -> &'static str {
        "cpu"
    }

    fn probe(&mut self, registry: &mut Registry) {
        let stat = match self.stat.read_into(&mut self.buffer) {
            Ok(text) => Stat::parse(text),
            Err(e) => {
                registry.absent(Part::Cpu, "cpu.load", format!("/proc/stat: {}", reason(&e)));
                Stat::default()
            }
        };
        if stat.total.is_some() {
            let metric = registry.declare(Part::Cpu, Quantity::Load, PartId::only()).label("all").limit(100.0);
            self.allowed = CpuLoad::find(&self.root);
            let source = self.allowed.as_ref().map(CpuLoad::source);
            let source = source.unwrap_or_else(|| "/proc/stat: 1 - (idle + iowait) / all".to_owned());
            self.total = Some(metric.source(source).id());
        } else if self.stat.exists() {
            registry.absent(Part::Cpu, "cpu.load", "/proc/stat: no line \"cpu\"");
        }
        // Cores that are off now may be switched on: they are declared and read `None` until then.
        let present = self.root.text("/sys/devices/system/cpu/present").unwrap_or_default();
        let numbers: BTreeSet<u32> = stat.cores.keys().copied().chain(cpu_list(&present)).collect();
        self.read_cpuinfo();
        for number in numbers {
            let metric = registry.declare(Part::Core, Quantity::Load, PartId::named(number.to_string()));
            let source = format!("/proc/stat: cpu{number}");
            let load = metric.limit(100.0).source(source).id();
            let clock = self.declare_clock(number, registry);
            self.cores.push(Core { number, load, clock });
        }
        if self.cores.iter().all(|core| core.clock.is_none()) {
            registry.absent(
                Part::Core,
                "cpu.clock",
                format!("no cpufreq policy in {CPUFREQ} and no \"cpu MHz\" in /proc/cpuinfo"),
            );
        }
    }

    fn details(&self, out: &mut Details) {
        let listed = |file: &str| self.root.text(format!("{CPUS}/{file}")).map(|list| cpu_list(&list).len());
        let policies = || self.root.list(CPUFREQ).into_iter().filter(|name| name.starts_with("policy"));
        let clocks = |file: &'static str| {
            let hertz = move |policy: String| Some(self.root.number(format!("{CPUFREQ}/{policy}/{file}")).ok()? * 1e3);
            policies().filter_map(hertz).filter(|hertz| *hertz > 0.0)
        };
        out.cpu = Cpus {
            logical: ["present", "possible"].into_iter().filter_map(listed).find(|cpus| *cpus > 0),
            clocks: (clocks("cpuinfo_min_freq").reduce(f64::min), clocks("cpuinfo_max_freq").reduce(f64::max)),
        };
    }

    fn sample(&mut self, now: Nanos, out: &mut Vec<Reading>) {
        let stat = self.stat.read_into(&mut self.buffer).map(Stat::parse).unwrap_or_default();
        // A core is on when the kernel counts its ticks; without counts, whatever answers is believed.
        let on = |number: &u32| stat.total.is_none() || stat.cores.contains_key(number);
        for policy in &mut self.policies {
            policy.hertz = khz(&policy.clock);
        }
        let wanted = self.cores.iter().any(|core| matches!(core.clock, Some((_, Clock::Cpuinfo))));
        let reread = wanted && self.cpuinfo_read.is_none_or(|then| now.since(then) >= CPUINFO_AGE);
        let cores = stat.cores.len() as f64;
        let clocks: Vec<bool> = self.cores.iter().map(|core| on(&core.number)).collect();

        match &self.last {
            // Nothing to hold on to: a machine that stopped answering has no load.
            _ if stat.total.is_none() => (self.last, self.loads) = (None, Loads::default()),
            Some((then, _)) if now.since(*then) < LOAD_WINDOW => {
                self.loads.cores.retain(|number, _| stat.cores.contains_key(number));
            }
            Some((_, before)) => {
                self.loads = stat.loads_since(before);
                self.last = Some((now, stat));
            }
            None => self.last = Some((now, stat)),
        }
        if reread {
            self.read_cpuinfo();
            self.cpuinfo_read = Some(now);
        }

        let total = match &mut self.allowed {
            Some(allowed) => allowed.load(now, self.loads.total.map(|percent| percent / 100.0 * cores)),
            None => self.loads.total,
        };
        out.extend(self.total.map(|id| (id, total)));
        for (core, on) in self.cores.iter().zip(clocks) {
            out.push((core.load, self.loads.cores.get(&core.number).copied()));
            if let Some((id, clock)) = core.clock {
                let hertz = match clock {
                    Clock::Policy(policy) => self.policies[policy].hertz,
                    Clock::Cpuinfo => self.cpuinfo.get(&core.number).copied(),
                };
                out.push((id, hertz.filter(|_| on)));
            }
        }
    }
}

/// A cpufreq file, in Hz. Never `cpuinfo_cur_freq`: it asks the hardware, and on Tegra writes to the kernel's
/// log whenever it catches a throttled moment.
fn khz(file: &SysFile) -> Option<f64> {
    file.number().ok().filter(|khz| *khz > 0.0).map(|khz| khz * 1e3)
}

/// The clock of each core that `/proc/cpuinfo` names one for, in Hz.
fn cpuinfo_clocks(text: &str) -> BTreeMap<u32, f64> {
    let mut clocks = BTreeMap::new();
    let mut cpu = None;
    for (key, value) in text.lines().filter_map(|line| line.split_once(':')) {
        match key.trim() {
            "processor" => cpu = value.trim().parse().ok(),
            "cpu MHz" => {
                let mhz = value.trim().parse::<f64>().ok().filter(|mhz| mhz.is_finite() && *mhz > 0.0);
                clocks.extend(cpu.zip(mhz.map(|mhz| mhz * 1e6)));
            }
            _ => {}
        }
    }
    clocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_in_cpuinfo_belong_to_the_processor_above() {
        let text = "processor\t: 0\ncpu MHz\t\t: 2095.078\n\nprocessor\t: 7\ncpu MHz\t\t: nan\n";
        assert_eq!(cpuinfo_clocks(text), BTreeMap::from([(0, 2_095_078_000.0)]));
    }
}
