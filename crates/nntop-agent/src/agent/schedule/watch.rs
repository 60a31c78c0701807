//! Steps that end by themselves are watched: what gives no sign of life for too long is given up.
//!
//! Only time in which the agent itself ran counts. When nntop is stopped at the terminal and continued an hour later, its
//! workers have been stopped for as long, and nothing is overdue.

use super::contract::Do;
use super::machine::Schedule;
use super::silence::Silence;
use super::variant::{Status, Variant};
use nntop_core::event::Severity;
use nntop_core::unit::Nanos;

/// Time is looked at this often; what passes between two looks beyond twice that, nntop has slept through.
const STEP: Nanos = Nanos::from_millis(5_000);

/// After so long people want to know what is waited for; earlier where the limit is short.
const NOTICE: Nanos = Nanos::from_millis(30_000);

impl Schedule {
    /// Begins to watch what has begun, and no longer watches what waits for something else.
    pub(super) fn keep_watch(&mut self, now: Nanos) {
        if self.limit().is_none() {
            return;
        }
        for v in &mut self.variants {
            match (step(v), v.watch.looked) {
                (None, _) => v.watch = Silence::default(),
                (Some(_), None) => v.watch.looked = Some(now),
                (Some(_), Some(_)) => {}
            }
        }
    }

    /// Looks how long everything has been silent.
    pub(super) fn look(&mut self, now: Nanos) {
        let Some(limit) = self.limit() else { return };
        for i in 0..self.variants.len() {
            let v = &mut self.variants[i];
            let (Some(doing), Some(looked)) = (step(v), v.watch.looked) else { continue };
            v.watch.silent = v.watch.silent + now.since(looked).min(Nanos(2 * STEP.0));
            v.watch.looked = Some(now);
            let (of, silent) = (v.id, v.watch.silent);
            if silent >= limit {
                v.watch = Silence::default();
                self.todo.push(Do::GiveUp(of));
            } else if silent >= NOTICE.min(Nanos(limit.0 / 2)) && !std::mem::replace(&mut v.watch.noticed, true) {
                let text =
                    format!("no sign of life for {silent} while it {doing}; it is given up after {limit} (--timeout)");
                self.log(Some(of.slot), Severity::Warning, text);
            }
        }
    }

    /// When to look next.
    pub(super) fn next_look(&self) -> Option<Nanos> {
        let limit = self.limit()?;
        let next = |v: &Variant| {
            let left = limit.since(v.watch.silent);
            let notice = NOTICE.min(Nanos(limit.0 / 2)).since(v.watch.silent);
            let notice = if v.watch.noticed || notice == Nanos::ZERO { left } else { notice };
            Some(v.watch.looked? + STEP.min(left).min(notice))
        };
        self.variants.iter().filter_map(next).min()
    }

    fn limit(&self) -> Option<Nanos> {
        self.plan.as_ref().map(|plan| plan.timeout).filter(|limit| *limit != Nanos::ZERO)
    }
}

/// What a variant does that ends by itself, or gives a sign of life now and then. Looking for a library is not among it: what that
/// starts has limits of its own, and a download may take long.
fn step(v: &Variant) -> Option<&'static str> {
    match v.status {
        Status::Describing => Some("reads the model's file"),
        Status::Loading => Some("loads the model"),
        Status::InTurn if v.profiling.is_under_way() => Some("profiles its operators"),
        Status::InTurn => Some("measures"),
        Status::Queued | Status::Finding | Status::Described | Status::Idle | Status::Ended => None,
    }
}
