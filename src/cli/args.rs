//! What can be typed. Options carry the names that users know from peers.

pub(super) use super::device_args::{
    ControlCommand, DoctorArgs, ExporterArgs, MonitorArgs, MonitorFormat, SnapshotFormat,
};
use super::history::HistoryArgs;
use super::metrics::MetricArgs;
use super::report::ReportFormat;
use super::scenario::ScenarioArgs;
use super::tuning::TuningArgs;
use super::values::{
    CpuList, above_zero, any, cpus, dims, duration, memory, position, quota, shape, speed, threads, width,
};
use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use nntop_core::event::Target;
use nntop_core::unit::{Bytes, Nanos};
use std::path::PathBuf;
use std::str::FromStr;

/// top for neural networks: watch a model run, measure it, compare two
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, args_conflicts_with_subcommands = true, after_help = EXAMPLES)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    #[command(flatten)]
    pub(super) run: RunArgs,
    #[command(flatten)]
    pub(super) screen: ScreenArgs,
}

const EXAMPLES: &str = "\
Examples:
  nntop demo                                       two bundled models, side by side
  nntop squeezenet.onnx                            the live dashboard
  nntop fp32:a.onnx int8:b.onnx,threads=2          two variants, each with its own settings
  nntop bench squeezenet.onnx -n 1000 --format json
  nntop bench net.onnx -b 1,8,32 --threads 1,2     every combination, and which of them nothing beats
  nntop compare fp32:a.onnx int8:b.onnx            which is faster, and how sure that is
  nntop compare net.onnx --baseline last --fail-if 'p99>+5%'
  nntop runs trend                                 how results went from run to run
  nntop monitor --once --format json               what the device says now
  nntop exporter                                   the same for Prometheus, at http://127.0.0.1:9099/metrics
  nntop report result.json -o report.html          tables and charts, in one file
  nntop bench net.onnx --record run.nntop          the same, recorded; nntop replay run.nntop shows it again

Exit codes: 0 ok, 1 the run failed, 2 usage or input error, 3 a target or a gate was missed, 4 a verdict is
INVALID (--strict), 130 interrupted";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Watch the bundled demo models: fp32 and int8, side by side
    Demo(DemoArgs),
    /// Measure without a dashboard: progress on stderr, the result on stdout
    Bench(Box<BenchArgs>),
    /// Say which of two or more is faster, and how sure that is: models (measured in turns), saved results, recordings
    Compare(Box<super::compare::CompareArgs>),
    /// Say where the time goes, operator by operator: a table, flame graphs, traces
    Profile(Box<super::profile::ProfileArgs>),
    /// Make a flame graph, or another profile format, of a profile that something else wrote
    Flame(super::flame::FlameArgs),
    /// Make tables and charts of results: for a terminal, Markdown, a page, a spreadsheet
    Report(super::report::ReportArgs),
    /// List, install and check runtimes
    #[command(subcommand)]
    Engine(EngineCommand),
    /// The history of results: list, trends, delete
    Runs(Box<super::runs::RunsArgs>),
    /// Play a recording on the same dashboard; without a terminal, print its result
    Replay(ReplayArgs),
    /// Look into recordings, cut and export them
    #[command(subcommand)]
    Record(RecordCommand),
    /// Read the device: temperatures, power, clocks, loads, throttling
    Monitor(MonitorArgs),
    /// Change the device, and take it back: power mode, pinned clocks, fan, CPU governor
    #[command(subcommand)]
    Control(ControlCommand),
    /// Serve the device's metrics to Prometheus and its kin (OpenMetrics over HTTP)
    Exporter(ExporterArgs),
    /// Say what was found on this machine and what was not, and why
    Doctor(DoctorArgs),
    /// Serve a front end behind pipes (what `ssh host nntop agent --stdio` runs)
    Agent(AgentArgs),
}

