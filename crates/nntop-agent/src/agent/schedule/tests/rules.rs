//! The rules that every sequence of orders has to keep, whatever happens.

use super::world::Task;
use crate::agent::schedule::{Do, Request, RunId};
use nntop_core::event::{BlockKind, Kind, Plan, WorkerOrder};
use std::collections::BTreeMap;

/// A run as its processes know it.
#[derive(Debug, Default)]
struct Run {
    worker: bool,
    suspended: bool,
    loaded: bool,
    warm: bool,
    /// It has settled in a turn that was not cut short, and had no other since.
    settled: bool,
    has_measured: bool,
    ended: bool,
    finished: bool,
}

/// What has happened, and what may be done then.
#[derive(Debug)]
pub(super) struct Rules {
    plan: Plan,
    stopped: bool,
    paused: bool,
    runs: BTreeMap<RunId, Run>,
    /// Who had the last turn, and whether it was cut short; nothing else happened since.
    last: Option<(RunId, bool)>,
    done: bool,
}

impl Rules {
    pub(super) fn new(plan: Plan) -> Self {
        Self { plan, stopped: false, paused: false, runs: BTreeMap::new(), last: None, done: false }
    }

    pub(super) fn is_paused(&self) -> bool {
        self.paused
    }

    pub(super) fn is_current(&self, of: RunId) -> bool {
        self.runs.get(&of).is_some_and(|run| !run.ended)
    }

    pub(super) fn current(&self) -> Vec<RunId> {
        self.runs.iter().filter(|(_, run)| !run.ended).map(|(of, _)| *of).collect()
    }

    /// Those that have a worker.
    pub(super) fn loaded(&self) -> Vec<RunId> {
        self.runs.iter().filter(|(_, run)| run.worker).map(|(of, _)| *of).collect()
    }

    pub(super) fn asked(&mut self, request: &Request) {
        match request {
            Request::Pause => (self.paused, self.last) = (true, None),
            Request::Resume => self.paused = false,
            Request::Stop => self.stopped = true,
            _ => {}
        }
    }

    /// A turn has ended.
    pub(super) fn turn_ended(&mut self, of: RunId, kind: BlockKind, held: bool) {
        self.last = (kind != BlockKind::Profile && !self.paused).then_some((of, held));
        let steady = self.plan.warmup.steady;
        let run = self.runs.get_mut(&of).expect("it has begun");
        run.settled = kind == BlockKind::Settle && !held;
        run.warm |= kind == BlockKind::Warmup && !held && !steady;
    }

    /// A worker, or what makes one, has ended by itself; `false` where there was none.
    pub(super) fn worker_died(&mut self, of: RunId) -> bool {
        let Some(run) = self.runs.get_mut(&of).filter(|run| !run.ended) else { return false };
        // Once it has ended for want of memory for a second session there is nothing that can die.
        if run.loaded && !run.worker {
            return false;
        }
        (run.worker, run.suspended) = (false, false);
        true
    }

    /// Holds what is to be done against what goes on.
    pub(super) fn check(&mut self, each: &Do, tasks: &[Task]) {
        let turns = tasks.iter().filter(|task| task.is_turn() && task.of().is_some_and(|of| self.is_current(of)));
        let turns: Vec<&Task> = turns.collect();
        let loads = |task: &&Task| task.loads() && task.of().is_some_and(|of| self.is_current(of));
        let loading: Vec<&Task> = tasks.iter().filter(loads).collect();
        let starts = matches!(each, Do::FindLibrary(_) | Do::Describe(_) | Do::Load(_) | Do::Profile { .. })
            || matches!(each, Do::Order(_, WorkerOrder::Turn { .. }));
        if starts {
            assert!(!self.stopped, "after a stop nothing is started: {each:?}");
        }
        match each {
            Do::FindLibrary(of) => {
                assert!(turns.is_empty(), "none measures while another loads: {turns:?}");
                assert!(self.is_current(*of) && !self.runs[of].worker, "{each:?}");
                self.last = None;
            }
            Do::Describe(of) => {
                assert!(turns.is_empty(), "none measures while another loads: {turns:?}");
                assert!(self.is_current(*of), "{each:?}");
            }
            Do::Load(of) => {
                assert!(turns.is_empty() && loading.is_empty(), "one loads at a time: {turns:?} {loading:?}");
                let others = self.runs.iter().any(|(other, run)| other != of && run.loaded && !run.ended);
                assert!(self.plan.sweep.is_none() || !others, "the points of a sweep are loaded one after the other");
                let run = self.begun(*of);
                assert!(!run.worker, "{each:?}");
                (run.worker, run.loaded) = (true, true);
                self.last = None;
            }
            Do::Order(of, WorkerOrder::Turn { kind, .. }) => self.check_turn(*of, *kind, &turns, &loading),
            Do::Order(of, WorkerOrder::Hold) => {
                let held = |task: &&&Task| matches!(task, Task::Turn { of: other, held: false, .. } if other == of);
                assert!(turns.iter().any(|task| held(&task)), "a hold is for a turn that goes on, and once");
            }
            Do::Order(..) => panic!("not through this: {each:?}"),
            Do::Profile { of, session, .. } => {
                assert!(loading.is_empty() && !self.paused, "{each:?}: {loading:?}");
                assert!(self.plan.parallel || turns.is_empty(), "{each:?}: {turns:?}");
                assert!(self.begun(*of).loaded && !turns.iter().any(|task| task.of() == Some(*of)));
                assert!(*session || (self.runs[of].worker && !self.runs[of].suspended), "{each:?}");
                assert!(!*session || !self.runs[of].worker || self.runs[of].suspended, "both would infer");
                self.alone(*of);
                self.last = None;
            }
            Do::Suspend(of) => {
                assert!(!self.plan.parallel || self.begun(*of).loaded);
                let run = self.begun(*of);
                assert!(run.worker && run.loaded && !run.suspended, "{each:?}");
                run.suspended = true;
                assert!(!turns.iter().any(|task| task.of() == Some(*of)), "in a turn it is not suspended");
            }
            Do::Resume(of) => {
                let run = self.begun(*of);
                assert!(run.worker && run.suspended, "{each:?}");
                run.suspended = false;
            }
            Do::EndSession(of) | Do::GiveUp(of) => assert!(self.is_current(*of)),
            Do::EndWorker(of) => {
                let run = self.begun(*of);
                assert!(run.worker);
                (run.worker, run.suspended) = (false, false);
            }
            Do::End(of) => {
                let run = self.begun(*of);
                (run.ended, run.worker, run.suspended) = (true, false, false);
            }
            Do::Report(kind) => self.check_event(kind),
            Do::Quit => {
                assert!(self.current().is_empty(), "all have ended: {:?}", self.current());
                assert!(self.stopped || (self.done && !self.plan.stay));
            }
            Do::Sample | Do::SampleRails => {}
        }
    }

