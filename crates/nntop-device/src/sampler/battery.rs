//! What the machine draws from its battery. While it charges or is full, the gauge tells nothing about the machine.

use super::parse::parent;
use super::{Reading, Registry, Root, Sampler, SysFile};
use nntop_core::event::{MetricId, Part, PartId, Quantity, Rail, RailRole};
use nntop_core::unit::Nanos;

const SUPPLIES: &str = "/sys/class/power_supply";

/// All batteries together: a machine with two empties one after the other.
pub(super) struct Battery {
    root: Root,
    directories: Vec<String>,
    id: Option<MetricId>,
    charge: Option<MetricId>,
    /// Whether it is plugged in, and the file that tells.
    plugged: Option<(MetricId, SysFile)>,
}

impl Battery {
    pub(super) fn new(root: &Root) -> Self {
        Self { root: root.clone(), directories: Vec::new(), id: None, charge: None, plugged: None }
    }

    /// What a battery gives, in watts; `None` unless it is discharging.
    fn watts(&self, directory: &str) -> Option<f64> {
        if self.root.text(format!("{directory}/status"))? != "Discharging" {
            return None;
        }
        let micro = |file| self.root.number(format!("{directory}/{file}")).ok();
        // Some drivers count what leaves the battery as negative.
        let power = micro("power_now").map(|microwatts| microwatts.abs() / 1e6);
        power.or_else(|| Some(micro("current_now")?.abs() * micro("voltage_now")? / 1e12)).filter(|watts| *watts > 0.0)
    }
}

impl Sampler for Battery {
    fn name(&self) -> &'static str {
        "battery"
    }

    fn probe(&mut self, registry: &mut Registry) {
        let is = |directory: &str, file, what| self.root.text(format!("{directory}/{file}")).as_deref() == Some(what);
        let all = self.root.list(SUPPLIES).into_iter().map(|name| format!("{SUPPLIES}/{name}"));
        // `Device` is the scope of a mouse's battery.
        let all: Vec<String> = all.collect();
        if self.id.is_some() {
            return;
        }
        self.directories =
            all.iter().filter(|d| is(d, "type", "Battery") && !is(d, "scope", "Device")).cloned().collect();
        let Some(first) = self.directories.first() else {
            return registry.absent(Part::Battery, "power.battery", format!("no battery in {SUPPLIES}"));
        };
        // All batteries are one.
        let device = || PartId::only().path(first);
        let source = format!("{first}/power_now, or current_now and voltage_now, while discharging");
        let rail = Rail { role: RailRole::Battery, scope: "the whole machine".to_owned(), update: None };
        let metric = registry.declare(Part::Battery, Quantity::Power, device()).label("battery");
        self.id = Some(metric.rail(rail).source(source).id());
        let path = format!("{first}/capacity");
        if self.root.exists(&path) {
            let metric = registry.declare(Part::Battery, Quantity::Charge, device()).label("battery");
            self.charge = Some(metric.limit(100.0).source(path).id());
        }
        let mains = all.iter().find(|d| is(d, "type", "Mains")).map(|d| format!("{d}/online"));
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
        let Some(id) = self.id else { return };
        let giving: Vec<f64> = self.directories.iter().filter_map(|d| self.watts(d)).collect();
        out.push((id, (!giving.is_empty()).then(|| giving.iter().sum())));
        if let (Some(id), Some(first)) = (self.charge, self.directories.first()) {
            let percent = self.root.number(format!("{first}/capacity")).ok();
            out.push((id, percent.filter(|percent| (0.0..=100.0).contains(percent))));
        }
        out.extend(self.plugged.iter().map(|(id, file)| (*id, file.number().ok())));
    }
}
