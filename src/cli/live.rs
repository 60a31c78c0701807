//! `nntop MODEL...`: the live dashboard, or, where there is no terminal, the same measurement headless.

use super::formats::Format;
use super::output::{Output, note, print, width};
use super::result_format::ResultFormat;
use super::run::Interrupts;
use super::run_args::RunArgs;
use super::screen::{LookArgs, ScreenArgs};
use super::{Exit, bench, dataset_input, history, run};
use crate::session::{Next, Running};
use nntop_core::event::{Event, Fault, Kind, Outcome};
use nntop_results::report;
use nntop_results::result::RunResult;
use nntop_state::Variant;
use nntop_tui::tui::{self, Background, Colors, RecorderOrder};
use std::io::IsTerminal;
use std::path::Path;

pub(super) fn run(args: &RunArgs, screen: &ScreenArgs) -> Result<Exit, Fault> {
    let signals = run::signals()?;
    let args = &dataset_input::with_dataset(args)?;
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        let plan = run::bench_plan(args)?;
        note("no terminal: measuring without the dashboard, as nntop bench does");
        return bench::without_terminal(&plan, args, screen.output.as_deref(), signals);
    }
    let plan = run::plan(args, true)?;
    let output = screen.output.as_deref().map(Output::open).transpose()?;
    let format = ResultFormat::choose(None, screen.output.as_deref());
    let written = |result: &RunResult| format.write(result, report::text, screen.output.as_deref());
    let session = run::session(plan, args)?.remember();
    let interrupts = Interrupts::stop(signals, session.stopper())?;
    let mut running = session.start()?;
    let seen = match preflight(&mut running)? {
        Preflight::Go(seen) => seen,
        Preflight::Failed => {
            run::verdict(&running.end());
            return Ok(Exit::Usage);
        }
        Preflight::Interrupted => {
            let result = running.end().result;
            output.map_or(Ok(()), |output| output.write(&written(&result)))?;
            return Ok(Exit::Interrupted);
        }
    };
    // From here on the dashboard catches signals itself.
    drop(interrupts);
    let (events, connection) = running.hand_over(seen)?;
    let mut send = |order| connection.send(order);
    let mut record = |order| {
        connection.recorder().is_some_and(|recorder| match order {
            RecorderOrder::Start(path) => recorder.start(Path::new(&path)),
            RecorderOrder::Stop => recorder.stop(),
            RecorderOrder::Save(path) => recorder.save(Path::new(&path)),
        })
    };
    let ended = tui::run_recorded(events, &mut send, &mut record, options(&screen.look))
        .map_err(|e| Fault::run(e.to_string()))?;
    let mut finished = connection.end(ended.state, ended.signal.is_some());
    run::warn(&finished);
    let number = history::keep(&args.history, &mut finished.result);
    if let Some(output) = output {
        output.write(&written(&finished.result))?;
    }
    // The screen is gone with all that was on it: what was measured stays in the shell's window.
    let mut left = report::summary(&finished.result, width(None));
    if let Some(number) = number {
        left += &format!(" run {number} in the history: nntop runs show {number}\n");
    }
    print(&left)?;
    // Quitting a dashboard is no interruption: it is how one ends. A lost link is not.
    finished.state.done |= finished.broken.is_none();
    Ok(bench::gate(run::verdict(&finished), &finished.result, false))
}

/// What the options and the environment say of the screen.
pub(super) fn options(look: &LookArgs) -> tui::Options {
    let variable = |name: &str| std::env::var(name).ok();
    tui::Options {
        fps: u16::from(look.fps),
        ascii: look.ascii || !utf8_locale(),
        low_bandwidth: look.low_bandwidth,
        colors: Colors::detect(variable),
        background: look.theme.background().or_else(|| Background::from_environment(variable)),
        flame: super::profile::flame_of,
        mouse: !look.no_mouse,
        monitor: false,
    }
}

/// Whether the terminal shows UTF-8, as far as the locale tells. No locale at all is a bare container more
/// often than a terminal of the seventies.
fn utf8_locale() -> bool {
    let var = |name: &str| std::env::var(name).ok().filter(|v| !v.is_empty());
    ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().all(|name| var(name).is_none()) || tui::locale_is_utf8(var)
}

/// What came of the look at the models.
enum Preflight {
    /// The events until now.
    Go(Vec<Event>),
    /// None of the models can be read.
    Failed,
    /// A signal came.
    Interrupted,
}

/// Looks at what the models are before the screen is taken: when none of them can be read, an error line
/// says more than a dashboard with nothing on it.
fn preflight(running: &mut Running) -> Result<Preflight, Fault> {
    let mut seen = Vec::new();
    let wanted = running.connection().plan().variants.len();
    loop {
        let event = match running.next(None)? {
            Next::Event(event) => event,
            Next::Stopping => return Ok(Preflight::Interrupted),
            Next::Quiet => continue,
            Next::Over => break,
        };
        let fetching = matches!(event.kind, Kind::Progress { .. });
        seen.push(*event);
        let variants = &running.state().variants;
        let settled = variants.iter().filter(|v| v.model.is_some() || v.outcome.is_some()).count();
        if fetching || settled == wanted {
            break;
        }
    }
    let variants = &running.state().variants;
    let failed = |v: &Variant| matches!(v.outcome, Some(Outcome::Failed { .. }));
    Ok(if !variants.is_empty() && variants.iter().all(failed) { Preflight::Failed } else { Preflight::Go(seen) })
}
