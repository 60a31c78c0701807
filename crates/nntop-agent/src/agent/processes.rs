//! The processes of one variant's run: the worker, a second session, what they printed and left.

use super::child::{Child, describe_exit};
use super::schedule::{RunId, Status};
use nntop_core::event::{Fault, ModelNode, VariantSpec};
use nntop_core::scratch::Scratch;
use nntop_core::unit::Nanos;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::Arc;

/// This many of a worker's last lines are kept for the report of its end.
const LAST_LINES: usize = 12;

/// What runs for one run of a variant. Dropping it ends all of it.
#[derive(Debug)]
pub(super) struct Processes {
    pub(super) id: RunId,
    /// As it was asked for; the library is added when it is found.
    pub(super) spec: VariantSpec,
    /// The process that describes the model, then the one that measures.
    pub(super) worker: Option<Child>,
    /// A second session, which is only profiled.
    pub(super) session: Option<Child>,
    /// What the worker reported that it failed with; its exit completes it with what was printed.
    pub(super) fault: Option<Fault>,
    /// What the second session reported that it failed with.
    pub(super) session_fault: Option<Fault>,
    /// Files beside the model that hold weights, as its description names them.
    pub(super) data_files: Vec<String>,
    /// The nodes of the model file, with the shapes that are run.
    pub(super) nodes: Arc<[ModelNode]>,
    /// Where runtimes write profiles. Only this user may look; it goes when the run does.
    folder: Option<Scratch>,
    printed: VecDeque<String>,
}

impl Processes {
    pub(super) fn new(id: RunId, spec: VariantSpec) -> Self {
        Self {
            id,
            spec,
            worker: None,
            session: None,
            fault: None,
            session_fault: None,
            data_files: Vec::new(),
            nodes: Arc::default(),
            folder: None,
            printed: VecDeque::new(),
        }
    }

    /// Remembers a line that the worker printed.
    pub(super) fn print(&mut self, line: &str) {
        if self.printed.len() == LAST_LINES {
            self.printed.pop_front();
        }
        self.printed.push_back(line.to_owned());
    }

    /// The folder that runtimes write profiles into; made when it is first asked for.
    ///
    /// # Errors
    /// A sentence fragment: why there is none.
    pub(super) fn folder(&mut self) -> Result<&Path, String> {
        if self.folder.is_none() {
            let place = std::env::temp_dir();
            self.folder = Some(
                Scratch::for_profiles().map_err(|e| format!("no folder can be made in {}: {e}", place.display()))?,
            );
        }
        Ok(self.folder.as_ref().map(Scratch::path).unwrap_or(Path::new("")))
    }

    /// Where profiles were written, if a folder was made.
    pub(super) fn written(&self) -> PathBuf {
        self.folder.as_ref().map(|f| f.path().to_owned()).unwrap_or_default()
    }

    /// The fault of a worker that has given no sign of life for `limit`, with what it printed last.
    pub(super) fn overdue(&mut self, limit: Nanos, during: Status, profiled: bool) -> Fault {
        let (name, doing) = (&self.spec.name, doing(during, profiled));
        let worker = if profiled { self.session.as_ref().or(self.worker.as_ref()) } else { self.worker.as_ref() };
        let how = match worker.is_some_and(Child::is_stopped) {
            true => "was stopped from outside (SIGSTOP), and did not go on within",
            false => "gave no sign of life for",
        };
        let mut fault = Fault::run(format!("{name}: {doing} the worker {how} {limit}: it was killed")).hint(
            "--timeout TIME waits longer: some execution providers compile for long when a model is first loaded",
        );
        fault.printed = self.printed.drain(..).collect();
        fault
    }

    /// The fault of a worker that ended by itself: what it reported, or how it died, with what it printed last.
    pub(super) fn died(&mut self, status: ExitStatus, during: Status, profiled: bool) -> Fault {
        let doing = doing(during, profiled);
        let name = &self.spec.name;
        let starved = self.worker.as_ref().is_some_and(Child::starved);
        let died = || match self.spec.options.memory_limit.filter(|_| starved) {
            Some(limit) => Fault::run(format!(
                "{name}: {doing} the kernel killed the worker: it exceeded its memory limit of {limit}"
            )),
            None => Fault::run(format!("{name}: {doing} the worker {}", describe_exit(status))),
        };
        let mut fault = self.fault.take().unwrap_or_else(died);
        if profiled && fault.hint.is_none() {
            fault = fault.hint("--no-profile measures it without the runtime's profiler");
        }
        if fault.printed.is_empty() {
            fault.printed = self.printed.drain(..).collect();
        }
        fault
    }
}

/// What it did then.
fn doing(during: Status, profiled: bool) -> &'static str {
    match during {
        Status::Describing => "while it read the model",
        Status::Loading => "while it loaded the model",
        _ if profiled => "while its operators were profiled",
        _ => "during the measurement",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nntop_core::event::Slot;

    #[test]
    fn only_this_user_may_look_into_the_folder_and_it_goes_with_the_run() {
        let mut processes = Processes::new(RunId { slot: Slot(0), run: 1 }, VariantSpec::default());
        assert_eq!(processes.written(), PathBuf::new());
        let folder = processes.folder().unwrap().to_owned();
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(processes.folder().unwrap(), folder);
        assert_eq!(processes.written(), folder);
        drop(processes);
        assert!(!folder.exists());
    }
}
