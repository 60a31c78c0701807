//! What LiteRT's (TensorFlow Lite's) `benchmark_model` prints, on a terminal or into Android's log: microseconds.
//!
//! Words are looked for anywhere in a line, so that it does not matter what `INFO: `, `adb logcat` or a harness puts in front.

use super::ResultFile;
use super::peer::{distinct, extra, file, of_model, summary, variant};
use crate::result::{Partial, VariantResult};
use nntop_core::catalog::EngineKind;

const US: f64 = 1e3;

/// The line that ends the measurement.
const TIMINGS: &str = "Inference timings in us: ";

pub(super) fn is(text: &str) -> bool {
    text.lines().any(|line| line.contains(TIMINGS) || counts(line).is_some() || line.contains("benchmark_model"))
        && text.lines().any(|line| line.contains(TIMINGS) || counts(line).is_some())
}

pub(super) fn read(text: &str, stem: &str) -> Result<ResultFile, String> {
    let mut runs: Vec<Vec<&str>> = vec![Vec::new()];
    for line in text.lines() {
        let begins = line.trim_end().ends_with("STARTING!");
        if begins && runs.last().is_some_and(|run| run.iter().any(|line| counts(line).is_some())) {
            runs.push(Vec::new());
        }
        runs.last_mut().into_iter().for_each(|run| run.push(line));
    }
    let mut notes =
        vec!["memory is what the process gained since the tool began, and is no peak of the runs".to_owned()];
    let mut variants = Vec::new();
    for run in &runs {
        match one(run, stem, &mut notes) {
            Ok(v) => variants.push(v),
            Err(why) if runs.len() == 1 => return Err(why),
            Err(why) => notes.push(format!("left out: a run of which {why}")),
        }
    }
    if variants.is_empty() {
        return Err("there is no latency in it".into());
    }
    distinct(&mut variants);
    notes.dedup();
    Ok(file("benchmark_model", variants, notes))
}

fn one(lines: &[&str], stem: &str, notes: &mut Vec<String>) -> Result<VariantResult, String> {
    let behind = |key: &str| lines.iter().find_map(|line| line.split_once(key)).map(|(_, rest)| rest.trim());
    let bracketed = |key: &str| behind(key).and_then(|rest| rest.strip_prefix('[')?.split(']').next());
    let mut v = match bracketed("Graph: ").filter(|path| !path.is_empty()) {
        Some(path) => of_model(path),
        None => variant(stem),
    };
    v.engine.name = EngineKind::LiteRt.name().into();
    v.engine.threads = bracketed("Num threads: ").and_then(|n| n.parse().ok()).filter(|n: &usize| *n > 0);
    for (words, key) in [("Use gpu: ", "gpu"), ("Use NNAPI: ", "nnapi"), ("Use xnnpack: ", "xnnpack")] {
        v.engine.settings.extend(bracketed(words).map(|value| (key.to_owned(), value.to_owned())));
    }
    let delegates = lines.iter().filter_map(|line| line.split_once("Explicitly applied "));
    v.engine.providers = delegates.filter_map(|(_, rest)| Some(rest.split_once(" delegate")?.0.to_owned())).collect();
    // The first table is the warm-up's, the last one the runs'. A log that was cut may have the first alone.
    let all: Vec<Counts> = lines.iter().filter_map(|line| counts(line)).collect();
    let timings = behind(TIMINGS);
    let of_timings = |key: &str| timings.and_then(|text| value(text.split_once(key)?.1));
    let has_runs = all.len() > 1 || (all.len() == 1 && timings.is_some());
    if let Some(warm) = all.first().filter(|_| all.len() > 1) {
        v.warmup.inferences = warm.count as u64;
        v.warmup.duration_ns = (warm.mean * warm.count * US) as u64;
    }
    let mean = of_timings("Inference (avg): ");
    let partial = match all.last().filter(|_| has_runs) {
        Some(runs) => Partial {
            n: Some(runs.count as u64),
            min: Some(runs.min * US),
            mean: Some(mean.unwrap_or(runs.mean) * US),
            stddev: runs.stddev.map(|us| us * US),
            p50: runs.median.map(|us| us * US),
            p95: runs.p95.map(|us| us * US),
            max: Some(runs.max * US),
            ..Partial::default()
        },
        None if mean.is_some() => Partial { mean: mean.map(|us| us * US), ..Partial::default() },
        None => return Err("only the warm-up is there: is the log whole?".into()),
    };
    for (key, name) in [("Init: ", "init"), ("First inference: ", "first_inference"), ("Warmup (avg): ", "warmup_mean")]
    {
        if let Some(us) = of_timings(key) {
            extra(&mut v, name, us / 1e3, "ms");
        }
    }
    // The tool divides kilobytes by 1 024 and calls the result MB.
    let memory = behind("Memory footprint delta from the start of the tool (MB): ");
    let peak = behind("Overall peak memory footprint (MB) via periodic monitoring: ").and_then(value);
    let of_memory = |key: &str| memory.and_then(|text| value(text.split_once(key)?.1));
    for (mib, name) in
        [(of_memory("init="), "memory_init"), (of_memory("overall="), "memory_overall"), (peak, "memory_peak")]
    {
        if let Some(mib) = mib {
            extra(&mut v, name, mib, "MiB");
        }
    }
    if lines.iter().any(|line| line.contains("Profiling Info for") || line.contains("enable_op_profiling: [1]")) {
        notes.push(
            "the operators were profiled meanwhile, which costs time: nntop profile --import reads their table".into(),
        );
    }
    summary(&mut v, partial)?;
    Ok(v)
}

/// `count=261 first=3937 curr=3959 min=3190 max=6333 avg=3790.92 std=358`, of newer versions with `p5= median= p95=`.
struct Counts {
    count: f64,
    min: f64,
    max: f64,
    mean: f64,
    stddev: Option<f64>,
    median: Option<f64>,
    p95: Option<f64>,
}

fn counts(line: &str) -> Option<Counts> {
    // Below tables of operators stands the same about the sums of operators.
    let at =
        line.find("count=").filter(|_| !line.contains("Timings (microseconds)") && !line.contains("Memory (bytes)"))?;
    let rest = &line[at..];
    let of = |key: &str| rest.split_whitespace().find_map(|word| value(word.strip_prefix(key)?.strip_prefix('=')?));
    let count = of("count").filter(|n| *n >= 1.0)?;
    // A single run has neither mean nor extremes.
    let only = of("curr").filter(|_| count == 1.0);
    let mean = of("avg").or(only)?;
    Some(Counts {
        count,
        min: of("min").or(only)?,
        max: of("max").or(only)?,
        mean,
        stddev: of("std"),
        median: of("median"),
        p95: of("p95"),
    })
}

/// The number that a text begins with: no time is below zero.
fn value(text: &str) -> Option<f64> {
    let number: String = text.trim().chars().take_while(|c| c.is_ascii_digit() || ".e+-".contains(*c)).collect();
    number.trim_end_matches('.').parse::<f64>().ok().filter(|x| x.is_finite() && (0.0..3e14).contains(x))
}
