//! The operator types that take most of the time of a variant, and where its operators ran.

use crate::result::{NOT_PROFILED, VariantResult};
use nntop_core::unit::{Nanos, grouped, percent_tenths, signed};
use std::fmt::Write;

/// So many types are shown; the rest is one more line's part.
const SHOWN: usize = 5;

/// Lines below a variant's facts.
pub(super) fn write(out: &mut String, v: &VariantResult) {
    let of = &v.operators;
    if let Some(p) = &of.placement {
        let (total, asked) = (grouped(p.operators), &p.asked);
        let placed = grouped(p.by_provider.get(asked).copied().unwrap_or(0));
        let fallen = p.elsewhere.as_ref().map(|list| format!(", {list}")).unwrap_or_default();
        let _ = writeln!(out, "   operators: {placed} of {total} on {asked}{fallen}");
    }
    let Some(profile) = &of.profile else {
        // What was tried and could not be done.
        if let Some(why) = of.profile_absent.as_deref().filter(|why| *why != NOT_PROFILED) {
            let _ = writeln!(out, "   operators: not known: {why}");
        }
        return;
    };
    let percent = |ns: u64| percent_tenths(ns as f64 / profile.wall_ns.max(1) as f64);
    let types = of.types();
    let mut parts: Vec<String> =
        types.iter().take(SHOWN).map(|(name, ns)| format!("{name} {} ({})", Nanos(*ns), percent(*ns))).collect();
    let rest: u64 = types.iter().skip(SHOWN).map(|(_, ns)| ns).sum();
    if types.len() > SHOWN {
        parts.push(format!("{} more {}", types.len() - SHOWN, percent(rest)));
    }
    let device = profile
        .elsewhere_ns
        .map(|ns| format!(" (the device was busy for up to {} of it)", Nanos(ns)))
        .unwrap_or_default();
    let _ = writeln!(out, "   time: {}, between operators {}{device}", parts.join(", "), percent(profile.gap_ns));
    let n = profile.inferences;
    let cost = profile.overhead_percent.map(|p| format!("; profiler overhead {} %", signed(p))).unwrap_or_default();
    let partial = profile.partial.as_ref().map(|why| format!("; incomplete: {why}")).unwrap_or_default();
    let s = if n == 1 { "" } else { "s" };
    let _ = writeln!(out, "         from {n} profiled inference{s}, excluded from the results{cost}{partial}");
}
