//! `nntop MODEL...`: the live dashboard, or, where there is no terminal, the same measurement headless.

use super::args::{LookArgs, RunArgs, ScreenArgs};
use super::output::Output;
use super::{Exit, bench, history, run};
use nntop_core::event::{Event, Fault, Kind, Order, Outcome, Plan};
use nntop_results::result::RunResult;
use nntop_results::state::State;
use nntop_tui::tui::{self, Colors, TapeOrder};
use signal_hook::iterator::Signals;
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};

pub(super) fn run(args: &RunArgs, screen: &ScreenArgs) -> Result<Exit, Fault> {
    let signals = run::signals()?;
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        let _ = writeln!(std::io::stderr(), "no terminal: measuring without the dashboard, as nntop bench does");
        return bench::without_terminal(&run::bench_plan(args)?, args, screen.output.as_deref(), signals);
    }
    let plan = run::plan(args, true)?;
    check_size()?;
    let output = screen.output.as_deref().map(Output::open).transpose()?;
    let (events, commander, ending) = run::agent(args.agent.as_deref())?.split();
    let (events, tape) = run::tape(events, &plan, args.record.as_deref(), &commander)?;
    commander.send(Order::Start(plan.clone()));
    let events = match preflight(events, &plan, signals)? {
        Preflight::Go(events) => events,
        Preflight::Failed => {
            drop(tape);
            drop(commander);
            ending.wait();
            return Ok(Exit::Usage);
        }
        Preflight::Interrupted(state) => {
            drop(tape);
            drop(commander);
            ending.wait();
            output.map_or(Ok(()), |output| output.write(&RunResult::of(&state, &plan).to_json()))?;
            return Ok(Exit::Interrupted);
        }
    };
    let mut send = |order| {
        commander.send(order);
    };
    let mut order = |order| match order {
        TapeOrder::Start(path) => tape.start(Path::new(&path)),
        TapeOrder::Stop => tape.stop(),
        TapeOrder::Save(path) => tape.save(Path::new(&path)),
    };
    let ended = tui::run_recorded(events, &mut send, &mut order, options(&screen.look));
    // Before the agent ends: the recorder speaks through it.
    let summary = tape.end();
    drop(commander);
    ending.wait();
    let mut ended = ended.map_err(|e| Fault::run(e.to_string()))?;
    run::recorded(&summary, &mut ended.state);
    let mut result = RunResult::of(&ended.state, &plan);
    history::keep(&args.history, &mut result);
    if let Some(output) = output {
        output.write(&result.to_json())?;
    }
    // Quitting a dashboard is no interruption: it is how one ends.
    let mut quit = ended.state;
    quit.done = true;
    Ok(bench::gate(run::verdict(&quit, ended.signal.is_some()), &result, false))
}

/// What the options and the environment say of the screen.
pub(super) fn options(look: &LookArgs) -> tui::Options {
    tui::Options {
        fps: u16::from(look.fps),
        ascii: look.ascii || !utf8_locale(),
        low_bandwidth: look.low_bandwidth,
        colors: Colors::detect(|name| std::env::var(name).ok()),
        flame: super::profile::flame_of,
        mouse: !look.no_mouse,
        monitor: false,
    }
}

pub(super) fn check_size() -> Result<(), Fault> {
    let (width, height) = crossterm::terminal::size()
        .map_err(|e| Fault::run(format!("the terminal does not say how large it is: {e}")))?;
    let (least_width, least_height) = tui::MIN_SIZE;
    if width < least_width || height < least_height {
        return Err(Fault::input(format!(
            "the terminal is {width}x{height}: the dashboard needs at least {least_width}x{least_height}"
        ))
        .hint("enlarge it, or measure without a dashboard: nntop bench"));
    }
    Ok(())
}

/// Whether the terminal shows UTF-8, as far as the locale tells. No locale at all is a bare container more
/// often than a terminal of the seventies.
fn utf8_locale() -> bool {
    let var = |name: &str| std::env::var(name).ok().filter(|v| !v.is_empty());
    ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().all(|name| var(name).is_none()) || tui::locale_is_utf8(var)
}

/// What came of the look at the models.
enum Preflight {
    /// The events, from the first on.
    Go(Receiver<Event>),
    /// None of them can be read; that has been said.
    Failed,
    /// A signal came; this was known by then.
    Interrupted(Box<State>),
}

/// Looks at what the models are before the screen is taken: when none of them can be read, an error line
/// says more than a dashboard with nothing on it.
fn preflight(events: Receiver<Event>, plan: &Plan, mut signals: Signals) -> Result<Preflight, Fault> {
    let (said, inputs) = channel();
    let caught = said.clone();
    let handle = signals.handle();
    let thread = |name: &str| std::thread::Builder::new().name(format!("nntop-{name}"));
    let cannot = |e| Fault::run(format!("cannot start a thread: {e}"));
    thread("signals").spawn(move || signals.forever().all(|_| caught.send(None).is_ok())).map_err(cannot)?;
    thread("preflight").spawn(move || events.into_iter().all(|e| said.send(Some(e)).is_ok())).map_err(cannot)?;

    let (sender, passed) = channel();
    let mut state = State::default();
    let mut greeting = run::Greeting::default();
    for input in inputs.iter() {
        let Some(event) = input else { return Ok(Preflight::Interrupted(Box::new(state))) };
        greeting.check(&event.kind)?;
        state.apply(&event);
        let fetching = matches!(event.kind, Kind::Progress { .. });
        // The receiver is in this function.
        let _ = sender.send(event);
        let settled = state.variants.iter().filter(|v| v.model.is_some() || v.outcome.is_some()).count();
        if fetching || settled == plan.variants.len() {
            break;
        }
    }
    let failed = |v: &nntop_results::state::Variant| matches!(v.outcome, Some(Outcome::Failed { .. }));
    if !state.variants.is_empty() && state.variants.iter().all(failed) {
        run::verdict(&state, false);
        return Ok(Preflight::Failed);
    }
    // From here on the dashboard catches signals itself.
    handle.close();
    thread("events").spawn(move || inputs.into_iter().flatten().all(|e| sender.send(e).is_ok())).map_err(cannot)?;
    Ok(Preflight::Go(passed))
}
