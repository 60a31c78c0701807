//! A/A: a model against itself, as `nntop compare` does it. What is found is what the machine lets one find.

use crate::headless::{Headless, plan};
use nntop::event::Stop;
use nntop::unit::Nanos;
use std::path::Path;

/// A thing and itself are to agree this closely.
const WITHIN: f64 = 0.01;

/// Measures it and prints the ratio's interval. A report, no gate: the machine decides, not nntop.
pub(crate) fn report(library: &Path, model: &Path, batch: u64, seconds: u64) {
    let stop = Stop { duration: Some(Nanos::from_millis(seconds * 1_000)), ..Stop::default() };
    let result = Headless::start(plan(&["a", "again"], stop, library, model, batch, Some(1))).end();
    let name = model.file_stem().map(|s| s.to_string_lossy()).unwrap_or_default();
    let Some(c) = result.comparison.first() else {
        println!("A/A {name}: too few blocks to compare, or a run that failed");
        return;
    };
    let (low, high) = (c.p50.interval.low, c.p50.interval.high);
    let within = low > 1.0 - WITHIN && high < 1.0 + WITHIN;
    println!(
        "A/A {name}: p50 ratio {:.4} ({low:.4} to {high:.4}, 95 %), {} pairs of blocks: {} 1 ± {WITHIN}{}",
        c.p50.value,
        c.block_pairs,
        if within { "within" } else { "NOT within" },
        if (low..=high).contains(&1.0) { "" } else { "; the interval does not hold 1" },
    );
}
