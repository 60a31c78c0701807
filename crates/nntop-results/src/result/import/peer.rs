//! What all importers need: numbers as tools write them, latencies from samples or from a summary, a result around them.

use super::ResultFile;
use crate::result::{FurtherIntervals, Latency, Partial, RunResult, SCHEMA, VariantResult};
use nntop_core::event::CustomValue;
use nntop_core::stats::{self, BlockDigest, Distribution, MOST_BLOCKS};
use nntop_core::unit::Nanos;
use nntop_core::unit::parse::{self, TIME};
use serde_json::Value;

/// Nanoseconds in a millisecond.
pub(super) const MS: f64 = 1e6;

/// No latency is longer than this, in nanoseconds: ten years.
const LONGEST: f64 = 3.2e17;

/// A result of `tool` around its variants.
pub(super) fn file(tool: &str, variants: Vec<VariantResult>, notes: Vec<String>) -> ResultFile {
    let result = RunResult {
        schema: SCHEMA.into(),
        nntop: env!("CARGO_PKG_VERSION").into(),
        imported: Some(tool.into()),
        variants,
        ..RunResult::default()
    };
    ResultFile { result, notes }
}

/// A variant of that name, with nothing in it yet.
pub(super) fn variant(name: &str) -> VariantResult {
    VariantResult { name: name.into(), batch_size: 1, ..VariantResult::default() }
}

/// The model's path, and the variant called by its stem.
pub(super) fn of_model(path: &str) -> VariantResult {
    let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let mut v = variant(if stem.is_empty() { path } else { stem });
    v.model.path = path.into();
    v
}

/// A time with its unit, as logs write it: `4.24 ms`, `0.0995sec`, `3.66 ms (end to end 3.67 ms)`. Without a unit it is in
/// `unit` nanoseconds.
pub(super) fn quantity(text: &str, unit: f64) -> Option<f64> {
    let (value, behind) = parse::split(text.trim())?;
    let name: String = behind.trim_start().chars().take_while(|c| c.is_alphabetic() || *c == 'µ').collect();
    let scale = match name.as_str() {
        "" => unit,
        "sec" | "secs" | "seconds" => 1e9,
        name => TIME.scale(name)?,
    };
    Some(value * scale).filter(|ns| (0.0..=LONGEST).contains(ns))
}

/// Puts a figure of the tool's own into a variant, by its name and unit: it is shown wherever metrics are.
pub(super) fn extra(v: &mut VariantResult, name: &str, value: f64, unit: &str) {
    v.custom_metrics.entry(name.to_owned()).or_insert_with(|| CustomValue::new(value, Some(unit)));
}

/// Numbers variants of the same name: each is to be found by its own.
pub(super) fn distinct(variants: &mut [VariantResult]) {
    let names: Vec<String> = variants.iter().map(|v| v.name.clone()).collect();
    for (i, v) in variants.iter_mut().enumerate() {
        if names.iter().filter(|name| **name == v.name).count() > 1 {
            let before = names[..i].iter().filter(|name| **name == v.name).count();
            v.name = format!("{} {}", v.name, before + 1);
        }
    }
}

/// A number, or a text that is one: benchmark_app writes all its figures as text.
pub(super) fn number(of: &Value) -> Option<f64> {
    let value = of.as_f64().or_else(|| of.as_str()?.trim().parse().ok())?;
    value.is_finite().then_some(value)
}

/// All numbers of a list, times a unit.
///
/// # Errors
/// Which one is none.
pub(super) fn numbers(of: &Value, unit: f64) -> Result<Vec<f64>, String> {
    let one =
        |(i, x): (usize, &Value)| number(x).map(|x| x * unit).ok_or_else(|| format!("value {} is no number", i + 1));
    of.as_array().into_iter().flatten().enumerate().map(one).collect()
}

/// The first of these keys that is there.
pub(super) fn first<'a>(of: &'a Value, keys: &[&str]) -> Option<&'a Value> {
    keys.iter().find_map(|key| of.get(key))
}

/// A figure under one of these keys, times a unit. Below zero it is no time.
pub(super) fn time(of: &Value, keys: &[&str], unit: f64) -> Option<f64> {
    first(of, keys).and_then(number).map(|x| x * unit).filter(|ns| (0.0..=LONGEST).contains(ns))
}

/// A text under one of these keys.
pub(super) fn text<'a>(of: &'a Value, keys: &[&str]) -> Option<&'a str> {
    first(of, keys).and_then(Value::as_str).filter(|t| !t.is_empty())
}

/// Puts samples, in nanoseconds and in the order measured, into a variant. Each is a block of its own, or shares one
/// with its neighbours where they are many, so that intervals are those of a run of nntop's.
///
/// # Errors
/// When there are none, or one is no time.
pub(super) fn samples(v: &mut VariantResult, samples: &[f64]) -> Result<(), String> {
    if samples.is_empty() {
        return Err("there is no sample in it".into());
    }
    if let Some((i, wrong)) = samples.iter().enumerate().find(|(_, ns)| !(0.0..=LONGEST).contains(*ns)) {
        return Err(format!("sample {} is {wrong} ns, which is no time", i + 1));
    }
    let samples: Vec<u64> = samples.iter().map(|ns| ns.round() as u64).collect();
    let mut all = Distribution::default();
    let mut digests = Vec::new();
    let mut t = 0_u64;
    for block in samples.chunks(samples.len().div_ceil(MOST_BLOCKS)) {
        all.merge_exact(block);
        let sum = block.iter().fold(0_u64, |sum, ns| sum.saturating_add(*ns));
        let (began, ended) = (Nanos(t), Nanos(t.saturating_add(sum)));
        digests.push(BlockDigest::new(block.iter().map(|ns| (*ns, 1)), sum as f64 / block.len() as f64, began, ended));
        t = ended.0;
    }
    let of = stats::intervals(&digests);
    let (n, at) = (all.n(), |q| all.quantile(q).unwrap_or(0));
    v.latency_ns = Some(Latency {
        n,
        min: all.min().unwrap_or(0),
        mean: all.mean().unwrap_or(0.0),
        stddev: all.stddev(),
        p50: at(0.5),
        p90: at(0.9),
        p95: at(0.95),
        p99: at(0.99),
        p999: at(0.999),
        max: all.max().unwrap_or(0),
        p50_interval: of.map(|i| i.p50.into()),
        p99_interval: of.map(|i| i.p99.into()),
    });
    v.intervals = of.map(|i| FurtherIntervals {
        mean: Some(i.mean.into()),
        p90: Some(i.p90.into()),
        p95: Some(i.p95.into()),
        ..FurtherIntervals::default()
    });
    Ok(())
}

/// Puts what a summary tells into a variant: all of it where it is whole, else in part.
pub(super) fn summary(v: &mut VariantResult, p: Partial) -> Result<(), String> {
    if p == (Partial { n: p.n, ..Partial::default() }) && v.throughput_ips.is_none() {
        return Err("there is no latency and no throughput in it".into());
    }
    v.partial_ns = Some(p);
    Ok(())
}
