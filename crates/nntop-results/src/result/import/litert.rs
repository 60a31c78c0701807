//! `litert-benchmark --result_json`: milliseconds, rounded to hundredths.

use super::ResultFile;
use super::peer::{MS, file, first, number, of_model, summary, text, time};
use crate::result::Partial;
use nntop_core::catalog::EngineKind;
use serde_json::Value;

pub(super) fn is(json: &Value) -> bool {
    json.get("latency").is_some_and(|l| l.get("avg_ms").is_some() && l.get("num_runs").is_some())
}

pub(super) fn read(json: &Value) -> Result<ResultFile, String> {
    let latency = &json["latency"];
    let mut v = of_model(text(json, &["model"]).unwrap_or("model"));
    v.engine.name = EngineKind::LiteRt.name().into();
    let accelerators = json.get("accelerators").and_then(Value::as_array).into_iter().flatten();
    v.engine.providers = accelerators.filter_map(Value::as_str).map(str::to_owned).collect();
    v.engine.threads = first(json, &["num_threads"]).and_then(number).map(|n| n as usize).filter(|n| *n > 0);
    v.model.size_bytes =
        first(json, &["model_size_mb"]).and_then(number).filter(|mb| *mb > 0.0).map(|mb| (mb * 1e6) as u64);
    let ms = |key: &str| time(latency, &[key], MS);
    let partial = Partial {
        n: first(latency, &["num_runs"]).and_then(number).map(|n| n as u64),
        min: ms("min_ms"),
        mean: ms("avg_ms"),
        stddev: ms("std_ms"),
        p50: ms("median_ms"),
        p95: ms("p95_ms"),
        max: ms("max_ms"),
        ..Partial::default()
    };
    summary(&mut v, partial)?;
    let mut notes = vec!["times are rounded to 0.01 ms".into()];
    if json.get("fully_accelerated").and_then(Value::as_bool) == Some(false) {
        notes.push("not fully accelerated: some operators ran on the CPU".into());
    }
    Ok(file("litert-benchmark", vec![v], notes))
}
