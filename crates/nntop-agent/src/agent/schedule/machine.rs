//! The scheduler's state, and what each happening does to it.

use super::contract::{Do, Happened, Request, RunId};
use super::rest::Rest;
use super::silence::Silence;
use super::turns::TurnOrder;
use super::variant::{Status, Variant, Worker};
use nntop_core::event::{
    Answer, BlockKind, Fault, Kind, LogLine, LogSource, Outcome, Phase, Plan, Reply, Severity, Slot,
};
use nntop_core::unit::Nanos;
use std::sync::Arc;

/// A worker that does not end its block within this time after a stop is killed.
const PATIENCE: Nanos = Nanos::from_millis(3_000);

/// A turn under way.
#[derive(Debug)]
pub(super) struct Turn {
    /// Position of the variant.
    pub(super) variant: usize,
    /// What its blocks count for.
    pub(super) kind: BlockKind,
    /// It ends with the block in hand …
    pub(super) held: bool,
    /// … because the variant is profiled next.
    pub(super) for_burst: bool,
}

/// Decides which variant loads, warms up, measures and is profiled when. See the [module](super).
#[derive(Debug, Default)]
pub struct Schedule {
    pub(super) plan: Option<Arc<Plan>>,
    pub(super) variants: Vec<Variant>,
    pub(super) order: TurnOrder,
    /// The turns under way: one, or in parallel one per variant.
    pub(super) turns: Vec<Turn>,
    /// The variant that had the last turn, unless the machine has rested since.
    pub(super) last: Option<usize>,
    pub(super) paused: bool,
    pub(super) rest: Rest,
    pub(super) stopping: bool,
    /// Until when blocks in hand are waited for after a stop.
    pub(super) patience: Option<Nanos>,
    reported_done: bool,
    has_quit: bool,
    pub(super) todo: Vec<Do>,
}

impl Schedule {
    /// Takes in what happened at `now` and returns what is to be done, in this order.
    ///
    /// Whatever cannot be done is reported by [`Happened::Failed`]. After [`Do::Quit`] nothing is returned any more.
    pub fn take(&mut self, happened: Happened<'_>, now: Nanos) -> Vec<Do> {
        if self.has_quit {
            return Vec::new();
        }
        if let Some(i) = happened.sign_of_life().and_then(|of| self.position(of)) {
            self.variants[i].watch = Silence::default();
        }
        match happened {
            Happened::Asked { id, request } => {
                let reply = self.obey(request, now);
                self.report(Kind::Answer(Answer { id, reply }));
            }
            Happened::Alive(_) => {}
            Happened::Sampled => {
                let next = self.rest.sampled(now);
                self.todo.extend(next);
            }
            Happened::Deadline => {
                let next = self.rest.passed(now);
                self.todo.extend(next);
                if self.patience.is_some_and(|until| now >= until) {
                    self.give_up();
                }
                self.look(now);
            }
            Happened::LibraryFound(of) => {
                if let Some(v) = self.at(of, Status::Finding) {
                    v.status = Status::Describing;
                    self.todo.push(Do::Describe(of));
                }
            }
            Happened::Described(of) => {
                if let Some(v) = self.at(of, Status::Describing) {
                    v.status = Status::Described;
                }
            }
            Happened::Ready { of, profiler, provider } => {
                if let Some(v) = self.at(of, Status::Loading) {
                    v.status = Status::Idle;
                    (v.profiling.profiler, v.profiling.provider) = (profiler, provider);
                }
            }
            Happened::Block(block) => {
                if let Some(i) = self.position(RunId { slot: block.variant, run: block.run }) {
                    self.variants[i].count(block);
                    self.make_room_for_burst(i);
                }
            }
            Happened::TurnDone(of) => {
                // A burst ends with its findings.
                let in_turn = |i: &usize| self.turns.iter().any(|t| t.variant == *i && t.kind != BlockKind::Profile);
                if let Some(i) = self.position(of).filter(in_turn) {
                    // A block's energy is known once a reading follows it.
                    self.todo.push(Do::SampleRails);
                    self.turn_done(i);
                }
            }
            Happened::SessionDone(of) => {
                if let Some(i) = self.position(of) {
                    self.variants[i].profiling.session_done();
                }
            }
            Happened::Profiled { of, result } => {
                if let Some(i) = self.position(of) {
                    self.burst_done(i, result);
                }
            }
            Happened::Failed { of, fault } => {
                if let Some(i) = self.position(of) {
                    self.failed(i, fault);
                }
            }
        }
        self.advance();
        self.keep_watch(now);
        self.quit_if_over();
        std::mem::take(&mut self.todo)
    }

