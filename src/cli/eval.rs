//! `nntop eval`: whether the answers are right, or as another model's, beside how long they take.

mod layers;
mod reference;

use super::bench::{self, BenchArgs};
use super::{Exit, dataset_input, heading, run};
use clap::Args;
use nntop_accuracy::dataset::Dataset;
use nntop_core::event::{ACCURACY_METRICS, Fault};
use nntop_core::unit::Nanos;
use nntop_results::report;

/// What a model is measured for after it was evaluated, where nothing is said.
const MEASURED: Nanos = Nanos::from_millis(2_000);

const EXAMPLES: &str = "\
Examples:
  nntop eval net.onnx --dataset photos/                       images in folders by class
  nntop eval fp32:a.onnx int8:b.onnx --dataset photos/        both on the same images, with a test on pairs
  nntop eval net.onnx --dataset val/ --preprocess imagenet    how inputs are made
  nntop eval net.onnx --dataset val/ --target 'top1>72%'      status 3 if it is not met
  nntop eval yolo.onnx --dataset coco/ --limit 500            500 images, chosen by --seed
  nntop eval int8.onnx --reference fp32.onnx                  how near the outputs are, without labels
  nntop eval int8.onnx --reference fp32.onnx --layers         the first layer that differs";

/// The options of `bench`, with a data set that has labels or a reference.
#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct EvalArgs {
    #[command(flatten)]
    bench: BenchArgs,
    /// Hold the outputs against another model's, or against saved ones (.npz, .npy); labels are not needed
    ///
    /// A model takes settings of its own: fp32.onnx,engine=openvino. Without --dataset both get random inputs, --limit of them
    /// (16). Saved arrays have a row per example and are called as the outputs are.
    #[arg(long, value_name = "MODEL|FILE", help_heading = heading::ACCURACY)]
    reference: Option<String>,
    /// Compare every tensor inside the models that has the same name in both, and name the first that differs; ONNX
    #[arg(long, requires = "reference", help_heading = heading::ACCURACY)]
    layers: bool,
    /// The relative error from which a layer differs
    #[arg(long, value_name = "PERCENT", value_parser = super::values::width, default_value = "1%", requires = "layers", help_heading = heading::ACCURACY, hide_short_help = true)]
    tolerance: f64,
}

pub(super) fn run(args: &EvalArgs) -> Result<Exit, Fault> {
    let mut bench = args.bench.clone();
    let dataset = bench.run.accuracy.dataset.clone();
    if args.layers {
        return layers::run(&bench, args.reference.as_deref().unwrap_or_default(), args.tolerance);
    }
    let signals = run::signals()?;
    match (&dataset, &args.reference) {
        (None, None) => {
            return Err(Fault::input("nntop eval needs --dataset or --reference").hint(
                "name labelled data: nntop eval net.onnx --dataset photos/; or a model to be held against: --reference other.onnx",
            ));
        }
        // Without labels it says what labelled data is.
        (Some(dataset), None) => drop(Dataset::open(dataset)?),
        (Some(dataset), Some(_)) => drop(Dataset::open_unlabelled(dataset)?),
        (None, Some(_)) => {}
    }
    if bench.run.runs.is_none() && bench.run.duration.is_none() && bench.run.until_ci.is_none() {
        bench.run.duration = Some(MEASURED);
    }
    bench.run = dataset_input::with_dataset(&bench.run)?;
    if args.reference.is_some() {
        bench.run.metrics.expect(ACCURACY_METRICS);
    }
    let mut plan = bench::plan(&bench)?;
    let Some(given) = &args.reference else { return bench::measured(&bench, &plan, report::text, signals) };
    let outputs = match reference::Outputs::of(given, &bench)? {
        Ok(outputs) => outputs,
        Err(exit) => return Ok(exit),
    };
    for spec in &mut plan.variants {
        let mut evaluation = bench.run.accuracy.unlabelled(spec);
        evaluation.reference = Some(outputs.reference());
        spec.evaluation = Some(Box::new(evaluation));
    }
    bench::measured(&bench, &plan, report::text, signals)
}
