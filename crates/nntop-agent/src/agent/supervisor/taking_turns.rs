//! Who does what next: loading before measuring, warm-up and settling before what counts, A B B A or all at once.

use super::super::seat::Step;
use super::super::turns;
use super::super::warmup::{Verdict, WarmUp};
use super::{Active, Supervisor};
use nntop_core::event::{BlockKind, Kind, Phase, Plan, Stage, WorkerOrder};
use nntop_engine::worker::Task;

impl Supervisor {
    pub(super) fn turn_done(&mut self, i: usize) {
        let Some(plan) = &self.plan else { return };
        let Some(at) = self.active.iter().position(|turn| turn.seat == i) else { return };
        let turn = self.active.remove(at);
        let seat = &mut self.seats[i];
        seat.step = Step::Idle;
        // After a burst it has to settle.
        self.last = ((!turn.held || turn.for_burst) && turn.kind != BlockKind::Profile).then_some(i);
        match turn.kind {
            // Cut short, a warm-up is taken up again.
            BlockKind::Warmup if turn.held => seat.warm_up = WarmUp::default(),
            BlockKind::Warmup if plan.warmup.steady => {
                let verdict = seat.warm_up.verdict(plan.warmup);
                seat.warm = verdict != Verdict::GoOn;
                if seat.warm {
                    let steady = verdict == Verdict::Steady;
                    self.hub.say(Kind::Warm { variant: seat.slot, run: seat.run, steady });
                }
            }
            BlockKind::Warmup => seat.warm = true,
            BlockKind::Settle => seat.settled = !turn.held,
            BlockKind::Measure | BlockKind::Profile => {}
        }
        let plan = plan.clone();
        self.end_if_enough(i, &plan);
    }

    /// Does the next thing, if something can be done now.
    pub(super) fn advance(&mut self) {
        let Some(plan) = self.plan.clone() else { return };
        if self.stopping.is_some() {
            if self.active.is_empty() {
                self.interrupt_all();
            }
            return;
        }
        if self.all_sure() {
            self.hold();
            if !self.active.is_empty() {
                return;
            }
            self.end_sure(&plan);
        }
        // One model loads at a time, and none while another measures: start-up is a figure, too.
        if self.seats.iter().any(|s| matches!(s.step, Step::Waiting | Step::Describing | Step::Loading)) {
            self.hold();
            return;
        }
        // A sweep describes all its points, so that what cannot be read is said at once, then loads one after the other.
        if let Some(next) = self.seats.iter().position(|s| s.step == Step::Queued) {
            if self.resting.is_none() {
                self.find_library(next);
            }
            return;
        }
        let may_load = plan.sweep.is_none() || self.seats.iter().all(|s| s.ended() || s.step == Step::Described);
        if let Some(next) = self.seats.iter().position(|s| s.step == Step::Described && may_load) {
            if !self.active.is_empty() {
                self.hold();
            } else {
                self.launch(next, Task::Measure, Step::Loading, Stage::Process);
            }
            return;
        }
        if plan.parallel && !self.paused {
            self.all_at_once(&plan);
        } else if self.active.is_empty() && !self.paused {
            self.next_turn(&plan);
        }
    }

    /// In turns: one has the machine, the others are stopped.
    pub(super) fn next_turn(&mut self, plan: &Plan) {
        let idle: Vec<usize> = (0..self.seats.len()).filter(|&i| self.seats[i].step == Step::Idle).collect();
        // Who has measured all is profiled, and so is who has just run, if it is time; whoever has settled measures;
        // whoever is cold warms up; then it goes in turns.
        let burst = idle.iter().copied().find(|&i| {
            let seat = &self.seats[i];
            let first = plan.warmup.is_none() && !seat.measured_before;
            let fresh = first || seat.settled || self.last == Some(i) || seat.has_enough(plan.stop);
            fresh && self.wants_burst(i, plan)
        });
        let settled = idle.iter().copied().find(|&i| self.seats[i].settled);
        let cold = idle.iter().copied().find(|&i| !self.seats[i].warm);
        let Some(i) = burst.or(settled).or(cold).or_else(|| self.turns.next(&idle)) else { return };
        idle.iter().filter(|&&o| o != i).for_each(|&o| self.seats[o].freeze());
        if burst.is_some() {
            return self.begin_burst(i);
        }
        let kind = self.seats[i].next_kind(plan.warmup, self.last == Some(i));
        self.begin(i, kind, plan, idle.len() == 1);
    }

    /// In parallel: nobody is stopped, and nobody measures before all are warm, so that all measure under the
    /// load of all. Before that is also the only time for bursts.
    pub(super) fn all_at_once(&mut self, plan: &Plan) {
        let all_warm = plan.warmup.is_none() || self.seats.iter().all(|s| s.warm || s.ended());
        let profiling = |this: &Self, i: usize| this.seats[i].profiling.under_way || this.wants_burst(i, plan);
        let all_warm = all_warm && !(0..self.seats.len()).any(|i| profiling(self, i));
        for i in 0..self.seats.len() {
            if self.wants_burst(i, plan) {
                self.begin_burst(i);
            }
            if self.seats[i].step == Step::Idle {
                let kind = match self.seats[i].next_kind(plan.warmup, false) {
                    BlockKind::Measure if !all_warm => BlockKind::Settle,
                    kind => kind,
                };
                self.begin(i, kind, plan, true);
            }
        }
    }

    /// Gives a seat a turn; one that is not `alone` shares the time with others.
    pub(super) fn begin(&mut self, i: usize, kind: BlockKind, plan: &Plan, alone: bool) {
        let seat = &mut self.seats[i];
        let phase = |phase| Kind::Phase { variant: seat.slot, run: seat.run, phase };
        let order = match kind {
            BlockKind::Warmup => {
                if seat.warm_up.is_empty() {
                    self.hub.say(phase(Phase::Warmup));
                }
                turns::warmup(plan.warmup)
            }
            BlockKind::Settle => turns::settle(),
            BlockKind::Measure | BlockKind::Profile => {
                if !seat.measured_before {
                    self.hub.say(phase(Phase::Measure));
                }
                seat.settled = false;
                seat.measured_before = true;
                let order = turns::measure(plan.stop, seat.measured, seat.busy, seat.mean, alone);
                turns::roomy(order, seat.spec.scenario, seat.mean)
            }
        };
        seat.warm |= plan.warmup.is_none();
        if kind == BlockKind::Measure {
            self.sample_rails();
        }
        let seat = &mut self.seats[i];
        seat.order(&order);
        seat.step = Step::Measuring;
        self.active.push(Active { seat: i, kind, held: false, for_burst: false });
    }

    /// Ends the turns under way with their blocks in hand.
    pub(super) fn hold(&mut self) {
        if self.active.is_empty() {
            self.last = None;
        }
        for turn in self.active.iter_mut().filter(|t| !t.held) {
            turn.held = true;
            let seat = &mut self.seats[turn.seat];
            // Beside a second session the worker stays stopped.
            if seat.profiling.helper.is_none() {
                seat.order(&WorkerOrder::Hold);
            }
        }
    }
}
