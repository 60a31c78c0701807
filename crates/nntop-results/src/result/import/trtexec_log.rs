//! What TensorRT's `trtexec` prints: the performance summary at the end of its log, of every version since 5.
//!
//! | versions | a line of the summary |
//! |---|---|
//! | 8 and later | `Latency: min = 5.4 ms, max = 13.4 ms, mean = 7.6 ms, median = 7.2 ms, percentile(99%) = 13.0 ms` |
//! | 7 | `Host Latency`, and below it `min: 3.7 ms (end to end 3.7 ms)`, `percentile: 3.8 ms at 99% (…)` |
//! | 5, 6 | `Average over 10 runs is 2.79 ms (host walltime is 3.01 ms, 99% percentile time is 2.85).` |

use super::ResultFile;
use super::peer::{MS, extra, file, of_model, quantity, summary, variant};
use crate::result::{Partial, VariantResult};

/// What stands in front of a message: `[10/03/2024-10:47:59] [I] `.
fn message(line: &str) -> &str {
    let levels = ["[I] ", "[W] ", "[E] ", "[V] "];
    levels.iter().find_map(|level| line.split_once(level)).map_or(line, |(_, text)| text).trim()
}

pub(super) fn is(text: &str) -> bool {
    let tool = |line: &str| line.contains("TensorRT.trtexec");
    let summary = |line: &str| {
        line.contains("GPU Compute Time: min = ")
            || line.contains("Latency: min = ")
            || line.contains("[I] GPU Compute")
    };
    text.lines().any(|line| tool(line) || summary(line) || of_version_5(message(line)).is_some())
}

pub(super) fn read(text: &str, stem: &str) -> Result<ResultFile, String> {
    let mut runs: Vec<Vec<&str>> = vec![Vec::new()];
    for line in text.lines() {
        if line.contains("&&&& RUNNING") && runs.last().is_some_and(|run| !run.is_empty()) {
            runs.push(Vec::new());
        }
        runs.last_mut().into_iter().for_each(|run| run.push(line));
    }
    let (mut variants, mut failures) = (Vec::new(), Vec::new());
    for run in runs.iter().filter(|run| run.iter().any(|line| !line.trim().is_empty())) {
        match one(run, stem) {
            Ok(v) => variants.push(v),
            Err(why) => failures.push(why),
        }
    }
    if variants.is_empty() {
        return Err(failures.into_iter().next().unwrap_or_else(|| NO_SUMMARY.into()));
    }
    let mut notes: Vec<String> = failures.into_iter().map(|why| format!("left out: {why}")).collect();
    notes.push("latency is H2D + GPU compute + D2H of a query; throughput counts queries, whatever their batch".into());
    super::peer::distinct(&mut variants);
    Ok(file("trtexec", variants, notes))
}

const NO_SUMMARY: &str = "trtexec's log without its performance summary: is it whole?";

/// A run of trtexec's.
fn one(lines: &[&str], stem: &str) -> Result<VariantResult, String> {
    let marked = |mark: &str| lines.iter().find(|line| line.contains(mark));
    let command = marked("TensorRT.trtexec").and_then(|line| line.split_once("# ")).map_or("", |(_, command)| command);
    let mut v = match model(lines, command) {
        Some(path) => of_model(&path),
        None => variant(stem),
    };
    v.engine.name = "tensorrt".into();
    v.engine.version = lines.iter().find_map(|line| version(line));
    for (key, value) in command.split_whitespace().filter_map(|word| word.strip_prefix("--")).map(split) {
        v.engine.settings.insert(key.into(), value.into());
    }
    let mut found = Found::default();
    lines.iter().for_each(|line| found.take(message(line)));
    if found.latency == Partial::default() && found.throughput.is_none() {
        let why = lines.iter().rev().find_map(|line| line.split_once("[E] ")).map(|(_, why)| why.trim());
        return Err(match (marked("&&&& FAILED"), why) {
            (Some(_), Some(why)) => format!("trtexec failed: {why}"),
            (Some(_), None) => "trtexec failed, and its log does not say why".into(),
            (None, _) => NO_SUMMARY.into(),
        });
    }
    v.throughput_ips = found.throughput;
    for (name, ms) in found.parts {
        extra(&mut v, &name, ms, "ms");
    }
    summary(&mut v, found.latency)?;
    Ok(v)
}

/// `key=value`; a flag alone is on.
fn split(word: &str) -> (&str, &str) {
    word.split_once('=').unwrap_or((word, "on"))
}

fn model(lines: &[&str], command: &str) -> Option<String> {
    let told = |key: &str| {
        let text = lines.iter().find_map(|line| message(line).strip_prefix(key))?.trim();
        Some(text.to_owned()).filter(|text| !text.is_empty())
    };
    let option = |key: &str| command.split_whitespace().find_map(|word| word.strip_prefix(key)).map(str::to_owned);
    let options = ["--onnx=", "--loadEngine=", "--uff=", "--deploy=", "--model="];
    options.iter().find_map(|key| option(key)).or_else(|| told("Model: "))
}

