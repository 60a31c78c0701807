//! Simulated workers that carry out what the scheduler wants, and hold it to its rules while they do.

use super::rules::Rules;
use crate::agent::schedule::{Do, Happened, Request, RunId, Schedule};
use nntop_core::event::{
    Block, BlockKind, Fault, Kind, OpProfile, OpRow, Outcome, Plan, Profiler, Reply, Slot, Sweep, VariantSpec,
    WorkerOrder,
};
use nntop_core::unit::Nanos;
use std::collections::BTreeMap;

/// What an inference takes in every simulated worker.
pub(super) const LATENCY: Nanos = Nanos::from_millis(20);

/// What was started and has not ended.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Task {
    /// All metrics are read.
    Sample,
    /// A library is looked for.
    Find(RunId),
    /// A model is described.
    Describe(RunId),
    /// A model is loaded.
    Load(RunId),
    /// A turn: its order, what is done of it, and whether it is to end with the block in hand.
    Turn { of: RunId, order: WorkerOrder, count: u64, busy: Nanos, held: bool },
    /// A burst, in a second session or not.
    Burst { of: RunId, session: bool },
    /// What a second session found is read.
    Read(RunId),
}

impl Task {
    /// Whose it is.
    pub(super) fn of(&self) -> Option<RunId> {
        match self {
            Self::Sample => None,
            Self::Find(of) | Self::Describe(of) | Self::Load(of) | Self::Read(of) => Some(*of),
            Self::Turn { of, .. } | Self::Burst { of, .. } => Some(*of),
        }
    }

    /// Whether it is part of loading a model.
    pub(super) fn loads(&self) -> bool {
        matches!(self, Self::Find(_) | Self::Describe(_) | Self::Load(_))
    }

    /// Whether it is a turn or a burst.
    pub(super) fn is_turn(&self) -> bool {
        matches!(self, Self::Turn { .. } | Self::Burst { .. } | Self::Read(_))
    }
}

/// The agent's surroundings, simulated.
pub(super) struct World {
    pub(super) schedule: Schedule,
    pub(super) now: Nanos,
    /// What can end next.
    pub(super) tasks: Vec<Task>,
    pub(super) events: Vec<Kind>,
    /// Every turn that was begun, in order.
    pub(super) turns: Vec<(Slot, BlockKind)>,
    /// Measured inferences.
    pub(super) measured: BTreeMap<RunId, u64>,
    pub(super) quit: bool,
    /// Runs that have been silent for too long.
    pub(super) given_up: Vec<RunId>,
    /// How runtimes can be profiled.
    profiler: Profiler,
    rules: Rules,
    next_id: u64,
}

/// A plan for this many variants.
pub(super) fn plan(variants: usize) -> Plan {
    let spec = |i: usize| VariantSpec { name: format!("v{i}"), ..VariantSpec::default() };
    Plan { variants: (0..variants).map(spec).collect(), ..Plan::default() }
}

/// The plan's variants as the points of a sweep.
pub(super) fn sweep(plan: Plan) -> Plan {
    Plan { sweep: Some(Sweep { axes: Vec::new() }), ..plan }
}

/// The first run in a slot.
pub(super) fn first(slot: u8) -> RunId {
    RunId { slot: Slot(slot), run: 1 }
}

impl World {
    /// With the plan begun.
    pub(super) fn start(plan: Plan, profiler: Profiler) -> Self {
        let mut world = Self {
            schedule: Schedule::default(),
            now: Nanos(1),
            tasks: Vec::new(),
            events: Vec::new(),
            turns: Vec::new(),
            measured: BTreeMap::new(),
            quit: false,
            given_up: Vec::new(),
            profiler,
            rules: Rules::new(plan.clone()),
            next_id: 0,
        };
        assert_eq!(world.ask(Request::Start(Box::new(plan))), Ok(()));
        world
    }

    /// Hands a request over; what it was answered.
    pub(super) fn ask(&mut self, request: Request) -> Result<(), String> {
        self.next_id += 1;
        let id = self.next_id;
        self.rules.asked(&request);
        let from = self.events.len();
        self.happen(Happened::Asked { id, request });
        let answers = self.events[from..].iter().filter_map(|kind| match kind {
            Kind::Answer(answer) => Some(answer),
            _ => None,
        });
        let [answer] = answers.collect::<Vec<_>>()[..] else { panic!("one answer to a request") };
        assert_eq!(answer.id, id);
        match &answer.reply {
            Reply::Done => Ok(()),
            Reply::Refused(why) => Err(why.clone()),
        }
    }

