//! The command line: one file per subcommand. stdout is data, stderr is talk.

mod accuracy;
mod agent;
mod bench;
mod compare;
mod completions;
mod control;
mod dataset;
mod dataset_input;
mod demo;
mod doctor;
mod edge;
mod engine;
mod eval;
mod every_engine;
mod exit;
mod exporter;
mod flame;
mod formats;
mod grid;
mod heading;
mod help;
mod history;
mod host;
mod inspect;
mod job_control;
mod limits;
mod live;
mod man;
mod metrics;
mod model_spec;
mod monitor;
mod names;
mod optimize;
mod output;
mod overwrite;
mod panics;
mod profile;
mod record;
mod reference;
mod replay;
mod report;
mod result_format;
mod run;
mod run_args;
mod runs;
mod saved;
mod scenario;
mod screen;
mod settings;
mod topic;
mod usage;
mod values;

pub use exit::Exit;
pub use reference::reference;

use clap::{FromArgMatches, Parser, Subcommand};
use nntop_core::event::Fault;
use run_args::RunArgs;
use screen::ScreenArgs;
use std::process::ExitCode;

/// top for neural networks: watch a model run, measure it, compare two
#[derive(Debug, Parser)]
#[command(name = "nntop", version, max_term_width = 100, args_conflicts_with_subcommands = true,
    disable_help_subcommand = true, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: RunArgs,
    #[command(flatten)]
    screen: ScreenArgs,
    /// Replace files that are nothing of nntop's own (-o, --record, --save-dir); what a command reads is never replaced
    #[arg(long, global = true, help_heading = heading::OUTPUT, hide_short_help = true)]
    force: bool,
}

const EXAMPLES: &str = "\
Examples:
  nntop demo                                     two bundled models, side by side
  nntop squeezenet.onnx                          the live dashboard
  nntop fp32:a.onnx int8:b.onnx,threads=2        two variants, each with its own settings
  nntop bench squeezenet.onnx -o result.json     10 s of measuring, the result in a file
  nntop compare fp32:a.onnx int8:b.onnx          which is faster, and how sure that is
  nntop profile squeezenet.onnx                  where the time goes, operator by operator
  nntop report result.json -o report.html        tables and charts, in one file
  nntop monitor                                  the device live, without a model
  nntop --host user@board squeezenet.onnx        measured on a board, through ssh
  nntop bench --help                             options and examples of a subcommand

Exit status: 0 ok, 1 the run failed, 2 usage or input error, 3 a target or a gate was missed,
             4 a verdict is INVALID (--strict), 130 interrupted";

#[derive(Debug, Subcommand)]
enum Command {
    /// Watch the bundled demo models: fp32 and int8, side by side
    Demo(demo::DemoArgs),
    /// Measure models without a dashboard and print the result
    Bench(Box<bench::BenchArgs>),
    /// Evaluate models on labelled data: accuracy beside latency
    Eval(Box<eval::EvalArgs>),
    /// Compare models (measured in turns), saved results or recordings: which is faster, and how sure that is
    Compare(Box<compare::CompareArgs>),
    /// Count what is in a model file: parameters, operations, memory, zeros; of two, what differs
    Inspect(inspect::InspectArgs),
    /// Write quantized, pruned, fused and half-precision variants of a model and compare them with it
    Optimize(Box<optimize::OptimizeArgs>),
    /// Show where the time goes, operator by operator: tables, flame graphs, traces
    Profile(Box<profile::ProfileArgs>),
    /// Convert a profile of another tool to a flame graph or another format
    Flame(flame::FlameArgs),
    /// Make tables and charts of saved results: text, Markdown, HTML, CSV, JSON
    Report(report::ReportArgs),
    /// List, install and remove inference engines
    #[command(after_help = engine::EXAMPLES)]
    Engine(engine::EngineArgs),
    /// List earlier results, show trends, label and delete them
    Runs(Box<runs::RunsArgs>),
    /// Play a recording on the dashboard; without a terminal, print its result
    Replay(replay::ReplayArgs),
    /// Inspect, trim and export recordings
    #[command(subcommand, after_help = record::EXAMPLES)]
    Record(record::RecordCommand),
    /// Watch the device: temperatures, power, clocks, loads, throttling
    Monitor(monitor::MonitorArgs),
    /// Change the device and undo it: power mode, pinned clocks, fan, CPU governor
    #[command(subcommand, after_help = control::EXAMPLES)]
    Control(control::ControlCommand),
    /// Serve the device's metrics to Prometheus (OpenMetrics over HTTP)
    Exporter(exporter::ExporterArgs),
    /// Diagnose this machine: what is supported, what is not and why, and how to enable it
    Doctor(doctor::DoctorArgs),
    /// Explain a topic: model arguments, shapes, scenarios, targets, exit codes, keys, terms
    Help(topic::HelpArgs),
    /// Print the completions of a shell
    Completions(completions::CompletionsArgs),
    /// Print the manual page, or write all of them into a folder
    Man(man::ManArgs),
    /// Serve a dashboard on another host (ssh HOST nntop agent --stdio)
    Agent(agent::AgentArgs),
}

/// Parses the command line and does what it says.
pub fn main() -> ExitCode {
    // The worker comes before everything else: its start is measured.
    if let Some(code) = crate::session::answer_as_worker() {
        return code;
    }
    panics::in_one_line();
    if let Err(fault) = limits::raise() {
        exit::print_fault(&fault);
        return Exit::of(&fault).into();
    }
    job_control::follow();
    let command = help::command::<Cli>();
    let words: Vec<String> = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    let matches = command.clone().try_get_matches();
    let cli = match matches.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(e) => return usage::explain(&e, &command, &words).into(),
    };
    overwrite::remember(std::env::args_os().skip(1), cli.force);
    match dispatch(cli, &command) {
        Ok(exit) => exit.into(),
        Err(fault) => {
            exit::print_fault(&fault);
            Exit::of(&fault).into()
        }
    }
}

fn dispatch(cli: Cli, command: &clap::Command) -> Result<Exit, Fault> {
    match cli.command {
        None => {
            usage::check_for_mistyped_subcommand(&cli.run.model, command)?;
            live::run(&cli.run, &cli.screen)
        }
        Some(Command::Demo(args)) => demo::run(&args),
        Some(Command::Bench(args)) => bench::run(&args),
        Some(Command::Eval(args)) => eval::run(&args),
        Some(Command::Compare(args)) => compare::run(&args),
        Some(Command::Inspect(args)) => inspect::run(&args),
        Some(Command::Optimize(args)) => optimize::run(&args),
        Some(Command::Profile(args)) => profile::run(&args),
        Some(Command::Flame(args)) => flame::run(&args),
        Some(Command::Engine(args)) => engine::run(&args),
        Some(Command::Monitor(args)) => monitor::run(&args),
        Some(Command::Control(command)) => control::run(&command),
        Some(Command::Exporter(args)) => exporter::run(&args),
        Some(Command::Runs(args)) => runs::run(&args),
        Some(Command::Report(args)) => report::run(&args),
        Some(Command::Replay(args)) => replay::run(&args),
        Some(Command::Record(command)) => record::run(&command),
        Some(Command::Doctor(args)) => doctor::run(&args),
        Some(Command::Help(args)) => topic::run(&args),
        Some(Command::Completions(args)) => completions::run(&args),
        Some(Command::Man(args)) => man::run(&args),
        Some(Command::Agent(args)) => agent::run(&args),
    }
}
