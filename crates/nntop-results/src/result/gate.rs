//! Gates: by how much a figure may be worse than the baseline's: `p99>+5%`, `throughput<-5%`, `top1<-0.5pp`.
//!
//! ```text
//!                     baseline      limit
//! passed      ├──────────┼──x──┤      ┊            all of the interval on the good side
//! undecided              ┼       ├──x─┊─┤          the interval holds the limit: not shown to be broken
//! failed                 ┼            ┊  ├──x──┤   all of it beyond
//! ```
//!
//! Only what is shown to be broken fails. So what does not differ fails in one of forty gates even at a limit of 0 %, and in
//! practice never; who wants to be sure that all is well looks at `undecided`, and measures longer.

use super::{Change, Figure, Interval, Pair};
use nntop_core::unit::{parse, signed_percent};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A limit on the change of a figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Gate {
    /// Which figure.
    pub figure: Figure,
    /// Whether more than the limit fails, or less.
    pub above: bool,
    /// The limit, as a share of the baseline: 0.05 is 5 % more. In percentage points where `points` says so.
    pub limit: f64,
    /// Whether the limit is a difference in percentage points.
    pub points: bool,
    text: String,
}

impl FromStr for Gate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text: String = text.split_whitespace().collect();
        let example = "a gate looks like p99>+5%, throughput<-5% or top1<-0.5pp";
        let (at, sign) = text.char_indices().find(|(_, c)| "<>".contains(*c)).ok_or(example)?;
        let (name, limit) = (&text[..at], &text[at + 1..]);
        let figure = Figure::named(name).ok_or_else(|| no_gate(name))?;
        // A number alone could be meant in the figure's own unit.
        let points = limit.strip_suffix("pp").and_then(|limit| limit.parse::<f64>().ok()).filter(|p| p.is_finite());
        let percentage = Some(limit).filter(|limit| limit.ends_with('%')).and_then(|limit| parse::share(limit).ok());
        let limit = points.or(percentage).ok_or_else(|| format!("{limit:?} is not a percentage: {example}"))?;
        let above = sign == '>';
        match (above, limit) {
            (true, p) if p < 0.0 => Err(format!("{text} would fail what is better than the baseline: {example}")),
            (false, p) if p > 0.0 || (points.is_none() && p <= -1.0) => {
                Err(format!("{text} can never hold or never fail: {example}"))
            }
            _ => Ok(Self { figure, above, limit, points: points.is_some(), text }),
        }
    }
}

/// What to answer where a name is neither a figure nor a metric that is there.
pub fn no_gate(name: &str) -> String {
    let known = Figure::ALL.each_ref().map(Figure::name).join(", ");
    format!("{name:?} is no figure with a gate ({known}), nor a --metric of what is compared")
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

/// How a gate came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GateOutcome {
    /// The change is on the good side of the limit, all of its interval.
    Passed,
    /// The interval holds the limit. It does not fail.
    Undecided,
    /// The change is beyond the limit, all of its interval.
    Failed,
    /// The figure is not there on both sides, or its spread is not known. Fails: a gate that looks at nothing
    /// must not be green.
    Unknown,
}

impl GateOutcome {
    /// Whether the gate is broken, or could not be judged.
    pub fn fails(self) -> bool {
        matches!(self, Self::Failed | Self::Unknown)
    }
}

/// A gate and what came of it for one variant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GateResult {
    /// The gate, as it was given.
    pub text: String,
    /// The variant that is judged.
    pub variant: String,
    /// What it is held against.
    pub against: String,
    /// What came of it.
    pub outcome: GateOutcome,
    /// By how much the figure differs, as a share of the other.
    pub change: Option<f64>,
    /// Where that lies with 95 % certainty.
    pub interval: Option<Interval>,
    /// The outcome in words.
    pub reason: String,
}

impl Gate {
    /// Every gate for every pair.
    pub fn judge(gates: &[Self], pairs: &[Pair]) -> Vec<GateResult> {
        pairs.iter().flat_map(|pair| gates.iter().map(|gate| gate.of(pair))).collect()
    }

