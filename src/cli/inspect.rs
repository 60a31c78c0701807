//! `nntop inspect`: what a model file holds, without running it.

mod text;

use super::formats::Format;
use super::heading;
use super::model_spec::{MOST, variants};
use super::output::{self, Output, deliver};
use super::report::WIDTH;
use super::run_args::RunArgs;
use super::settings::ShapeSettings;
use super::{Exit, overwrite};
use crate::inspect::{Inspection, differences};
use clap::{Args, ValueEnum};
use nntop_core::event::{Fault, VariantSpec};
use nntop_engine::workload;
use nntop_results::report::documents::{self, Document};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

const SCHEMA: &str = "nntop.inspect/1";

const EXAMPLES: &str = "\
Examples:
  nntop inspect net.onnx                            parameters, operations, memory, layer by layer
  nntop inspect net.onnx net-int8.onnx              what differs
  nntop inspect net.onnx --tensors                  each weight with its zeros
  nntop inspect bert.onnx --dim sequence=128        operations at this length
  nntop inspect net.tflite --format json            the same for a program";

#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct InspectArgs {
    /// Model files: .onnx, .tflite, OpenVINO's .xml; of several, what differs
    #[arg(value_name = "MODEL", required = true)]
    model: Vec<String>,
    /// List all weights with their zeros and denormal numbers
    #[arg(long, help_heading = heading::OUTPUT)]
    tensors: bool,
    #[command(flatten)]
    shapes: ShapeSettings,
    /// Write to this file instead of standard output
    #[arg(short, long, value_name = "FILE", help_heading = heading::OUTPUT)]
    output: Option<PathBuf>,
    /// Format [default: by the ending of -o, else text]; json is schema nntop.inspect/1
    #[arg(long, value_name = "FORMAT", help_heading = heading::OUTPUT)]
    format: Option<InspectFormat>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum InspectFormat {
    /// Tables for a terminal
    Text,
    /// GitHub's Markdown
    #[value(alias = "md")]
    Markdown,
    /// For programs
    Json,
}

impl Format for InspectFormat {
    const ENDINGS: &'static [(&'static str, Self)] =
        &[("txt", Self::Text), ("md", Self::Markdown), ("json", Self::Json)];
    const DEFAULT: Self = Self::Text;
}

/// A model under the name that it is shown by.
struct Named {
    name: String,
    of: Inspection,
}

pub(super) fn run(args: &InspectArgs) -> Result<Exit, Fault> {
    let wish = RunArgs { model: args.model.clone(), settings: args.shapes.0.clone(), ..RunArgs::default() };
    let specs = variants(&wish, MOST)?.variants;
    if let Some(path) = args.output.as_deref() {
        overwrite::check(path).map_err(|fault| fault.about("-o"))?;
    }
    let models = specs.iter().map(inspect).collect::<Result<Vec<_>, _>>()?;
    let output = args.output.as_deref().map(Output::open).transpose()?;
    let shown = match InspectFormat::choose(args.format, args.output.as_deref()) {
        InspectFormat::Json => format!("{:#}\n", json_of(&models, args.tensors)),
        InspectFormat::Markdown => documents::markdown(&document(&models, args.tensors), &[]),
        InspectFormat::Text => {
            documents::text(&document(&models, args.tensors), output::width(args.output.as_deref()).min(WIDTH))
        }
    };
    deliver(output, &shown).map(|()| Exit::Ok)
}

fn inspect(spec: &VariantSpec) -> Result<Named, Fault> {
    let path = Path::new(&spec.model);
    let found = Inspection::of(path, &|inputs| {
        workload::sizes(inputs, &spec.options, 0).map_err(|e| match e.hint() {
            Some(hint) => format!("{e} ({hint})"),
            None => e.to_string(),
        })
    });
    let of = found.map_err(|e| Fault::input(e.to_string()).maybe_hint(e.hint()))?;
    Ok(Named { name: spec.name.clone(), of })
}

fn json_of(models: &[Named], with_tensors: bool) -> Value {
    let mut all: Vec<Value> = models.iter().map(|model| model.of.to_json(&model.name, with_tensors)).collect();
    let mut value = match &all[..] {
        [_] => all.swap_remove(0),
        _ => {
            let differences = differences(&all);
            json!({"models": all, "differences": differences})
        }
    };
    value["schema"] = SCHEMA.into();
    value["nntop"] = env!("CARGO_PKG_VERSION").into();
    value
}

fn document(models: &[Named], with_tensors: bool) -> Document {
    match models {
        [only] => text::one(&only.name, &only.of, with_tensors),
        several => text::several(several),
    }
}
