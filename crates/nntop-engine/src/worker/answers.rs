//! The outputs of the first inference as numbers, whatever their type.

use crate::tensor::{Tensor, elements};
use nntop_core::event::{MOST_OUTPUTS, OutputSample};

/// Larger outputs than this many values are not looked at: that would take longer than the inference.
const MOST: u64 = 1 << 24;

/// The samples of the outputs that are numbers.
pub(super) fn samples(outputs: &[Tensor]) -> Vec<OutputSample> {
    outputs.iter().filter_map(sample).take(MOST_OUTPUTS).collect()
}

fn sample(tensor: &Tensor) -> Option<OutputSample> {
    elements(&tensor.shape).filter(|n| *n <= MOST)?;
    Some(OutputSample::of(tensor.name.clone(), tensor.shape.to_vec(), &tensor.numbers()?))
}
