//! What all styles have in common: title, machine, findings; and the parts that tables are made of.

use super::document::{Badge, Cell, Column, Document, Notes, Table};
use super::metric::Metric;
use super::row::{Row, Source};
use crate::result::{FindingLevel, RunResult, Status};
use nntop_core::unit::{Bytes, Nanos, grouped, ranges, utc};

/// What a report cannot find in results.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Words {
    /// What the model is for: `Image Classification`.
    pub task: Option<String>,
    /// Where the model or its runtime is described.
    pub reference: Option<String>,
}

/// A document without tables.
pub(super) fn frame(style: &'static str, sources: &[Source], rows: &[Row]) -> Document {
    Document {
        style,
        title: title(rows),
        subtitle: subtitle(sources),
        verdicts: verdicts(rows),
        tables: vec![],
        conclusions: vec![],
        findings: findings(sources, rows),
        environment: sources.iter().map(environment).collect(),
        notes: vec![],
    }
}

fn title(rows: &[Row]) -> String {
    match rows {
        [] => "nothing was measured".into(),
        [one] => one.label.clone(),
        [a, b] => format!("{} and {}", a.label, b.label),
        [first, rest @ ..] => format!("{} and {} more", first.label, rest.len()),
    }
}

fn subtitle(sources: &[Source]) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut add = |part: String| {
        if !part.is_empty() && !parts.contains(&part) {
            parts.push(part);
        }
    };
    for source in sources {
        let host = &source.result.host;
        add(host.board.clone().or_else(|| host.cpu_model.clone()).unwrap_or_default());
        add(source.result.began_unix_ns.map(utc).unwrap_or_default());
    }
    add(format!("nntop {}", sources.first().map_or("", |s| &s.result.nntop)));
    parts.join(" · ")
}

/// What limits the figures: findings above a note, and failures.
fn findings(sources: &[Source], rows: &[Row]) -> Vec<String> {
    let grave = |level: FindingLevel| matches!(level, FindingLevel::Warning | FindingLevel::Invalid);
    let mut all: Vec<String> = Vec::new();
    for source in sources {
        all.extend(source.result.findings.iter().filter(|f| grave(f.level)).map(|f| f.text.clone()));
    }
    for row in rows {
        let v = row.variant;
        all.extend(v.error.iter().map(|fault| format!("{}: failed: {}", row.label, fault.message)));
        all.extend(
            (v.status == Status::Interrupted).then(|| format!("{}: interrupted before it was finished", row.label)),
        );
        all.extend(v.findings.iter().filter(|f| grave(f.level)).map(|f| format!("{}: {}", row.label, f.text)));
    }
    let mut said: Vec<String> = Vec::new();
    all.into_iter().for_each(|text| {
        if !said.contains(&text) {
            said.push(text);
        }
    });
    said
}

/// Variants that a badge names.
const NAMED: usize = 4;

/// The verdicts, each with its variants, the gravest first. Other tools' results have none.
fn verdicts(rows: &[Row]) -> Vec<Badge> {
    let word = |row: &Row| match (row.variant.status, row.variant.verdict) {
        (Status::Failed, _) => Some("FAILED".to_owned()),
        (_, Some(verdict)) => Some(verdict.to_string()),
        (_, None) => row.run.imported.is_none().then(|| "NO VERDICT".to_owned()),
    };
    let badge = |grave: &&str| {
        let of: Vec<&Row> = rows.iter().filter(|row| word(row).as_deref() == Some(grave)).collect();
        let about = match of[..] {
            [] => return None,
            [one] => {
                let fault = one.variant.error.as_ref().map(|fault| fault.message.clone());
                if *grave == "STABLE" {
                    return Some(Badge { word: (*grave).to_owned(), about: one.label.clone() });
                }
                let few = || (*grave == "NO VERDICT").then(|| "too few blocks: measure longer".to_owned());
                let why = fault.or_else(|| one.variant.verdict_reason.clone()).or_else(few);
                why.map_or_else(|| one.label.clone(), |why| format!("{}: {why}", one.label))
            }
            _ if of.len() == rows.len() => format!("all {}", rows.len()),
            _ => {
                let names: Vec<&str> = of.iter().take(NAMED).map(|row| row.label.as_str()).collect();
                let more = of.len().saturating_sub(NAMED);
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                format!("{}{more}", names.join(", "))
            }
        };
        Some(Badge { word: (*grave).to_owned(), about })
    };
    ["FAILED", "INVALID", "THROTTLED", "DRIFTING", "NOISY", "NO VERDICT", "STABLE"].iter().filter_map(badge).collect()
}

