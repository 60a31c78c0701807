//! What `nntop bench` and `nntop compare` print.

use super::layout::{Column, Grid, fit};
use super::{accuracy, counters, custom, findings, operators, paced_lines, sweep};
use crate::result::{Comparison, Latency, Ratio, RunResult, Status, VariantResult};
use nntop_core::settings;
use nntop_core::stats::RELIABLE;
use nntop_core::unit::{Bytes, Nanos, TimeUnit, grouped, plus_minus, significant};
use std::fmt::Write;

/// A row per variant, what each of them is, how far its figures can be trusted, and how they compare. Nothing
/// where nothing was measured: then errors say it all.
pub fn text(result: &RunResult, width: usize) -> String {
    if let Some(grid) = &result.sweep {
        return sweep::text(result, grid, width);
    }
    let mut out = figures(result, width);
    if !result.comparison.is_empty() {
        out.push('\n');
        result.comparison.iter().for_each(|c| verdict(&mut out, result, c));
        answers(&mut out, result);
    }
    accuracy::compare(&mut out, result);
    fit(&out, width)
}

/// What a dashboard leaves behind: a row per variant, how they compare, and nothing else. Nothing where nothing was measured.
pub fn summary(result: &RunResult, width: usize) -> String {
    if result.sweep.is_some() {
        return text(result, width);
    }
    let mut out = String::new();
    let Some(grid) = rows(result) else { return out };
    // What an end has to say is short; nntop runs show has the rest.
    grid.sparing(&["start-up", "memory"]).write(&mut out, width);
    for c in &result.comparison {
        let _ = writeln!(out, " {}", c.text);
    }
    fit(&out, width)
}

/// The verdicts first, then the variants by their medians, then the figures.
pub fn compared(result: &RunResult, width: usize) -> String {
    let mut out = String::new();
    let figures = figures(result, width);
    if figures.is_empty() {
        return out;
    }
    result.comparison.iter().for_each(|c| verdict(&mut out, result, c));
    answers(&mut out, result);
    accuracy::compare(&mut out, result);
    if result.comparison.len() > 1 {
        out.push('\n');
        ranking(result).write(&mut out, width);
    }
    if result.comparison.is_empty() {
        let _ = writeln!(out, " too few blocks of both to compare: measure longer (-t 10s)");
    }
    out.push('\n');
    fit(&(out + &figures), width)
}

/// The variants, fastest first, and how they stand to the first that was named.
fn ranking(result: &RunResult) -> Grid {
    let first = result.variants.first().map_or("", |v| v.name.as_str());
    let mut measured: Vec<(&VariantResult, u64)> =
        result.variants.iter().filter_map(|v| Some((v, v.latency_ns?.p50))).collect();
    measured.sort_by_key(|(_, p50)| *p50);
    let heads = ["variant", "p50", &format!("against {first}"), "95 %"].map(Column::figures);
    let mut grid = Grid::new(std::iter::once(Column::words("rank")).chain(heads).collect(), 1, 3);
    for (i, (v, p50)) in measured.into_iter().enumerate() {
        let found = result.comparison.iter().find(|c| c.variant == v.name).map(|c| c.p50);
        let against = found.map_or_else(|| "–".into(), |r| format!("{}x", ratio(r.value)));
        let interval =
            found.map_or_else(|| "–".into(), |r| format!("{}–{}", ratio(r.interval.low), ratio(r.interval.high)));
        grid.row([(i + 1).to_string(), v.name.clone(), Nanos(p50).to_string(), against, interval]);
    }
    grid
}