    fn begun(&mut self, of: RunId) -> &mut Run {
        let run = self.runs.get_mut(&of).expect("it has begun");
        assert!(!run.ended, "{of:?} has ended");
        run
    }

    /// All others stand still, unless all measure at once.
    fn alone(&self, of: RunId) {
        let moves = |(other, run): &(&RunId, &Run)| **other != of && run.worker && !run.suspended;
        let others: Vec<_> = self.runs.iter().filter(moves).map(|(other, _)| other).collect();
        assert!(self.plan.parallel || others.is_empty(), "not suspended: {others:?}");
    }

    fn check_turn(&mut self, of: RunId, kind: BlockKind, turns: &[&Task], loading: &[&Task]) {
        assert!(!self.paused, "nothing begins in a pause");
        assert!(loading.is_empty(), "none measures while another loads: {loading:?}");
        assert!(self.plan.parallel || turns.is_empty(), "one turn at a time: {turns:?}");
        assert!(!turns.iter().any(|task| task.of() == Some(of)), "one turn of each: {turns:?}");
        self.alone(of);
        let (none, parallel) = (self.plan.warmup.is_none(), self.plan.parallel);
        let all_warm = self.runs.values().all(|run| run.warm || none || run.ended || !run.loaded);
        let last = self.last.take();
        let run = self.begun(of);
        assert!(run.worker && run.loaded && !run.suspended, "{run:?}");
        match kind {
            BlockKind::Warmup => assert!(!run.warm && !none),
            BlockKind::Settle => assert!(run.warm || none),
            BlockKind::Measure => {
                assert!(run.warm || none, "it warms up before it measures");
                let first = none && !run.has_measured;
                let fresh = if parallel { run.settled } else { last == Some((of, false)) };
                assert!(first || fresh, "it settles before it counts: {last:?} {run:?}");
                assert!(!parallel || all_warm, "all are warm before one measures");
                run.has_measured = true;
            }
            BlockKind::Profile => panic!("a burst has an order of its own"),
        }
        run.settled = false;
    }

    fn check_event(&mut self, kind: &Kind) {
        match kind {
            Kind::Variant { variant, run, .. } => {
                let of = RunId { slot: *variant, run: *run };
                assert!(
                    self.runs.iter().all(|(other, run)| other.slot != of.slot || run.finished),
                    "one run at a time"
                );
                assert!(self.runs.insert(of, Run::default()).is_none(), "each run begins once");
                self.done = false;
            }
            Kind::Warm { variant, run, .. } => self.begun(RunId { slot: *variant, run: *run }).warm = true,
            Kind::Finished { variant, run, .. } => {
                let run = self.runs.get_mut(&RunId { slot: *variant, run: *run }).expect("it has begun");
                assert!(run.ended && !std::mem::replace(&mut run.finished, true), "it ends once");
            }
            Kind::Done => {
                assert!(self.runs.values().all(|run| run.finished) && !std::mem::replace(&mut self.done, true));
            }
            _ => {}
        }
    }
}
