//! OpenVINO's `benchmark_app`: `benchmark_report.json`, all of whose figures are texts.

use super::ResultFile;
use super::peer::{MS, file, first, number, of_model, summary, text, time};
use crate::result::Partial;
use nntop_core::catalog::EngineKind;
use serde_json::Value;

pub(super) fn is(json: &Value) -> bool {
    json.get("execution_results").is_some() && json.get("configuration_setup").is_some()
}

pub(super) fn read(json: &Value) -> Result<ResultFile, String> {
    let (setup, found) = (&json["configuration_setup"], &json["execution_results"]);
    let asked = json.get("cmd_options").unwrap_or(&Value::Null);
    let mut v =
        of_model(text(setup, &["topology"]).or(text(asked, &["m", "path_to_model", "model"])).unwrap_or("model"));
    v.engine.name = EngineKind::OpenVino.name().into();
    v.engine.providers = text(setup, &["target device", "target_device"]).map(str::to_owned).into_iter().collect();
    v.engine.threads =
        first(asked, &["nthreads", "number_threads"]).and_then(number).map(|n| n as usize).filter(|n| *n > 0);
    v.model.precision = text(setup, &["precision"]).filter(|p| *p != "UNSPECIFIED").map(str::to_lowercase);
    v.batch_size = first(setup, &["batch size", "batch_size"]).and_then(number).map_or(1, |n| n as u64).max(1);
    v.throughput_ips = first(found, &["throughput"]).and_then(number).filter(|t| *t > 0.0);
    let percentile = first(asked, &["latency_percentile"]).and_then(number).unwrap_or(50.0);
    let latency = time(found, &["latency (ms)", "latency_median", "median latency"], MS);
    let at = |q: f64| latency.filter(|_| percentile == q);
    summary(
        &mut v,
        Partial {
            n: first(found, &["total number of iterations", "iterations_num"]).and_then(number).map(|n| n as u64),
            min: time(found, &["min latency", "latency_min"], MS),
            mean: time(found, &["avg latency", "latency_avg"], MS),
            p50: at(50.0),
            p90: at(90.0),
            p95: at(95.0),
            p99: at(99.0),
            max: time(found, &["max latency", "latency_max"], MS),
            ..Partial::default()
        },
    )?;
    let mut notes = Vec::new();
    let requests = first(setup, &["number of parallel infer requests", "nireq"]).and_then(number).unwrap_or(1.0);
    if requests > 1.0 {
        notes.push(format!(
            "{requests} requests at once: a latency is that of one of them, under the load of the others"
        ));
    }
    Ok(file("benchmark_app", vec![v], notes))
}