/// What to measure, and how.
#[derive(Debug, Clone, Args)]
pub(super) struct RunArgs {
    /// Models: [NAME:]PATH[,key=value]..., keys: engine, ep, device, hint, num-streams, precision, kernels, ep-option.KEY, threads, batch, graph-opt, input, seed, dim.NAME, engine-path, cpus, cpu-quota, memory-limit
    #[arg(value_name = "MODEL")]
    pub(super) model: Vec<String>,
    /// Models in one option: "a:x.onnx,b:y.onnx"
    #[arg(long, value_name = "LIST")]
    pub(super) models: Option<String>,
    /// Stop a variant after so many measured inferences
    #[arg(short = 'n', long, alias = "num-runs", value_name = "N", value_parser = above_zero)]
    pub(super) runs: Option<u64>,
    /// Stop a variant after so much measured time: 10s, 500ms, 2m
    #[arg(short = 't', long, value_name = "TIME", value_parser = duration)]
    pub(super) duration: Option<Nanos>,
    /// Stop when the 95 % interval of every median is at most so wide on either side: 1%. Bounded by -n and -t, or else by
    /// 5 minutes of measured time
    #[arg(long, value_name = "PERCENT", value_parser = width)]
    pub(super) until_ci: Option<f64>,
    /// Leave out so many inferences (50) or so much time (2s) at the start; 0 is none [default: steady, which is until
    /// the level is: at least 5 inferences and 500ms, about 10s at most]
    #[arg(long, value_name = "N|TIME|steady")]
    pub(super) warmup: Option<String>,
    /// Measure all models at once, under each other's load, instead of in turns
    #[arg(long)]
    pub(super) parallel: bool,
    #[command(flatten)]
    pub(super) scenario: ScenarioArgs,
    /// Let the machine rest so long before anything starts, to subtract its idle power: 5s
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(super) idle: Option<Nanos>,
    /// Threads for one operator [default: the engine's own choice]; several (1,2,4) make a grid
    #[arg(long, value_name = "N,...", value_delimiter = ',', value_parser = threads)]
    pub(super) threads: Vec<usize>,
    #[command(flatten)]
    pub(super) tuning: TuningArgs,
    /// Execution providers of ONNX Runtime, first choice first: cpu, cuda, tensorrt, openvino, xnnpack, acl, qnn, coreml, rknpu ...
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = NonEmptyStringValueParser::new())]
    pub(super) ep: Vec<String>,
    /// Fail when operators ran on another execution provider than the first that was asked for
    #[arg(long, conflicts_with = "no_profile")]
    pub(super) require_ep: bool,
    /// Never turn the runtime's profiler on by itself: no operators in the result
    #[arg(long)]
    pub(super) no_profile: bool,
    #[arg(long, value_name = "NAME", help = super::engine::help())]
    pub(super) engine: Option<String>,
    /// The engine's library, or the folder that holds it; for torch and executorch a Python interpreter
    #[arg(long, value_name = "PATH", visible_alias = "python")]
    pub(super) engine_path: Option<PathBuf>,
    /// How far the runtime may rewrite the graph
    #[arg(long, value_name = "LEVEL", default_value = "all")]
    pub(super) graph_opt: GraphOpt,
    /// Samples per inference, where the first axis is free; several (1,8,32) make a grid
    #[arg(short = 'b', long, value_name = "N,...", value_delimiter = ',', value_parser = above_zero)]
    pub(super) batch_size: Vec<u64>,
    /// The size of a named free axis: NAME=N (repeatable); several (NAME=1,8) make a grid
    #[arg(long, value_name = "NAME=N,...", value_parser = dims)]
    pub(super) dim: Vec<(String, Vec<u64>)>,
    /// The whole shape of an input: INPUT:1,3,224,224 (repeatable)
    #[arg(long, value_name = "INPUT:SHAPE", value_parser = shape)]
    pub(super) shape: Vec<(String, Vec<u64>)>,
    /// An input file instead of random values: .npy, .npz, .pb, or a folder with input_0.pb ... or images
    #[arg(long, value_name = "FILE")]
    pub(super) input: Option<PathBuf>,
    /// The seed of random inputs, and of a server's arrivals
    #[arg(long, value_name = "N", default_value = "0", value_parser = any)]
    pub(super) seed: u64,
    /// What every model has to reach, such as 'p99<25ms', 'throughput>100', 'memory<100MB' (repeatable); figures: p50
    /// p90 p95 p99 p99.9 max mean throughput memory startup
    #[arg(long, value_name = "TARGET", value_parser = Target::from_str)]
    pub(super) target: Vec<Target>,
    #[command(flatten)]
    pub(super) metrics: MetricArgs,
    /// Confine the model to these CPUs: 0-1,3; as many threads as CPUs unless --threads says otherwise
    #[arg(long, value_name = "LIST", value_parser = cpus)]
    pub(super) cpus: Option<CpuList>,
    /// Limit the model to so much time on CPUs, in percent of one: 50%, 150% (control groups)
    #[arg(long, value_name = "PERCENT", value_parser = quota)]
    pub(super) cpu_quota: Option<f64>,
    /// Limit the model's process to so much memory, without swap: 256M, 1G (control groups)
    #[arg(long, value_name = "SIZE", value_parser = memory)]
    pub(super) memory_limit: Option<Bytes>,
    /// Record the run: every event, for nntop replay FILE
    #[arg(long, value_name = "FILE")]
    pub(super) record: Option<PathBuf>,
    #[command(flatten)]
    pub(super) history: HistoryArgs,
    /// Never fetch anything
    #[arg(long)]
    pub(super) offline: bool,
    /// Run through another agent: a command that speaks `nntop agent --stdio`
    #[arg(long, value_name = "COMMAND", hide = true)]
    pub(super) agent: Option<String>,
}

