//! `nntop monitor`: the device live, with `--once` in one snapshot, or a line per interval; of this machine or of a
//! recorded tree.

mod device;
mod stream;

pub(super) use device::{Device, reader, unread};

use super::heading;
use super::host::HostArgs;
use super::screen::LookArgs;
use super::values::{above_zero, duration, interval};
use super::{Exit, live as dashboard, output, run};
use clap::{Args, ValueEnum};
use nntop_agent::agent::{self, Surroundings};
use nntop_core::clock::{Clock, MonotonicClock};
use nntop_core::event::{Fault, Order, Plan, Readings, TIMEOUT};
use nntop_core::unit::Nanos;
use nntop_device::device_report::Snapshot;
use nntop_device::sampler::{BoardPlayer, Details, RecordedTree, Root, Samplers, Source};
use nntop_results::report::layout::fit;
use nntop_tui::tui;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;

/// The time between two states that nothing else was said of.
const SPAN: Nanos = Nanos::from_millis(1_000);

const EXAMPLES: &str = "\
Examples:
  nntop monitor                                 the live page
  nntop monitor --once --format json            one snapshot, for a program
  nntop monitor --format csv > device.csv       a row per second
  nntop monitor --format ndjson --interval 500ms --count 20
  nntop monitor --host user@board               the live page of a board, through ssh";

#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLES, next_help_heading = heading::DEVICE)]
pub(super) struct MonitorArgs {
    /// One snapshot instead of the live page
    #[arg(long)]
    pub(super) once: bool,
    /// Output format; ndjson and csv print a line per interval instead of the live page
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: MonitorFormat,
    /// Stop after N lines of ndjson or csv
    #[arg(long, value_name = "N", value_parser = above_zero, conflicts_with = "once")]
    pub(super) count: Option<u64>,
    /// Time between readings: 500ms
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = interval)]
    pub(super) interval: Nanos,
    /// Read a recorded /proc and /sys in this folder instead of this machine
    #[arg(long, value_name = "DIR")]
    pub(super) sysroot: Option<PathBuf>,
    /// The same tree later, or only what has changed in it: gives rates between the two
    #[arg(long, value_name = "DIR", requires = "sysroot")]
    pub(super) sysroot_next: Option<PathBuf>,
    /// Time between the two readings of a snapshot [default: 1s]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(super) dt: Option<Nanos>,
    /// Let the key c change the device: power mode, pinned clocks, fan, CPU governor, ending a process
    ///
    /// nntop asks before each change, and takes it back at the end.
    #[arg(long, conflicts_with_all = ["sysroot", "once", "count"])]
    pub(super) allow_control: bool,
    #[command(flatten)]
    pub(super) look: LookArgs,
    #[command(flatten)]
    pub(super) host: HostArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum MonitorFormat {
    /// One fact per line
    Text,
    /// For programs: schema nntop.device/1
    Json,
    /// The same as one line per interval, with the time
    Ndjson,
    /// A row per interval, a column per metric
    Csv,
}

pub(super) fn run(args: &MonitorArgs) -> Result<Exit, Fault> {
    let terminal = std::io::stdout().is_terminal() && std::io::stdin().is_terminal();
    let streams = matches!(args.format, MonitorFormat::Ndjson | MonitorFormat::Csv);
    // The live page is drawn here; everything else is printed there.
    if (streams || args.once || !terminal)
        && let Some(elsewhere) = args.host.forward()
    {
        return elsewhere;
    }
    if matches!(args.format, MonitorFormat::Ndjson | MonitorFormat::Csv) {
        return stream::run(args);
    }
    if args.count.is_some() {
        return Err(Fault::input("--count is for a stream of lines").hint("say which: --format ndjson or --format csv"));
    }
    if args.allow_control && !terminal {
        return Err(Fault::input("--allow-control: not a terminal, so nothing can be confirmed")
            .hint("nntop control set NAME VALUE --allow-control --yes changes the device without one"));
    }
    one_machine(args.sysroot.as_deref(), args.sysroot_next.as_deref())?;
    if terminal && !args.once {
        return watch(args);
    }
    let snapshot = match recorded_at(args.sysroot.as_deref()) {
        Some(path) => recorded(args, path)?,
        None => live(args.dt.unwrap_or(SPAN))?,
    };
    output::print(&match args.format {
        MonitorFormat::Json => snapshot.to_json(),
        _ => fit(&snapshot.to_text(), output::width(None)),
    })?;
    if !args.once {
        output::note("no terminal: this is one snapshot, as with --once");
    }
    Ok(Exit::Ok)
}

