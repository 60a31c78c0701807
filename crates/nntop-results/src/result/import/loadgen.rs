//! MLPerf LoadGen's `mlperf_log_summary.txt`: `key : value` a line, in sections.

use super::ResultFile;
use super::peer::{file, summary, variant};
use crate::result::{Partial, Verdict};
use nntop_core::event::Scenario;

pub(super) fn is(text: &str) -> bool {
    text.lines().take(5).any(|l| l.trim() == "MLPerf Results Summary")
}

pub(super) fn read(text: &str) -> Result<ResultFile, String> {
    let facts: Vec<(&str, &str)> =
        text.lines().filter_map(|l| l.split_once(':')).map(|(key, value)| (key.trim(), value.trim())).collect();
    let of = |name: &str| facts.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
    let number = |name: &str| of(name).and_then(|text| text.parse::<f64>().ok()).filter(|x| x.is_finite() && *x >= 0.0);
    let percentile = |q: &str| number(&format!("{q} percentile latency (ns)"));
    let scenario = of("Scenario").ok_or("it names no scenario")?;
    let mut v = variant(of("SUT name").filter(|n| !n.is_empty()).unwrap_or("SUT"));
    let mut latencies = Partial {
        min: number("Min latency (ns)"),
        mean: number("Mean latency (ns)"),
        p50: percentile("50.00"),
        p90: percentile("90.00"),
        p95: percentile("95.00"),
        p99: percentile("99.00"),
        p999: percentile("99.90"),
        max: number("Max latency (ns)"),
        ..Partial::default()
    };
    let per_query = number("samples_per_query").unwrap_or(1.0).max(1.0);
    let qps = number("QPS w/o loadgen overhead").or_else(|| number("QPS w/ loadgen overhead"));
    let mut notes = Vec::new();
    (v.scenario, v.throughput_ips) = match scenario {
        "SingleStream" => (Scenario::SingleStream, qps),
        "MultiStream" => (Scenario::MultiStream { streams: per_query as usize }, qps.map(|q| q * per_query)),
        "Server" => {
            let completed = number("Completed samples per second").or_else(|| number("Completed samples per second "));
            (Scenario::Server { rate: number("target_qps").unwrap_or(0.0), concurrency: 0 }, completed.or(qps))
        }
        "Offline" => {
            latencies = Partial::default();
            notes
                .push("the latencies of an offline run are those of all samples in one query, and are left out".into());
            (Scenario::Offline { concurrency: 0 }, number("Samples per second"))
        }
        other => return Err(format!("{other:?} is not a known scenario")),
    };
    if of("Result is") == Some("INVALID") {
        v.verdict = Some(Verdict::Invalid);
        v.verdict_reason = Some("LoadGen's result is INVALID".into());
        notes.push("LoadGen calls this result INVALID".into());
    }
    if of("Mode").is_some_and(|mode| mode == "AccuracyOnly") {
        return Err("an accuracy run: it holds no latencies".into());
    }
    summary(&mut v, latencies)?;
    Ok(file("MLPerf LoadGen", vec![v], notes))
}
