//! Rails, energy counters, battery.

use super::{View, tidy, whole};
use crate::sampler::Root;
use nntop_core::event::{Group, MetricDecl, RailRole};
use serde_json::{Map, Value, json};

const CHIPS: &str = "/sys/class/hwmon";
const ZONES: &str = "/sys/class/powercap";
const SUPPLIES: &str = "/sys/class/power_supply";

pub(super) fn write(out: &mut Map<String, Value>, root: &Root, view: &View<'_>) {
    let counted = |metric: &MetricDecl| view.group(Group::Energy).any(|(counter, _)| counter.label == metric.label);
    let battery = |metric: &MetricDecl| metric.rail.as_ref().is_some_and(|rail| rail.role == RailRole::Battery);
    let rails = || view.group(Group::Power).filter(|(metric, _)| !counted(metric) && !battery(metric));

    let mut shown = Map::new();
    for (metric, watts) in rails() {
        let mut rail = Map::new();
        let mut put = |name: &str, value: Option<f64>| {
            if let Some(value) = value {
                rail.insert(name.into(), whole(value * 1e3));
            }
        };
        put("voltage_mv", view.value(&format!("voltage.{}", metric.label)));
        put("current_ma", view.value(&format!("current.{}", metric.label)));
        put("power_mw", watts);
        shown.insert(metric.label.clone(), Value::Object(rail));
    }
    out.insert("power_rails".into(), Value::Object(shown));

    // The input where there is one; else what adds up. Never both: one holds the other.
    let of = |role: RailRole| rails().filter(move |(m, _)| m.rail.as_ref().is_some_and(|rail| rail.role == role));
    let role = if of(RailRole::Input).next().is_some() { RailRole::Input } else { RailRole::Share };
    let names: Vec<&str> = of(role).map(|(metric, _)| metric.label.as_str()).collect();
    let sum: Option<f64> = of(role).map(|(_, watts)| watts).sum();
    let total = match sum.filter(|_| !names.is_empty()) {
        Some(watts) => json!({ "source": names.join("+"), "power_mw": whole(watts * 1e3) }),
        None => Value::Null,
    };
    out.insert("power_total".into(), total);
    out.insert("not_a_rail".into(), json!(sums(root)));
    out.insert("rapl".into(), rapl(root, view));
    out.insert("battery".into(), self::battery(root, view));
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

fn rapl(root: &Root, view: &View<'_>) -> Value {
    let directories = root.list(ZONES).into_iter().filter(|name| name.starts_with("intel-rapl:"));
    let (mut zones, mut energy) = (Map::new(), Map::new());
    let mut range = None;
    for directory in directories {
        let Some(name) = root.text(format!("{ZONES}/{directory}/name")) else { continue };
        zones.insert(directory.clone(), json!(name));
        let source = format!("{ZONES}/{directory}/energy_uj");
        let counter = view.group(Group::Energy).find(|(metric, _)| metric.source == source);
        let joules = counter.and_then(|(_, joules)| joules);
        energy.insert(directory.clone(), json!(joules.map(|joules| whole((joules * 1e6).round()))));
        range = range.or_else(|| root.number(format!("{ZONES}/{directory}/max_energy_range_uj")).ok());
    }
    if zones.is_empty() {
        return Value::Null;
    }
    let limits = view.group(Group::PowerLimit).filter_map(|(m, watts)| Some((m.label.clone(), whole(watts? * 1e3))));
    json!({
        "zones": zones,
        "energy_uj": energy,
        "max_energy_range_uj": range.map(whole),
        "limits_mw": limits.collect::<Map<_, _>>(),
    })
}

fn battery(root: &Root, view: &View<'_>) -> Value {
    let is_battery = |name: &String| {
        let text = |file: &str| root.text(format!("{SUPPLIES}/{name}/{file}"));
        text("type").as_deref() == Some("Battery") && text("scope").as_deref() != Some("Device")
    };
    let Some(name) = root.list(SUPPLIES).into_iter().find(is_battery) else { return Value::Null };
    json!({
        "capacity_percent": view.value("battery.charge").map(whole),
        "status": root.text(format!("{SUPPLIES}/{name}/status")),
        "power_w": view.value("power.battery").map(tidy),
        "ac_online": view.value("battery.plugged_in").map(|on| on != 0.0),
    })
}
