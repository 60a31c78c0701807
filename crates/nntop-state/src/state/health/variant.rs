//! What one variant's own blocks and its start tell.

use super::shape::{Course, LEAST_BLOCKS, Shape};
use super::{Finding, FindingId, FindingLevel};
use crate::state::footprint::Trend;
use crate::state::{Cause, FrameSums, Variant};
use nntop_core::event::EngineInfo;
use nntop_core::stats::RELIABLE;
use nntop_core::unit::{Bytes, Nanos, grouped, percent, plus_minus, significant};

/// Block medians that spread more hide the differences of a few per cent that people look for.
const NOISY: f64 = 0.05;

/// What the loop or the clock adds may be this part of a latency …
const NOTICEABLE: f64 = 0.01;

/// … and above this part the figure is more about nntop than about the model.
const SPOILT: f64 = 0.1;

/// How much it matters that a percentile has too few inferences.
const NEEDED: [(&str, u64, FindingLevel); 2] =
    [("p99", RELIABLE.p99, FindingLevel::Warning), ("p99.9", RELIABLE.p999, FindingLevel::Note)];

pub(super) fn findings(v: &Variant) -> Vec<Finding> {
    let mut out = Vec::new();
    out.extend(provider(v));
    out.extend(precision(v));
    out.extend(assumed(v));
    out.extend(unknown_options(v));
    let Some(p50) = v.latency.percentile(0.5) else { return out };
    // What is timed is the engine's call, however long a query waited for it. A multi-stream query is timed as a whole.
    let served = v.latency.served.queue.and(v.latency.served.service.quantile(0.5)).map(Nanos);
    let p50 = served.unwrap_or(p50);
    out.extend(throttled(v));
    out.push(course(v));
    out.extend(keeps_up(v));
    out.extend(too_few(v.latency.measured.n()));
    if let Some(ready) = &v.ready {
        out.push(loop_overhead(ready.loop_overhead, p50));
        out.push(clock(ready.clock_precision, p50));
    }
    out.push(dropped(v.latency.drops));
    out.extend(v.footprint.trend().map(memory));
    out
}

/// Options that the runtime took in silence, and whose names do not occur in its library.
fn unknown_options(v: &Variant) -> Option<Finding> {
    let engine = &v.ready.as_ref()?.engine;
    let named = engine.settings.get(EngineInfo::UNKNOWN_OPTIONS)?;
    let text = format!(
        "{} {} has no session option {named}: it was accepted and changes nothing",
        engine.name, engine.version
    );
    let hint = "look for a slip of the finger, or a version that has it";
    Some(Finding::new(FindingId::UnknownOption, FindingLevel::Warning, text).hint(hint))
}

/// How the level went over the run.
fn course(v: &Variant) -> Finding {
    let points = v.latency.levels.points();
    let Some(shape) = Shape::of(points) else {
        let text = format!("{} of {LEAST_BLOCKS} blocks needed for a verdict", points.len());
        return Finding::new(FindingId::TooFewBlocks, FindingLevel::Note, text).hint("measure longer");
    };
    let time = |ns: f64| Nanos(ns as u64);
    let what = if v.latency.served.queue.is_some() { "service time" } else { "latency" };
    let moved = "warm up longer; look at clocks and temperature on page 3";
    match shape.course {
        Course::Drift { change, error } => {
            let (way, size, error) = (if change > 0.0 { "rises" } else { "falls" }, change.abs(), error * 100.0);
            let text = format!("{what} {way} by {:.1} %, ±{error:.1} over the run", size * 100.0);
            Finding::new(FindingId::Drift, FindingLevel::Warning, text).hint(moved)
        }
        Course::Step { from, to, at } => {
            let after = at.since(v.measuring_since.unwrap_or(v.since)).as_secs_f64();
            let text = format!("{what} went from {} to {}, {after:.0} s into the run", time(from), time(to));
            Finding::new(FindingId::NotSteady, FindingLevel::Warning, text).hint(moved)
        }
        Course::BlockMedians { low, high, upper } => {
            let text = format!("bimodal: {} and {} ({:.0} % of blocks)", time(low), time(high), upper * 100.0);
            Finding::new(FindingId::Bimodal, FindingLevel::Warning, text)
                .hint("look for changing clocks, cores of different speed, or background load")
        }
        Course::Flat if shape.spread > NOISY => {
            let text = format!("block medians vary by {}", plus_minus(shape.spread));
            Finding::new(FindingId::Noisy, FindingLevel::Warning, text)
                .hint("check for background load and clock changes")
        }
        Course::Flat => {
            let of = if what == "latency" { "" } else { "service time " };
            let text = format!("{of}steady at {}, blocks {}", time(shape.level), plus_minus(shape.spread));
            Finding::new(FindingId::Steady, FindingLevel::Ok, text)
        }
    }
}

/// Whether a queue was only chance: one that a server keeps up with is now and then this part of a short run …
const BEHIND: f64 = 0.01;

/// … and hardly ever this part of any; then latency is a matter of how long one measures …
const LOST: f64 = 0.05;

