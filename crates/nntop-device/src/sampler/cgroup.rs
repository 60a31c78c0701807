//! What the container may use that this program runs in: CPUs and memory, by the limits of its cgroup.
//!
//! A container sees its own cgroup at the top of `/sys/fs/cgroup`. The top of a machine has no limits, so that limits
//! there are a container's. Where a container sees the machine's whole tree, its own place in it is named by
//! `/proc/self/cgroup`. <https://docs.kernel.org/admin-guide/cgroup-v2.html>

use super::nodes::{Finds, Found, parsed, scaled};
use super::parse::{cpu_list, kilobytes};
use super::{Root, SysFile};
use nntop_core::event::{MetricDecl, MetricKey, Part, PartId, Quantity};
use nntop_core::unit::Nanos;

const TOP: &str = "/sys/fs/cgroup";

/// Loads are differences over at least this long, as those of the machine.
const WINDOW: Nanos = Nanos::from_millis(150);

/// What the path of a container's cgroup has in it, by who made it.
const MAKERS: [&str; 8] = ["docker", "kubepods", "libpod", "lxc", "containerd", "crio", "buildkit", "nspawn"];

/// Whether this is a container, by what its makers leave in it.
pub(super) fn is_container(root: &Root) -> bool {
    root.exists("/.dockerenv") || root.exists("/run/.containerenv") || cpus(root).is_some() || limit(root).is_some()
}

/// The directories whose limits hold for this program, the innermost first; of version 1 those of a controller.
fn directories(root: &Root, controllers: &[&str]) -> Vec<String> {
    let unified = root.exists(format!("{TOP}/cgroup.controllers"));
    let Some(base) = (match unified {
        true => Some(TOP.to_owned()),
        false => controllers.iter().map(|name| format!("{TOP}/{name}")).find(|path| root.exists(path)),
    }) else {
        return Vec::new();
    };
    let own = root.read("/proc/self/cgroup").unwrap_or_default();
    let of_line = |line: &str| {
        let (_, rest) = line.split_once(':')?;
        let (names, path) = rest.split_once(':')?;
        let ours = if unified { names.is_empty() } else { names.split(',').any(|name| controllers.contains(&name)) };
        (ours && !path.contains("..") && MAKERS.iter().any(|maker| path.contains(maker))).then(|| path.to_owned())
    };
    let mut below = own.lines().find_map(of_line).unwrap_or_default();
    let mut all = Vec::new();
    while below.len() > 1 {
        all.push(format!("{base}{below}"));
        below.truncate(below.rfind('/').unwrap_or(0));
    }
    all.push(base);
    all
}

fn cpu_directories(root: &Root) -> Vec<String> {
    directories(root, &["cpu", "cpu,cpuacct", "cpuacct,cpu"])
}

/// How many CPUs a directory's quota is worth; `None` where it has none.
fn quota(root: &Root, directory: &str) -> Option<(f64, String)> {
    if let Some(text) = root.text(format!("{directory}/cpu.max")) {
        let mut words = text.split_whitespace().map(|word| word.parse::<f64>().ok());
        let (quota, period) = (words.next()??, words.next()??);
        return (quota > 0.0 && period > 0.0).then(|| (quota / period, format!("{directory}/cpu.max")));
    }
    let source = format!("{directory}/cpu.cfs_quota_us");
    let quota = root.number(&source).ok().filter(|quota| *quota > 0.0)?;
    let period = root.number(format!("{directory}/cpu.cfs_period_us")).ok().filter(|period| *period > 0.0)?;
    Some((quota / period, source))
}

