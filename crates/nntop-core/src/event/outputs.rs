//! What a variant answered to its first inference, so that the answers of several can be held against each other.

use super::Slot;
use serde::{Deserialize, Serialize};

/// At most so many values are told per output: a detector's megabyte would say no more.
pub const MOST_VALUES: usize = 4_096;

/// At most so many outputs are told.
pub const MOST_OUTPUTS: usize = 16;

/// The outputs of a variant's first inference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outputs {
    /// Whose.
    pub variant: Slot,
    /// In which run.
    pub run: u32,
    /// One per output, in the model's order; those that are no numbers are left out.
    pub tensors: Vec<OutputSample>,
}

/// One output: all of its values, or some at even distances.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutputSample {
    /// Its name.
    pub name: String,
    /// Its shape.
    pub shape: Vec<u64>,
    /// Every `step`-th value, row-major; `None` is one that is not finite.
    pub values: Vec<Option<f32>>,
    /// 1 when all of them are told.
    pub step: u64,
    /// Where the largest value of each row lies, where an output has rows of classes: `[batch, classes]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub largest: Option<Vec<u32>>,
}

impl OutputSample {
    /// Of an output's values, row-major.
    pub fn of(name: String, shape: Vec<u64>, values: &[f64]) -> Self {
        let step = values.len().div_ceil(MOST_VALUES).max(1);
        let told = values.iter().step_by(step).map(|v| Some(*v as f32).filter(|v| v.is_finite())).collect();
        let classes = shape.last().copied().unwrap_or(0) as usize;
        let rows = (shape.len() == 2 && (2..=1 << 20).contains(&classes)).then(|| values.chunks_exact(classes));
        // The first of equal ones, as NumPy and PyTorch have it.
        let largest = |row: &[f64]| {
            let first = |best: usize, i: usize| if row[i] > row[best] { i } else { best };
            (1..row.len()).fold(0, first) as u32
        };
        let largest = rows.map(|rows| rows.take(MOST_VALUES).map(largest).collect());
        Self { name, shape, values: told, step: step as u64, largest }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_outputs_are_told_at_even_distances_and_rows_of_classes_by_their_winner() {
        let values: Vec<f64> = (0..10_000).map(f64::from).collect();
        let sample = OutputSample::of("y".into(), vec![10_000], &values);
        assert_eq!((sample.values.len(), sample.step, sample.largest), (3_334, 3, None));
        assert_eq!(sample.values[1], Some(3.0));
        let sample = OutputSample::of("y".into(), vec![2, 3], &[0.0, 2.0, 2.0, f64::NAN, -1.0, -3.0]);
        assert_eq!(sample.largest, Some(vec![1, 0]));
        assert_eq!(sample.values[3], None, "JSON has no NaN");
    }
}
