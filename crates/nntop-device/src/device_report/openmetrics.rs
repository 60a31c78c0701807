//! The device as OpenMetrics 1.0 text, for Prometheus and its kin: what `nntop exporter` serves.
//!
//! Names end with their unit, counters with `_total`, loads are ratios from 0 to 1. What cannot be read is left out;
//! `nntop_source_up` says so, with the reason. The format: <https://prometheus.io/docs/specs/om/open_metrics_spec/>.

use crate::sampler::Samplers;
use nntop_core::event::{HostInfo, MetricDecl, MetricFamily, MetricRow, Part, Readings, TotalPower};
use nntop_core::unit::{Nanos, Unit};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// The media type of the text.
pub const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What the samplers have read, as text. `cost` is how long the reading took.
pub fn openmetrics(host: &HostInfo, samplers: &Samplers, readings: &Readings, cost: Nanos) -> String {
    let values: BTreeMap<u16, f64> =
        readings.values.iter().filter_map(|(id, value)| Some((*id, value.filter(|v| v.is_finite())?))).collect();
    let mut out = Text::default();
    out.info("nntop_build", "nntop build", &[("version", env!("CARGO_PKG_VERSION"))]);
    let facts = [("model", &host.board), ("soc", &host.soc), ("kernel", &host.kernel), ("l4t", &host.l4t)];
    let facts: Vec<(&str, &str)> = facts.iter().filter_map(|(name, fact)| Some((*name, fact.as_deref()?))).collect();
    out.info("nntop_device", "Device information", &facts);
    for family in families() {
        let mut rows = Rows::new(family.family);
        for metric in samplers.declarations().iter() {
            let Some(row) = metric.row() else { continue };
            if row.family == Some(family.family) {
                rows.extend(metric, values.get(&metric.id).copied());
            } else if row.limit_family == Some(family.family) {
                rows.extend(metric, metric.limit);
            }
        }
        out.rows(family.unit, rows);
    }
    out.total(samplers.declarations(), &values);
    out.custom(samplers.declarations(), &values);
    out.sources(samplers, &values);
    let help = "How long reading all these metrics took";
    out.head("nntop_sample_duration_seconds", "gauge", "seconds", help);
    out.line("nntop_sample_duration_seconds", &[], cost.as_secs_f64());
    out.0.push_str("# EOF\n");
    out.0
}

/// A family, and what its values count in.
struct Counted {
    family: MetricFamily,
    unit: Unit,
}

/// Limits whose families stand at the end of the text: they were the last to come, and the order is kept.
const LAST: [&str; 2] = ["nntop_npu_clock_max_hertz", "nntop_memory_controller_clock_max_hertz"];

/// All families in the order of the table, each once.
fn families() -> Vec<Counted> {
    let mut out: Vec<Counted> = Vec::new();
    let mut last: Vec<Counted> = Vec::new();
    for row in MetricRow::all() {
        for family in [row.family, row.limit_family].into_iter().flatten() {
            let list = if LAST.contains(&family.name) { &mut last } else { &mut out };
            if list.iter().all(|known| known.family.name != family.name) {
                list.push(Counted { family, unit: row.unit });
            }
        }
    }
    out.extend(last);
    out
}

/// A unit as names end with it, and the factor to it from ours.
const fn suffix(unit: Unit) -> (&'static str, f64) {
    match unit {
        Unit::Percent => ("ratio", 0.01),
        Unit::Hertz => ("hertz", 1.0),
        Unit::Bytes => ("bytes", 1.0),
        Unit::BytesPerSecond => ("bytes_per_second", 1.0),
        Unit::Celsius => ("celsius", 1.0),
        Unit::Watts => ("watts", 1.0),
        Unit::Joules => ("joules", 1.0),
        Unit::Volts => ("volts", 1.0),
        Unit::Amperes => ("amperes", 1.0),
        Unit::Nanoseconds => ("seconds", 1e-9),
        Unit::Rpm => ("rpm", 1.0),
        Unit::Count => ("", 1.0),
    }
}

/// A value in the unit of the text. A ratio is without the dust that a hundredth leaves in binary fractions.
fn scaled(unit: Unit, value: f64) -> f64 {
    let value = value * suffix(unit).1;
    if unit == Unit::Percent { (value * 1e9).round() / 1e9 } else { value }
}

