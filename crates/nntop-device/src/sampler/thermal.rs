//! Temperatures: thermal zones by their type, and hwmon sensors by chip and label. Never by index: which
//! sensor is number 0 may change with every boot.

use super::parse::{index, parent, reason};
use super::{Reading, Registry, Root, Sampler, SysFile};
use nntop_core::event::{MetricId, Part, PartId, Quantity};
use nntop_core::unit::Nanos;
use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

const ZONES: &str = "/sys/class/thermal";
const CHIPS: &str = "/sys/class/hwmon";

/// What a sensor may say. Outside lie the codes of sensors that are off or broken (-256, -128, 255).
const SANE: Range<f64> = -60.0..150.0;

pub(super) struct Thermal {
    root: Root,
    sensors: Vec<(MetricId, SysFile)>,
}

/// A sensor that was found.
struct Found {
    label: String,
    file: SysFile,
    limit: Option<f64>,
}

impl Thermal {
    pub(super) fn new(root: &Root) -> Self {
        Self { root: root.clone(), sensors: Vec::new() }
    }

    fn zones(&self) -> Vec<Found> {
        let names = self.root.list(ZONES).into_iter().filter(|name| name.starts_with("thermal_zone"));
        let zone = |name: String| {
            let directory = format!("{ZONES}/{name}");
            Some(Found {
                label: self.root.text(format!("{directory}/type"))?,
                file: self.root.file(format!("{directory}/temp")),
                limit: self.critical_trip(&directory),
            })
        };
        names.filter_map(zone).collect()
    }

    /// The temperature at which the kernel shuts the machine down, where the zone has one.
    fn critical_trip(&self, zone: &str) -> Option<f64> {
        let trips = self.root.list(zone);
        let trip = trips.iter().filter_map(|name| index(name, "trip_point_", "_type"));
        let critical =
            |n: &u32| self.root.text(format!("{zone}/trip_point_{n}_type")).is_some_and(|kind| kind == "critical");
        let critical: Vec<u32> = trip.filter(critical).collect();
        critical.iter().find_map(|n| limit(&self.root.file(format!("{zone}/trip_point_{n}_temp"))))
    }

    /// The hwmon sensors that are no thermal zones as well.
    fn chips(&self, zones: &[Found]) -> Vec<Found> {
        let chip = |name: &String| {
            let path = self.root.path(format!("{CHIPS}/{name}"));
            // The real path tells two chips of a kind apart in an order that does not change with the boot.
            (std::fs::canonicalize(&path).unwrap_or(path), format!("{CHIPS}/{name}"))
        };
        let mut chips: Vec<(PathBuf, String)> = self.root.list(CHIPS).iter().map(chip).collect();
        chips.sort_by(|a, b| a.0.parent().cmp(&b.0.parent()).then_with(|| a.cmp(b)));
        let mut found = Vec::new();
        for (real, directory) in chips {
            let Some(name) = self.root.text(format!("{directory}/name")) else { continue };
            if !self.is_zone(&real, &directory, &name, zones) {
                found.extend(self.inputs(&directory, &name));
            }
        }
        found
    }

    /// Whether a chip is the hwmon view of a thermal zone.
    fn is_zone(&self, real: &Path, directory: &str, name: &str, zones: &[Found]) -> bool {
        let in_zone =
            |path: &Path| path.iter().any(|part| part.to_str().is_some_and(|p| p.starts_with("thermal_zone")));
        let device = std::fs::canonicalize(self.root.path(format!("{directory}/device")));
        // Before Linux 5.5 such a chip hangs under no device; its name is the zone's type, dashes replaced.
        let orphan = real.parent().is_some_and(|parent| parent.ends_with("devices/virtual/hwmon"));
        in_zone(real)
            || device.is_ok_and(|device| in_zone(&device))
            || (orphan && zones.iter().any(|zone| zone.label.replace('-', "_") == name))
    }

