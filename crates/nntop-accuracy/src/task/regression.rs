//! Regression: mean absolute error and the root of the mean squared error over all values of an output.

use super::classification::NAMED;
use nntop_core::event::{Accuracy, Example, Score};
use std::collections::BTreeMap;

/// What is known after the answers until now.
#[derive(Debug, Default)]
pub struct Regression {
    n: u64,
    values: u64,
    absolute: f64,
    squared: f64,
    worst: Vec<Example>,
}

impl Regression {
    /// Takes in an answer and the right values.
    pub fn answer(&mut self, example: &str, answer: &[f64], right: &[f64]) {
        self.n += 1;
        let mut most = (0.0f64, 0.0, 0.0);
        for (a, r) in answer.iter().zip(right) {
            let off = (a - r).abs();
            self.values += 1;
            self.absolute += off;
            self.squared += off * off;
            if off > most.0 {
                most = (off, *a, *r);
            }
        }
        let at = self.worst.partition_point(|e| e.value >= most.0);
        if at < NAMED && most.0 > 0.0 {
            let (label, answer) = (most.2.to_string(), most.1.to_string());
            self.worst.insert(at, Example { name: example.into(), label, answer, value: most.0 });
            self.worst.truncate(NAMED);
        }
    }

    /// The figures until now.
    pub fn accuracy(&self) -> Accuracy {
        let mut metrics = BTreeMap::new();
        if self.values > 0 {
            let n = self.values as f64;
            let score = |value| Score { value, low: None, high: None };
            metrics.insert("mae".to_owned(), score(self.absolute / n));
            metrics.insert("rmse".to_owned(), score((self.squared / n).sqrt()));
        }
        Accuracy { task: "regression".into(), n: self.n, metrics, worst: self.worst.clone(), ..Accuracy::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_means_over_all_values() {
        let mut r = Regression::default();
        r.answer("a", &[1.0, 2.0], &[1.0, 4.0]);
        r.answer("b", &[3.0], &[2.0]);
        let a = r.accuracy();
        assert_eq!((a.metrics["mae"].value, a.metrics["rmse"].value), (1.0, (5.0f64 / 3.0).sqrt()));
        assert_eq!((a.n, a.worst[0].name.as_str()), (2, "a"));
    }
}
