//! Profiling bursts among the turns: whose is next, the worker of a second session, what came of it.

use super::super::burst;
use super::super::cgroup::{Group, Limits};
use super::super::child::{Child, Says, describe_exit, teller};
use super::super::seat::Step;
use super::super::text;
use super::{Active, Note, Supervisor};
use nntop_core::clock::Clock;
use nntop_core::event::{
    BlockKind, Event, Found, Kind, LogLine, OpProfile, Outcome, Plan, Profiler, Reply, Severity, Slot, WorkerOrder,
};
use nntop_engine::worker::{Task, WorkerSpec};

impl Supervisor {
    /// A command asks for a burst, of one variant or of all that can have one.
    pub(super) fn ask_profile(&mut self, variant: Option<Slot>) -> Reply {
        let Some(plan) = &self.plan else { return Reply::Refused("nothing is measured yet".into()) };
        if plan.parallel {
            let why = "in parallel a profiled variant would disturb the others: they are profiled before they measure";
            return Reply::Refused(why.into());
        }
        if self.paused || self.stopping.is_some() {
            return Reply::Refused("nothing is measured now".into());
        }
        let of = |slot: Slot| variant.is_none_or(|v| v == slot);
        let wanted: Vec<usize> =
            (0..self.seats.len()).filter(|&i| of(self.seats[i].slot) && !self.seats[i].ended()).collect();
        if wanted.is_empty() {
            return Reply::Refused(match variant {
                Some(v) if !self.seats.iter().any(|s| s.slot == v) => format!("there is no variant {v}"),
                _ => "it has ended".into(),
            });
        }
        for i in wanted {
            self.seats[i].profiling.ask();
            self.make_room_for_burst(i);
        }
        Reply::Done
    }

    /// Whether a seat that is warm and has no turn is to be profiled now.
    pub(super) fn wants_burst(&self, i: usize, plan: &Plan) -> bool {
        let seat = &self.seats[i];
        let warm = seat.warm || plan.warmup.is_none();
        warm && seat.step == Step::Idle && seat.profiling.wanted(plan, seat.busy, seat.has_enough(plan.stop))
    }

    /// Ends a seat's measuring turn with the block in hand if a burst is due.
    pub(super) fn make_room_for_burst(&mut self, i: usize) {
        let Some(plan) = &self.plan else { return };
        let seat = &self.seats[i];
        if !seat.profiling.wanted(plan, seat.busy, false) {
            return;
        }
        let measuring = |t: &&mut Active| t.seat == i && t.kind == BlockKind::Measure && !t.held;
        if let Some(turn) = self.active.iter_mut().find(measuring) {
            (turn.held, turn.for_burst) = (true, true);
            self.seats[i].order(&WorkerOrder::Hold);
        }
    }

    /// Begins a burst.
    pub(super) fn begin_burst(&mut self, i: usize) {
        let seat = &mut self.seats[i];
        let at_end = self.plan.as_ref().is_some_and(|p| seat.has_enough(p.stop));
        let begun = seat.profiling.begin(seat.mean, at_end);
        seat.settled = false;
        seat.step = Step::Measuring;
        self.active.push(Active { seat: i, kind: BlockKind::Profile, held: false, for_burst: false });
        let burst::Orders { folder, inferences, duration } = match begun {
            Ok(orders) => orders,
            Err(reason) => return self.burst_done(i, Err(reason)),
        };
        if seat.profiling.profiler == Profiler::Session {
            return self.launch_profiler(i, Task::Profile { folder, inferences, duration });
        }
        seat.order(&WorkerOrder::Profile { folder, inferences, duration });
    }

