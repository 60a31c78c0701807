//! Power rails that a board measures: INA3221 and its kin, and whatever hwmon chips report in watts. Chips are
//! found by their names and rails by their labels, never by index.

use super::parse::{index, parent, reason};
use super::{Reading, Registry, Root, Sampler, SysFile};
use nntop_core::event::{MetricId, Part, PartId, Quantity, Rail, RailRole};
use nntop_core::unit::Nanos;
use std::collections::HashMap;
use std::io;

const CHIPS: &str = "/sys/class/hwmon";
const I2C: &str = "/sys/bus/i2c/devices";

pub(super) struct Rails {
    root: Root,
    rails: Vec<(MetricId, Input)>,
    /// Voltages and currents, in millis.
    parts: Vec<(MetricId, SysFile)>,
}

/// Where a rail's power is read.
enum Input {
    /// One file, and how many of its units make a watt.
    Power(SysFile, f64),
    /// Millivolts and milliamperes.
    Product(SysFile, SysFile),
}

impl Input {
    /// In watts.
    fn read(&self) -> io::Result<f64> {
        match self {
            Self::Power(file, per_watt) => Ok(file.number()? / per_watt),
            Self::Product(millivolts, milliamperes) => Ok(millivolts.number()? * milliamperes.number()? / 1e6),
        }
    }
}

/// A rail that was found.
struct Found {
    /// Whether its sensor is one of the INA family, which boards put on rails of their own.
    ina: bool,
    label: String,
    input: Input,
    source: String,
    update: Option<Nanos>,
    /// The files of its voltage and current, in millivolts and milliamperes.
    parts: [String; 2],
}

impl Rails {
    pub(super) fn new(root: &Root) -> Self {
        Self { root: root.clone(), rails: Vec::new(), parts: Vec::new() }
    }

    /// The rails of a hwmon chip.
    fn chip(&self, directory: &str) -> Vec<Found> {
        let Some(chip) = self.root.text(format!("{directory}/name")) else { return Vec::new() };
        let file = |name: String| self.root.file(format!("{directory}/{name}"));
        let millis = self.root.number(format!("{directory}/update_interval")).ok().filter(|ms| *ms > 0.0);
        let update = millis.map(|ms| Nanos::from_secs_f64(ms / 1e3));
        if chip == "ina3221" {
            // in1 to in3 are voltages, in4 to in6 those over the shunts; what follows are sums.
            let rail = |n: u32| {
                let label = self.root.text(format!("{directory}/in{n}_label"))?;
                let off = self.root.number(format!("{directory}/in{n}_enable")).is_ok_and(|on| on == 0.0);
                // Not connected.
                if label == "NC" || off {
                    return None;
                }
                let input = Input::Product(file(format!("in{n}_input")), file(format!("curr{n}_input")));
                let source = format!("{directory}/in{n}_input x curr{n}_input");
                let parts = [format!("{directory}/in{n}_input"), format!("{directory}/curr{n}_input")];
                Some(Found { ina: true, label, input, source, update, parts })
            };
            return (1..=3).filter_map(rail).collect();
        }
        // Batteries and chargers come as chips, too; what they say is no rail.
        if chip.starts_with("BAT") || chip.starts_with("ucsi_source_psy") {
            return Vec::new();
        }
        let files = self.root.list(directory);
        let numbers = files.iter().filter_map(|name| {
            index(name, "power", "_input")
                .map(|n| (n, "input"))
                .or(index(name, "power", "_average").map(|n| (n, "average")))
        });
        let has_input = |n: u32| files.contains(&format!("power{n}_input"));
        let rail = |(n, kind): (u32, &str)| {
            let own = self.root.text(format!("{directory}/power{n}_label"));
            // The device tree's name for the whole chip.
            let label = own.or_else(|| self.root.text(format!("{directory}/label")).filter(|_| n == 1));
            let name = format!("power{n}_{kind}");
            Found {
                ina: chip.starts_with("ina"),
                label: label.unwrap_or_else(|| format!("{chip}/power{n}")),
                source: format!("{directory}/{name}"),
                input: Input::Power(file(name), 1e6),
                update,
                parts: [format!("{directory}/in{n}_input"), format!("{directory}/curr{n}_input")],
            }
        };
        numbers.filter(|(n, kind)| *kind == "input" || !has_input(*n)).map(rail).collect()
    }

