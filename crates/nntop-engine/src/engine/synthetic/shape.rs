//! The distributions that a synthetic latency is drawn from, each with its cumulative distribution function.

use rand::{Rng, RngExt};
use rand_distr::{Distribution, StandardNormal};

/// A family of distributions; the median and a width `sigma` complete it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Shape {
    /// Always the median.
    Constant,
    /// Standard deviation `sigma` times the median.
    Normal,
    /// Standard deviation `sigma` of the logarithm.
    LogNormal,
    /// From the median less `sigma` of it to the median plus as much.
    Uniform,
    /// A floor and a heavy tail, `P(X > x) = (floor / x)^(1 / sigma)`: the mean is infinite from `sigma` 1 on.
    Pareto,
}

impl Shape {
    /// Draws a latency in multiples of the median.
    #[inline]
    pub(super) fn draw(self, sigma: f64, random: &mut impl Rng) -> f64 {
        let normal = |random: &mut _| -> f64 { StandardNormal.sample(random) };
        match self {
            Self::Constant => 1.0,
            Self::Normal => 1.0 + sigma * normal(random),
            Self::LogNormal => (sigma * normal(random)).exp(),
            Self::Uniform => 1.0 + sigma * (2.0 * random.random::<f64>() - 1.0),
            Self::Pareto => floor(sigma) * (1.0 - random.random::<f64>()).powf(-sigma),
        }
    }

    /// The share of latencies up to `x` medians.
    pub(super) fn cumulative(self, sigma: f64, x: f64) -> f64 {
        if x <= 0.0 {
            return 0.0;
        }
        match self {
            _ if self == Self::Constant || sigma == 0.0 => f64::from(u8::from(x >= 1.0)),
            Self::Normal => phi((x - 1.0) / sigma),
            Self::LogNormal => phi(x.ln() / sigma),
            Self::Uniform => ((x - 1.0 + sigma) / (2.0 * sigma)).clamp(0.0, 1.0),
            Self::Pareto | Self::Constant => (1.0 - (floor(sigma) / x).powf(1.0 / sigma)).max(0.0),
        }
    }
}

/// The least value of a Pareto distribution with median 1.
fn floor(sigma: f64) -> f64 {
    0.5_f64.powf(sigma)
}

/// The standard normal distribution function.
pub(super) fn phi(z: f64) -> f64 {
    0.5 * libm::erfc(-z / std::f64::consts::SQRT_2)
}
