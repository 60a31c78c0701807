//! A labelled data set beside a measurement: the options, and the evaluation that they describe.

use super::heading;
use clap::Args;
use nntop_accuracy::dataset::Dataset;
use nntop_core::event::{Evaluation, Fault, Plan, VariantSpec};
use std::path::{Path, PathBuf};

/// Unreadable examples that are passed over.
const ERRORS: u64 = 10;

/// Random inputs, where there is no data set.
const RANDOM: u64 = 16;

/// How a labelled data set is evaluated.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct AccuracyArgs {
    /// A data set: with labels, accuracy is evaluated before latency is measured; its images or arrays are the inputs
    ///
    /// Labelled: images in folders by class, labels.csv (file,label), COCO JSON, Pascal VOC XML, images/ with masks/, IDX files, MLPerf Tiny's
    /// y_labels.csv, an .npz with x and y. Without labels: images (.jpg, .png), input_0.pb ..., a single .npy or .npz file.
    #[arg(long, value_name = "DATA", conflicts_with = "input", help_heading = heading::ACCURACY)]
    pub(super) dataset: Option<PathBuf>,
    /// Task, where the labels do not show it: classification, detection, segmentation, anomaly, regression
    #[arg(long, value_name = "TASK", help_heading = heading::ACCURACY, hide_short_help = true)]
    task: Option<String>,
    /// How inputs are made: a preset (raw, unit, imagenet, imagenet-tf, caffe, yolo, mlperf-tiny) or a TOML file
    /// [default: derived from the model's input, and shown]
    #[arg(long, value_name = "PRESET|FILE", help_heading = heading::ACCURACY)]
    pub(super) preprocess: Option<String>,
    /// Evaluate N examples, chosen by --seed
    #[arg(long, value_name = "N", value_parser = super::values::above_zero, help_heading = heading::ACCURACY)]
    limit: Option<u64>,
    /// Fail after more than N examples that cannot be read
    #[arg(long, value_name = "N", default_value_t = ERRORS, help_heading = heading::ACCURACY, hide_short_help = true)]
    pub(super) max_errors: u64,
    /// Write every answer to this file, one JSON object a line; of several models into FILE.NAME
    #[arg(long, value_name = "FILE", help_heading = heading::ACCURACY, hide_short_help = true)]
    save_predictions: Option<PathBuf>,
    /// Examples that variants were calibrated with.
    #[arg(skip)]
    pub(super) leave_out: u64,
}

impl AccuracyArgs {
    /// Adds the evaluation to every variant, where the data set has labels.
    ///
    /// # Errors
    /// What is wrong with the labels.
    pub(super) fn put_into(&self, plan: &mut Plan) -> Result<(), Fault> {
        let Some(dataset) = self.dataset.as_deref() else { return Ok(()) };
        if is_labelled(dataset)? {
            let several = plan.variants.len() > 1;
            for spec in &mut plan.variants {
                if spec.evaluation.is_none() {
                    spec.evaluation = Some(Box::new(self.of(spec, dataset, several)));
                }
            }
        }
        Ok(())
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
            leave_out: self.leave_out,
            seed: spec.options.seed,
            max_errors: self.max_errors,
            predictions,
            ..Evaluation::default()
        }
    }

    /// At most this many examples, where nothing is said.
    pub(super) fn limit_to(&mut self, n: u64) {
        self.limit.get_or_insert(n);
    }

    /// The evaluation of a variant that needs no labels: on the data set where there is one, else on random inputs. What is in
    /// it already stays.
    pub(super) fn unlabelled(&self, spec: &VariantSpec) -> Evaluation {
        match (&spec.evaluation, self.dataset.as_deref()) {
            (Some(evaluation), _) => evaluation.as_ref().clone(),
            (None, Some(dataset)) => self.of(spec, dataset, false),
            (None, None) => {
                Evaluation { random: Some(self.limit.unwrap_or(RANDOM)), ..self.of(spec, Path::new(""), false) }
            }
        }
    }
}

/// Whether the folder or file is a labelled data set.
pub(super) fn is_labelled(path: &Path) -> Result<bool, Fault> {
    match Dataset::open(path) {
        Ok(_) => Ok(true),
        Err(fault) if fault.message.ends_with("no labels were found in it") => Ok(false),
        Err(fault) => Err(fault),
    }
}