/// … unless it is of a handful: so many wait by chance at a load of 95 %, ten by the mean of M/D/1.
const HANDFUL: u64 = 20;

/// Whether the streams of a server answer what arrives.
fn keeps_up(v: &Variant) -> Option<Finding> {
    if let Some(frames) = &v.latency.served.frames {
        return Some(deadline(v, frames));
    }
    let queue = v.latency.served.queue?;
    let seconds = v.latency.busy.as_secs_f64();
    let rate = |n: u64| significant(n as f64 / seconds.max(1e-9));
    let (offered, completed) = (rate(queue.offered), rate(queue.completed));
    let level = match queue.behind() {
        share if share <= BEHIND || queue.offered.saturating_sub(queue.completed) < HANDFUL => {
            let busy = v.latency.served.service.mean()? * queue.completed as f64 / 1e9;
            let busy = busy / seconds.max(1e-9) / v.spec.scenario.streams() as f64;
            let text = format!("keeps up with {offered}/s, busy {:.0} %", (busy * 100.0).min(100.0));
            return Some(Finding::new(FindingId::KeepsUp, FindingLevel::Ok, text));
        }
        share if share <= LOST => FindingLevel::Warning,
        _ => FindingLevel::Invalid,
    };
    let text = format!("the queue grows, offered {offered}/s, completed {completed}/s");
    let hint = "latency grows with the duration of the run: lower --rate, or serve with more streams (--concurrency)";
    Some(Finding::new(FindingId::KeepsUp, level, text).hint(hint))
}

/// Whether paced frames are answered in time. What is late says something about the model, and nothing against the figures.
fn deadline(v: &Variant, frames: &FrameSums) -> Finding {
    let scenario = v.spec.scenario;
    let limit = scenario.deadline().unwrap_or_default();
    let pace = scenario.to_string();
    if frames.missed + frames.dropped == 0 {
        let text = format!("{pace}: all {} frames answered within {limit}", grouped(frames.answered));
        return Finding::new(FindingId::KeepsUp, FindingLevel::Ok, text);
    }
    let (came, lost) = (frames.answered + frames.dropped, frames.missed + frames.dropped);
    let level = if lost as f64 > BEHIND * came as f64 { FindingLevel::Warning } else { FindingLevel::Note };
    let (missed, dropped) = (grouped(frames.missed), grouped(frames.dropped));
    let text = format!("{pace}: of {} frames {missed} answered later than {limit}, {dropped} dropped", grouped(came));
    Finding::new(FindingId::KeepsUp, level, text).hint("lower the rate, or look at what makes single inferences slow")
}

/// What slowed the hardware down within the variant's own blocks.
fn throttled(v: &Variant) -> Option<Finding> {
    let throttling = &v.throttling;
    if throttling.span == Nanos::ZERO {
        // Nothing on this machine tells of throttling, or no reading has followed a block yet.
        return None;
    }
    if throttling.causes.is_empty() {
        return Some(Finding::new(FindingId::Throttled, FindingLevel::Ok, "no throttling seen".into()));
    }
    let cause = |(name, cause): (&String, &Cause)| {
        let share = cause.affected.0 as f64 / throttling.span.0 as f64 * 100.0;
        let share = if share < 0.1 { "less than 0.1".into() } else { significant(share.min(100.0)) };
        let what = match cause.events.round() as u64 {
            0 => name.clone(),
            1 => format!("1 {name} event"),
            n => format!("{} {name} events", grouped(n)),
        };
        format!("{what}, {share} % of the run affected")
    };
    let text = throttling.causes.iter().map(cause).collect::<Vec<_>>().join("; ");
    let hint = "check power supply and cooling, or choose a lower power mode";
    Some(Finding::new(FindingId::Throttled, FindingLevel::Warning, text).hint(hint))
}

/// The lowest percentile that there are not enough inferences for.
fn too_few(n: u64) -> Option<Finding> {
    let (name, needed, level) = NEEDED.into_iter().find(|(_, needed, _)| n < *needed)?;
    let text = format!("{name} needs {} inferences, has {}", grouped(needed), grouped(n));
    Some(Finding::new(FindingId::TooFewSamples, level, text).hint("measure longer"))
}

fn loop_overhead(overhead: Nanos, p50: Nanos) -> Finding {
    let share = share(overhead, p50);
    Finding::new(FindingId::LoopOverhead, gravity(share), format!("timing overhead {overhead} ({})", percent(share)))
}

fn clock(step: Nanos, p50: Nanos) -> Finding {
    let share = share(step, p50);
    Finding::new(FindingId::ClockTooCoarse, gravity(share), format!("timer resolution {step} ({})", percent(share)))
}

fn share(part: Nanos, of: Nanos) -> f64 {
    part.0 as f64 / of.0.max(1) as f64
}

fn gravity(share: f64) -> FindingLevel {
    match share {
        s if s > SPOILT => FindingLevel::Invalid,
        s if s > NOTICEABLE => FindingLevel::Warning,
        _ => FindingLevel::Ok,
    }
}

