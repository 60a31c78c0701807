//! `onnxruntime_perf_test`: its result file, `model,seconds,peak working set,CPU,run` a line, or what it prints.

use super::ResultFile;
use super::peer::{MS, extra, file, of_model, quantity, samples, summary, variant};
use crate::result::Partial;
use nntop_core::catalog::EngineKind;

/// The fields of a line. A model's path may hold commas itself.
fn row(line: &str) -> Option<(&str, f64)> {
    let mut parts = line.trim().rsplitn(5, ',');
    let (run, cpu, peak, seconds, model) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let number = |text: &str| text.trim().parse::<f64>().ok();
    run.trim().parse::<u64>().ok()?;
    number(cpu).and(number(peak))?;
    Some((model, number(seconds)?))
}

/// `P50 Latency: 0.00123 s` as the key and what stands behind it; of older versions `P50 Latency is 0.00123sec`.
fn fact(line: &str) -> Option<(&str, &str)> {
    let (key, rest) = line.split_once(':').or_else(|| line.split_once(" is "))?;
    Some((key.trim(), rest.trim()))
}

/// What the mean is called, in one version and another.
const MEAN: [&str; 2] = ["Average inference time cost total", "Average inference time cost"];

pub(super) fn is(text: &str) -> bool {
    let mut lines = text.lines().filter(|l| !l.trim().is_empty());
    lines.next().is_some_and(|l| row(l).is_some())
        || text.lines().any(|l| {
            let l = l.trim();
            l.starts_with("Total inference requests:") || MEAN.iter().any(|mean| l.starts_with(mean))
        })
}

pub(super) fn read(text: &str) -> Result<ResultFile, String> {
    let rows: Vec<(&str, f64)> = text.lines().filter_map(row).collect();
    let note = "its peak working set is the whole process's, loading included, and is left out";
    if let Some((model, _)) = rows.first() {
        let mut v = of_model(model);
        v.engine.name = EngineKind::OnnxRuntime.name().into();
        samples(&mut v, &rows.iter().map(|(_, seconds)| seconds * 1e9).collect::<Vec<_>>())?;
        return Ok(file("onnxruntime_perf_test", vec![v], vec![note.into()]));
    }
    let facts: Vec<(&str, &str)> = text.lines().filter_map(|l| fact(l.trim())).collect();
    let of = |name: &str| facts.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
    let seconds = |name: &str| of(name).and_then(|value| quantity(value, 1e9));
    let count = |name: &str| of(name).and_then(|value| value.parse::<f64>().ok()).filter(|n| n.is_finite() && *n > 0.0);
    let mut v = variant("onnxruntime_perf_test");
    v.engine.name = EngineKind::OnnxRuntime.name().into();
    v.engine.threads = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("Setting intra_op_num_threads to "))
        .and_then(|n| n.trim().parse().ok())
        .filter(|n: &usize| *n > 0);
    v.throughput_ips = count("Number of inferences per second");
    for (key, name) in
        [("Session creation time cost", "session_creation"), ("First inference time cost", "first_inference")]
    {
        if let Some(ns) = seconds(key) {
            extra(&mut v, name, ns / MS, "ms");
        }
    }
    let n = count("Total inference requests").map(|n| n as u64);
    let total = seconds("Total inference time cost");
    summary(
        &mut v,
        Partial {
            n,
            min: seconds("Min Latency"),
            mean: MEAN.iter().find_map(|key| of(key)).and_then(|value| quantity(value, MS)).or_else(|| {
                // A log that somebody shortened: the sum and the count say as much.
                total.zip(n).map(|(total, n)| total / n as f64)
            }),
            p50: seconds("P50 Latency"),
            p90: seconds("P90 Latency"),
            p95: seconds("P95 Latency"),
            p99: seconds("P99 Latency"),
            p999: seconds("P999 Latency"),
            max: seconds("Max Latency"),
            ..Partial::default()
        },
    )?;
    Ok(file("onnxruntime_perf_test", vec![v], vec![note.into()]))
}