    /// Time passes until the scheduler's deadline; `false` where it has none.
    pub(super) fn wait(&mut self) -> bool {
        let Some(deadline) = self.schedule.deadline() else { return false };
        self.now = self.now.max(deadline);
        self.happen(Happened::Deadline);
        assert!(self.schedule.deadline().is_none_or(|next| next > self.now), "a deadline that has passed stays");
        true
    }

    /// A task goes on: a turn by a block, all else to its end. A burst finds operators on `provider`, or nothing.
    pub(super) fn advance(&mut self, at: usize, provider: Option<&str>) {
        match self.tasks[at] {
            Task::Turn { .. } => return self.advance_turn(at),
            Task::Burst { of, session } => return self.advance_burst(at, of, session, provider),
            _ => {}
        }
        match self.tasks.remove(at) {
            Task::Sample => self.happen(Happened::Sampled),
            Task::Find(of) => self.happen(Happened::LibraryFound(of)),
            Task::Describe(of) => self.happen(Happened::Described(of)),
            Task::Load(of) => {
                let (profiler, provider) = (self.profiler, Some("cpu".into()));
                self.happen(Happened::Ready { of, profiler, provider });
            }
            Task::Read(of) => self.profiled(of, provider),
            Task::Turn { .. } | Task::Burst { .. } => unreachable!("handled above"),
        }
    }

    /// A burst is done; what a second session found is read next.
    fn advance_burst(&mut self, at: usize, of: RunId, session: bool, provider: Option<&str>) {
        self.tasks[at] = Task::Read(of);
        self.now = self.now + LATENCY;
        self.happen(Happened::Block(&block(of, BlockKind::Profile, self.now, 1)));
        if session {
            return self.happen(Happened::SessionDone(of));
        }
        self.tasks.retain(|task| *task != Task::Read(of));
        self.profiled(of, provider);
    }

    fn profiled(&mut self, of: RunId, provider: Option<&str>) {
        let row = |on: &str| OpRow { provider: Some(on.into()), ..OpRow::default() };
        let result = match provider {
            Some(on) => Ok(OpProfile { rows: vec![row(on)], ..OpProfile::default() }),
            None => Err("the runtime wrote no profile".into()),
        };
        self.rules.turn_ended(of, BlockKind::Profile, false);
        self.happen(Happened::Profiled { of, result });
    }

    /// A block of a turn, as a worker measures it; the turn ends where its order or a hold says so.
    fn advance_turn(&mut self, at: usize) {
        let Task::Turn { of, order, count, busy, held } = &mut self.tasks[at] else { unreachable!() };
        let WorkerOrder::Turn { kind, block: length, inferences, duration, both } = *order else { unreachable!() };
        let (of, held) = (*of, *held);
        let n = (length.0 / LATENCY.0).max(1).min(inferences.map_or(u64::MAX, |n| n.saturating_sub(*count).max(1)));
        *count += n;
        *busy = *busy + Nanos(n * LATENCY.0);
        let reached = match (inferences.map(|n| *count >= n), duration.map(|d| *busy >= d)) {
            (Some(a), Some(b)) if both => a && b,
            (a, b) => a == Some(true) || b == Some(true),
        };
        self.now = self.now + Nanos(n * LATENCY.0);
        if kind == BlockKind::Measure {
            *self.measured.entry(of).or_default() += n;
        }
        self.happen(Happened::Block(&block(of, kind, self.now, n)));
        if held || reached {
            // A hold that has come with this block finds the turn at its end.
            let is_it = |task: &Task| matches!(task, Task::Turn { of: other, .. } if *other == of);
            let Some(at) = self.tasks.iter().position(is_it) else { return };
            let Task::Turn { held, .. } = self.tasks.remove(at) else { unreachable!() };
            self.rules.turn_ended(of, kind, held);
            self.happen(Happened::TurnDone(of));
        }
    }

    /// The process behind a task ends by itself.
    pub(super) fn die(&mut self, at: usize) {
        match self.tasks[at] {
            Task::Sample => self.advance(at, None),
            // A second session is no part of the measurement.
            Task::Burst { of, session: true } => {
                self.tasks.remove(at);
                self.rules.turn_ended(of, BlockKind::Profile, false);
                self.happen(Happened::Profiled { of, result: Err("the worker of its own was killed".into()) });
            }
            Task::Find(of) | Task::Describe(of) | Task::Load(of) | Task::Turn { of, .. } => {
                self.tasks.remove(at);
                self.kill(of);
            }
            // Files are read by the agent itself: it is the worker that dies, if there is one.
            Task::Burst { of, .. } | Task::Read(of) => self.kill(of),
        }
    }

