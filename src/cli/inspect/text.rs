//! An inspected model as tables: what it has, its layers with bars, its operators, its weights; and what differs between two.

use super::Named;
use crate::inspect::{Inspection, Layer, differences};
use nntop_core::text::{clean, short};
use nntop_core::unit::Bytes;
use nntop_core::unit::{grouped, percent};
use nntop_results::report::documents::{Cell, Column, Document, Table};
use serde_json::Value;

/// Layers that are listed, the largest.
const LISTED: usize = 30;
/// Columns of a name, and of a value where two are next to each other.
const NAME: usize = 32;
/// Columns of a bar.
const BAR: usize = 16;

pub(super) fn one(name: &str, of: &Inspection, with_tensors: bool) -> Document {
    let file = &of.survey.file;
    let mut facts: Vec<(&str, String)> = facts(of);
    facts.extend(file.inputs.iter().map(|input| ("Input", input.to_string())));
    facts.extend(of.survey.outputs.iter().map(|output| ("Output", output.to_string())));
    facts.extend(of.survey.metadata.iter().map(|(key, value)| ("Metadata", format!("{key}: {value}"))));
    let rows = facts.into_iter().map(|(what, value)| vec![Cell::text(what), Cell::text(clean(&value))]).collect();
    let mut tables =
        vec![Table { title: String::new(), columns: vec![Column::words("What"), Column::words("Value")], rows }];
    tables.extend(layers(&of.layers));
    tables.push(operators(of));
    if with_tensors {
        tables.push(weights(of));
    }
    let mut caveats = Vec::new();
    if let Err(why) = &of.shapes {
        caveats.push(format!("operations and activations are not counted: {why}"));
    } else if let Err(why) = &of.peak {
        caveats.push(format!("the peak of activations is not known: {why}"));
    }
    if !of.uncounted.is_empty() {
        let all: Vec<String> = of.uncounted.iter().map(|(op, n)| format!("{n} {op}")).collect();
        caveats.push(format!("not in MACs and FLOPs: {}", all.join(", ")));
    }
    let counted = of.shapes.as_ref().map(|all| {
        let shape = |(name, shape): &(String, Vec<u64>)| format!("{name} [{}]", axes(shape));
        let assumed = of.assumed.iter().map(|(axis, n)| format!("{axis} = {n}")).collect::<Vec<_>>().join(", ");
        let assumed = if assumed.is_empty() { assumed } else { format!("; sizes that nobody has given: {assumed}") };
        format!("counted for {}{assumed}", all.iter().map(shape).collect::<Vec<_>>().join(", "))
    });
    Document {
        subtitle: counted.unwrap_or_default(),
        ..document(format!("{name}: {}", file.path.display()), tables, caveats)
    }
}

/// The figures that fit a line.
fn facts(of: &Inspection) -> Vec<(&'static str, String)> {
    let (file, survey) = (&of.survey.file, &of.survey);
    let unknown = || "not known".to_owned();
    let types = file.params_by_type.iter().map(|(dtype, n)| format!("{dtype} {}", grouped(*n))).collect::<Vec<_>>();
    let opsets = file.opsets.iter().map(|(domain, n)| format!("{domain} {n}")).collect::<Vec<_>>();
    let quantization = survey.quantization.as_ref().map(|q| {
        let scales = q.per_channel.map(|is| if is { ", a scale per channel" } else { ", a scale per tensor" });
        let types: Vec<&str> = q.weights.iter().map(|dtype| dtype.name()).collect();
        let types = if types.is_empty() { String::new() } else { format!(", weights {}", types.join(", ")) };
        format!("{}{}{types}", q.scheme, scales.unwrap_or_default())
    });
    let mut facts = vec![
        (
            "Format",
            format!("{}{}", file.format, file.producer.as_ref().map(|p| format!(", by {p}")).unwrap_or_default()),
        ),
        ("Size", file.size.to_string()),
        ("Parameters", grouped(file.params)),
        ("Weights", file.params_bytes.to_string()),
        ("Data types", if types.is_empty() { "no weights".into() } else { types.join(", ") }),
        ("MACs", of.macs.map_or_else(unknown, grouped)),
        ("FLOPs", of.flops.map_or_else(unknown, grouped)),
        ("Depth", format!("{} layers with weights", of.depth)),
        ("Operators", format!("{} of {} types", grouped(file.operators), survey.operators.len())),
        (
            "Activations",
            of.peak.as_ref().map_or_else(|_| unknown(), |p| format!("{} at most, at {}", Bytes(p.bytes), p.node)),
        ),
        ("Zeros", of.sparsity().map_or_else(unknown, percent)),
        ("Denormals", of.denormals().map_or_else(|| "no float weights".into(), percent)),
        ("Quantization", quantization.unwrap_or_else(|| "none".into())),
    ];
    if !opsets.is_empty() {
        facts.push(("Opset", opsets.join(", ")));
    }
    for path in &file.data_files {
        facts.push(("External data", path.display().to_string()));
    }
    facts
}

