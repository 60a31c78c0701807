//! Starting what the scheduler wants: the search for a library, workers, profilers.

use super::super::cgroup::{Group, Limits};
use super::super::child::{Child, Says, teller};
use super::super::processes::Processes;
use super::super::schedule::{Happened, RunId};
use super::super::{python, runtime};
use super::{Note, Supervisor};
use nntop_core::clock::Clock;
use nntop_core::event::{Fault, Kind, Stage, VariantSpec, WorkerOrder};
use nntop_core::unit::Nanos;
use nntop_engine::worker::{Task, WorkerSpec};
use std::sync::{Arc, PoisonError};

impl Supervisor {
    /// Begins a run: resolves the engine's library on a thread that may block, since that may start Python and pip.
    pub(super) fn find_library(&mut self, of: RunId) -> Option<Happened<'static>> {
        let plan = self.schedule.plan()?;
        let spec = plan.variants.get(usize::from(of.slot.0))?.clone();
        let may_install = plan.may_install;
        self.processes.insert(of.slot, Processes::new(of, spec.clone()));
        if !self.surroundings.allowed.paths
            && let Err(fault) = by_name_only(&spec)
        {
            return Some(Happened::Failed { of, fault });
        }
        let (environment, notes) = (self.surroundings.environment.clone(), self.notes.clone());
        let given = spec.options.library.clone();
        if python::package(&spec.engine).is_some() {
            tokio::task::spawn_blocking(move || {
                let interpreter = python::resolve(&environment, &spec.engine, given.as_deref());
                // A file that no engine reads is named before what is not installed; one that is not there is found with the engine.
                let there = std::path::Path::new(&spec.model).exists();
                let interpreter =
                    interpreter.or_else(|fault| if there { look_at_file(&spec).and(Err(fault)) } else { Err(fault) });
                drop(notes.send(Note::Library(of, interpreter)));
            });
            return None;
        }
        let Some(wanted) = runtime::Wanted::of(&spec) else { return Some(Happened::LibraryFound(of)) };
        let one_at_a_time = Arc::clone(&self.resolving);
        tokio::task::spawn_blocking(move || {
            // The first fetches what is missing, the others find it.
            let _turn = one_at_a_time.lock().unwrap_or_else(PoisonError::into_inner);
            let report = |kind| drop(notes.send(Note::Report(Box::new(kind))));
            let file = || look_at_file(&spec);
            let library = runtime::resolve(&environment, &wanted, given.as_deref(), may_install, &file, &report);
            drop(notes.send(Note::Library(of, library)));
        });
        None
    }

    /// The library of a run was found, or not.
    pub(super) fn library_found(&mut self, of: RunId, library: Result<String, Fault>) {
        let Some(processes) = self.current(of) else { return };
        let happened = match library {
            Ok(path) => {
                processes.spec.options.library = Some(path);
                let spec = processes.spec.clone();
                let cache = runtime::cache(&self.surroundings.environment, &spec);
                if let Some(processes) = self.current(of) {
                    processes.spec.options.cache = cache;
                }
                Happened::LibraryFound(of)
            }
            Err(fault) => Happened::Failed { of, fault },
        };
        self.happen(happened);
    }

    /// Starts the process that describes the model, or the one that measures it.
    pub(super) fn start_worker(&mut self, of: RunId, task: Task) -> Option<Happened<'static>> {
        let stage = if task == Task::Describe { Stage::Describe } else { Stage::Process };
        // Made for the describing process, too, which is not put in: what cannot be done is found before all else.
        let group = match self.group(of, "") {
            Ok(group) => group.filter(|_| task == Task::Measure),
            Err(fault) => return Some(Happened::Failed { of, fault }),
        };
        self.hub.report(Kind::Loading { variant: of.slot, run: of.run, stage });
        match self.spawn(of, task, group, move |says| Note::Worker(of, says)) {
            Ok(child) => {
                if let Some(processes) = self.current(of) {
                    processes.worker = Some(child);
                }
                None
            }
            Err(e) => {
                let program = self.surroundings.program.display();
                let fault = Fault::run(format!("cannot start the worker {program}: {e}"));
                Some(Happened::Failed { of, fault })
            }
        }
    }

    /// Profiles operators: in the worker's own session, or in a second one in a process of its own, under the same limits.
    pub(super) fn profile(
        &mut self,
        of: RunId,
        inferences: u64,
        duration: Nanos,
        session: bool,
    ) -> Option<Happened<'static>> {
        self.begin_burst(of, inferences, duration, session)
            .err()
            .map(|reason| Happened::Profiled { of, result: Err(reason) })
    }

    fn begin_burst(&mut self, of: RunId, inferences: u64, duration: Nanos, session: bool) -> Result<(), String> {
        let Some(processes) = self.current(of) else { return Ok(()) };
        let folder = processes.folder()?.to_str().map(String::from);
        let folder = folder.ok_or("the name of the folder for temporary files is not UTF-8")?;
        if !session {
            if let Some(worker) = &mut processes.worker {
                worker.order(&WorkerOrder::Profile { folder, inferences, duration });
            }
            return Ok(());
        }
        processes.session_fault = None;
        let group = self.group(of, "-profile").map_err(|fault| fault.message)?;
        let task = Task::Profile { folder, inferences, duration };
        let child = self
            .spawn(of, task, group, move |says| Note::Session(of, says))
            .map_err(|e| format!("the worker of its own cannot be started: {e}"))?;
        if let Some(processes) = self.current(of) {
            processes.session = Some(child);
        }
        Ok(())
    }

    /// A control group with the limits of the variant's options, if there are any.
    fn group(&mut self, of: RunId, suffix: &str) -> Result<Option<Group>, Fault> {
        let limits = self.current(of).and_then(|processes| Limits::of(&processes.spec.options));
        let name = format!("nntop-{}-{}-{}{suffix}", std::process::id(), of.slot, of.run);
        limits.map(|limits| Group::make(&self.surroundings.root, &name, limits)).transpose()
    }

    fn spawn(
        &mut self,
        of: RunId,
        task: Task,
        group: Option<Group>,
        tag: impl Fn(Says) -> Note + Clone + Send + 'static,
    ) -> std::io::Result<Child> {
        let clock = self.hub.clock();
        // The points of a sweep are not compared with each other.
        let compared = self.schedule.plan().is_some_and(|plan| plan.variants.len() > 1 && plan.sweep.is_none());
        let program = self.surroundings.program.clone();
        let tell = teller(self.notes.clone(), tag);
        let environment = self.surroundings.environment.clone();
        let processes = self.current(of).ok_or_else(|| std::io::Error::other("its run has ended"))?;
        let spec = WorkerSpec {
            pythons: if task == Task::Measure {
                python::others(&environment, &processes.spec.engine)
            } else {
                Vec::new()
            },
            tell_outputs: compared && task == Task::Measure,
            task,
            slot: of.slot,
            run: of.run,
            clock_origin: clock.origin(),
            spawned: clock.now(),
            data_files: processes.data_files.clone(),
            variant: processes.spec.clone(),
        };
        Child::spawn(&program, &spec, group, tell)
    }
}