/// The table of figures with its header; absent where nothing was measured.
fn rows(result: &RunResult) -> Option<Grid> {
    let slowest = result.variants.iter().filter_map(|v| v.latency_ns).map(|l| l.p50).max()?;
    let unit = TimeUnit::fitting(slowest as f64);
    let header = ["variant", "p50", "p90", "p99", "max", "inf/s", "n", "p50 ±", "memory", "start-up", "mJ/inf"];
    let mut rows = vec![header.map(String::from).to_vec()];
    rows[0][1..5].iter_mut().for_each(|h| *h = format!("{h} {}", unit.symbol()));
    rows.extend(result.variants.iter().filter_map(|v| v.latency_ns.map(|l| row(v, &l, unit))));
    if result.variants.iter().all(|v| v.energy.is_none()) {
        rows.iter_mut().for_each(|row| drop(row.pop()));
    }
    let shown = |name: &&str| !accuracy::is_secondary(name, &result.variants);
    for name in custom::names(&result.variants).into_iter().filter(shown) {
        let measured = result.variants.iter().filter(|v| v.latency_ns.is_some());
        let column = std::iter::once(name.to_owned()).chain(measured.map(|v| custom::cell(v, name)));
        rows.iter_mut().zip(column).for_each(|(row, cell)| row.push(cell));
    }
    let mut rows = rows.into_iter();
    let heads = rows.next().unwrap_or_default().into_iter().enumerate();
    let columns = heads.map(|(c, head)| if c == 0 { Column::words(head) } else { Column::figures(head) });
    let mut grid = Grid::new(columns.collect(), 1, 3);
    rows.for_each(|row| grid.row(row));
    Some(grid)
}

