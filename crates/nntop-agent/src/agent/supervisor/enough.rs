//! When a run has enough: its runs, its time, or a median that is known well.

use super::{Step, Supervisor};
use crate::agent::seat::Seat;
use nntop_core::event::{Kind, Outcome, Phase, Plan};
use nntop_core::stats::UntilSure;

impl Supervisor {
    /// Ends a run that has all that was asked for, unless its operators are still to be profiled.
    pub(super) fn end_if_enough(&mut self, i: usize, plan: &Plan) {
        let seat = &mut self.seats[i];
        if !seat.has_enough(plan.stop) || seat.profiling.wanted(plan, seat.busy, true) {
            return;
        }
        let (variant, run) = (seat.slot, seat.run);
        seat.end();
        self.unwatch(variant);
        self.hub.say(Kind::Phase { variant, run, phase: Phase::Done });
        self.hub.say(Kind::Finished { variant, run, outcome: Outcome::Ok });
    }

    /// Whether every median that is measured now is known well enough, and that has not been taken note of. One that is
    /// known before the others goes on with them: a comparison needs blocks of both side by side.
    pub(super) fn all_sure(&self) -> bool {
        let mut going = self.seats.iter().filter(|s| is_measured(s)).peekable();
        going.peek().is_some_and(|s| !s.known) && going.all(|s| s.sure.as_ref().is_some_and(UntilSure::is_sure))
    }

    /// Ends them all, unless the blocks of their last turns have made one of them unsure again.
    pub(super) fn end_sure(&mut self, plan: &Plan) {
        let measured: Vec<usize> = (0..self.seats.len()).filter(|&i| is_measured(&self.seats[i])).collect();
        let confirmed = |&i: &usize| self.seats[i].sure.as_mut().is_some_and(UntilSure::confirm);
        if measured.iter().all(confirmed) {
            for i in measured {
                self.seats[i].known = true;
                self.end_if_enough(i, plan);
            }
        }
    }
}

/// Loaded and not at its end. The points of a sweep that wait are not asked how sure they are.
fn is_measured(seat: &Seat) -> bool {
    matches!(seat.step, Step::Idle | Step::Measuring)
}
