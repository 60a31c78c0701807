//! The agent's one loop: commands, workers, turns and samplers, one thing after the other.

mod bursts;
mod controlling;
mod enough;
mod loading;
mod sampling;
mod taking_turns;

use super::child::Says;
use super::hub::Hub;
use super::seat::{Seat, Step};
use super::turns::Turns;
use super::{Surroundings, runtime, text};
use nntop_core::clock::{Clock, MonotonicClock};
use nntop_core::event::{
    Answer, BlockKind, Command, Event, Fault, Hello, Kind, LogLine, LogSource, OpProfile, Order, Outcome, PROTOCOL,
    Plan, Reply, Severity, Slot,
};
use nntop_core::stats::UntilSure;
use nntop_core::unit::Nanos;
use nntop_device::sampler::{BoardPlayer, Reader, host_info};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, MissedTickBehavior, sleep_until};

/// A worker that does not end its block within this time after `Stop` is killed.
const PATIENCE: Duration = Duration::from_secs(3);

/// How often power rails are read while something is measured: energy needs more readings than a screen.
const RAILS_EVERY: Duration = Duration::from_millis(100);

/// What reaches the loop from inside.
enum Note {
    /// A worker of this slot and run.
    Worker(Slot, u32, Says),
    /// The library for a slot and run, or why there is none.
    Library(Slot, u32, Result<String, Fault>),
    /// Progress of a blocking job.
    Say(Box<Kind>),
    /// What a burst of this slot and run has found, or why nothing.
    Burst(Slot, u32, Box<Result<OpProfile, String>>),
    /// The worker of a second session, which is only profiled.
    Profiler(Slot, u32, Says),
}

/// A turn under way.
struct Active {
    /// Position of the seat.
    seat: usize,
    /// What its blocks count for.
    kind: BlockKind,
    /// It was told to end with the block in hand …
    held: bool,
    /// … to be profiled at once.
    for_burst: bool,
}

struct Supervisor {
    surroundings: Surroundings,
    hub: Hub,
    notes: UnboundedSender<Note>,
    /// Reads the device; `None` once a recorded board can no longer be read.
    reader: Option<Reader>,
    /// Whether it is to be read: from the plan on.
    sampling: bool,
    /// Whether was said what the machine has beside.
    told_about: bool,
    /// How often processes are looked at, and when next.
    watching: Option<(Duration, Instant)>,
    /// What changes the device, where the plan allows it.
    controls: Option<controlling::Held>,
    plan: Option<Plan>,
    seats: Vec<Seat>,
    /// Held while a library is looked for.
    resolving: Arc<Mutex<()>>,
    turns: Turns,
    /// The turns under way: one, or in parallel one per seat.
    active: Vec<Active>,
    /// The seat that had the last turn, unless the machine has rested since.
    last: Option<usize>,
    paused: bool,
    /// Until when the machine rests before anything starts, and since when it does.
    resting: Option<(Instant, Nanos)>,
    /// Nanoseconds that the passes over the power rails alone took since the last full one.
    rails_cost: u64,
    stopping: Option<Instant>,
    said_done: bool,
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
        reader,
        sampling: false,
        told_about: false,
        watching: None,
        controls: None,
        plan: None,
        seats: Vec::new(),
        resolving: Arc::default(),
        turns: Turns::default(),
        active: Vec::new(),
        last: None,
        paused: false,
        resting: None,
        rails_cost: 0,
        stopping: None,
        said_done: false,
    };
    this.hello();
    if let Some(text) = unread {
        this.hub.log(None, Severity::Error, text);
    }
    let mut sampling = tokio::time::interval(Duration::from_secs(1));
    sampling.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut rails = tokio::time::interval(RAILS_EVERY);
    rails.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        let rested = this.resting.map_or_else(Instant::now, |(until, _)| until);
        let deadline = this.stopping.unwrap_or_else(Instant::now);
        let look = this.watching.map_or_else(Instant::now, |(_, at)| at);
        tokio::select! {
            biased;
            command = commands.recv() => match command {
                Some(command) => {
                    if let Some(every) = this.obey(command) {
                        sampling = tokio::time::interval(every);
                        sampling.set_missed_tick_behavior(MissedTickBehavior::Skip);
                    }
                }
                None => break,
            },
            Some(note) = inbox.recv() => this.note(note),
            () = sleep_until(deadline), if this.stopping.is_some() => this.give_up(),
            () = sleep_until(rested), if this.resting.is_some() => this.end_rest(),
            _ = sampling.tick(), if this.sampling => this.sample(),
            () = sleep_until(look), if this.watching.is_some() && this.sampling => this.look(),
            _ = rails.tick(), if !this.active.is_empty() || this.resting.is_some() => this.sample_rails(),
        }
        this.advance();
        if this.over() {
            break;
        }
    }
    this.undo_controls();
    while let Ok(note) = inbox.try_recv() {
        if let Note::Say(kind) = note {
            this.hub.say(*kind);
        }
    }
}

