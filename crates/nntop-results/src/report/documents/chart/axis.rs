//! Axes with round numbers.

use super::svg::{Anchor, Canvas};

/// From values to places: linear, or by ratios where values differ by orders of magnitude.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Axis {
    low: f64,
    high: f64,
    log: bool,
    from: f64,
    to: f64,
}

impl Axis {
    /// Draws a line across for each tick of an upright axis, with its figure to the left of it.
    pub(super) fn grid(&self, canvas: &mut Canvas, (left, right): (f64, f64)) {
        let ticks = self.ticks(5);
        for tick in &ticks {
            let at = self.place(*tick);
            canvas.line("grid", (left, at), (right, at));
            canvas.text("", (left - 8.0, at + 4.0), Anchor::End, &label(*tick, &ticks));
        }
    }

    /// From `low` to `high`, at the places `from` and `to`. What is not a range becomes one.
    pub(super) fn linear((low, high): (f64, f64), (from, to): (f64, f64)) -> Self {
        let high = if high > low { high } else { low + low.abs().max(1e-9) };
        Self { low, high, log: false, from, to }
    }

    /// By ratios; `low` has to be above zero, or it is linear.
    pub(super) fn ratios((low, high): (f64, f64), (from, to): (f64, f64)) -> Self {
        let linear = Self::linear((low, high), (from, to));
        Self { log: low > 0.0, ..linear }
    }

    /// The place of a value; values beyond the ends are at the ends.
    pub(super) fn place(&self, value: f64) -> f64 {
        let value = value.clamp(self.low, self.high);
        let share = match self.log {
            true => (value / self.low).ln() / (self.high / self.low).ln(),
            false => (value - self.low) / (self.high - self.low),
        };
        self.from + share * (self.to - self.from)
    }

    /// The value at a share of its length.
    pub(super) fn at(&self, share: f64) -> f64 {
        match self.log {
            true => self.low * (self.high / self.low).powf(share),
            false => self.low + share * (self.high - self.low),
        }
    }

    /// About so many round values within it.
    pub(super) fn ticks(&self, about: usize) -> Vec<f64> {
        if !self.log || self.high / self.low < 4.0 {
            return round_values(self.low, self.high, about);
        }
        let decades = (self.high / self.low).log10();
        const STEPS: [&[f64]; 4] = [&[1.0, 1.5, 2.0, 3.0, 5.0, 7.0], &[1.0, 2.0, 5.0], &[1.0, 3.0], &[1.0]];
        let few = |steps: &&&[f64]| decades * steps.len() as f64 <= about as f64 * 1.3;
        let steps = STEPS.iter().find(few).unwrap_or(&STEPS[3]);
        let (first, last) = (self.low.log10().floor() as i32, self.high.log10().ceil() as i32);
        let all = (first..=last).flat_map(|e| steps.iter().map(move |s| s * 10f64.powi(e)));
        all.filter(|v| (self.low * (1.0 - 1e-9)..=self.high * (1.0 + 1e-9)).contains(v)).collect()
    }
}

/// Multiples of 1, 2 or 5 times a power of ten.
fn round_values(low: f64, high: f64, about: usize) -> Vec<f64> {
    let step = round_step((high - low) / about.max(1) as f64);
    let first = (low / step - 1e-9).ceil();
    let count = ((high / step + 1e-9).floor() - first).clamp(0.0, 100.0) as usize;
    (0..=count).map(|i| (first + i as f64) * step).collect()
}

/// The least of 1, 2, 5 times a power of ten that is no less.
fn round_step(wished: f64) -> f64 {
    let wished = if wished.is_finite() && wished > 0.0 { wished } else { 1.0 };
    let power = 10f64.powf(wished.log10().floor());
    let times = [1.0, 2.0, 5.0, 10.0].into_iter().find(|n| n * power >= wished * (1.0 - 1e-9)).unwrap_or(10.0);
    times * power
}

/// A tick's value: as many decimals as the step between ticks needs.
pub(super) fn label(value: f64, ticks: &[f64]) -> String {
    let step = ticks.windows(2).map(|w| w[1] - w[0]).fold(f64::INFINITY, f64::min);
    let step = if step.is_finite() && step > 0.0 { step } else { value.abs().max(1e-9) };
    let decimals = (-(step * (1.0 + 1e-9)).log10().floor()).clamp(0.0, 9.0) as usize;
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_within() {
        let linear = Axis::linear((0.83, 4.1), (0.0, 100.0));
        assert_eq!(linear.ticks(5), [1.0, 2.0, 3.0, 4.0]);
        let fine = Axis::linear((10.12, 10.31), (0.0, 1.0)).ticks(5);
        assert_eq!(fine.iter().map(|v| label(*v, &fine)).collect::<Vec<_>>(), ["10.15", "10.20", "10.25", "10.30"]);
        assert_eq!(
            Axis::ratios((0.8, 900.0), (0.0, 1.0)).ticks(10),
            [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0]
        );
        assert_eq!(Axis::ratios((0.0, 10.0), (0.0, 1.0)), Axis::linear((0.0, 10.0), (0.0, 1.0)));
    }

    #[test]
    fn places_follow_values_and_stay_on_the_axis() {
        let down = Axis::linear((0.0, 10.0), (100.0, 0.0));
        assert_eq!([0.0, 5.0, 10.0, 99.0].map(|v| down.place(v)), [100.0, 50.0, 0.0, 0.0]);
        let log = Axis::ratios((1.0, 100.0), (0.0, 2.0));
        assert!((log.place(10.0) - 1.0).abs() < 1e-12 && (log.at(0.5) - 10.0).abs() < 1e-9);
        assert!(Axis::linear((3.0, 3.0), (0.0, 1.0)).place(3.0).is_finite());
        assert!(!Axis::linear((0.0, 0.0), (0.0, 1.0)).ticks(4).is_empty());
    }
}