/// Whether the model's file is one that its engine reads, so that nothing is fetched for one that is not.
fn look_at_file(spec: &VariantSpec) -> Result<(), Fault> {
    // A pipe would be waited for.
    match std::fs::metadata(&spec.model) {
        Ok(file) if !file.is_file() && !file.is_dir() => Ok(()),
        _ => nntop_engine::engine::describe(spec, &|_| None).map(drop).map_err(|fault| fault.about(&spec.name)),
    }
}

/// Refuses what is named by a path and would be loaded as code or written: an engine's library or interpreter, execution
/// providers, and what options name (`backend_path` of QNN, an optimized model).
fn by_name_only(spec: &VariantSpec) -> Result<(), Fault> {
    const WORDS: [&str; 5] = ["path", "file", "dir", "cache", "optimized-model"];
    let o = &spec.options;
    let is_path = |key: &str, value: &str| {
        let key = key.to_ascii_lowercase();
        value.contains('/') || WORDS.iter().any(|word| key.contains(word))
    };
    let all = [
        ("ep-option", &o.provider_options),
        ("session-option", &o.session_options),
        ("property", &o.properties),
        ("ep-library", &o.provider_libraries),
    ];
    let named = all.into_iter().flat_map(|(flag, all)| all.iter().map(move |(key, value)| (flag, key, value)));
    let named = named.filter(|(flag, key, value)| *flag == "ep-library" || is_path(key, value));
    let named = named.map(|(flag, key, value)| format!("--{flag} {key}={value}"));
    let library = spec.options.library.as_ref().map(|path| format!("--engine-path {path}"));
    let Some(what) = library.into_iter().chain(named).next() else { return Ok(()) };
    Err(Fault::input(format!("{}: {what}: this agent takes libraries by the name of an engine only", spec.name))
        .hint("start it with --allow-path, or name a version that is installed there: --engine NAME==VERSION"))
}
