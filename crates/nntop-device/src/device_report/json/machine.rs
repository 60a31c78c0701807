//! Who the machine is, its processor, its memory, its temperatures.

use super::super::view::{View, field, megahertz, tidy, whole};
use crate::sampler::Details;
use nntop_core::event::{Fact, Part, Quantity};
use serde_json::{Map, Value, json};

pub(super) fn write(
    out: &mut Map<String, Value>,
    missing: &mut Map<String, Value>,
    details: &Details,
    view: &View<'_>,
) {
    let (machine, host) = (&details.machine, &details.machine.host);
    let facts = [
        ("board", machine.slug.as_ref()),
        ("vendor", host.vendor.as_ref()),
        ("model", host.board.as_ref()),
        ("soc", host.soc.as_ref()),
        ("l4t", host.l4t.as_ref()),
        ("jetpack", host.jetpack.as_ref()),
        ("kernel", host.kernel.as_ref()),
        ("os", host.os.as_ref()),
    ];
    for (name, value) in facts {
        out.insert(name.into(), json!(value));
        if value.is_none() && ["model", "kernel", "vendor"].contains(&name) {
            missing.insert(name.into(), json!(unnamed(machine.is_hidden, machine.is_container)));
        }
    }
    let about = &machine.about;
    let named = |facts: &[Fact]| facts.iter().map(|fact| (fact.name.clone(), json!(fact.value))).collect::<Map<_, _>>();
    out.insert("hostname".into(), json!(host.name));
    out.insert("module".into(), json!(about.module));
    out.insert("part_number".into(), json!(about.part_number));
    out.insert("cuda_arch".into(), json!(about.cuda_arch));
    out.insert("libraries".into(), Value::Object(named(&about.libraries)));
    out.insert("interfaces".into(), Value::Object(named(&about.interfaces)));
    out.insert("cpu".into(), cpu(details, view));
    out.insert("memory".into(), memory(details, missing, view));

    let mut temperatures = Map::new();
    let mut silent = Vec::new();
    for (metric, value) in view.quantity(Quantity::Temperature) {
        match value {
            Some(celsius) => drop(temperatures.insert(metric.label.clone(), json!(tidy(celsius)))),
            None => silent.push(metric.label.clone()),
        }
    }
    let constants: Map<String, Value> =
        details.constants.iter().map(|(label, celsius)| (label.clone(), json!(celsius))).collect();
    out.insert("temps_c".into(), Value::Object(temperatures));
    out.insert("temps_bogus".into(), Value::Object(constants));
    out.insert("temps_unavailable".into(), json!(silent));
}

/// Why a machine has no name.
fn unnamed(hidden: bool, container: bool) -> &'static str {
    match (hidden, container) {
        (true, true) => {
            "a container hides /sys/firmware, where a board's name is: start it with \
             -v /proc/device-tree:/proc/device-tree:ro, or look from outside"
        }
        (true, false) => "no device tree and no DMI here, as in a container, and /proc does not name it",
        (false, _) => "neither device tree, DMI nor /proc name it",
    }
}

fn cpu(details: &Details, view: &View<'_>) -> Value {
    let host = &details.machine.host;
    let cores = view.of(Part::Core, Quantity::Load).count();
    let logical = details.cpu.logical.unwrap_or(cores.max(host.cpus));
    let clocks = view.of(Part::Core, Quantity::Clock).filter(|(_, value)| value.is_some());
    let clocks = clocks.map(|clock| (clock.0.label.clone(), field(&clock)));
    let (least, most) = details.cpu.clocks;
    let mut out = json!({
        "model_name": host.cpu_model,
        "logical": logical,
        "online": host.cpus,
        "governor": host.governor,
        "freq_mhz": clocks.collect::<Map<_, _>>(),
        "firmware_mhz": megahertz(view.value(Part::Cpu, Quantity::Clock)),
        "min_mhz": megahertz(least),
        "max_mhz": megahertz(most),
        "allowed_max_mhz": megahertz(
            view.of(Part::Policy, Quantity::ClockCap).filter_map(|(_, v)| v).reduce(f64::max)
        ),
    });
    if let Some(limit) = view.value(Part::Cpu, Quantity::Allowance) {
        out["limit"] = json!(tidy(limit));
        if let Some((periods, throttled)) = details.limit_periods {
            out["limit_periods"] = whole(periods);
            out["limit_periods_throttled"] = whole(throttled);
        }
    }
    out
}

fn memory(details: &Details, missing: &mut Map<String, Value>, view: &View<'_>) -> Value {
    let memory = &details.memory;
    let (total, available) = (memory.total, memory.available);
    let difference = |a: Option<f64>, b: Option<f64>| Some((a? - b?).max(0.0));
    let mut out = Map::new();
    let mut put = |name: &str, value: Option<f64>| drop(out.insert(name.into(), json!(value.map(whole))));
    put("total_bytes", total);
    put("available_bytes", available);
    put("used_bytes", difference(total, available));
    put("free_bytes", memory.free);
    put("buffers_bytes", memory.buffers);
    put("cached_bytes", memory.cached);
    put("swap_total_bytes", memory.swap_total);
    put("swap_used_bytes", difference(memory.swap_total, memory.swap_free));
    if let Some(limit) = view.value(Part::Memory, Quantity::Allowance) {
        put("limit_bytes", Some(limit));
        let used = view.first(Part::Memory, Quantity::Memory);
        put("used_bytes", used.and_then(|(_, used)| used));
        out.insert("used_definition".into(), json!(used.map(|(metric, _)| metric.source.as_str())));
        return Value::Object(out);
    }
    match available {
        Some(_) => drop(out.insert("used_definition".into(), json!("MemTotal - MemAvailable"))),
        None if total.is_some() => {
            out.insert("no_memavailable".into(), json!(true));
            let why = "/proc/meminfo: no line MemAvailable (kernels before 3.14)";
            missing.insert("memory.available_bytes".into(), json!(why));
            missing.insert("memory.used_bytes".into(), json!(why));
        }
        None => {}
    }
    Value::Object(out)
}
