//! GPUs, neural processors, codecs, the memory controller, fans, power mode.

use super::{View, megahertz, tidy, whole};
use nntop_core::event::{Group, MetricDecl};
use serde_json::{Map, Value, json};

pub(super) fn write(out: &mut Map<String, Value>, view: &View<'_>) {
    let gpus = gpus(view);
    out.insert("gpu".into(), gpus.first().cloned().unwrap_or(Value::Null));
    if gpus.len() > 1 {
        out.insert("gpus".into(), json!(gpus));
    }
    out.insert("npu".into(), npu(view));
    let controller = view.group(Group::MemoryControllerClock).chain(view.group(Group::MemoryController)).next();
    for (label, key) in [("EMC", "emc"), ("DDR", "ddr")] {
        if controller.is_some_and(|(metric, _)| metric.label == label) {
            out.insert(key.into(), memory_controller(view));
        }
    }
    engines(out, view);
    let fan = fan(view);
    out.insert("fan".into(), fan);
    let mode = view.metric("power_mode").filter(|_| view.value("power_mode").is_some());
    out.insert("nvpmodel_mode".into(), json!(view.value("power_mode").map(whole)));
    out.insert("nvpmodel_name".into(), json!(mode.map(|m| m.label.as_str()).filter(|label| !label.is_empty())));
    let pinned = view.group(Group::ClocksPinned).next().and_then(|(_, value)| value);
    out.insert("clocks_pinned".into(), json!(pinned.map(|value| value != 0.0)));
}

/// A metric's name up to its last part: `gpu.0` of `gpu.0.load`.
fn device(metric: &MetricDecl) -> &str {
    metric.name.rsplit_once('.').map_or("", |(device, _)| device)
}

fn gpus(view: &View<'_>) -> Vec<Value> {
    let mut names: Vec<&str> = Vec::new();
    for group in [Group::Gpu, Group::GpuClock] {
        for (metric, _) in view.group(group) {
            if !names.contains(&device(metric)) {
                names.push(device(metric));
            }
        }
    }
    let gpu = |name: &&str| {
        let metric = |what: &str| view.metric(&format!("{name}.{what}"));
        let value = |what: &str| view.value(&format!("{name}.{what}"));
        let mut out = Map::new();
        let label = metric("load").or(metric("clock")).map(|metric| metric.label.as_str());
        out.insert("name".into(), json!(label));
        out.insert("load_percent".into(), json!(value("load").map(tidy)));
        out.insert("freq_mhz".into(), megahertz(value("clock")));
        for (key, what) in [("min_mhz", "clock.min"), ("max_mhz", "clock.max")] {
            let megahertz = megahertz(value(what));
            if !megahertz.is_null() {
                out.insert(key.into(), megahertz);
            }
        }
        if let Some(limit) = metric("clock").and_then(|metric| metric.limit).filter(|_| !out.contains_key("max_mhz")) {
            out.insert("max_mhz".into(), megahertz(Some(limit)));
        }
        if let Some(memory) = metric("memory") {
            out.insert("memory_used_bytes".into(), json!(value("memory").map(whole)));
            out.insert("memory_total_bytes".into(), json!(memory.limit.map(whole)));
        }
        let more = [
            ("gtt_used_bytes", "gtt", 1.0),
            ("memory_load_percent", "memory_load", 1.0),
            ("memory_freq_mhz", "memory_clock", 1e-6),
            ("encoder_percent", "encoder", 1.0),
            ("decoder_percent", "decoder", 1.0),
            ("temp_c", "temp", 1.0),
            ("power_mw", "power", 1e3),
            ("energy_mj", "energy", 1e3),
            ("pcie_receive_bytes_per_s", "pcie.receive", 1.0),
            ("pcie_transmit_bytes_per_s", "pcie.transmit", 1.0),
        ];
        for (key, what, factor) in more {
            if let Some(value) = value(what) {
                out.insert(key.into(), whole(value * factor));
            }
        }
        Value::Object(out)
    };
    names.iter().map(gpu).collect()
}

fn npu(view: &View<'_>) -> Value {
    let (load, clock) = (view.metric("npu.load"), view.metric("npu.clock"));
    if load.is_none() && clock.is_none() {
        return Value::Null;
    }
    let cores = view.group(Group::Npu).filter_map(|(m, value)| Some((m.name.strip_prefix("npu.core.")?, value)));
    let cores: Map<String, Value> = cores.map(|(n, value)| (n.to_owned(), json!(value.map(tidy)))).collect();
    json!({
        "load_percent": view.value("npu.load").map(tidy),
        "cores_percent": (!cores.is_empty()).then_some(cores),
        "freq_mhz": megahertz(view.value("npu.clock")),
        "max_mhz": megahertz(clock.and_then(|metric| metric.limit)),
        "memory_used_bytes": view.value("npu.memory").map(whole),
    })
}

fn memory_controller(view: &View<'_>) -> Value {
    let clock = view.metric("memory_controller.clock");
    json!({
        "load_percent": view.value("memory_controller.load").map(tidy),
        "freq_mhz": megahertz(view.value("memory_controller.clock")),
        "max_mhz": megahertz(clock.and_then(|metric| metric.limit)),
        "cap_mhz": megahertz(view.value("memory_controller.clock.max")),
    })
}

/// Codecs and their kin by name; Rockchip's 2D engines and codecs under the names that its drivers have.
fn engines(out: &mut Map<String, Value>, view: &View<'_>) {
    let mut families: Map<String, Value> = Map::new();
    for group in [Group::Engine, Group::EngineClock] {
        for (metric, value) in view.group(group) {
            let Some((engine, what)) = metric.name.strip_prefix("engine.").and_then(|name| name.rsplit_once('.'))
            else {
                continue;
            };
            let (family, name) = match engine.strip_prefix("VPU.") {
                Some(name) => ("vpu", name),
                None if engine.starts_with("RGA") => ("rga", metric.label.as_str()),
                None => ("engines", engine),
            };
            let value = match what {
                "load" => ("load_percent", json!(value.map(tidy))),
                "clock" => ("freq_mhz", megahertz(value)),
                "on" => ("on", json!(value.map(|on| on != 0.0))),
                _ => continue,
            };
            let family = families.entry(family).or_insert_with(|| json!({}));
            family[name][value.0] = value.1;
        }
    }
    out.extend(families);
}

/// The board's fan; where there are others, the first of them.
fn fan(view: &View<'_>) -> Value {
    let first = |group| {
        let own = view.group(group).find(|(metric, _)| metric.label == "fan");
        own.or_else(|| view.group(group).next())
    };
    let (drive, speed) = (first(Group::Fan), first(Group::FanSpeed));
    if drive.is_none() && speed.is_none() {
        return Value::Null;
    }
    // From the driver's own step, 0 to 255.
    let pwm = drive.and_then(|(_, percent)| percent).map(|percent| (percent * 2.55).round());
    json!({
        "pwm": pwm.map(whole),
        "pwm_percent": pwm.map(|pwm| 100.0 * (pwm / 255.0)),
        "rpm": speed.and_then(|(_, rpm)| rpm).map(whole),
    })
}
