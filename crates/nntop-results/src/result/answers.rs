//! Two variants' answers to the same examples.

use super::VariantResult;
use nntop_core::event::Accuracy;
use nntop_core::stats::{self, Paired};

/// McNemar's test of the second against the first; `None` where the answers are not known of both, or not to the same examples.
pub fn paired_answers(against: &VariantResult, v: &VariantResult) -> Option<Paired> {
    let all =
        |v: &VariantResult| v.accuracy.as_deref().filter(|a| a.done).map(Accuracy::right).filter(|r| !r.is_empty());
    let (first, second) = (all(against)?, all(v)?);
    if first.len() == second.len() { stats::paired(&first, &second) } else { None }
}
