//! Processors' energy counters (RAPL), through the kernel's powercap zones, found by their names.
//!
//! A counter turns over every few minutes to hours; what is reported goes on rising. Packages add up to the
//! processors' energy. `core` and `uncore` are within their package, `dram` is beside it on some machines and
//! within it on others, and `psys` is as good as the firmware's calibration: those are shown, never added.

use super::details::RaplZone;
use super::nodes::lack;
use super::parse::reason;
use super::{Details, Reading, Registry, Root, Sampler, SysFile};
use nntop_core::event::{MetricId, Part, PartId, Quantity, Rail, RailRole};
use nntop_core::unit::Nanos;
use std::io::{Error, ErrorKind};

const ZONES: &str = "/sys/class/powercap";

/// Power is a difference over at least this long; in between the last value holds. The counters move every
/// millisecond, so that over less their steps would show.
const POWER_WINDOW: Nanos = Nanos::from_millis(50);

pub(super) struct Rapl {
    root: Root,
    zones: Vec<Zone>,
    limits: Vec<(MetricId, SysFile)>,
}

struct Zone {
    file: SysFile,
    power: MetricId,
    energy: MetricId,
    counter: Counter,
    /// When power was last computed, the energy then in joules, and the power in watts.
    last: Option<(Nanos, f64, Option<f64>)>,
}

/// A counter that turns over, in microjoules.
struct Counter {
    /// The greatest value; after it comes 0.
    range: f64,
    last: f64,
    /// What earlier turns had in sum, and the counter before a reset.
    turns: f64,
}

impl Counter {
    /// Takes the next value in; the energy in joules, never less than before.
    fn read(&mut self, microjoules: f64) -> f64 {
        if microjoules < self.last {
            let turned = self.range - self.last + microjoules;
            // It is read at least once a second, so that half a turn in between is none: the counter was reset,
            // as some are by sleep, and what it had is kept.
            self.turns += if turned < self.range / 2.0 { self.range } else { self.last };
        }
        self.last = microjoules;
        (self.turns + microjoules) / 1e6
    }
}

impl Rapl {
    pub(super) fn new(root: &Root) -> Self {
        Self { root: root.clone(), zones: Vec::new(), limits: Vec::new() }
    }

    /// All zones, each with its directory.
    fn found(&self) -> Vec<(String, String)> {
        let directories = self.root.list(ZONES).into_iter().filter(|name| name.starts_with("intel-rapl:"));
        let named = |directory: String| Some((self.root.text(format!("{ZONES}/{directory}/name"))?, directory));
        directories.filter_map(named).collect()
    }

    /// What the firmware holds a zone to, by the limits' names: `long_term`, `short_term`.
    fn limits(&mut self, directory: &str, device: &PartId, registry: &mut Registry) {
        if self.root.number(format!("{ZONES}/{directory}/enabled")).is_ok_and(|on| on == 0.0) {
            return;
        }
        for n in 0..4 {
            let Some(name) = self.root.text(format!("{ZONES}/{directory}/constraint_{n}_name")) else { break };
            let source = format!("{ZONES}/{directory}/constraint_{n}_power_limit_uw");
            if self.root.number(&source).is_ok_and(|microwatts| microwatts > 0.0) {
                let metric = registry.declare_detail(Part::Rapl, Quantity::PowerLimit, device.clone(), &name);
                let file = self.root.file(&source);
                self.limits.push((metric.label(format!("{} {name}", device.name)).source(source).id(), file));
            }
        }
    }
}