/// The live page: the same agent and the same screen as a run has, without anything to measure.
fn watch(args: &MonitorArgs) -> Result<Exit, Fault> {
    let plan = Plan {
        sample_every: args.interval,
        allow_control: args.allow_control,
        timeout: TIMEOUT,
        stay: true,
        ..Plan::default()
    };
    let surroundings = run::surroundings()?;
    let cannot_start = |e: std::io::Error| Fault::run(format!("the agent cannot be started: {e}"));
    // Kept until the end: the layout of a recorded tree goes with it.
    let mut kept = None;
    if let (Some(_), Some(tree)) = (&args.host.host, &args.sysroot) {
        return Err(Fault::input(format!("--sysroot {}: not with --host on the live page", tree.display()))
            .hint("--once shows a recorded tree on the board; without --host the live page shows one that is here"));
    }
    let board = args.host.board(&plan)?;
    let mut link = None;
    let handle = match (board, recorded_at(args.sysroot.as_deref()), &args.sysroot_next) {
        (Some(board), ..) => board.start().map(|(handle, to_board)| {
            link = Some(to_board);
            handle
        }),
        (None, None, _) => agent::spawn(surroundings),
        (None, Some(path), None) => {
            let root = kept.insert(tree(path)?).root();
            agent::spawn(Surroundings { root, ..surroundings })
        }
        (None, Some(path), Some(next)) => {
            drop(tree(path)?);
            let player = BoardPlayer::open(path, next, args.dt.unwrap_or(SPAN))
                .map_err(|e| cannot("--sysroot-next", next, &e))?;
            agent::spawn_recorded(surroundings, player)
        }
    };
    let (events, commander, ending) = handle.map_err(cannot_start)?.split();
    commander.send(Order::Start(plan));
    let mut send = |order| {
        commander.send(order);
    };
    let options = tui::Options { monitor: true, ..dashboard::options(&args.look) };
    let ended = tui::run(events, &mut send, options).map_err(|e| Fault::run(e.to_string()))?;
    drop(commander);
    let status = ending.wait();
    drop(kept);
    if let (Some(link), Some(status)) = (link, status.filter(|status| !status.success())) {
        return Err(link.lost(Some(status)));
    }
    if args.allow_control {
        super::control::say_left()?;
    }
    Ok(if ended.signal.is_some() { Exit::Interrupted } else { Exit::Ok })
}

/// Where a recorded board is to be read; `None` for `/`, which is this machine and no recording.
pub(super) fn recorded_at(sysroot: Option<&Path>) -> Option<&Path> {
    sysroot.filter(|path| !path.canonicalize().is_ok_and(|path| path == Path::new("/")))
}

/// This machine has no second state but the one that it comes to by itself.
fn one_machine(sysroot: Option<&Path>, next: Option<&Path>) -> Result<(), Fault> {
    match (recorded_at(sysroot), next) {
        (None, Some(_)) => Err(Fault::input("--sysroot-next needs a recorded tree as --sysroot")
            .hint("leave both out to watch this machine, or name a recorded tree with --sysroot")),
        _ => Ok(()),
    }
}

/// The tree at `--sysroot`, laid out to be read.
pub(super) fn tree(path: &Path) -> Result<RecordedTree, Fault> {
    RecordedTree::open(path).map_err(|e| cannot("--sysroot", path, &e))
}

fn cannot(option: &str, path: &Path, e: &std::io::Error) -> Fault {
    Fault::input(format!("{option} {}: {e}", path.display()))
        .hint("name a folder that holds a recorded proc and sys, as / does on the board")
}

fn recorded(args: &MonitorArgs, path: &Path) -> Result<Snapshot, Fault> {
    let mut tree = tree(path)?;
    let mut reader = reader(&tree.root())?;
    let first = reader.read(|source| First::read(source, Nanos::ZERO)).map_err(|e| unread(&e))?;
    match &args.sysroot_next {
        None => {
            let take = move |source: &mut Source| first.snapshot(source.samplers());
            let mut snapshot = reader.read(take).map_err(|e| unread(&e))?;
            snapshot.without_rates("rates need a second state: --sysroot-next DIR --dt 1.0");
            Ok(snapshot)
        }
        Some(next) => {
            let span = args.dt.unwrap_or(SPAN);
            tree.next(next).map_err(|e| cannot("--sysroot-next", next, &e))?;
            reader.read(move |source| first.with_rates(source, span, span)).map_err(|e| unread(&e))
        }
    }
}

fn live(span: Nanos) -> Result<Snapshot, Fault> {
    let clock = MonotonicClock::start();
    let mut reader = reader(&Root::live())?;
    let begin = clock.now();
    let first = reader.read(move |source| First::read(source, begin)).map_err(|e| unread(&e))?;
    // Nobody sends: the deadline is what is waited for.
    let (_nobody, silence) = channel::<()>();
    let _ = silence.recv_timeout(span.into());
    let end = clock.now();
    reader.read(move |source| first.with_rates(source, end, end.since(begin))).map_err(|e| unread(&e))
}

/// What a snapshot is made of.
struct First {
    readings: Readings,
    details: Details,
}

impl First {
    fn read(source: &mut Source, now: Nanos) -> Self {
        let samplers = source.samplers();
        Self { readings: samplers.sample(now), details: samplers.details() }
    }

    fn snapshot(&self, samplers: &Samplers) -> Snapshot {
        Snapshot::take(samplers, &self.readings, &self.details)
    }

    /// The snapshot with the rates until now.
    fn with_rates(&self, source: &mut Source, now: Nanos, span: Nanos) -> Snapshot {
        let samplers = source.samplers();
        let later = samplers.sample(now);
        let mut snapshot = self.snapshot(samplers);
        snapshot.add_rates(samplers, &later, span);
        snapshot
    }
}
