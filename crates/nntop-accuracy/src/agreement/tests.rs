//! Figures of agreement on small outputs, against those that NumPy computes.

use super::*;
use crate::outputs::Writer;
use nntop_engine::tensor::{Data, DataType};

fn tensor(name: &str, shape: &[u64], values: &[f32]) -> Tensor {
    let data = Data::Bytes(values.iter().flat_map(|v| v.to_le_bytes()).collect());
    Tensor { name: name.into(), dtype: DataType::F32, shape: shape.to_vec(), data }
}

/// Pairs of examples, ours and the reference's, as figures of accuracy.
fn compared(pairs: &[(Vec<Tensor>, Vec<Tensor>)]) -> Accuracy {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("outputs").display().to_string();
    let mut writer = Writer::create(&path).unwrap();
    for (i, (_, theirs)) in pairs.iter().enumerate() {
        writer.keep(&i.to_string(), std::slice::from_ref(theirs)).unwrap();
    }
    writer.finish().unwrap();
    let set = Dataset::random(pairs.len() as u64, 0);
    let mut all =
        Comparison::open(&Reference { name: "ref".into(), outputs: path, ..Reference::default() }, &set).unwrap();
    for (i, (ours, _)) in pairs.iter().enumerate() {
        all.take(&i.to_string(), std::slice::from_ref(ours)).unwrap();
    }
    let mut found = Accuracy::default();
    all.put_into(&mut found);
    found
}

#[test]
fn errors_cosine_and_top_1_are_numpy_s() {
    // NumPy 2.3: a = [[1, 2, 3], [4, 0, 1]], b = [[1, 2.5, 2], [4, 0, 1]]; np.abs(a - b).max() = 1.0, .mean() = 0.25;
    // np.linalg.norm(a - b) / np.linalg.norm(b) = 0.21035158095583562; rows' cosines 0.9561828874675149 and 1.0.
    let one = |a: &[f32], b: &[f32]| (vec![tensor("y", &[1, 3], a)], vec![tensor("y", &[1, 3], b)]);
    let found = compared(&[one(&[1.0, 2.0, 3.0], &[1.0, 2.5, 2.0]), one(&[4.0, 0.0, 1.0], &[4.0, 0.0, 1.0])]);
    let y = &found.agreement.as_ref().unwrap().outputs[0];
    assert_eq!((y.n, y.max_error, y.mean_error, y.top1.unwrap().value), (2, 1.0, 0.25, 0.5));
    assert!((y.relative_error.unwrap() - 0.210_351_580_955_835_62).abs() < 1e-12, "{y:?}");
    let cosine = 12.0 / (14.0f64.sqrt() * 11.25f64.sqrt());
    assert!((y.cosine.unwrap() - (cosine + 1.0) / 2.0).abs() < 1e-12, "{y:?}");
    assert_eq!((found.metrics["agreement"].value, found.metrics["max_error"].value), (0.5, 1.0));
    assert!(!y.is_within(0.2) && y.is_within(0.22));
}

#[test]
fn channels_last_is_compared_with_channels_first() {
    // Two channels of three by two: first here, last there, and the other way round.
    let first = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 10.0, 11.0, 12.0, 13.0, 14.0, 15.0];
    let last = [0.0, 10.0, 1.0, 11.0, 2.0, 12.0, 3.0, 13.0, 4.0, 14.0, 5.0, 15.0];
    let planes = || vec![tensor("a", &[1, 2, 3, 2], &first)];
    let pixels = || vec![tensor("b", &[1, 3, 2, 2], &last)];
    // The shapes have to tell which is which: [2, 3, 2] is no rotation of [3, 2, 2] only where it is.
    for (ours, theirs) in [(planes(), pixels()), (pixels(), planes())] {
        let found = compared(&[(ours, theirs)]);
        let a = &found.agreement.as_ref().unwrap().outputs[0];
        assert_eq!((a.n, a.max_error, a.top1), (1, 0.0, None), "{a:?}");
    }
}

#[test]
fn what_cannot_be_compared_says_why_and_what_is_not_finite_is_counted() {
    let ours = vec![tensor("x", &[1, 2], &[f32::NAN, 1.0]), tensor("z", &[1, 4], &[0.0; 4]), tensor("q", &[1], &[0.0])];
    let theirs = vec![tensor("z", &[1, 5], &[0.0; 5]), tensor("x", &[1, 2], &[2.0, 1.0])];
    let found = compared(&[(ours, theirs)]);
    let [x, z, q] = found.agreement.as_ref().unwrap().outputs.as_slice() else { panic!("{found:?}") };
    assert_eq!((x.n, x.not_finite, x.max_error), (1, 1, 0.0));
    assert!(!x.is_within(1.0), "what is not finite agrees with nothing");
    assert_eq!(z.reason.as_deref(), Some("float32[1,4] and not float32[1,5], as the reference's"));
    assert_eq!(q.reason.as_deref(), Some("the reference has no output of this name: z, x"));
}

#[test]
fn what_only_one_of_both_could_read_is_passed_over() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("outputs").display().to_string();
    let mut writer = Writer::create(&path).unwrap();
    for (name, value) in [("a", 1.0), ("b", 2.0), ("c", 3.0)] {
        writer.keep(name, &[vec![tensor("y", &[1], &[value])]]).unwrap();
    }
    writer.finish().unwrap();
    let set = Dataset::random(3, 0);
    let mut all =
        Comparison::open(&Reference { name: "ref".into(), outputs: path, ..Reference::default() }, &set).unwrap();
    for (name, value) in [("a", 1.0), ("c", 3.5)] {
        all.take(name, &[vec![tensor("y", &[1], &[value])]]).unwrap();
    }
    let mut found = Accuracy::default();
    all.put_into(&mut found);
    let y = &found.agreement.unwrap().outputs[0];
    assert_eq!((y.n, y.max_error), (2, 0.5));
}
