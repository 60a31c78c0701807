//! What the figures of a synthetic engine really are.

use super::Synthetic;
use super::shape::phi;
use super::trend::Span;

/// The levels of a wander are taken at so many equally likely places.
const LEVELS: usize = 501;

impl Synthetic {
    /// The true quantile of its stationary latencies in nanoseconds, `q` from 0 to 1: spikes, modes and wander are in
    /// it; what comes once or has no lasting level (warm-up, drift, throttling, changing levels, a stall) is not.
    ///
    /// A wander in time is weighted by inferences, as a percentile over inferences is: while the level is low, more of
    /// them fit into a second. That tilts a normal distribution of log levels to one around `-sigma²`.
    pub fn true_quantile(&self, q: f64) -> f64 {
        let parts = self.parts();
        let below = |x: f64| -> f64 {
            parts.iter().map(|(weight, scale)| weight * self.shape.cumulative(self.sigma, x / scale)).sum()
        };
        // Bisection over six decades around the median, far below a nanosecond in the end.
        let (mut low, mut high) = (-14.0_f64, 14.0_f64);
        for _ in 0..60 {
            let middle = low.midpoint(high);
            if below(middle.exp()) < q { low = middle } else { high = middle }
        }
        self.median_ns * high.exp()
    }

    /// `(weight, scale)` of all that a latency can be multiplied with.
    fn parts(&self) -> Vec<(f64, f64)> {
        let mut parts = vec![(1.0, 1.0)];
        for &(share, factor) in &self.modes {
            parts = parts.iter().flat_map(|&(w, s)| [(w * (1.0 - share), s), (w * share, s * factor)]).collect();
        }
        if let Some(wander) = &self.trend.wander {
            let shift = if matches!(wander.span, Span::Time(_)) { -wander.sigma * wander.sigma } else { 0.0 };
            let level = |i: usize| (shift + wander.sigma * inverse_phi((i as f64 + 0.5) / LEVELS as f64)).exp();
            let levels: Vec<f64> = (0..LEVELS).map(level).collect();
            let each =
                |&(w, s): &(f64, f64)| levels.iter().map(move |l| (w / LEVELS as f64, s * l)).collect::<Vec<_>>();
            parts = parts.iter().flat_map(each).collect();
        }
        parts
    }
}

/// The standard normal quantile, by bisection.
fn inverse_phi(p: f64) -> f64 {
    let (mut low, mut high) = (-9.0_f64, 9.0_f64);
    for _ in 0..60 {
        let middle = low.midpoint(high);
        if phi(middle) < p { low = middle } else { high = middle }
    }
    high
}
