//! What samplers report: values of declared metrics, and sources that are not there.

use super::decl::MetricId;
use super::key::{MetricKey, Part};
use super::table::MetricRow;
use serde::{Deserialize, Serialize};

/// Why there is no reading: three answers, each with another way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lack {
    /// It is there, and served by a driver that nntop does not read, or that tells nothing: the reason names it.
    Unsupported,
    /// It is there and cannot be read: the reason says why, and what would grant it.
    Unreadable,
    /// The machine has no such thing.
    #[default]
    #[serde(other)]
    Absent,
}

/// A source that is not there, and why: `nntop doctor` prints these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "WireAbsent")]
pub struct Absent {
    /// What is missing: a metric's name, or the common start of several.
    pub name: String,
    /// Why, and where the way is known, what to do.
    pub reason: String,
    /// The kind of part that it is about.
    pub part: Part,
    /// Whether there is no such thing, or it cannot be read, or its driver is not supported.
    pub lack: Lack,
}

impl Absent {
    /// Whether it may be why there is no such metric: it is about that kind of part, and names no other metric of it.
    pub fn concerns(&self, key: MetricKey) -> bool {
        let mut rows = MetricRow::all().iter().filter(|row| row.key.part == self.part);
        let named = rows.find(|row| row.name.take_apart(&self.name).is_some());
        self.part == key.part && named.is_none_or(|row| row.key == key)
    }
}

/// As it stands in streams: those from before parts have the name alone.
#[derive(Deserialize)]
struct WireAbsent {
    name: String,
    reason: String,
    #[serde(default)]
    part: Option<Part>,
    #[serde(default)]
    lack: Lack,
}

impl From<WireAbsent> for Absent {
    fn from(WireAbsent { name, reason, part, lack }: WireAbsent) -> Self {
        let rows = || MetricRow::all().iter();
        let of_name = || {
            let whole = rows().find(|row| row.name.take_apart(&name).is_some());
            let source = name.split('.').next().unwrap_or_default();
            whole.or_else(|| rows().find(|row| row.name.source() == source)).map(|row| row.key.part)
        };
        let part = part.or_else(of_name).unwrap_or_default();
        Self { name, reason, part, lack }
    }
}

/// One pass over the samplers.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Readings {
    /// Metric and value in its unit; `None` where this reading failed.
    pub values: Vec<(MetricId, Option<f64>)>,
    /// What sampling costs: how long the pass took, in nanoseconds, and with it the passes over the power rails
    /// alone since the last full one. 0 in those.
    #[serde(default)]
    pub cost_ns: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Quantity;

    #[test]
    fn a_reason_of_before_parts_finds_its_part_by_its_name() {
        let part = |name: &str| {
            let line = format!(r#"{{"name":"{name}","reason":"r"}}"#);
            serde_json::from_str::<Absent>(&line).unwrap().part
        };
        use Part::{Cpu, Gpu, Net, Npu, Rail, Unit, Worker, Zone};
        let names =
            ["cpu.load", "gpu.nvidia", "gpu.load", "npu.load", "engine", "temp", "net", "power.rail", "worker.gpu"];
        assert_eq!(names.map(part), [Cpu, Gpu, Gpu, Npu, Unit, Zone, Net, Rail, Worker]);
        assert_eq!(part("warp"), Part::Other);
    }

    #[test]
    fn a_reason_is_about_the_metric_that_it_names_or_about_the_whole_part() {
        let concerns = |part, name: &str, quantity| {
            Absent { name: name.into(), reason: String::new(), part, lack: Lack::Absent }
                .concerns(MetricKey::new(part, quantity))
        };
        assert!(
            concerns(Part::Gpu, "gpu.nvidia", Quantity::Load) && concerns(Part::Gpu, "gpu.nvidia", Quantity::Clock)
        );
        assert!(concerns(Part::Gpu, "gpu.card0.load", Quantity::Load));
        assert!(!concerns(Part::Gpu, "gpu.card0.load", Quantity::Clock));
        assert!(!concerns(Part::Cpu, "cpu.clock.firmware", Quantity::Load));
        assert!(!concerns(Part::Worker, "worker.gpu", Quantity::Load));
    }
}
