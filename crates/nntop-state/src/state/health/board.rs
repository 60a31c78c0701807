//! What the board says about the time in which was measured: caps, pinned clocks, supply, GPU, power limits.

use super::device::{Span, mean};
use super::{Finding, FindingId, FindingLevel};
use crate::state::{Metric, State};
use nntop_core::event::{Part, Quantity};
use nntop_core::unit::Unit;

/// A cap within one percent of what the hardware has is none.
const CAPPED: f64 = 0.99;

/// GPU load of others, in percent; a desktop that only blinks has less.
const BUSY: f64 = 10.0;

/// Power so near to its limit is held by it: firmware steers a few percent below.
const AT_LIMIT: f64 = 0.97;

pub(super) fn findings(state: &State) -> Vec<Finding> {
    let Some(span) = Span::of(state) else { return Vec::new() };
    let mut out = Vec::new();
    out.extend(before(state, &span));
    out.extend(capped(state, &span));
    out.extend(pinned(state, &span));
    out.extend(battery(state, &span));
    out.extend(gpu(state, &span));
    out.extend(power(state, &span));
    out
}

/// Flags that were up when measuring began: the board has a problem, though perhaps not now.
fn before(state: &State, span: &Span) -> Option<Finding> {
    let up = |m: &&Metric| span.readings(m).next().is_some_and(|(_, value)| value > 0.0);
    let causes: Vec<&str> =
        state.device.quantity(Quantity::ThrottledEver).filter(up).map(|m| m.decl.label.as_str()).collect();
    (!causes.is_empty()).then(|| {
        let text = format!("before this run, since boot: {}", causes.join(" · "));
        Finding::new(FindingId::ThrottledBefore, FindingLevel::Note, text).hint("check power supply and cooling")
    })
}

/// The cap that is furthest below what the hardware has.
fn capped(state: &State, span: &Span) -> Option<Finding> {
    let share = |m: &Metric| {
        let most = m.decl.limit.filter(|limit| *limit > 0.0)?;
        let (_, cap) = span.readings(m).last()?;
        (cap < CAPPED * most).then(|| (cap, most, m.decl.label.clone()))
    };
    let caps = state.device.quantity(Quantity::ClockCap).filter_map(share);
    let (cap, most, label) = caps.min_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)))?;
    let text = format!("clock of {label} capped at {} of {}", Unit::Hertz.format(cap), Unit::Hertz.format(most));
    let hint = "power mode, cpufreq settings or heat: the results apply to the capped clock";
    Some(Finding::new(FindingId::ClockCapped, FindingLevel::Note, text).hint(hint))
}

fn pinned(state: &State, span: &Span) -> Option<Finding> {
    let metric = state.device.first(Part::Board, Quantity::ClocksPinned)?;
    let readings: Vec<_> = span.readings(metric).collect();
    let begun = readings.first().filter(|(_, value)| *value > 0.0)?.0;
    match readings.iter().find(|(_, value)| *value == 0.0) {
        Some((t, _)) => {
            let text =
                format!("clocks were unpinned {:.0} s into the run", t.since(begun.min(span.from)).as_secs_f64());
            let hint = "a change of power mode undoes jetson_clocks: pin them again, then measure";
            Some(Finding::new(FindingId::ClocksUnpinned, FindingLevel::Warning, text).hint(hint))
        }
        None => Some(Finding::new(FindingId::ClocksUnpinned, FindingLevel::Ok, "clocks are pinned".into())),
    }
}

fn battery(state: &State, span: &Span) -> Option<Finding> {
    let plugged = state.device.first(Part::Mains, Quantity::On)?;
    let off = span.readings(plugged).any(|(_, value)| value == 0.0);
    off.then(|| {
        let charge = state.device.first(Part::Battery, Quantity::Charge).and_then(Metric::last);
        let charge = charge.map_or_else(String::new, |percent| format!(", {percent:.0} % left"));
        Finding::new(FindingId::OnBattery, FindingLevel::Warning, format!("runs on its battery{charge}"))
            .hint("plug it in: many machines hold their clocks down on battery")
    })
}

/// Where all models run on the processor, the GPU's load is others'.
fn gpu(state: &State, span: &Span) -> Option<Finding> {
    if state.variants.is_empty() || !state.variants.iter().all(crate::state::Variant::on_cpu) {
        return None;
    }
    let loads = state.device.of(Part::Gpu, Quantity::Load).filter_map(|m| {
        let load: Vec<f64> = span.readings(m).map(|(_, value)| value).collect();
        Some((mean(&load)?, m.decl.label.clone()))
    });
    let (load, label) = loads.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (load > BUSY).then(|| {
        let text = format!("other processes use {load:.0} % of {label}");
        Finding::new(FindingId::BusyGpu, FindingLevel::Note, text).hint("it shares memory and power with the processor")
    })
}

/// A package that draws what it is allowed to.
fn power(state: &State, span: &Span) -> Option<Finding> {
    let found = state.device.quantity(Quantity::PowerLimit).filter(|limit| limit.decl.detail == "long_term").find_map(
        |limit| {
            let allowed = span.readings(limit).last()?.1;
            let power = state.device.quantity(Quantity::Power).find(|m| m.decl.same_part(&limit.decl))?;
            let watts = mean(&span.readings(power).map(|(_, value)| value).collect::<Vec<_>>())?;
            (watts >= AT_LIMIT * allowed).then(|| (power.decl.label.clone(), watts, allowed))
        },
    );
    let (label, watts, allowed) = found?;
    let (watts, allowed) = (Unit::Watts.format(watts), Unit::Watts.format(allowed));
    let text = format!("{label} draws {watts} of its {allowed} limit");
    Some(Finding::new(FindingId::PowerLimited, FindingLevel::Note, text).hint("the power limit determines the clock"))
}
