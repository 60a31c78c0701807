//! Measuring from Rust: a plan goes in, events come out, a result is left.
//!
//! ```no_run
//! use nntop::event::Plan;
//! use nntop::session::{Error, Session};
//!
//! fn main() -> Result<(), Error> {
//!     nntop::worker_if_asked();
//!     let finished = Session::new(Plan::of("squeezenet.onnx").runs(1_000)).run(|_event| {})?;
//!     let median = finished.result.variants[0].latency_ns.map(|latency| latency.p50);
//!     println!("p50: {median:?} ns");
//!     Ok(())
//! }
//! ```
//!
//! `nntop bench`, `compare` and `profile` and the dashboard measure through this module, so a program of yours gets the same
//! numbers. There are three ways in:
//!
//! - [`Session::run`] measures to the end and hands you every event on the way.
//! - [`Session::start`] gives you a [`Running`] session: you ask for the next event yourself, send orders, look at the state.
//! - [`Running::hand_over`] gives the events to a front end that folds them itself, as the dashboard does.
//!
//! # Workers
//!
//! The measured model runs in a process of its own, a *worker*. A session starts the running program again for each worker, so
//! your `main` has to begin with [`worker_if_asked`]. If your program cannot do that, install nntop and name its binary:
//! [`Session::worker`]. A session that has neither is an [`Error::NoWorker`], before anything is started.

mod connection;
mod error;
mod finished;
mod greeting;
mod metric;
mod metric_command;
mod running;
mod silence;
mod start;
mod stopper;
mod worker;

pub use connection::{Connection, Orders};
pub use error::Error;
pub use finished::Finished;
pub use metric::{Measured, Metric};
pub use metric_command::MetricCommand;
pub use running::{Next, Running};
pub use stopper::Stopper;
pub use worker::{worker_if_asked, worker_if_asked_with};

pub(crate) use worker::answer_as_worker;

use crate::remote::Board;
use metric::Metrics;
use nntop_agent::installer::Environment;
use nntop_core::event::{Event, Plan};
use nntop_device::sampler::Root;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Events between the agent and the caller; more wait in the agent's own queue.
const WAITING: usize = 1_024;

/// What reaches a running session.
#[derive(Debug)]
enum Input {
    /// Something happened.
    Event(Box<Event>),
    /// Look at what the [`Stopper`] says.
    Stop,
    /// The other side is no agent that can be understood.
    Wrong(Error),
    /// The agent has ended.
    End,
}

/// A measurement that has not begun. [`Session::new`] takes the plan; the other methods change how and where it is measured.
#[derive(Debug)]
pub struct Session {
    plan: Plan,
    command: Option<String>,
    board: Option<Board>,
    worker: Option<PathBuf>,
    root: Root,
    environment: Environment,
    file: Option<PathBuf>,
    remember: bool,
    metrics: Metrics,
    stopper: Stopper,
    to: SyncSender<Input>,
    from: Receiver<Input>,
}

impl Session {
    /// A session that measures `plan` on this machine. A plan without a limit (see [`Plan::of`]) goes on until a
    /// [`Stopper`] stops it.
    pub fn new(plan: Plan) -> Self {
        let (to, from) = sync_channel(WAITING);
        Self {
            plan,
            command: None,
            board: None,
            worker: None,
            root: Root::live(),
            environment: Environment::of_this_process(),
            file: None,
            remember: false,
            metrics: Metrics::default(),
            stopper: Stopper::new(to.clone()),
            to,
            from,
        }
    }

    /// What is measured.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Records every event into `file`, which `nntop replay` and [`crate::recording::Recording`] read.
    #[must_use]
    pub fn record(mut self, file: impl Into<PathBuf>) -> Self {
        self.file = Some(file.into());
        self
    }

    /// Keeps the newest part of the events in memory, so that [`Connection::recorder`] can save what was just seen.
    #[must_use]
    pub fn remember(mut self) -> Self {
        self.remember = true;
        self
    }

    /// Measures through the agent behind a shell command, for example `ssh board nntop agent --stdio`, instead of in this
    /// process. Paths in the plan are the other machine's.
    #[must_use]
    pub fn agent(mut self, command: impl Into<String>) -> Self {
        self.command = Some(command.into());
        self
    }

    /// Measures on a board that is ready. Paths in the plan are this machine's.
    #[must_use]
    pub(crate) fn on(mut self, board: Board) -> Self {
        self.board = Some(board);
        self
    }

    /// Starts workers from `program`, an nntop binary or a program that begins with [`worker_if_asked`], instead of from the
    /// running program.
    #[must_use]
    pub fn worker(mut self, program: impl Into<PathBuf>) -> Self {
        self.worker = Some(program.into());
        self
    }

    /// Reads the device below `root` instead of below `/`.
    #[must_use]
    pub fn root(mut self, root: Root) -> Self {
        self.root = root;
        self
    }

    /// Looks for runtimes in `environment` instead of in this process's.
    #[must_use]
    pub fn environment(mut self, environment: Environment) -> Self {
        self.environment = environment;
        self
    }

    /// Measures a number of your own for each variant after the run, see [`Metric`]. It stands in the result as
    /// `custom_metrics`, and targets and gates may name it. A metric that fails leaves its reason there, and fails nothing else.
    ///
    /// Which names are allowed says [`check_metric_name`](nntop_core::event::check_metric_name); any other is an error of
    /// [`start`](Self::start).
    #[must_use]
    pub fn metric(mut self, name: impl Into<String>, metric: impl Metric + 'static) -> Self {
        self.metrics.add(name.into(), Box::new(metric));
        self
    }

    /// A handle that stops the session from another thread or from the callback, also before it has begun.
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// Measures to the end, and calls `on` with every event. What was measured until a [`Stopper`] stopped it is in the
    /// result, too.
    ///
    /// A variant that fails does not fail the session: its error is in the result, see [`Finished::faults`].
    ///
    /// # Errors
    /// When the session cannot begin, or the other side is no agent of this version.
    pub fn run(self, mut on: impl FnMut(&Event)) -> Result<Finished, Error> {
        let mut running = self.start()?;
        loop {
            match running.next(None)? {
                Next::Event(event) => on(&event),
                Next::Stopping | Next::Quiet => {}
                Next::Over => return Ok(running.end()),
            }
        }
    }
}
