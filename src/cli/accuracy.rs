//! A labelled data set beside a measurement: the options, and the evaluation that they describe.

use super::heading;
use super::metrics::MetricArgs;
use clap::Args;
use nntop_accuracy::dataset::Dataset;
use nntop_core::event::{Evaluation, Fault, Plan, VariantSpec};
use std::path::{Path, PathBuf};

/// Unreadable examples that are passed over.
const ERRORS: u64 = 10;

/// How a labelled data set is evaluated.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct AccuracyArgs {
    /// Task, where the labels do not show it: classification, detection, anomaly, regression
    #[arg(long, value_name = "TASK", help_heading = heading::ACCURACY, hide_short_help = true)]
    task: Option<String>,
    /// How inputs are made: a preset (raw, unit, imagenet, imagenet-tf, caffe, yolo, mlperf-tiny) or a TOML file
    /// [default: derived from the model's input, and shown]
    #[arg(long, value_name = "PRESET|FILE", help_heading = heading::ACCURACY)]
    preprocess: Option<String>,
    /// Evaluate N examples, chosen by --seed
    #[arg(long, value_name = "N", value_parser = super::values::above_zero, help_heading = heading::ACCURACY)]
    limit: Option<u64>,
    /// Fail after more than N examples that cannot be read
    #[arg(long, value_name = "N", default_value_t = ERRORS, help_heading = heading::ACCURACY, hide_short_help = true)]
    max_errors: u64,
    /// Write every answer to this file, one JSON object a line; of several models into FILE.NAME
    #[arg(long, value_name = "FILE", help_heading = heading::ACCURACY, hide_short_help = true)]
    save_predictions: Option<PathBuf>,
}

impl AccuracyArgs {
    /// Whether the folder or file is a labelled data set.
    ///
    /// # Errors
    /// What is wrong with one.
    pub(super) fn is_labelled(path: &Path) -> Result<bool, Fault> {
        match Dataset::open(path) {
            Ok(_) => Ok(true),
            Err(fault) if fault.message.ends_with("no labels were found in it") => Ok(false),
            Err(fault) => Err(fault),
        }
    }

    /// Adds the evaluation to every variant.
    pub(super) fn put_into(&self, plan: &mut Plan, dataset: &Path) {
        let several = plan.variants.len() > 1;
        for spec in &mut plan.variants {
            spec.evaluation = Some(Box::new(self.of(spec, dataset, several)));
        }
    }

    fn of(&self, spec: &VariantSpec, dataset: &Path, several: bool) -> Evaluation {
        let predictions = self
            .save_predictions
            .as_ref()
            .map(|file| if several { format!("{}.{}", file.display(), spec.name) } else { file.display().to_string() });
        Evaluation {
            dataset: dataset.display().to_string(),
            task: self.task.clone(),
            preprocess: self.preprocess.clone(),
            limit: self.limit,
            seed: spec.options.seed,
            max_errors: self.max_errors,
            predictions,
        }
    }
}

/// The names of figures that an evaluation gives, for targets and gates.
pub(super) fn expected(metrics: &mut MetricArgs) {
    metrics.expect(nntop_core::event::ACCURACY_METRICS);
}