/// The rows of a family. No two have the same labels, as the format demands.
struct Rows {
    family: MetricFamily,
    seen: BTreeSet<Vec<(&'static str, String)>>,
    rows: Vec<(Vec<(&'static str, String)>, f64)>,
}

impl Rows {
    fn new(family: MetricFamily) -> Self {
        Self { family, seen: BTreeSet::new(), rows: Vec::new() }
    }

    fn extend(&mut self, metric: &MetricDecl, value: Option<f64>) {
        let Some(value) = value else { return };
        let mut labels = Vec::new();
        if !self.family.label.is_empty() {
            labels.push((self.family.label, metric.label.clone()));
        }
        if let Some(rail) = metric.rail.as_ref().filter(|_| self.family.label == "rail") {
            labels.push(("scope", rail.scope.clone()));
        }
        if !self.seen.insert(labels.clone()) {
            // Two of a device, as a GPU's own memory and what it has of the machine's.
            labels.push(("metric", metric.name.clone()));
            if !self.seen.insert(labels.clone()) {
                return;
            }
        }
        self.rows.push((labels, value));
    }
}

/// The text as it grows.
#[derive(Default)]
struct Text(String);

impl Text {
    fn head(&mut self, name: &str, kind: &str, unit: &str, help: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "# TYPE {name} {kind}");
        if !unit.is_empty() {
            let _ = writeln!(self.0, "# UNIT {name} {unit}");
        }
        let _ = writeln!(self.0, "# HELP {name} {}", escaped(help));
    }

    fn line(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        self.0.push_str(name);
        for (i, (label, text)) in labels.iter().enumerate() {
            let _ = write!(self.0, "{}{label}=\"{}\"", if i == 0 { "{" } else { "," }, escaped(text));
        }
        let _ = writeln!(self.0, "{} {value}", if labels.is_empty() { "" } else { "}" });
    }

    fn info(&mut self, name: &str, help: &str, facts: &[(&str, &str)]) {
        if !facts.is_empty() {
            self.head(name, "info", "", help);
            self.line(&format!("{name}_info"), facts, 1.0);
        }
    }

    fn rows(&mut self, unit: Unit, rows: Rows) {
        if rows.rows.is_empty() {
            return;
        }
        let (kind, end) = if rows.family.counter { ("counter", "_total") } else { ("gauge", "") };
        self.head(rows.family.name, kind, suffix(unit).0, rows.family.help);
        let name = format!("{}{end}", rows.family.name);
        for (labels, value) in rows.rows {
            let labels: Vec<(&str, &str)> = labels.iter().map(|(name, text)| (*name, text.as_str())).collect();
            self.line(&name, &labels, scaled(unit, value));
        }
    }

    /// The power of all: the rail or the sum of rails, named.
    fn total(&mut self, declared: &[MetricDecl], values: &BTreeMap<u16, f64>) {
        let Some(total) = TotalPower::of(declared) else { return };
        if let Some(watts) = total.watts(|id| values.get(&id).copied()) {
            self.head("nntop_power_watts", "gauge", "watts", "Power of the machine: the sum of the rails that feed it");
            self.line("nntop_power_watts", &[("rails", &total.name()), ("scope", &total.scope())], watts);
        }
    }

    /// What samplers of the user's own read: a family for each unit.
    fn custom(&mut self, declared: &[MetricDecl], values: &BTreeMap<u16, f64>) {
        let own = |metric: &&MetricDecl| metric.key.part == Part::Custom;
        let read = |metric: &'_ MetricDecl| {
            Some((suffix(metric.unit).0, metric.unit, metric.name.clone(), *values.get(&metric.id)?))
        };
        let mut all: Vec<_> = declared.iter().filter(own).filter_map(read).collect();
        all.sort_by(|a, b| a.0.cmp(b.0).then_with(|| a.2.cmp(&b.2)));
        all.dedup_by(|a, b| (a.0, &a.2) == (b.0, &b.2));
        let mut before = None;
        for (end, unit, name, value) in all {
            let family = if end.is_empty() { "nntop_custom".to_owned() } else { format!("nntop_custom_{end}") };
            if before != Some(end) {
                self.head(&family, "gauge", end, "A reading of a custom sampler");
                before = Some(end);
            }
            self.line(&family, &[("metric", &name)], scaled(unit, value));
        }
    }

    /// 1 for every part of the device that tells something, 0 with the reason for what is missing.
    fn sources(&mut self, samplers: &Samplers, values: &BTreeMap<u16, f64>) {
        let mut sources: BTreeMap<&str, &str> = BTreeMap::new();
        for metric in samplers.declarations().iter().filter(|metric| values.contains_key(&metric.id)) {
            sources.insert(metric.row().map_or("other", |row| row.name.source()), "");
        }
        for absent in samplers.absences() {
            let read = samplers.declarations().iter().any(|m| m.name == absent.name && values.contains_key(&m.id));
            // What could not be read at first and is read now is no longer missing.
            if !read {
                sources.entry(&absent.name).or_insert(&absent.reason);
            }
        }
        self.head("nntop_source_up", "gauge", "", "Whether a source can be read (1), or why not (0)");
        for (source, reason) in sources {
            let up = if reason.is_empty() { 1.0 } else { 0.0 };
            self.line("nntop_source_up", &[("source", source), ("reason", reason)], up);
        }
    }
}

/// A label's value or a help text: backslash, quote and line break are escaped.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