fn figures(result: &RunResult, width: usize) -> String {
    let mut out = String::new();
    let latencies = || result.variants.iter().filter_map(|v| v.latency_ns);
    let Some(grid) = rows(result) else { return out };
    grid.write(&mut out, width);
    if latencies().any(|l| l.n < RELIABLE.p99) {
        let _ = writeln!(out, "\n * from fewer than {} inferences: not yet reliable", RELIABLE.p99);
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

/// The sentence, then what else was compared and what is not alike.
fn verdict(out: &mut String, result: &RunResult, c: &Comparison) {
    let times = |r: Ratio| format!("{}x ({}–{})", ratio(r.value), ratio(r.interval.low), ratio(r.interval.high));
    let _ = writeln!(out, " {}", c.text);
    let _ = writeln!(
        out,
        "   p99 {} · throughput {}{} · from {} pairs of blocks",
        times(c.p99),
        times(c.throughput),
        c.energy.map_or_else(String::new, |r| format!(" · energy {}", times(r))),
        grouped(c.block_pairs)
    );
    let named = |name: &str| result.variants.iter().find(|v| v.name == name);
    if let (Some(against), Some(v)) = (named(&c.against), named(&c.variant)) {
        custom::changes(out, against, v);
    }
    if !c.asked.is_empty() {
        let _ = writeln!(out, "   requested differences: {}", c.asked.join(", "));
    }
    if !c.unlike.is_empty() {
        let _ = writeln!(out, "   other differences: {}", c.unlike.join(", "));
    }
}

/// Whether they answer the same.
fn answers(out: &mut String, result: &RunResult) {
    for (v, o) in result.variants.iter().filter_map(|v| Some((v, v.outputs.as_ref()?))) {
        let mark = if o.far { "! " } else { "" };
        let _ = writeln!(out, " {mark}outputs of {} and {}: {}", v.name, o.against, o.text);
    }
}

fn ratio(value: f64) -> String {
    if value < 9.995 { format!("{value:.2}") } else { significant(value) }
}

fn row(v: &VariantResult, l: &Latency, unit: TimeUnit) -> Vec<String> {
    let time = |ns: u64| unit.format(ns as f64);
    let p99 = format!("{}{}", time(l.p99), if l.n < RELIABLE.p99 { "*" } else { "" });
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "–".into());
    vec![
        v.name.clone(),
        time(l.p50),
        time(l.p90),
        p99,
        time(l.max),
        or_dash(v.throughput_ips.map(significant)),
        grouped(l.n),
        or_dash(l.p50_interval.map(|i| plus_minus(i.relative(l.p50 as f64)))),
        or_dash(v.memory.rss_peak_bytes.map(|b| Bytes(b).to_string())),
        or_dash(v.startup_ns.map(|s| Nanos(s.total).to_string())),
        or_dash(v.energy.as_ref().map(|e| significant(e.gross_mj_per_inf))),
    ]
}

/// Settings that decide how fast an engine is, by its own names.
fn engine_settings(v: &VariantResult) -> Option<String> {
    let shown = ["PERFORMANCE_HINT", "NUM_STREAMS", "kernels", "use_tf32", "engine cache", "api", "python call"];
    let of = |key: &str| v.engine.settings.get(key).map(|value| format!("{} {}", words(key), words(value)));
    // What was asked for, as it came out; what a provider does not tell back, as it was asked.
    let asked = v.options.provider_options.iter().filter(|(key, _)| !shown.contains(&key.as_str()));
    let asked = asked.map(|(key, value)| format!("{key} {}", v.engine.settings.get(key).unwrap_or(value)));
    let all: Vec<String> = shown.into_iter().filter_map(of).chain(asked).collect();
    (!all.is_empty()).then(|| all.join(", "))
}

/// `NUM_STREAMS` is `num streams` to people.
fn words(name: &str) -> String {
    name.to_lowercase().replace('_', " ")
}

fn details(out: &mut String, v: &VariantResult) {
    let mut parts = vec![v.model.path.clone()];
    let version = v.engine.version.as_deref().unwrap_or("");
    parts.push(format!("{} {version}", v.engine.name).trim().to_owned());
    if !v.engine.providers.is_empty() {
        parts.push(v.engine.providers.join("+"));
    }
    parts.extend(v.engine.precision.as_ref().map(|p| format!("computes in {p}")));
    parts.extend(engine_settings(v));
    parts.extend(v.engine.threads.map(|n| format!("{n} thread{}", if n == 1 { "" } else { "s" })));
    parts.extend(settings::phrases(&v.options));
    parts.push(format!("batch {}", v.batch_size));
    parts.extend((!v.scenario.is_default()).then(|| v.scenario.to_string()));
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
    if let Some(from) = &v.inputs_from {
        let _ = writeln!(out, "   inputs: {from}");
    }
    if !v.assumed_shapes.is_empty() {
        let sizes = v.assumed_shapes.iter().map(|(axis, n)| format!("{axis}={n}")).collect::<Vec<_>>().join(", ");
        let _ = writeln!(out, "   sizes assumed for free axes: {sizes}");
    }
    scenario(out, v);
    counters::write(out, v);
    custom::absent(out, v);
    accuracy::write(out, v);
    operators::write(out, v);
    if let Some(e) = &v.energy {
        let gross = significant(e.gross_mj_per_inf);
        let net = e.net_mj_per_inf.map(|net| format!(", {} mJ above idle", significant(net))).unwrap_or_default();
        let _ = writeln!(out, "   energy: {gross} mJ{net} per inference, of {} ({})", e.rails.join(" + "), e.scope);
    }
}

/// What latency is made of, and what was offered against what was done.
fn scenario(out: &mut String, v: &VariantResult) {
    let Some(s) = &v.service_ns else { return };
    let unit = TimeUnit::fitting(s.p50 as f64);
    let time = |ns: u64| unit.format_with_unit(ns as f64);
    let mark = if s.n < RELIABLE.p99 { "*" } else { "" };
    let what = if v.queue.is_some() { "service time" } else { "each inference" };
    let _ = writeln!(
        out,
        "   {what}: p50 {} · p90 {} · p99 {}{mark} · max {}",
        time(s.p50),
        time(s.p90),
        time(s.p99),
        time(s.max)
    );
    if let Some(p) = &v.paced {
        return paced_lines::write(out, v, p);
    }
    if let Some(q) = &v.queue {
        let completed = v.throughput_ips.map_or(0.0, |ips| ips / v.batch_size.max(1) as f64);
        let (offered, completed) = (significant(q.offered_per_s), significant(completed));
        let _ = writeln!(
            out,
            "   offered {offered}/s · completed {completed}/s · {} waiting at the end",
            grouped(q.waiting)
        );
    }
}
