//! `nntop replay`: a recording on the same dashboard, or its result where there is no terminal.

use super::formats::Format;
use super::heading;
use super::output::{Output, note, print};
use super::result_format::ResultFormat;
use super::screen::ScreenArgs;
use super::values::{position, speed};
use super::{Exit, live, run};
use crate::session::Finished;
use clap::Args;
use nntop_core::event::Fault;
use nntop_core::unit::Nanos;
use nntop_results::recording::{Recording, play};
use nntop_results::report;
use nntop_results::result::RunResult;
use nntop_tui::tui;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;

const EXAMPLES: &str = "\
Examples:
  nntop replay run.nntop                  on the dashboard
  nntop replay run.nntop --speed 10       ten times as fast
  nntop replay run.nntop --format json    the result, as the run gave it";

#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLES, next_help_heading = heading::SCREEN)]
pub(super) struct ReplayArgs {
    /// A recording: made with --record, or with the keys r and w
    #[arg(value_name = "FILE", help_heading = None::<&str>)]
    pub(super) file: PathBuf,
    /// Playback speed, 0.0625 to 256
    #[arg(long, value_name = "N", default_value_t = 1.0, value_parser = speed)]
    pub(super) speed: f64,
    /// Begin at this time from the recording's start (without a terminal: the result as of this time): 00:42, 1:02:11, 42s
    #[arg(long, value_name = "TIME", value_parser = position)]
    pub(super) at: Option<Nanos>,
    /// Print the result in this format instead of opening the dashboard
    #[arg(long, value_name = "FORMAT", help_heading = heading::OUTPUT)]
    pub(super) format: Option<ResultFormat>,
    #[command(flatten)]
    pub(super) screen: ScreenArgs,
}

pub(super) fn run(args: &ReplayArgs) -> Result<Exit, Fault> {
    let recording = Recording::open(&args.file)?;
    for note in &recording.notes {
        self::note(&format!("note: {}: {note}", args.file.display()));
    }
    let terminal = std::io::stdout().is_terminal() && std::io::stdin().is_terminal();
    if args.format.is_some() || !terminal {
        return result(args, &recording);
    }
    let output = args.screen.output.as_deref().map(Output::open).transpose()?;
    let (plan, at, speed) = (recording.plan().clone(), args.at.unwrap_or(Nanos::ZERO), args.speed);
    let (feed, replayed) = channel();
    let (order, orders) = channel();
    std::thread::Builder::new()
        .name("nntop-player".into())
        .spawn(move || play(recording, at, speed, &orders, &mut |next| feed.send(next).is_ok()))
        .map_err(|e| Fault::run(format!("cannot start a thread: {e}")))?;
    let mut playback = |said| {
        // A player that has ended has nothing more to show.
        let _ = order.send(said);
    };
    let ended = tui::replay(replayed, &mut playback, live::options(&args.screen.look))
        .map_err(|e| Fault::run(e.to_string()))?;
    if let Some(output) = output {
        output.write(&file_format(args).write(&RunResult::of(&ended.state, &plan), report::text, file(args)))?;
    }
    Ok(if ended.signal.is_some() { Exit::Interrupted } else { Exit::Ok })
}

fn file(args: &ReplayArgs) -> Option<&Path> {
    args.screen.output.as_deref()
}

/// The format of the file that `-o` names.
fn file_format(args: &ReplayArgs) -> ResultFormat {
    ResultFormat::choose(args.format, file(args))
}

/// The result as of the end, or of `--at`.
fn result(args: &ReplayArgs, recording: &Recording) -> Result<Exit, Fault> {
    let output = args.screen.output.as_deref().map(Output::open).transpose()?;
    let at = args.at.map_or(recording.end(), |at| recording.start() + at);
    let mut finished = Finished::replayed(recording, at)?;
    print(&ResultFormat::choose(args.format, None).write(&finished.result, report::text, None))?;
    output
        .map_or(Ok(()), |output| output.write(&file_format(args).write(&finished.result, report::text, file(args))))?;
    // What ended in an error then is one now; what was cut off, or is looked at before its end, is none.
    finished.state.done = true;
    Ok(run::verdict(&finished))
}
