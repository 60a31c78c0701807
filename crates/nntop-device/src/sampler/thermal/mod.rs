//! Temperatures: thermal zones by their type, and hwmon sensors by chip and label. Never by index: which
//! sensor is number 0 may change with every boot.

mod scale;
mod super_io;

use super::hwmon::{self, Chip};
use super::parse::{index, parent, reason};
use super::{Details, Reading, Registry, Root, Sampler, SysFile, identity};
use nntop_core::event::{MetricId, Part, PartId, Quantity};
use nntop_core::unit::Nanos;
use scale::{Neighbours, Unit};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

const ZONES: &str = "/sys/class/thermal";
const CHIPS: &str = "/sys/class/hwmon";

pub(super) struct Thermal {
    root: Root,
    sensors: Vec<(MetricId, Sensor)>,
}

/// A file of a temperature, and how it is understood.
#[derive(Debug, Clone)]
struct Sensor {
    file: SysFile,
    unit: Unit,
    /// An input of a chip that has more inputs than its board uses.
    super_io: bool,
    /// 1 where the chip says itself that nothing is connected.
    fault: Option<SysFile>,
}

/// What a sensor said.
enum Said {
    Celsius(f64),
    /// What it said cannot be its temperature, in words.
    Nothing(String),
    Error(std::io::Error),
}

impl Sensor {
    /// A sensor by the kernel's rule.
    fn new(file: SysFile) -> Self {
        Self { file, unit: Unit::kept(), super_io: false, fault: None }
    }

    fn read(&mut self) -> Said {
        let raw = match self.file.number() {
            Ok(raw) => raw,
            Err(e) => return Said::Error(e),
        };
        let open = self.fault.as_ref().is_some_and(|fault| fault.number().is_ok_and(|fault| fault != 0.0));
        match self.unit.celsius(raw) {
            _ if open => Said::Nothing("the chip says that nothing is connected".to_owned()),
            _ if self.super_io && super_io::is_open(raw / 1e3) => {
                Said::Nothing(format!("not connected: {} °C is what an open input says", raw / 1e3))
            }
            Some(celsius) => Said::Celsius(celsius),
            None => Said::Nothing(format!("says {} °C, which cannot be", raw / 1e3)),
        }
    }

    fn celsius(&mut self) -> Option<f64> {
        match self.read() {
            Said::Celsius(celsius) => Some(celsius),
            _ => None,
        }
    }
}

/// A sensor that was found.
struct Found {
    label: String,
    sensor: Sensor,
    /// The files of a trip point or a limit: the first that can be one is.
    limits: Vec<SysFile>,
    /// The chip that it is an input of, where that sits on a graphics card.
    chip: Option<Chip>,
}

