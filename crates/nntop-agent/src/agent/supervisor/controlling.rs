//! Orders that change the device: carried out beside the loop, since a tool of the board may take seconds.

use super::{Note, Supervisor};
use crate::installer::DataDir;
use nntop_core::event::{Answer, Fault, Kind, LogLine, LogSource, Reply, Severity};
use nntop_device::control::{Controls, Place, Tools};
use std::sync::{Arc, Mutex, PoisonError};

/// The controls, where the plan allows them.
pub(super) type Held = Arc<Mutex<Controls>>;

impl Supervisor {
    /// Opens the controls, takes back what a killed nntop left, and says how they stand.
    pub(super) fn allow_control(&mut self) {
        let opened = match (self.surroundings.root.is_live(), self.surroundings.allowed.control) {
            (true, true) => self.open_controls(),
            (true, false) => Err(Fault::input(
                "this agent was not started with --allow-control: nntop agent --stdio --allow-control",
            )),
            (false, _) => Err(Fault::input("a recorded board cannot be changed")),
        };
        match opened {
            Ok(mut controls) => {
                controls.undo_left(false);
                self.hub.report(Kind::Controls { controls: controls.states() });
                self.controls = Some(Arc::new(Mutex::new(controls)));
            }
            Err(fault) => self.hub.log(None, Severity::Error, format!("controls: {fault}")),
        }
    }

    fn open_controls(&self) -> Result<Controls, Fault> {
        let folder = DataDir::of(&self.surroundings.environment).map_err(|e| Fault::run(e.to_string()))?;
        let place = Place {
            root: self.surroundings.root.clone(),
            tools: Tools::of_path(std::env::var_os("PATH").as_deref()),
            folder: folder.path().to_owned(),
        };
        let notes = self.notes.clone();
        Controls::open(place, move |well, text| {
            let severity = if well { Severity::Info } else { Severity::Error };
            let line = LogLine { variant: None, source: LogSource::Nntop, severity, text };
            // After the loop's end nobody listens: then the journal says it.
            let _ = notes.send(Note::Report(Box::new(Kind::Log(line))));
        })
    }

    /// Carries an order out and answers it when that is done; at once where it is not allowed.
    pub(super) fn control(&mut self, id: u64, name: String, value: String, keep: bool) {
        let Some(controls) = self.controls.clone() else {
            let reply = Reply::Refused("changing the device was not allowed: --allow-control".into());
            return self.hub.report(Kind::Answer(Answer { id, reply }));
        };
        let notes = self.notes.clone();
        tokio::task::spawn_blocking(move || {
            let mut controls = controls.lock().unwrap_or_else(PoisonError::into_inner);
            let reply = match controls.set(&name, &value, keep) {
                Ok(()) => Reply::Done,
                Err(fault) => Reply::Refused(match &fault.hint {
                    Some(hint) => format!("{fault} ({hint})"),
                    None => fault.to_string(),
                }),
            };
            for kind in [Kind::Controls { controls: controls.states() }, Kind::Answer(Answer { id, reply })] {
                let _ = notes.send(Note::Report(Box::new(kind)));
            }
        });
    }

    /// Takes back what was changed, waiting for a change in hand.
    pub(super) fn undo_controls(&mut self) {
        if let Some(controls) = self.controls.take() {
            controls.lock().unwrap_or_else(PoisonError::into_inner).undo();
        }
    }
}