impl Supervisor {
    fn hello(&mut self) {
        let told = self.reader.as_mut().and_then(|reader| reader.read(|source| host_info(source.root())).ok());
        let info = told.unwrap_or_else(|| host_info(&self.surroundings.root));
        let wall = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let zero = wall.saturating_sub(self.hub.clock().now().into());
        self.hub.say(Kind::Hello(Hello {
            protocol: PROTOCOL,
            nntop: env!("CARGO_PKG_VERSION").into(),
            wall_unix_ns: zero.as_nanos() as u64,
            info,
        }));
    }

    /// Carries a command out and answers it. Returns the sampling period when the plan has just begun.
    fn obey(&mut self, command: Command) -> Option<Duration> {
        let mut period = None;
        let reply = match command.order {
            Order::Start(plan) if self.plan.is_none() => {
                period = Some(Duration::from(plan.sample_every).max(Duration::from_millis(10)));
                self.start(plan);
                Reply::Done
            }
            Order::Start(_) => Reply::Refused("a plan is under way".into()),
            Order::Pause => self.pause(true),
            Order::Resume => self.pause(false),
            Order::Restart { variant } => self.restart(variant),
            Order::Profile { variant } => self.ask_profile(variant),
            Order::Stop => {
                self.stopping.get_or_insert_with(|| Instant::now() + PATIENCE);
                self.cancel_profilers();
                self.hold();
                Reply::Done
            }
            Order::Watch { every } => {
                self.watch(every);
                Reply::Done
            }
            Order::Control { name, value, keep } => {
                self.control(command.id, name, value, keep);
                return None;
            }
            Order::Tick(tick) => {
                self.hub.say(Kind::Tick(tick));
                return None;
            }
            Order::Recorder(recorder) => {
                self.hub.say(Kind::Recorder(recorder));
                return None;
            }
            Order::Mark => {
                self.hub.say(Kind::Mark {});
                Reply::Done
            }
        };
        self.hub.say(Kind::Answer(Answer { id: command.id, reply }));
        period
    }

    fn start(&mut self, plan: Plan) {
        self.probe();
        if plan.allow_control {
            self.allow_control();
        }
        if !plan.targets.is_empty() {
            self.hub.say(Kind::Targets { targets: plan.targets.clone() });
        }
        if let Some(share) = plan.stop.until_ci {
            self.hub.say(Kind::UntilCi { share });
        }
        if plan.parallel {
            self.hub.say(Kind::Parallel);
        }
        if let Some(sweep) = &plan.sweep {
            self.hub.say(Kind::Sweep(sweep.clone()));
        }
        for (i, spec) in plan.variants.iter().enumerate() {
            let mut seat = Seat::new(Slot(i as u8), spec.clone());
            if plan.sweep.is_some() {
                seat.step = Step::Queued;
            }
            seat.sure = plan.stop.until_ci.map(UntilSure::new);
            self.hub.say(Kind::Variant { variant: seat.slot, run: seat.run, spec: spec.clone() });
            self.seats.push(seat);
        }
        let idle = plan.idle;
        self.plan = Some(plan);
        if idle == Nanos::ZERO {
            return self.find_libraries();
        }
        self.hub.log(None, Severity::Info, format!("resting {idle} to know the idle power"));
        self.sample();
        self.resting = Some((Instant::now() + idle.into(), self.hub.clock().now()));
    }

    /// The machine has rested: the work begins.
    fn end_rest(&mut self) {
        let Some((_, begin)) = self.resting.take() else { return };
        let end = self.hub.clock().now();
        // A reading has to follow the end.
        self.sample();
        self.hub.say(Kind::Idle { begin, end });
        self.find_libraries();
    }

    fn pause(&mut self, paused: bool) -> Reply {
        if self.paused == paused {
            return Reply::Refused(if paused { "it is paused" } else { "it is not paused" }.into());
        }
        self.paused = paused;
        if paused {
            self.hold();
        }
        self.hub.say(Kind::Paused { paused });
        Reply::Done
    }

    fn restart(&mut self, variant: Slot) -> Reply {
        let Some(i) = self.seats.iter().position(|s| s.slot == variant) else {
            return Reply::Refused(format!("there is no variant {variant}"));
        };
        if self.stopping.is_some() {
            return Reply::Refused("everything is being stopped".into());
        }
        let seat = &mut self.seats[i];
        if !seat.ended() {
            let outcome = Outcome::Interrupted;
            self.hub.say(Kind::Finished { variant, run: seat.run, outcome });
        }
        seat.restart();
        if let Some(plan) = &self.plan {
            // What was asked, without what was found for the run before.
            seat.spec.clone_from(&plan.variants[i]);
            seat.sure = plan.stop.until_ci.map(UntilSure::new);
        }
        self.hub.say(Kind::Variant { variant, run: seat.run, spec: seat.spec.clone() });
        self.active.retain(|turn| turn.seat != i);
        self.said_done = false;
        // While the machine rests, all of them wait for its end.
        if self.resting.is_none() {
            self.find_library(i);
        }
        Reply::Done
    }

