//! When a warm-up is over: a level that no longer moves, after a minimum and before a bound.

use nntop_core::event::{Block, Warmup};
use nntop_core::unit::Nanos;

/// A warm-up is judged after every block of this length: short enough that little is wasted, long enough that
/// the median of a fast model is steadier than the clock's ticks and the scheduler's.
pub(super) const BLOCK: Nanos = Nanos::from_millis(50);

/// The level of this many last blocks is compared with that of as many before them: two seconds in all.
const WINDOW: usize = 20;

/// A model with little noise needs ten blocks only, half a second: the minimum.
const QUICK_WINDOW: usize = 5;

/// … or of the last quarter of the warm-up, where that is longer: a level that has come down slowly comes down
/// slowly still, and only windows as long as that show it.
const QUARTER: usize = 4;

/// A slow model has few blocks, one inference each: two and two are the least that show a trend.
const LEAST_WINDOW: usize = 2;

/// BlockMedians that differ by less than this share count as equal: what is left of a warm-up then changes no figure
/// visibly.
const EQUAL: f64 = 0.02;

/// Within half a second a slow descent moves less: the difference of levels and what noise may hide of it are then
/// together less than this.
const QUICKLY_EQUAL: f64 = 0.012;

/// BlockMedians also count as equal when they differ by less than this many times the noise of medians: noise is no trend.
const SPREADS: f64 = 2.0;

/// A noisy model warms up for at least this long: within half a second a descent that lasts for many seconds looks like
/// noise.
const LEAST_NOISY: Nanos = Nanos::from_millis(2_000);

/// A level that still moves after this time drifts; waiting longer would not make it steady.
const LONGEST: Nanos = Nanos::from_millis(10_000);

/// How long a warm-up can last; `None` where it is counted in inferences.
pub(super) fn most(warmup: Warmup) -> Option<Nanos> {
    match warmup.steady {
        true => Some(LONGEST.max(warmup.duration)),
        false => Some(warmup.duration).filter(|_| warmup.duration > Nanos::ZERO && warmup.runs == 0),
    }
}

/// What a warm-up has shown so far.
#[derive(Debug, Clone, Default)]
pub(super) struct WarmUp {
    medians: Vec<f64>,
    inferences: u64,
    busy: Nanos,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Warm up further.
    GoOn,
    /// The level is steady.
    Steady,
    /// The bound is reached, and the level still moves.
    Unsteady,
}

impl WarmUp {
    /// Whether no block has come yet.
    pub(super) fn is_empty(&self) -> bool {
        self.medians.is_empty()
    }

    /// Takes in a block of the warm-up.
    pub(super) fn block(&mut self, block: &Block) {
        if let Some(median) = block.level().distribution().quantile(0.5) {
            self.push(median as f64, block.latency.n, block.duration());
        }
    }

    fn push(&mut self, median: f64, inferences: u64, busy: Nanos) {
        self.medians.push(median);
        self.inferences += inferences;
        self.busy = self.busy + busy;
    }

    /// Judges the blocks so far; `least` is the minimum.
    pub(super) fn verdict(&self, least: Warmup) -> Verdict {
        if self.inferences < least.runs || self.busy < least.duration {
            Verdict::GoOn
        } else if is_level(&self.medians, self.busy) {
            Verdict::Steady
        } else if self.busy >= LONGEST {
            Verdict::Unsteady
        } else {
            Verdict::GoOn
        }
    }
}

/// Whether the last medians of a warm-up that has taken `busy` are on the level of those before them.
fn is_level(medians: &[f64], busy: Nanos) -> bool {
    let quick = busy < LEAST_NOISY;
    let most = if quick { QUICK_WINDOW } else { WINDOW };
    let window = (medians.len() / 2).min(most).max(medians.len() / QUARTER);
    if window < LEAST_WINDOW {
        return false;
    }
    let both = &medians[medians.len() - 2 * window..];
    let (before, last) = both.split_at(window);
    let (was, is) = (median(before), median(last));
    // Few values know their noise badly: all there are, as long as there are few. Medians of longer windows are steadier.
    let noise = SPREADS
        * noise(if quick { medians } else { both })
        * (QUICK_WINDOW as f64 / window.max(QUICK_WINDOW) as f64).sqrt();
    if quick {
        return (is - was).abs() + noise <= QUICKLY_EQUAL * was;
    }
    (is - was).abs() <= (EQUAL * was).max(noise)
}

