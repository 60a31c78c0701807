//! What `nntop bench` prints of a sweep: the table, which points are on the front, and what went wrong.

use super::layout::fit;
use super::{custom, findings, sweep_table};
use crate::result::{
    Finding, FindingId, FindingLevel, RunResult, Status, SweepPoint, SweepResult, VariantResult, Verdict,
};
use nntop_core::settings;
use nntop_core::stats::RELIABLE;
use nntop_core::unit::Bytes;
use std::fmt::Write;

/// Sentences are folded here at the latest.
const WIDTH: usize = 80;

/// More points than this are counted instead of named.
const MOST_NAMES: usize = 12;

/// The whole report. Nothing where nothing was measured: then errors say it all.
pub(super) fn text(result: &RunResult, sweep: &SweepResult, width: usize) -> String {
    let mut out = String::new();
    if sweep.points.iter().all(|p| p.p50_ns.is_none()) {
        return out;
    }
    sweep_table::write(&mut out, result, sweep, width);
    let mut said = String::from("\n");
    front(&mut said, sweep);
    legend(&mut said, result, sweep);
    custom::of_points(result, sweep).iter().for_each(|line| line_of(&mut said, " ", line));
    said.push('\n');
    models(&mut said, result, sweep);
    said.push('\n');
    faults(&mut said, result, sweep);
    doubts(&mut said, result, sweep);
    out + &fit(&said, width.min(WIDTH))
}

/// A point's name: without its model where there is but one.
fn name<'a>(sweep: &'a SweepResult, p: &'a SweepPoint) -> &'a str {
    let one = sweep.points.iter().all(|other| other.model == p.model);
    let place = one.then(|| p.variant.strip_prefix(&p.model)).flatten().map(str::trim_start);
    place.filter(|place| !place.is_empty()).unwrap_or(&p.variant)
}

/// Several names, as many as can be read.
fn names(sweep: &SweepResult, points: Vec<&SweepPoint>) -> String {
    let mut names: Vec<_> = points.iter().take(MOST_NAMES).map(|p| name(sweep, p).to_owned()).collect();
    names.extend(points.len().checked_sub(MOST_NAMES + 1).map(|more| format!("{} more", more + 1)));
    names.join(", ")
}

/// `3 of 12 points are on the front: …`
fn front(out: &mut String, sweep: &SweepResult) {
    let on: Vec<_> = sweep.points.iter().filter(|p| p.on_front).collect();
    let count = |status| sweep.points.iter().filter(|p| p.status == status).count();
    let (ok, failed, cut) = (count(Status::Ok), count(Status::Failed), count(Status::Interrupted));
    let mut line = match on.len() {
        0 => format!("no point of {} was measured to its end", sweep.points.len()),
        1 => format!("1 of {ok} points is on the front: {}", names(sweep, on)),
        n => format!("{n} of {ok} points are on the front: {}", names(sweep, on)),
    };
    if failed > 0 {
        let _ = write!(line, "; {failed} failed");
    }
    if cut > 0 {
        let _ = write!(line, "; {cut} interrupted or not measured");
    }
    line_of(out, " ", &line);
}

fn legend(out: &mut String, result: &RunResult, sweep: &SweepResult) {
    let evaluated = sweep.points.iter().any(|p| p.accuracy.is_some())
        && sweep.points.iter().all(|p| p.status != Status::Ok || p.accuracy.is_some());
    line_of(
        out,
        " ",
        if evaluated {
            "◆ front: no other point has a p50 as low, a throughput as high and an accuracy as good, one of them better"
        } else {
            "◆ front: no other point has both a p50 as low and a throughput as high, one of them better"
        },
    );
    let mut line = format!("{} best of its column", sweep_table::BEST);
    if result.variants.iter().filter_map(|v| v.latency_ns).any(|l| l.n < RELIABLE.p99) {
        let _ = write!(line, " · * from fewer than {} inferences: not yet reliable", RELIABLE.p99);
    }
    if result.variants.iter().any(|v| v.energy.is_some()) {
        line.push_str(" · energy per sample, gross");
    }
    line_of(out, " ", &line);
}

/// A line per model: the file, what ran it, and the settings that were no axis.
fn models(out: &mut String, result: &RunResult, sweep: &SweepResult) {
    let mut said: Vec<&str> = Vec::new();
    for (p, v) in sweep.points.iter().zip(&result.variants) {
        // One that loaded knows more.
        let loaded =
            || sweep.points.iter().zip(&result.variants).find(|(q, w)| q.model == p.model && w.latency_ns.is_some());
        if !said.contains(&p.model.as_str()) {
            said.push(&p.model);
            let parts = about(sweep, loaded().map_or(v, |(_, v)| v));
            line_of(out, " ", &format!("{}: {}", p.model, parts.join(" · ")));
        }
    }
    let host = &result.host;
    let machine = host.board.as_ref().or(host.cpu_model.as_ref());
    let (machine, s) = (machine.map(|m| format!("{m}, ")).unwrap_or_default(), if host.cpus == 1 { "" } else { "s" });
    line_of(out, " ", &format!("on {}: {machine}{} CPU{s}", host.name, host.cpus));
}

