//! `nntop bench`: measures without a dashboard.

use super::args::{BenchArgs, Format, RunArgs};
use super::dataset::{self, Found};
use super::flame::say;
use super::output::{Output, print};
use super::report::Folder;
use super::{Exit, history, run};
use nntop_core::event::{Fault, Plan};
use nntop_results::report;
use nntop_results::result::{RunResult, Verdict};
use signal_hook::iterator::Signals;
use std::io::Write;
use std::path::Path;

pub(super) fn run(args: &BenchArgs) -> Result<Exit, Fault> {
    let signals = run::signals()?;
    let args = &with_dataset(args)?;
    let plan = run::bench_plan(&args.run)?;
    measured(args, &plan, report::text, signals)
}

/// The options with the data set as an input, as far as it can be one.
pub(super) fn with_dataset(args: &BenchArgs) -> Result<BenchArgs, Fault> {
    let mut args = args.clone();
    match args.dataset.as_deref().map(|dir| (dir, dataset::look(dir))) {
        None => {}
        Some((_, Err(fault))) => return Err(fault),
        Some((_, Ok(Found::Input(path)))) => args.run.input = Some(path),
        Some((dir, Ok(Found::Others(n)))) => say(&format!(
            "note: --dataset {}: none of its {n} files is an image (.jpg, .png) or holds arrays (input_0.pb, .npz, .npy): inputs are \
             random values",
            dir.display()
        )),
    }
    Ok(args)
}

/// Measures a plan and writes the result; `text` says how, where it is to be text.
pub(super) fn measured(
    args: &BenchArgs,
    plan: &Plan,
    text: fn(&RunResult) -> String,
    signals: Signals,
) -> Result<Exit, Fault> {
    // An output that cannot be written is found before the measurement, not after it.
    let output = args.output.as_deref().map(Output::open).transpose()?;
    let folder = args.save_dir.as_deref().map(|dir| Folder::make(dir, args.report_format)).transpose()?;
    let mut finished = run::measure(plan, &args.run, args.quiet, signals)?;
    history::keep(&args.run.history, &mut finished.result);
    folder.map_or(Ok(()), |folder| folder.save(&finished.result))?;
    let text = match args.format {
        Format::Json => finished.result.to_json(),
        Format::Text => text(&finished.result),
    };
    match output {
        Some(output) => output.write(&text)?,
        None => print(&text)?,
    }
    Ok(gate(run::verdict(&finished), &finished.result, args.strict))
}

/// Measures `plan` headless and prints the table: what a dashboard does where there is no terminal.
pub(super) fn without_terminal(
    plan: &Plan,
    args: &RunArgs,
    output: Option<&Path>,
    signals: Signals,
) -> Result<Exit, Fault> {
    let output = output.map(Output::open).transpose()?;
    let mut finished = run::measure(plan, args, false, signals)?;
    history::keep(&args.history, &mut finished.result);
    output.map_or(Ok(()), |output| output.write(&finished.result.to_json()))?;
    print(&report::text(&finished.result))?;
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
    // Talk: where standard error is gone the exit code still says it.
    broken.iter().for_each(|(_, text)| drop(writeln!(std::io::stderr(), "{text}")));
    broken.first().map_or(Exit::Ok, |(exit, _)| *exit)
}