    /// The rails of an INA3221 as JetPack 4's own driver shows it.
    fn iio(&self, device: &str) -> Vec<Found> {
        let parts = self.root.list(device).into_iter().filter(|name| name.starts_with("iio:device"));
        let mut found = Vec::new();
        for directory in parts.map(|name| format!("{device}/{name}")) {
            let files = self.root.list(&directory);
            for n in files.iter().filter_map(|name| index(name, "rail_name_", "")) {
                let Some(label) = self.root.text(format!("{directory}/rail_name_{n}")) else { continue };
                let source = format!("{directory}/in_power{n}_input");
                let input = Input::Power(self.root.file(&source), 1e3);
                let parts = [format!("{directory}/in_voltage{n}_input"), format!("{directory}/in_current{n}_input")];
                let rail = Found { ina: true, label, input, source, update: None, parts };
                found.extend((rail.label != "NC").then_some(rail));
            }
        }
        found
    }
}

impl Sampler for Rails {
    fn name(&self) -> &'static str {
        "rails"
    }

    fn probe(&mut self, registry: &mut Registry) {
        let chips = self.root.list(CHIPS).into_iter().flat_map(|name| self.chip(&format!("{CHIPS}/{name}")));
        let devices = self.root.list(I2C).into_iter().flat_map(|name| self.iio(&format!("{I2C}/{name}")));
        let found: Vec<Found> = chips.chain(devices).collect();
        if found.is_empty() {
            return registry.absent(
                Part::Rail,
                "power.rail",
                format!("no power sensor in {CHIPS} and no INA3221 in {I2C}"),
            );
        }
        let mut seen: HashMap<String, u32> = HashMap::new();
        for Found { ina, mut label, input, source, update, parts } in found {
            let (role, scope) = role(&label, ina);
            let rail = Rail { role, scope: scope.to_owned(), update };
            let count = seen.entry(label.clone()).or_default();
            *count += 1;
            if *count > 1 {
                label = format!("{label} {count}");
            }
            let device = PartId::named(&label).path(parent(&source));
            if registry.has_metric(Part::Rail, Quantity::Power, &device) {
                continue;
            }
            if let Err(e) = input.read() {
                registry.absent(
                    Part::Rail,
                    format!("power.{label}"),
                    format!("{source}: cannot be read now ({})", reason(&e)),
                );
            }
            let metric = registry.declare(Part::Rail, Quantity::Power, device.clone());
            self.rails.push((metric.rail(rail).source(source).id(), input));
            for (source, quantity) in parts.into_iter().zip([Quantity::Voltage, Quantity::Current]) {
                let file = self.root.file(&source);
                if file.exists() {
                    let metric = registry.declare(Part::Rail, quantity, device.clone());
                    self.parts.push((metric.source(source).id(), file));
                }
            }
        }
    }

    fn probe_again(&mut self, registry: &mut Registry) {
        self.probe(registry);
    }

    fn sample(&mut self, now: Nanos, out: &mut Vec<Reading>) {
        self.sample_rails(now, out);
        out.extend(self.parts.iter().map(|(id, file)| (*id, file.number().ok().map(|millis| millis / 1e3))));
    }

    fn sample_rails(&mut self, _now: Nanos, out: &mut Vec<Reading>) {
        out.extend(self.rails.iter().map(|(id, input)| (*id, input.read().ok())));
    }
}

/// What a rail feeds, by the names that boards' vendors gave: which of them are the total is not in any file.
fn role(label: &str, ina: bool) -> (RailRole, &'static str) {
    match label {
        _ if !ina => (RailRole::Part, "what its chip measures"),
        // Jetson TX2, Xavier NX, Orin NX, Orin Nano.
        "VDD_IN" => (RailRole::Input, "the module; not its carrier board"),
        // Jetson Nano.
        "POM_5V_IN" => (RailRole::Input, "the module at its 5 V input; not its carrier board"),
        // Jetson Thor.
        "VIN" => (RailRole::Input, "the board at its input"),
        // Jetson AGX Orin.
        "VDD_GPU_SOC" | "VDD_CPU_CV" | "VIN_SYS_5V0" => (RailRole::Share, "the module's rails; not its carrier board"),
        // Jetson AGX Xavier.
        "GPU" | "CPU" | "SOC" | "CV" | "VDDRQ" | "SYS5V" => {
            (RailRole::Share, "the module's rails; not its carrier board")
        }
        _ => (RailRole::Part, "part of the board"),
    }
}
