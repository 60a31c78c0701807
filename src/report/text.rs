//! The table that `nntop bench` prints.

use super::findings;
use crate::result::{Latency, RunResult, Status, VariantResult};
use crate::unit::{Bytes, Nanos, TimeUnit, grouped, ranges, significant};
use std::fmt::Write;

/// Below so many samples a percentile is not yet reliable (MLPerf LoadGen's minima at 99 % confidence).
const P99_SAMPLES: u64 = 662;

/// A row per variant, then what each of them is and how far its figures can be trusted. Nothing where nothing was measured: then errors say it all.
pub fn text(result: &RunResult) -> String {
    let mut out = String::new();
    let latencies = || result.variants.iter().filter_map(|v| v.latency_ns);
    let Some(slowest) = latencies().map(|l| l.p50).max() else { return out };
    let unit = TimeUnit::fitting(slowest as f64);
    let header = ["variant", "p50", "p90", "p99", "max", "inf/s", "n", "memory", "start-up", "mJ/inf"];
    let mut rows = vec![header.map(String::from).to_vec()];
    rows[0][1..5].iter_mut().for_each(|h| *h = format!("{h} {}", unit.symbol()));
    rows.extend(result.variants.iter().filter_map(|v| v.latency_ns.map(|l| row(v, &l, unit))));
    if result.variants.iter().all(|v| v.energy.is_none()) {
        rows.iter_mut().for_each(|row| drop(row.pop()));
    }
    table(&mut out, &rows);
    if latencies().any(|l| l.n < P99_SAMPLES) {
        let _ = writeln!(out, "\n * from fewer than {P99_SAMPLES} inferences: not yet reliable");
    }
    if result.settings.parallel && result.variants.len() > 1 {
        let _ = writeln!(out, "\n in parallel: each variant was measured under the load of the others");
    }
    out.push('\n');
    result.variants.iter().for_each(|v| details(&mut out, v));
    out.push('\n');
    findings::write(&mut out, result);
    out
}

fn row(v: &VariantResult, l: &Latency, unit: TimeUnit) -> Vec<String> {
    let time = |ns: u64| unit.format(ns as f64);
    let p99 = format!("{}{}", time(l.p99), if l.n < P99_SAMPLES { "*" } else { "" });
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "–".into());
    vec![
        v.name.clone(),
        time(l.p50),
        time(l.p90),
        p99,
        time(l.max),
        or_dash(v.throughput_ips.map(significant)),
        grouped(l.n),
        or_dash(v.memory.rss_peak_bytes.map(|b| Bytes(b).to_string())),
        or_dash(v.startup_ns.map(|s| Nanos(s.total).to_string())),
        or_dash(v.energy.as_ref().map(|e| significant(e.gross_mj_per_inf))),
    ]
}

fn details(out: &mut String, v: &VariantResult) {
    let mut parts = vec![v.model.path.clone()];
    let version = v.engine.version.as_deref().unwrap_or("");
    parts.push(format!("{} {version}", v.engine.name).trim().to_owned());
    if !v.engine.providers.is_empty() {
        parts.push(v.engine.providers.join("+"));
    }
    parts.extend(v.engine.threads.map(|n| format!("{n} thread{}", if n == 1 { "" } else { "s" })));
    parts.extend((!v.options.cpus.is_empty()).then(|| format!("CPU {}", ranges(&v.options.cpus))));
    parts.push(format!("batch {}", v.batch_size));
    parts.extend(v.model.size_bytes.map(|b| Bytes(b).to_string()));
    match v.status {
        Status::Ok => {}
        Status::Failed => parts.push("FAILED".into()),
        Status::Interrupted => parts.push("interrupted".into()),
    }
    let _ = writeln!(out, " {}: {}", v.name, parts.join(" · "));
    if v.warmup.steady == Some(false) {
        let after = Nanos(v.warmup.duration_ns);
        let _ = writeln!(out, " ! {}: not steady after {after} of warm-up: the figures may hold a trend", v.name);
    }
    if let Some(e) = &v.energy {
        let gross = significant(e.gross_mj_per_inf);
        let net = e.net_mj_per_inf.map(|net| format!(", {} mJ above idle", significant(net))).unwrap_or_default();
        let _ = writeln!(out, "   energy: {gross} mJ{net} per inference, of {} ({})", e.rails.join(" + "), e.scope);
    }
}

/// The first column left, the others right.
fn table(out: &mut String, rows: &[Vec<String>]) {
    let width = |c: usize| rows.iter().map(|r| r[c].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..rows[0].len()).map(width).collect();
    for row in rows {
        let _ = write!(out, " {:<w$}", row[0], w = widths[0]);
        for (cell, w) in row.iter().zip(&widths).skip(1) {
            let _ = write!(out, "   {cell:>w$}");
        }
        out.push('\n');
    }
}
