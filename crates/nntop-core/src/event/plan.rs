//! What is to be measured: the front end's wish, spelled out so that it can travel.

use super::{Bursts, EngineOptions, Evaluation, Scenario, Sweep, Target};
use crate::catalog::EngineId;
use crate::unit::Nanos;
use serde::{Deserialize, Serialize};

/// All that an agent needs to know to run a measurement.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Plan {
    /// What to measure, in slot order.
    pub variants: Vec<VariantSpec>,
    /// When a variant has enough.
    pub stop: Stop,
    /// What to leave out at its start.
    pub warmup: Warmup,
    /// What every variant is expected to reach.
    #[serde(default)]
    pub targets: Vec<Target>,
    /// Whether all variants measure at once, under each other's load, instead of in turns.
    #[serde(default)]
    pub parallel: bool,
    /// The grid whose points the variants are: they are measured one after the other, each alone, instead of in turns.
    #[serde(default)]
    pub sweep: Option<Sweep>,
    /// When operators are profiled.
    #[serde(default)]
    pub bursts: Bursts,
    /// Whether a variant fails when operators ran on another execution provider than the first that it asked for. They
    /// are then profiled before anything is measured.
    #[serde(default)]
    pub require_ep: bool,
    /// Whether a missing engine may be fetched.
    pub may_install: bool,
    /// How often the device is sampled.
    pub sample_every: Nanos,
    /// How long the machine rests before anything is started, so that its idle power is known.
    #[serde(default)]
    pub idle: Nanos,
    /// After how long without a sign of life a step (reading, loading, a block) is given up; zero: never.
    #[serde(default)]
    pub timeout: Nanos,
    /// Whether what of the device can be changed may be changed. A person said so on the command line.
    #[serde(default)]
    pub allow_control: bool,
    /// Whether the host goes on (sampling, waiting for a restart) after the last variant is done.
    pub stay: bool,
}

/// When a variant has enough. With several limits, the first that is reached; with none, never.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Stop {
    /// Measured inferences.
    pub runs: Option<u64>,
    /// Measured time of the variant's own blocks.
    pub duration: Option<Nanos>,
    /// Half the width of the 95 % interval of the median, as a share of it. Variants that take turns go on until each
    /// has it.
    #[serde(default)]
    pub until_ci: Option<f64>,
}

/// What is left out at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warmup {
    /// At least so many inferences …
    pub runs: u64,
    /// … and at least so long …
    pub duration: Nanos,
    /// … and on from there until the level is steady, up to a bound of the agent's.
    #[serde(default)]
    pub steady: bool,
}

impl Warmup {
    /// Whether nothing is left out.
    pub fn is_none(self) -> bool {
        self.runs == 0 && self.duration == Nanos::ZERO && !self.steady
    }
}

impl Default for Warmup {
    /// Until steady. LiteRT's benchmark tool leaves out half a second; five inferences cover models slower than that.
    fn default() -> Self {
        Self { runs: 5, duration: Nanos::from_millis(500), steady: true }
    }
}

/// One variant: a model with an engine and its settings.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct VariantSpec {
    /// What people call it.
    pub name: String,
    /// The model file, on the host that runs it.
    pub model: String,
    /// What runs it.
    pub engine: EngineId,
    /// The engine's settings.
    pub options: EngineOptions,
    /// How it is put under load.
    #[serde(default, skip_serializing_if = "Scenario::is_default")]
    pub scenario: Scenario,
    /// The labelled data set that it is evaluated on before it is measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluation: Option<Box<Evaluation>>,
}
