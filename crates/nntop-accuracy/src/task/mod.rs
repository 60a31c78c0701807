//! Tasks: from a model's outputs and the right answers to figures.

mod anomaly;
mod classification;
pub mod detection;
mod regression;
mod segmentation;

pub use anomaly::Anomaly;
pub use classification::{Classification, ranked};
pub use regression::Regression;
pub use segmentation::{Scores, Segmentation};

/// The area under the ROC curve of scores and whether each is of the positive class: the share of pairs of a positive and a
/// negative in which the positive scores higher, ties half (Mann and Whitney). `None` without both, or with a NaN.
pub fn roc_auc(pairs: &[(f64, bool)]) -> Option<f64> {
    let positives = pairs.iter().filter(|p| p.1).count() as f64;
    let negatives = pairs.len() as f64 - positives;
    if positives == 0.0 || negatives == 0.0 || pairs.iter().any(|p| p.0.is_nan()) {
        return None;
    }
    let mut sorted = pairs.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut ranks, mut at) = (0.0, 0);
    while at < sorted.len() {
        let tied = sorted[at..].iter().take_while(|p| p.0 == sorted[at].0).count();
        // The mean of the ranks at + 1 to at + tied.
        let rank = at as f64 + (tied as f64 + 1.0) / 2.0;
        ranks += rank * sorted[at..at + tied].iter().filter(|p| p.1).count() as f64;
        at += tied;
    }
    Some((ranks - positives * (positives + 1.0) / 2.0) / (positives * negatives))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_area_is_that_of_scikit_learn() {
        // scikit-learn 1.9.1: roc_auc_score([0, 0, 1, 1], [.1, .4, .35, .8]) -> 0.75
        let area = roc_auc(&[(0.1, false), (0.4, false), (0.35, true), (0.8, true)]);
        assert_eq!(area, Some(0.75));
        assert_eq!(roc_auc(&[(1.0, true), (1.0, false)]), Some(0.5), "ties are half");
        assert_eq!((roc_auc(&[(1.0, true)]), roc_auc(&[(f64::NAN, true), (0.0, false)])), (None, None));
    }

    proptest! {
        #[test]
        fn the_area_is_the_share_of_pairs_in_order(pairs in prop::collection::vec((0u8..9, any::<bool>()), 2..40)) {
            let pairs: Vec<(f64, bool)> = pairs.into_iter().map(|(s, p)| (f64::from(s), p)).collect();
            let (mut won, mut all) = (0.0, 0.0);
            for p in pairs.iter().filter(|p| p.1) {
                for n in pairs.iter().filter(|n| !n.1) {
                    all += 1.0;
                    won += if p.0 > n.0 { 1.0 } else if p.0 == n.0 { 0.5 } else { 0.0 };
                }
            }
            match roc_auc(&pairs) {
                Some(area) => prop_assert!((area - won / all).abs() < 1e-9),
                None => prop_assert_eq!(all, 0.0),
            }
        }
    }
}