/// How the screen is drawn.
#[derive(Debug, Clone, Args)]
pub(super) struct ScreenArgs {
    #[command(flatten)]
    pub(super) look: LookArgs,
    /// Write the result (nntop.result/1) to a file at the end
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
}

/// How a screen looks and how often it is drawn.
#[derive(Debug, Clone, Args)]
pub(super) struct LookArgs {
    /// Draw at most so many frames a second
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u8).range(1..=60))]
    pub(super) fps: u8,
    /// Draw with ASCII characters only
    #[arg(long)]
    pub(super) ascii: bool,
    /// For slow links: one frame a second, ASCII, charts that sweep instead of scroll
    #[arg(long)]
    pub(super) low_bandwidth: bool,
    /// Leave the mouse to the terminal: no clicks, no wheel
    #[arg(long)]
    pub(super) no_mouse: bool,
}

#[derive(Debug, Clone, Args)]
pub(super) struct DemoArgs {
    /// Stop a variant after so many measured inferences
    #[arg(short = 'n', long, value_name = "N", value_parser = above_zero)]
    pub(super) runs: Option<u64>,
    /// Stop a variant after so much measured time: 10s, 500ms, 2m
    #[arg(short = 't', long, value_name = "TIME", value_parser = duration)]
    pub(super) duration: Option<Nanos>,
    /// Threads for one operator
    #[arg(long, value_name = "N", default_value = "1", value_parser = threads)]
    pub(super) threads: usize,
    /// The engine's library, or the folder that holds it
    #[arg(long, value_name = "PATH")]
    pub(super) engine_path: Option<PathBuf>,
    /// Record the run: every event, for nntop replay FILE
    #[arg(long, value_name = "FILE")]
    pub(super) record: Option<PathBuf>,
    /// Never fetch anything
    #[arg(long)]
    pub(super) offline: bool,
    #[command(flatten)]
    pub(super) screen: ScreenArgs,
}

