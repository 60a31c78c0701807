//! Paced frames as text: what was missed, how old answers are, what the machine does between them, what the pace costs.

use crate::result::{PacedResult, VariantResult};
use nntop_core::unit::{Nanos, grouped, percent};
use std::fmt::Write;

/// The lines of a variant.
pub(super) fn write(out: &mut String, v: &VariantResult, p: &PacedResult) {
    let deadline = Nanos(p.deadline_ns);
    let _ = writeln!(
        out,
        "   deadline {deadline}: {} of {} frames missed it, {} dropped",
        grouped(p.missed),
        grouped(p.answered),
        grouped(p.dropped)
    );
    if let (Some(mean), Some(max)) = (p.age_mean_ns, p.age_max_ns) {
        let _ = writeln!(out, "   age of the newest answer: {} on average, {} at most", Nanos(mean as u64), Nanos(max));
    }
    if let Some(w) = &p.wakeup_ns {
        let _ = writeln!(out, "   woken late by: p50 {} · p99 {} · max {}", Nanos(w.p50), Nanos(w.p99), Nanos(w.max));
    }
    if let (Some(idle), Some(call)) = (p.idle_cpu_ns_per_frame, v.cpu_ns_per_inference) {
        let share = idle as f64 * p.rate_hz / 1e9;
        let (idle, call) = (Nanos(idle), Nanos(call));
        let _ = writeln!(
            out,
            "   CPU time per frame: {call} in the inference, {idle} between ({} of a core)",
            percent(share)
        );
    }
    match (&p.penalty, &p.penalty_absent) {
        (Some(r), _) => {
            let (low, high) = (r.interval.low, r.interval.high);
            let _ = writeln!(
                out,
                "   pace penalty: {:.2}x the service time back to back ({low:.2}–{high:.2}, 95 %)",
                r.value
            );
        }
        (None, Some(why)) => {
            let _ = writeln!(out, "   pace penalty: not known, {why}");
        }
        (None, None) => {}
    }
}
