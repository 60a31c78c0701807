//! `nntop.result/1`: the versioned summary of a run, with everything that a report needs.
//!
//! Numbers are numbers, latencies in nanoseconds, absent values `null`. The README documents the schema.

mod answers;
mod change;
mod compared;
mod comparison;
mod counters;
mod deployment;
mod device;
mod entry;
mod evidence;
mod figure;
mod finding;
mod front;
mod further;
mod gate;
pub mod import;
mod latency;
mod manifest;
mod operators;
mod outputs;
mod paced;
mod pair;
mod side;
mod stopped;
mod sweep;
mod target;
mod variant;

pub use answers::paired_answers;
pub use change::Change;
pub use compared::{COMPARISON_SCHEMA, ComparisonResult};
pub use comparison::{Comparison, Decision, Difference, Interval, Ratio};
pub use counters::CountersResult;
pub use deployment::Deployment;
pub use device::{ComplexityResult, DeviceResult};
pub use entry::Entry;
pub use evidence::{HistogramResult, SeriesResult};
pub use figure::Figure;
pub use finding::{Finding, FindingId, FindingLevel, Verdict};
pub use front::{Trade, on_front};
pub use further::{FurtherIntervals, Partial};
pub use gate::{Gate, GateOutcome, GateResult, no_gate};
pub use latency::Latency;
pub use manifest::{MANIFEST, Mismatch};
pub(crate) use operators::NOT_PROFILED;
pub use operators::{OperatorResult, Operators, PlacementResult, ProfileResult};
pub use outputs::OutputsResult;
pub use paced::PacedResult;
pub use pair::{Measured, Pair};
pub use side::{Side, Source};
pub use stopped::StoppedBy;
pub use sweep::{SweepPoint, SweepResult};
pub use target::TargetResult;
pub use variant::{
    EnergyResult, EngineResult, GrowthResult, MemoryResult, ModelResult, QueueResult, StartupResult, Status,
    VariantResult, WarmUpResult,
};

use nntop_core::event::{HostInfo, Plan};
use nntop_core::stats::{RESAMPLES, SEED};
use nntop_state::State;
use serde::{Deserialize, Serialize};

/// The schema's name and major version.
pub const SCHEMA: &str = "nntop.result/1";

/// A run: what was measured, where, and how.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct RunResult {
    /// [`SCHEMA`].
    pub schema: String,
    /// The version of nntop that measured.
    pub nntop: String,
    /// When the run began, nanoseconds since 1970-01-01 UTC.
    pub began_unix_ns: Option<u64>,
    /// What the run was called (`--label`).
    #[serde(default)]
    pub label: Option<String>,
    /// The tool whose file this was read from, where nntop did not measure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported: Option<String>,
    /// The machine.
    pub host: HostInfo,
    /// What it took to bring the run there (`--host`); absent where it was measured on the spot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment: Option<Deployment>,
    /// The options in force: stop rule, warm-up.
    pub settings: Settings,
    /// What was found about the machine while it measured.
    pub findings: Vec<Finding>,
    /// Every target for every variant.
    pub targets: Vec<TargetResult>,
    /// A result per variant, in slot order.
    pub variants: Vec<VariantResult>,
    /// Each further variant against the first, where both measured enough blocks.
    #[serde(default)]
    pub comparison: Vec<Comparison>,
    /// What `--fail-if` asked of these.
    #[serde(default)]
    pub gates: Vec<GateResult>,
    /// The grid whose points the variants are; absent where they are not.
    #[serde(default)]
    pub sweep: Option<SweepResult>,
}

/// The options of a run that are the same for all variants.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Settings {
    /// Measured inferences after which a variant has enough.
    pub runs: Option<u64>,
    /// Measured time after which a variant has enough.
    pub duration_ns: Option<u64>,
    /// Half the width of the median's interval, as a share of it, at which a variant has enough.
    #[serde(default)]
    pub until_ci: Option<f64>,
    /// How intervals were drawn.
    #[serde(default)]
    pub bootstrap: Bootstrap,
    /// Inferences left out at the start, at least.
    pub warmup_runs: u64,
    /// Time left out at the start, at least.
    pub warmup_ns: u64,
    /// Whether the warm-up went on from there until the level was steady.
    #[serde(default)]
    pub warmup_steady: bool,
    /// Whether all variants measured at once.
    #[serde(default)]
    pub parallel: bool,
}

/// How intervals are drawn: the same blocks with these give the same intervals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bootstrap {
    /// Draws per interval.
    pub draws: u64,
    /// The seed of all draws (PCG64-MCG).
    pub seed: u64,
}

impl Default for Bootstrap {
    fn default() -> Self {
        Self { draws: RESAMPLES as u64, seed: SEED }
    }
}

impl RunResult {
    /// The result as far as `state` knows it. A variant that has not ended is `interrupted`.
    pub fn of(state: &State, plan: &Plan) -> Self {
        let variants: Vec<_> = state.variants.iter().map(|v| VariantResult::of(state, v, plan.stop)).collect();
        Self {
            sweep: state.sweep.as_ref().map(|sweep| SweepResult::of(sweep, &variants)),
            schema: SCHEMA.into(),
            nntop: env!("CARGO_PKG_VERSION").into(),
            label: None,
            imported: None,
            gates: Vec::new(),
            deployment: None,
            began_unix_ns: state.hello.as_ref().map(|h| h.wall_unix_ns),
            host: state.hello.as_ref().map(|h| h.info.clone()).unwrap_or_default(),
            settings: Settings {
                runs: plan.stop.runs,
                duration_ns: plan.stop.duration.map(|d| d.0),
                until_ci: plan.stop.until_ci,
                bootstrap: Bootstrap::default(),
                warmup_runs: plan.warmup.runs,
                warmup_ns: plan.warmup.duration.0,
                warmup_steady: plan.warmup.steady,
                parallel: plan.parallel,
            },
            targets: TargetResult::all(state),
            findings: state.health.about(None).map(Finding::of).collect(),
            variants,
            comparison: state.comparisons.iter().map(|c| Comparison::of(state, c)).collect(),
        }
    }

    /// As pretty JSON, lists of numbers in one line, with a newline at the end.
    pub fn to_json(&self) -> String {
        crate::json::pretty(self)
    }
}
