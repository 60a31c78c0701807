//! Profiling bursts among the turns: whose is next, in which session, and what came of it.

use super::burst::{self, Limits};
use super::contract::{Do, RunId};
use super::machine::{Schedule, Turn};
use super::variant::{Status, Worker};
use nntop_core::event::{BlockKind, Kind, OpProfile, Outcome, Plan, Severity, WorkerOrder};

impl Schedule {
    /// Whether a variant that is warm and has no turn is to be profiled now.
    pub(super) fn wants_burst(&self, i: usize, plan: &Plan) -> bool {
        let v = &self.variants[i];
        v.warm && v.status == Status::Idle && v.profiling.is_wanted(plan, v.busy, v.is_complete(plan.stop))
    }

    /// Ends a variant's measuring turn with the block in hand if a burst is due.
    pub(super) fn make_room_for_burst(&mut self, i: usize) {
        let Some(plan) = &self.plan else { return };
        let v = &self.variants[i];
        if !v.profiling.is_wanted(plan, v.busy, false) {
            return;
        }
        let measuring = |t: &&mut Turn| t.variant == i && t.kind == BlockKind::Measure && !t.held;
        if let Some(turn) = self.turns.iter_mut().find(measuring) {
            (turn.held, turn.for_burst) = (true, true);
            self.order(i, WorkerOrder::Hold);
        }
    }

    /// Begins a burst. A second session has a worker of its own; the measuring worker is suspended meanwhile, or ended
    /// where it has measured all: both would need memory.
    pub(super) fn begin_burst(&mut self, i: usize, plan: &Plan) {
        let v = &mut self.variants[i];
        let (of, complete) = (v.id, v.is_complete(plan.stop));
        let Limits { inferences, duration } = v.profiling.begin(v.mean, complete);
        let session = v.profiling.in_session();
        self.begin_turn(i, BlockKind::Profile);
        match (session, complete) {
            (false, _) => self.resume(i),
            (true, false) => self.suspend(i),
            (true, true) if self.variants[i].worker != Worker::Absent => {
                self.variants[i].worker = Worker::Absent;
                self.todo.push(Do::EndWorker(of));
            }
            (true, true) => {}
        }
        self.todo.push(Do::Profile { of, inferences, duration, session });
    }

    /// Ends second sessions: loading a model may take longer than a stop can wait.
    pub(super) fn cancel_sessions(&mut self) {
        for i in 0..self.variants.len() {
            if self.variants[i].profiling.in_session() {
                self.todo.push(Do::EndSession(self.variants[i].id));
                self.burst_done(i, Err("everything was stopped".into()));
            }
        }
    }

    /// A burst has found something, or it has not.
    pub(super) fn burst_done(&mut self, i: usize, result: Result<OpProfile, String>) {
        let Some(plan) = self.plan.clone() else { return };
        let v = &mut self.variants[i];
        if !v.profiling.is_under_way() {
            return;
        }
        let RunId { slot: variant, run } = v.id;
        let name = plan.variants.get(i).map_or("", |spec| spec.name.as_str());
        v.profiling.end(v.busy);
        let wrong = match result {
            Ok(profile) => {
                let wrong = burst::misplaced(name, &profile, v.profiling.provider.as_deref());
                let burst = v.profiling.number(variant, run, profile);
                self.report(Kind::Ops(burst));
                wrong
            }
            Err(reason) => {
                // A stop is no proof of anything.
                let wrong = (!self.stopping).then(|| burst::unknown(name, &reason));
                let text = format!("its operators were not profiled: {reason}");
                self.log(Some(variant), Severity::Warning, text);
                self.report(Kind::Unprofiled { variant, run, reason });
                wrong
            }
        };
        match wrong.filter(|_| plan.require_ep) {
            Some(error) => self.end(i, Outcome::Failed { error }),
            None => self.turn_done(i),
        }
    }
}
