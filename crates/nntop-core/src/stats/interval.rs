//! Intervals: where a figure lies with 95 % certainty.

use serde::{Deserialize, Serialize};

/// What the histogram can tell apart, relative: no half-width is less.
pub const RESOLUTION: f64 = 0.001;

/// No blocks are worth fewer independent ones than an interval needs.
const LEAST_WORTH: f64 = 5.0;

/// The 97.5th percentile of the normal distribution.
const Z: f64 = 1.959_964;

/// From where to where a figure lies, with 95 % certainty.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Interval {
    /// Half its width, as a share of the figure that it belongs to: what stands after `±`.
    pub fn relative(&self, figure: f64) -> f64 {
        if figure == 0.0 { 0.0 } else { (self.high - self.low) / 2.0 / figure.abs() }
    }

    /// Whether a value lies in it.
    pub fn holds(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}

/// The middle 95 % of the draws, as far around `figure` as so few blocks call for and `factor` says, and never
/// narrower than the resolution.
///
/// Draws from few blocks spread too little, by `sqrt(n / (n - 1))`, and know their own spread badly, which is what
/// Student's t is for: Hesterberg's expanded percentile interval (2015). How many blocks there are is counted in
/// independent ones, `n / factor²` (Bayley and Hammersley's effective number, 1946). To both ends comes half a bin:
/// what is drawn are bins, and a value may lie anywhere in its own.
pub(super) fn percentile_interval(mut draws: Vec<f64>, figure: f64, blocks: usize, factor: f64) -> Interval {
    let last = draws.len().saturating_sub(1);
    // Three places of thousands are needed: no need to sort them all.
    let mut at = |share: f64| match draws.is_empty() {
        true => figure,
        false => *draws.select_nth_unstable_by((last as f64 * share).round() as usize, f64::total_cmp).1,
    };
    let [least, below, above] = [0.0, 0.025, 0.975].map(&mut at);
    // Blocks that follow each other are worth fewer independent ones.
    let worth = (blocks as f64 / (factor * factor)).max(LEAST_WORTH);
    let wider = factor * (worth / (worth - 1.0)).sqrt() * student(worth - 1.0) / Z;
    let (floor, bin) = (figure.abs() * RESOLUTION, figure.abs() * RESOLUTION / 2.0);
    let low = (figure - (figure - below) * wider - bin).min(figure - floor);
    let high = (figure + (above - figure) * wider + bin).max(figure + floor);
    // Stretching must not cross zero: times and ratios cannot.
    Interval { low: low.max(least.min(figure) * 0.5), high }
}

/// The interval of the percentile `q` of what wanders, `figure` being its value: as far around it as the median's is around
/// the median times `sqrt(1 + z² / 2)` at least, z being the normal distribution's percentile `q`.
///
/// That is by how much the percentile of a normal distribution, `mean + z · sd`, is less certain than its mean, with both
/// estimated from the same independent values: their variances are `sd² / n` and `sd² / 2n`. Draws from a handful of
/// independent levels cannot know it: none holds a level that was not met.
pub(super) fn tail(interval: Interval, figure: f64, (median, at): (Interval, f64), q: f64) -> Interval {
    // An approximation of the normal distribution's percentiles does not pay for three of them.
    let z = match q {
        q if q < 0.93 => 1.281_552,
        q if q < 0.97 => 1.644_854,
        _ => 2.326_348,
    };
    let times = f64::sqrt(1.0 + z * z / 2.0);
    let at = at.max(f64::MIN_POSITIVE);
    let (below, above) = ((at - median.low) / at * times, (median.high - at) / at * times);
    let low = (figure * (1.0 - below)).max(figure * 0.5).min(interval.low);
    Interval { low, high: interval.high.max(figure * (1.0 + above)) }
}

/// The 97.5th percentile of Student's t by Fisher's expansion: within 0.3 % from four degrees of freedom on.
fn student(freedom: f64) -> f64 {
    let z = |power: i32| Z.powi(power);
    Z + (z(3) + Z) / (4.0 * freedom)
        + (5.0 * z(5) + 16.0 * z(3) + 3.0 * Z) / (96.0 * freedom.powi(2))
        + (3.0 * z(7) + 19.0 * z(5) + 17.0 * z(3) - 15.0 * Z) / (384.0 * freedom.powi(3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn students_t_is_as_tabled() {
        for (freedom, t) in [(4.0, 2.776), (9.0, 2.262), (30.0, 2.042), (1e9, 1.960)] {
            assert!((student(freedom) / t - 1.0).abs() < 0.003, "{freedom}: {}", student(freedom));
        }
    }

    #[test]
    fn the_resolution_is_a_floor() {
        let i = percentile_interval(vec![5.0; 2_000], 5.0, 50, 1.0);
        assert!((i.low - 4.995).abs() < 1e-9 && (i.high - 5.005).abs() < 1e-9 && i.holds(5.0), "{i:?}");
        assert!((i.relative(5.0) - RESOLUTION).abs() < 1e-9);
    }
}
