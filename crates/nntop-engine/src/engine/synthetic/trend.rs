//! How the level of a synthetic engine goes over time: warm-up, drift, throttling, two levels, wander.

use rand::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use rand_pcg::Pcg64Mcg;

/// A stretch of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Span {
    /// So many inferences.
    Inferences(f64),
    /// So many nanoseconds.
    Time(f64),
}

/// Where a run is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    /// Inferences before this one.
    pub(super) inferences: f64,
    /// Nanoseconds since the first one began.
    pub(super) since: f64,
    /// Nanoseconds on the machine's clock: what all engines on it share.
    pub(super) absolute: f64,
}

impl Span {
    /// How many such stretches lie behind.
    fn passed(self, at: Moment) -> f64 {
        match self {
            Self::Inferences(n) => at.inferences / n,
            Self::Time(ns) => at.since / ns,
        }
    }
}

/// All that moves the level.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Trend {
    /// From this factor down to 1, exponentially, with this time constant.
    pub(super) warmup: Option<(f64, Span)>,
    /// By so much, relative, per stretch, without end.
    pub(super) drift: Option<(f64, Span)>,
    /// To this factor and back, each for so long.
    pub(super) levels: Option<(f64, Span)>,
    /// To this factor …
    pub(super) throttle: Option<f64>,
    /// … from here on …
    pub(super) throttle_at: Option<Span>,
    /// … for so long; without end otherwise.
    pub(super) throttle_for: Option<Span>,
    pub(super) wander: Option<Wander>,
}

/// A level whose logarithm wanders around zero: an autoregressive process of first order, so it is bounded in time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Wander {
    /// Its standard deviation.
    pub(super) sigma: f64,
    /// After so long it has forgotten all but 1/e of where it was.
    pub(super) span: Span,
    /// Engines that wander over time with the same seed on the same machine wander alike.
    pub(super) seed: u64,
}

impl Trend {
    /// Whether the level is always 1.
    pub(super) fn is_flat(&self) -> bool {
        *self == Self::default()
    }

    /// The level, wander left out.
    pub(super) fn level(&self, at: Moment) -> f64 {
        let mut level = 1.0;
        if let Some((factor, span)) = self.warmup {
            level *= 1.0 + (factor - 1.0) * (-span.passed(at)).exp();
        }
        if let Some((change, span)) = self.drift {
            level *= (1.0 + change * span.passed(at)).max(0.01);
        }
        if let Some((factor, span)) = self.levels
            && span.passed(at) as u64 % 2 == 1
        {
            level *= factor;
        }
        if let (Some(factor), Some(from)) = (self.throttle, self.throttle_at)
            && from.passed(at) >= 1.0
            && self.throttle_for.is_none_or(|span| span.passed(at) < 1.0 + from.in_units_of(span, at))
        {
            level *= factor;
        }
        level
    }
}

impl Span {
    /// How many of `other` this stretch is. Where one counts inferences and the other time, the run's pace so far says.
    fn in_units_of(self, other: Self, at: Moment) -> f64 {
        other.passed(at) / self.passed(at).max(f64::MIN_POSITIVE)
    }
}

/// Steps of the wander per stretch: between them its level stays.
const STEPS: f64 = 16.0;

/// So many steps before the first are gone through: what came before them is forgotten.
const BEFORE: u64 = 10 * STEPS as u64;

/// A wander under way.
#[derive(Debug)]
pub(super) struct Walk {
    of: Wander,
    /// The step that it is at.
    step: u64,
    /// Standard deviations from zero.
    at: f64,
}

impl Walk {
    pub(super) fn new(of: Wander, at: Moment) -> Self {
        let step = of.step(at);
        let first = step.saturating_sub(BEFORE);
        let mut walk = Self { of, step: first, at: of.chance(first) };
        walk.go_to(step);
        walk
    }

    /// The factor on the latency.
    pub(super) fn level(&mut self, at: Moment) -> f64 {
        self.go_to(self.of.step(at));
        (self.of.sigma * self.at).exp()
    }

    fn go_to(&mut self, step: u64) {
        // After a long pause nothing is left of where it was.
        if step > self.step + BEFORE {
            self.step = step - BEFORE;
            self.at = self.of.chance(self.step);
        }
        let keeps = (-1.0 / STEPS).exp();
        while self.step < step {
            self.step += 1;
            self.at = keeps * self.at + (1.0 - keeps * keeps).sqrt() * self.of.chance(self.step);
        }
    }
}

impl Wander {
    fn step(self, at: Moment) -> u64 {
        // Time is the machine's, not the run's: several engines share it.
        let passed = match self.span {
            Span::Inferences(n) => at.inferences / n,
            Span::Time(ns) => at.absolute / ns,
        };
        (passed * STEPS) as u64
    }

    /// The chance of a step: the same for everyone who has this seed.
    fn chance(self, step: u64) -> f64 {
        let mixed = (self.seed ^ step.wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_add(step);
        StandardNormal.sample(&mut Pcg64Mcg::seed_from_u64(mixed))
    }
}
