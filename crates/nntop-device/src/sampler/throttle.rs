//! Signs of throttling that no single vendor owns: Intel's counters of thermal events, and the kernel's cooling
//! devices, by which it slows processors down.

use super::nodes::{Finds, Found};
use super::parse::index;
use super::{Root, SysFile};
use nntop_core::event::{Part, PartId, Quantity};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Error, ErrorKind};

const CPUS: &str = "/sys/devices/system/cpu";
const THERMAL: &str = "/sys/class/thermal";

pub(super) fn find(root: &Root, finds: &mut Finds) {
    counters(root, finds);
    cooling(root, finds);
}

/// Times that a core or package was too hot, and for how long. Threads of one core, cores of one package show
/// the same counter: one of them is taken.
fn counters(root: &Root, finds: &mut Finds) {
    let mut seen: BTreeSet<(&str, String)> = BTreeSet::new();
    for cpu in root.list(CPUS).into_iter().filter_map(|name| index(&name, "cpu", "")) {
        let directory = format!("{CPUS}/cpu{cpu}/thermal_throttle");
        let topology = |file: &str| root.text(format!("{CPUS}/cpu{cpu}/topology/{file}"));
        for (of, part, what) in [("core", Part::Core, "core too hot"), ("package", Part::Cpu, "processor too hot")] {
            let device = PartId::named(cpu.to_string()).path(&directory);
            let package = topology("physical_package_id");
            let own = match of {
                "core" => package.zip(topology("core_id")).map(|(package, core)| format!("{package}:{core}")),
                _ => package,
            };
            if !root.exists(format!("{directory}/{of}_throttle_count"))
                || !seen.insert((of, own.unwrap_or_else(|| cpu.to_string())))
            {
                continue;
            }
            let path = format!("{directory}/{of}_throttle_count");
            finds.file(root, (part, Quantity::ThrottleEvents, device.clone()), what, &path, 1.0);
            let path = format!("{directory}/{of}_throttle_total_time_ms");
            if root.exists(&path) {
                finds.file(root, (part, Quantity::ThrottleTime, device), what, &path, 1e6);
            }
        }
    }
}

/// The counters of each CPU as the kernel shows them, also where several show the same.
pub(super) fn counts(root: &Root) -> Vec<(u32, &'static str, f64)> {
    const FILES: [&str; 4] = [
        "core_throttle_count",
        "package_throttle_count",
        "core_throttle_total_time_ms",
        "package_throttle_total_time_ms",
    ];
    let cpus = root.list(CPUS).into_iter().filter_map(|name| index(&name, "cpu", ""));
    let of = |cpu| {
        let count = move |file| root.number(format!("{CPUS}/cpu{cpu}/thermal_throttle/{file}")).ok();
        FILES.into_iter().filter_map(move |file| Some((cpu, file, count(file)?)))
    };
    cpus.flat_map(of).collect()
}

/// Cooling devices that slow something down, by their types; fans cool without that.
fn cooling(root: &Root, finds: &mut Finds) {
    let mut by_type: BTreeMap<String, Vec<SysFile>> = BTreeMap::new();
    for device in root.list(THERMAL).into_iter().filter(|name| name.starts_with("cooling_device")) {
        let directory = format!("{THERMAL}/{device}");
        let Some(kind) = root.text(format!("{directory}/type")) else { continue };
        let slows =
            ["cpufreq", "devfreq", "throttle", "processor"].iter().any(|part| kind.to_lowercase().contains(part));
        if slows {
            by_type.entry(kind).or_default().push(root.file(format!("{directory}/cur_state")));
        }
    }
    for (kind, files) in by_type {
        let few = files.len() <= 4;
        let active = move |_| {
            let states: Vec<f64> = files.iter().filter_map(|file| file.number().ok()).collect();
            match states.is_empty() {
                true => Err(Error::from(ErrorKind::InvalidData)),
                // A device that does nothing says 0, or -1.
                false => Ok(Some(f64::from(u8::from(states.iter().any(|state| *state > 0.0))))),
            }
        };
        let found = Found::new(Part::Cooling, Quantity::Throttled, PartId::named(&kind), active)
            .label(format!("heat ({kind})"));
        let found =
            found.limit(Some(1.0)).source(format!("{THERMAL}/cooling_device*/cur_state of type {kind}, above 0"));
        finds.push(if few { found.often() } else { found });
    }
}
