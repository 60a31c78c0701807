//! What live view and headless run have in common: the plan, the agent, the end.

use super::Exit;
use super::args::{RunArgs, duration};
use super::exit::say;
use super::model_spec::{Gathered, MOST, MOST_POINTS, variants};
use nntop_agent::agent::{self, Commander, Handle, Surroundings};
use nntop_agent::installer::Environment;
use nntop_core::event::{Blame, Bursts, Event, Fault, Kind, Order, Outcome, Plan, Stop, VariantSpec, Warmup};
use nntop_core::stats::RESOLUTION;
use nntop_core::unit::Nanos;
use nntop_device::sampler::Root;
use nntop_results::recording::{Summary, Tape};
use nntop_results::state::State;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io::Write;
use std::path::Path;
use std::sync::mpsc::Receiver;

/// How often the device is sampled.
const SAMPLE_EVERY: Nanos = Nanos::from_millis(1_000);

/// Measured time per variant of a headless run that says nothing else.
const HEADLESS: Nanos = Nanos::from_millis(10_000);

/// Measured time per variant after which `--until-ci` gives up, where nothing else bounds it: ±1 % of blocks that
/// spread by 10 % takes two minutes in A/B.
const UNTIL_CI: Nanos = Nanos::from_millis(300_000);

/// The plan that the options describe: all variants in turns, the points of a grid among them. A live run goes on
/// until it is told otherwise.
pub(super) fn plan(args: &RunArgs, live: bool) -> Result<Plan, Fault> {
    let Gathered { variants, .. } = variants(args, MOST)?;
    plan_for(variants, args, live)
}

/// The plan of a headless run: the points of a grid one after the other, other variants in turns.
pub(super) fn bench_plan(args: &RunArgs) -> Result<Plan, Fault> {
    let Gathered { variants, sweep } = variants(args, MOST_POINTS)?;
    if args.parallel && sweep.is_some() {
        return Err(Fault::input("--parallel: the points of a grid are measured one after the other, each alone")
            .hint("leave --parallel out, or name the variants one by one: a.onnx,threads=1 a.onnx,threads=2"));
    }
    Ok(Plan { sweep, ..plan_for(variants, args, false)? })
}

fn plan_for(variants: Vec<VariantSpec>, args: &RunArgs, live: bool) -> Result<Plan, Fault> {
    let mut stop = Stop { runs: args.runs, duration: args.duration, until_ci: args.until_ci };
    if let Some(share) = args.until_ci {
        // A percentage is no binary fraction: 0.1 % has to count as 0.1 %.
        if share < RESOLUTION * (1.0 - 1e-9) {
            return Err(Fault::input(format!("--until-ci {}%: no interval is ever narrower", share * 100.0))
                .hint("0.1% is what latencies are told apart by: --until-ci 0.1% or more"));
        }
        if stop.runs.is_none() {
            stop.duration.get_or_insert(UNTIL_CI);
        }
    }
    if !live && stop == Stop::default() {
        stop.duration = Some(HEADLESS);
    }
    Ok(Plan {
        stop,
        warmup: args.warmup.as_deref().map_or(Ok(Warmup::default()), warmup)?,
        targets: args.target.clone(),
        parallel: args.parallel,
        sweep: None,
        bursts: match (args.no_profile, live) {
            (true, _) => Bursts::OnDemand,
            (false, true) => Bursts::Regular,
            (false, false) => Bursts::AtEnd,
        },
        require_ep: require_ep(args, &variants)?,
        variants,
        may_install: !args.offline,
        sample_every: SAMPLE_EVERY,
        idle: args.idle.unwrap_or_default(),
        allow_control: false,
        stay: live,
    })
}

/// Whether fallback is a failure; asked for where no provider is, it would pass whatever happened.
fn require_ep(args: &RunArgs, variants: &[VariantSpec]) -> Result<bool, Fault> {
    if args.require_ep && variants.iter().all(|v| v.options.providers.is_empty() && v.options.device.is_none()) {
        return Err(Fault::input("--require-ep: no execution provider is asked for")
            .hint("name it, for example --ep cuda --require-ep, or per model: net.onnx,ep=cuda"));
    }
    Ok(args.require_ep)
}