    fn inputs(&self, directory: &str, chip: &str) -> Vec<Found> {
        let files = self.root.list(directory);
        let numbers = files.iter().filter_map(|file| index(file, "temp", "_input"));
        let input = |n: u32| {
            let sensor = self.root.text(format!("{directory}/temp{n}_label")).unwrap_or_else(|| format!("temp{n}"));
            Found {
                label: format!("{chip}/{sensor}"),
                file: self.root.file(format!("{directory}/temp{n}_input")),
                limit: limit(&self.root.file(format!("{directory}/temp{n}_crit"))),
            }
        };
        numbers.map(input).collect()
    }
}

impl Sampler for Thermal {
    fn name(&self) -> &'static str {
        "thermal"
    }

    fn probe(&mut self, registry: &mut Registry) {
        let mut zones = self.zones();
        let chips = self.chips(&zones);
        if chips.iter().any(|chip| chip.label.starts_with("coretemp/")) {
            // The same register, read by two drivers; coretemp has the cores too.
            zones.retain(|zone| zone.label != "x86_pkg_temp");
        }
        if zones.is_empty() && chips.is_empty() {
            return registry.absent(
                Part::Zone,
                "temp",
                format!("no thermal zone in {ZONES} and no temperature in {CHIPS}"),
            );
        }
        let mut seen: HashMap<String, u32> = HashMap::new();
        for Found { mut label, file, limit } in zones.into_iter().chain(chips) {
            let count = seen.entry(label.clone()).or_default();
            *count += 1;
            if *count > 1 {
                label = format!("{label} {count}");
            }
            let name = format!("temp.{label}");
            if registry.has(&name) {
                continue;
            }
            let value = celsius(&file);
            if is_constant(&label, &value) {
                registry.absent(Part::Zone, name, "always reads 100 °C: the chip has thresholds, no thermometer");
                continue;
            }
            if let Err(e) = value {
                // Declared all the same: units such as the Jetson's CV clusters are switched on by need.
                registry.absent(Part::Zone, &name, format!("cannot be read now ({}): the unit may be off", reason(&e)));
            }
            // The class's path rather than the real one: it is what users can type.
            let source = self.root.shown(file.path());
            let metric =
                registry.declare(Part::Zone, Quantity::Temperature, PartId::named(label).path(parent(&source)));
            self.sensors.push((metric.limit(limit).source(source).id(), file));
        }
    }

    fn probe_again(&mut self, registry: &mut Registry) {
        self.probe(registry);
    }

    fn sample(&mut self, _now: Nanos, out: &mut Vec<Reading>) {
        let read = |(id, file): &(MetricId, SysFile)| (*id, celsius(file).ok().filter(|value| SANE.contains(value)));
        out.extend(self.sensors.iter().map(read));
    }
}

/// max77620, the power chip of Jetsons: it only tells whether it passed 120 or 140 °C; below, its driver says 100.
fn is_constant(label: &str, value: &std::io::Result<f64>) -> bool {
    label.eq_ignore_ascii_case("PMIC-Die") && value.as_ref().is_ok_and(|value| *value == 100.0)
}

/// Zones that always read the same, with what they read: none of them is a temperature.
pub(crate) fn constants(root: &Root) -> Vec<(String, f64)> {
    let zones = Thermal::new(root).zones().into_iter().map(|zone| (zone.label, celsius(&zone.file)));
    zones
        .filter(|(label, value)| is_constant(label, value))
        .filter_map(|(label, value)| Some((label, value.ok()?)))
        .collect()
}

fn celsius(file: &SysFile) -> std::io::Result<f64> {
    file.number().map(|millis| millis / 1e3)
}

/// A limit, where the file holds one: unset ones read as 0, -273 or 65 262 °C.
fn limit(file: &SysFile) -> Option<f64> {
    celsius(file).ok().filter(|limit| *limit > 0.0 && *limit < 200.0)
}
