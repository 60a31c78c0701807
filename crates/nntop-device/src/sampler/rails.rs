//! Power rails that a board measures: INA3221 and its kin, and whatever hwmon chips report in watts. Chips are
//! found by their names and rails by their labels, never by index.

use super::ceiling::Ceiling;
use super::hwmon::{self, Chip};
use super::parse::{index, parent, reason};
use super::{Details, Reading, Registry, Root, Sampler, SysFile};
use nntop_core::event::{MetricDecl, MetricId, Part, PartId, Quantity, Rail, RailRole};
use nntop_core::unit::Nanos;
use std::collections::HashMap;
use std::io;

const CHIPS: &str = "/sys/class/hwmon";
const I2C: &str = "/sys/bus/i2c/devices";

pub(super) struct Rails {
    root: Root,
    rails: Vec<Measured>,
    /// What was read and cannot be.
    refused: Vec<(MetricId, String)>,
    /// Voltages and currents, in millis.
    parts: Vec<(MetricId, SysFile)>,
}

/// What an INA3221 shows beside its rails: sums over them, which would be counted twice.
fn sums(root: &Root) -> Vec<String> {
    let chips = root.list(CHIPS).into_iter().map(|chip| format!("{CHIPS}/{chip}"));
    let chips = chips.filter(|chip| root.text(format!("{chip}/name")).as_deref() == Some("ina3221"));
    let sums = |chip: String| {
        let voltage = root.text(format!("{chip}/in7_label")).map(|label| format!("in7 {label}"));
        let current = root.exists(format!("{chip}/curr4_input")).then(|| "curr4".to_owned());
        voltage.into_iter().chain(current)
    };
    chips.flat_map(sums).collect()
}

/// A rail that is read.
struct Measured {
    id: MetricId,
    input: Input,
    ceiling: Option<Ceiling>,
    source: String,
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
    ceiling: Option<Ceiling>,
    /// The chip that measures it, where it is one of hwmon's.
    chip: Option<Chip>,
}

impl Rails {
    pub(super) fn new(root: &Root) -> Self {
        Self { root: root.clone(), rails: Vec::new(), refused: Vec::new(), parts: Vec::new() }
    }

