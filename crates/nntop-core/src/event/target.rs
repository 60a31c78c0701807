//! Targets: what a run is expected to reach, as people write it: `p99<25ms`, `throughput>100`.

use super::custom_metric::{check_metric_name, number_and_unit, with_unit};
use crate::unit::parse::{self, ParseError};
use crate::unit::{Bytes, TimeUnit, significant};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A figure and the limit that it has to keep. Travels as its text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Target {
    /// Which figure.
    pub metric: TargetMetric,
    /// On which side of the limit it has to be.
    pub relation: Relation,
    /// The limit: nanoseconds, bytes, millijoules, or inferences per second.
    pub limit: f64,
    text: String,
}

/// A figure that can have a target.
#[derive(Debug, Clone, PartialEq)]
pub enum TargetMetric {
    /// A percentile of the latency, from 0 to 1.
    Percentile(f64),
    /// The slowest inference.
    Max,
    /// The mean latency.
    Mean,
    /// Samples per second of measured time.
    Throughput,
    /// The peak resident memory of the measured phase.
    Memory,
    /// From the start of the worker to its first output.
    Startup,
    /// What the power rails gave per inference, gross.
    Energy,
    /// A metric of the user's own.
    Custom {
        /// What it is called.
        name: String,
        /// The unit of the limit; absent where none was given, then the limit is in the metric's own.
        unit: Option<String>,
    },
    /// A figure that a newer version has: nothing here can meet its target.
    Other,
}

/// On which side of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `>=`
    AtLeast,
}

const METRICS: [(&str, TargetMetric); 11] = [
    ("p50", TargetMetric::Percentile(0.5)),
    ("p90", TargetMetric::Percentile(0.9)),
    ("p95", TargetMetric::Percentile(0.95)),
    ("p99", TargetMetric::Percentile(0.99)),
    ("p99.9", TargetMetric::Percentile(0.999)),
    ("max", TargetMetric::Max),
    ("mean", TargetMetric::Mean),
    ("throughput", TargetMetric::Throughput),
    ("memory", TargetMetric::Memory),
    ("startup", TargetMetric::Startup),
    ("energy", TargetMetric::Energy),
];

// `<=` and `>=` come before their beginnings.
const RELATIONS: [(&str, Relation); 4] =
    [("<=", Relation::AtMost), (">=", Relation::AtLeast), ("<", Relation::Below), (">", Relation::Above)];

impl TargetMetric {
    /// A limit as people write it, in what the limits of this figure count in.
    fn read(&self, text: &str) -> Result<f64, ParseError> {
        match self {
            Self::Throughput | Self::Custom { .. } | Self::Other => parse::number(text),
            Self::Memory => parse::SIZE.read(text),
            Self::Energy => parse::ENERGY.read(text).map(|joules| joules * 1e3),
            _ => parse::TIME.read(text),
        }
    }

    /// A value of this figure, as a person reads it.
    pub fn format(&self, value: f64) -> String {
        match self {
            Self::Throughput => format!("{} inf/s", significant(value)),
            Self::Custom { unit, .. } => with_unit(value, unit.as_deref()),
            Self::Other => significant(value),
            Self::Memory => Bytes(value as u64).to_string(),
            Self::Energy => format!("{} mJ", significant(value)),
            _ => TimeUnit::fitting(value).format_with_unit(value),
        }
    }
}

impl Target {
    /// Whether a value is where it has to be.
    pub fn met_by(&self, value: f64) -> bool {
        match self.relation {
            Relation::Below => value < self.limit,
            Relation::AtMost => value <= self.limit,
            Relation::Above => value > self.limit,
            Relation::AtLeast => value >= self.limit,
        }
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text: String = text.split_whitespace().collect();
        let relation = RELATIONS.into_iter().find_map(|(sign, r)| Some((text.split_once(sign)?, r)));
        let ((name, value), relation) =
            relation.ok_or("a target looks like p99<25ms, throughput>100 or memory<100MB")?;
        let metric = METRICS.into_iter().find(|(known, _)| *known == name).map(|(_, metric)| metric);
        let Some(metric) = metric else {
            check_metric_name(name).map_err(|_| no_figure(name))?;
            let (limit, unit) = number_and_unit(value).ok_or_else(|| format!("{value:?} is no number: {name}<5"))?;
            let unit = Some(unit.to_owned()).filter(|unit| !unit.is_empty());
            return Ok(Self { metric: TargetMetric::Custom { name: name.into(), unit }, relation, limit, text });
        };
        let limit = metric.read(value).map_err(|why| match metric {
            TargetMetric::Throughput => format!("{name} is a plain number of inferences per second: {name}>100"),
            _ => format!("{name}: {why}"),
        })?;
        if limit <= 0.0 {
            return Err(format!("{name}: the limit {value} is not above zero"));
        }
        Ok(Self { metric, relation, limit, text })
    }
}

