//! Rails, energy counters, battery.

use super::super::view::{View, field, tidy, whole};
use crate::sampler::{Root, battery};
use nntop_core::event::{MetricDecl, Part, Quantity, TotalPower};
use serde_json::{Map, Value, json};

const CHIPS: &str = "/sys/class/hwmon";
const ZONES: &str = "/sys/class/powercap";

pub(super) fn write(out: &mut Map<String, Value>, root: &Root, view: &View<'_>) {
    let counted = |metric: &MetricDecl| view.quantity(Quantity::Energy).any(|(counter, _)| counter.same_part(metric));
    let battery = |metric: &MetricDecl| metric.key.part == Part::Battery;
    let rails = || view.quantity(Quantity::Power).filter(|(metric, _)| !counted(metric) && !battery(metric));

    let mut shown = Map::new();
    for rail in rails() {
        let of_rail = [Quantity::Voltage, Quantity::Current]
            .map(|quantity| view.of(Part::Rail, quantity).find(|(metric, _)| metric.device.name == rail.0.device.name));
        let mut fields = Map::new();
        for metric in of_rail.into_iter().flatten().chain([rail]).filter(|(_, value)| value.is_some()) {
            if let Some(key) = metric.0.row().and_then(|row| row.json) {
                fields.insert(key.name.into(), field(&metric));
            }
        }
        shown.insert(rail.0.label.clone(), Value::Object(fields));
    }
    out.insert("power_rails".into(), Value::Object(shown));

    out.insert("power_total".into(), total(view));
    out.insert("not_a_rail".into(), json!(sums(root)));
    out.insert("rapl".into(), rapl(root, view));
    out.insert("battery".into(), self::battery(root, view));
}

/// The power of all, and the rails that it is the sum of; null where one of them has no reading.
pub(super) fn total(view: &View<'_>) -> Value {
    let Some(total) = TotalPower::of(view.all().map(|(metric, _)| metric)) else { return Value::Null };
    match total.watts(|id| view.read(id)) {
        Some(watts) => {
            json!({ "source": total.name(), "power_mw": whole(watts * 1e3), "scope": total.scope() })
        }
        None => Value::Null,
    }
}

/// Why there is no sum.
pub(super) fn why_no_total(view: &View<'_>) -> String {
    match TotalPower::of(view.all().map(|(metric, _)| metric)) {
        Some(total) => format!("no reading of {}", total.silent(|id| view.read(id)).join(", ")),
        None => "no rail is known to feed the whole machine or a processor".to_owned(),
    }
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
        let counter = view.of(Part::Rapl, Quantity::Energy).find(|(metric, _)| metric.source == source);
        let joules = counter.and_then(|(_, joules)| joules);
        energy.insert(directory.clone(), json!(joules.map(|joules| whole((joules * 1e6).round()))));
        range = range.or_else(|| root.number(format!("{ZONES}/{directory}/max_energy_range_uj")).ok());
    }
    if zones.is_empty() {
        return Value::Null;
    }
    let limits = view.of(Part::Rapl, Quantity::PowerLimit).filter(|(_, watts)| watts.is_some());
    let limits = limits.map(|limit| (limit.0.label.clone(), field(&limit)));
    json!({
        "zones": zones,
        "energy_uj": energy,
        "max_energy_range_uj": range.map(whole),
        "limits_mw": limits.collect::<Map<_, _>>(),
    })
}

/// All batteries together; where there are several, each by its name as well.
fn battery(root: &Root, view: &View<'_>) -> Value {
    let directories = battery::directories(root);
    let Some(first) = directories.first() else { return Value::Null };
    let status = |directory: &str| root.text(format!("{directory}/status"));
    let of = |quantity, directory: &str| {
        view.of(Part::Battery, quantity).find(|(m, _)| m.device.path.as_deref() == Some(directory))?.1
    };
    let powers = directories.iter().filter_map(|directory| of(Quantity::Power, directory));
    let power = powers.reduce(|sum, watts| sum + watts);
    // The charge of all comes from what they hold; if one does not report that, it is the mean.
    let held = |file: &str| {
        let kinds = [format!("energy_{file}"), format!("charge_{file}")];
        kinds.iter().find_map(|kind| {
            directories.iter().map(|directory| root.number(format!("{directory}/{kind}")).ok()).sum::<Option<f64>>()
        })
    };
    let charges: Option<Vec<f64>> = directories.iter().map(|directory| of(Quantity::Charge, directory)).collect();
    let capacity = match (directories.len(), charges) {
        (1, charges) => charges.map(|charges| charges[0]),
        (_, charges) => held("now").zip(held("full").filter(|full| *full > 0.0)).map_or_else(
            || charges.map(|all| (all.iter().sum::<f64>() / all.len() as f64).round()),
            |(now, full)| Some((now / full * 100.0).round()),
        ),
    };
    let discharging = directories.iter().find(|directory| status(directory).as_deref() == Some("Discharging"));
    let mut out = json!({
        "capacity_percent": capacity.map(whole),
        "status": status(discharging.unwrap_or(first)),
        "power_w": power.map(tidy),
        "ac_online": view.value(Part::Mains, Quantity::On).map(|on| on != 0.0),
    });
    if directories.len() > 1 {
        let one = |directory: &String| {
            let name = directory.rsplit('/').next().unwrap_or_default().to_owned();
            let facts = json!({
                "capacity_percent": of(Quantity::Charge, directory).map(whole),
                "status": status(directory),
                "power_w": of(Quantity::Power, directory).map(tidy),
            });
            (name, facts)
        };
        out["batteries"] = Value::Object(directories.iter().map(one).collect());
    }
    out
}
