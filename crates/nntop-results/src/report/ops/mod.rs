//! The files that come out of an operator profile. All of them are functions of the profile alone: the same profile gives
//! the same bytes. Times are means per profiled inference where the profile says how many there were.

mod chrome;
mod csv;
mod differential;
mod flame;
mod folded;
mod legend;
mod markdown;
mod page;
mod remarks;
mod speedscope;
mod summary;
mod text;

pub use chrome::chrome;
pub use csv::csv;
pub use differential::differential;
pub use flame::{FlameError, flame};
pub use folded::{folded, folded_difference};
pub use markdown::markdown;
pub use speedscope::speedscope;
pub use text::{compared, text};

use nntop_core::unit::{Bytes, Nanos};
use nntop_trace::op_trace::{self, Method, OpProfile, tree};

/// A profile and what it is of.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// What was profiled, as a title says it: `squeezenet · onnxruntime 1.31.1 · cpu · batch 1`.
    pub title: &'a str,
    /// Where its time went.
    pub profile: &'a OpProfile,
    /// How much longer a profiled inference takes than one without a profiler (0.06 is 6 %), where that was measured.
    pub overhead: Option<f64>,
}

/// What a profile's times count in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weight<'a> {
    /// Nanoseconds per inference.
    PerInference,
    /// Nanoseconds; the file did not say of how many inferences.
    Nanos,
    /// What is no time: samples of a stack, or whatever was counted, by its name.
    Counts(&'a str),
}

impl<'a> Weight<'a> {
    fn of(profile: &'a OpProfile) -> Self {
        if let Some(what) = &profile.counts {
            return Self::Counts(what);
        }
        match profile.inferences {
            0 => Self::Nanos,
            _ => Self::PerInference,
        }
    }

    /// As it stands behind a number.
    fn unit(self) -> &'a str {
        match self {
            Self::PerInference => "ns per inference",
            Self::Nanos => "ns",
            Self::Counts(what) => what,
        }
    }

    /// An amount with its unit, as a person reads it.
    fn show(self, amount: u64) -> String {
        match self {
            Self::PerInference => format!("{} per inference", Nanos(amount)),
            Self::Nanos => Nanos(amount).to_string(),
            Self::Counts(what) => format!("{} {what}", nntop_core::unit::grouped(amount)),
        }
    }

    /// Whether it is no time.
    fn is_count(self) -> bool {
        matches!(self, Self::Counts(_))
    }
}

/// A sum over all profiled inferences, per inference and rounded.
fn mean(profile: &OpProfile, sum: u64) -> u64 {
    let n = profile.inferences.max(1);
    sum / n + u64::from(sum % n >= n.div_ceil(2))
}

/// Achieved GFLOP/s: operations over the time in which they were done.
fn gflops(flops: Option<u64>, time: Nanos) -> Option<f64> {
    flops.filter(|_| time.0 > 0).map(|f| f as f64 / time.0 as f64)
}

/// A rate or a ratio: small ones keep two digits that say something.
fn rate(value: f64) -> String {
    match value {
        v if v >= 0.1 => nntop_core::unit::significant(v),
        v if v >= 0.009_95 => format!("{v:.3}"),
        v if v >= 0.000_995 => format!("{v:.4}"),
        _ => "<0.001".into(),
    }
}

/// Arithmetic intensity, FLOP per byte moved: the roofline's other axis.
fn intensity(flops: Option<u64>, bytes: Option<Bytes>) -> Option<f64> {
    bytes.filter(|b| b.0 > 0).and_then(|b| Some(flops? as f64 / b.0 as f64))
}

/// One line of JSON per file: what reads it are programs.
fn json(value: &impl serde::Serialize) -> String {
    // These types have string keys and finite numbers only, which always serialise.
    let text = serde_json::to_string(value);
    debug_assert!(text.is_ok());
    text.unwrap_or_default() + "\n"
}

/// What stands under a title: how long, of how many inferences, how sure.
fn subtitle(profile: &OpProfile) -> String {
    let weight = Weight::of(profile);
    let mut parts = vec![weight.show(mean(profile, profile.whole().0))];
    let ops = profile.executed_ops().count();
    if ops > 0 {
        parts.push(format!("{ops} operator{}", if ops == 1 { "" } else { "s" }));
    }
    match profile.inferences {
        0 => {}
        1 => parts.push("one profiled inference".into()),
        n => parts.push(format!("mean of {n} profiled inferences")),
    }
    if profile.method == Method::Sampled && weight != Weight::Counts("samples") {
        let samples = profile.rows.iter().fold(0u64, |sum, row| sum.saturating_add(row.calls));
        parts.push(match profile.source == op_trace::PERF && samples > 0 {
            true => format!("{} sample{}", nntop_core::unit::grouped(samples), if samples == 1 { "" } else { "s" }),
            false => "sampled".into(),
        });
    }
    parts.push(format!("by {}", if profile.source.is_empty() { "an unnamed profiler" } else { &profile.source }));
    if let Some(why) = &profile.partial {
        parts.push(format!("PARTIAL: {why}"));
    }
    parts.join(" · ")
}

#[cfg(test)]
mod peer_tests;
#[cfg(test)]
mod tests;
