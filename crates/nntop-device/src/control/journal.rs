//! What was set before nntop changed it, on disk before the change: a killed nntop's changes are taken back by the next.

use super::Place;
use nntop_core::event::Fault;
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;

const FILE: &str = "control-journal.json";

/// A change.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Entry {
    /// Of which control.
    pub(super) control: String,
    /// What brings back what was set, in the control's own words.
    pub(super) before: String,
    /// The same for people.
    pub(super) shown: String,
    /// Whether it outlives a restart of the machine.
    pub(super) stays: bool,
    /// Whether it is to be left so when nntop ends.
    pub(super) keep: bool,
    /// The process that changed it, when it began in ticks since boot, and of which boot.
    pub(super) process: (u32, u64),
    pub(super) boot: String,
}

impl Entry {
    /// One of this process.
    pub(super) fn of_now(place: &Place) -> Self {
        Self { process: me(), boot: boot(place), ..Self::default() }
    }

    fn own(&self) -> bool {
        self.process == me()
    }
}

#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    boot: String,
    entries: Vec<Entry>,
}

impl Journal {
    pub(super) fn open(place: &Place) -> Result<Self, Fault> {
        let mut journal = Self { path: place.folder.join(FILE), boot: boot(place), entries: Vec::new() };
        std::fs::create_dir_all(&place.folder).map_err(|e| journal.cannot(&e))?;
        journal.change(|_| {})?;
        Ok(journal)
    }

    /// What this process has changed.
    pub(super) fn own(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.own())
    }

    /// What processes have changed that are no more.
    pub(super) fn left(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| !entry.own() && !runs(entry.process))
    }

    /// Adds an entry, unless an earlier change of the same control is there: what was set at first is what comes back.
    pub(super) fn write_down(&mut self, entry: Entry) -> Result<(), Fault> {
        self.change(|entries| match entries.iter_mut().find(|known| known.control == entry.control) {
            Some(known) => (known.process, known.keep) = (entry.process, entry.keep),
            None => entries.push(entry),
        })
    }

    /// Removes an entry.
    pub(super) fn strike(&mut self, entry: &Entry) -> Result<(), Fault> {
        self.change(|entries| entries.retain(|known| known.control != entry.control))
    }

    /// Reads, changes and writes it, while no other nntop does.
    fn change(&mut self, change: impl FnOnce(&mut Vec<Entry>)) -> Result<(), Fault> {
        let cannot = |e: &io::Error| self.cannot(e);
        let lock = File::create(self.path.with_extension("lock")).map_err(|e| cannot(&e))?;
        flock(&lock, FlockOperation::LockExclusive).map_err(|e| cannot(&e.into()))?;
        let mut entries: Vec<Entry> = match std::fs::read(&self.path) {
            // A torn journal cannot be: it is renamed into its place. What another version wrote is not ours to judge.
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|e| cannot(&e.into()))?,
            Err(e) if e.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(e) => return Err(cannot(&e)),
        };
        let before = entries.clone();
        // A restart of the machine has taken back what does not outlive one.
        entries.retain(|entry| entry.stays || entry.boot == self.boot);
        change(&mut entries);
        if entries != before {
            let folder = self.path.parent().unwrap_or(&self.path);
            let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|e| cannot(&e))?;
            let text = serde_json::to_vec(&entries).map_err(|e| cannot(&e.into()))?;
            file.write_all(&text).and_then(|()| file.as_file().sync_all()).map_err(|e| cannot(&e))?;
            file.persist(&self.path).map_err(|e| cannot(&e.error))?;
        }
        self.entries = entries;
        Ok(())
    }

    fn cannot(&self, e: &io::Error) -> Fault {
        Fault::run(format!("the journal of controls {}: {e}", self.path.display()))
            .hint("make its folder writable, or name another by NNTOP_DATA_DIR")
    }
}

fn boot(place: &Place) -> String {
    place.root.text("/proc/sys/kernel/random/boot_id").unwrap_or_default()
}

/// This process. Of the live machine, whatever tree is read: numbers of processes mean something only there.
fn me() -> (u32, u64) {
    let pid = std::process::id();
    (pid, started(pid).unwrap_or(0))
}

/// Whether a process runs that began at that time.
fn runs((pid, begin): (u32, u64)) -> bool {
    started(pid) == Some(begin)
}

/// proc(5): field 22 of `/proc/PID/stat`, counted from behind the name, which may hold anything.
pub(super) fn started(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace();
    if matches!(fields.next()?, "Z" | "X" | "x") {
        return None;
    }
    fields.nth(18)?.parse().ok()
}
