//! A variant of a run as a list of runs shows it: what it was, and the figures that tell most.

use super::{Figure, RunResult, Status, VariantResult, Verdict};
use nntop_core::event::{CustomValue, short_provider};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A row of the history: one variant of one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The run's number in the history.
    pub id: i64,
    /// When the run began, nanoseconds since 1970-01-01 UTC; for another tool's file, when it was taken in.
    pub began_unix_ns: u64,
    /// What the run was labelled.
    pub label: Option<String>,
    /// The machine's name.
    pub host: String,
    /// The variant's name.
    pub variant: String,
    /// The model's path as it was given.
    pub model: String,
    /// SHA-256 of the model file, in hex.
    pub sha256: Option<String>,
    /// The engine, and its version.
    pub engine: String,
    /// Execution providers, first choice first, joined by `+`.
    pub provider: String,
    /// Threads for one operator; absent when the engine chose them.
    pub threads: Option<u64>,
    /// Samples per inference.
    pub batch: u64,
    /// The load scenario, in words.
    pub scenario: String,
    /// How it ended.
    pub status: Status,
    /// The run in one word.
    pub verdict: Option<Verdict>,
    /// Median latency in nanoseconds.
    pub p50_ns: Option<f64>,
    /// 99th percentile in nanoseconds.
    pub p99_ns: Option<f64>,
    /// Samples per second.
    pub throughput_ips: Option<f64>,
    /// Peak resident memory of the measured phase.
    pub memory_bytes: Option<f64>,
    /// Energy per inference, gross.
    pub energy_mj: Option<f64>,
    /// What metrics of the user's own came to, by name; and the `mean` in milliseconds, where another tool's file has no
    /// median.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub custom_metrics: BTreeMap<String, CustomValue>,
}

impl Entry {
    /// The rows of a result that is to get the number `id`; `now` stands in where it does not say when it began.
    pub fn all(result: &RunResult, id: i64, now: u64) -> Vec<Self> {
        result.variants.iter().map(|v| Self::of(result, v, id, now)).collect()
    }

    fn of(result: &RunResult, v: &VariantResult, id: i64, now: u64) -> Self {
        Self {
            id,
            began_unix_ns: result.began_unix_ns.unwrap_or(now),
            label: result.label.clone(),
            host: result.host.name.clone(),
            variant: v.name.clone(),
            model: v.model.path.clone(),
            sha256: v.model.sha256.clone(),
            engine: format!("{} {}", v.engine.name, v.engine.version.as_deref().unwrap_or_default()).trim().to_owned(),
            provider: v.engine.providers.iter().map(|p| short_provider(p)).collect::<Vec<_>>().join("+"),
            threads: v.engine.threads.map(|n| n as u64),
            batch: v.batch_size,
            scenario: v.scenario.to_string(),
            status: v.status,
            verdict: v.verdict,
            p50_ns: Figure::P50.of(v),
            p99_ns: Figure::P99.of(v),
            throughput_ips: v.throughput_ips,
            memory_bytes: Figure::Memory.of(v),
            energy_mj: Figure::Energy.of(v),
            custom_metrics: custom_metrics(v),
        }
    }

    /// Whether there is a figure in it that a trend can show.
    pub fn is_measured(&self) -> bool {
        self.p50_ns.is_some() || self.throughput_ips.is_some() || self.custom_metrics.contains_key(MEAN)
    }

    /// What has to be alike for two rows to stand on one line of a trend.
    pub fn series(&self) -> (&str, &str, &str, &str, Option<u64>, u64, &str) {
        let engine = self.engine.split(' ').next().unwrap_or_default();
        (&self.host, &self.variant, engine, &self.provider, self.threads, self.batch, &self.scenario)
    }
}

/// No metric of a user's may be called so.
const MEAN: &str = "mean";

fn custom_metrics(v: &VariantResult) -> BTreeMap<String, CustomValue> {
    let mut all = v.custom_metrics.clone();
    if let (None, Some(ns)) = (Figure::P50.of(v), Figure::Mean.of(v)) {
        all.insert(MEAN.into(), CustomValue::new(ns / 1e6, Some("ms")));
    }
    all
}
