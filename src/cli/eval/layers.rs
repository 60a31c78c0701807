//! `nntop eval A --reference B --layers`: every tensor inside both models, and the first that differs.

use super::reference::{self, Outputs};
use crate::cli::Exit;
use crate::cli::bench::BenchArgs;
use crate::cli::formats::Format as _;
use crate::cli::output::{Output, deliver, width};
use crate::cli::report::WIDTH;
use crate::cli::result_format::ResultFormat;
use nntop_core::event::{Agreement, Fault, OutputAgreement, Reference, VariantSpec, error_shown};
use nntop_core::unit::grouped;
use nntop_engine::graph::{self, NodeOutput};
use nntop_results::report::documents::{Cell, Column, Document, Style, Table, text};
use serde::Serialize;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;
use tempfile::{NamedTempFile, TempPath};

/// The schema of the layers as JSON.
const SCHEMA: &str = "nntop.layers/1";

/// Examples, where nothing is said: what differs differs at once, and all tensors of an example take much room.
const EXAMPLES: u64 = 4;

/// A tensor that both models have, in the order of the first model's nodes.
#[derive(Debug, Serialize)]
struct Layer<'a> {
    op: &'a str,
    #[serde(flatten)]
    found: OutputAgreement,
}

#[derive(Serialize)]
struct Layers<'a> {
    schema: &'static str,
    nntop: &'static str,
    model: &'a str,
    reference: &'a str,
    /// Examples that were compared.
    n: u64,
    inputs: &'a str,
    tolerance: f64,
    /// The first layer whose relative error is above the tolerance.
    first: Option<String>,
    /// Tensors of the model that the reference does not have, or has in another shape.
    unmatched: usize,
    layers: Vec<Layer<'a>>,
}

pub(super) fn run(bench: &BenchArgs, given: &str, tolerance: f64) -> Result<Exit, Fault> {
    let mut bench = bench.clone();
    bench.run.accuracy.limit_to(EXAMPLES);
    let [model] = bench.run.model.as_slice() else {
        return Err(Fault::input("--layers compares one model with its reference").hint("name one model"));
    };
    if bench.run.host.host.is_some() {
        return Err(Fault::input("--layers: not with --host").hint("run nntop eval on the board"));
    }
    let output = bench.output.as_deref().map(Output::open).transpose()?.map(|output| output.quiet(bench.quiet));
    let (ours, theirs) = (reference::model(model, &bench.run)?, reference::model(given, &bench.run)?);
    let (reference_name, model_name) = (theirs.name.clone(), ours.name.clone());
    let (theirs, their_nodes, _removed) = with_all_outputs(theirs, "--reference")?;
    let outputs = match Outputs::made_by(theirs, &bench)? {
        Ok(outputs) => outputs,
        Err(exit) => return Ok(exit),
    };
    let (mut ours, nodes, _removed_too) = with_all_outputs(ours, "--layers")?;
    let mut evaluation = bench.run.accuracy.unlabelled(&ours);
    let names: HashMap<&str, &str> = their_nodes.iter().map(|n| (n.name.as_str(), n.tensor.as_str())).collect();
    let pair = |n: &NodeOutput| Some((n.tensor.clone(), (*names.get(n.name.as_str())?).to_owned()));
    evaluation.reference = Some(Reference { names: nodes.iter().filter_map(pair).collect(), ..outputs.reference() });
    ours.evaluation = Some(Box::new(evaluation));
    let measured = match reference::evaluated(ours, &bench)? {
        Ok(measured) => measured,
        Err(exit) => return Ok(exit),
    };
    let Some(accuracy) = measured.accuracy else { return Err(Fault::run("the worker has compared nothing")) };
    let agreement = accuracy.agreement.as_deref().ok_or_else(|| Fault::run("the worker has compared nothing"))?;
    let layers = layers(nodes.iter().filter(|n| names.contains_key(n.name.as_str())), agreement);
    if layers.is_empty() {
        return Err(Fault::input(format!("{model_name}, {reference_name}: no tensor has the same name in both"))
            .hint("--layers is for a model and what was made of it; without --layers only the outputs are compared"));
    }
    let first = layers.iter().find(|l| !l.found.is_within(tolerance)).map(|l| l.found.name.clone());
    let all = Layers {
        schema: SCHEMA,
        nntop: env!("CARGO_PKG_VERSION"),
        model: &model_name,
        reference: &reference_name,
        n: agreement.n,
        inputs: &accuracy.preprocessing,
        tolerance,
        first,
        unmatched: nodes.len() - layers.len(),
        layers,
    };
    let path = bench.output.as_deref();
    let written = match ResultFormat::choose(bench.format, path) {
        ResultFormat::Json => serde_json::to_string_pretty(&all)
            .map(|json| json + "\n")
            .map_err(|e| Fault::run(format!("the layers cannot be written: {e}")))?,
        ResultFormat::Text => in_words(&all, width(path)),
        _ => return Err(Fault::input("--layers is written as text or JSON").hint("--format text, --format json")),
    };
    deliver(output, &written)?;
    Ok(Exit::Ok)
}