fn environment(source: &Source) -> (String, Vec<String>) {
    let result = &source.result;
    let host = &result.host;
    let mut lines: Vec<String> = Vec::new();
    let mut fact = |name: &str, value: Option<String>| {
        lines.extend(value.filter(|v| !v.trim().is_empty()).map(|value| format!("{name}: {}", value.trim())));
    };
    fact("Device", host.board.clone());
    let cpu = || format!("{} ({} CPUs)", host.cpu_model.as_deref().unwrap_or(&host.arch), host.cpus);
    // Other tools' files do not tell of the machine, nor of the inputs.
    fact("CPU", (host.cpus > 0).then(cpu));
    fact("RAM", host.memory.map(|bytes| bytes.to_string()));
    fact("GPU", result.variants.iter().find_map(|v| v.device.gpu_name.clone()));
    fact("System", host.os.as_ref().map(|os| format!("{os}, {}", host.kernel.as_deref().unwrap_or(&host.arch))));
    fact("JetPack", host.jetpack.clone());
    fact("Power mode", host.power_mode.clone());
    fact("Governor", host.governor.clone());
    let each = |value: &dyn Fn(&crate::result::VariantResult) -> String| {
        let mut all: Vec<String> = Vec::new();
        result.variants.iter().map(value).filter(|v| !v.is_empty()).for_each(|v| {
            if !all.contains(&v) {
                all.push(v);
            }
        });
        (!all.is_empty()).then(|| all.join(", "))
    };
    fact("Engine", each(&|v| format!("{} {}", v.engine.name, v.engine.version.as_deref().unwrap_or_default())));
    fact("Execution providers", each(&|v| v.engine.providers.join("+")));
    fact("Threads", each(&|v| v.engine.threads.map_or_else(|| "engine default".into(), |n| n.to_string())));
    fact("CPUs allowed", each(&|v| ranges(&v.options.cpus)));
    fact("Batch size", each(&|v| v.batch_size.to_string()));
    fact(
        "Inputs",
        each(&|v| {
            let given = v.inputs_from.clone().or_else(|| v.options.input.clone());
            let random = || format!("random values, seed {}", v.options.seed);
            given.unwrap_or_else(|| if result.imported.is_none() { random() } else { String::new() })
        }),
    );
    fact("Load", each(&|v| v.scenario.to_string()));
    fact("Measured", measured(result));
    fact("Began", result.began_unix_ns.map(utc));
    fact("Measured with", Some(result.imported.clone().unwrap_or_else(|| format!("nntop {}", result.nntop))));
    let place = if host.name.is_empty() { source.name.clone() } else { format!("{} ({})", host.name, source.name) };
    (place, lines)
}

/// `300 inferences of each`, or as long as was asked.
fn measured(result: &RunResult) -> Option<String> {
    let s = &result.settings;
    let mut rules: Vec<String> = Vec::new();
    rules.extend(s.runs.map(|n| format!("{} inferences", grouped(n))));
    rules.extend(s.duration_ns.map(|d| Nanos(d).to_string()));
    rules.extend(s.until_ci.map(|share| format!("until ±{} %", share * 100.0)));
    let how = match (result.variants.len(), s.parallel, result.sweep.is_some()) {
        (0 | 1, ..) => "",
        (_, _, true) => ", one after the other",
        (_, true, _) => ", all at once",
        _ => ", in turns",
    };
    (!rules.is_empty()).then(|| format!("{} of each variant{how}", rules.join(" or ")))
}

/// Metrics as rows, variants as columns.
pub(super) fn watch(title: &str, metrics: &[Metric], rows: &[Row], notes: &mut Notes) -> Table {
    let mut columns = vec![Column::words("Metric")];
    columns.extend(rows.iter().map(|row| Column::figures(row.label.clone())));
    let line = |metric: &Metric, notes: &mut Notes| {
        let meaning = metric.definition().map(|text| notes.number(text));
        let mut line = vec![Cell::text(metric.name()).noted(meaning)];
        line.extend(rows.iter().map(|row| metric.cell(row, notes)));
        line
    };
    Table { title: title.into(), columns, rows: metrics.iter().map(|m| line(m, notes)).collect() }
}

/// The head of a metric's column, by another name where it has one.
pub(super) fn column(metric: Metric, name: &str, notes: &mut Notes) -> Column {
    Column::figures(name).noted(metric.definition().map(|text| notes.number(text)))
}

/// What a model takes as a person would say it: `45.1 MB`.
pub(super) fn megabytes(value: f64) -> String {
    Bytes((value * 1e6).round().max(0.0) as u64).to_string()
}