/// The CPUs that this program may use where that is less than the machine has, and the file that says so.
fn cpus(root: &Root) -> Option<(f64, String)> {
    let online = root.text("/sys/devices/system/cpu/online").map_or(0, |list| cpu_list(&list).len()) as f64;
    let quotas = cpu_directories(root).into_iter().filter_map(|directory| quota(root, &directory));
    let set = |directory: String| {
        let files = ["cpuset.cpus.effective", "cpuset.effective_cpus"].map(|file| format!("{directory}/{file}"));
        files.into_iter().find_map(|file| Some((cpu_list(&root.text(&file)?).len() as f64, file)))
    };
    let sets = directories(root, &["cpuset"]).into_iter().filter_map(set).filter(|(cpus, _)| *cpus > 0.0);
    let least = quotas.chain(sets).min_by(|a, b| a.0.total_cmp(&b.0))?;
    (online == 0.0 || least.0 < online).then_some(least)
}

/// How busy the container keeps the CPUs that it may use.
pub(super) struct CpuLoad {
    root: Root,
    /// The CPU time that it has used, and how many of its units make a second.
    used: Option<(SysFile, f64)>,
    last: Option<(Nanos, f64)>,
    load: Option<f64>,
}

impl CpuLoad {
    /// `None` where all CPUs may be used.
    pub(super) fn find(root: &Root) -> Option<Self> {
        cpus(root)?;
        let unified = cpu_directories(root).into_iter().map(|directory| (format!("{directory}/cpu.stat"), 1e6));
        let accounts = directories(root, &["cpuacct", "cpu,cpuacct", "cpuacct,cpu", "cpu"]);
        let older = accounts.into_iter().map(|directory| (format!("{directory}/cpuacct.usage"), 1e9));
        let mut files = unified.chain(older).map(|(path, per_second)| (root.file(path), per_second));
        let used = files.find(|(file, _)| used_time(file).is_some());
        Some(Self { root: root.clone(), used, last: None, load: None })
    }

    /// Where it is read.
    pub(super) fn source(&self) -> String {
        let file = self.used.as_ref().map(|(file, _)| self.root.shown(file.path()));
        format!("{}: CPU time used, of the CPUs that the container may use", file.as_deref().unwrap_or("/proc/stat"))
    }

    /// In percent of what may be used. `busy` is how many CPUs of the machine are busy: it is taken where the
    /// container's own time stands still, which it cannot while this program runs.
    pub(super) fn load(&mut self, now: Nanos, busy: Option<f64>) -> Option<f64> {
        let (allowed, _) = cpus(&self.root)?;
        let percent = |cpus: f64| (cpus / allowed * 100.0).clamp(0.0, 100.0);
        let read = self.used.as_ref().and_then(|(file, per_second)| Some(used_time(file)? / per_second));
        let Some(used) = read else {
            self.last = None;
            return busy.map(percent);
        };
        match self.last {
            Some((then, _)) if now.since(then) < WINDOW => {}
            Some((then, before)) => {
                let own = (used > before).then(|| (used - before) / now.since(then).as_secs_f64());
                self.load = own.or(busy).map(percent);
                self.last = Some((now, used));
            }
            None => self.last = Some((now, used)),
        }
        self.load
    }
}

/// The counter of CPU time in `cpu.stat` or `cpuacct.usage`.
fn used_time(file: &SysFile) -> Option<f64> {
    let text = file.read().ok()?;
    keyed(&text, "usage_usec").or_else(|| text.trim().parse::<u64>().ok().map(|n| n as f64))
}

/// The number behind a key: `nr_throttled 90`.
fn keyed(text: &str, key: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(' '))?;
    line.trim().parse::<u64>().ok().map(|n| n as f64)
}

/// The memory that the container may use and uses.
pub(super) struct Memory {
    /// In bytes.
    pub(super) limit: f64,
    used: SysFile,
    stat: SysFile,
    /// Where it is read.
    pub(super) source: String,
}

/// The least limit of memory, with its directory.
fn limit(root: &Root) -> Option<(f64, String)> {
    let total = root.read("/proc/meminfo").ok().and_then(|text| kilobytes(&text, "MemTotal"));
    let of = |directory: String| {
        let files = ["memory.max", "memory.limit_in_bytes"].map(|file| format!("{directory}/{file}"));
        files.iter().find_map(|file| Some((root.number(file).ok()?, directory.clone())))
    };
    let limits = directories(root, &["memory"]).into_iter().filter_map(of).filter(|(bytes, _)| *bytes > 0.0);
    // Version 1 has a number beyond all memory where there is no limit.
    limits.filter(|(bytes, _)| total.is_none_or(|total| *bytes < total)).min_by(|a, b| a.0.total_cmp(&b.0))
}

