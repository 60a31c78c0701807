//! `nntop replay`: a recording on the same dashboard, or its result where there is no terminal.

use super::args::{Format, ReplayArgs};
use super::output::{Output, print};
use super::{Exit, live, run};
use crate::session::Finished;
use nntop_core::event::Fault;
use nntop_core::unit::Nanos;
use nntop_results::recording::{Recording, play};
use nntop_results::report;
use nntop_results::result::RunResult;
use nntop_tui::tui;
use std::io::{IsTerminal, Write};
use std::sync::mpsc::channel;

pub(super) fn run(args: &ReplayArgs) -> Result<Exit, Fault> {
    let recording = Recording::open(&args.file)?;
    for note in &recording.notes {
        // Talk: where standard error is gone nobody misses it.
        let _ = writeln!(std::io::stderr(), "note: {}: {note}", args.file.display());
    }
    let terminal = std::io::stdout().is_terminal() && std::io::stdin().is_terminal();
    if args.format.is_some() || !terminal {
        return result(args, &recording);
    }
    live::check_size()?;
    let output = args.screen.output.as_deref().map(Output::open).transpose()?;
    let (plan, at, speed) = (recording.plan().clone(), args.at.unwrap_or(Nanos::ZERO), args.speed);
    let (feed, fed) = channel();
    let (order, orders) = channel();
    std::thread::Builder::new()
        .name("nntop-player".into())
        .spawn(move || play(recording, at, speed, &orders, &mut |next| feed.send(next).is_ok()))
        .map_err(|e| Fault::run(format!("cannot start a thread: {e}")))?;
    let mut playback = |said| {
        // A player that has ended has nothing more to show.
        let _ = order.send(said);
    };
    let ended =
        tui::replay(fed, &mut playback, live::options(&args.screen.look)).map_err(|e| Fault::run(e.to_string()))?;
    if let Some(output) = output {
        output.write(&RunResult::of(&ended.state, &plan).to_json())?;
    }
    Ok(if ended.signal.is_some() { Exit::Interrupted } else { Exit::Ok })
}

/// The result as of the end, or of `--at`.
fn result(args: &ReplayArgs, recording: &Recording) -> Result<Exit, Fault> {
    let output = args.screen.output.as_deref().map(Output::open).transpose()?;
    let at = args.at.map_or(recording.end(), |at| recording.start() + at);
    let mut finished = Finished::replayed(recording, at)?;
    let text = match args.format {
        Some(Format::Json) => finished.result.to_json(),
        _ => report::text(&finished.result),
    };
    print(&text)?;
    output.map_or(Ok(()), |output| output.write(&finished.result.to_json()))?;
    // What ended in an error then is one now; what was cut off, or is looked at before its end, is none.
    finished.state.done = true;
    Ok(run::verdict(&finished))
}
