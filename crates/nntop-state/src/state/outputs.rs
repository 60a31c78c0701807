//! Whether two variants answer the same: how far the outputs of their first inferences lie apart, inputs being the same.

use super::Variant;
use nntop_core::event::OutputSample;
use nntop_core::unit::error_share;

/// How far a variant's outputs lie from another's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Agreement {
    /// Values that were compared.
    pub values: u64,
    /// The largest difference of two values.
    pub max_error: f64,
    /// The same as a share of the largest magnitude in that output of the other; the worst of all outputs.
    pub max_relative: f64,
    /// The cosine of the angle between both outputs, seen as vectors: 1 is the same direction; the worst of all outputs.
    pub cosine: f64,
    /// Rows whose largest value is at the same place, and rows, where outputs have rows of classes.
    pub top1: Option<(u64, u64)>,
    /// Values that are finite on one side only.
    pub not_finite: u64,
}

/// What is worth a warning: beyond rounding in half precision, or another class.
const FAR: f64 = 0.01;

impl Agreement {
    /// Of `b` against `a`; absent while one has not answered yet, and where neither answers in numbers.
    ///
    /// # Errors
    /// Why the answers cannot be held against each other, in words.
    pub(super) fn of(a: &Variant, b: &Variant) -> Option<Result<Self, String>> {
        let (left, right) = (a.outputs.as_ref()?, b.outputs.as_ref()?);
        if left.tensors.is_empty() && right.tensors.is_empty() {
            return None;
        }
        let asked = |v: &Variant| (v.spec.options.seed, v.spec.options.input.clone());
        let shapes = |v: &Variant| {
            v.ready.iter().flat_map(|r| &r.inputs).map(|i| (i.dtype.clone(), i.shape.clone())).collect::<Vec<_>>()
        };
        if asked(a) != asked(b) || shapes(a) != shapes(b) {
            return Some(Err("their inputs differ".into()));
        }
        Some(between(&left.tensors, &right.tensors))
    }

    /// Whether somebody should look.
    pub fn is_far(&self) -> bool {
        self.not_finite > 0 || self.max_relative > FAR || self.top1.is_some_and(|(same, of)| same < of)
    }

    /// `max error 2.1e-6 (0.0003 % of the largest), cosine 1.000000, same top-1 in 4 of 4`.
    pub fn words(&self) -> String {
        if self.max_error == 0.0 && self.not_finite == 0 {
            return format!("the same in all {} values", nntop_core::unit::grouped(self.values));
        }
        let mut text = format!(
            "max error {:.2e} ({} of the largest), cosine {:.6}",
            self.max_error,
            error_share(self.max_relative),
            self.cosine
        );
        if let Some((same, of)) = self.top1 {
            text += &format!(", same top-1 in {same} of {of}");
        }
        if self.not_finite > 0 {
            text += &format!(", {} not finite on one side", self.not_finite);
        }
        text
    }
}

/// By name where all names are found on both sides, else by place.
fn between(left: &[OutputSample], right: &[OutputSample]) -> Result<Agreement, String> {
    if left.is_empty() || right.is_empty() {
        return Err("no output of numbers".into());
    }
    if left.len() != right.len() {
        return Err(format!("{} outputs against {}", left.len(), right.len()));
    }
    let named = |name: &str| right.iter().find(|r| r.name == name);
    let by_name = left.iter().all(|l| named(&l.name).is_some());
    let mut all = Agreement { values: 0, max_error: 0.0, max_relative: 0.0, cosine: 1.0, top1: None, not_finite: 0 };
    for (i, l) in left.iter().enumerate() {
        let r = named(&l.name).filter(|_| by_name).unwrap_or(&right[i]);
        // A batch axis that one side leaves out says the same.
        let squeezed = |shape: &[u64]| shape.iter().copied().filter(|n| *n != 1).collect::<Vec<_>>();
        if squeezed(&l.shape) != squeezed(&r.shape) || l.values.len() != r.values.len() {
            return Err(format!("output {:?} has another shape: {:?} against {:?}", l.name, l.shape, r.shape));
        }
        all.take(l, r);
    }
    Ok(all)
}

