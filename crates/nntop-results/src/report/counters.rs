//! What an inference costs the system, as a line.

use crate::result::VariantResult;
use nntop_core::unit::{Nanos, significant};
use std::fmt::Write;

/// The line of a variant.
pub(super) fn write(out: &mut String, v: &VariantResult) {
    let Some(c) = &v.counters else { return };
    let (user, system) = (Nanos(c.cpu_user_ns as u64), Nanos(c.cpu_system_ns as u64));
    let switches = significant(c.voluntary_switches + c.involuntary_switches);
    let faults = significant(c.minor_faults + c.major_faults);
    let mut parts = vec![
        format!("CPU time {user} user, {system} system"),
        format!("{switches} context switches"),
        format!("{faults} page faults"),
    ];
    parts.extend(c.cycles.map(|n| format!("{} cycles", significant(n))));
    parts.extend(c.ipc.map(|n| format!("{} instructions per cycle", significant(n))));
    parts.extend(c.cache_misses.map(|n| format!("{} cache misses", significant(n))));
    let _ = writeln!(out, "   per inference: {}", parts.join(" · "));
}