/// What to answer where a name is neither a figure nor a metric.
pub fn no_figure(name: &str) -> String {
    let known = METRICS.map(|(known, _)| known).join(", ");
    format!("{name:?} cannot have a target: one of {known}, or the name of a --metric")
}

/// From a stream: what this version cannot read is kept as its text.
impl From<String> for Target {
    fn from(text: String) -> Self {
        let unknown =
            |_| Self { metric: TargetMetric::Other, relation: Relation::Below, limit: 0.0, text: text.clone() };
        text.parse().unwrap_or_else(unknown)
    }
}

impl From<Target> for String {
    fn from(target: Target) -> Self {
        target.text
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_read_as_people_write_them() {
        let read = |text: &str| text.parse::<Target>().map(|t| (t.metric, t.relation, t.limit));
        assert_eq!(read("p99<25ms"), Ok((TargetMetric::Percentile(0.99), Relation::Below, 25e6)));
        assert_eq!(read("p99.9 <= 1.5 s"), Ok((TargetMetric::Percentile(0.999), Relation::AtMost, 1.5e9)));
        assert_eq!(read("throughput>100"), Ok((TargetMetric::Throughput, Relation::Above, 100.0)));
        assert_eq!(read("memory<100MB"), Ok((TargetMetric::Memory, Relation::Below, 1e8)));
        assert_eq!(read("memory<100M"), Ok((TargetMetric::Memory, Relation::Below, 104_857_600.0)));
        assert_eq!(read("memory<3MiB"), Ok((TargetMetric::Memory, Relation::Below, 3_145_728.0)));
        assert_eq!(read("energy<0.04J"), Ok((TargetMetric::Energy, Relation::Below, 40.0)));
        assert_eq!(read("startup>=3us"), Ok((TargetMetric::Startup, Relation::AtLeast, 3e3)));
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let wrong = |text: &str| text.parse::<Target>().unwrap_err();
        assert!(wrong("fast").contains("looks like p99<25ms"));
        assert!(wrong("9p8<1ms").contains("p99.9, max"));
        assert_eq!(wrong("p99<25"), "p99: the unit is missing: ns, us, ms, s, m, h, d, w");
        assert!(wrong("memory<3ms").contains("\"ms\" is not a unit of size: kB, MB, GB"));
        assert!(wrong("throughput>100/s").contains("plain number"));
        for none in ["p50<ms", "p50<-1ms", "p50<0ms", "throughput>", "p50<1.2.3ms", "throughput>inf"] {
            assert!(!wrong(none).is_empty(), "{none}");
        }
    }

    #[test]
    fn a_target_travels_as_its_text() {
        let target: Target = "p50<5ms".parse().unwrap();
        let json = serde_json::to_string(&target).unwrap();
        assert_eq!(json, "\"p50<5ms\"");
        assert_eq!(serde_json::from_str::<Target>(&json).unwrap(), target);
        assert!(target.met_by(4.9e6) && !target.met_by(5e6));
        assert_eq!(target.metric.format(4.9e6), "4.90 ms");
        let newer: Target = serde_json::from_str("\"carbon<three\"").unwrap();
        assert_eq!((&newer.metric, newer.to_string()), (&TargetMetric::Other, "carbon<three".into()));
    }

    #[test]
    fn a_metric_of_the_users_own_has_a_limit_in_its_own_unit() {
        let target: Target = "accuracy >= 0.9".parse().unwrap();
        let custom = |unit: Option<&str>| TargetMetric::Custom { name: "accuracy".into(), unit: unit.map(Into::into) };
        assert_eq!((&target.metric, target.relation, target.limit), (&custom(None), Relation::AtLeast, 0.9));
        let percent: Target = "accuracy>-5%".parse().unwrap();
        assert_eq!(
            (&percent.metric, percent.limit, percent.metric.format(93.2)),
            (&custom(Some("%")), -5.0, "93.2 %".into())
        );
        assert_eq!(serde_json::from_str::<Target>(&serde_json::to_string(&percent).unwrap()).unwrap(), percent);
        assert!("accuracy<high".parse::<Target>().unwrap_err().contains("no number"));
    }
}
