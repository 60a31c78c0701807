//! The command line: one file per subcommand. stdout is data, stderr is talk.

mod agent;
mod args;
mod bench;
mod compare;
mod control;
mod dataset;
mod demo;
mod device_args;
mod doctor;
mod engine;
mod every_engine;
mod exit;
mod exporter;
mod flame;
mod grid;
mod history;
mod live;
mod metrics;
mod model_spec;
mod monitor;
mod output;
mod profile;
mod record;
mod replay;
mod report;
mod run;
mod runs;
mod saved;
mod scenario;
mod tuning;
mod usage;
mod values;

pub use exit::Exit;

use args::{Cli, Command};
use clap::Parser;
use std::process::ExitCode;

/// Parses the command line and does what it says.
pub fn main() -> ExitCode {
    // The worker comes before everything else: its start is measured.
    if let Some(code) = crate::session::answer_as_worker() {
        return code;
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => return usage::said(&e).into(),
    };
    let result = match cli.command {
        None => live::run(&cli.run, &cli.screen),
        Some(Command::Demo(args)) => demo::run(&args),
        Some(Command::Bench(args)) => bench::run(&args),
        Some(Command::Compare(args)) => compare::run(&args),
        Some(Command::Profile(args)) => profile::run(&args),
        Some(Command::Flame(args)) => flame::run(&args),
        Some(Command::Engine(command)) => engine::run(&command),
        Some(Command::Monitor(args)) => monitor::run(&args),
        Some(Command::Control(command)) => control::run(&command),
        Some(Command::Exporter(args)) => exporter::run(&args),
        Some(Command::Runs(args)) => runs::run(&args),
        Some(Command::Report(args)) => report::run(&args),
        Some(Command::Replay(args)) => replay::run(&args),
        Some(Command::Record(command)) => record::run(&command),
        Some(Command::Doctor(args)) => doctor::run(&args),
        Some(Command::Agent(args)) => agent::run(&args),
    };
    match result {
        Ok(exit) => exit.into(),
        Err(fault) => {
            exit::say(&fault);
            Exit::of(&fault).into()
        }
    }
}
