//! The agent's one loop: commands, workers, deadlines and samplers, one thing after the other.
//!
//! It decides nothing about the run: what happens goes to the [`Schedule`], and what that returns is carried out here.

mod controlling;
mod listening;
mod sampling;
mod starting;

use super::Surroundings;
use super::child::Says;
use super::hub::Hub;
use super::processes::Processes;
use super::schedule::{Do, Happened, Request, RunId, Schedule};
use nntop_core::clock::{Clock, MonotonicClock};
use nntop_core::event::{
    Answer, Command, Event, Fault, Hello, Kind, OpProfile, Order, PROTOCOL, Plan, Reply, Severity, Slot,
};
use nntop_device::sampler::{BoardPlayer, Reader, host_info};
use nntop_engine::worker::Task;
use std::collections::{BTreeMap, VecDeque};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, MissedTickBehavior, sleep_until};

/// How often power rails are read while something is measured: energy needs more readings than a screen.
const RAILS_EVERY: Duration = Duration::from_millis(100);

/// What reaches the loop from inside.
enum Note {
    /// Something from the worker of a run.
    Worker(RunId, Says),
    /// Something from the second session of a run, which is only profiled.
    Session(RunId, Says),
    /// The library for a run, or why there is none.
    Library(RunId, Result<String, Fault>),
    /// What a burst of a run has found, or why nothing.
    Findings(RunId, Box<Result<OpProfile, String>>),
    /// An event from a blocking job.
    Report(Box<Kind>),
}

struct Supervisor {
    surroundings: Surroundings,
    hub: Hub,
    notes: UnboundedSender<Note>,
    schedule: Schedule,
    /// The processes of each variant's current run.
    processes: BTreeMap<Slot, Processes>,
    /// Held while a library is looked for.
    resolving: Arc<Mutex<()>>,
    /// The scheduler has ended.
    quit: bool,
    /// Reads the device; `None` once a recorded board can no longer be read.
    reader: Option<Reader>,
    /// Whether it is to be read: from the plan on.
    sampling: bool,
    /// Whether the `about` event has been sent.
    reported_about: bool,
    /// How often processes are looked at, and when next.
    watching: Option<(Duration, Instant)>,
    /// What is searched for among them.
    searched: String,
    /// What changes the device, where the plan allows it.
    controls: Option<controlling::Held>,
    /// Nanoseconds that the passes over the power rails alone took since the last full one.
    rails_cost: u64,
}

/// Runs an agent until its front end leaves or the plan is done.
pub(super) async fn run(
    surroundings: Surroundings,
    player: Option<BoardPlayer>,
    out: Sender<Event>,
    mut commands: UnboundedReceiver<Command>,
) {
    let clock = MonotonicClock::start();
    let (notes, mut inbox) = unbounded_channel();
    let reader = match player {
        Some(player) => Reader::start_recorded(player),
        None => Reader::start(&surroundings.root),
    };
    let (reader, unread) = match reader {
        Ok(reader) => (Some(reader), None),
        Err(e) => (None, Some(format!("the device cannot be read: a thread cannot be started: {e}"))),
    };
    let mut this = Supervisor {
        hub: Hub::new(clock, out),
        surroundings,
        notes,
        schedule: Schedule::default(),
        processes: BTreeMap::new(),
        resolving: Arc::default(),
        quit: false,
        reader,
        sampling: false,
        reported_about: false,
        watching: None,
        searched: String::new(),
        controls: None,
        rails_cost: 0,
    };
    this.hello();
    if let Some(text) = unread {
        this.hub.log(None, Severity::Error, text);
    }
    let mut sampling = every(Duration::from_secs(1));
    let mut rails = every(RAILS_EVERY);
    while !this.quit {
        let deadline = this.deadline();
        let look = this.watching.map(|(_, at)| at);
        tokio::select! {
            biased;
            command = commands.recv() => match command {
                Some(command) => {
                    if let Some(period) = this.obey(command) {
                        sampling = every(period);
                    }
                }
                None => break,
            },
            Some(note) = inbox.recv() => this.note(note),
            () = reached(deadline) => this.happen(Happened::Deadline),
            _ = sampling.tick(), if this.sampling => this.sample(),
            () = reached(look), if this.sampling => this.look(),
            _ = rails.tick(), if this.schedule.wants_rails() => this.sample_rails(),
        }
    }
    this.undo_controls();
    while let Ok(note) = inbox.try_recv() {
        if let Note::Report(kind) = note {
            this.hub.report(*kind);
        }
    }
}

/// Ticks that are not caught up with.
fn every(period: Duration) -> tokio::time::Interval {
    let mut interval = tokio::time::interval(period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Skip);
    interval
}

/// Waits until `at`; for ever where there is nothing to wait for.
async fn reached(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}

impl Supervisor {
    fn hello(&mut self) {
        let told = self.reader.as_mut().and_then(|reader| reader.read(|source| host_info(source.root())).ok());
        let info = told.unwrap_or_else(|| host_info(&self.surroundings.root));
        let wall = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let zero = wall.saturating_sub(self.hub.clock().now().into());
        self.hub.report(Kind::Hello(Hello {
            protocol: PROTOCOL,
            nntop: env!("CARGO_PKG_VERSION").into(),
            wall_unix_ns: zero.as_nanos() as u64,
            info,
        }));
    }

