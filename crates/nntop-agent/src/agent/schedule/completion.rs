//! When a run is complete: its inferences, its time, or a median that is known well enough.

use super::machine::Schedule;
use super::variant::Variant;
use nntop_core::event::{Outcome, Plan};
use nntop_core::stats::UntilSure;

impl Schedule {
    /// Ends a run that has all that was asked for, unless its operators are still to be profiled.
    pub(super) fn end_if_complete(&mut self, i: usize, plan: &Plan) {
        let v = &self.variants[i];
        if v.is_complete(plan.stop) && !v.profiling.is_wanted(plan, v.busy, true) {
            self.end(i, Outcome::Ok);
        }
    }

    /// Whether every median that is measured now is known well enough, and none was ended for it yet. One that is known
    /// before the others goes on with them: a comparison needs blocks of both side by side.
    pub(super) fn all_sure(&self) -> bool {
        // The points of a sweep that are not loaded are not asked.
        let mut going = self.variants.iter().filter(|v| v.is_loaded()).peekable();
        going.peek().is_some_and(|v| !v.known) && going.all(|v| v.sure.as_ref().is_some_and(UntilSure::is_sure))
    }

    /// Ends them all, unless the blocks of their last turns have made one of them unsure again.
    pub(super) fn end_sure(&mut self, plan: &Plan) {
        let confirmed = |v: &mut Variant| v.sure.as_mut().is_some_and(UntilSure::confirm);
        if !self.variants.iter_mut().filter(|v| v.is_loaded()).all(confirmed) {
            return;
        }
        for i in 0..self.variants.len() {
            if self.variants[i].is_loaded() {
                self.variants[i].known = true;
                self.end_if_complete(i, plan);
            }
        }
    }
}