    /// A worker ends by itself, whatever it does.
    pub(super) fn kill(&mut self, of: RunId) {
        if self.rules.worker_died(of) {
            self.happen(Happened::Failed { of, fault: Fault::run("killed") });
        }
    }

    /// Lets everything go its way until nothing is left to do or `until` holds. Panics where that takes for ever.
    pub(super) fn go(&mut self, until: impl Fn(&Self) -> bool) {
        for _ in 0..20_000 {
            if until(self) || (self.tasks.is_empty() && !self.wait()) {
                return;
            }
            if !self.tasks.is_empty() {
                // What goes on in parallel goes on by turns.
                self.tasks.rotate_left(1);
                self.advance(self.tasks.len() - 1, Some("cpu"));
            }
        }
        panic!("it goes on for ever: {:?}", self.tasks);
    }

    /// To the end.
    pub(super) fn finish(&mut self) {
        self.go(|_| false);
    }

    /// The slots that had turns of a kind, in order.
    pub(super) fn order_of(&self, kind: BlockKind) -> Vec<u8> {
        self.turns.iter().filter(|turn| turn.1 == kind).map(|turn| turn.0.0).collect()
    }

    /// How a run ended.
    pub(super) fn outcome(&self, of: RunId) -> Option<&Outcome> {
        self.events.iter().find_map(|kind| match kind {
            Kind::Finished { variant, run, outcome } if *variant == of.slot && *run == of.run => Some(outcome),
            _ => None,
        })
    }

    /// How the last run in a slot ended.
    pub(super) fn last_outcome(&self, slot: u8) -> Option<&Outcome> {
        self.events.iter().rev().find_map(|kind| match kind {
            Kind::Finished { variant, outcome, .. } if variant.0 == slot => Some(outcome),
            _ => None,
        })
    }

    /// The runs whose worker is there.
    pub(super) fn loaded(&self) -> Vec<RunId> {
        self.rules.loaded()
    }

    /// The runs that have begun and not ended.
    pub(super) fn current(&self) -> Vec<RunId> {
        self.rules.current()
    }

    /// Whether everything that was begun has ended, or rests because it was asked to.
    pub(super) fn is_at_rest(&self) -> bool {
        self.quit || self.rules.is_paused() || self.current().is_empty()
    }

    fn happen(&mut self, happened: Happened<'_>) {
        let todo = self.schedule.take(happened, self.now);
        for each in todo {
            self.rules.check(&each, &self.tasks);
            self.carry_out(each);
        }
        let waits = self.tasks.iter().any(|task| task.of().is_none_or(|of| self.rules.is_current(of)));
        assert!(waits || self.schedule.deadline().is_some() || self.is_at_rest(), "nothing happens any more");
    }

    fn carry_out(&mut self, each: Do) {
        match each {
            Do::Report(kind) => self.events.push(*kind),
            Do::Sample => self.tasks.push(Task::Sample),
            Do::FindLibrary(of) => self.tasks.push(Task::Find(of)),
            Do::Describe(of) => self.tasks.push(Task::Describe(of)),
            Do::Load(of) => self.tasks.push(Task::Load(of)),
            Do::Order(of, WorkerOrder::Hold) => self.tasks.iter_mut().for_each(|task| match task {
                Task::Turn { of: other, held, .. } if *other == of => *held = true,
                _ => {}
            }),
            Do::Order(of, order) => {
                if let WorkerOrder::Turn { kind, .. } = order {
                    self.turns.push((of.slot, kind));
                }
                self.tasks.push(Task::Turn { of, order, count: 0, busy: Nanos::ZERO, held: false });
            }
            Do::Profile { of, session, .. } => {
                self.turns.push((of.slot, BlockKind::Profile));
                self.tasks.push(Task::Burst { of, session });
            }
            Do::EndSession(of) => self.tasks.retain(|task| *task != Task::Burst { of, session: true }),
            // What runs on a thread goes on, and is reported late.
            Do::End(of) => {
                self.tasks.retain(|task| task.of() != Some(of) || matches!(task, Task::Find(_) | Task::Read(_)))
            }
            Do::GiveUp(of) => self.given_up.push(of),
            Do::Quit => {
                self.quit = true;
                self.tasks.clear();
            }
            Do::SampleRails | Do::Suspend(_) | Do::Resume(_) | Do::EndWorker(_) => {}
        }
    }
}

fn block(of: RunId, kind: BlockKind, t1: Nanos, n: u64) -> Block {
    let t0 = Nanos(t1.0.saturating_sub(n * LATENCY.0));
    let block = Block::of(of.slot, 0, kind, [t0, t1], &vec![LATENCY.0; n as usize]);
    Block { run: of.run, ..block }
}
