//! Classification: top-1, top-5, precision, recall and F1 by class, the confusion matrix, and the area under the ROC curve.

use nntop_core::event::{Accuracy, ClassScore, Example, Score};
use std::collections::BTreeMap;

/// Beyond this many classes no confusion matrix is kept.
const MOST_IN_MATRIX: usize = 64;

/// Beyond this many classes no scores are kept for the ROC curve.
const MOST_IN_ROC: usize = 64;

/// Wrong answers that are named.
pub(crate) const NAMED: usize = 10;

/// What is known after the answers until now.
#[derive(Debug, Default)]
pub struct Classification {
    names: Vec<String>,
    n: u64,
    top1: u64,
    top5: u64,
    /// By class: examples of it, answers that name it, and those that are right.
    counts: Vec<[u64; 3]>,
    matrix: Vec<Vec<u64>>,
    right: Vec<bool>,
    worst: Vec<Example>,
    /// Scores of each example, for the ROC curve, and the right classes.
    scores: Vec<Vec<f64>>,
    labels: Vec<usize>,
}

/// The classes in the order of their scores, the highest first. Equal scores stand in the order of their classes, NaN last:
/// the order of NumPy's stable `argsort` of the negated scores.
pub fn ranked(scores: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    let key = |i: usize| if scores[i].is_nan() { f64::NEG_INFINITY } else { scores[i] };
    order.sort_by(|a, b| scores[*a].is_nan().cmp(&scores[*b].is_nan()).then(key(*b).total_cmp(&key(*a))));
    order
}

impl Classification {
    /// For classes of these names, as many as are known; further ones are called by their number.
    pub fn new(names: Vec<String>) -> Self {
        Self { names, ..Self::default() }
    }

    /// Takes in an answer: a score per class, and the class that is right.
    pub fn answer(&mut self, example: &str, scores: &[f64], label: usize) {
        let order = ranked(scores);
        let Some(&first) = order.first() else { return };
        let is_right = first == label;
        self.n += 1;
        self.top1 += u64::from(is_right);
        self.top5 += u64::from(order.iter().take(5).any(|class| *class == label));
        self.right.push(is_right);
        let classes = scores.len().max(label + 1).max(self.counts.len());
        self.counts.resize(classes, [0; 3]);
        self.counts[label][0] += 1;
        self.counts[first][1] += 1;
        self.counts[first][2] += u64::from(is_right);
        if classes <= MOST_IN_MATRIX {
            self.matrix.iter_mut().for_each(|row| row.resize(classes, 0));
            self.matrix.resize(classes, vec![0; classes]);
            self.matrix[label][first] += 1;
        }
        if classes <= MOST_IN_ROC {
            self.scores.push(scores.to_vec());
            self.labels.push(label);
        }
        if !is_right {
            let value = confidence(scores, first);
            let at = self.worst.partition_point(|e| e.value >= value);
            if at < NAMED {
                let (label, answer) = (self.name(label), self.name(first));
                self.worst.insert(at, Example { name: example.into(), label, answer, value });
                self.worst.truncate(NAMED);
            }
        }
    }

    /// What a class is called.
    pub fn name(&self, class: usize) -> String {
        self.names.get(class).cloned().unwrap_or_else(|| class.to_string())
    }

    /// The figures until now.
    pub fn accuracy(&self) -> Accuracy {
        let mut metrics = BTreeMap::new();
        let mut add = |name: &str, score: Option<Score>| {
            if let Some(score) = score {
                metrics.insert(name.to_owned(), score);
            }
        };
        add("top1", Score::share(self.top1, self.n));
        if self.counts.len() > 5 {
            add("top5", Score::share(self.top5, self.n));
        }
        add("error_rate", Score::share(self.n - self.top1, self.n));
        let classes: Vec<ClassScore> = (0..self.counts.len()).map(|class| self.class(class)).collect();
        add(
            "f1",
            macro_mean(classes.iter().filter(|c| c.n > 0 || c.precision.is_some()).map(|c| c.score.unwrap_or(0.0))),
        );
        add("auc", self.auc().map(|value| Score { value, low: None, high: None }));
        let matrix = if self.counts.len() <= MOST_IN_MATRIX { self.matrix.clone() } else { Vec::new() };
        let mut found = Accuracy {
            task: "classification".into(),
            n: self.n,
            metrics,
            classes: classes.into_iter().filter(|c| c.n > 0 || c.precision.is_some()).collect(),
            confusion: matrix,
            worst: self.worst.clone(),
            ..Accuracy::default()
        };
        found.set_right(&self.right);
        found
    }

    fn class(&self, class: usize) -> ClassScore {
        let [n, named, right] = self.counts[class];
        let of = |all: u64| (all > 0).then(|| right as f64 / all as f64);
        let (precision, recall) = (of(named), of(n));
        // scikit-learn's f1_score with zero_division=0.
        let score = (n + named > 0).then(|| 2.0 * right as f64 / (n + named) as f64);
        ClassScore { class: self.name(class), n, precision, recall, score }
    }

