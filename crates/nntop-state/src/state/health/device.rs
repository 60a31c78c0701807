//! What the machine's readings tell about the time in which was measured.

use super::{Finding, FindingId, FindingLevel};
use crate::state::{Metric, State};
use nntop_core::event::{Part, Quantity};
use nntop_core::unit::{Bytes, Nanos, Unit};
use std::collections::BTreeMap;

/// CPU use of others, percent of one core. Below it lie the kernel's own work and the samplers.
const NEIGHBOURS: f64 = 10.0;

/// Fewer readings are a moment, not a run.
const LEAST_READINGS: usize = 5;

/// Growth of swap that is more than the few cold pages that the kernel moves out on any machine.
const SWAP_GROWTH: f64 = 4e6;

/// Memory in use, as a share of all. Beyond it page cache, and with it the model's file, begins to go.
const MEMORY_FULL: f64 = 0.95;

/// A core with so much load has no reason of its own to clock down.
const LOADED: f64 = 80.0;

/// A clock under load below this share of its maximum. The maximum of many CPUs holds for one busy core, so
/// that the last tenth means nothing.
const CLOCK_SHARE: f64 = 0.9;

pub(super) fn findings(state: &State) -> Vec<Finding> {
    let mut out = Vec::new();
    out.extend(governor(state));
    let Some(span) = Span::of(state) else { return out };
    out.extend(shares_core(state));
    out.extend(neighbours(state, &span));
    out.extend(swapping(state, &span));
    out.extend(memory(state, &span));
    out.extend(clocks(state, &span));
    out
}

/// From the first measured block's beginning to the last run's end.
pub(super) struct Span {
    pub(super) from: Nanos,
    to: Nanos,
}

impl Span {
    pub(super) fn of(state: &State) -> Option<Self> {
        let from = state.variants.iter().filter_map(|v| v.measuring_since).min()?;
        let ended: Option<Vec<Nanos>> = state.variants.iter().map(|v| v.ended).collect();
        Some(Self { from, to: ended.and_then(|e| e.into_iter().max()).unwrap_or(state.now) })
    }

    pub(super) fn readings<'a>(&'a self, metric: &'a Metric) -> impl Iterator<Item = (Nanos, f64)> + 'a {
        let within = |t: &Nanos| (self.from..=self.to).contains(t);
        metric.series.iter().filter_map(|(t, v)| Some((t, v?))).filter(move |(t, _)| within(t))
    }
}

fn governor(state: &State) -> Option<Finding> {
    let governor = state.hello.as_ref()?.info.governor.as_deref()?;
    Some(match governor {
        "performance" => Finding::new(FindingId::Governor, FindingLevel::Ok, "governor is performance".into()),
        other => {
            Finding::new(FindingId::Governor, FindingLevel::Warning, format!("governor is {other}, latency may vary"))
                .hint("cpupower frequency-set -g performance, as root")
        }
    })
}

/// Where there are ticks there is a dashboard.
fn shares_core(state: &State) -> Option<Finding> {
    let cpus = state.hello.as_ref()?.info.cpus;
    (cpus == 1 && state.own.is_some()).then(|| {
        Finding::new(FindingId::SharesCore, FindingLevel::Warning, "one CPU, which the dashboard uses too".into())
            .hint("measure with nntop bench")
    })
}

pub(super) fn mean(values: &[f64]) -> Option<f64> {
    (values.len() >= LEAST_READINGS).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// All CPU time less that of the workers and of nntop itself, in percent of one core.
fn neighbours(state: &State, span: &Span) -> Option<Finding> {
    // Of a container with a limit, loads are of the CPUs that it may use.
    let allowed = state.device.first(Part::Cpu, Quantity::Allowance).and_then(Metric::last);
    let online = || state.device.of(Part::Core, Quantity::Load).filter(|m| m.last().is_some()).count() as f64;
    let cores = allowed.unwrap_or_else(online);
    let mut ours: BTreeMap<Nanos, f64> = BTreeMap::new();
    for worker in state.device.of(Part::Worker, Quantity::Load) {
        span.readings(worker).for_each(|(t, v)| *ours.entry(t).or_default() += v);
    }
    let own = state.own.map_or(0.0, |tick| tick.cpu_percent);
    let total = state.device.first(Part::Cpu, Quantity::Load)?;
    let others = |(t, all): (Nanos, f64)| Some(all * cores - ours.get(&t)? - own);
    let others: Vec<f64> = span.readings(total).filter_map(others).collect();
    // Two files read one after the other can disagree by a tick: less than nothing is nothing.
    let used = mean(&others)?.max(0.0);
    Some(if used > NEIGHBOURS {
        let text = format!("other processes use {used:.0} % of a core");
        Finding::new(FindingId::BusyNeighbours, FindingLevel::Warning, text)
            .hint("stop background processes: page 3 or nntop monitor lists them")
    } else {
        Finding::new(FindingId::BusyNeighbours, FindingLevel::Ok, format!("other processes use {used:.0} % of a core"))
    })
}

fn swapping(state: &State, span: &Span) -> Option<Finding> {
    let swap = state.device.first(Part::Swap, Quantity::Memory)?;
    let first = span.readings(swap).next()?.1;
    let growth = span.readings(swap).map(|(_, v)| v - first).fold(0.0, f64::max);
    (growth > SWAP_GROWTH).then(|| {
        let text = format!("swap grew by {} while measuring", Bytes(growth as u64));
        Finding::new(FindingId::Swapping, FindingLevel::Warning, text)
            .hint("free memory, or use a smaller model or batch")
    })
}

fn memory(state: &State, span: &Span) -> Option<Finding> {
    let memory = state.device.first(Part::Memory, Quantity::Memory)?;
    let limit = memory.decl.limit.filter(|l| *l > 0.0)?;
    let share = span.readings(memory).map(|(_, v)| v / limit).fold(0.0, f64::max);
    (share > MEMORY_FULL).then(|| {
        let text = format!("memory was {:.0} % full", share * 100.0);
        Finding::new(FindingId::MemoryNearLimit, FindingLevel::Warning, text)
            .hint("free memory, or use a smaller model or batch")
    })
}

/// The loaded core whose clock is furthest below its limit.
fn clocks(state: &State, span: &Span) -> Option<Finding> {
    let share = |clock: &Metric| {
        let limit = clock.decl.limit.filter(|l| *l > 0.0)?;
        let core = state.device.of(Part::Core, Quantity::Load).find(|core| core.decl.same_part(&clock.decl))?;
        let loaded: BTreeMap<Nanos, f64> = span.readings(core).filter(|(_, load)| *load >= LOADED).collect();
        let hertz: Vec<f64> = span.readings(clock).filter(|(t, _)| loaded.contains_key(t)).map(|(_, v)| v).collect();
        Some((mean(&hertz)?, limit))
    };
    let (hertz, limit) = state
        .device
        .of(Part::Core, Quantity::Clock)
        .filter_map(share)
        .min_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)))?;
    (hertz < CLOCK_SHARE * limit).then(|| {
        let text = format!("clock {} of {} under load", Unit::Hertz.format(hertz), Unit::Hertz.format(limit));
        Finding::new(FindingId::ClockBelowMaximum, FindingLevel::Note, text)
            .hint("governor, power mode, heat, or many busy cores")
    })
}