impl Found {
    /// Where the machine shuts down, in the sensor's own unit where that has shown.
    fn limit(&self) -> Option<f64> {
        self.limits.iter().find_map(|file| {
            let raw = file.number().ok()?;
            let own = self.sensor.unit.scale().celsius(raw).filter(|limit| *limit > 20.0);
            // Unset ones read as 0, -273 or 65 262 °C.
            own.or(Some(raw / 1e3)).filter(|limit| *limit > 0.0 && *limit < 200.0)
        })
    }
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
                sensor: Sensor::new(self.root.file(format!("{directory}/temp"))),
                limits: self.critical_trips(&directory),
                chip: None,
            })
        };
        names.filter_map(zone).collect()
    }

    /// The files of the temperatures at which the kernel shuts the machine down, where the zone has one.
    fn critical_trips(&self, zone: &str) -> Vec<SysFile> {
        let trips = self.root.list(zone);
        let trip = trips.iter().filter_map(|name| index(name, "trip_point_", "_type"));
        let critical =
            |n: &u32| self.root.text(format!("{zone}/trip_point_{n}_type")).is_some_and(|kind| kind == "critical");
        trip.filter(critical).map(|n| self.root.file(format!("{zone}/trip_point_{n}_temp"))).collect()
    }

    /// The hwmon sensors that are no thermal zones as well.
    fn chips(&self, zones: &[Found]) -> Vec<Found> {
        let chip = |name: &String| {
            let path = self.root.path(format!("{CHIPS}/{name}"));
            // The real path tells two chips of a kind apart in an order that does not change with the boot.
            (std::fs::canonicalize(&path).unwrap_or(path), format!("{CHIPS}/{name}"))
        };
        let mut chips: Vec<(PathBuf, String)> = self.root.list(CHIPS).iter().map(chip).collect();
        // A recorded tree is laid out in part, so that only what is below the root counts.
        let inside = |path: &Path| {
            let text = path.to_string_lossy();
            text.rfind("/sys/").map_or(text.clone().into_owned(), |at| text[at..].to_owned())
        };
        chips.sort_by_cached_key(|(real, name)| (real.parent().map(inside), inside(real), name.clone()));
        let mut found = Vec::new();
        let mut owners = hwmon::chips(&self.root);
        owners.retain(|chip| chip.card.is_some());
        for (real, directory) in chips {
            // Before Linux 3.13 some drivers had their files, the name too, beside the class's folder, in the device's.
            let own = self.root.text(format!("{directory}/name"));
            let device = format!("{directory}/device");
            let Some(name) = own.clone().or_else(|| self.root.text(format!("{device}/name"))) else { continue };
            if self.is_zone(&real, &directory, &name, zones) {
                continue;
            }
            let owner = owners.iter().find(|chip| chip.directory == directory);
            let mut inputs = self.inputs(&directory, &name);
            inputs.iter_mut().for_each(|input| input.chip = owner.cloned());
            match inputs.is_empty() {
                true if own.is_none() || self.root.exists(format!("{device}/temp1_input")) => {
                    found.extend(self.inputs(&device, &name));
                }
                _ => found.extend(inputs),
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
        let super_io = super_io::is(chip);
        let input = |n: u32| {
            let name = self.root.text(format!("{directory}/temp{n}_label")).unwrap_or_else(|| format!("temp{n}"));
            let file = |of: &str| self.root.file(format!("{directory}/temp{n}_{of}"));
            let fault = Some(file("fault")).filter(|fault| fault.exists());
            let sensor = Sensor { super_io, fault, ..Sensor::new(file("input")) };
            Found { label: format!("{chip}/{name}"), sensor, limits: vec![file("crit")], chip: None }
        };
        numbers.map(input).collect()
    }

    /// The scale of a zone is checked against the machine's other sensors. Zones that are no temperature are left out, with the reason.
    fn judge(&self, zones: &mut Vec<Found>, chips: &[Found]) -> Vec<(String, &'static str)> {
        let raws: Vec<Option<f64>> = zones.iter().map(|zone| zone.sensor.file.number().ok()).collect();
        let chips = chips.iter().filter(|chip| !chip.sensor.super_io).filter_map(|chip| chip.sensor.file.number().ok());
        let neighbours = Neighbours::new(raws.iter().flatten().copied().chain(chips));
        let qualcomm = identity::is_qualcomm(&self.root) || zones.iter().any(|zone| zone.label.ends_with("-usr"));
        let mut no_temperature = Vec::new();
        let mut raws = raws.into_iter();
        zones.retain_mut(|zone| {
            if !scale::keeps_the_rule(&zone.label) {
                zone.sensor.unit = Unit::found_out(neighbours);
            }
            let why = scale::no_temperature(&zone.label, raws.next().flatten(), qualcomm, neighbours);
            no_temperature.extend(why.map(|why| (zone.label.clone(), why)));
            why.is_none()
        });
        no_temperature
    }
}

impl Sampler for Thermal {
    fn name(&self) -> &'static str {
        "thermal"
    }

    fn probe(&mut self, registry: &mut Registry) {
        let mut zones = self.zones();
        let chips = self.chips(&zones);
        let no_temperature = self.judge(&mut zones, &chips);
        for (label, why) in no_temperature {
            registry.absent(Part::Zone, format!("temp.{label}"), why);
        }
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
        let mut all: HashMap<String, u32> = HashMap::new();
        zones.iter().chain(&chips).for_each(|sensor| *all.entry(sensor.label.clone()).or_default() += 1);
        let mut seen: HashMap<String, u32> = HashMap::new();
        for mut found in zones.into_iter().chain(chips) {
            let mut label = found.label.clone();
            // Two cards of a kind are distinguished by their place: figures of one card stay together.
            if let Some((chip, place)) = found.chip.as_ref().and_then(|chip| Some((chip, chip.place()?)))
                && all.get(&label).is_some_and(|count| *count > 1)
            {
                label = label.replacen(&chip.name, &format!("{} {place}", chip.name), 1);
            }
            let count = seen.entry(label.clone()).or_default();
            *count += 1;
            if *count > 1 {
                label = format!("{label} {count}");
            }
            let name = format!("temp.{label}");
            if registry.has(&name) {
                continue;
            }
            let said = found.sensor.read();
            // The class's path rather than the real one: it is what users can type.
            let source = self.root.shown(found.sensor.file.path());
            match said {
                Said::Celsius(value) => {
                    if let Some(why) = constant(&label, value) {
                        registry.absent(Part::Zone, name, why);
                        continue;
                    }
                }
                // Declared all the same: units such as the Jetson's CV clusters are switched on by need.
                Said::Error(e) => {
                    registry.unreadable(
                        Part::Zone,
                        &name,
                        format!("cannot be read now ({}): the unit may be off", reason(&e)),
                    );
                }
                Said::Nothing(why) => registry.unreadable(Part::Zone, &name, format!("{source}: {why}")),
            }
            let limit = found.limit();
            let device = match &found.chip {
                Some(chip) => PartId::named(label).driver(&chip.name).pci(chip.pci()).path(chip.part_directory()),
                None => PartId::named(label).path(parent(&source)),
            };
            let metric = registry.declare(Part::Zone, Quantity::Temperature, device);
            self.sensors.push((metric.limit(limit).source(source).id(), found.sensor));
        }
    }

    fn probe_again(&mut self, registry: &mut Registry) {
        self.probe(registry);
    }

    fn sample(&mut self, _now: Nanos, out: &mut Vec<Reading>) {
        out.extend(self.sensors.iter_mut().map(|(id, sensor)| (*id, sensor.celsius())));
    }

    fn details(&self, out: &mut Details) {
        out.constants = constants(&self.root);
    }
}