impl Agreement {
    fn take(&mut self, a: &OutputSample, b: &OutputSample) {
        let (mut dot, mut aa, mut bb) = (0.0, 0.0, 0.0);
        let (mut error, mut largest) = (0.0_f64, 0.0_f64);
        for pair in a.values.iter().zip(&b.values) {
            match pair {
                (Some(x), Some(y)) => {
                    let (x, y) = (f64::from(*x), f64::from(*y));
                    error = error.max((x - y).abs());
                    largest = largest.max(x.abs());
                    (dot, aa, bb) = (dot + x * y, aa + x * x, bb + y * y);
                }
                (None, None) => {}
                _ => self.not_finite += 1,
            }
        }
        self.values += a.values.len() as u64;
        self.max_error = self.max_error.max(error);
        if error > 0.0 {
            self.max_relative = self.max_relative.max(if largest > 0.0 { error / largest } else { 1.0 });
            let lengths = (aa * bb).sqrt();
            self.cosine = self.cosine.min(if lengths > 0.0 { (dot / lengths).clamp(-1.0, 1.0) } else { 0.0 });
        }
        if let (Some(x), Some(y)) = (&a.largest, &b.largest) {
            let (same, of) = self.top1.unwrap_or_default();
            let alike = x.iter().zip(y).filter(|(x, y)| x == y).count() as u64;
            self.top1 = Some((same + alike, of + x.len().max(y.len()) as u64));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(name: &str, shape: &[u64], values: &[f64]) -> OutputSample {
        OutputSample::of(name.into(), shape.to_vec(), values)
    }

    #[test]
    fn the_same_is_the_same_and_a_little_off_is_told_by_how_much() {
        let a = [output("y", &[1, 3], &[1.0, 2.0, -4.0])];
        let same = between(&a, &a).unwrap();
        assert_eq!((same.max_error, same.cosine, same.top1), (0.0, 1.0, Some((1, 1))));
        assert_eq!(same.words(), "the same in all 3 values");
        let off = between(&a, &[output("y", &[1, 3], &[1.0, 2.5, -4.0])]).unwrap();
        assert_eq!((off.max_error, off.max_relative, off.is_far()), (0.5, 0.125, true));
        let cosine = (1.0 + 5.0 + 16.0) / (21.0_f64 * (1.0 + 6.25 + 16.0)).sqrt();
        assert!((off.cosine - cosine).abs() < 1e-12);
        assert!(!between(&a, &[output("y", &[3], &[1.0, 2.01, -4.0])]).unwrap().is_far());
    }

    #[test]
    fn another_winner_is_far_however_near_the_values_are() {
        let a = [output("y", &[2, 2], &[1.0, 1.001, 5.0, 1.0])];
        let b = [output("y", &[2, 2], &[1.001, 1.0, 5.0, 1.0])];
        let off = between(&a, &b).unwrap();
        assert_eq!((off.top1, off.is_far()), (Some((1, 2)), true));
    }

    #[test]
    fn outputs_are_matched_by_name_before_place_and_what_does_not_fit_says_why() {
        let (x, y) = (output("x", &[2], &[1.0, 2.0]), output("y", &[2], &[3.0, 4.0]));
        assert_eq!(between(&[x.clone(), y.clone()], &[y.clone(), x.clone()]).unwrap().max_error, 0.0);
        let renamed = output("Identity", &[2], &[1.0, 2.0]);
        assert_eq!(between(std::slice::from_ref(&x), &[renamed]).unwrap().max_error, 0.0);
        let more = between(std::slice::from_ref(&x), &[x.clone(), y]).unwrap_err();
        assert_eq!(more, "1 outputs against 2");
        let other = output("x", &[3], &[1.0, 2.0, 3.0]);
        assert!(between(&[x], &[other]).unwrap_err().contains("another shape"));
    }

    #[test]
    fn what_is_not_finite_on_one_side_is_counted() {
        let a = [output("y", &[2], &[1.0, 2.0])];
        let b = [output("y", &[2], &[1.0, f64::NAN])];
        let off = between(&a, &b).unwrap();
        assert_eq!((off.not_finite, off.is_far()), (1, true));
    }
}
