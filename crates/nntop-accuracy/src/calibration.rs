//! Examples as a model takes them, for those who calibrate with them: the same preprocessing as an evaluation's.

use crate::dataset::Dataset;
use crate::feed::{described, make, preprocess};
use nntop_core::event::{Evaluation, Fault};
use nntop_engine::tensor::{Shape, Tensor, TensorSpec};
use std::path::Path;

/// What was made of a data set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calibration {
    /// Tensors that were handed out.
    pub count: usize,
    /// Examples that the data set has.
    pub total: usize,
    /// The first examples of the seed's order, which were set aside for this; 0 where none is left to evaluate.
    pub set_aside: usize,
    /// How they were made, in words.
    pub preprocessing: String,
}

/// Hands out tensors of `what.limit` examples at most, chosen by the seed, for a model's only input; labels are not needed.
/// Of labelled ones half at most is taken: what calibrates does not judge.
///
/// # Errors
/// When there are no examples, when more than `what.max_errors` cannot be read, or when `each` fails.
pub fn inputs(
    what: &Evaluation,
    input: &TensorSpec,
    shape: &Shape,
    each: &mut dyn FnMut(Tensor) -> Result<(), Fault>,
) -> Result<Calibration, Fault> {
    let path = Path::new(&what.dataset);
    let has_labels = Dataset::open(path).is_ok();
    let whole = Dataset::open_unlabelled(path)?;
    let total = whole.items.len();
    let wanted = what.limit.and_then(|n| usize::try_from(n).ok()).unwrap_or(usize::MAX);
    // A set of one example cannot be parted.
    let is_parted = has_labels && total > 1;
    let most = if is_parted { wanted.min(total / 2) } else { wanted };
    let set_aside = if is_parted { most } else { 0 };
    let set = whole.limited(Some(most as u64), what.seed);
    let how = preprocess(what, input, shape, set.items.first().map(|i| &i.label))?;
    let ports = [(input.clone(), shape.clone())];
    let (mut count, mut errors) = (0, 0);
    for item in &set.items {
        let windows = match make(item, &how, &ports) {
            Ok((windows, _)) => windows,
            Err(why) => {
                errors += 1;
                if errors > what.max_errors {
                    return Err(Fault::input(format!("--dataset {}: {}: {why}", what.dataset, item.name)));
                }
                continue;
            }
        };
        for tensor in windows.into_iter().flatten().take(most - count) {
            each(tensor)?;
            count += 1;
        }
        if count >= most {
            break;
        }
    }
    if count == 0 {
        return Err(Fault::input(format!("--dataset {}: no example of it can be read", what.dataset)));
    }
    Ok(Calibration { count, total, set_aside, preprocessing: described(&set, &how) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use nntop_engine::tensor::{Data, DataType, Dim};

    /// An IDX file of bytes: its magic number says the type and the number of axes.
    fn idx(axes: &[u32], data: &[u8]) -> Vec<u8> {
        let mut out = vec![0, 0, 8, axes.len() as u8];
        axes.iter().for_each(|n| out.extend(n.to_be_bytes()));
        out.extend(data);
        out
    }

    #[test]
    fn examples_are_made_as_an_evaluation_makes_them_and_no_more_than_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let pixels: Vec<u8> = (0..6 * 16).map(|i| (i as u8).wrapping_mul(5)).collect();
        std::fs::write(folder.path().join("t10k-images-idx3-ubyte"), idx(&[6, 4, 4], &pixels)).unwrap();
        std::fs::write(folder.path().join("t10k-labels-idx1-ubyte"), idx(&[6], &[0, 1, 2, 0, 1, 2])).unwrap();
        let spec = TensorSpec {
            name: "x".into(),
            dtype: DataType::F32,
            dims: vec![Dim::Fixed(1), Dim::Fixed(1), Dim::Fixed(4), Dim::Fixed(4)],
        };
        let what = |limit| Evaluation {
            dataset: folder.path().display().to_string(),
            preprocess: Some("unit".into()),
            limit: Some(limit),
            ..Evaluation::default()
        };
        let mut seen = Vec::new();
        let shape: Shape = vec![1, 1, 4, 4];
        let found = inputs(&what(9), &spec, &shape, &mut |tensor| {
            seen.push(tensor);
            Ok(())
        });
        let found = found.unwrap();
        assert_eq!((found.count, found.total, found.set_aside, seen.len()), (3, 6, 3, 3), "half of it is to judge");
        for tensor in &seen {
            let Data::Bytes(bytes) = &tensor.data else { panic!("{seen:?}") };
            let first = f32::from_le_bytes(bytes[..4].try_into().unwrap()) * 255.0;
            assert!([0.0, 80.0, 160.0, 240.0, 64.0, 144.0].iter().any(|pixel| (first - pixel).abs() < 1e-4), "{first}");
        }
        let found = inputs(&what(2), &spec, &shape, &mut |_| Ok(())).unwrap();
        assert_eq!((found.count, found.total, found.set_aside), (2, 6, 2));
    }
}
