//! A declaration as it stands in streams and recordings. Those from before parts and quantities have one flat word for
//! the kind of a metric, its group; such a declaration is read by that word and its name. The word is still written,
//! so that older programs read what newer ones say.

use super::decl::{MetricDecl, MetricId, Rail};
use super::key::{MetricKey, Part, PartId, Quantity};
use super::table::MetricRow;
use crate::event::Slot;
use crate::unit::Unit;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The word for what no older version knows.
const OTHER: &str = "other";

#[derive(Debug, Clone, Serialize, Deserialize)]
struct WireDecl {
    id: MetricId,
    name: String,
    #[serde(default)]
    group: String,
    label: String,
    unit: Unit,
    limit: Option<f64>,
    source: String,
    #[serde(default)]
    variant: Option<Slot>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rail: Option<Rail>,
    #[serde(default)]
    part: Option<Part>,
    #[serde(default)]
    quantity: Option<Quantity>,
    #[serde(default, skip_serializing_if = "is_only")]
    device: PartId,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    detail: String,
}

fn is_only(id: &PartId) -> bool {
    *id == PartId::only()
}

impl From<MetricDecl> for WireDecl {
    fn from(decl: MetricDecl) -> Self {
        let group = decl.row().map_or(OTHER, |row| row.group).to_owned();
        let MetricDecl { id, name, key, device, detail, label, unit, limit, source, variant, rail } = decl;
        let (part, quantity) = (Some(key.part), Some(key.quantity));
        Self { id, name, group, label, unit, limit, source, variant, rail, part, quantity, device, detail }
    }
}

impl From<WireDecl> for MetricDecl {
    fn from(wire: WireDecl) -> Self {
        let WireDecl { id, name, group, label, unit, limit, source, variant, rail, part, quantity, device, detail } =
            wire;
        let (key, device, detail) = match (part, quantity) {
            (Some(part), Some(quantity)) => (MetricKey { part, quantity }, device, detail),
            _ => of_group(&group, &name, &label, unit, &source),
        };
        Self { id, name, key, device, detail, label, unit, limit, source, variant, rail }
    }
}

impl Serialize for MetricDecl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        WireDecl::from(self.clone()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for MetricDecl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        WireDecl::deserialize(deserializer).map(Self::from)
    }
}