/// Whether memory grows with the inferences: what a soak test is for.
fn memory(trend: Trend) -> Finding {
    match trend {
        Trend::Grows { per_inference, by, .. } => {
            let per_thousand = Bytes((per_inference * 1e3) as u64);
            let text = format!("memory grows by {per_thousand} per 1,000 inferences, {by} since the start");
            Finding::new(FindingId::MemoryGrows, FindingLevel::Warning, text)
                .hint("a memory leak, or an unbounded cache")
        }
        Trend::Level { last } => {
            Finding::new(FindingId::MemoryGrows, FindingLevel::Ok, format!("memory stable at {last}"))
        }
    }
}

fn dropped(drops: u64) -> Finding {
    match drops {
        0 => Finding::new(FindingId::SamplesDropped, FindingLevel::Ok, "no samples dropped".into()),
        n => {
            let text = format!("{} sample{} missing from the chart", grouped(n), if n == 1 { "" } else { "s" });
            Finding::new(FindingId::SamplesDropped, FindingLevel::Note, text).hint("none missing from the results")
        }
    }
}

/// Where operators ran, as a profile has shown.
fn placement(v: &Variant) -> Option<Finding> {
    let placement = v.placement()?;
    let (placed, total, asked) = (placement.placed(), placement.total, &placement.asked);
    let text = format!("{} of {} operators on {asked}", grouped(placed as u64), grouped(total as u64));
    Some(if placed == total {
        Finding::new(FindingId::OtherProvider, FindingLevel::Ok, text)
    } else {
        let text = format!("only {text}: {}", placement.fallen());
        Finding::new(FindingId::OtherProvider, FindingLevel::Warning, text)
            .hint("each fallback may copy tensors between devices; --require-ep makes it an error")
    })
}

/// Whether sizes were assumed that neither the model nor an option gives.
fn assumed(v: &Variant) -> Option<Finding> {
    let taken = &v.ready.as_ref()?.assumed;
    let sizes = taken.iter().map(|(axis, n)| format!("{axis}={n}")).collect::<Vec<_>>().join(", ");
    let hint = "latency depends on them: set your own with --dim NAME=N or --shape INPUT:N,N";
    let text = format!("sizes assumed for free axes: {sizes}");
    (!taken.is_empty()).then(|| Finding::new(FindingId::AssumedShapes, FindingLevel::Note, text).hint(hint))
}

/// Whether the runtime computes in what the model's weights are. Of integer ones it computes the rest in what it says.
fn precision(v: &Variant) -> Option<Finding> {
    let computed = v.ready.as_ref()?.engine.precision.as_deref()?;
    let model = v.model.as_ref()?;
    let bits = |name: &str| match name {
        "float64" | "f64" => Some(64),
        "float32" | "f32" => Some(32),
        "float16" | "f16" => Some(16),
        // Fewer digits than float16, though as many bits.
        "bfloat16" | "bf16" => Some(8),
        _ => None,
    };
    let uses = bits(computed)?;
    let Some(stored) = model.precision.as_deref() else {
        // Files that nntop cannot read mostly hold float32.
        let unknown = uses < 32 && model.params.is_none() && v.spec.options.precision.is_none();
        let text = format!("computes in {computed}; the type of the model's weights is not known");
        let finding = Finding::new(FindingId::OtherPrecision, FindingLevel::Warning, text);
        return unknown
            .then(|| finding.hint("the runtime chose this; other runtimes may not. --precision f32 changes it"));
    };
    let has = bits(stored)?;
    if uses >= has {
        return Some(Finding::new(FindingId::OtherPrecision, FindingLevel::Ok, format!("computes in {computed}")));
    }
    let text = format!("computes in {computed}, the model's weights are {stored}");
    Some(if v.spec.options.precision.is_some() {
        Finding::new(FindingId::OtherPrecision, FindingLevel::Note, text)
    } else {
        let hint = "the runtime chose this; other runtimes may not. --precision f32 uses the model's own type";
        Finding::new(FindingId::OtherPrecision, FindingLevel::Warning, text).hint(hint)
    })
}

/// Whether what runs is what was asked for: operator by operator, or as far as the session says.
fn provider(v: &Variant) -> Option<Finding> {
    if let Some(finding) = placement(v) {
        return Some(finding);
    }
    let people = |name: &str| name.strip_suffix("ExecutionProvider").unwrap_or(name).to_owned();
    // Of a device that shares work out, what runs is its own choice.
    let device = v.spec.options.device.as_deref().filter(|d| !d.contains(':') && *d != "AUTO");
    let device = device.map(|d| d.split('.').next().unwrap_or(d).to_owned());
    let runs = people(v.ready.as_ref()?.engine.providers.first()?);
    let runs = if device.is_some() { runs.split('.').next().unwrap_or(&runs).to_owned() } else { runs };
    let asked = v.spec.options.providers.first().map(|p| people(p)).or(device);
    Some(match asked.filter(|asked| !asked.eq_ignore_ascii_case(&runs)) {
        Some(asked) => {
            Finding::new(FindingId::OtherProvider, FindingLevel::Warning, format!("requested {asked}, runs on {runs}"))
        }
        None => Finding::new(FindingId::OtherProvider, FindingLevel::Ok, format!("runs on {runs}")),
    })
}