    /// When [`Happened::Deadline`] is due next, if it is.
    pub fn deadline(&self) -> Option<Nanos> {
        let deadlines = [self.rest.deadline(), self.patience, self.next_look()];
        deadlines.into_iter().flatten().min().filter(|_| !self.has_quit)
    }

    /// The plan, once it is under way.
    pub fn plan(&self) -> Option<&Plan> {
        self.plan.as_deref()
    }

    /// Whether power rails are to be read often: something measures, or the machine's idle power is being taken.
    pub fn wants_rails(&self) -> bool {
        !self.turns.is_empty() || !self.rest.is_over()
    }

    /// Whether this run has neither ended nor been replaced by a restart.
    pub fn is_current(&self, of: RunId) -> bool {
        self.position(of).is_some()
    }

    /// How far the current run in `slot` is; `None` where there is no such variant.
    pub fn status(&self, slot: Slot) -> Option<Status> {
        self.variants.iter().find(|v| v.id.slot == slot).map(|v| v.status)
    }

    /// Whether the variant in `slot` is being profiled.
    pub fn is_profiled(&self, slot: Slot) -> bool {
        self.variants.iter().any(|v| v.id.slot == slot && v.profiling.is_under_way())
    }

    pub(super) fn position(&self, of: RunId) -> Option<usize> {
        self.variants.iter().position(|v| v.id == of && !v.has_ended())
    }

    /// The variant of a run that is this far.
    fn at(&mut self, of: RunId, status: Status) -> Option<&mut Variant> {
        self.variants.iter_mut().find(|v| v.id == of && v.status == status)
    }

    pub(super) fn report(&mut self, kind: Kind) {
        self.todo.push(Do::Report(Box::new(kind)));
    }

    pub(super) fn log(&mut self, variant: Option<Slot>, severity: Severity, text: String) {
        self.report(Kind::Log(LogLine { variant, source: LogSource::Nntop, severity, text }));
    }

    /// Ends a run.
    pub(super) fn end(&mut self, i: usize, outcome: Outcome) {
        let RunId { slot: variant, run } = self.variants[i].id;
        self.variants[i].end();
        self.turns.retain(|turn| turn.variant != i);
        self.todo.push(Do::End(RunId { slot: variant, run }));
        match &outcome {
            Outcome::Ok => self.report(Kind::Phase { variant, run, phase: Phase::Done }),
            Outcome::Failed { error } => self.log(Some(variant), Severity::Error, error.message.clone()),
            _ => {}
        }
        self.report(Kind::Finished { variant, run, outcome });
    }

    /// A process of a run has ended by itself, or could not be started.
    fn failed(&mut self, i: usize, fault: Fault) {
        let complete = self.plan.as_ref().is_some_and(|plan| self.variants[i].is_complete(plan.stop));
        if self.variants[i].profiling.is_under_way() && complete {
            // What is measured stands: it failed in what came after.
            self.variants[i].worker = Worker::Absent;
            self.variants[i].profiling.withdraw();
            return self.burst_done(i, Err(fault.message));
        }
        self.end(i, Outcome::Failed { error: fault });
    }

    /// Blocks in hand have not ended in time: what their workers have not reported is lost.
    fn give_up(&mut self) {
        self.patience = None;
        for turn in std::mem::take(&mut self.turns) {
            let slot = self.variants[turn.variant].id.slot;
            self.log(Some(slot), Severity::Warning, "did not end its block in time and was killed".into());
        }
    }

    /// Carries out what a front end asks for.
    fn obey(&mut self, request: Request, now: Nanos) -> Reply {
        let done = match request {
            Request::Start(plan) => self.start(*plan),
            Request::Pause => self.pause(true),
            Request::Resume => self.pause(false),
            Request::Restart(slot) => self.restart(slot),
            Request::Profile(slot) => self.ask_profile(slot),
            Request::Stop => {
                self.stop(now + PATIENCE);
                Ok(())
            }
        };
        done.map_or_else(Reply::Refused, |()| Reply::Done)
    }

    /// A restart has given the agent work again.
    pub(super) fn reopen(&mut self) {
        self.reported_done = false;
    }

    fn quit_if_over(&mut self) {
        let over = match &self.plan {
            None => self.stopping,
            // Without variants it is the device that is watched, which has no end.
            Some(plan) if plan.variants.is_empty() && plan.stay => self.stopping,
            Some(_) if !self.variants.iter().all(Variant::has_ended) => false,
            Some(plan) => {
                let stay = plan.stay && !self.stopping;
                if !std::mem::replace(&mut self.reported_done, true) {
                    self.report(Kind::Done);
                }
                !stay
            }
        };
        if over {
            self.has_quit = true;
            self.todo.push(Do::Quit);
        }
    }
}