    /// Carries a command out and answers it. Returns the sampling period when the plan has just begun.
    fn obey(&mut self, command: Command) -> Option<Duration> {
        let id = command.id;
        let mut period = None;
        let request = match command.order {
            Order::Start(plan) => {
                period = self.prepare(&plan);
                Request::Start(Box::new(plan))
            }
            Order::Pause => Request::Pause,
            Order::Resume => Request::Resume,
            Order::Restart { variant } => Request::Restart(variant),
            Order::Profile { variant } => Request::Profile(variant),
            Order::Stop => Request::Stop,
            Order::Control { name, value, keep } => {
                self.control(id, name, value, keep);
                return None;
            }
            Order::Tick(tick) => {
                self.hub.report(Kind::Tick(tick));
                return None;
            }
            Order::Recorder(recorder) => {
                self.hub.report(Kind::Recorder(recorder));
                return None;
            }
            Order::Watch { every, filter } => {
                self.watch(every, filter);
                self.hub.report(Kind::Answer(Answer { id, reply: Reply::Done }));
                return None;
            }
            Order::Mark => {
                self.hub.report(Kind::Mark {});
                self.hub.report(Kind::Answer(Answer { id, reply: Reply::Done }));
                return None;
            }
        };
        self.happen(Happened::Asked { id, request });
        period
    }

    /// Opens the device for a plan that is about to begin. Returns how often it is sampled.
    fn prepare(&mut self, plan: &Plan) -> Option<Duration> {
        if self.schedule.plan().is_some() {
            return None;
        }
        self.probe();
        if plan.allow_control {
            self.allow_control();
        }
        Some(Duration::from(plan.sample_every).max(Duration::from_millis(10)))
    }

    fn note(&mut self, note: Note) {
        match note {
            Note::Report(kind) => self.hub.report(*kind),
            Note::Library(of, library) => self.library_found(of, library),
            Note::Worker(of, says) => self.worker_says(of, says),
            Note::Session(of, says) => self.session_says(of, says),
            Note::Findings(of, result) => self.happen(Happened::Profiled { of, result: *result }),
        }
    }

    /// The processes of a run, unless it has ended.
    fn current(&mut self, of: RunId) -> Option<&mut Processes> {
        self.processes.get_mut(&of.slot).filter(|processes| processes.id == of)
    }

    /// When the scheduler wants to be called next.
    fn deadline(&self) -> Option<Instant> {
        let now = self.hub.clock().now();
        self.schedule.deadline().map(|at| Instant::now() + Duration::from(at.since(now)))
    }

    /// Hands something to the scheduler and carries out what it returns.
    fn happen(&mut self, happened: Happened<'_>) {
        let todo = self.schedule.take(happened, self.hub.clock().now());
        self.carry_out(todo);
    }

    /// Carries out what the scheduler wants, and what it wants next where something came of it at once.
    fn carry_out(&mut self, mut todo: Vec<Do>) {
        let mut came = VecDeque::new();
        loop {
            for each in todo {
                came.extend(self.carry_out_one(each));
            }
            let Some(happened) = came.pop_front() else { return };
            todo = self.schedule.take(happened, self.hub.clock().now());
        }
    }

    fn carry_out_one(&mut self, each: Do) -> Option<Happened<'static>> {
        match each {
            Do::Report(kind) => self.hub.report(*kind),
            Do::Sample => {
                self.sample();
                return Some(Happened::Sampled);
            }
            Do::SampleRails => self.sample_rails(),
            Do::FindLibrary(of) => return self.find_library(of),
            Do::Describe(of) => return self.start_worker(of, Task::Describe),
            Do::Load(of) => return self.start_worker(of, Task::Measure),
            Do::Profile { of, inferences, duration, session } => {
                return self.profile(of, inferences, duration, session);
            }
            Do::Order(of, order) => {
                if let Some(worker) = self.current(of).and_then(|processes| processes.worker.as_mut()) {
                    worker.order(&order);
                }
            }
            Do::Suspend(of) => {
                if let Some(worker) = self.current(of).and_then(|processes| processes.worker.as_ref()) {
                    worker.suspend();
                }
            }
            Do::Resume(of) => {
                if let Some(worker) = self.current(of).and_then(|processes| processes.worker.as_ref()) {
                    worker.resume();
                }
            }
            Do::EndSession(of) => {
                if let Some(processes) = self.current(of) {
                    processes.session = None;
                }
            }
            Do::EndWorker(of) => {
                if let Some(processes) = self.current(of) {
                    processes.worker = None;
                }
                self.unwatch(of.slot);
            }
            Do::End(of) => {
                if self.current(of).is_some() {
                    self.processes.remove(&of.slot);
                }
                self.unwatch(of.slot);
            }
            Do::GiveUp(of) => return self.give_up(of),
            Do::Quit => self.quit = true,
        }
        None
    }
}