#[derive(Debug, Clone, Args)]
pub(super) struct BenchArgs {
    #[command(flatten)]
    pub(super) run: RunArgs,
    /// How the result is written
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: Format,
    /// Write the result to a file instead of stdout
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// Write the result, a report and its charts into this folder, which is made
    #[arg(long, value_name = "DIR")]
    pub(super) save_dir: Option<PathBuf>,
    /// What the report in --save-dir is written in
    #[arg(long, value_name = "FORMAT", default_value = "markdown", requires = "save_dir")]
    pub(super) report_format: ReportFormat,
    /// Inputs from this folder: images (.jpg, .png), input_0.pb ..., or a single .npy or .npz file
    #[arg(long, value_name = "DIR", conflicts_with = "input")]
    pub(super) dataset: Option<PathBuf>,
    /// End with 4 when the verdict of a run is INVALID
    #[arg(long)]
    pub(super) strict: bool,
    /// No progress on stderr
    #[arg(short, long)]
    pub(super) quiet: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// A table
    Text,
    /// Schema nntop.result/1
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum GraphOpt {
    /// Not at all
    Disable,
    /// Constant folding, redundant nodes
    Basic,
    /// Also fusions
    Extended,
    /// Also layouts
    All,
}

#[derive(Debug, Clone, Subcommand)]
pub(super) enum EngineCommand {
    /// Show the runtimes on this machine: where, which version, execution providers, devices, formats, profilers
    List {
        /// Also look at this library, or in this folder
        #[arg(long, value_name = "PATH")]
        engine_path: Option<PathBuf>,
    },
    /// Fetch a runtime with pip, or take it from a wheel, into nntop's data folder
    Install {
        /// NAME or NAME==VERSION: onnxruntime, onnxruntime-gpu, onnxruntime-openvino, openvino, litert, torch, executorch
        #[arg(value_name = "NAME[==VERSION]")]
        name: String,
        /// From this file, for boards without a network
        #[arg(long, value_name = "FILE")]
        wheel: Option<PathBuf>,
    },
    /// Remove a runtime that nntop has installed
    Remove {
        /// NAME, or NAME==VERSION where several versions are installed
        #[arg(value_name = "NAME[==VERSION]")]
        name: String,
    },
    /// Load a library and print what it says about itself as JSON
    #[command(hide = true)]
    Probe {
        /// As which engine's
        #[arg(long, value_name = "NAME")]
        engine: String,
        /// The library
        path: PathBuf,
    },
}

#[derive(Debug, Clone, Args)]
pub(super) struct AgentArgs {
    /// Speak on standard input and output
    #[arg(long, required = true)]
    pub(super) stdio: bool,
}

#[derive(Debug, Clone, Args)]
pub(super) struct ReplayArgs {
    /// A recording: made with --record, or with the keys r and w
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    /// So many times as fast as it happened: 0.0625 to 256
    #[arg(long, value_name = "N", default_value_t = 1.0, value_parser = speed)]
    pub(super) speed: f64,
    /// Begin (or, without a terminal, end) at this time from the recording's start: 00:42, 1:02:11, 42s
    #[arg(long, value_name = "TIME", value_parser = position)]
    pub(super) at: Option<Nanos>,
    /// How the result is written where there is no terminal; naming one opens no dashboard
    #[arg(long, value_name = "FORMAT")]
    pub(super) format: Option<Format>,
    #[command(flatten)]
    pub(super) screen: ScreenArgs,
}

#[derive(Debug, Clone, Subcommand)]
pub(super) enum RecordCommand {
    /// Say what a recording holds: length, variants, events
    Info {
        /// The recording
        file: PathBuf,
        /// How it is written: text, or JSON of schema nntop.recording-info/1
        #[arg(long, value_name = "FORMAT", default_value = "text")]
        format: SnapshotFormat,
    },
    /// Cut a part out into a recording of its own
    Trim {
        /// The recording
        file: PathBuf,
        /// From this time on [default: its beginning]: 00:42
        #[arg(long, value_name = "TIME", value_parser = position)]
        from: Option<Nanos>,
        /// Until this time [default: its end]
        #[arg(long, value_name = "TIME", value_parser = position)]
        to: Option<Nanos>,
        /// The new file
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },
    /// Write a recording in another format
    Export {
        /// The recording
        file: PathBuf,
        /// csv: every block as a row; json: the result and all events; hdr: HdrHistogram's interval log
        #[arg(long, value_name = "FORMAT")]
        format: ExportFormat,
        /// Write it to a file instead of stdout
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ExportFormat {
    /// Every block as a row
    Csv,
    /// The result and all events
    Json,
    /// HdrHistogram's interval log
    Hdr,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
