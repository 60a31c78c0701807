//! What changes the device, only where it was allowed: power mode, pinned clocks, fan, CPU governor, ending a process.
//!
//! One file per control. Before a change what was set is written into a journal, so that it comes back however nntop ends:
//! at the end, on a panic and on a signal by dropping [`Controls`], after a kill by the next nntop that may.

mod fan;
mod governor;
mod jetson_clocks;
mod journal;
#[cfg(feature = "jtop")]
mod jtop;
#[cfg(feature = "jtop")]
mod limit;
mod nvpmodel;
mod process;
#[cfg(test)]
mod tests;
mod tools;

pub use tools::Tools;

use crate::sampler::Root;
use journal::{Entry, Journal};
use nntop_core::event::{ControlState, Fault};
use std::path::PathBuf;

/// Where controls find what they change.
#[derive(Debug, Clone)]
pub struct Place {
    /// Where /proc, /sys, /etc and /var are.
    pub root: Root,
    /// Where the system's own tools are.
    pub tools: Tools,
    /// nntop's own folder, for the journal.
    pub folder: PathBuf,
}

/// What a look at a control gave.
struct Seen {
    now: Option<String>,
    choices: Vec<String>,
}

/// Something that can be changed.
trait Control: Send {
    /// How it is named on the command line and in orders.
    fn name(&self) -> &'static str;

    /// What it changes, in words.
    fn what(&self) -> &'static str;

    /// What is set and what could be; a sentence where it is not to be had here.
    fn look(&self, place: &Place) -> Result<Seen, String>;

    /// Sets it.
    fn set(&self, place: &Place, value: &str) -> Result<(), Fault>;

    /// All that [`Control::restore`] needs to bring back what is set now; `None` where nothing can.
    fn remember(&self, place: &Place) -> Result<Option<String>, Fault>;

    /// Brings back what [`Control::remember`] gave.
    fn restore(&self, place: &Place, before: &str) -> Result<(), Fault>;

    /// Whether it outlives a restart of the machine, where [`Control::remember`] gave `before`.
    fn stays(&self, _before: &str) -> bool {
        false
    }
}

fn all() -> Vec<Box<dyn Control>> {
    vec![
        Box::new(nvpmodel::PowerMode),
        Box::new(jetson_clocks::PinnedClocks),
        Box::new(fan::Fan),
        Box::new(governor::Governor),
        Box::new(process::EndProcess),
    ]
}

/// The controls of a machine. Dropping it takes back what it changed.
pub struct Controls {
    place: Place,
    controls: Vec<Box<dyn Control>>,
    journal: Journal,
    /// What is said about each step.
    say: Box<dyn FnMut(bool, String) + Send>,
}

impl Controls {
    /// The controls at `place`. `say` gets every step as a sentence, with whether it went well.
    ///
    /// # Errors
    /// When the journal cannot be kept: without it a change could not be taken back.
    pub fn open(place: Place, say: impl FnMut(bool, String) + Send + 'static) -> Result<Self, Fault> {
        let journal = Journal::open(&place)?;
        Ok(Self { place, controls: all(), journal, say: Box::new(say) })
    }

    /// How they stand.
    pub fn states(&self) -> Vec<ControlState> {
        let state = |control: &dyn Control| {
            let before = self.journal.own().find(|entry| entry.control == control.name());
            let mut state = ControlState {
                name: control.name().into(),
                what: control.what().into(),
                before: before.map(|entry| entry.shown.clone()),
                undoable: control.name() != process::NAME,
                ..ControlState::default()
            };
            match control.look(&self.place) {
                Ok(seen) => (state.now, state.choices) = (seen.now, seen.choices),
                Err(why) => state.absent = Some(why),
            }
            state
        };
        self.controls.iter().map(|control| state(control.as_ref())).collect()
    }