/// The same variant with a copy of its model that gives out every tensor. The copy goes when the path is dropped.
fn with_all_outputs(mut spec: VariantSpec, option: &str) -> Result<(VariantSpec, Vec<NodeOutput>, TempPath), Fault> {
    let path = Path::new(&spec.model);
    if path.extension().is_none_or(|e| !e.eq_ignore_ascii_case("onnx")) {
        return Err(Fault::input(format!("{option} {}: only ONNX models can be compared by layer", spec.model))
            .hint("without --layers the outputs of any two models are compared"));
    }
    let wrong = |e: graph::ModelError| Fault::input(e.to_string()).maybe_hint(e.hint());
    let (bytes, nodes) = graph::with_all_outputs(path).map_err(wrong)?;
    let has_data_files = !graph::read(path).map_err(wrong)?.data_files.is_empty();
    let failed = |e: std::io::Error| Fault::run(format!("a copy of {} cannot be written: {e}", spec.model));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".nntop-layers-").suffix(".onnx");
    // Runtimes look for data files beside the model, and nowhere else.
    let mut copy: NamedTempFile = if has_data_files {
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        builder.tempfile_in(folder)
    } else {
        builder.tempfile()
    }
    .map_err(failed)?;
    std::io::Write::write_all(&mut copy, &bytes).map_err(failed)?;
    let copy = copy.into_temp_path();
    spec.model = copy.display().to_string();
    Ok((spec, nodes, copy))
}

/// What was compared, in the order of the nodes.
fn layers<'a>(nodes: impl Iterator<Item = &'a NodeOutput>, agreement: &Agreement) -> Vec<Layer<'a>> {
    let compared: HashMap<&str, &OutputAgreement> =
        agreement.outputs.iter().filter(|o| o.n > 0).map(|o| (o.name.as_str(), o)).collect();
    let found = |node: &'a NodeOutput| {
        // Called as the node's output, also where what was compared is quantized and back.
        let found = OutputAgreement { name: node.name.clone(), ..(*compared.get(node.tensor.as_str())?).clone() };
        Some(Layer { op: &node.op, found })
    };
    nodes.filter_map(found).collect()
}

fn in_words(all: &Layers<'_>, width: usize) -> String {
    let percent = |share: f64| format!("{} %", error_shown(100.0 * share));
    let number = |value: f64| Cell::shown(value, error_shown(value));
    let row = |l: &Layer<'_>| {
        let dash = || Cell::text("-");
        let relative = match (l.found.not_finite, l.found.relative_error) {
            (0, Some(share)) => Cell::shown(share, percent(share)),
            (0, None) => dash(),
            (n, _) => Cell::text(format!("{} not finite", grouped(n))),
        };
        let mark = if all.first.as_deref() == Some(l.found.name.as_str()) { "> " } else { "" };
        vec![
            Cell::text(format!("{mark}{}", l.found.name)),
            Cell::text(l.op),
            relative,
            number(l.found.max_error),
            number(l.found.mean_error),
            l.found.cosine.map_or_else(dash, |c| Cell::shown(c, format!("{c:.6}"))),
        ]
    };
    let figures = ["Relative", "Max", "Mean", "Cosine"].map(Column::figures);
    let columns = [Column::words("Layer"), Column::words("Op")].into_iter().chain(figures).collect();
    let title = format!("Layers of {} against {}", all.model, all.reference);
    let document = Document {
        verdicts: Vec::new(),
        style: Style::Compression.name(),
        title: String::new(),
        subtitle: String::new(),
        tables: vec![Table { title, columns, rows: all.layers.iter().map(row).collect() }],
        conclusions: Vec::new(),
        findings: Vec::new(),
        environment: Vec::new(),
        notes: Vec::new(),
    };
    let mut out = text(&document, width.min(WIDTH)).trim_start_matches('\n').to_owned();
    let tolerance = percent(all.tolerance);
    let first = all.layers.iter().find(|l| all.first.as_deref() == Some(l.found.name.as_str()));
    let _ = match first {
        Some(l) => writeln!(out, " first beyond {tolerance}: {} ({})", l.found.name, l.op),
        None => writeln!(out, " no layer is beyond {tolerance}"),
    };
    let _ = writeln!(
        out,
        " {} examples, inputs {}; {} of {} tensors have the same name and shape in both",
        grouped(all.n),
        all.inputs,
        all.layers.len(),
        all.layers.len() + all.unmatched
    );
    out
}
