//! `nntop bench`: measures without a dashboard.

use super::args::{BenchArgs, Format, RunArgs};
use super::dataset::{self, Found};
use super::flame::say;
use super::output::{Output, print};
use super::report::Folder;
use super::{Exit, history, run};
use crate::headless::{Input, Progress, drive};
use nntop_core::event::{Fault, Order, Plan};
use nntop_results::report;
use nntop_results::result::{RunResult, Verdict};
use nntop_results::state::State;
use signal_hook::iterator::Signals;
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::sync::mpsc;

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
    let (state, interrupted) = measure(plan, &args.run, args.quiet, signals)?;
    let mut result = RunResult::of(&state, plan);
    history::keep(&args.run.history, &mut result);
    folder.map_or(Ok(()), |folder| folder.save(&result))?;
    let text = match args.format {
        Format::Json => result.to_json(),
        Format::Text => text(&result),
    };
    match output {
        Some(output) => output.write(&text)?,
        None => print(&text)?,
    }
    Ok(gate(run::verdict(&state, interrupted), &result, args.strict))
}

/// Measures `plan` headless and prints the table: what a dashboard does where there is no terminal.
pub(super) fn without_terminal(
    plan: &Plan,
    args: &RunArgs,
    output: Option<&Path>,
    signals: Signals,
) -> Result<Exit, Fault> {
    let output = output.map(Output::open).transpose()?;
    let (state, interrupted) = measure(plan, args, false, signals)?;
    let mut result = RunResult::of(&state, plan);
    history::keep(&args.history, &mut result);
    output.map_or(Ok(()), |output| output.write(&result.to_json()))?;
    print(&report::text(&result))?;
    Ok(gate(run::verdict(&state, interrupted), &result, false))
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

/// Measures to the end; the flag says whether somebody stopped it before.
pub(super) fn measure(plan: &Plan, args: &RunArgs, quiet: bool, mut signals: Signals) -> Result<(State, bool), Fault> {
    let (sender, input) = mpsc::sync_channel(1_024);
    let interrupts = sender.clone();
    let stop_signals = signals.handle();
    let signal_thread = std::thread::spawn(move || {
        for _ in &mut signals {
            if interrupts.send(Input::Interrupt).is_err() {
                break;
            }
        }
    });

    let (events, commander, ending) = run::agent(args.agent.as_deref())?.split();
    let (events, tape) = match &args.record {
        Some(file) => run::tape(events, plan, Some(file), &commander).map(|(events, tape)| (events, Some(tape)))?,
        None => (events, None),
    };
    commander.send(Order::Start(plan.clone()));
    let (problem_sender, problem) = mpsc::channel();
    std::thread::spawn(move || {
        let mut greeting = run::Greeting::default();
        for event in events {
            if let Err(fault) = greeting.check(&event.kind) {
                let _ = problem_sender.send(fault);
                break;
            }
            if sender.send(Input::Event(Box::new(event))).is_err() {
                break;
            }
        }
        // The end of the events has to end the input, which the signal thread would hold open.
        stop_signals.close();
    });
    let mut progress = Progress::new(plan, std::io::stderr().is_terminal(), quiet);
    let mut end = drive(
        &input,
        &|order| {
            commander.send(order);
        },
        &mut progress,
    );
    drop(input);
    // Before the agent ends: the recorder speaks through it.
    if let Some(tape) = tape {
        run::recorded(&tape.end(), &mut end.0);
    }
    drop(commander);
    ending.wait();
    drop(signal_thread);
    match problem.try_recv() {
        Ok(fault) => Err(fault),
        Err(_) => Ok(end),
    }
}
