//! Who the machine is, its processor, its memory, its temperatures.

use super::super::view::{View, field, megahertz, tidy, whole};
use crate::sampler::parse::{cpu_list, kilobytes};
use crate::sampler::{Root, about, cgroup, identity, thermal};
use nntop_core::event::{Fact, HostInfo, Part, Quantity};
use serde_json::{Map, Value, json};

const CPUS: &str = "/sys/devices/system/cpu";

pub(super) fn write(
    out: &mut Map<String, Value>,
    missing: &mut Map<String, Value>,
    root: &Root,
    host: &HostInfo,
    view: &View<'_>,
) {
    let slug = identity::slug(root, host.board.as_deref());
    let facts = [
        ("board", slug.as_ref()),
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
            missing.insert(name.into(), json!(unnamed(root)));
        }
    }
    let about = about(root);
    let named = |facts: Vec<Fact>| facts.into_iter().map(|fact| (fact.name, json!(fact.value))).collect::<Map<_, _>>();
    out.insert("hostname".into(), json!(host.name));
    out.insert("module".into(), json!(about.module));
    out.insert("part_number".into(), json!(about.part_number));
    out.insert("cuda_arch".into(), json!(about.cuda_arch));
    out.insert("libraries".into(), Value::Object(named(about.libraries)));
    out.insert("interfaces".into(), Value::Object(named(about.interfaces)));
    out.insert("cpu".into(), cpu(root, host, view));
    out.insert("memory".into(), memory(root, missing, view));

    let mut temperatures = Map::new();
    let mut silent = Vec::new();
    for (metric, value) in view.quantity(Quantity::Temperature) {
        match value {
            Some(celsius) => drop(temperatures.insert(metric.label.clone(), json!(tidy(celsius)))),
            None => silent.push(metric.label.clone()),
        }
    }
    let constants: Map<String, Value> =
        thermal::constants(root).into_iter().map(|(label, celsius)| (label, json!(celsius))).collect();
    out.insert("temps_c".into(), Value::Object(temperatures));
    out.insert("temps_bogus".into(), Value::Object(constants));
    out.insert("temps_unavailable".into(), json!(silent));
}

/// Why a machine has no name.
fn unnamed(root: &Root) -> &'static str {
    let hidden = !root.exists("/sys/firmware/devicetree/base") && !root.exists("/sys/class/dmi/id");
    match (hidden, cgroup::is_container(root)) {
        (true, true) => {
            "a container hides /sys/firmware, where a board's name is: start it with \
             -v /proc/device-tree:/proc/device-tree:ro, or look from outside"
        }
        (true, false) => "no device tree and no DMI here, as in a container, and /proc does not name it",
        (false, _) => "neither device tree, DMI nor /proc name it",
    }
}

fn cpu(root: &Root, host: &HostInfo, view: &View<'_>) -> Value {
    let listed = |file: &str| root.text(format!("{CPUS}/{file}")).map(|list| cpu_list(&list).len()).filter(|n| *n > 0);
    let cores = view.of(Part::Core, Quantity::Load).count();
    let logical = listed("present").or_else(|| listed("possible")).unwrap_or(cores.max(host.cpus));
    let clocks = view.of(Part::Core, Quantity::Clock).filter(|(_, value)| value.is_some());
    let clocks = clocks.map(|clock| (clock.0.label.clone(), field(&clock)));
    let policies = || root.list(format!("{CPUS}/cpufreq")).into_iter().filter(|name| name.starts_with("policy"));
    let khz = |policy: String, file: &str| root.number(format!("{CPUS}/cpufreq/{policy}/{file}")).ok();
    let most =
        policies().filter_map(|policy| khz(policy, "cpuinfo_max_freq")).filter(|khz| *khz > 0.0).reduce(f64::max);
    let least =
        policies().filter_map(|policy| khz(policy, "cpuinfo_min_freq")).filter(|khz| *khz > 0.0).reduce(f64::min);
    let mut out = json!({
        "model_name": host.cpu_model,
        "logical": logical,
        "online": host.cpus,
        "governor": host.governor,
        "freq_mhz": clocks.collect::<Map<_, _>>(),
        "firmware_mhz": megahertz(view.value(Part::Cpu, Quantity::Clock)),
        "min_mhz": megahertz(least.map(|khz| khz * 1e3)),
        "max_mhz": megahertz(most.map(|khz| khz * 1e3)),
        "allowed_max_mhz": megahertz(
            view.of(Part::Policy, Quantity::ClockCap).filter_map(|(_, v)| v).reduce(f64::max)
        ),
    });
    if let Some(limit) = view.value(Part::Cpu, Quantity::Allowance) {
        out["limit"] = json!(tidy(limit));
        if let Some((periods, throttled)) = cgroup::periods(root) {
            out["limit_periods"] = whole(periods);
            out["limit_periods_throttled"] = whole(throttled);
        }
    }
    out
}

fn memory(root: &Root, missing: &mut Map<String, Value>, view: &View<'_>) -> Value {
    let text = root.read("/proc/meminfo").unwrap_or_default();
    let bytes = |key: &str| kilobytes(&text, key);
    let (total, available) = (bytes("MemTotal"), bytes("MemAvailable"));
    let difference = |a: Option<f64>, b: Option<f64>| Some((a? - b?).max(0.0));
    let mut out = Map::new();
    let mut put = |name: &str, value: Option<f64>| drop(out.insert(name.into(), json!(value.map(whole))));
    put("total_bytes", total);
    put("available_bytes", available);
    put("used_bytes", difference(total, available));
    put("free_bytes", bytes("MemFree"));
    put("buffers_bytes", bytes("Buffers"));
    put("cached_bytes", bytes("Cached"));
    put("swap_total_bytes", bytes("SwapTotal"));
    put("swap_used_bytes", difference(bytes("SwapTotal"), bytes("SwapFree")));
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
