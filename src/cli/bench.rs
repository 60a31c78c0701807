//! `nntop bench`: measures without a dashboard.

use super::dataset_input;
use super::formats::Format;
use super::heading;
use super::model_spec::MOST;
use super::output::{Output, deliver, note, print, width};
use super::report::{Folder, ReportFormat};
use super::result_format::{AsText, ResultFormat};
use super::run_args::RunArgs;
use super::values::rate;
use super::{Exit, history, run};
use clap::Args;
use nntop_core::event::{Fault, Plan};
use nntop_results::report;
use nntop_results::result::{RunResult, Verdict};
use signal_hook::iterator::Signals;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  nntop bench squeezenet.onnx                           10 s of measuring, a table
  nntop bench squeezenet.onnx -n 1000 -o result.json    1000 inferences, the whole result as JSON
  nntop bench fp32:a.onnx int8:b.onnx,threads=2         two variants in turns
  nntop bench net.onnx -b 1,8,32 --threads 1,2          every combination, and the best of them
  nntop bench net.onnx --until-ci 1%                    until the median is known to ±1 %
  nntop bench net.onnx --target 'p99<25ms'              status 3 if it is not met
  nntop bench net.onnx --engine all                     on every installed engine that reads it
  nntop bench net.onnx --scenario server --rate 200     queries that arrive at random
  nntop bench net.onnx --host user@board                on a board, through ssh; the result is here";

#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct BenchArgs {
    #[command(flatten)]
    pub(super) run: RunArgs,
    /// The same as --scenario paced --rate R: frames as a camera of R per second delivers them
    #[arg(long, value_name = "R", value_parser = rate, conflicts_with = "rate", help_heading = heading::LOAD)]
    pub(super) fps: Option<f64>,
    /// Write the result to this file instead of standard output
    #[arg(short, long, value_name = "FILE", help_heading = heading::OUTPUT, display_order = 1)]
    pub(super) output: Option<PathBuf>,
    /// Format of the result [default: by the ending of -o, else text]
    #[arg(long, value_name = "FORMAT", help_heading = heading::OUTPUT, display_order = 2)]
    pub(super) format: Option<ResultFormat>,
    /// Write the result, a report and its charts into this folder (created if missing)
    #[arg(long, value_name = "DIR", help_heading = heading::OUTPUT, display_order = 3)]
    pub(super) save_dir: Option<PathBuf>,
    /// Format of the report in --save-dir
    #[arg(long, value_name = "FORMAT", default_value = "markdown", requires = "save_dir", help_heading = heading::OUTPUT, hide_short_help = true)]
    pub(super) report_format: ReportFormat,
    /// Exit with status 4 if the verdict of a variant is INVALID
    #[arg(long, help_heading = heading::OUTPUT)]
    pub(super) strict: bool,
    /// Print no progress
    #[arg(short, long, help_heading = heading::OUTPUT)]
    pub(super) quiet: bool,
}

pub(super) fn run(args: &BenchArgs) -> Result<Exit, Fault> {
    let signals = run::signals()?;
    let args = &BenchArgs { run: dataset_input::with_dataset(&args.run)?, ..args.clone() };
    let plan = plan(args)?;
    measured(args, &plan, report::text, signals)
}

/// What the options describe. What is paced is measured back to back, too.
pub(super) fn plan(args: &BenchArgs) -> Result<Plan, Fault> {
    let mut run = args.run.clone();
    run.scenario.at(args.fps);
    let mut plan = run::bench_plan(&run)?;
    run.scenario.with_twins(&mut plan, MOST);
    Ok(plan)
}

/// Measures a plan and writes the result; `text` says how, where it is to be text.
pub(super) fn measured(args: &BenchArgs, plan: &Plan, text: AsText, signals: Signals) -> Result<Exit, Fault> {
    // An output that cannot be written is found before the measurement, not after it.
    let output = args.output.as_deref().map(Output::open).transpose()?.map(|output| output.quiet(args.quiet));
    let folder = args.save_dir.as_deref().map(|dir| Folder::make(dir, args.report_format)).transpose()?;
    let mut finished = run::measure(plan, &args.run, args.quiet, signals)?;
    history::keep(&args.run.history, &mut finished.result);
    folder.map_or(Ok(()), |folder| folder.save(&finished.result))?;
    let path = args.output.as_deref();
    deliver(output, &ResultFormat::choose(args.format, path).write(&finished.result, text, path))?;
    let verdict = if on_screen(args, &finished.result) { run::exit } else { run::verdict };
    Ok(gate(verdict(&finished), &finished.result, args.strict))
}

/// Whether the table of a sweep has just shown, on the same screen, why points failed.
fn on_screen(args: &BenchArgs, result: &RunResult) -> bool {
    let is_text = args.output.is_none() && ResultFormat::choose(args.format, None) == ResultFormat::Text;
    let shown = result.sweep.as_ref().is_some_and(|sweep| sweep.points.iter().any(|p| p.p50_ns.is_some()));
    is_text && shown && std::io::stdout().is_terminal() && std::io::stderr().is_terminal()
}

/// Measures `plan` headless and prints the table: what a dashboard does where there is no terminal.
pub(super) fn without_terminal(
    plan: &Plan,
    args: &RunArgs,
    output: Option<&Path>,
    signals: Signals,
) -> Result<Exit, Fault> {
    let file = output.map(Output::open).transpose()?;
    let mut finished = run::measure(plan, args, false, signals)?;
    history::keep(&args.history, &mut finished.result);
    let format = ResultFormat::choose(None, output);
    file.map_or(Ok(()), |file| file.write(&format.write(&finished.result, report::text, output)))?;
    print(&report::text(&finished.result, width(None)))?;
    Ok(gate(run::verdict(&finished), &finished.result, false))
}

/// What a run that went well is held to. A figure that is not to be trusted meets no target, so that an
/// invalid verdict comes first.
pub(super) fn gate(exit: Exit, result: &RunResult, strict: bool) -> Exit {
    if exit != Exit::Ok {
        return exit;
    }
    let mut broken = Vec::new();
    let invalid = result.variants.iter().filter(|v| v.verdict == Some(Verdict::Invalid));
    for v in invalid.filter(|_| strict) {
        broken
            .push((Exit::Invalid, format!("{}: INVALID, {}", v.name, v.verdict_reason.as_deref().unwrap_or_default())));
    }
    broken.extend(result.targets.iter().filter(|t| !t.met).map(|t| (Exit::Missed, t.to_string())));
    broken.iter().for_each(|(_, text)| note(text));
    broken.first().map_or(Exit::Ok, |(exit, _)| *exit)
}
