//! One snapshot of the device as a program reads it: schema `nntop.device/1`, documented in the README.
//!
//! It is made of what the samplers declared and read, and reads no file itself, so that a snapshot and the screens show the same. Temperatures
//! are in °C, power in mW, voltages in mV, currents in mA, clocks in MHz, memory in bytes.

mod machine;
mod power;
mod throttle;
mod units;

use super::parts::KINDS;
use super::text::text;
use super::view::{View, field, tidy};
use crate::sampler::{Details, Samplers};
use nntop_core::event::{Part, Quantity, RailRole, Readings};
use nntop_core::unit::Nanos;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// The schema's name and major version.
pub const SCHEMA: &str = "nntop.device/1";

/// The state of a device at one moment, and where two states are known the rates between them.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot(Map<String, Value>);

impl Snapshot {
    /// The snapshot of what `samplers` have read: their readings, and the details that were read with them.
    pub fn take(samplers: &Samplers, readings: &Readings, details: &Details) -> Self {
        let view = View::new(samplers.declarations(), readings);
        let mut out = Map::new();
        out.insert("schema".into(), json!(SCHEMA));
        out.insert("nntop".into(), json!(env!("CARGO_PKG_VERSION")));
        let mut missing: Map<String, Value> = samplers
            .absences()
            .iter()
            .filter(|a| !view.reads(&a.name))
            .map(|a| (a.name.clone(), json!(a.reason)))
            .collect();
        machine::write(&mut out, &mut missing, details, &view);
        power::write(&mut out, details, &view);
        units::write(&mut out, &view);
        throttle::write(&mut out, details, &view);
        if out.get("power_total").is_none_or(Value::is_null) {
            missing.insert("power_total".into(), json!(power::why_no_total(&view)));
        }
        // Parts that many machines do not have.
        for kind in &KINDS {
            let Some(name) = kind.key else { continue };
            let said = missing.keys().any(|key| key == name || key.starts_with(&format!("{name}.")));
            if out.get(name).is_none_or(Value::is_null) && !said {
                missing.insert(name.into(), json!(kind.none));
            }
        }
        out.insert("unavailable".into(), Value::Object(missing));
        Self(out)
    }

    /// Adds the rates between the snapshot's state and a later one.
    pub fn add_rates(&mut self, samplers: &Samplers, later: &Readings, span: Nanos) {
        let view = View::new(samplers.declarations(), later);
        let cores = view.of(Part::Core, Quantity::Load).filter(|(_, value)| value.is_some());
        let cores: Map<String, Value> = cores.map(|core| (core.0.label.clone(), field(&core))).collect();
        let one = |part, quantity| view.first(part, quantity).map_or(Value::Null, |metric| field(&metric));
        let mut rates = Map::new();
        rates.insert("dt_s".into(), json!(span.as_secs_f64()));
        let load = json!({ "per_cpu": cores, "all": one(Part::Cpu, Quantity::Load) });
        rates.insert("cpu_load_percent".into(), load);
        // Power that is the rise of a counter; what a sensor says at once is with the rails.
        let counted = |metric| view.quantity(Quantity::Energy).any(|(counter, _)| counter.same_part(metric));
        let mut powers = Map::new();
        let mut packages = None;
        for (metric, value) in view.quantity(Quantity::Power).filter(|(metric, _)| counted(metric)) {
            let Some(milliwatts) = value.map(|watts| watts * 1e3) else { continue };
            powers.insert(metric.label.clone(), json!(tidy(milliwatts)));
            if metric.key.part == Part::Rapl && metric.rail.as_ref().is_some_and(|rail| rail.role == RailRole::Share) {
                *packages.get_or_insert(0.0) += milliwatts;
            }
        }
        rates.insert("power_mw".into(), Value::Object(powers));
        rates.insert("power_total_mw_packages_only".into(), json!(packages.map(tidy)));
        // What only counters tell has a sum from here on.
        let total = power::total(&view);
        let why = match (self.0.get("power_total").is_none_or(Value::is_null), total.is_null()) {
            (true, true) => Some(power::why_no_total(&view)),
            (true, false) => Some("its counters have a power between two readings: two_samples.power_total".to_owned()),
            (false, _) => None,
        };
        self.missing("power_total", why);
        rates.insert("power_total".into(), total);
        let gpu = view.of(Part::Gpu, Quantity::Load).find(|(_, value)| value.is_some());
        rates.insert("gpu_load_percent".into(), gpu.map_or(Value::Null, |gpu| field(&gpu)));
        rates.insert("npu_load_percent".into(), one(Part::Npu, Quantity::Load));
        let net = [Quantity::Received, Quantity::Sent].map(|way| one(Part::Net, way));
        rates.insert("net_bytes_per_s".into(), json!({ "receive": net[0], "transmit": net[1] }));
        self.0.insert("two_samples".into(), Value::Object(rates));
    }

    /// Says why there are no rates.
    pub fn without_rates(&mut self, why: &str) {
        self.0.insert("two_samples".into(), Value::Null);
        self.missing("two_samples", Some(why.to_owned()));
    }

    /// Says why something is missing, or that it no longer is.
    fn missing(&mut self, name: &str, why: Option<String>) {
        let Some(Value::Object(missing)) = self.0.get_mut("unavailable") else { return };
        match why {
            Some(why) => drop(missing.insert(name.to_owned(), json!(why))),
            None => drop(missing.remove(name)),
        }
    }

    /// Says when it was taken, from 1970 on: a stream of snapshots needs that.
    pub fn at(&mut self, time: Duration) {
        let seconds = (time.as_secs_f64() * 1e3).round() / 1e3;
        self.0.insert("time_unix_s".into(), json!(seconds));
    }

    /// As one line of JSON, with a newline at the end.
    pub fn to_line(&self) -> String {
        let mut text = serde_json::to_string(&self.0).expect("a snapshot holds nothing that JSON cannot");
        text.push('\n');
        text
    }

    /// As pretty JSON, with a newline at the end.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(&self.0).expect("a snapshot holds nothing that JSON cannot");
        text.push('\n');
        text
    }

    /// For people: groups with titles, values with their units.
    pub fn to_text(&self) -> String {
        text(&self.0)
    }
}
