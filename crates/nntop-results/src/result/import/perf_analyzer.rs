//! Triton's `perf_analyzer -f FILE`: a CSV with a row for each concurrency or rate, microseconds.

use super::ResultFile;
use super::peer::{file, summary, variant};
use crate::result::Partial;

const US: f64 = 1e3;

pub(super) fn is(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    first.split(',').nth(1).is_some_and(|name| name.trim() == "Inferences/Second")
}

pub(super) fn read(text: &str) -> Result<ResultFile, String> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|e| e.to_string())?.clone();
    let load = header.get(0).unwrap_or("Concurrency").to_lowercase();
    let mut variants = Vec::new();
    for (i, row) in reader.records().enumerate() {
        let row = row.map_err(|e| e.to_string())?;
        let number = |name: &str| {
            let at = header.iter().position(|h| h == name)?;
            row.get(at)?.parse::<f64>().ok().filter(|x| x.is_finite() && *x >= 0.0)
        };
        let us = |name: &str| number(name).map(|us| us * US);
        let mut v = variant(&format!("{load} {}", row.get(0).unwrap_or_default()));
        v.engine.name = "triton".into();
        v.throughput_ips = number("Inferences/Second");
        let of = |q: u8| us(&format!("p{q} latency"));
        let partial = Partial {
            mean: us("Avg latency"),
            p50: of(50),
            p90: of(90),
            p95: of(95),
            p99: of(99),
            ..Partial::default()
        };
        summary(&mut v, partial).map_err(|why| format!("row {}: {why}", i + 1))?;
        variants.push(v);
    }
    if variants.is_empty() {
        return Err("there is no row below the header".into());
    }
    let notes = vec!["latencies are a client's: they hold the way to the server and its queue".into()];
    Ok(file("perf_analyzer", variants, notes))
}
