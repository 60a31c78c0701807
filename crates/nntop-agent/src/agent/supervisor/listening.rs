//! What workers and second sessions report, print, and how they end.

use super::super::child::{Says, describe_exit};
use super::super::findings;
use super::super::schedule::{Happened, RunId, Status};
use super::super::text;
use super::{Note, Supervisor};
use nntop_core::clock::Clock;
use nntop_core::event::{Event, Found, Kind, LogLine, LogSource, Outcome};

impl Supervisor {
    /// Something from the worker of a run. What comes late, of a run that has ended, is dropped.
    pub(super) fn worker_says(&mut self, of: RunId, says: Says) {
        let during = self.schedule.status(of.slot).unwrap_or(Status::Ended);
        let profiled = self.schedule.is_profiled(of.slot);
        let Some(processes) = self.current(of) else { return };
        match says {
            Says::Event(event) => self.worker_event(of, *event),
            Says::Line(source, text) => {
                if source != LogSource::Nntop {
                    processes.print(&text);
                }
                self.line(of, source, text);
            }
            // Ended by the agent: it had measured all.
            Says::Exited(_) if processes.worker.is_none() => {}
            Says::Exited(status) if during == Status::Describing && status.success() => {
                processes.worker = None;
                self.happen(Happened::Described(of));
            }
            Says::Exited(status) => {
                let fault = processes.died(status, during, profiled);
                self.happen(Happened::Failed { of, fault });
            }
        }
    }

    fn worker_event(&mut self, of: RunId, mut event: Event) {
        let Some(processes) = self.current(of) else { return };
        match &mut event.kind {
            // What it printed may still be on its way through another pipe: its exit completes the report.
            Kind::Finished { outcome: Outcome::Failed { error }, .. } => processes.fault = Some(error.clone()),
            Kind::Model { model, .. } => {
                processes.data_files.clone_from(&model.data_files);
                processes.nodes = std::mem::take(&mut model.nodes).into();
                self.hub.pass(event);
            }
            Kind::Ready(ready) => {
                let (profiler, provider) = (ready.engine.profiler, ready.engine.providers.first().cloned());
                let pid = processes.worker.as_ref().map(|worker| worker.pid());
                self.hub.pass(event);
                if let Some(pid) = pid {
                    self.watch_worker(of.slot, pid);
                }
                self.happen(Happened::Ready { of, profiler, provider });
            }
            Kind::Accuracy { .. } => {
                self.hub.pass(event);
                self.happen(Happened::Alive(of));
            }
            Kind::Block(_) => self.block(event),
            Kind::Profiled(profiled) => {
                let found = profiled.found.clone();
                self.read_findings(of, found);
            }
            Kind::TurnDone { .. } => {
                self.hub.pass(event);
                self.happen(Happened::TurnDone(of));
            }
            _ => self.hub.pass(event),
        }
    }

    /// A block goes to the front end before what follows from it.
    fn block(&mut self, event: Event) {
        let Kind::Block(block) = &event.kind else { return };
        let todo = self.schedule.take(Happened::Block(block), self.hub.clock().now());
        self.hub.pass(event);
        self.carry_out(todo);
    }

    /// Something from a second session.
    pub(super) fn session_says(&mut self, of: RunId, says: Says) {
        let Some(processes) = self.current(of) else { return };
        match says {
            Says::Line(source, text) => self.line(of, source, text),
            Says::Event(event) => match event.kind {
                Kind::Block(_) => self.block(*event),
                Kind::Profiled(profiled) => {
                    processes.session = None;
                    self.happen(Happened::SessionDone(of));
                    self.read_findings(of, profiled.found);
                }
                Kind::Finished { outcome: Outcome::Failed { error }, .. } => processes.session_fault = Some(error),
                _ => {}
            },
            // After its findings its end is no news; they may still be read.
            Says::Exited(status) => {
                if processes.session.take().is_some() {
                    let reported = processes.session_fault.take().map(|fault| fault.message);
                    let reason = reported.unwrap_or_else(|| format!("the worker of its own {}", describe_exit(status)));
                    self.happen(Happened::Profiled { of, result: Err(reason) });
                }
            }
        }
    }

    /// What a run that has given no sign of life for too long fails with. Its processes are ended with the run.
    pub(super) fn give_up(&mut self, of: RunId) -> Option<Happened<'static>> {
        let limit = self.schedule.plan()?.timeout;
        let during = self.schedule.status(of.slot)?;
        let profiled = self.schedule.is_profiled(of.slot);
        let fault = self.current(of)?.overdue(limit, during, profiled);
        Some(Happened::Failed { of, fault })
    }

    fn line(&mut self, of: RunId, source: LogSource, text: String) {
        let severity = text::severity(&text);
        self.hub.report(Kind::Log(LogLine { variant: Some(of.slot), source, severity, text }));
    }

    /// Reads what a burst left on a thread that may block. The turn goes on until that is done.
    fn read_findings(&mut self, of: RunId, found: Found) {
        let Some(processes) = self.current(of) else { return };
        let (folder, nodes) = (processes.written(), processes.nodes.clone());
        let notes = self.notes.clone();
        tokio::task::spawn_blocking(move || {
            let result = findings::read(&folder, found, &nodes);
            drop(notes.send(Note::Findings(of, Box::new(result))));
        });
    }
}
