//! What front ends ask for: begin, pause, restart, profile, stop.

use super::contract::Do;
use super::machine::Schedule;
use super::rest::Rest;
use super::variant::Variant;
use nntop_core::event::{Kind, Outcome, Plan, Severity, Slot};
use nntop_core::unit::Nanos;
use std::sync::Arc;

/// Done, or refused with this reason.
type Result = std::result::Result<(), String>;

impl Schedule {
    pub(super) fn start(&mut self, plan: Plan) -> Result {
        if self.plan.is_some() {
            return Err("a plan is under way".into());
        }
        if !plan.targets.is_empty() {
            self.report(Kind::Targets { targets: plan.targets.clone() });
        }
        if let Some(share) = plan.stop.until_ci {
            self.report(Kind::UntilCi { share });
        }
        if plan.parallel {
            self.report(Kind::Parallel);
        }
        if let Some(sweep) = &plan.sweep {
            self.report(Kind::Sweep(sweep.clone()));
        }
        for (i, spec) in plan.variants.iter().enumerate() {
            let variant = Variant::new(Slot(i as u8), &plan);
            self.report(Kind::Variant { variant: variant.id.slot, run: variant.id.run, spec: Box::new(spec.clone()) });
            self.variants.push(variant);
        }
        if plan.idle != Nanos::ZERO {
            self.log(None, Severity::Info, format!("idling for {} to measure the idle power", plan.idle));
            self.rest = Rest::Asked(plan.idle);
            self.todo.push(Do::Sample);
        }
        self.plan = Some(Arc::new(plan));
        Ok(())
    }

    pub(super) fn pause(&mut self, paused: bool) -> Result {
        if self.paused == paused {
            return Err(if paused { "already paused" } else { "it is not paused" }.into());
        }
        self.paused = paused;
        if paused {
            self.hold();
        }
        self.report(Kind::Paused { paused });
        Ok(())
    }

    pub(super) fn restart(&mut self, slot: Slot) -> Result {
        let found = self.variants.iter().position(|v| v.id.slot == slot);
        let (Some(i), Some(plan)) = (found, self.plan.clone()) else {
            return Err(format!("there is no variant {slot}"));
        };
        if self.stopping {
            return Err("everything is being stopped".into());
        }
        if !self.variants[i].has_ended() {
            self.end(i, Outcome::Interrupted);
        }
        self.variants[i].restart(&plan);
        self.reopen();
        let id = self.variants[i].id;
        self.report(Kind::Variant { variant: slot, run: id.run, spec: Box::new(plan.variants[i].clone()) });
        Ok(())
    }

    /// A burst of one variant, or of all that can have one.
    pub(super) fn ask_profile(&mut self, slot: Option<Slot>) -> Result {
        let Some(plan) = &self.plan else { return Err("nothing is measured yet".into()) };
        if plan.parallel {
            let why =
                "with --parallel, profiling would disturb the other variants: they are profiled before the measurement";
            return Err(why.into());
        }
        if self.paused || self.stopping {
            return Err("nothing is measured now".into());
        }
        let wanted = |v: &Variant| slot.is_none_or(|slot| slot == v.id.slot) && !v.has_ended();
        let wanted: Vec<usize> = (0..self.variants.len()).filter(|&i| wanted(&self.variants[i])).collect();
        if wanted.is_empty() {
            return Err(match slot {
                Some(slot) if self.status(slot).is_none() => format!("there is no variant {slot}"),
                _ => "it has ended".into(),
            });
        }
        for i in wanted {
            self.variants[i].profiling.ask();
            self.make_room_for_burst(i);
        }
        Ok(())
    }

    /// Ends everything with the blocks in hand, which are waited for until `patience`.
    pub(super) fn stop(&mut self, patience: Nanos) {
        if std::mem::replace(&mut self.stopping, true) {
            return;
        }
        self.patience = Some(patience);
        self.cancel_sessions();
        self.hold();
    }
}