    /// A second session in a worker of its own, under the same limits; the measuring worker is stopped, or ended where
    /// it has measured all: both would need memory.
    fn launch_profiler(&mut self, i: usize, task: Task) {
        let enough = self.plan.as_ref().is_some_and(|p| self.seats[i].has_enough(p.stop));
        let seat = &mut self.seats[i];
        let (slot, run) = (seat.slot, seat.run);
        if enough {
            seat.child = None;
            self.unwatch(slot);
        } else {
            seat.freeze();
        }
        let seat = &mut self.seats[i];
        let group = Limits::of(&seat.spec.options).map(|limits| {
            let name = format!("nntop-{}-{slot}-{run}-profile", std::process::id());
            Group::make(&self.surroundings.root, &name, limits)
        });
        let group = match group.transpose() {
            Ok(group) => group,
            Err(fault) => return self.burst_done(i, Err(fault.message)),
        };
        let clock = self.hub.clock();
        let (clock_origin, spawned) = (clock.origin(), clock.now());
        let (data_files, variant) = (seat.data_files.clone(), seat.spec.clone());
        let spec = WorkerSpec { task, slot, run, clock_origin, spawned, data_files, tell_outputs: false, variant };
        let tell = teller(self.notes.clone(), move |says| Note::Profiler(slot, run, says));
        match Child::spawn(&self.surroundings.program, &spec, group, tell) {
            Ok(child) => seat.profiling.helper = Some(child),
            Err(e) => self.burst_done(i, Err(format!("the worker of its own cannot be started: {e}"))),
        }
    }

    /// Ends second sessions: loading a model may take longer than anyone who stops wants to wait.
    pub(super) fn cancel_profilers(&mut self) {
        for i in 0..self.seats.len() {
            if self.seats[i].profiling.helper.take().is_some() {
                self.burst_done(i, Err("everything was stopped".into()));
            }
        }
    }

    /// What the worker of a second session says.
    pub(super) fn profiler_says(&mut self, i: usize, says: Says) {
        match says {
            Says::Event(event) => self.profiler_event(i, *event),
            Says::Line(source, text) => {
                let severity = text::severity(&text);
                self.hub.say(Kind::Log(LogLine { variant: Some(self.seats[i].slot), source, severity, text }));
            }
            // After its findings its end is no news; they may still be read.
            Says::Exited(status) => {
                if self.seats[i].profiling.helper.take().is_some() {
                    let said = self.seats[i].profiling.trouble.take();
                    let reason = said.unwrap_or_else(|| format!("the worker of its own {}", describe_exit(status)));
                    self.burst_done(i, Err(reason));
                }
            }
        }
    }

    fn profiler_event(&mut self, i: usize, event: Event) {
        let profiling = &mut self.seats[i].profiling;
        match event.kind {
            Kind::Block(ref block) => {
                profiling.block(block);
                self.hub.pass(event);
            }
            Kind::Profiled(profiled) => {
                profiling.helper = None;
                self.read_burst(i, profiled.found);
            }
            Kind::Finished { outcome: Outcome::Failed { error }, .. } => profiling.trouble = Some(error.message),
            _ => {}
        }
    }

    /// Reads what a burst left on a thread that may block. The turn goes on until that is done.
    pub(super) fn read_burst(&mut self, i: usize, found: Found) {
        let seat = &self.seats[i];
        let (slot, run, folder) = (seat.slot, seat.run, seat.profiling.path());
        let (notes, filters) = (self.notes.clone(), seat.profiling.filters.clone());
        tokio::task::spawn_blocking(move || {
            drop(notes.send(Note::Burst(slot, run, Box::new(burst::read(&folder, found, &filters)))));
        });
    }

    /// A burst has found something, or it has not.
    pub(super) fn burst_done(&mut self, i: usize, result: Result<OpProfile, String>) {
        let strict = self.plan.as_ref().is_some_and(|p| p.require_ep);
        let seat = &mut self.seats[i];
        let (variant, run, name) = (seat.slot, seat.run, seat.spec.name.clone());
        seat.profiling.end(seat.busy);
        let wrong = match result {
            Ok(profile) => {
                let wrong = burst::misplaced(&name, &profile, seat.profiling.provider.as_deref());
                let burst = seat.profiling.burst(variant, run, profile);
                self.hub.say(Kind::Ops(burst));
                wrong
            }
            Err(reason) => {
                let wrong = burst::unknown(&name, &reason);
                self.hub.log(Some(variant), Severity::Warning, format!("its operators were not profiled: {reason}"));
                self.hub.say(Kind::Unprofiled { variant, run, reason });
                Some(wrong)
            }
        };
        match wrong.filter(|_| strict) {
            Some(fault) => self.fail(i, fault),
            None => self.turn_done(i),
        }
    }
}
