//! What comes next: loading before measuring, warm-up and settling before what counts, A B B A or all at once.

use super::contract::Do;
use super::machine::{Schedule, Turn};
use super::turns;
use super::variant::{Status, Variant, Worker};
use super::warmup::{self, Verdict, WarmUp};
use nntop_core::event::{BlockKind, Kind, Outcome, Phase, Plan, WorkerOrder};

impl Schedule {
    /// Does the next thing, if something can be done now.
    pub(super) fn advance(&mut self) {
        let Some(plan) = self.plan.clone() else { return };
        if self.stopping {
            if self.turns.is_empty() {
                self.interrupt();
            }
            return;
        }
        if !self.rest.is_over() {
            return;
        }
        if self.all_sure() {
            self.hold();
            if !self.turns.is_empty() {
                return;
            }
            self.end_sure(&plan);
        }
        // One model loads at a time, and none while another measures: start-up is a figure, too.
        if self.variants.iter().any(Variant::is_loading) {
            return;
        }
        let next = self.next_to_load(&plan);
        if !next.is_empty() {
            self.hold();
            if self.turns.is_empty() {
                next.into_iter().for_each(|i| self.load(i));
            }
            return;
        }
        if plan.parallel && !self.paused {
            self.all_at_once(&plan);
        } else if self.turns.is_empty() && !self.paused {
            self.next_turn(&plan);
        }
    }

    /// Which variants take the next step towards a loaded model. All are described before any is loaded, so that a file
    /// that cannot be read is reported at once.
    fn next_to_load(&self, plan: &Plan) -> Vec<usize> {
        let at = |status| (0..self.variants.len()).filter(move |&i| self.variants[i].status == status);
        // The points of a sweep are described one after the other: there may be many.
        let queued: Vec<usize> = at(Status::Queued).take(if plan.sweep.is_some() { 1 } else { usize::MAX }).collect();
        if !queued.is_empty() {
            return queued;
        }
        // A point of a sweep is loaded when the one before has ended.
        let waits = plan.sweep.is_some() && self.variants.iter().any(Variant::is_loaded);
        at(Status::Described).take(usize::from(!waits)).collect()
    }

    /// The next step towards a loaded model.
    fn load(&mut self, i: usize) {
        let v = &mut self.variants[i];
        let next = if v.status == Status::Queued {
            v.status = Status::Finding;
            Do::FindLibrary(v.id)
        } else {
            (v.status, v.worker) = (Status::Loading, Worker::Running);
            Do::Load(v.id)
        };
        self.todo.push(next);
    }

    /// In turns: one has the machine, the others are suspended.
    fn next_turn(&mut self, plan: &Plan) {
        let idle: Vec<usize> = (0..self.variants.len()).filter(|&i| self.variants[i].status == Status::Idle).collect();
        // First comes a burst that is due, of a variant that is complete, or that has settled or just had a turn; then a
        // variant that has settled, to measure; then one that is cold, to warm up; then it goes in turns.
        let burst = idle.iter().copied().find(|&i| {
            let v = &self.variants[i];
            let first = plan.warmup.is_none() && !v.has_measured;
            let fresh = first || v.settled || self.last == Some(i) || v.is_complete(plan.stop);
            fresh && self.wants_burst(i, plan)
        });
        let settled = idle.iter().copied().find(|&i| self.variants[i].settled);
        let cold = idle.iter().copied().find(|&i| !self.variants[i].warm);
        let Some(i) = burst.or(settled).or(cold).or_else(|| self.order.next(&idle)) else { return };
        idle.iter().filter(|&&other| other != i).for_each(|&other| self.suspend(other));
        if burst.is_some() {
            return self.begin_burst(i, plan);
        }
        let kind = self.variants[i].next_kind(plan.warmup, self.last == Some(i));
        self.begin(i, kind, plan, idle.len() == 1);
    }

    /// In parallel: none is suspended, and none measures before all are warm, so that all measure under the load of all.
    /// Before that is also the only time for bursts.
    fn all_at_once(&mut self, plan: &Plan) {
        let profiled = |i: usize| self.variants[i].profiling.is_under_way() || self.wants_burst(i, plan);
        let all_warm = self.variants.iter().all(|v| v.warm || v.has_ended());
        let all_warm = all_warm && !(0..self.variants.len()).any(profiled);
        for i in 0..self.variants.len() {
            if self.wants_burst(i, plan) {
                self.begin_burst(i, plan);
            }
            if self.variants[i].status == Status::Idle {
                let kind = match self.variants[i].next_kind(plan.warmup, false) {
                    BlockKind::Measure if !all_warm => BlockKind::Settle,
                    kind => kind,
                };
                self.begin(i, kind, plan, true);
            }
        }
    }

