//! `nntop MODEL...`: the live dashboard, or, where there is no terminal, the same measurement headless.

use super::args::{LookArgs, RunArgs, ScreenArgs};
use super::output::Output;
use super::{Exit, bench, run};
use crate::event::{Event, Fault, Kind, Order, Outcome, Plan};
use crate::result::RunResult;
use crate::state::State;
use crate::tui::{self, Colors};
use std::io::{IsTerminal, Write};
use std::sync::mpsc::{Receiver, channel};

pub(super) fn run(args: &RunArgs, screen: &ScreenArgs) -> Result<Exit, Fault> {
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        let _ = writeln!(std::io::stderr(), "no terminal: measuring without the dashboard, as nntop bench does");
        return bench::without_terminal(&run::bench_plan(args)?, args, screen.output.as_deref());
    }
    let plan = run::plan(args, true)?;
    check_size()?;
    let output = screen.output.as_deref().map(Output::open).transpose()?;
    let (events, commander, ending) = run::agent(args.agent.as_deref())?.split();
    commander.send(Order::Start(plan.clone()));
    let Some(events) = preflight(events, &plan)? else {
        drop(commander);
        ending.wait();
        return Ok(Exit::Usage);
    };
    let mut send = |order| {
        commander.send(order);
    };
    let options = options(&screen.look);
    let ended = tui::run(events, &mut send, options).map_err(|e| Fault::run(e.to_string()))?;
    drop(commander);
    ending.wait();
    if let Some(output) = output {
        output.write(&RunResult::of(&ended.state, &plan).to_json())?;
    }
    // Quitting a dashboard is no interruption: it is how one ends.
    let mut quit = ended.state;
    quit.done = true;
    Ok(run::verdict(&quit, ended.signal.is_some()))
}

/// What the options and the environment say of the screen.
pub(super) fn options(look: &LookArgs) -> tui::Options {
    tui::Options {
        fps: u16::from(look.fps),
        ascii: look.ascii || !utf8_locale(),
        low_bandwidth: look.low_bandwidth,
        colors: Colors::detect(|name| std::env::var(name).ok()),
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

/// Looks at what the models are before the screen is taken: when none of them can be read, an error line
/// says more than a dashboard with nothing on it. Returns the events from the first on.
fn preflight(events: Receiver<Event>, plan: &Plan) -> Result<Option<Receiver<Event>>, Fault> {
    let (sender, passed) = channel();
    let mut state = State::default();
    let mut greeting = run::Greeting::default();
    for event in events.iter() {
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
    let failed = |v: &crate::state::Variant| matches!(v.outcome, Some(Outcome::Failed { .. }));
    if !state.variants.is_empty() && state.variants.iter().all(failed) {
        run::verdict(&state, false);
        return Ok(None);
    }
    std::thread::Builder::new()
        .name("nntop-preflight".into())
        .spawn(move || events.into_iter().all(|e| sender.send(e).is_ok()))
        .map_err(|e| Fault::run(format!("cannot start a thread: {e}")))?;
    Ok(Some(passed))
}
