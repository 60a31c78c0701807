//! Two variants held against each other: of one run, or of runs of their own.

use super::{Change, Comparison, Decision, Difference, Figure, Interval, Mismatch, Ratio, SCHEMA, Side, manifest};
use nntop_core::stats;
use serde::{Deserialize, Serialize};

/// How the two sides of a pair were measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measured {
    /// In one run, in turns or at once: what hit both cancels.
    Together,
    /// In runs of their own: intervals know what varied within each run, and nothing of what changed between them.
    Apart,
}

/// One side against another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    /// The side that is judged.
    pub variant: String,
    /// The one that it is held against.
    pub against: String,
    /// How they were measured.
    pub measured: Measured,
    /// What was found; absent where nothing is known of how the medians spread.
    pub verdict: Option<Difference>,
    /// What can be concluded from the interval; absent where there is none, and in results of older versions.
    #[serde(default)]
    pub decision: Option<Decision>,
    /// The same in words.
    pub text: String,
    /// Figure by figure.
    pub changes: Vec<Change>,
    /// What makes their figures incomparable, and was allowed.
    pub mismatches: Vec<Mismatch>,
    /// What differs besides, as `what (the other's, its own)`.
    pub unlike: Vec<String>,
    /// What was asked to differ, the same way.
    pub asked: Vec<String>,
    /// What only one of them tells, so that nobody knows whether it is alike.
    pub unchecked: Vec<String>,
}

impl Pair {
    /// Variants of one run: what their pairs of blocks say.
    pub fn together(c: &Comparison, a: &Side, b: &Side) -> Self {
        Self {
            variant: b.name.clone(),
            against: a.name.clone(),
            measured: Measured::Together,
            verdict: Some(c.verdict),
            decision: c.decision,
            text: c.text.clone(),
            changes: figures(a, b).map(|f| Change::together(f, c, &a.variant, &b.variant)).collect(),
            mismatches: Vec::new(),
            unlike: c.unlike.clone(),
            asked: c.asked.clone(),
            unchecked: Vec::new(),
        }
    }

    /// Variants of two runs: what their intervals say.
    pub fn apart(a: &Side, b: &Side) -> Self {
        let found = manifest::between(a, b);
        let of = |f| Change::apart(f, (&a.name, &a.variant), (&b.name, &b.variant));
        let changes: Vec<Change> = figures(a, b).map(of).collect();
        let ratio = median(&changes[0]);
        Self {
            variant: b.name.clone(),
            against: a.name.clone(),
            measured: Measured::Apart,
            verdict: found_of(ratio).map(Into::into),
            decision: found_of(ratio).map(Into::into),
            text: match ratio {
                Some(ratio) => nntop_state::sentence(ratio.into(), &b.name, &a.name),
                None => without_interval(&changes, a, b),
            },
            changes,
            mismatches: found.mismatches,
            unlike: found.noted.iter().map(ToString::to_string).collect(),
            asked: Vec::new(),
            unchecked: found.unchecked,
        }
    }
}

/// All that two sides can be compared by.
fn figures(a: &Side, b: &Side) -> impl Iterator<Item = Figure> {
    Figure::all_of(&a.variant, &b.variant).into_iter()
}

fn found_of(ratio: Option<Ratio>) -> Option<nntop_state::Difference> {
    ratio.map(|r| nntop_state::Difference::of(r.interval.into()))
}

/// The other's median over its own.
fn median(p50: &Change) -> Option<Ratio> {
    let (change, of) = (p50.change?, p50.interval?);
    let times = |share: f64| 1.0 / (1.0 + share);
    Some(Ratio { value: times(change), interval: Interval { low: times(of.high), high: times(of.low) } })
}

fn without_interval(changes: &[Change], a: &Side, b: &Side) -> String {
    let known = changes.iter().find_map(|c| Some((c, c.words()?)));
    let Some((change, words)) = known else {
        return format!("{} and {}: they have no figure in common", b.name, a.name);
    };
    let why = changes[0].absent.as_deref().unwrap_or("its spread is not known");
    format!("{} against {}: {} {words}, and no interval ({why})", b.name, a.name, change.figure.name())
}

impl From<Interval> for stats::Interval {
    fn from(of: Interval) -> Self {
        Self { low: of.low, high: of.high }
    }
}

impl From<Ratio> for stats::Ratio {
    fn from(of: Ratio) -> Self {
        Self { value: of.value, interval: of.interval.into() }
    }
}

impl From<nntop_state::Difference> for Difference {
    fn from(of: nntop_state::Difference) -> Self {
        match of {
            nntop_state::Difference::Faster => Self::Faster,
            nntop_state::Difference::Slower => Self::Slower,
            nntop_state::Difference::Equal | nntop_state::Difference::Undecided => Self::NoDifference,
        }
    }
}

/// Whether a schema is one that results have.
pub(super) fn is_result(schema: &str) -> bool {
    schema == SCHEMA
}