/// The largest layers, in the order of execution, with bars.
fn layers(all: &[Layer]) -> Option<Table> {
    let most = |of: &dyn Fn(&Layer) -> u64| all.iter().map(of).max().unwrap_or(0);
    let macs = |layer: &Layer| layer.macs.unwrap_or(0);
    let (most_params, most_macs) = (most(&|l| l.params), most(&macs));
    let share = |n: u64, of: u64| if of == 0 { 0.0 } else { n as f64 / of as f64 };
    let weight = |layer: &Layer| share(layer.params, most_params).max(share(macs(layer), most_macs));
    let mut largest: Vec<usize> = (0..all.len()).collect();
    largest.sort_by(|a, b| weight(&all[*b]).total_cmp(&weight(&all[*a])));
    largest.truncate(LISTED);
    largest.sort_unstable();
    let rows = largest.iter().map(|at| {
        let layer = &all[*at];
        vec![
            Cell::text(tail(&clean(&layer.name))),
            Cell::text(clean(&layer.op_type)),
            Cell::shown(layer.params as f64, grouped(layer.params)),
            Cell::text(bar(share(layer.params, most_params))),
            layer.macs.map_or_else(|| Cell::text("not known"), |n| Cell::shown(n as f64, grouped(n))),
            Cell::text(bar(share(macs(layer), most_macs))),
        ]
    });
    let title = match all.len() - largest.len() {
        0 => "Layers".to_owned(),
        rest => format!("Layers: the largest {LISTED}, {rest} smaller ones left out"),
    };
    let columns = vec![
        Column::words("Layer"),
        Column::words("Type"),
        Column::figures("Parameters"),
        Column::words(""),
        Column::figures("MACs"),
        Column::words(""),
    ];
    (!all.is_empty()).then(|| Table { title, columns, rows: rows.collect() })
}

/// The end of a long name, which tells layers apart.
fn tail(name: &str) -> String {
    let n = name.chars().count();
    if n <= NAME { name.to_owned() } else { format!("..{}", name.chars().skip(n - NAME + 2).collect::<String>()) }
}

/// A bar; what is there at all has a sign.
fn bar(share: f64) -> String {
    let filled = if share > 0.0 { ((share * BAR as f64).round() as usize).max(1) } else { 0 };
    "#".repeat(filled)
}

fn axes(shape: &[u64]) -> String {
    shape.iter().map(u64::to_string).collect::<Vec<_>>().join(",")
}

fn operators(of: &Inspection) -> Table {
    let mut all: Vec<(&String, &u64)> = of.survey.operators.iter().collect();
    all.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
    let rows = all.into_iter().map(|(op, n)| vec![Cell::text(clean(op)), Cell::shown(*n as f64, grouped(*n))]);
    Table {
        title: "Operators".into(),
        columns: vec![Column::words("Type"), Column::figures("Count")],
        rows: rows.collect(),
    }
}

