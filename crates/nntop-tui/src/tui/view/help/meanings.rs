//! What the columns and signs of each page mean, one line each.

use crate::tui::Page;

/// The longest line: at 120 columns it fits next to the keys without a break.
pub(super) const LINE: u16 = 50;

/// Terms of a page with what they mean.
pub(super) const fn of(page: Page) -> &'static [(&'static str, &'static str)] {
    match page {
        Page::Live => LIVE,
        Page::Ops => OPERATORS,
        Page::Device => DEVICE,
        Page::Compare => COMPARE,
        Page::Log => LOG,
        Page::Accuracy => ACCURACY,
    }
}

const LIVE: &[(&str, &str)] = &[
    ("p50 … p99.9", "percentiles: p99 means 99 % took at most this long"),
    ("±", "95 % interval of the p50 next to it"),
    ("!", "too few yet: p99 needs 662, p99.9 needs 6,636"),
    ("max", "the slowest measured inference"),
    ("inf/s", "inferences times batch, per second of measuring"),
    ("service", "time of the engine alone, without waiting"),
    ("mJ/inf", "energy of an inference, from the power rails"),
    ("n", "measured inferences; warm-up does not count"),
    ("chart", "line p50, dotted p99, dots slow ones, grey warm-up"),
    ("↑", "a slow inference above the scale of the chart"),
    ("▲", "throttling, clock caps, swapping, a busy process"),
    ("level ±", "how much warm-up still moves; it ends when steady"),
    ("distribution", "share of inferences per bin; A and B share bins"),
    ("x faster", "ratio of the medians, with its 95 % interval"),
    ("equal within", "the whole interval lies that close to 1"),
    ("undecided", "the interval holds 1 and reaches further: wait"),
    ("0▇ 1▂ 2▁", "load of each processor, by its number"),
    ("worker", "resident memory of the process that runs the model"),
    ("loop adds", "what timing adds to an inference"),
    ("nntop", "what this screen costs: CPU, memory, bytes sent"),
];

const ACCURACY: &[(&str, &str)] = &[
    ("top1", "share of examples whose best answer is right"),
    ("top5", "share whose right answer is among the best five"),
    ("(a–b)", "95 % interval of a share (Wilson)"),
    ("auc", "area under the ROC curve, one against the rest"),
    ("f1", "mean over the classes of precision and recall"),
    ("map", "COCO's average precision over ten overlaps"),
    ("inference", "with pre- and post-processing; latency is engine"),
    ("class bars", "share of the class's examples that were found"),
    ("points", "difference of two shares, in percentage points"),
];

const OPERATORS: &[(&str, &str)] = &[
    ("ms, µs", "time of the operator alone, mean of a burst"),
    ("share", "its part of an inference as the profiler saw it"),
    ("calls", "how often it ran in an inference"),
    ("GFLOP/s", "operations over its own time; – where unknown"),
    ("FLOP/B", "operations per byte: low is bound by memory"),
    ("tensors MB", "bytes of its inputs, weights and outputs"),
    ("mem MB", "the most memory in use, as the runtime counts it"),
    ("on", "where it ran; ! fell back from where it was asked"),
    ("■", "the family of the operator, as in the flame"),
    ("Δ", "B minus A: bars to the left took less time"),
    ("A → B", "paired by name and place, else family and order"),
    ("only in A", "B has no operator that it is paired with"),
    ("▲ ▼", "B takes longer (red), B takes less (blue)"),
    ("flame", "each frame is as wide as the time it holds"),
    ("between", "operators: time in the run that none of them took"),
    ("mouse", "click selects, again zooms, on a title sorts"),
];

const DEVICE: &[(&str, &str)] = &[
    ("charts", "0 at the bottom, the number at the right on top"),
    ("–", "cannot be read now; nntop doctor says why"),
    ("GHz", "slowest to fastest clock of the processors"),
    ("load", "programs that want to run, over 1, 5, 15 minutes"),
    ("up", "time since the machine was started"),
    ("space", "used and size of each file system"),
    ("avg", "mean since nntop started"),
    ("limit, trip", "temperature at which the hardware slows down"),
    ("now, since", "throttling at this moment; since nntop started"),
    ("▸", "nntop itself and its workers, with their letters"),
    ("user", "who runs the process"),
    ("thr", "its threads"),
    ("CPU %", "of one processor: 400 is four of them"),
    ("memory", "its resident memory; bold from a tenth of all"),
    ("GPU mem", "what it holds of the GPU's memory"),
    ("[name]", "a thread of the kernel: it has no command"),
];

const COMPARE: &[(&str, &str)] = &[
    ("latency", "both distributions on one axis, A above B"),
    ("ratio", "above 1 is in favour of B"),
    ("━●━", "the ratio and its 95 % interval, around 1"),
    ("+ better", "the whole interval lies above 1"),
    ("- worse", "the whole interval lies below 1"),
    ("= equal", "it holds 1 and lies within the margin as a whole"),
    ("~ undecided", "it holds 1 and reaches further: measure longer"),
    ("pairs", "blocks of A and B that were measured in turns"),
    ("resamples", "2,000 draws of these pairs, at random"),
    ("±1 % needs", "how long until the interval is that narrow"),
    ("differs", "settings that are not the same, as (A's, B's)"),
    ("outputs", "how far B's answers lie from A's"),
];

const LOG: &[(&str, &str)] = &[
    ("time", "since nntop started"),
    ("A B –", "whose worker printed it; – is nntop itself"),
    ("source", "stdout and stderr of the runtime, or nntop"),
    ("✗", "an error"),
    ("!", "a warning"),
    ("·", "information"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::widget::paint;
    use nntop_core::stats::RELIABLE;

    #[test]
    fn each_is_one_line() {
        for page in Page::ALL {
            for (term, text) in of(page) {
                assert!(paint::width(text) <= LINE, "{page:?} {term}: {}", paint::width(text));
                assert!(paint::width(term) < super::super::TERM, "{page:?} {term}");
            }
        }
    }

    #[test]
    fn the_minima_of_percentiles_are_those_that_are_used() {
        let numbers = LIVE.iter().find(|(mark, _)| *mark == "!").map(|(_, text)| text.replace([' ', ','], ""));
        let numbers = numbers.unwrap_or_default();
        assert!(numbers.contains(&format!("p99needs{}", RELIABLE.p99)), "{numbers}");
        assert!(numbers.contains(&format!("p99.9needs{}", RELIABLE.p999)), "{numbers}");
    }
}
