//! What a variant gains: its own figures in the result, and the variants that gain nothing, or cost time, with the reason.

use crate::optimize::{Variant, Written};
use nntop_core::event::CustomValue;
use nntop_core::unit::Bytes;
use nntop_results::result::{Comparison, Difference, RunResult, VariantResult};

/// The names of the figures.
const ZEROS: &str = "zeros";
const ERROR: &str = "output_error";
const SAME: &str = "same_top1";

/// Puts the figures of the files and their outputs into the result.
pub(super) fn add(result: &mut RunResult, written: &Written) {
    let percent = |share: f64| CustomValue::new(share * 100.0, Some("%"));
    for measured in &mut result.variants {
        let found = written.variants.iter().find(|v| v.name == measured.name);
        let sparsity = match (found, &written.original) {
            (Some(variant), _) => variant.sparsity,
            (None, Some(original)) => original.sparsity,
            (None, None) => None,
        };
        let figures = &mut measured.custom_metrics;
        if let Some(share) = sparsity {
            figures.insert(ZEROS.into(), percent(share));
        }
        let Some(variant) = found else {
            figures.insert(ERROR.into(), percent(0.0));
            if written.variants.iter().any(|v| v.agreement.top1_of.is_some()) {
                figures.insert(SAME.into(), percent(1.0));
            }
            continue;
        };
        let agreement = &variant.agreement;
        let error = agreement.relative_error.map_or_else(
            || CustomValue::absent(format!("{} values of its outputs are not finite", agreement.not_finite)),
            percent,
        );
        figures.insert(ERROR.into(), error);
        if let (Some(same), Some(of)) = (agreement.top1_same, agreement.top1_of.filter(|of| *of > 0)) {
            figures.insert(SAME.into(), percent(same as f64 / of as f64));
        }
    }
}

/// A line for each variant that is slower, or better in nothing.
pub(super) fn remarks(result: &RunResult, written: &Written) -> Vec<String> {
    let Some(original) = result.variants.first() else { return Vec::new() };
    let pairs = written.variants.iter().filter_map(|v| Some((v, result.variants.iter().find(|m| m.name == v.name)?)));
    pairs.filter_map(|(variant, measured)| remark(original, variant, measured, &result.comparison)).collect()
}

fn remark(
    original: &VariantResult,
    variant: &Variant,
    measured: &VariantResult,
    comparison: &[Comparison],
) -> Option<String> {
    let speed = comparison.iter().find(|c| c.variant == variant.name && c.against == original.name)?;
    let accuracy = |v: &VariantResult| v.accuracy.as_ref().and_then(|a| a.first().map(|(_, score)| score.value));
    let seen = Seen {
        verdict: speed.verdict,
        times: speed.p50.value,
        size: original.model.size_bytes.zip(measured.model.size_bytes),
        memory: original.memory.rss_peak_bytes.zip(measured.memory.rss_peak_bytes),
        accuracy: accuracy(original).zip(accuracy(measured)),
        less_energy: speed.energy.is_some_and(|energy| energy.interval.low > 1.0),
    };
    seen.remark(&variant.name, &original.name, &variant.reasons)
}

/// What was measured of a variant beside the original; pairs are before and after.
struct Seen {
    verdict: Difference,
    times: f64,
    size: Option<(u64, u64)>,
    memory: Option<(u64, u64)>,
    accuracy: Option<(f64, f64)>,
    less_energy: bool,
}

impl Seen {
    fn gains(&self) -> bool {
        // A hundredth is no gain: that much differs between two runs of the same.
        let less = |pair: Option<(u64, u64)>| pair.is_some_and(|(from, to)| (to as f64) < from as f64 * 0.99);
        self.verdict == Difference::Faster
            || less(self.size)
            || less(self.memory)
            || self.accuracy.is_some_and(|(from, to)| to > from)
            || self.less_energy
    }

    fn remark(&self, name: &str, original: &str, reasons: &[String]) -> Option<String> {
        let slower = self.verdict == Difference::Slower;
        let why = match reasons {
            [] => String::new(),
            reasons => format!("; what may be the reason: {}", reasons.join("; ")),
        };
        let times = format!("{:.2}x", self.times);
        if self.gains() {
            return slower.then(|| format!("{name} is slower than {original} ({times}){why}"));
        }
        let speed = if slower { "slower" } else { "not faster" };
        let size = match self.size {
            Some((from, to)) => format!(", {} where it was {}", Bytes(to), Bytes(from)),
            None => String::new(),
        };
        Some(format!("{name} gains nothing against {original}: {speed} ({times}){size}{why}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAME: Seen = Seen {
        verdict: Difference::NoDifference,
        times: 1.0,
        size: Some((1_000, 1_010)),
        memory: Some((5_000_000, 5_000_000)),
        accuracy: Some((0.9, 0.8)),
        less_energy: false,
    };

    #[test]
    fn a_variant_that_is_better_in_nothing_is_named_with_the_reason() {
        let reasons = ["this processor has no VNNI".to_owned()];
        let text = SAME.remark("int8", "original", &reasons).unwrap();
        assert_eq!(
            text,
            "int8 gains nothing against original: not faster (1.00x), 1.01 kB where it was 1.00 kB; what may be the reason: this \
             processor has no VNNI"
        );
        let slow = Seen { verdict: Difference::Slower, times: 0.5, ..SAME };
        assert!(
            slow.remark("int8", "original", &[]).unwrap().contains("gains nothing against original: slower (0.50x)")
        );
    }

    #[test]
    fn one_gain_is_enough_and_time_that_it_costs_is_named() {
        for better in [
            Seen { verdict: Difference::Faster, ..SAME },
            Seen { size: Some((1_000, 250)), ..SAME },
            Seen { memory: Some((5_000_000, 4_000_000)), ..SAME },
            Seen { accuracy: Some((0.8, 0.81)), ..SAME },
            Seen { less_energy: true, ..SAME },
        ] {
            assert_eq!(better.remark("fp16", "original", &[]), None);
        }
        let small = Seen { verdict: Difference::Slower, times: 0.8, size: Some((1_000, 250)), ..SAME };
        assert_eq!(small.remark("fp16", "original", &[]).unwrap(), "fp16 is slower than original (0.80x)");
    }
}