    /// The rails of a hwmon chip.
    fn chip(&self, of: &Chip) -> Vec<Found> {
        let (directory, chip) = (&of.directory, of.name.as_str());
        let file = |name: String| self.root.file(format!("{directory}/{name}"));
        let millis = self.root.number(format!("{directory}/update_interval")).ok().filter(|ms| *ms > 0.0);
        let update = millis.map(|ms| Nanos::from_secs_f64(ms / 1e3));
        if chip == "ina3221" {
            // in1 to in3 are voltages, in4 to in6 those over the shunts; what follows are sums.
            let rail = |n: u32| {
                // A board's maker need not name the channels: those go by their numbers.
                let label = self.root.text(format!("{directory}/in{n}_label"));
                let label = label.unwrap_or_else(|| format!("{chip}/channel {n}"));
                let off = self.root.number(format!("{directory}/in{n}_enable")).is_ok_and(|on| on == 0.0);
                let here = self.root.exists(format!("{directory}/in{n}_input"));
                // Not connected.
                if label == "NC" || off || !here {
                    return None;
                }
                let input = Input::Product(file(format!("in{n}_input")), file(format!("curr{n}_input")));
                let source = format!("{directory}/in{n}_input x curr{n}_input");
                let parts = [format!("{directory}/in{n}_input"), format!("{directory}/curr{n}_input")];
                Some(Found { ina: true, label, input, source, update, parts, ceiling: None, chip: Some(of.clone()) })
            };
            return (1..=3).filter_map(rail).collect();
        }
        // Batteries and chargers come as chips, too; what they say is no rail.
        if of.supply {
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
            let own = match (&of.card, own) {
                // Every card has such a rail: whose it is says the card.
                (Some(card), own) => Some(format!("{chip} {} {}", card.name, own.unwrap_or(format!("power{n}")))),
                (None, own) => own,
            };
            // The device tree's name for the whole chip.
            let label = own.or_else(|| self.root.text(format!("{directory}/label")).filter(|_| n == 1));
            let name = format!("power{n}_{kind}");
            Found {
                ina: chip.starts_with("ina"),
                label: label.unwrap_or_else(|| format!("{chip}/power{n}")),
                source: format!("{directory}/{name}"),
                input: Input::Power(file(name), 1e6),
                update,
                // A card's voltages and currents have numbers of their own.
                parts: match of.card {
                    Some(_) => Default::default(),
                    None => [format!("{directory}/in{n}_input"), format!("{directory}/curr{n}_input")],
                },
                ceiling: Ceiling::of_power(&self.root, directory, n),
                chip: Some(of.clone()),
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
                let rail = Found { ina: true, label, input, source, update: None, parts, ceiling: None, chip: None };
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
        let chips = hwmon::chips(&self.root).into_iter().flat_map(|chip| self.chip(&chip)).collect::<Vec<_>>();
        let devices = self.root.list(I2C).into_iter().flat_map(|name| self.iio(&format!("{I2C}/{name}")));
        let found: Vec<Found> = chips.into_iter().chain(devices).collect();
        if found.is_empty() {
            return registry.absent(
                Part::Rail,
                "power.rail",
                format!("no power sensor in {CHIPS} and no INA3221 in {I2C}"),
            );
        }
        let mut all: HashMap<String, u32> = HashMap::new();
        found.iter().for_each(|rail| *all.entry(rail.label.clone()).or_default() += 1);
        let mut seen: HashMap<String, u32> = HashMap::new();
        for Found { ina, mut label, input, source, update, parts, ceiling, chip } in found {
            let (role, scope) = match chip.as_ref().and_then(|chip| chip.card.as_ref()) {
                Some(_) => card_role(&self.root, chip.as_ref().map_or("", |chip| &chip.directory)),
                None => role(&label, ina),
            };
            let rail = Rail { role, scope: scope.to_owned(), update };
            // Sensors of one name are distinguished by their place; where it is not known, they are numbered.
            let place = chip.as_ref().filter(|chip| chip.card.is_none()).and_then(Chip::place);
            if let Some(place) = place.filter(|_| all.get(&label).is_some_and(|count| *count > 1)) {
                label = format!("{label} ({place})");
            }
            let count = seen.entry(label.clone()).or_default();
            *count += 1;
            if *count > 1 {
                label = format!("{label} {count}");
            }
            let mut device = PartId::named(&label).path(parent(&source));
            let mut part = Part::Rail;
            if let Some((chip, card)) = chip.as_ref().and_then(|chip| Some((chip, chip.card.as_ref()?))) {
                let own = PartId::named(&card.name).driver(&chip.name).pci(card.pci.clone()).path(&card.directory);
                // A card's first rail is its power; what else it measures is beside it.
                let taken = |m: &MetricDecl| m.is(Part::Gpu, Quantity::Power) && m.device.name == own.name;
                let another = registry.declarations().iter().any(|m| taken(m) && m.source != source);
                (part, device) = if another { (Part::Rail, device) } else { (Part::Gpu, own) };
            }
            if registry.has_metric(part, Quantity::Power, &device) {
                continue;
            }
            let metric = registry.declare(part, Quantity::Power, device.clone()).label(&label);
            let id = metric.rail(rail).source(&source).id();
            match input.read() {
                Err(e) => registry.refuse(id, format!("{source}: cannot be read now ({})", reason(&e))),
                Ok(watts) => {
                    if let Some(ceiling) = ceiling.as_ref().filter(|ceiling| !ceiling.holds(watts)) {
                        registry.refuse(id, ceiling.refused(&source, watts));
                    }
                }
            }
            self.rails.push(Measured { id, input, ceiling, source });
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

    fn details(&self, out: &mut Details) {
        out.rail_sums = sums(&self.root);
    }

    fn sample(&mut self, now: Nanos, out: &mut Vec<Reading>) {
        self.sample_rails(now, out);
        out.extend(self.parts.iter().map(|(id, file)| (*id, file.number().ok().map(|millis| millis / 1e3))));
    }

    fn sample_rails(&mut self, _now: Nanos, out: &mut Vec<Reading>) {
        for Measured { id, input, ceiling, source } in &self.rails {
            let mut watts = input.read().ok();
            if let (Some(ceiling), Some(read)) = (ceiling, watts)
                && !ceiling.holds(read)
            {
                self.refused.push((*id, ceiling.refused(source, read)));
                watts = None;
            }
            out.push((*id, watts));
        }
    }

    fn refused(&mut self) -> Vec<(MetricId, String)> {
        std::mem::take(&mut self.refused)
    }
}

/// What a graphics card's sensor measures. A card of its own adds to the processor; a processor's graphics are within its
/// package, whose whole power such a sensor shows. Fans, a limit that can be set and further thermometers are found on
/// cards alone; `vddnb` on processors alone. <https://docs.kernel.org/gpu/amdgpu/thermal.html>
fn card_role(root: &Root, chip: &str) -> (RailRole, &'static str) {
    let has = |file: &str| root.exists(format!("{chip}/{file}"));
    let within =
        ["in0_label", "in1_label"].iter().any(|file| root.text(format!("{chip}/{file}")).as_deref() == Some("vddnb"));
    let own = ["fan1_input", "pwm1", "power1_cap", "temp2_input"].iter().any(|file| has(file));
    match own && !within {
        true => (RailRole::Share, "the GPU with its memory; not the processor"),
        false => (RailRole::Part, "the processor's package, in which the GPU is"),
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