    /// Gives a variant a turn; one that is not `alone` shares the time with others.
    fn begin(&mut self, i: usize, kind: BlockKind, plan: &Plan, alone: bool) {
        let v = &mut self.variants[i];
        let phase = |phase| Do::Report(Box::new(Kind::Phase { variant: v.id.slot, run: v.id.run, phase }));
        let order = match kind {
            BlockKind::Warmup => {
                if v.warm_up.is_empty() {
                    let most = warmup::most(plan.warmup);
                    self.todo.push(phase(Phase::Warmup));
                    let begins = Kind::WarmingUp { variant: v.id.slot, run: v.id.run, most };
                    self.todo.push(Do::Report(Box::new(begins)));
                }
                turns::warmup(plan.warmup)
            }
            BlockKind::Settle => turns::settle(),
            BlockKind::Measure | BlockKind::Profile => {
                self.todo.extend((!v.has_measured).then(|| phase(Phase::Measure)));
                self.todo.push(Do::SampleRails);
                v.has_measured = true;
                let scenario = plan.variants.get(i).map(|spec| spec.scenario).unwrap_or_default();
                let distance = turns::distance(scenario, v.mean);
                turns::roomy(turns::measure(plan.stop, v.measured, v.busy, distance, alone), scenario, v.mean)
            }
        };
        self.begin_turn(i, kind);
        self.order(i, order);
    }

    pub(super) fn begin_turn(&mut self, i: usize, kind: BlockKind) {
        self.variants[i].status = Status::InTurn;
        self.turns.push(Turn { variant: i, kind, held: false, for_burst: false });
        // Should this turn fail, all others have rested.
        self.last = None;
        let parallel = self.plan.as_ref().is_some_and(|plan| plan.parallel);
        for (at, v) in self.variants.iter_mut().enumerate() {
            v.settled &= parallel && at != i;
        }
    }

    /// A worker has done its turn, or what came after its burst.
    pub(super) fn turn_done(&mut self, i: usize) {
        let Some(plan) = self.plan.clone() else { return };
        let Some(at) = self.turns.iter().position(|turn| turn.variant == i) else { return };
        let turn = self.turns.remove(at);
        let v = &mut self.variants[i];
        v.status = Status::Idle;
        // After a burst it has to settle.
        self.last = ((!turn.held || turn.for_burst) && turn.kind != BlockKind::Profile).then_some(i);
        match turn.kind {
            // Cut short, a warm-up begins anew.
            BlockKind::Warmup if turn.held => v.warm_up = WarmUp::default(),
            BlockKind::Warmup if plan.warmup.steady => {
                let verdict = v.warm_up.verdict(plan.warmup);
                v.warm = verdict != Verdict::GoOn;
                if v.warm {
                    let (variant, run, steady) = (v.id.slot, v.id.run, verdict == Verdict::Steady);
                    self.report(Kind::Warm { variant, run, steady });
                }
            }
            BlockKind::Warmup => v.warm = true,
            BlockKind::Settle => v.settled = !turn.held,
            BlockKind::Measure | BlockKind::Profile => {}
        }
        self.end_if_complete(i, &plan);
    }

    /// Ends the turns under way with their blocks in hand.
    pub(super) fn hold(&mut self) {
        if self.turns.is_empty() {
            // Nothing runs: what was settled has rested.
            self.last = None;
            self.variants.iter_mut().for_each(|v| v.settled = false);
        }
        let mut held = Vec::new();
        for turn in &mut self.turns {
            turn.for_burst = false;
            // A burst is one short block, and ends by itself.
            if !std::mem::replace(&mut turn.held, true) && turn.kind != BlockKind::Profile {
                held.push(turn.variant);
            }
        }
        held.into_iter().for_each(|i| self.order(i, WorkerOrder::Hold));
    }

    /// Hands an order to a worker, which runs from then on.
    pub(super) fn order(&mut self, i: usize, order: WorkerOrder) {
        self.resume(i);
        self.todo.push(Do::Order(self.variants[i].id, order));
    }

    pub(super) fn resume(&mut self, i: usize) {
        let v = &mut self.variants[i];
        if v.worker == Worker::Suspended {
            v.worker = Worker::Running;
            self.todo.push(Do::Resume(v.id));
        }
    }

    pub(super) fn suspend(&mut self, i: usize) {
        let v = &mut self.variants[i];
        if v.worker == Worker::Running {
            v.worker = Worker::Suspended;
            self.todo.push(Do::Suspend(v.id));
        }
    }

    /// Ends what has not ended.
    fn interrupt(&mut self) {
        self.patience = None;
        for i in 0..self.variants.len() {
            if !self.variants[i].has_ended() {
                self.end(i, Outcome::Interrupted);
            }
        }
    }
}