/// Why a zone that says this is a constant of its driver.
fn constant(label: &str, celsius: f64) -> Option<&'static str> {
    match label {
        // max77620, the power chip of Jetsons: it only tells whether it passed 120 or 140 °C; below, its driver says 100.
        _ if label.eq_ignore_ascii_case("PMIC-Die") && celsius == 100.0 => {
            Some("always reads 100 °C: the chip has thresholds, no thermometer")
        }
        // int3400_thermal.c: "faked temp sensor with 20C".
        "INT3400 Thermal" if celsius == 20.0 => Some("always reads 20 °C: the driver has no thermometer"),
        _ => None,
    }
}

/// Zones that always read the same, with what they read: none of them is a temperature.
fn constants(root: &Root) -> Vec<(String, f64)> {
    let names = root.list(ZONES).into_iter().filter(|name| name.starts_with("thermal_zone"));
    let zone = |name: String| {
        let label = root.text(format!("{ZONES}/{name}/type"))?;
        // Only these are constants anywhere: of thousands of zones no other is read.
        let known = label.eq_ignore_ascii_case("PMIC-Die") || label == "INT3400 Thermal";
        let celsius = root.number(format!("{ZONES}/{name}/temp")).ok().filter(|_| known)? / 1e3;
        constant(&label, celsius).map(|_| (label, celsius))
    };
    names.filter_map(zone).collect()
}
