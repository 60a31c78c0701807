//! Whether a model's answers are right: what is to be evaluated, and what came of it.

use super::{Agreement, CustomValue, Score, is_share};
use crate::unit::Nanos;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The names of figures that an evaluation may give. Shares are shown in percent.
pub const ACCURACY_METRICS: &[&str] = &[
    "top1",
    "map",
    "miou",
    "pixel_accuracy",
    "top5",
    "error_rate",
    "auc",
    "f1",
    "map50",
    "map75",
    "map_small",
    "map_medium",
    "map_large",
    "pascal_ap",
    "mae",
    "rmse",
    "bleu",
    "wer",
    "agreement",
    "cosine",
    "max_error",
    "mean_error",
];

/// A labelled data set that a variant is evaluated on, before it is measured.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Evaluation {
    /// The data set: a folder or a file, on the host that runs the model.
    pub dataset: String,
    /// The task, where it is not derived from the labels: `classification`, `detection`, `segmentation`, `anomaly`,
    /// `regression`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// A preset of preprocessing or a TOML file, where it is not derived from the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preprocess: Option<String>,
    /// The most examples to evaluate, chosen by the seed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// The order of the examples where there is a limit.
    #[serde(default)]
    pub seed: u64,
    /// The first examples of the seed's order, which are not evaluated: a variant was calibrated with them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub leave_out: u64,
    /// Examples that may be unreadable before the evaluation fails.
    #[serde(default)]
    pub max_errors: u64,
    /// Where the answers are written, one JSON object a line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predictions: Option<String>,
    /// Random inputs instead of a data set: this many, by the seed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub random: Option<u64>,
    /// Where the outputs are kept for a later comparison. Nothing is judged then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outputs: Option<String>,
    /// What the outputs are compared with; labels are not needed then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Reference>,
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// The outputs of another model.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Reference {
    /// What it is called.
    pub name: String,
    /// The file: what [`Evaluation::outputs`] wrote, or NumPy's `.npz` or `.npy` with one row per example.
    pub outputs: String,
    /// The reference's name of an output, by the model's, where they differ.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub names: BTreeMap<String, String>,
}

/// An example by name, with what made it stand out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Example {
    /// Its file, relative to the data set, or its index.
    pub name: String,
    /// The right answer, in words.
    pub label: String,
    /// The model's answer, in words.
    pub answer: String,
    /// How sure the model was of its answer, or the loss; the time of a slow one, in nanoseconds.
    pub value: f64,
}

/// The figures of one class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassScore {
    /// The class.
    pub class: String,
    /// Examples, or boxes, of it.
    pub n: u64,
    /// Of the answers that name the class, the share that is right. Absent without any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision: Option<f64>,
    /// Of its examples, the share that was found. Absent without any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recall: Option<f64>,
    /// The harmonic mean of both; for detection the average precision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
}

/// How long the parts of an inference took, as means in nanoseconds, and the whole as a distribution.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct InferenceTime {
    /// Reading, decoding and preparing an input.
    pub pre: Nanos,
    /// The engine.
    pub engine: Nanos,
    /// From outputs to an answer.
    pub post: Nanos,
    /// The median of the whole.
    pub p50: Nanos,
    /// Its 99th percentile.
    pub p99: Nanos,
}

/// What an evaluation has found: of the examples until now, and at the end of all.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Accuracy {
    /// The task.
    pub task: String,
    /// Examples that were answered.
    pub n: u64,
    /// Examples in all.
    pub total: u64,
    /// Examples that could not be read.
    #[serde(default)]
    pub errors: u64,
    /// The first of them, with the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_error: Option<String>,
    /// How inputs were made, in words.
    pub preprocessing: String,
    /// The figures by name: `top1`, `top5`, `error_rate`, `auc`, `f1`, `map`, `map50`, `mae`, …
    pub metrics: BTreeMap<String, Score>,
    /// The figures by class.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<ClassScore>,
    /// Counts by right class (row) and answer (column); absent beyond 64 classes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub confusion: Vec<Vec<u64>>,
    /// Examples that were answered wrong, the surest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub worst: Vec<Example>,
    /// Examples that took the engine longest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slowest: Vec<Example>,
    /// Pre-processing, engine and post-processing. Apart from every other figure of the run.
    #[serde(default)]
    pub time: InferenceTime,
    /// Whether each example was answered right, as hexadecimal digits of four examples each, the first highest; for tests on pairs.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub right: String,
    /// How near the outputs are to a reference's, where there is one; known at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreement: Option<Box<Agreement>>,
    /// Whether all examples were answered.
    pub done: bool,
}

impl Accuracy {
    /// The names of the figures in the order of their weight: the first that is there is the one to show alone.
    pub fn first(&self) -> Option<(&str, Score)> {
        ACCURACY_METRICS
            .iter()
            .find_map(|name| self.metrics.get_key_value(*name))
            .map(|(name, score)| (name.as_str(), *score))
    }

    /// Notes whether each example was answered right.
    pub fn set_right(&mut self, right: &[bool]) {
        let digit = |four: &[bool]| {
            let value = four.iter().enumerate().fold(0, |sum, (i, bit)| sum | (u32::from(*bit) << (3 - i)));
            char::from_digit(value, 16).unwrap_or('0')
        };
        self.right = right.chunks(4).map(digit).collect();
    }

    /// Whether each example was answered right, in their order; empty where that is not known.
    pub fn right(&self) -> Vec<bool> {
        let digits = self.right.chars().filter_map(|c| c.to_digit(16));
        let bits = digits.flat_map(|d| (0..4).rev().map(move |i| d >> i & 1 == 1));
        bits.take(usize::try_from(self.n).unwrap_or(usize::MAX)).collect()
    }

    /// The figures as metrics with units: shares in percent.
    pub fn as_metrics(&self) -> impl Iterator<Item = (String, CustomValue)> + '_ {
        self.metrics.iter().map(|(name, score)| {
            let value = if is_share(name) {
                CustomValue::new(100.0 * score.value, Some("%"))
            } else {
                CustomValue::new(score.value, None)
            };
            (name.clone(), value)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn answers_come_back(right in prop::collection::vec(any::<bool>(), 0..99)) {
            let mut accuracy = Accuracy { n: right.len() as u64, ..Accuracy::default() };
            accuracy.set_right(&right);
            prop_assert_eq!(accuracy.right(), right);
        }
    }

    #[test]
    fn shares_are_shown_in_percent_and_errors_as_they_are() {
        let score = |value| Score { value, low: None, high: None };
        let metrics = [("mae".to_owned(), score(0.5)), ("top1".to_owned(), score(0.72))].into();
        let accuracy = Accuracy { metrics, ..Accuracy::default() };
        let shown: Vec<_> = accuracy.as_metrics().map(|(name, value)| format!("{name} {value}")).collect();
        assert_eq!(shown, ["mae 0.5", "top1 72 %"]);
        assert_eq!(accuracy.first().unwrap().0, "top1");
    }
}