    fn note(&mut self, note: Note) {
        match note {
            Note::Say(kind) => self.hub.say(*kind),
            Note::Library(slot, run, library) => {
                if let Some(i) = self.seat_of(slot, run) {
                    match library {
                        Ok(path) => {
                            self.seats[i].spec.options.library = Some(path);
                            self.seats[i].spec.options.cache =
                                runtime::cache(&self.surroundings.environment, &self.seats[i].spec);
                            self.describe(i);
                        }
                        Err(fault) => self.fail(i, fault),
                    }
                }
            }
            // Late words of an earlier run are nobody's.
            Note::Worker(slot, run, says) => {
                if let Some(i) = self.seat_of(slot, run) {
                    self.worker_says(i, says);
                }
            }
            Note::Profiler(slot, run, says) => {
                if let Some(i) = self.seat_of(slot, run) {
                    self.profiler_says(i, says);
                }
            }
            Note::Burst(slot, run, result) => {
                if let Some(i) = self.seat_of(slot, run) {
                    self.burst_done(i, *result);
                }
            }
        }
    }

    fn seat_of(&self, slot: Slot, run: u32) -> Option<usize> {
        self.seats.iter().position(|s| s.slot == slot && s.run == run && !s.ended())
    }

    fn worker_says(&mut self, i: usize, says: Says) {
        match says {
            Says::Event(event) => self.worker_event(i, *event),
            Says::Line(source, text) => {
                let seat = &mut self.seats[i];
                if source != LogSource::Nntop {
                    seat.printed(&text);
                }
                let severity = text::severity(&text);
                self.hub.say(Kind::Log(LogLine { variant: Some(seat.slot), source, severity, text }));
            }
            Says::Exited(status) => {
                let seat = &mut self.seats[i];
                if seat.step == Step::Describing && status.success() {
                    seat.child = None;
                    seat.step = Step::Described;
                    return;
                }
                // Ended by us: it had measured all.
                if seat.child.is_none() {
                    return;
                }
                let fault = seat.died(status);
                // What is measured stands: it died of what came after.
                if seat.profiling.under_way && self.plan.as_ref().is_some_and(|p| seat.has_enough(p.stop)) {
                    return self.burst_done(i, Err(fault.message));
                }
                self.fail(i, fault);
            }
        }
    }

    fn worker_event(&mut self, i: usize, mut event: Event) {
        let seat = &mut self.seats[i];
        match &mut event.kind {
            Kind::Finished { outcome: Outcome::Failed { error }, .. } => {
                // What it printed may still be on its way through another pipe: its exit completes the report.
                seat.fault = Some(error.clone());
                return;
            }
            Kind::Model { model, .. } => {
                seat.data_files.clone_from(&model.data_files);
                seat.profiling.filters = std::mem::take(&mut model.filters).into();
            }
            Kind::Ready(ready) => {
                seat.step = Step::Idle;
                seat.profiling.profiler = ready.engine.profiler;
                seat.profiling.provider = ready.engine.providers.first().cloned();
                let watched = seat.child.as_ref().map(|child| (ready.variant, child.pid()));
                self.hub.pass(event);
                if let Some((slot, pid)) = watched {
                    self.watch_worker(slot, pid);
                }
                return;
            }
            Kind::Block(block) => seat.count(block),
            // A burst's turn is over when its findings are read.
            Kind::Profiled(profiled) => {
                let found = profiled.found.clone();
                return self.read_burst(i, found);
            }
            _ => {}
        }
        let over = matches!(event.kind, Kind::TurnDone { .. });
        let block = matches!(event.kind, Kind::Block(_));
        self.hub.pass(event);
        if block {
            self.make_room_for_burst(i);
        }
        if over {
            // A block's energy is known once a reading follows it.
            self.sample_rails();
            self.turn_done(i);
        }
    }

    fn fail(&mut self, i: usize, error: Fault) {
        let seat = &mut self.seats[i];
        let (variant, run) = (seat.slot, seat.run);
        seat.end();
        self.active.retain(|turn| turn.seat != i);
        self.unwatch(variant);
        self.hub.log(Some(variant), Severity::Error, error.message.clone());
        self.hub.say(Kind::Finished { variant, run, outcome: Outcome::Failed { error } });
    }

    fn interrupt_all(&mut self) {
        for i in 0..self.seats.len() {
            let seat = &mut self.seats[i];
            if !seat.ended() {
                let (variant, run) = (seat.slot, seat.run);
                seat.end();
                self.hub.say(Kind::Finished { variant, run, outcome: Outcome::Interrupted });
            }
        }
    }

    /// A worker does not come to the end of its block: what it has not said yet is lost.
    fn give_up(&mut self) {
        for turn in self.active.drain(..) {
            let slot = self.seats[turn.seat].slot;
            self.hub.log(Some(slot), Severity::Warning, "did not end its block in time and was killed");
        }
    }

    fn over(&mut self) -> bool {
        let Some(plan) = &self.plan else { return self.stopping.is_some() };
        // Without variants it is the device that is watched, which has no end.
        if plan.variants.is_empty() && plan.stay {
            return self.stopping.is_some();
        }
        if !self.seats.iter().all(Seat::ended) {
            return false;
        }
        let stay = plan.stay && self.stopping.is_none();
        if !std::mem::replace(&mut self.said_done, true) {
            self.hub.say(Kind::Done);
        }
        !stay
    }
}
