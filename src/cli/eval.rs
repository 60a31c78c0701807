//! `nntop eval`: whether the answers are right, beside how long they take.

use super::bench::{self, BenchArgs};
use super::{Exit, dataset_input, run};
use clap::Args;
use nntop_core::event::Fault;
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
  nntop eval yolo.onnx --dataset coco/ --limit 500            500 images, chosen by --seed";

/// The options of `bench`, with a data set that has labels.
#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct EvalArgs {
    #[command(flatten)]
    bench: BenchArgs,
}

pub(super) fn run(args: &EvalArgs) -> Result<Exit, Fault> {
    let signals = run::signals()?;
    let mut args = args.bench.clone();
    let Some(dataset) = args.run.accuracy.dataset.clone() else {
        return Err(Fault::input("nntop eval needs --dataset")
            .hint("name labelled data: nntop eval net.onnx --dataset photos/"));
    };
    if args.run.runs.is_none() && args.run.duration.is_none() && args.run.until_ci.is_none() {
        args.run.duration = Some(MEASURED);
    }
    // Without labels it says what labelled data is.
    nntop_accuracy::dataset::Dataset::open(&dataset)?;
    args.run = dataset_input::with_dataset(&args.run)?;
    let plan = bench::plan(&args)?;
    bench::measured(&args, &plan, report::text, signals)
}