    fn of(&self, pair: &Pair) -> GateResult {
        let change = pair.changes.iter().find(|c| c.figure == self.figure);
        let (outcome, reason) = self.verdict(change);
        GateResult {
            text: self.text.clone(),
            variant: pair.variant.clone(),
            against: pair.against.clone(),
            outcome,
            change: change.and_then(|c| c.change),
            interval: change.and_then(|c| c.interval),
            reason,
        }
    }

    fn verdict(&self, change: Option<&Change>) -> (GateOutcome, String) {
        let name = self.figure.name();
        if self.points {
            return self.verdict_in_points(change);
        }
        let Some((change, words)) = change.and_then(|c| Some((c, c.words()?))) else {
            let why = change.and_then(|c| c.absent.as_deref()).unwrap_or("it was not measured on both sides");
            return (GateOutcome::Unknown, format!("there is no {name} to judge: {why}"));
        };
        let limit = signed_percent(self.limit);
        let beyond = |x: f64| if self.above { x > self.limit } else { x < self.limit };
        let (nearest, farthest) = match (change.interval, change.change) {
            (Some(i), _) if self.above => (i.low, i.high),
            (Some(i), _) => (i.high, i.low),
            // One figure a run: it has no interval, and is what it is.
            (None, Some(value)) if self.figure.is_single() => (value, value),
            _ => {
                let why = change.absent.as_deref().unwrap_or("its spread is not known");
                return (GateOutcome::Unknown, format!("{name} {words} cannot be judged: {why}"));
            }
        };
        Self::outcome((beyond(nearest), beyond(farthest)), name, &words, &limit)
    }

    /// The same where the limit is a difference of two percentages.
    fn verdict_in_points(&self, change: Option<&Change>) -> (GateOutcome, String) {
        let name = self.figure.name();
        let unknown = |why: &str| (GateOutcome::Unknown, format!("there is no {name} to judge: {why}"));
        let Some(change) = change else { return unknown("it was not measured on both sides") };
        let Some((against, value)) = change.against.zip(change.value) else {
            return unknown(change.absent.as_deref().unwrap_or("it was not measured on both sides"));
        };
        if change.unit.as_deref() != Some("%") {
            return unknown("it is no percentage, so it has no percentage points");
        }
        let signed = |points: f64| format!("{points:+.2} points");
        let difference = value - against;
        let (low, high) = change.points.map_or((difference, difference), |i| (i.low, i.high));
        let beyond = |x: f64| if self.above { x > self.limit } else { x < self.limit };
        let (nearest, farthest) = if self.above { (low, high) } else { (high, low) };
        let words = match change.points {
            Some(_) => format!("{} ({} to {})", signed(difference), signed(low), signed(high)),
            None => signed(difference),
        };
        Self::outcome((beyond(nearest), beyond(farthest)), name, &words, &signed(self.limit))
    }

