//! How near a model's outputs are to those of another, on the same inputs: no labels are needed.

use super::Score;
use serde::{Deserialize, Serialize};

/// How near a model's outputs are to a reference's.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Agreement {
    /// What the outputs are held against: a model's name, or a file of saved outputs.
    pub reference: String,
    /// Examples that were compared.
    pub n: u64,
    /// The outputs in the model's order.
    pub outputs: Vec<OutputAgreement>,
}

/// How near one output is to the reference's, over all examples. Elements that are not finite in either are in no error.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct OutputAgreement {
    /// The output's name.
    pub name: String,
    /// Examples in which it was compared.
    pub n: u64,
    /// The largest difference of an element, without its sign.
    pub max_error: f64,
    /// The mean of the differences without their signs.
    pub mean_error: f64,
    /// The length (L2 norm) of the difference by the length of the reference, over all examples; absent where the reference is
    /// zero throughout.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relative_error: Option<f64>,
    /// The cosine of the angle between both, as the mean over the examples; absent where none has a length.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cosine: Option<f64>,
    /// The share of examples in which both are highest at the same place; of outputs with one axis of scores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top1: Option<Score>,
    /// Elements that are infinite or no number in one of both, and not the same in the other.
    #[serde(default)]
    pub not_finite: u64,
    /// Why it was not compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl OutputAgreement {
    /// Whether it is as the reference's, up to a relative error of this share.
    pub fn is_within(&self, tolerance: f64) -> bool {
        let relative = self.relative_error.unwrap_or(if self.max_error > 0.0 { f64::INFINITY } else { 0.0 });
        self.not_finite == 0 && relative <= tolerance
    }
}
