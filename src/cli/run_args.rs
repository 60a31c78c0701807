//! What to measure, how, and until when: the options that the dashboard, `bench`, `compare` and `profile` share.

use super::accuracy::AccuracyArgs;
use super::heading;
use super::history::HistoryArgs;
use super::host::HostArgs;
use super::metrics::MetricArgs;
use super::scenario::ScenarioArgs;
use super::settings::Settings;
use super::values::{above_zero, duration, width};
use clap::Args;
use nntop_core::event::Target;
use nntop_core::settings;
use nntop_core::unit::Nanos;
use std::path::PathBuf;
use std::str::FromStr;

/// The options of a measurement.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct RunArgs {
    /// Model files, each with a name and settings of its own where wanted: int8:b.onnx,threads=2
    #[arg(value_name = "MODEL", long_help = models())]
    pub(super) model: Vec<String>,
    /// Stop each variant after N measured inferences
    #[arg(short = 'n', long, alias = "num-runs", value_name = "N", value_parser = above_zero, help_heading = heading::MEASURE)]
    pub(super) runs: Option<u64>,
    /// Stop each variant after TIME of measuring: 10s, 500ms, 2m [default: 10s, and no end in the dashboard]
    #[arg(short = 't', long, value_name = "TIME", value_parser = duration, help_heading = heading::MEASURE)]
    pub(super) duration: Option<Nanos>,
    /// Stop when the 95 % interval of every median is within ±PERCENT: 1% [at the latest: -n or -t, else 5m]
    #[arg(long, value_name = "PERCENT", value_parser = width, help_heading = heading::MEASURE)]
    pub(super) until_ci: Option<f64>,
    /// Leave out the first N inferences (50) or the first TIME (2s) [default: steady: until latency settles, 10 s at most]
    ///
    /// `steady` leaves out 5 inferences and 500 ms at least, 2 s where blocks are noisy; 0 leaves out nothing.
    #[arg(long, value_name = "N|TIME|steady", help_heading = heading::MEASURE)]
    pub(super) warmup: Option<String>,
    /// What every model has to reach: 'p99<25ms', 'throughput>100', 'memory<100MB' (repeatable); status 3 if one does not
    ///
    /// Figures: p50, p90, p95, p99, p99.9, max, mean and startup (a time), throughput (samples per second), memory (a
    /// size, the peak), energy (J or mJ per inference). Relations: < <= > >=.
    #[arg(long, value_name = "TARGET", value_parser = Target::from_str, help_heading = heading::MEASURE)]
    pub(super) target: Vec<Target>,
    #[command(flatten)]
    pub(super) metrics: MetricArgs,
    /// Idle for TIME first (to subtract idle power): 5s
    #[arg(long, value_name = "TIME", value_parser = duration, help_heading = heading::MEASURE, hide_short_help = true)]
    pub(super) idle: Option<Nanos>,
    /// Models in one option: a:x.onnx,b:y.onnx
    #[arg(long, value_name = "LIST", help_heading = heading::MEASURE, hide_short_help = true)]
    pub(super) models: Option<String>,
    #[command(flatten)]
    pub(super) scenario: ScenarioArgs,
    /// Measure all models at once, under each other's load, instead of in turns
    #[arg(long, help_heading = heading::LOAD)]
    pub(super) parallel: bool,
    #[command(flatten)]
    pub(super) settings: Settings,
    #[command(flatten)]
    pub(super) accuracy: AccuracyArgs,
    /// Refuse a model with free axes that have no size, instead of assuming usual ones
    #[arg(long, help_heading = heading::INPUTS, hide_short_help = true)]
    pub(super) strict_shapes: bool,
    /// Fail when operators ran on another execution provider than the first of --ep, or on another device than --device
    #[arg(long, conflicts_with = "no_profile", help_heading = heading::ENGINE, hide_short_help = true)]
    pub(super) require_ep: bool,
    /// Do not profile operators beside the measurement: none in the result
    #[arg(long, help_heading = heading::ENGINE, hide_short_help = true)]
    pub(super) no_profile: bool,
    /// Never download anything
    #[arg(long, help_heading = heading::ENGINE)]
    pub(super) offline: bool,
    /// Give up on a model that gives no sign of life for TIME while it is read, loaded or measured [default: 30m]
    #[arg(long, value_name = "TIME", value_parser = duration, help_heading = heading::LIMITS, hide_short_help = true)]
    pub(super) timeout: Option<Nanos>,
    #[command(flatten)]
    pub(super) host: HostArgs,
    /// Run through another agent: a command that speaks `nntop agent --stdio`
    #[arg(long, value_name = "COMMAND", hide = true, conflicts_with = "host")]
    pub(super) agent: Option<String>,
    /// Record the run: every event, for nntop replay FILE
    #[arg(long, value_name = "FILE", help_heading = heading::OUTPUT)]
    pub(super) record: Option<PathBuf>,
    #[command(flatten)]
    pub(super) history: HistoryArgs,
}

/// The long help of the models.
fn models() -> String {
    format!(
        "Model files: [NAME:]PATH[,KEY=VALUE]..., for example int8:b.onnx,threads=2\n\nKeys are those of the options below, for this model alone: {}",
        settings::keys()
    )
}