    /// Sets one, having written down what was set before. With `keep` it is left so at the end, until it is taken back by
    /// [`Controls::undo_left`].
    ///
    /// # Errors
    /// When there is no such control or value, or the system refuses.
    pub fn set(&mut self, name: &str, value: &str, keep: bool) -> Result<(), Fault> {
        let control = self.controls.iter().find(|control| control.name() == name).ok_or_else(|| {
            let names: Vec<&str> = self.controls.iter().map(|control| control.name()).collect();
            Fault::input(format!("{name}: there is no such control")).hint(format!("one of {}", names.join(", ")))
        })?;
        let seen = control.look(&self.place).map_err(|why| Fault::run(format!("{name}: {why}")))?;
        if !seen.choices.is_empty() && !seen.choices.iter().any(|choice| choice == value) {
            return Err(Fault::input(format!("{name}: {value} is not to be had"))
                .hint(format!("one of {}", seen.choices.join(", "))));
        }
        let shown = seen.now.unwrap_or_else(|| "unknown".into());
        // First the journal: who is killed in between takes back what was not done, which does no harm. What was set at
        // first is what comes back, so that a second change remembers nothing.
        let known = self.journal.own().find(|entry| entry.control == name).cloned();
        let fresh = known.is_none();
        let entry = match known {
            Some(known) => Some(Entry { keep, ..known }),
            None => control.remember(&self.place)?.map(|before| {
                let (control, stays) = (name.to_owned(), control.stays(&before));
                Entry { control, before, shown: shown.clone(), stays, keep, ..Entry::of_now(&self.place) }
            }),
        };
        if let Some(entry) = &entry {
            self.journal.write_down(entry.clone())?;
        }
        let done = control.set(&self.place, value).map_err(|fault| fault.about(name));
        if let (Err(_), true, Some(entry)) = (&done, fresh, &entry)
            && control.look(&self.place).is_ok_and(|seen| seen.now.as_ref() == Some(&shown))
        {
            // Nothing has changed: there is nothing to take back.
            self.journal.strike(entry)?;
        }
        match &done {
            Ok(()) if name == process::NAME => (self.say)(true, format!("process {value} was asked to end")),
            Ok(()) => (self.say)(true, format!("{name} set to {value}, was {shown}")),
            Err(fault) => (self.say)(false, format!("{name} could not be set to {value}: {fault}")),
        }
        done
    }

    /// Takes back what this nntop changed and was not to keep.
    pub fn undo(&mut self) {
        let entries: Vec<Entry> = self.journal.own().filter(|entry| !entry.keep).cloned().collect();
        self.take_back(entries);
    }

    /// What this nntop changed and could not take back, or was to keep.
    pub fn changed(&self) -> impl Iterator<Item = &str> {
        self.journal.own().map(|entry| entry.control.as_str())
    }

    /// What others left: of an nntop that was killed, or that was told to keep it.
    pub fn left(&self) -> impl Iterator<Item = &str> {
        self.journal.left().map(|entry| entry.control.as_str())
    }

    /// Takes back what an nntop left that was killed; with `kept` also what was to stay.
    pub fn undo_left(&mut self, kept: bool) {
        let entries: Vec<Entry> = self.journal.left().filter(|entry| kept || !entry.keep).cloned().collect();
        self.take_back(entries);
    }

    /// The newest change first.
    fn take_back(&mut self, entries: Vec<Entry>) {
        for entry in entries.into_iter().rev() {
            let Some(control) = self.controls.iter().find(|control| control.name() == entry.control) else { continue };
            match control.restore(&self.place, &entry.before) {
                Ok(()) => {
                    (self.say)(true, format!("{} is {} again", entry.control, entry.shown));
                    if let Err(fault) = self.journal.strike(&entry) {
                        (self.say)(false, fault.to_string());
                    }
                }
                // It stays in the journal: whoever may can take it back later.
                Err(fault) => {
                    let way = "nntop control restore --allow-control tries again";
                    (self.say)(
                        false,
                        format!("{} could not be set back to {}: {fault}; {way}", entry.control, entry.shown),
                    );
                }
            }
        }
    }
}

impl Drop for Controls {
    fn drop(&mut self) {
        self.undo();
    }
}

/// A refusal of the system, with the way out where it is a matter of rights.
fn refused(what: &str, e: &std::io::Error) -> Fault {
    let fault = Fault::run(format!("{what}: {e}"));
    match e.kind() {
        std::io::ErrorKind::PermissionDenied => fault.hint("only root may: sudo nntop ..."),
        _ => fault,
    }
}
