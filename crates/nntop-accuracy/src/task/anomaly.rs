//! Anomaly detection by reconstruction, as MLPerf Tiny's ad01: the score of a file is the mean squared error of its windows.

use super::classification::NAMED;
use nntop_core::event::{Accuracy, Example, Score};
use std::collections::BTreeMap;

/// What is known after the files until now.
#[derive(Debug, Default)]
pub struct Anomaly {
    scores: Vec<(f64, bool)>,
    names: Vec<String>,
}

impl Anomaly {
    /// Takes in a file: its score, and whether it is an anomaly.
    pub fn answer(&mut self, example: &str, score: f64, anomaly: bool) {
        self.scores.push((score, anomaly));
        self.names.push(example.into());
    }

    /// The mean squared difference of a window and its reconstruction.
    pub fn error(input: &[f64], output: &[f64]) -> f64 {
        let sum: f64 = input.iter().zip(output).map(|(a, b)| (a - b) * (a - b)).sum();
        sum / input.len().min(output.len()).max(1) as f64
    }

    /// The figures until now. A file counts as answered right for tests on pairs where its score lies on its side of the
    /// threshold that separates best (the highest sum of both shares found).
    pub fn accuracy(&self) -> Accuracy {
        let mut metrics = BTreeMap::new();
        if let Some(value) = super::roc_auc(&self.scores) {
            metrics.insert("auc".to_owned(), Score { value, low: None, high: None });
        }
        let threshold = self.threshold();
        let right: Vec<bool> = self.scores.iter().map(|(score, anomaly)| (*score >= threshold) == *anomaly).collect();
        let word = |anomaly: bool| if anomaly { "anomaly" } else { "normal" }.to_owned();
        let mut worst: Vec<Example> = self
            .scores
            .iter()
            .zip(&self.names)
            .zip(&right)
            .filter(|(_, right)| !**right)
            .map(|(((score, anomaly), name), _)| Example {
                name: name.clone(),
                label: word(*anomaly),
                answer: word(!*anomaly),
                value: *score,
            })
            .collect();
        worst.sort_by(|a, b| (b.value - threshold).abs().total_cmp(&(a.value - threshold).abs()));
        worst.truncate(NAMED);
        let mut found =
            Accuracy { task: "anomaly".into(), n: self.scores.len() as u64, metrics, worst, ..Accuracy::default() };
        found.set_right(&right);
        found
    }

    /// Youden's threshold.
    fn threshold(&self) -> f64 {
        let mut sorted = self.scores.clone();
        sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
        let positives = sorted.iter().filter(|s| s.1).count().max(1) as f64;
        let negatives = sorted.iter().filter(|s| !s.1).count().max(1) as f64;
        let (mut best, mut at, mut value) = (0.0, f64::INFINITY, 0.0);
        for (score, anomaly) in sorted {
            value += if anomaly { 1.0 / positives } else { -1.0 / negatives };
            if value > best {
                (best, at) = (value, score);
            }
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_s_score_is_the_mean_squared_error() {
        assert_eq!(Anomaly::error(&[1.0, 2.0], &[1.0, 4.0]), 2.0);
        let mut a = Anomaly::default();
        [(0.1, false), (0.2, false), (0.15, true), (0.9, true)]
            .iter()
            .enumerate()
            .for_each(|(i, (score, anomaly))| a.answer(&i.to_string(), *score, *anomaly));
        let accuracy = a.accuracy();
        assert_eq!(accuracy.metrics["auc"].value, 0.75);
        assert_eq!(accuracy.worst.len(), 1);
    }
}
