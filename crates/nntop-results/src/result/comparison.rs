//! One variant against another, as a result says it.

use nntop_core::stats;
use nntop_state::State;
use serde::{Deserialize, Serialize};

/// What the interval of the median's ratio says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Difference {
    /// The whole interval lies above 1.
    Faster,
    /// The whole interval lies below 1.
    Slower,
    /// It holds 1: `decision` says whether the two are equal or nothing is decided.
    NoDifference,
}

/// What can be concluded from that interval: the same words as on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// The whole interval lies above 1.
    Better,
    /// The whole interval lies below 1.
    Worse,
    /// It holds 1 and lies within [`nntop_state::EQUAL_WITHIN`] of it.
    Equal,
    /// It holds 1 and reaches further.
    Undecided,
}

impl From<nntop_state::Difference> for Decision {
    fn from(of: nntop_state::Difference) -> Self {
        match of {
            nntop_state::Difference::Faster => Self::Better,
            nntop_state::Difference::Slower => Self::Worse,
            nntop_state::Difference::Equal => Self::Equal,
            nntop_state::Difference::Undecided => Self::Undecided,
        }
    }
}

/// From where to where a figure lies with 95 % certainty.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl From<stats::Interval> for Interval {
    fn from(of: stats::Interval) -> Self {
        Self { low: of.low, high: of.high }
    }
}

impl Interval {
    /// Half its width as a share of the figure.
    pub fn relative(self, figure: f64) -> f64 {
        stats::Interval { low: self.low, high: self.high }.relative(figure)
    }
}

/// A ratio with its 95 % interval. Above 1 is in favour of the variant that is judged.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Ratio {
    /// The ratio.
    pub value: f64,
    /// Where it lies.
    pub interval: Interval,
}

impl From<stats::Ratio> for Ratio {
    fn from(of: stats::Ratio) -> Self {
        Self { value: of.value, interval: of.interval.into() }
    }
}

/// One variant against another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The variant that is judged.
    pub variant: String,
    /// The one that it is held against.
    pub against: String,
    /// What was found.
    pub verdict: Difference,
    /// What can be concluded; absent in results of older versions.
    #[serde(default)]
    pub decision: Option<Decision>,
    /// The same in words.
    pub text: String,
    /// The other's median over its own.
    pub p50: Ratio,
    /// The other's 90th percentile over its own.
    #[serde(default)]
    pub p90: Option<Ratio>,
    /// The other's 95th percentile over its own.
    #[serde(default)]
    pub p95: Option<Ratio>,
    /// The other's 99th percentile over its own.
    pub p99: Ratio,
    /// Its throughput over the other's.
    pub throughput: Ratio,
    /// The share of draws in which its median is lower.
    pub p_faster: f64,
    /// Pairs of blocks behind it.
    pub block_pairs: u64,
    /// The other's energy per inference over its own.
    #[serde(default)]
    pub energy: Option<Ratio>,
    /// Why there is none.
    #[serde(default)]
    pub energy_absent: Option<String>,
    /// What was asked to differ, as `what (the other's, its own)`.
    #[serde(default)]
    pub asked: Vec<String>,
    /// What differs although it was not requested, as `what (the other's, its own)`.
    pub unlike: Vec<String>,
}

impl Comparison {
    pub(super) fn of(state: &State, c: &nntop_state::Comparison) -> Self {
        let name = |slot| state.variant(slot).map_or_else(String::new, |v| v.spec.name.clone());
        let (variant, against) = (name(c.of), name(c.against));
        Self {
            verdict: c.difference().into(),
            decision: Some(c.difference().into()),
            text: c.sentence(&variant, &against),
            variant,
            against,
            p50: c.p50.into(),
            p90: Some(c.p90.into()),
            p95: Some(c.p95.into()),
            p99: c.p99.into(),
            throughput: c.throughput.into(),
            p_faster: c.p_faster,
            block_pairs: c.pairs,
            energy: c.energy.as_ref().ok().map(|r| (*r).into()),
            energy_absent: c.energy.as_ref().err().cloned(),
            asked: c.asked.clone(),
            unlike: c.unlike.clone(),
        }
    }
}
