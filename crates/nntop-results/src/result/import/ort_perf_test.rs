//! `onnxruntime_perf_test`: its result file, `model,seconds,peak working set,CPU,run` a line, or what it prints.

use super::ResultFile;
use super::peer::{file, of_model, samples, summary, variant};
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

/// `P50 Latency: 0.00123 s` → the key and the number behind it.
fn fact(line: &str) -> Option<(&str, f64)> {
    let (key, rest) = line.split_once(':')?;
    // Older versions: `P50 Latency is 0.00123sec`.
    let number: String = rest.trim().chars().take_while(|c| c.is_ascii_digit() || ".-+e".contains(*c)).collect();
    Some((key.trim(), number.trim_end_matches(['e', '.']).parse().ok()?))
}

pub(super) fn is(text: &str) -> bool {
    let mut lines = text.lines().filter(|l| !l.trim().is_empty());
    lines.next().is_some_and(|l| row(l).is_some())
        || text.lines().any(|l| l.trim().starts_with("Total inference requests:"))
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
    let facts: Vec<(&str, f64)> = text.lines().filter_map(|l| fact(l.trim())).collect();
    let of = |name: &str| facts.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
    let seconds = |name: &str| of(name).map(|s| s * 1e9);
    let mut v = variant("onnxruntime_perf_test");
    v.engine.name = EngineKind::OnnxRuntime.name().into();
    v.throughput_ips = of("Number of inferences per second").filter(|t| *t > 0.0);
    summary(
        &mut v,
        Partial {
            n: of("Total inference requests").map(|n| n as u64),
            min: seconds("Min Latency"),
            mean: of("Average inference time cost").map(|ms| ms * 1e6),
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