/// `[TensorRT v100300]` is 10.3.0, `[TensorRT v8503]` 8.5.3.
fn version(line: &str) -> Option<String> {
    let digits: String = line.split_once("[TensorRT v")?.1.chars().take_while(char::is_ascii_digit).collect();
    let n: u32 = digits.parse().ok()?;
    Some(match n {
        10_000.. => format!("{}.{}.{}", n / 10_000, n / 100 % 100, n % 100),
        _ => format!("{}.{}.{}", n / 1_000, n / 100 % 10, n % 100),
    })
}

#[derive(Default)]
struct Found {
    latency: Partial,
    throughput: Option<f64>,
    /// Parts of a query in milliseconds, by name.
    parts: Vec<(String, f64)>,
    /// The section of version 7 in hand.
    section: Option<&'static str>,
}

/// Sections by their heads, and what is written of them. The latency itself has no name.
const SECTIONS: [(&str, &str); 9] = [
    ("Host Latency", ""),
    ("Latency", ""),
    ("End-to-End Host Latency", "end_to_end"),
    ("Enqueue Time", "enqueue"),
    ("H2D Latency", "h2d"),
    ("GPU Compute Time", "gpu_compute"),
    ("GPU Compute", "gpu_compute"),
    ("D2H Latency", "d2h"),
    ("GPU latency", "gpu_compute"),
];

impl Found {
    fn take(&mut self, text: &str) {
        let section = |head: &str| SECTIONS.iter().find(|(name, _)| *name == head).map(|(_, short)| *short);
        if let Some(head) = section(text) {
            self.section = Some(head);
        } else if text.starts_with("===") {
            self.section = None;
        } else if let Some((mean, p99)) = of_version_5(text) {
            self.latency.mean = Some(mean * MS);
            self.latency.p99 = p99.map(|ms| ms * MS);
        } else if let Some((key, rest)) = text.split_once(':') {
            match (section(key), self.section, key) {
                (Some(of), ..) if rest.contains('=') => rest.split(", ").for_each(|part| {
                    let Some((key, value)) = part.split_once('=') else { return };
                    self.figure(of, key.trim(), quantity(value, MS));
                }),
                (_, _, "Throughput" | "throughput") => {
                    let rate = rest.trim().strip_suffix("qps").and_then(|n| n.trim().parse::<f64>().ok());
                    self.throughput = rate.filter(|n| n.is_finite() && *n > 0.0).or(self.throughput);
                }
                (_, Some(of), "percentile") => {
                    let at = rest.split_once(" at ").map_or("", |(_, at)| at.split('%').next().unwrap_or_default());
                    self.figure(of, &format!("percentile({at}%)"), quantity(rest, MS));
                }
                (_, Some(of), "min" | "max" | "mean" | "median") => self.figure(of, key, quantity(rest, MS)),
                _ => {}
            }
        }
    }

    fn figure(&mut self, of: &str, key: &str, ns: Option<f64>) {
        if !of.is_empty() {
            let short = match key {
                "mean" => "mean",
                "median" => "p50",
                "percentile(99%)" => "p99",
                _ => return,
            };
            let name = format!("{of}_{short}");
            if let Some(ns) = ns.filter(|_| self.parts.iter().all(|(known, _)| *known != name)) {
                self.parts.push((name, ns / MS));
            }
            return;
        }
        let p = &mut self.latency;
        let place = match key {
            "min" => &mut p.min,
            "max" => &mut p.max,
            "mean" => &mut p.mean,
            "median" => &mut p.p50,
            "percentile(90%)" => &mut p.p90,
            "percentile(95%)" => &mut p.p95,
            "percentile(99%)" => &mut p.p99,
            "percentile(99.9%)" => &mut p.p999,
            _ => return,
        };
        *place = ns.or(*place);
    }
}

/// Mean and 99th percentile of a line of versions 5 and 6, in milliseconds.
fn of_version_5(text: &str) -> Option<(f64, Option<f64>)> {
    let rest = text.strip_prefix("Average over ").or_else(|| text.strip_prefix("average over "))?;
    let (_, rest) = rest.split_once(" runs is ")?;
    let ms = |text: &str| text.trim().trim_end_matches([')', '.', ' ']).trim_end_matches("ms").trim().parse().ok();
    let mean = ms(rest.split_once(" ms")?.0)?;
    let p99 = rest.split_once("99% percentile time is ").and_then(|(_, text)| ms(text));
    Some((mean, p99)).filter(|(mean, _)| (0.0..1e9).contains(mean))
}