/// The spread of values around whatever trend they follow: from the differences of neighbours (Rice 1984), by their
/// median absolute deviation. The values' own deviation would take a descent for noise, and so excuse it.
fn noise(values: &[f64]) -> f64 {
    let steps: Vec<f64> = values.windows(2).map(|w| w[1] - w[0]).collect();
    let middle = median(&steps);
    median(&steps.iter().map(|s| (s - middle).abs()).collect::<Vec<_>>()) / std::f64::consts::SQRT_2
}

/// The median, between the two in the middle where there are two.
fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |i: usize| sorted.get(i).copied().unwrap_or(0.0);
    f64::midpoint(at(sorted.len().saturating_sub(1) / 2), at(sorted.len() / 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Warms up with blocks of the given medians in milliseconds: how many it took.
    fn blocks(inferences: u64, medians: impl Iterator<Item = f64>) -> (usize, Verdict) {
        let mut warm_up = WarmUp::default();
        for (i, ms) in medians.enumerate() {
            let busy = BLOCK.max(Nanos::from_secs_f64(ms * 1e-3));
            warm_up.push(ms * 1e6, inferences, busy);
            let verdict = warm_up.verdict(Warmup::default());
            if verdict != Verdict::GoOn {
                return (i + 1, verdict);
            }
        }
        panic!("it never ends")
    }

    /// Noise of a few percent that is the same every time.
    fn noise(i: usize) -> f64 {
        [0.01, -0.03, 0.02, 0.03, -0.01, 0.0, -0.02][i * 5 % 7]
    }

    #[test]
    fn a_steady_model_waits_for_the_minimum_only() {
        assert_eq!(blocks(10, (0..).map(|_| 5.0)), (10, Verdict::Steady));
        let (n, verdict) = blocks(10, (0..).map(|i| 5.0 * (1.0 + noise(i))));
        assert!(n <= 42 && verdict == Verdict::Steady, "a noisy one for two seconds: {n}");
    }

    #[test]
    fn a_warm_up_that_decays_is_waited_for() {
        for half_life in [4.0, 10.0, 20.0] {
            let excess = |i: usize| (-(i as f64) / half_life * std::f64::consts::LN_2).exp();
            let (n, verdict) = blocks(10, (0..).map(|i| 5.0 * (1.0 + excess(i))));
            assert_eq!(verdict, Verdict::Steady);
            assert!(excess(n) < 0.04, "half-life {half_life}: {:.3} is left after {n} blocks", excess(n));
        }
    }

    #[test]
    fn a_step_in_the_middle_is_waited_for() {
        let (n, verdict) = blocks(10, (0..).map(|i| if i < 6 { 9.0 } else { 5.0 }));
        assert!(n > 10 && n <= 16 && verdict == Verdict::Steady, "{n}");
    }

    #[test]
    fn what_never_becomes_steady_ends_at_the_bound() {
        let (n, verdict) = blocks(10, (0..).map(|i| 5.0 * 1.02f64.powi(i)));
        assert_eq!(verdict, Verdict::Unsteady);
        assert!(n <= 200, "{n}");
        // … even where one block alone takes longer than that.
        assert_eq!(blocks(1, (0..).map(|i| 3_000.0 * (1.0 + f64::from(i)))), (5, Verdict::Unsteady));
    }

    #[test]
    fn a_slow_model_needs_five_inferences() {
        assert_eq!(blocks(1, (0..).map(|_| 2_500.0)), (5, Verdict::Steady));
        assert_eq!(blocks(1, (0..).map(|i| if i == 0 { 900.0 } else { 400.0 })), (5, Verdict::Steady));
    }
}
