//! Rails, energy counters, battery.

use super::super::view::{View, field, tidy, whole};
use crate::sampler::{BatteryState, Details};
use nntop_core::event::{MetricDecl, Part, Quantity, TotalPower};
use serde_json::{Map, Value, json};

pub(super) fn write(out: &mut Map<String, Value>, details: &Details, view: &View<'_>) {
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
    out.insert("not_a_rail".into(), json!(details.rail_sums));
    out.insert("rapl".into(), rapl(details, view));
    out.insert("battery".into(), batteries(details, view));
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

fn rapl(details: &Details, view: &View<'_>) -> Value {
    let (mut zones, mut energy) = (Map::new(), Map::new());
    let mut range = None;
    for zone in &details.rapl {
        zones.insert(zone.directory.clone(), json!(zone.name));
        let is_its = |metric: &MetricDecl| {
            metric.device.path.as_deref().is_some_and(|path| path.rsplit('/').next() == Some(&*zone.directory))
        };
        let counter = view.of(Part::Rapl, Quantity::Energy).find(|(metric, _)| is_its(metric));
        let joules = counter.and_then(|(_, joules)| joules);
        energy.insert(zone.directory.clone(), json!(joules.map(|joules| whole((joules * 1e6).round()))));
        range = range.or(zone.range);
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
fn batteries(details: &Details, view: &View<'_>) -> Value {
    let all = &details.batteries;
    let Some(first) = all.first() else { return Value::Null };
    let of = |quantity, battery: &BatteryState| {
        view.of(Part::Battery, quantity).find(|(m, _)| m.device.path.as_deref() == Some(&*battery.directory))?.1
    };
    let powers = all.iter().filter_map(|battery| of(Quantity::Power, battery));
    let power = powers.reduce(|sum, watts| sum + watts);
    // The charge of all comes from what they hold; if one does not report that, it is the mean.
    let held = |when: usize| {
        let energy = all.iter().map(|battery| battery.energy[when]).sum::<Option<f64>>();
        energy.or_else(|| all.iter().map(|battery| battery.charge[when]).sum())
    };
    let charges: Option<Vec<f64>> = all.iter().map(|battery| of(Quantity::Charge, battery)).collect();
    let capacity = match (all.len(), charges) {
        (1, charges) => charges.map(|charges| charges[0]),
        (_, charges) => held(0).zip(held(1).filter(|full| *full > 0.0)).map_or_else(
            || charges.map(|all| (all.iter().sum::<f64>() / all.len() as f64).round()),
            |(now, full)| Some((now / full * 100.0).round()),
        ),
    };
    let discharging = all.iter().find(|battery| battery.status.as_deref() == Some("Discharging"));
    let mut out = json!({
        "capacity_percent": capacity.map(whole),
        "status": discharging.unwrap_or(first).status,
        "power_w": power.map(tidy),
        "ac_online": view.value(Part::Mains, Quantity::On).map(|on| on != 0.0),
    });
    if all.len() > 1 {
        let one = |battery: &BatteryState| {
            let name = battery.directory.rsplit('/').next().unwrap_or_default().to_owned();
            let facts = json!({
                "capacity_percent": of(Quantity::Charge, battery).map(whole),
                "status": battery.status,
                "power_w": of(Quantity::Power, battery).map(tidy),
            });
            (name, facts)
        };
        out["batteries"] = Value::Object(all.iter().map(one).collect());
    }
    out
}