    /// Two classes: of the second's scores. More: the mean over the classes of one against the rest, as scikit-learn's
    /// `roc_auc_score(multi_class="ovr", average="macro")`; absent where a class has no example.
    fn auc(&self) -> Option<f64> {
        let classes = self.counts.len();
        if !(2..=MOST_IN_ROC).contains(&classes) || self.scores.len() as u64 != self.n {
            return None;
        }
        let of = |class: usize| {
            let pairs: Vec<(f64, bool)> = self
                .scores
                .iter()
                .zip(&self.labels)
                .map(|(scores, label)| (scores.get(class).copied().unwrap_or(f64::NEG_INFINITY), *label == class))
                .collect();
            super::roc_auc(&pairs)
        };
        if classes == 2 {
            of(1)
        } else {
            (0..classes).map(of).collect::<Option<Vec<_>>>().and_then(|all| Some(macro_mean(all.into_iter())?.value))
        }
    }
}

/// The mean, without an interval.
fn macro_mean(values: impl Iterator<Item = f64>) -> Option<Score> {
    let (n, sum) = values.fold((0u64, 0.0), |(n, sum), value| (n + 1, sum + value));
    (n > 0).then(|| Score { value: sum / n as f64, low: None, high: None })
}

/// How sure an answer is: its score where scores are shares, else its share by softmax.
fn confidence(scores: &[f64], class: usize) -> f64 {
    let sum: f64 = scores.iter().sum();
    if scores.iter().all(|s| (0.0..=1.0).contains(s)) && (sum - 1.0).abs() < 0.05 {
        return scores[class];
    }
    let most = scores[class];
    1.0 / scores.iter().filter(|s| s.is_finite()).map(|s| (s - most).exp()).sum::<f64>().max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// scikit-learn 1.9.1 on these six answers:
    /// ```python
    /// y = [0, 0, 1, 1, 2, 2]; s = [[.7,.2,.1],[.2,.5,.3],[.1,.8,.1],[.4,.4,.2],[.1,.2,.7],[.3,.3,.4]]
    /// accuracy_score(y, argmax(s, 1)) -> 0.6666666667    f1_score(y, p, average="macro") -> 0.6666666667
    /// roc_auc_score(y, s, multi_class="ovr", average="macro") -> 0.875
    /// ```
    fn six() -> Classification {
        let mut c = Classification::new(vec!["cat".into(), "dog".into(), "fox".into()]);
        let scores =
            [[0.7, 0.2, 0.1], [0.2, 0.5, 0.3], [0.1, 0.8, 0.1], [0.4, 0.4, 0.2], [0.1, 0.2, 0.7], [0.3, 0.3, 0.4]];
        for (i, (scores, label)) in scores.iter().zip([0, 0, 1, 1, 2, 2]).enumerate() {
            c.answer(&format!("{i}.png"), scores, label);
        }
        c
    }

    #[test]
    fn figures_are_those_of_scikit_learn() {
        let a = six().accuracy();
        let value = |name: &str| a.metrics[name].value;
        assert!((value("top1") - 4.0 / 6.0).abs() < 1e-12 && (value("error_rate") - 2.0 / 6.0).abs() < 1e-12);
        assert!((value("f1") - 2.0 / 3.0).abs() < 1e-12 && (value("auc") - 0.875).abs() < 1e-12);
        assert!(!a.metrics.contains_key("top5"), "with three classes it says nothing");
        assert_eq!(a.confusion, [[1, 1, 0], [1, 1, 0], [0, 0, 2]]);
        assert_eq!((a.worst.len(), a.worst[0].name.as_str(), a.worst[0].answer.as_str()), (2, "1.png", "dog"));
        assert_eq!(a.right, "ac");
    }

    #[test]
    fn ties_are_the_first_class_and_nan_is_no_answer() {
        assert_eq!(ranked(&[0.5, 0.5, 0.1]), [0, 1, 2]);
        assert_eq!(ranked(&[f64::NAN, 0.1, 0.2]), [2, 1, 0]);
        let mut c = Classification::new(Vec::new());
        c.answer("x", &[f64::NAN, f64::NAN], 0);
        c.answer("y", &[], 0);
        assert_eq!(c.accuracy().n, 1, "no scores are no answer");
    }

    #[test]
    fn a_label_beyond_the_model_s_classes_is_wrong_and_counted() {
        let mut c = Classification::new(Vec::new());
        c.answer("x", &[1.0, 0.0], 7);
        let a = c.accuracy();
        assert_eq!((a.metrics["top1"].value, a.confusion.len()), (0.0, 8));
        assert_eq!(a.classes.iter().find(|c| c.class == "7").unwrap().recall, Some(0.0));
    }
}