/// `None` where all of the machine's memory may be used.
pub(super) fn memory(root: &Root) -> Option<Memory> {
    let (limit, directory) = limit(root)?;
    let names = ["memory.current", "memory.usage_in_bytes"].map(|file| format!("{directory}/{file}"));
    let path = names.into_iter().find(|path| root.number(path).is_ok())?;
    let source = format!("{path} - inactive files");
    Some(Memory { limit, used: root.file(path), stat: root.file(format!("{directory}/memory.stat")), source })
}

impl Memory {
    /// In bytes, without files that are given back when memory is short: as `docker stats` counts.
    pub(super) fn used(&self) -> Option<f64> {
        let stat = self.stat.read().unwrap_or_default();
        let files = keyed(&stat, "total_inactive_file").or_else(|| keyed(&stat, "inactive_file"));
        Some((self.used.number().ok()? - files.unwrap_or(0.0)).max(0.0))
    }

    /// Files that are kept in memory, in bytes.
    pub(super) fn cached(&self) -> Option<f64> {
        let stat = self.stat.read().ok()?;
        keyed(&stat, "total_cache").or_else(|| keyed(&stat, "file")).or_else(|| keyed(&stat, "cache"))
    }
}

/// The limits, and how often the container was stopped at that of its CPUs.
pub(super) fn find(root: &Root, finds: &mut Finds) {
    if let Some((_, source)) = cpus(root) {
        let root = root.clone();
        let read = move |_| Ok(cpus(&root).map(|(cpus, _)| cpus));
        let found = Found::new(Part::Cpu, Quantity::Allowance, PartId::only(), read);
        finds.push(found.label("CPUs of the container").source(source));
    }
    if let Some((_, directory)) = limit(root) {
        let files = ["memory.max", "memory.limit_in_bytes"].map(|file| format!("{directory}/{file}"));
        if let Some(path) = files.into_iter().find(|path| root.exists(path)) {
            let read = scaled(root.file(&path), 1.0);
            let found = Found::new(Part::Memory, Quantity::Allowance, PartId::only(), read);
            finds.push(found.label("memory of the container").source(path));
        }
    }
    let quotas = cpu_directories(root).into_iter().filter(|directory| quota(root, directory).is_some());
    let Some(path) = quotas.map(|directory| format!("{directory}/cpu.stat")).find(|path| root.exists(path)) else {
        return;
    };
    let text = root.read(&path).unwrap_or_default();
    for (quantity, key, factor) in [
        (Quantity::ThrottleEvents, "nr_throttled", 1.0),
        (Quantity::ThrottleTime, "throttled_usec", 1e3),
        (Quantity::ThrottleTime, "throttled_time", 1.0),
    ] {
        if keyed(&text, key).is_some() {
            let key_of = MetricKey::new(Part::Board, quantity);
            let decl = MetricDecl::with_detail(0, key_of, PartId::only(), "cgroup".to_owned());
            let read = parsed(root.file(&path), move |text| Some(keyed(text, key)? * factor));
            finds.push(
                Found::of(decl, read).label("CPU limit of the container").source(format!("{path}: {key}")).often(),
            );
        }
    }
}

/// Periods of the CPU limit in all, and those in which the container was stopped.
pub(super) fn periods(root: &Root) -> Option<(f64, f64)> {
    let quotas = cpu_directories(root).into_iter().filter(|directory| quota(root, directory).is_some());
    let text = quotas.into_iter().find_map(|directory| root.read(format!("{directory}/cpu.stat")).ok())?;
    Some((keyed(&text, "nr_periods")?, keyed(&text, "nr_throttled")?))
}
