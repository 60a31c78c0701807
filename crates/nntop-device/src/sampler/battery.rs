//! What the machine draws from its batteries, and how full each is. While one charges or is full, its gauge tells nothing
//! about the machine.

use super::details::BatteryState;
use super::parse::parent;
use super::{Details, Reading, Registry, Root, Sampler, SysFile};
use nntop_core::event::{MetricId, Part, PartId, Quantity, Rail, RailRole};
use nntop_core::unit::Nanos;

const SUPPLIES: &str = "/sys/class/power_supply";

/// Each battery by itself: a machine with two empties one after the other, and one's charge says nothing of the other's
/// power.
pub(super) struct Battery {
    root: Root,
    packs: Vec<Pack>,
    /// Whether it is plugged in, and the file that tells.
    plugged: Option<(MetricId, SysFile)>,
}

struct Pack {
    directory: String,
    power: MetricId,
    charge: Option<MetricId>,
    /// What it said when it was last asked.
    status: Option<String>,
}

impl Battery {
    pub(super) fn new(root: &Root) -> Self {
        Self { root: root.clone(), packs: Vec::new(), plugged: None }
    }
}

/// The machine's own batteries, by their directories. `Device` is the scope of a mouse's.
fn directories(root: &Root) -> Vec<String> {
    let is = |directory: &str, file, what| root.text(format!("{directory}/{file}")).as_deref() == Some(what);
    let all = root.list(SUPPLIES).into_iter().map(|name| format!("{SUPPLIES}/{name}"));
    all.filter(|directory| is(directory, "type", "Battery") && !is(directory, "scope", "Device")).collect()
}

/// Whether it is charging, discharging or full, in the kernel's words.
fn status(root: &Root, directory: &str) -> Option<String> {
    root.text(format!("{directory}/status"))
}

/// What a battery gives, in watts, by its status.
///
/// # Errors
/// In words, unless it is discharging and says how fast.
fn watts(root: &Root, directory: &str, status: Option<&str>) -> Result<f64, String> {
    if status != Some("Discharging") {
        let status = status.map_or_else(|| "says nothing of its status".to_owned(), |s| format!("says {s:?}"));
        return Err(format!("{directory} {status}: the machine's power is known only while a battery discharges"));
    }
    // Some drivers count what leaves the battery as negative, and some leave 0 in a file that they do not fill.
    let micro = |file: &str| root.number(format!("{directory}/{file}")).ok().map(f64::abs).filter(|micro| *micro > 0.0);
    let product = || Some(micro("current_now").or_else(|| micro("current_avg"))? * micro("voltage_now")? / 1e12);
    let watts = micro("power_now").map(|microwatts| microwatts / 1e6).or_else(product);
    watts.ok_or_else(|| format!("{directory}: neither power_now nor current_now and voltage_now hold a reading"))
}

/// How full a battery is, in percent.
fn charge(root: &Root, directory: &str) -> Option<f64> {
    root.number(format!("{directory}/capacity")).ok().filter(|percent| (0.0..=100.0).contains(percent))
}

impl Sampler for Battery {
    fn name(&self) -> &'static str {
        "battery"
    }

    fn probe(&mut self, registry: &mut Registry) {
        if !self.packs.is_empty() {
            return;
        }
        let directories = directories(&self.root);
        if directories.is_empty() {
            return registry.absent(Part::Battery, "power.battery", format!("no battery in {SUPPLIES}"));
        }
        let several = directories.len() > 1;
        for directory in directories {
            let name = directory.rsplit('/').next().unwrap_or_default();
            let (device, label) = match several {
                true => (PartId::named(name), format!("battery {name}")),
                false => (PartId::only(), "battery".to_owned()),
            };
            let device = device.path(&directory);
            let source = format!("{directory}/power_now, or current_now and voltage_now, while discharging");
            let rail = Rail { role: RailRole::Battery, scope: "the whole machine".to_owned(), update: None };
            let metric = registry.declare(Part::Battery, Quantity::Power, device.clone()).label(&label);
            let power = metric.rail(rail).source(source).id();
            let status = status(&self.root, &directory);
            if let Err(why) = watts(&self.root, &directory, status.as_deref()) {
                let name = registry.declarations()[usize::from(power)].name.clone();
                registry.unreadable(Part::Battery, name, why);
            }
            let path = format!("{directory}/capacity");
            let charge = self.root.exists(&path).then(|| {
                let metric = registry.declare(Part::Battery, Quantity::Charge, device).label(&label);
                metric.limit(100.0).source(path).id()
            });
            self.packs.push(Pack { directory, power, charge, status });
        }
        let is_mains = |d: &String| self.root.text(format!("{d}/type")).as_deref() == Some("Mains");
        let all = self.root.list(SUPPLIES).into_iter().map(|name| format!("{SUPPLIES}/{name}"));
        let mains = all.into_iter().find(is_mains).map(|d| format!("{d}/online"));
        if let Some(path) = mains.filter(|path| self.root.exists(path)) {
            let metric =
                registry.declare(Part::Mains, Quantity::On, PartId::only().path(parent(&path))).label("plugged in");
            self.plugged = Some((metric.limit(1.0).source(&path).id(), self.root.file(path)));
        }
    }

    fn probe_again(&mut self, registry: &mut Registry) {
        self.probe(registry);
    }

    // Not in `sample_rails`: asking a battery may take its controller tens of milliseconds.
    fn sample(&mut self, _now: Nanos, out: &mut Vec<Reading>) {
        // A battery that rests gives nothing while another one gives.
        let given = self.packs.iter_mut().map(|pack| {
            pack.status = status(&self.root, &pack.directory);
            watts(&self.root, &pack.directory, pack.status.as_deref()).ok()
        });
        let given: Vec<Option<f64>> = given.collect();
        let rests = given.iter().any(Option::is_some);
        for (pack, watts) in self.packs.iter().zip(given) {
            out.push((pack.power, watts.or(rests.then_some(0.0))));
            out.extend(pack.charge.map(|id| (id, charge(&self.root, &pack.directory))));
        }
        out.extend(self.plugged.iter().map(|(id, file)| (*id, file.number().ok())));
    }

    fn details(&self, out: &mut Details) {
        let state = |pack: &Pack| {
            let held = |kind: &str| {
                ["now", "full"].map(|when| self.root.number(format!("{}/{kind}_{when}", pack.directory)).ok())
            };
            let (directory, status) = (pack.directory.clone(), pack.status.clone());
            BatteryState { directory, status, energy: held("energy"), charge: held("charge") }
        };
        out.batteries = self.packs.iter().map(state).collect();
    }
}
