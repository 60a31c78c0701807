//! Every kind of part that a machine may have, found or not: what is read of it, and of what is not which of three
//! answers holds: there is none, it cannot be read, or its driver is not supported.

use crate::sampler::Samplers;
use nntop_core::event::{Lack, MetricDecl, MetricId, Part, Quantity};

/// How a kind of part stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartState {
    /// It is read.
    Read,
    /// It is there and has no reading.
    Unreadable,
    /// It is there, and its driver is not supported.
    Unsupported,
    /// There is none.
    Absent,
}

impl PartState {
    /// The word for it in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Unreadable => "unreadable",
            Self::Unsupported => "unsupported",
            Self::Absent => "absent",
        }
    }
}

/// A kind of part on a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartLine {
    /// What people call it: `neural processor`.
    pub name: &'static str,
    /// How it stands.
    pub state: PartState,
    /// What is read of it.
    pub read: Vec<String>,
    /// What is not, each with its reason.
    pub lacks: Vec<String>,
}

/// A kind: its name, the JSON key of a snapshot that is null without it, what belongs to it, and what is said where
/// nothing else was said of it.
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) key: Option<&'static str>,
    parts: &'static [Part],
    throttling: bool,
    pub(super) none: &'static str,
}

const fn kind(name: &'static str, key: Option<&'static str>, parts: &'static [Part], none: &'static str) -> Kind {
    Kind { name, key, parts, throttling: false, none }
}

/// All kinds, in the order of the page.
pub(super) const KINDS: [Kind; 14] = [
    kind("processor", None, &[Part::Cpu, Part::Core, Part::Policy], "/proc/stat has no processor"),
    kind(
        "GPU",
        Some("gpu"),
        &[Part::Gpu],
        "no GPU that reports its load or clock in /sys/class/devfreq or /sys/class/drm, none by NVML",
    ),
    kind(
        "neural processor",
        Some("npu"),
        &[Part::Npu, Part::NpuCore],
        "no neural processor in /sys/class/devfreq, /sys/class/accel or /sys/kernel/debug/rknpu",
    ),
    kind("codecs, accelerators", None, &[Part::Unit], "none in /sys/class/devfreq or the vendor's own files"),
    kind("memory", None, &[Part::Memory, Part::Swap], "/proc/meminfo has no memory"),
    kind("memory controller", None, &[Part::MemoryController], "none in /sys/class/devfreq"),
    kind("temperatures", None, &[Part::Zone], "no thermal zone and no sensor in /sys/class/hwmon"),
    kind("power rails", None, &[Part::Rail], "no power sensor in /sys/class/hwmon"),
    kind("processor energy", Some("rapl"), &[Part::Rapl], "no RAPL zone in /sys/class/powercap"),
    kind("battery", Some("battery"), &[Part::Battery, Part::Mains], "no battery in /sys/class/power_supply"),
    kind("fan", Some("fan"), &[Part::Fan], "no fan in /sys/class/hwmon"),
    Kind {
        throttling: true,
        ..kind("throttling", Some("throttle"), &[], "no counter, flag or cooling device reports throttling")
    },
    kind("network", None, &[Part::Net], "no interface with hardware in /proc/net/dev"),
    kind("disk", None, &[Part::Disk], "no disk in /proc/diskstats"),
];

impl Kind {
    fn has(&self, part: Part, quantity: Option<Quantity>, name: &str) -> bool {
        // `throttle.cooling.Processor.now`, and a GPU's own: `gpu.0.throttle.power_cap.now`.
        let named = || name.split('.').any(|word| word.starts_with("throttle"));
        let throttling = quantity.map_or_else(named, Quantity::is_throttling);
        if self.throttling { throttling } else { self.parts.contains(&part) && !throttling }
    }
}

/// How every kind of part stands, by what was declared, read and found missing.
pub fn parts(samplers: &Samplers, value: impl Fn(MetricId) -> Option<f64>) -> Vec<PartLine> {
    let line = |kind: &Kind| {
        let own = |m: &&MetricDecl| kind.has(m.key.part, Some(m.key.quantity), &m.name);
        let metrics: Vec<&MetricDecl> = samplers.declarations().iter().filter(own).collect();
        let silent = |name: &str| !metrics.iter().any(|m| m.name == name && value(m.id).is_some());
        let lacks: Vec<_> =
            samplers.absences().iter().filter(|a| kind.has(a.part, None, &a.name) && silent(&a.name)).collect();
        let mut read: Vec<String> = Vec::new();
        for metric in metrics.iter().filter(|metric| value(metric.id).is_some()) {
            let title = metric.row().map_or("other", |row| row.title);
            let what = match (kind.throttling, metric.label.is_empty() || metric.key.part == Part::Core) {
                (false, false) if metric.label != title => format!("{} {}", metric.label, short(title, metric)),
                (true, false) => metric.label.clone(),
                _ => title.to_owned(),
            };
            if !read.contains(&what) {
                read.push(what);
            }
        }
        let any = |lack| lacks.iter().any(|absent| absent.lack == lack);
        let state = match () {
            () if !read.is_empty() => PartState::Read,
            () if any(Lack::Unsupported) => PartState::Unsupported,
            // A counter has no rate before its second reading: it is there all the same.
            () if any(Lack::Unreadable) || (!metrics.is_empty() && !lacks.is_empty()) => PartState::Unreadable,
            () if !metrics.is_empty() => PartState::Read,
            () => PartState::Absent,
        };
        if read.is_empty() && state == PartState::Read {
            read.extend(metrics.iter().take(4).map(|metric| metric.label.clone()));
        }
        let mut lacks: Vec<String> = lacks.iter().map(|absent| absent.reason.clone()).collect();
        if state == PartState::Absent && lacks.is_empty() {
            lacks.push(kind.none.to_owned());
        }
        PartLine { name: kind.name, state, read, lacks }
    };
    KINDS.iter().map(line).collect()
}

/// The word for a quantity behind the label of what has it: `load`, `clock`.
fn short(title: &'static str, metric: &MetricDecl) -> &'static str {
    use Quantity as Q;
    match metric.key.quantity {
        Q::Load => "load",
        Q::Clock => "clock",
        Q::Power => "power",
        Q::Energy => "energy",
        Q::Temperature => "temperature",
        Q::Memory => "memory",
        Q::Voltage => "voltage",
        Q::Current => "current",
        Q::Charge => "charge",
        Q::Speed => "speed",
        Q::Drive => "drive",
        _ => title,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_of_a_gpus_throttling_is_a_line_of_throttling() {
        let having = |part, name: &str| {
            KINDS.iter().filter(|kind| kind.has(part, None, name)).map(|kind| kind.name).collect::<Vec<_>>()
        };
        assert_eq!(having(Part::Gpu, "gpu.0.throttle.power_cap.now"), ["throttling"]);
        assert_eq!(having(Part::Board, "throttle.throttled.now"), ["throttling"]);
        assert_eq!(having(Part::Gpu, "gpu.0.load"), ["GPU"]);
    }
}