impl Sampler for Rapl {
    fn name(&self) -> &'static str {
        "rapl"
    }

    fn probe(&mut self, registry: &mut Registry) {
        // `intel-rapl-mmio:` are the same counters by another way; AMD's zones are named like Intel's.
        let found = self.found();
        if found.is_empty() {
            return registry.absent(Part::Rapl, "power.package", format!("no RAPL zone in {ZONES}"));
        }
        for (name, directory) in &found {
            let parent = directory.rsplit_once(':').map_or("", |(parent, _)| parent);
            let parent = found.iter().find(|(_, other)| other == parent).map(|(name, _)| name);
            let label = match parent {
                Some(parent) if found.iter().filter(|(other, _)| other == name).count() > 1 => {
                    format!("{parent}/{name}")
                }
                _ => name.clone(),
            };
            let device = PartId::named(&label).driver("powercap").path(format!("{ZONES}/{directory}"));
            if registry.has_metric(Part::Rapl, Quantity::Power, &device) {
                continue;
            }
            let source = format!("{ZONES}/{directory}/energy_uj");
            let file = self.root.file(&source);
            let range = self.root.number(format!("{ZONES}/{directory}/max_energy_range_uj"));
            let (first, range) = match (file.number(), range) {
                (Ok(first), Ok(range)) if range > 0.0 => (first, range),
                (Err(e), _) => {
                    registry.lacks(
                        lack(&e),
                        Part::Rapl,
                        format!("power.{label}"),
                        format!("{source}: {}", why_not(&e)),
                    );
                    continue;
                }
                _ => {
                    let reason = format!("{source}: the range of the counter is unknown");
                    registry.unreadable(Part::Rapl, format!("power.{label}"), reason);
                    continue;
                }
            };
            let rail = rail(name, parent);
            let power = registry.declare(Part::Rapl, Quantity::Power, device.clone());
            let power = power.rail(rail.clone()).source(format!("{source}: its rise over time")).id();
            let energy = registry.declare(Part::Rapl, Quantity::Energy, device.clone());
            let energy = energy.rail(rail).source(source).id();
            self.limits(directory, &device, registry);
            let counter = Counter { range, last: first, turns: 0.0 };
            self.zones.push(Zone { file, power, energy, counter, last: None });
        }
    }

    fn probe_again(&mut self, registry: &mut Registry) {
        self.probe(registry);
    }

    fn sample(&mut self, now: Nanos, out: &mut Vec<Reading>) {
        self.sample_rails(now, out);
        out.extend(self.limits.iter().map(|(id, file)| (*id, file.number().ok().map(|microwatts| microwatts / 1e6))));
    }

    fn details(&self, out: &mut Details) {
        let range = |directory: &str| self.root.number(format!("{ZONES}/{directory}/max_energy_range_uj")).ok();
        let zone = |(name, directory): (String, String)| RaplZone { name, range: range(&directory), directory };
        out.rapl = self.found().into_iter().map(zone).collect();
    }

    fn sample_rails(&mut self, now: Nanos, out: &mut Vec<Reading>) {
        for zone in &mut self.zones {
            let Ok(microjoules) = zone.file.number() else {
                zone.last = None;
                out.extend([(zone.power, None), (zone.energy, None)]);
                continue;
            };
            let joules = zone.counter.read(microjoules);
            let power = match zone.last {
                None => None,
                Some((then, _, power)) if now.since(then) < POWER_WINDOW => power,
                Some((then, before, _)) => Some((joules - before) / now.since(then).as_secs_f64()),
            };
            if zone.last.is_none_or(|(then, ..)| now.since(then) >= POWER_WINDOW) {
                zone.last = Some((now, joules, power));
            }
            out.extend([(zone.power, power), (zone.energy, Some(joules))]);
        }
    }
}

/// What a zone feeds.
fn rail(name: &str, parent: Option<&String>) -> Rail {
    let (role, scope) = match (name, parent) {
        (name, None) if name.starts_with("package") => {
            (RailRole::Share, "the processor's package; not memory, board and losses of the supply".to_owned())
        }
        ("psys", None) => (RailRole::Part, "the platform, as its firmware calibrated it".to_owned()),
        ("dram", _) => (RailRole::Part, "memory".to_owned()),
        (_, Some(parent)) => (RailRole::Part, format!("part of {parent}")),
        (_, None) => (RailRole::Part, "not known".to_owned()),
    };
    Rail { role, scope, update: None }
}

/// Why a counter cannot be read, and what to do.
fn why_not(error: &Error) -> String {
    let reason = reason(error);
    match error.kind() {
        ErrorKind::PermissionDenied => format!(
            "{reason}: since Linux 5.10 only root reads energy counters; \
             `sudo chmod a+r {ZONES}/intel-rapl:*/energy_uj` opens them until the next boot, a udev rule for good"
        ),
        _ => reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_that_turns_over_goes_on_rising() {
        let mut counter = Counter { range: 262_143_328_850.0, last: 262_133_328_850.0, turns: 0.0 };
        let before = counter.read(262_133_328_850.0);
        assert_eq!(counter.read(5_000_000.0) - before, 15.0);
        assert_eq!(counter.read(6_000_000.0) - before, 16.0);
        // After sleep it begins anew.
        assert_eq!(counter.read(1_000_000.0) - before, 17.0);
    }

    #[test]
    fn whoever_may_not_read_is_told_what_to_do() {
        assert!(why_not(&ErrorKind::PermissionDenied.into()).contains("sudo chmod a+r"));
        assert!(!why_not(&ErrorKind::NotFound.into()).contains("sudo"));
    }
}
