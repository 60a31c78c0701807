//! What one variant's own blocks and its start tell.

use super::shape::{Course, LEAST_BLOCKS, Shape};
use super::{Finding, FindingId, Level};
use crate::state::Variant;
use crate::state::footprint::Trend;
use crate::unit::{Bytes, Nanos, grouped};

/// Block medians that spread more hide the differences of a few per cent that people look for.
const NOISY: f64 = 0.05;

/// What the loop or the clock adds may be this part of a latency …
const NOTICEABLE: f64 = 0.01;

/// … and above this part the figure is more about nntop than about the model.
const SPOILT: f64 = 0.1;

/// Below so many inferences a percentile is not reliable (MLPerf LoadGen's minima at 99 % confidence).
const NEEDED: [(&str, u64, Level); 2] = [("p99", 662, Level::Warning), ("p99.9", 6_636, Level::Note)];

pub(super) fn findings(v: &Variant) -> Vec<Finding> {
    let mut out = Vec::new();
    out.extend(provider(v));
    let Some(p50) = v.latency.percentile(0.5) else { return out };
    out.push(course(v));
    out.extend(too_few(v.latency.measured.n()));
    if let Some(ready) = &v.ready {
        out.push(loop_overhead(ready.loop_overhead, p50));
        out.push(clock(ready.clock_precision, p50));
    }
    out.push(dropped(v.latency.drops));
    out.extend(v.footprint.trend().map(memory));
    out
}

/// How the level went over the run.
fn course(v: &Variant) -> Finding {
    let points = v.latency.levels.points();
    let Some(shape) = Shape::of(points) else {
        let text = format!("{} of {LEAST_BLOCKS} blocks that a verdict needs", points.len());
        return Finding::new(FindingId::TooFewBlocks, Level::Note, text).hint("measure longer");
    };
    let time = |ns: f64| Nanos(ns as u64);
    let moved = "let it warm up longer; clocks and temperature may tell why";
    match shape.course {
        Course::Drift { change, error } => {
            let (way, size, error) = (if change > 0.0 { "rises" } else { "falls" }, change.abs(), error * 100.0);
            let text = format!("latency {way} by {:.1} %, ±{error:.1} over the run", size * 100.0);
            Finding::new(FindingId::Drift, Level::Warning, text).hint(moved)
        }
        Course::Step { from, to, at } => {
            let after = at.since(v.measuring_since.unwrap_or(v.since)).as_secs_f64();
            let text = format!("latency went from {} to {}, {after:.0} s into the run", time(from), time(to));
            Finding::new(FindingId::NotSteady, Level::Warning, text).hint(moved)
        }
        Course::Levels { low, high, upper } => {
            let text = format!("blocks lie on {} and {} ({:.0} %)", time(low), time(high), upper * 100.0);
            Finding::new(FindingId::Bimodal, Level::Warning, text).hint("clocks, cores or neighbours that come and go")
        }
        Course::Flat if shape.spread > NOISY => {
            let text = format!("block medians spread by ±{:.1} %", shape.spread * 100.0);
            Finding::new(FindingId::Noisy, Level::Warning, text).hint("look for neighbours and changing clocks")
        }
        Course::Flat => {
            let text = format!("steady at {}, blocks ±{:.1} %", time(shape.level), shape.spread * 100.0);
            Finding::new(FindingId::Steady, Level::Ok, text)
        }
    }
}

/// The lowest percentile that there are not enough inferences for.
fn too_few(n: u64) -> Option<Finding> {
    let (name, needed, level) = NEEDED.into_iter().find(|(_, needed, _)| n < *needed)?;
    let text = format!("{name} needs {} inferences, has {}", grouped(needed), grouped(n));
    Some(Finding::new(FindingId::TooFewSamples, level, text).hint("measure longer"))
}

fn loop_overhead(overhead: Nanos, p50: Nanos) -> Finding {
    let share = share(overhead, p50);
    Finding::new(FindingId::LoopOverhead, gravity(share), format!("loop adds {overhead} ({})", percent(share)))
}

fn clock(step: Nanos, p50: Nanos) -> Finding {
    let share = share(step, p50);
    Finding::new(FindingId::ClockTooCoarse, gravity(share), format!("clock steps {step} ({})", percent(share)))
}

fn share(part: Nanos, of: Nanos) -> f64 {
    part.0 as f64 / of.0.max(1) as f64
}

fn gravity(share: f64) -> Level {
    match share {
        s if s > SPOILT => Level::Invalid,
        s if s > NOTICEABLE => Level::Warning,
        _ => Level::Ok,
    }
}

fn percent(share: f64) -> String {
    if share < 0.0001 { "<0.01 %".into() } else { format!("{:.2} %", share * 100.0) }
}

/// Whether memory grows with the inferences: what a soak test is for.
fn memory(trend: Trend) -> Finding {
    match trend {
        Trend::Grows { per_inference, by } => {
            let per_thousand = Bytes((per_inference * 1e3) as u64);
            let text = format!("memory grows by {per_thousand} per 1 000 inferences, {by} so far");
            Finding::new(FindingId::MemoryGrows, Level::Warning, text).hint("a leak, or a cache without a bound")
        }
        Trend::Level { last } => {
            Finding::new(FindingId::MemoryGrows, Level::Ok, format!("memory keeps its level, {last}"))
        }
    }
}

fn dropped(drops: u64) -> Finding {
    match drops {
        0 => Finding::new(FindingId::SamplesDropped, Level::Ok, "no samples dropped".into()),
        n => {
            let text = format!("{} sample{} missing in the chart", grouped(n), if n == 1 { "" } else { "s" });
            Finding::new(FindingId::SamplesDropped, Level::Note, text).hint("none in the figures")
        }
    }
}

/// Whether what runs is what was asked for.
fn provider(v: &Variant) -> Option<Finding> {
    let people = |name: &str| name.strip_suffix("ExecutionProvider").unwrap_or(name).to_owned();
    let runs = people(v.ready.as_ref()?.engine.providers.first()?);
    let asked = v.spec.options.providers.first().map(|p| people(p));
    Some(match asked.filter(|asked| !asked.eq_ignore_ascii_case(&runs)) {
        Some(asked) => {
            Finding::new(FindingId::OtherProvider, Level::Warning, format!("asked for {asked}, runs on {runs}"))
        }
        None => Finding::new(FindingId::OtherProvider, Level::Ok, format!("runs on {runs}")),
    })
}