    /// What it means that the nearest and the farthest end of the interval are beyond the limit or not.
    fn outcome(beyond: (bool, bool), name: &str, words: &str, limit: &str) -> (GateOutcome, String) {
        match beyond {
            (true, _) => (GateOutcome::Failed, format!("{name} {words}: beyond {limit}")),
            (false, false) => (GateOutcome::Passed, format!("{name} {words}: within {limit}")),
            (false, true) => (
                GateOutcome::Undecided,
                format!("{name} {words}: not shown to be beyond {limit}, nor within; measure longer to be sure"),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(figure: Figure, value: f64, interval: Option<(f64, f64)>) -> Change {
        let interval = interval.map(|(low, high)| Interval { low, high });
        let (against, value, change) = (Some(1.0), Some(1.0 + value), Some(value));
        Change { figure, against, value, change, interval, absent: None, unit: None, points: None }
    }

    fn outcome(gate: &str, value: f64, interval: Option<(f64, f64)>) -> GateOutcome {
        let gate: Gate = gate.parse().unwrap();
        gate.verdict(Some(&change(gate.figure.clone(), value, interval))).0
    }

    #[test]
    fn only_what_is_shown_to_be_beyond_the_limit_fails() {
        use GateOutcome::*;
        assert_eq!(outcome("p99>+5%", 0.10, Some((0.07, 0.13))), Failed);
        assert_eq!(outcome("p99>+5%", 0.10, Some((0.04, 0.16))), Undecided);
        assert_eq!(outcome("p99>+5%", 0.04, Some((0.01, 0.07))), Undecided);
        assert_eq!(outcome("p99>5%", 0.02, Some((0.01, 0.03))), Passed);
        assert_eq!(outcome("p99>+5%", -0.30, Some((-0.4, -0.2))), Passed);
        assert_eq!(outcome("throughput<-5%", -0.10, Some((-0.13, -0.07))), Failed);
        assert_eq!(outcome("throughput<-5%", 0.10, Some((0.07, 0.13))), Passed);
        assert_eq!(outcome("throughput<-5%", -0.05, Some((-0.08, -0.02))), Undecided);
        assert_eq!(outcome("p50>0%", 0.01, Some((0.001, 0.02))), Failed);
    }

    #[test]
    fn memory_is_what_it_is_and_what_cannot_be_judged_is_not_green() {
        assert_eq!(outcome("memory>+10%", 0.11, None), GateOutcome::Failed);
        assert_eq!(outcome("memory>+10%", 0.09, None), GateOutcome::Passed);
        assert_eq!(outcome("p99>+5%", 0.01, None), GateOutcome::Unknown);
        assert_eq!(outcome("accuracy<-1%", -0.02, None), GateOutcome::Failed);
        assert_eq!(outcome("accuracy<-1%", 0.02, None), GateOutcome::Passed);
        let gate: Gate = "energy>+5%".parse().unwrap();
        let (outcome, reason) = gate.verdict(None);
        assert!(
            outcome.fails() && reason == "there is no energy to judge: it was not measured on both sides",
            "{reason}"
        );
    }

    #[test]
    fn points_are_a_difference_of_percentages() {
        let of = |gate: &str, against: f64, value: f64, points: Option<(f64, f64)>| {
            let gate: Gate = gate.parse().unwrap();
            let points = points.map(|(low, high)| Interval { low, high });
            let (unit, change) = (Some("%".to_owned()), Some(value / against - 1.0));
            let figure = gate.figure.clone();
            let (against, value) = (Some(against), Some(value));
            let change = Change { figure, against, value, change, interval: None, absent: None, unit, points };
            gate.verdict(Some(&change)).0
        };
        assert_eq!(of("top1<-0.5pp", 76.0, 75.0, None), GateOutcome::Failed);
        assert_eq!(of("top1<-0.5pp", 76.0, 75.8, None), GateOutcome::Passed);
        assert_eq!(of("top1<-0.5pp", 76.0, 75.0, Some((-1.8, -0.2))), GateOutcome::Undecided);
        assert_eq!(of("top1<-0.5pp", 76.0, 74.0, Some((-2.5, -1.5))), GateOutcome::Failed);
        assert_eq!(of("error_rate>+1pp", 3.0, 3.5, None), GateOutcome::Passed);
        let gate: Gate = "top1<-0.5pp".parse().unwrap();
        assert_eq!(gate.verdict(Some(&change(Figure::Custom("top1".into()), -0.1, None))).0, GateOutcome::Unknown);
    }

    #[test]
    fn gates_read_as_people_write_them_and_what_is_wrong_is_said() {
        let read = |text: &str| text.parse::<Gate>().map(|g| (g.figure, g.above, g.limit));
        assert_eq!(read("p99 > +5 %"), Ok((Figure::P99, true, 0.05)));
        assert_eq!(read("throughput<-2.5%"), Ok((Figure::Throughput, false, -0.025)));
        for (wrong, words) in [
            ("fast", "looks like"),
            ("9p8>+5%", "p95, p99, mean, throughput"),
            ("p99>5ms", "not a percentage"),
            ("p99>+x%", "not a percentage"),
            ("p99>-5%", "better than the baseline"),
            ("throughput<+5%", "never"),
            ("p99>+nan%", "not a percentage"),
            (">+5%", "no figure"),
        ] {
            let said = read(wrong).unwrap_err();
            assert!(said.contains(words), "{wrong}: {said}");
        }
    }
}
