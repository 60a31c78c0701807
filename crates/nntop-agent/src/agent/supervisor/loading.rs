//! From a wish to a loaded model: the engine's library, what the file says, the worker that measures.

use super::super::cgroup::{Group, Limits};
use super::super::child::{Child, teller};
use super::super::seat::Step;
use super::super::{python, runtime};
use super::{Note, Supervisor};
use nntop_core::clock::Clock;
use nntop_core::event::{Fault, Kind, Stage};
use nntop_engine::worker::{Task, WorkerSpec};
use std::sync::{Arc, PoisonError};

impl Supervisor {
    /// All at once; those of a sweep wait in line.
    pub(super) fn find_libraries(&mut self) {
        for i in 0..self.seats.len() {
            if self.seats[i].step != Step::Queued {
                self.find_library(i);
            }
        }
    }

    /// Resolves the engine's library on a thread that may block: it may start Python and pip.
    pub(super) fn find_library(&mut self, i: usize) {
        let seat = &mut self.seats[i];
        seat.step = Step::Waiting;
        let (slot, run) = (seat.slot, seat.run);
        if python::package(&seat.spec.engine).is_some() {
            let engine = seat.spec.engine.clone();
            let (environment, notes) = (self.surroundings.environment.clone(), self.notes.clone());
            let given = self.plan.as_ref().and_then(|p| p.variants.get(i)).and_then(|v| v.options.library.clone());
            tokio::task::spawn_blocking(move || {
                let interpreter = python::resolve(&environment, &engine, given.as_deref());
                drop(notes.send(Note::Library(slot, run, interpreter)));
            });
            return;
        }
        let Some(wanted) = runtime::Wanted::of(&seat.spec) else {
            self.describe(i);
            return;
        };
        let environment = self.surroundings.environment.clone();
        let given = self.plan.as_ref().and_then(|p| p.variants.get(i)).and_then(|v| v.options.library.clone());
        let may_install = self.plan.as_ref().is_some_and(|p| p.may_install);
        let notes = self.notes.clone();
        let one_at_a_time = Arc::clone(&self.resolving);
        tokio::task::spawn_blocking(move || {
            // The first fetches what is missing, the others find it.
            let _turn = one_at_a_time.lock().unwrap_or_else(PoisonError::into_inner);
            let say = |kind| drop(notes.send(Note::Say(Box::new(kind))));
            let library = runtime::resolve(&environment, &wanted, given.as_deref(), may_install, &say);
            drop(notes.send(Note::Library(slot, run, library)));
        });
    }

    pub(super) fn describe(&mut self, i: usize) {
        self.launch(i, Task::Describe, Step::Describing, Stage::Describe);
    }

    pub(super) fn launch(&mut self, i: usize, task: Task, step: Step, stage: Stage) {
        let clock = self.hub.clock();
        // A grid's points are not held against each other.
        let alone = self.plan.as_ref().is_none_or(|p| p.sweep.is_some());
        let tell_outputs = self.seats.len() > 1 && !alone && task == Task::Measure;
        let seat = &mut self.seats[i];
        let (slot, run) = (seat.slot, seat.run);
        // Made for the describing worker, too, which is not put in: what cannot be done is found before all else.
        let group = Limits::of(&seat.spec.options).map(|limits| {
            let name = format!("nntop-{}-{slot}-{run}", std::process::id());
            Group::make(&self.surroundings.root, &name, limits)
        });
        let group = match group.transpose() {
            Ok(group) => group.filter(|_| task == Task::Measure),
            Err(fault) => return self.fail(i, fault),
        };
        self.hub.say(Kind::Loading { variant: slot, run, stage });
        let spec = WorkerSpec {
            task,
            slot,
            run,
            clock_origin: clock.origin(),
            spawned: clock.now(),
            data_files: seat.data_files.clone(),
            tell_outputs,
            variant: seat.spec.clone(),
        };
        let tell = teller(self.notes.clone(), move |says| Note::Worker(slot, run, says));
        match Child::spawn(&self.surroundings.program, &spec, group, tell) {
            Ok(child) => {
                seat.child = Some(child);
                seat.step = step;
            }
            Err(e) => {
                let program = self.surroundings.program.display();
                self.fail(i, Fault::run(format!("cannot start the worker {program}: {e}")));
            }
        }
    }
}