/// The signals that end a measurement, caught from here on: what comes before it begins counts as well.
pub(super) fn signals() -> Result<Signals, Fault> {
    Signals::new([SIGINT, SIGTERM, SIGHUP]).map_err(|e| Fault::run(format!("signals cannot be caught: {e}")))
}

/// `50` inferences, or `2s`, or until `steady`.
fn warmup(text: &str) -> Result<Warmup, Fault> {
    if text == "steady" {
        return Ok(Warmup::default());
    }
    if let Ok(runs) = text.parse::<u64>() {
        return Ok(Warmup { runs, duration: Nanos::ZERO, steady: false });
    }
    let wrong =
        |e| Fault::input(format!("--warmup {text}: {e}")).hint("a number of inferences (50), a time (2s), or steady");
    Ok(Warmup { runs: 0, duration: duration(text).map_err(wrong)?, steady: false })
}

/// The surroundings of this process.
pub(super) fn surroundings() -> Result<Surroundings, Fault> {
    let program = std::env::current_exe()
        .map_err(|e| Fault::run(format!("this program does not know its own path, which its workers need: {e}")))?;
    Ok(Surroundings { program, root: Root::live(), environment: Environment::of_this_process() })
}

/// An agent in this process, or the one behind the command that was given.
pub(super) fn agent(command: Option<&str>) -> Result<Handle, Fault> {
    let Some(command) = command else {
        return agent::spawn(surroundings()?).map_err(|e| Fault::run(format!("the agent cannot be started: {e}")));
    };
    // A command line, as ssh would take it.
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", command]);
    agent::connect(&mut shell).map_err(|e| Fault::run(format!("--agent {command}: cannot be started: {e}")))
}

/// Puts a recorder between the agent and the front end. What becomes of it goes into the stream.
pub(super) fn tape(
    events: Receiver<Event>,
    plan: &Plan,
    file: Option<&Path>,
    commander: &Commander,
) -> Result<(Receiver<Event>, Tape), Fault> {
    let commander = commander.clone();
    let report = Box::new(move |said| {
        commander.send(Order::Recorder(said));
    });
    Tape::tap(events, plan, file, report).map_err(|e| Fault::run(format!("the recorder cannot be started: {e}")))
}

/// Says what a recording has lost, and sees that the result says it, too: the stream may have ended before.
pub(super) fn recorded(summary: &Summary, state: &mut State) {
    let Some(recorder) = &summary.lost else { return };
    let lost = recorder.lost.as_deref().unwrap_or_default();
    // Talk: where standard error is gone the result still says it.
    let _ = writeln!(std::io::stderr(), "warning: recording {}: {lost}", recorder.path);
    if state.recording.lost.is_none() {
        state.apply(&Event::new(state.now, Kind::Recorder(recorder.clone())));
    }
}

/// Says why variants failed, and gives the exit code that the run ends with.
pub(super) fn verdict(state: &State, interrupted: bool) -> Exit {
    let mut faults: Vec<&Fault> = Vec::new();
    for v in &state.variants {
        // Two variants that fail alike are one error.
        if let Some(Outcome::Failed { error }) = &v.outcome
            && !faults.contains(&error)
        {
            say(error);
            faults.push(error);
        }
    }
    if faults.iter().any(|f| f.blame == Blame::Run) {
        Exit::Failed
    } else if !faults.is_empty() {
        Exit::Usage
    } else if interrupted {
        Exit::Interrupted
    } else if !state.done {
        say(&Fault::run("the agent ended before the run did"));
        Exit::Failed
    } else {
        Exit::Ok
    }
}

/// Makes sure that what speaks is an agent that can be understood: its first event has to say so.
#[derive(Debug, Default)]
pub(super) struct Greeting {
    met: bool,
}

impl Greeting {
    /// Looks at the next event.
    pub(super) fn check(&mut self, kind: &Kind) -> Result<(), Fault> {
        match kind {
            Kind::Hello(hello) => hello.protocol.check().map(drop)?,
            _ if self.met => {}
            other => {
                let said = match other {
                    Kind::Log(line) => format!(": {}", line.text),
                    _ => String::new(),
                };
                return Err(Fault::run(format!("--agent: what answers is no nntop agent{said}")).hint(
                    "the command has to run `nntop agent --stdio`, and nothing in front of it may print to standard output",
                ));
            }
        }
        self.met = true;
        Ok(())
    }
}
