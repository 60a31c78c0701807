//! The device as OpenMetrics 1.0 text, for Prometheus and its kin: what `nntop exporter` serves.
//!
//! Names end with their unit, counters with `_total`, loads are ratios from 0 to 1. What cannot be read is left out;
//! `nntop_source_up` says so, with the reason. The format: <https://prometheus.io/docs/specs/om/open_metrics_spec/>.

mod family;

use super::Samplers;
use family::{Family, Kind, families, ratio};
use nntop_core::event::{HostInfo, MetricDecl, Readings};
use nntop_core::unit::Nanos;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// The media type of the text.
pub const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What the samplers have read, as text. `cost` is how long the reading took.
pub fn openmetrics(host: &HostInfo, samplers: &Samplers, readings: &Readings, cost: Nanos) -> String {
    let values: BTreeMap<u16, f64> =
        readings.values.iter().filter_map(|(id, value)| Some((*id, value.filter(|v| v.is_finite())?))).collect();
    let mut out = Text::default();
    out.info("nntop_build", "The program that serves this", &[("version", env!("CARGO_PKG_VERSION"))]);
    let facts = [("model", &host.board), ("soc", &host.soc), ("kernel", &host.kernel), ("l4t", &host.l4t)];
    let facts: Vec<(&str, &str)> = facts.iter().filter_map(|(name, fact)| Some((*name, fact.as_deref()?))).collect();
    out.info("nntop_device", "What the machine says of itself", &facts);
    for family in families() {
        let of_family = |metric: &&MetricDecl| family.takes(metric);
        let mut rows = Rows::new(family);
        for metric in samplers.declarations().iter().filter(of_family) {
            let value = match family.limit {
                true => metric.limit,
                false => values.get(&metric.id).copied(),
            };
            if let Some(value) = value {
                rows.push(metric, value * family.factor);
            }
        }
        out.rows(family, rows);
    }
    out.sources(samplers, &values);
    let help = "How long the reading of all metrics took that this text shows";
    out.head("nntop_sample_duration_seconds", "gauge", "seconds", help);
    out.line("nntop_sample_duration_seconds", &[], cost.as_secs_f64());
    out.0.push_str("# EOF\n");
    out.0
}

/// The rows of a family. No two have the same labels, as the format demands.
struct Rows {
    family: &'static Family,
    seen: BTreeSet<Vec<(&'static str, String)>>,
    rows: Vec<(Vec<(&'static str, String)>, f64)>,
}

impl Rows {
    fn new(family: &'static Family) -> Self {
        Self { family, seen: BTreeSet::new(), rows: Vec::new() }
    }

    fn push(&mut self, metric: &MetricDecl, value: f64) {
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

    fn rows(&mut self, family: &Family, rows: Rows) {
        if rows.rows.is_empty() {
            return;
        }
        let (kind, suffix) = match family.kind {
            Kind::Gauge => ("gauge", ""),
            Kind::Counter => ("counter", "_total"),
        };
        self.head(family.name, kind, family.unit, family.help);
        let name = format!("{}{suffix}", family.name);
        for (labels, value) in rows.rows {
            let labels: Vec<(&str, &str)> = labels.iter().map(|(name, text)| (*name, text.as_str())).collect();
            self.line(&name, &labels, if family.unit == "ratio" { ratio(value) } else { value });
        }
    }

    /// 1 for every part of the device that tells something, 0 with the reason for what is missing.
    fn sources(&mut self, samplers: &Samplers, values: &BTreeMap<u16, f64>) {
        let mut sources: BTreeMap<&str, &str> = BTreeMap::new();
        for metric in samplers.declarations().iter().filter(|metric| values.contains_key(&metric.id)) {
            sources.insert(metric.name.split('.').next().unwrap_or_default(), "");
        }
        for absent in samplers.absences() {
            let read = samplers.declarations().iter().any(|m| m.name == absent.name && values.contains_key(&m.id));
            // What could not be read at first and is read now is no longer missing.
            if !read {
                sources.entry(&absent.name).or_insert(&absent.reason);
            }
        }
        self.head("nntop_source_up", "gauge", "", "Whether a source tells something (1), or why it does not (0)");
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
