//! GPUs, neural processors, codecs, the memory controller, fans, power mode.

use super::super::view::{Metric, View, field, tidy, whole, written};
use nntop_core::event::{MetricDecl, Part, Quantity};
use serde_json::{Map, Value, json};

pub(super) fn write(out: &mut Map<String, Value>, view: &View<'_>) {
    let gpus = gpus(view);
    out.insert("gpu".into(), gpus.first().cloned().unwrap_or(Value::Null));
    if gpus.len() > 1 {
        out.insert("gpus".into(), json!(gpus));
    }
    out.insert("npu".into(), npu(view));
    let controller = || {
        let clock = view.first(Part::MemoryController, Quantity::Clock);
        clock.or_else(|| view.first(Part::MemoryController, Quantity::Load))
    };
    for (label, key) in [("EMC", "emc"), ("DDR", "ddr")] {
        if controller().is_some_and(|(metric, _)| metric.label == label) {
            out.insert(key.into(), memory_controller(view));
        }
    }
    units(out, view);
    out.insert("fan".into(), fan(view));
    let fans = fans(view);
    if fans.len() > 1 {
        out.insert("fans".into(), Value::Object(fans));
    }
    let mode = view.first(Part::Board, Quantity::PowerMode);
    let name = mode.filter(|(_, value)| value.is_some()).map(|(metric, _)| metric.label.as_str());
    out.insert("nvpmodel_mode".into(), mode.map_or(Value::Null, |mode| field(&mode)));
    out.insert("nvpmodel_name".into(), json!(name.filter(|label| !label.is_empty())));
    let pinned = view.value(Part::Board, Quantity::ClocksPinned);
    out.insert("clocks_pinned".into(), json!(pinned.map(|value| value != 0.0)));
}