/// What a declaration with a group is about: the row of that group whose name fits best.
fn of_group(group: &str, name: &str, label: &str, unit: Unit, source: &str) -> (MetricKey, PartId, String) {
    let of_rapl = |row: &&MetricRow| (row.key.part == Part::Rapl) == source.contains("/powercap/");
    let shared = |row: &&MetricRow| {
        // A GPU without memory of its own said so in its label alone.
        let own = matches!(row.key.quantity, Quantity::Memory | Quantity::SharedMemory);
        !own || row.key.part != Part::Gpu || (row.key.quantity == Quantity::SharedMemory) == label.starts_with("shared")
    };
    let rows = || MetricRow::all().iter().filter(|row| row.group == group && group != OTHER);
    let fitting = rows().filter(of_rapl).filter(shared);
    let named = fitting.filter_map(|row| Some((row, row.name.take_apart(name)?)));
    // Of two names that fit the one with the shorter part is the more exact.
    if let Some((row, (part, detail))) = named.min_by_key(|(_, (part, detail))| part.len() + detail.len()) {
        return (row.key, PartId::named(part), detail);
    }
    let key = rows().find(|row| row.unit == unit).or_else(|| rows().next()).map_or_else(MetricKey::default, |r| r.key);
    (key, PartId::named(label), String::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn old(group: &str, name: &str, label: &str, unit: &str, source: &str) -> MetricDecl {
        let line = format!(
            r#"{{"id":3,"name":"{name}","group":"{group}","label":"{label}","unit":"{unit}","limit":null,"source":"{source}"}}"#
        );
        serde_json::from_str(&line).unwrap()
    }

    #[test]
    fn declarations_of_before_parts_are_read_by_group_and_name() {
        use Part::{Battery, Board, Core, Cpu, Gpu, MemoryController, Npu, NpuCore, Rail, Rapl, Unit, Zone};
        use Quantity as Q;
        let cases = [
            (("cpu", "cpu.load", "all", "percent", ""), Cpu, Q::Load, "", ""),
            (("cpu_core", "cpu.core.11", "11", "percent", ""), Core, Q::Load, "11", ""),
            (("cpu_clock", "cpu.clock.3", "3", "hertz", ""), Core, Q::Clock, "3", ""),
            (("cpu_clock", "cpu.clock.firmware", "firmware", "hertz", ""), Cpu, Q::Clock, "", ""),
            (
                ("temperature", "temp.coretemp/Core 1", "coretemp/Core 1", "celsius", ""),
                Zone,
                Q::Temperature,
                "coretemp/Core 1",
                "",
            ),
            (("temperature", "gpu.0.temp", "RTX", "celsius", ""), Gpu, Q::Temperature, "0", ""),
            (("gpu", "gpu.load", "GPU", "percent", ""), Gpu, Q::Load, "", ""),
            (("gpu_memory", "gpu.memory", "shared with the CPU", "bytes", ""), Gpu, Q::SharedMemory, "", ""),
            (("gpu_memory", "gpu.card1.memory", "Radeon", "bytes", ""), Gpu, Q::Memory, "card1", ""),
            (("gpu_memory", "gpu.card1.gtt", "Radeon", "bytes", ""), Gpu, Q::Gtt, "card1", ""),
            (("memory_controller", "gpu.card1.memory_load", "Radeon", "percent", ""), Gpu, Q::MemoryLoad, "card1", ""),
            (("memory_controller", "memory_controller.load", "EMC", "percent", ""), MemoryController, Q::Load, "", ""),
            (("npu", "npu.load", "NPU", "percent", ""), Npu, Q::Load, "", ""),
            (("npu", "npu.core.2", "NPU core 2", "percent", ""), NpuCore, Q::Load, "2", ""),
            (
                ("engine", "engine.VPU.fdbd0000.rkvenc-core.load", "x", "percent", ""),
                Unit,
                Q::Load,
                "VPU.fdbd0000.rkvenc-core",
                "",
            ),
            (("engine", "engine.DLA0.on", "DLA0", "count", ""), Unit, Q::On, "DLA0", ""),
            (("engine", "gpu.0.encoder", "RTX encoder", "percent", ""), Gpu, Q::EncoderLoad, "0", ""),
            (("power", "power.VDD_IN", "VDD_IN", "watts", "/sys/class/hwmon/hwmon1"), Rail, Q::Power, "VDD_IN", ""),
            (
                ("power", "power.package-0", "package-0", "watts", "/sys/class/powercap/intel-rapl:0"),
                Rapl,
                Q::Power,
                "package-0",
                "",
            ),
            (("power", "power.battery", "battery", "watts", ""), Battery, Q::Power, "", ""),
            (
                ("power_limit", "limit.package-0.long_term", "package-0 long_term", "watts", "/sys/class/powercap/x"),
                Rapl,
                Q::PowerLimit,
                "package-0",
                "long_term",
            ),
            (
                ("throttle_events", "throttle.core.0.events", "core too hot", "count", ""),
                Core,
                Q::ThrottleEvents,
                "0",
                "",
            ),
            (("throttle_events", "throttle.oc3", "over-current", "count", ""), Board, Q::ThrottleEvents, "", "oc3"),
            (
                ("throttle_now", "throttle.under_voltage.now", "under-voltage", "count", ""),
                Board,
                Q::Throttled,
                "",
                "under_voltage",
            ),
            (
                ("throttle_now", "throttle.cooling.cpufreq-cpu0.now", "heat", "count", ""),
                Part::Cooling,
                Q::Throttled,
                "cpufreq-cpu0",
                "",
            ),
            (
                ("throttle_now", "gpu.card0.throttle.pl1.now", "GPU held back", "count", ""),
                Gpu,
                Q::Throttled,
                "card0",
                "pl1",
            ),
            // Not a name that a sampler gave: the label tells parts apart.
            (("power", "x", "VDD_SOC", "watts", ""), Rail, Q::Power, "VDD_SOC", ""),
            (("warp_drive", "warp.load", "warp", "percent", ""), Part::Other, Q::Other, "warp", ""),
        ];
        for ((group, name, label, unit, source), part, quantity, device, detail) in cases {
            let decl = old(group, name, label, unit, source);
            let found = (decl.key, decl.device.name.as_str(), decl.detail.as_str());
            assert_eq!(found, (MetricKey::new(part, quantity), device, detail), "{group} {name}");
        }
    }

    #[test]
    fn every_metric_comes_back_from_the_wire_and_from_its_old_form() {
        for row in MetricRow::all() {
            let decl = MetricDecl {
                unit: row.unit,
                label: if row.key.quantity == Quantity::SharedMemory { "shared with the CPU" } else { "x" }.into(),
                source: if row.key.part == Part::Rapl { "/sys/class/powercap/x" } else { "x" }.into(),
                ..MetricDecl::with_detail(7, row.key, PartId::named("p0").driver("d").path("/sys/p0"), "d0".into())
            };
            let line = serde_json::to_string(&decl).unwrap();
            assert_eq!(serde_json::from_str::<MetricDecl>(&line).unwrap(), decl, "{line}");
            // As before: without part and quantity.
            let mut value: serde_json::Value = serde_json::from_str(&line).unwrap();
            let map = value.as_object_mut().unwrap();
            ["part", "quantity", "device", "detail"].iter().for_each(|key| drop(map.remove(*key)));
            assert_eq!(map["group"], row.group);
            let read: MetricDecl = serde_json::from_value(value).unwrap();
            if row.group != OTHER {
                assert_eq!(read.key, row.key, "{line}");
            }
        }
    }
}
