//! TensorRT's `trtexec --exportTimes`: an array with an object per query, in the order measured.

use super::ResultFile;
use super::peer::{MS, file, number, samples, variant};
use serde_json::Value;

pub(super) fn is(json: &Value) -> bool {
    let first = json.as_array().and_then(|all| all.first());
    first.is_some_and(|one| one.get("latencyMs").is_some() || one.get("computeMs").is_some())
}

pub(super) fn read(json: &Value, stem: &str) -> Result<ResultFile, String> {
    let all = json.as_array().ok_or("no array of queries")?;
    let ms = |one: &Value, key: &str| one.get(key).and_then(number);
    let mut times = Vec::with_capacity(all.len());
    for (i, one) in all.iter().enumerate() {
        // Without transfers (the default of newer versions) the parts are there and zero.
        let latency = ms(one, "latencyMs").or_else(|| {
            Some(ms(one, "h2dMs").unwrap_or(0.0) + ms(one, "computeMs")? + ms(one, "d2hMs").unwrap_or(0.0))
        });
        times.push(latency.ok_or_else(|| format!("query {} has no latencyMs", i + 1))? * MS);
    }
    let mut v = variant(stem);
    v.engine.name = "tensorrt".into();
    samples(&mut v, &times)?;
    // As trtexec counts it: queries over the time from the first enqueue to the last end.
    let begins = all.iter().filter_map(|one| ms(one, "startEnqMs").or_else(|| ms(one, "startComputeMs")));
    let ends = all
        .iter()
        .filter_map(|one| [ms(one, "endD2hMs"), ms(one, "endComputeMs")].into_iter().flatten().reduce(f64::max));
    let (begin, end) = (begins.reduce(f64::min), ends.reduce(f64::max));
    let span = begin.zip(end).map(|(begin, end)| (end - begin) / 1e3).filter(|s| *s > 0.0);
    v.throughput_ips = span.map(|s| times.len() as f64 / s);
    let notes =
        vec!["latency is H2D + GPU compute + D2H of a query; throughput counts queries, whatever their batch".into()];
    Ok(file("trtexec", vec![v], notes))
}
