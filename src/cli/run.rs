//! What live view and headless run have in common: the plan, the session, the end.

use super::exit::print_fault;
use super::model_spec::{Gathered, MOST, MOST_POINTS, variants};
use super::output::note;
use super::run_args::RunArgs;
use super::values::{any, duration};
use super::{Exit, metrics, overwrite};
use crate::headless::{self, Progress};
use crate::session::{Finished, Session, Stopper};
use nntop_agent::agent::{Allowed, Surroundings};
use nntop_agent::installer::Environment;
use nntop_core::event::{
    Blame, Bursts, Fault, MEASURED, Plan, SAMPLE_EVERY, Stop, TIMEOUT, UNTIL_CI, VariantSpec, Warmup,
};
use nntop_core::stats::RESOLUTION;
use nntop_core::unit::Nanos;
use nntop_device::sampler::Root;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::{Handle, Signals};
use std::io::IsTerminal;

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

/// The plan for these variants; what one is evaluated on already stays.
pub(super) fn plan_for(mut variants: Vec<VariantSpec>, args: &RunArgs, live: bool) -> Result<Plan, Fault> {
    variants.iter_mut().for_each(|v| v.options.strict_shapes = args.strict_shapes);
    args.metrics.check_targets(&args.target)?;
    let mut stop = Stop { runs: args.runs, duration: args.duration, until_ci: args.until_ci };
    if let Some(share) = args.until_ci {
        // A percentage is no binary fraction: 0.1 % has to count as 0.1 %.
        if share < RESOLUTION * (1.0 - 1e-9) {
            return Err(Fault::input(format!("--until-ci {}%: too narrow to be reached", share * 100.0))
                .hint("latencies are resolved to 0.1 %: use --until-ci 0.1% or more"));
        }
        if stop.runs.is_none() {
            stop.duration.get_or_insert(UNTIL_CI);
        }
    }
    if !live && stop == Stop::default() {
        stop.duration = Some(MEASURED);
    }
    let mut plan = Plan {
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
        timeout: args.timeout.unwrap_or(TIMEOUT),
        allow_control: false,
        stay: live,
    };
    args.accuracy.put_into(&mut plan)?;
    Ok(plan)
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
    if let Ok(runs) = any(text) {
        return Ok(Warmup { runs, duration: Nanos::ZERO, steady: false });
    }
    let wrong =
        |e| Fault::input(format!("--warmup {text}: {e}")).hint("a number of inferences (50), a time (2s), or steady");
    Ok(Warmup { runs: 0, duration: duration(text).map_err(wrong)?, steady: false })
}

/// The surroundings of this process.
pub(super) fn surroundings() -> Result<Surroundings, Fault> {
    let program = std::env::current_exe()
        .map_err(|e| Fault::run(format!("the path of this program, needed to start workers, is unknown: {e}")))?;
    Ok(Surroundings { program, root: Root::live(), environment: Environment::of_this_process(), allowed: Allowed::ALL })
}

/// The session that the options describe.
///
/// # Errors
/// When its recording would replace a file that it must not, or the board cannot be prepared.
pub(super) fn session(plan: Plan, args: &RunArgs) -> Result<Session, Fault> {
    args.record.as_deref().map_or(Ok(()), overwrite::check).map_err(|fault| fault.about("--record"))?;
    let session = Session::new(plan);
    let session = args.record.iter().fold(session, |session, file| session.record(file));
    let session = match args.host.board(session.plan())? {
        Some(board) => session.on(board),
        None => session,
    };
    let session = args.agent.iter().fold(session, |session, command| session.agent(command));
    Ok(args.metrics.put_into(session))
}

/// Lets signals stop a session until this is dropped.
pub(super) struct Interrupts(Handle);

impl Interrupts {
    /// The first signal stops it after the block in hand, a second one at once.
    pub(super) fn stop(mut signals: Signals, stopper: Stopper) -> Result<Self, Fault> {
        let handle = signals.handle();
        std::thread::Builder::new()
            .name("nntop-signals".into())
            .spawn(move || signals.forever().for_each(|_| stopper.stop()))
            .map_err(|e| Fault::run(format!("cannot start a thread: {e}")))?;
        Ok(Self(handle))
    }
}

impl Drop for Interrupts {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// Measures without a dashboard to the end, or until a signal stops it.
pub(super) fn measure(plan: &Plan, args: &RunArgs, quiet: bool, signals: Signals) -> Result<Finished, Fault> {
    let session = session(plan.clone(), args)?;
    let _interrupts = Interrupts::stop(signals, session.stopper())?;
    let mut progress = Progress::new(plan, std::io::stderr().is_terminal(), quiet);
    let finished = headless::run(session, &mut progress)?;
    warn(&finished);
    Ok(finished)
}

/// Says what the recording has lost, and which metrics could not be measured.
pub(super) fn warn(finished: &Finished) {
    metrics::warn(finished);
    let Some(recorder) = &finished.lost else { return };
    let lost = recorder.lost.as_deref().unwrap_or_default();
    note(&format!("warning: recording {}: {lost}", recorder.path));
}

/// Says why variants failed, and gives the exit code that the run ends with.
pub(super) fn verdict(finished: &Finished) -> Exit {
    finished.faults().iter().for_each(|fault| print_fault(fault));
    exit(finished)
}

/// The same where the errors are on the screen already, in the table of a sweep.
pub(super) fn exit(finished: &Finished) -> Exit {
    let faults = finished.faults();
    if faults.iter().any(|f| f.blame == Blame::Run) {
        Exit::Failed
    } else if !faults.is_empty() {
        Exit::Usage
    } else if finished.interrupted {
        Exit::Interrupted
    } else if !finished.is_complete() {
        print_fault(&finished.broken.clone().unwrap_or_else(|| Fault::run("the agent ended before the run did")));
        Exit::Failed
    } else {
        Exit::Ok
    }
}
