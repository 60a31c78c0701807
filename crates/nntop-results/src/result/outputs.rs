//! How far a variant's answers lie from the first variant's, as a result says it.

use nntop_state::{State, Variant};
use serde::{Deserialize, Serialize};

/// How far a variant's outputs lie from the first variant's, inputs being the same; or why that is not known.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct OutputsResult {
    /// The variant that it is held against.
    pub against: String,
    /// Values that were compared.
    pub values: Option<u64>,
    /// The largest difference of two values.
    pub max_error: Option<f64>,
    /// The same as a share of the largest magnitude in that output of the other; the worst of all outputs.
    pub max_relative: Option<f64>,
    /// The cosine of the angle between both outputs; the worst of all outputs.
    pub cosine: Option<f64>,
    /// Rows with the largest value at the same place, and rows; absent where outputs have no rows of classes.
    pub top1: Option<(u64, u64)>,
    /// Values that are finite on one side only.
    pub not_finite: Option<u64>,
    /// Further than rounding: beyond 1 % of the largest value, or another class.
    #[serde(default)]
    pub far: bool,
    /// All of it in words, or why there is nothing.
    pub text: String,
}

impl OutputsResult {
    pub(super) fn of(state: &State, v: &Variant) -> Option<Self> {
        let against = state.variants.first()?.spec.name.clone();
        Some(match state.agreement(v.slot)? {
            Err(why) => Self { against, text: format!("not compared: {why}"), ..Self::default() },
            Ok(found) => {
                let text = found.words();
                let far = found.is_far();
                let nntop_state::Agreement { values, max_error, max_relative, cosine, top1, not_finite } = found;
                Self {
                    against,
                    values: Some(values),
                    max_error: Some(max_error),
                    max_relative: Some(max_relative),
                    cosine: Some(cosine),
                    top1,
                    not_finite: Some(not_finite),
                    far,
                    text,
                }
            }
        })
    }
}