/// What one piece of a part measures, under the keys of the table. Nulls are left out but for the keys in `always`.
fn object(metrics: &[Metric<'_>], always: &[&str]) -> Map<String, Value> {
    let mut out: Map<String, Value> = always.iter().map(|key| ((*key).to_owned(), Value::Null)).collect();
    for metric in metrics {
        let Some(key) = metric.0.row().and_then(|row| row.json) else { continue };
        let value = field(metric);
        if !value.is_null() {
            out.insert(key.name.into(), value);
        }
    }
    // What the hardware has at most, where nothing said what is allowed.
    for (metric, _) in metrics {
        if let Some(key) = metric.row().and_then(|row| row.limit_json)
            && (metric.limit.is_some() || always.contains(&key.name))
            && out.get(key.name).is_none_or(Value::is_null)
        {
            out.insert(key.name.into(), written(&key, metric.limit));
        }
    }
    out
}

fn gpus(view: &View<'_>) -> Vec<Value> {
    let mut names: Vec<&str> = Vec::new();
    for quantity in [Quantity::Load, Quantity::Clock, Quantity::Power] {
        for (metric, _) in view.of(Part::Gpu, quantity) {
            if !names.contains(&metric.device.name.as_str()) {
                names.push(&metric.device.name);
            }
        }
    }
    let gpu = |name: &&str| {
        let metrics: Vec<Metric<'_>> = view.device(Part::Gpu, name).collect();
        let find = |quantity| metrics.iter().find(|(metric, _)| metric.key.quantity == quantity);
        let memory = find(Quantity::Memory).or(find(Quantity::SharedMemory));
        let mut always = vec!["load_percent", "freq_mhz"];
        always.extend(memory.map(|_| "memory_used_bytes"));
        always.extend(memory.map(|_| "memory_total_bytes"));
        let mut out = object(&metrics, &always);
        let named = find(Quantity::Load).or(find(Quantity::Clock)).or(find(Quantity::Power));
        out.insert("name".into(), json!(named.map(|(metric, _)| metric.label.as_str())));
        if let Some((metric, _)) = named.filter(|(metric, _)| !metric.device.name.is_empty()) {
            out.insert("card".into(), json!(metric.device.name));
            out.extend(metric.device.driver.as_ref().map(|driver| ("driver".into(), json!(driver))));
            out.extend(metric.device.pci.as_ref().map(|pci| ("pci".into(), json!(pci))));
            beside(&mut out, view, metric);
        }
        Value::Object(out)
    };
    names.iter().map(gpu).collect()
}

/// What other sensors of the same card say: its fan, its temperatures.
fn beside(out: &mut Map<String, Value>, view: &View<'_>, gpu: &MetricDecl) {
    let same = |metric: &MetricDecl| metric.device.path.is_some() && metric.device.path == gpu.device.path;
    let of = |part, quantity| view.of(part, quantity).filter(move |(metric, value)| same(metric) && value.is_some());
    let temperatures = of(Part::Zone, Quantity::Temperature);
    let sensor = |label: &str| label.rsplit('/').next().unwrap_or(label).to_owned();
    let temperatures: Map<String, Value> =
        temperatures.map(|(metric, celsius)| (sensor(&metric.label), json!(celsius.map(tidy)))).collect();
    if !temperatures.is_empty() {
        out.insert("temps_c".into(), Value::Object(temperatures));
    }
    if let Some((_, Some(rpm))) = of(Part::Fan, Quantity::Speed).next() {
        out.insert("fan_rpm".into(), whole(rpm));
    }
    if let Some((_, Some(percent))) = of(Part::Fan, Quantity::Drive).next() {
        out.insert("fan_percent".into(), json!(tidy(percent)));
    }
}

fn npu(view: &View<'_>) -> Value {
    let metrics: Vec<Metric<'_>> = view.all().filter(|(metric, _)| metric.key.part == Part::Npu).collect();
    let has = |quantity| metrics.iter().any(|(metric, _)| metric.key.quantity == quantity);
    if !has(Quantity::Load) && !has(Quantity::Clock) {
        return Value::Null;
    }
    let mut out = object(&metrics, &["load_percent", "cores_percent", "freq_mhz", "max_mhz", "memory_used_bytes"]);
    let cores = view.of(Part::NpuCore, Quantity::Load).map(|core| (core.0.device.name.clone(), field(&core)));
    let cores: Map<String, Value> = cores.collect();
    if !cores.is_empty() {
        out.insert("cores_percent".into(), Value::Object(cores));
    }
    Value::Object(out)
}

fn memory_controller(view: &View<'_>) -> Value {
    let metrics: Vec<Metric<'_>> = view.all().filter(|(metric, _)| metric.key.part == Part::MemoryController).collect();
    Value::Object(object(&metrics, &["load_percent", "freq_mhz", "max_mhz", "cap_mhz"]))
}

/// Codecs and their kin by name; Rockchip's 2D engines and codecs under the names that its drivers have.
fn units(out: &mut Map<String, Value>, view: &View<'_>) {
    let mut families: Map<String, Value> = Map::new();
    for quantity in [Quantity::Load, Quantity::On, Quantity::Clock] {
        for (metric, value) in view.of(Part::Unit, quantity) {
            let Some(key) = metric.row().and_then(|row| row.json) else { continue };
            let family = match metric.device.driver.as_deref() {
                Some("rkrga") => "rga",
                Some("mpp_service") => "vpu",
                _ => "engines",
            };
            let value = match quantity {
                Quantity::On => json!(value.map(|on| on != 0.0)),
                _ => field(&(metric, value)),
            };
            let family = families.entry(family).or_insert_with(|| json!({}));
            family[metric.label.as_str()][key.name] = value;
        }
    }
    out.extend(families);
}

/// The board's fan; where there are others, the first of them that turns: a header may have none on it. Both figures are
/// those of one fan.
fn fan(view: &View<'_>) -> Value {
    let Some(name) = first_fan(view) else { return Value::Null };
    fan_named(view, name)
}

/// Every fan by its label, where there are several.
fn fans(view: &View<'_>) -> Map<String, Value> {
    let mut names: Vec<(&str, &str)> = Vec::new();
    for (metric, _) in view.all().filter(|(metric, _)| metric.key.part == Part::Fan) {
        if !names.iter().any(|(name, _)| *name == metric.device.name) {
            names.push((&metric.device.name, &metric.label));
        }
    }
    names.into_iter().map(|(name, label)| (label.to_owned(), fan_named(view, name))).collect()
}

fn first_fan<'a>(view: &View<'a>) -> Option<&'a str> {
    let fans = || view.all().filter(|(metric, _)| metric.key.part == Part::Fan);
    let turns =
        |(metric, value): &Metric<'a>| metric.key.quantity == Quantity::Speed && value.is_some_and(|rpm| rpm > 0.0);
    let own = fans().find(|(metric, _)| metric.device.name.is_empty());
    own.or_else(|| fans().find(turns)).or_else(|| fans().next()).map(|(metric, _)| metric.device.name.as_str())
}

fn fan_named(view: &View<'_>, name: &str) -> Value {
    let find = |quantity| view.of(Part::Fan, quantity).find(|(metric, _)| metric.device.name == name);
    let (drive, speed) = (find(Quantity::Drive), find(Quantity::Speed));
    // From the driver's own step, 0 to 255.
    let pwm = drive.and_then(|(_, percent)| percent).map(|percent| (percent * 2.55).round());
    json!({
        "pwm": pwm.map(whole),
        "pwm_percent": pwm.map(|pwm| 100.0 * (pwm / 255.0)),
        "rpm": speed.map(|speed| field(&speed)),
    })
}