fn weights(of: &Inspection) -> Table {
    let share = |n: Option<u64>, all: u64| match n.filter(|_| all > 0) {
        Some(n) => Cell::shown(n as f64, percent(n as f64 / all as f64)),
        None => Cell::text("-"),
    };
    let rows = of.survey.weights.iter().map(|w| {
        vec![
            Cell::text(tail(&clean(&w.name))),
            Cell::text(format!("{}[{}]", w.dtype, axes(&w.shape))),
            Cell::shown(w.elements as f64, grouped(w.elements)),
            share(w.zeros, w.elements),
            share(w.denormals, w.elements),
        ]
    });
    let columns = vec![
        Column::words("Weight"),
        Column::words("Tensor"),
        Column::figures("Elements"),
        Column::figures("Zeros"),
        Column::figures("Denormals"),
    ];
    Table { title: "Weights".into(), columns, rows: rows.collect() }
}

/// What differs between models, the first being what the others are held against.
pub(super) fn several(models: &[Named]) -> Document {
    let all: Vec<Value> = models.iter().map(|model| model.of.to_json(&model.name, false)).collect();
    let mut columns = vec![Column::words("What")];
    columns.extend(models.iter().map(|model| Column::figures(clean(&model.name).into_owned())));
    columns.extend((models.len() == 2).then(|| Column::figures("Ratio")));
    let found = differences(&all);
    let rows: Vec<Vec<Cell>> = found
        .iter()
        .map(|difference| {
            let mut row = vec![Cell::text(clean(&difference.key))];
            row.extend(
                difference.values.iter().map(|value| Cell::text(short(&clean(&shown(&difference.key, value)), NAME))),
            );
            if let [a, b] = &difference.values[..] {
                let ratio = a.as_f64().zip(b.as_f64()).filter(|(a, _)| *a != 0.0).map(|(a, b)| b / a);
                row.push(ratio.map_or_else(|| Cell::text("-"), |ratio| Cell::shown(ratio, format!("{ratio:.3}x"))));
            }
            row
        })
        .collect();
    let names: Vec<&str> = models.iter().map(|model| model.name.as_str()).collect();
    let title = if rows.is_empty() { "Nothing differs".into() } else { "What differs".to_owned() };
    let table = Table { title, columns, rows };
    let caveats = models.iter().filter_map(|model| {
        let why = model.of.shapes.as_ref().err()?;
        Some(format!("{}: operations and activations are not counted: {why}", model.name))
    });
    document(names.join(" and "), vec![table], caveats.collect())
}

/// A value as people read it, by its key.
fn shown(key: &str, value: &Value) -> String {
    match value {
        Value::Null => "none".into(),
        Value::String(text) => text.clone(),
        Value::Number(n) => match (n.as_u64(), n.as_f64()) {
            (Some(n), _) if key.ends_with("_bytes") => Bytes(n).to_string(),
            (Some(n), _) => grouped(n),
            (None, Some(share)) => percent(share),
            (None, None) => n.to_string(),
        },
        Value::Array(all) => {
            let one = |value: &Value| match (&value["name"], &value["dtype"], value["shape"].as_array()) {
                (Value::String(name), Value::String(dtype), Some(axes)) => {
                    let axes: Vec<&str> = axes.iter().filter_map(Value::as_str).collect();
                    format!("{name}: {dtype}[{}]", axes.join(","))
                }
                _ => shown(key, value),
            };
            all.iter().map(one).collect::<Vec<_>>().join("; ")
        }
        other => other.to_string(),
    }
}

fn document(title: String, tables: Vec<Table>, findings: Vec<String>) -> Document {
    Document {
        style: "inspect",
        title,
        subtitle: String::new(),
        verdicts: Vec::new(),
        tables,
        conclusions: Vec::new(),
        findings,
        environment: Vec::new(),
        notes: Vec::new(),
    }
}