fn about(sweep: &SweepResult, v: &VariantResult) -> Vec<String> {
    let version = v.engine.version.as_deref().unwrap_or("");
    let mut parts = vec![v.model.path.clone(), format!("{} {version}", v.engine.name).trim().to_owned()];
    parts.extend((!v.engine.providers.is_empty()).then(|| v.engine.providers.join("+")));
    let is_axis = |name: &str| sweep.axes.iter().any(|axis| axis.name == name);
    parts.extend(v.engine.threads.filter(|_| !is_axis("threads")).map(|n| format!("threads {n}")));
    parts.extend((!is_axis("batch_size") && v.latency_ns.is_some()).then(|| format!("batch {}", v.batch_size)));
    parts.extend(settings::phrases(&v.options));
    parts.extend(v.model.size_bytes.map(|b| Bytes(b).to_string()));
    parts
}

/// Why points failed; those that failed alike in one line.
fn faults(out: &mut String, result: &RunResult, sweep: &SweepResult) {
    let mut faults: Vec<(&str, Option<&str>, Vec<&SweepPoint>)> = Vec::new();
    for (p, v) in sweep.points.iter().zip(&result.variants) {
        let Some(fault) = &v.error else { continue };
        // The line says itself whose it is.
        let own = fault.message.strip_prefix(&p.variant).and_then(|rest| rest.strip_prefix(": "));
        let (message, hint) = (own.unwrap_or(&fault.message), fault.hint.as_deref());
        match faults.iter_mut().find(|known| (known.0, known.1) == (message, hint)) {
            Some((.., points)) => points.push(p),
            None => faults.push((message, hint, vec![p])),
        }
    }
    for (message, hint, points) in faults {
        line_of(out, " ✗ ", &format!("{}: {message}", names(sweep, points)));
        hint.iter().for_each(|hint| line_of(out, "   ", &format!("({hint})")));
    }
}

/// Targets, verdicts that are not STABLE, and what was found about the machine; of the points' other findings the
/// warnings, each once.
fn doubts(out: &mut String, result: &RunResult, sweep: &SweepResult) {
    let measured = || sweep.points.iter().zip(&result.variants).filter(|(p, _)| p.p50_ns.is_some());
    let met = |p: &SweepPoint| result.targets.iter().filter(|t| t.variant == p.variant).all(|t| t.met);
    if !result.targets.is_empty() {
        let all = measured().filter(|(p, _)| met(p)).count();
        let every =
            if result.targets.iter().any(|t| t.text != result.targets[0].text) { "every target" } else { "the target" };
        line_of(out, " ", &format!("{all} of {} measured points meet {every}", measured().count()));
        for t in result.targets.iter().filter(|t| !t.met) {
            line_of(out, " ✗ ", &t.to_string());
        }
    }
    result.findings.iter().for_each(|f| findings::line(out, None, f));
    for (p, v) in measured() {
        if let (Some(verdict), Some(why)) = (v.verdict.filter(|w| *w != Verdict::Stable), &v.verdict_reason) {
            line_of(out, " ! ", &format!("{}: {verdict}, {why}", name(sweep, p)));
        }
    }
    let unsteady: Vec<_> = measured().filter(|(_, v)| v.warmup.steady == Some(false)).map(|(p, _)| p).collect();
    if !unsteady.is_empty() {
        let points = names(sweep, unsteady);
        line_of(out, " ! ", &format!("{points}: not steady when the warm-up ended: the figures may hold a trend"));
    }
    let mut told: Vec<(FindingId, Vec<&SweepPoint>, &str)> = Vec::new();
    for (p, v) in measured() {
        let grave = v.findings.iter().filter(|f| f.level >= FindingLevel::Warning);
        // What is the verdict's reason has been said, and too few samples have their sign in the table.
        let unsaid = |f: &&Finding| v.verdict_reason.as_ref() != Some(&f.text) && f.id != FindingId::TooFewSamples;
        for f in grave.filter(unsaid) {
            match told.iter_mut().find(|(id, ..)| *id == f.id) {
                Some((_, points, _)) => points.push(p),
                None => told.push((f.id, vec![p], &f.text)),
            }
        }
    }
    for (_, points, text) in told {
        let others = names(sweep, points[1..].to_vec());
        let likewise = if others.is_empty() { String::new() } else { format!("; likewise {others}") };
        line_of(out, " ! ", &format!("{}: {text}{likewise}", name(sweep, points[0])));
    }
}

/// Writes `text` behind `sign`.
fn line_of(out: &mut String, sign: &str, text: &str) {
    let _ = writeln!(out, "{sign}{text}");
}
