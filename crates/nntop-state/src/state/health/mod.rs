//! How far the figures can be trusted: findings, and a verdict per variant.
//!
//! Computed from the state alone, when blocks arrive (at most once a second) and when the work rests; never
//! while drawing.

mod board;
mod device;
mod shape;
mod variant;

use super::{Judged, State, Variant};
use nntop_core::event::Slot;
use nntop_core::unit::Nanos;
use serde::{Deserialize, Serialize};

/// How often findings are taken anew while blocks arrive.
const EVERY: Nanos = Nanos::from_millis(1_000);

/// What was looked at. The names are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingId {
    /// Block medians keep their level; the finding of a run that is well.
    Steady,
    /// Too few blocks to say how the run went.
    TooFewBlocks,
    /// The level changed once.
    NotSteady,
    /// The level moved along a line.
    Drift,
    /// Block medians spread widely.
    Noisy,
    /// Block medians lie on two levels.
    Bimodal,
    /// The frequency governor.
    Governor,
    /// CPU time that others used.
    BusyNeighbours,
    /// Swap grew while measuring.
    Swapping,
    /// Memory is nearly full.
    MemoryNearLimit,
    /// CPU clocks below their maximum under load.
    ClockBelowMaximum,
    /// The only CPU is also the dashboard's.
    SharesCore,
    /// The worker's memory grows with its inferences.
    MemoryGrows,
    /// Too few inferences for a percentile that is shown.
    TooFewSamples,
    /// Samples that the live feed lost.
    SamplesDropped,
    /// The clock's step against the latency.
    ClockTooCoarse,
    /// The loop's own time against the latency.
    LoopOverhead,
    /// Another execution provider runs than was asked for.
    OtherProvider,
    /// Axes without a size were given a usual one.
    AssumedShapes,
    /// The runtime computes in another precision than the model's.
    OtherPrecision,
    /// An option that the runtime took and does not know.
    UnknownOption,
    /// Whether a server answers as many queries as arrive.
    KeepsUp,
    /// Throttling within a variant's own measured blocks.
    Throttled,
    /// Throttling since boot, before this run.
    ThrottledBefore,
    /// A cap holds clocks below what the hardware has.
    ClockCapped,
    /// Pinned clocks came loose while measuring.
    ClocksUnpinned,
    /// The machine runs on its battery.
    OnBattery,
    /// GPU load of others, while the models run on the processor.
    BusyGpu,
    /// A processor's power was at its limit.
    PowerLimited,
    /// A recording lost something.
    RecordingLost,
}

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingLevel {
    /// Looked at, and well.
    Ok,
    /// To be known.
    Note,
    /// The figures may be off.
    Warning,
    /// The figures do not say what they seem to.
    Invalid,
}

/// Something that was looked at, and what was seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// What was looked at.
    pub id: FindingId,
    /// How grave it is.
    pub level: FindingLevel,
    /// The variant that it is about; `None` is the machine.
    pub variant: Option<Slot>,
    /// One sentence with the figures.
    pub text: String,
    /// What to do about it, or what it means.
    pub hint: Option<String>,
}

impl Finding {
    fn new(id: FindingId, level: FindingLevel, text: String) -> Self {
        Self { id, level, variant: None, text, hint: None }
    }

    fn hint(self, hint: &str) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

/// A run in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Its blocks agree.
    Stable,
    /// Its blocks differ widely, or lie on two levels.
    Noisy,
    /// Its level moved: the figures depend on when one looked.
    Drifting,
    /// The hardware slowed itself down while it measured: the figures are those of a machine held back.
    Throttled,
    /// The figures do not say what they seem to.
    Invalid,
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Stable => "STABLE",
            Self::Noisy => "NOISY",
            Self::Drifting => "DRIFTING",
            Self::Throttled => "THROTTLED",
            Self::Invalid => "INVALID",
        })
    }
}

/// All findings as of the last time they were taken.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Health {
    /// The machine's first, then each variant's in slot order.
    pub findings: Vec<Finding>,
    /// How each variant stands to each target.
    pub targets: Vec<Judged>,
    at: Option<Nanos>,
}

impl Health {
    /// Whether it is time to take them anew.
    pub(super) fn due(&self, now: Nanos) -> bool {
        self.at.is_none_or(|at| now.since(at) >= EVERY)
    }

    pub(super) fn of(state: &State) -> Self {
        let mut findings = device::findings(state);
        findings.extend(board::findings(state));
        findings.extend(state.recording.finding());
        for v in &state.variants {
            // What has ended changes no more: a sweep may hold hundreds of such variants while one measures.
            let taken = v.ended.is_some_and(|ended| state.health.at.is_some_and(|at| at > ended));
            if taken {
                findings.extend(state.health.about(Some(v.slot)).cloned());
            } else {
                findings.extend(variant::findings(v).into_iter().map(|f| Finding { variant: Some(v.slot), ..f }));
            }
        }
        Self { findings, targets: Judged::all(state), at: Some(state.now) }
    }

    /// What was found about a variant, or about the machine.
    pub fn about(&self, variant: Option<Slot>) -> impl Iterator<Item = &Finding> + '_ {
        self.findings.iter().filter(move |f| f.variant == variant)
    }

    /// A variant's verdict, with the finding that is its reason. Absent where it failed or measured too
    /// little to be judged.
    ///
    /// Invalid comes first: such figures say nothing. Then throttled, which is a cause, of a drift or of noise as
    /// often as not, and holds however few blocks there are. Then what the blocks' course looks like.
    pub fn verdict(&self, v: &Variant) -> Option<(Verdict, &Finding)> {
        if v.failed() || v.latency.blocks == 0 {
            return None;
        }
        let course = |f: &Finding| match f.id {
            FindingId::Steady => Some(Verdict::Stable),
            FindingId::Noisy | FindingId::Bimodal => Some(Verdict::Noisy),
            FindingId::NotSteady | FindingId::Drift => Some(Verdict::Drifting),
            _ => None,
        };
        let invalid =
            self.about(Some(v.slot)).find(|f| f.level == FindingLevel::Invalid).map(|f| (Verdict::Invalid, f));
        let throttled = |f: &&Finding| f.id == FindingId::Throttled && f.level == FindingLevel::Warning;
        let throttled = || self.about(Some(v.slot)).find(throttled).map(|f| (Verdict::Throttled, f));
        invalid.or_else(throttled).or_else(|| self.about(Some(v.slot)).find_map(|f| Some((course(f)?, f))))
    }
}

#[cfg(test)]
mod tests;
