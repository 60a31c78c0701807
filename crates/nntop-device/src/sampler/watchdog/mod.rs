//! A watchdog over a reading thread: what the thread reads at this moment, seen from outside. A read that the kernel
//! does not end can only be noticed that way.
//!
//! Opening without waiting does not help with a driver that waits for its device, or with a dead server's mount.
//! A [`Root`](super::root::Root) carries the watchdog of its thread; one without a watchdog reads unwatched.

mod open;
mod quarantine;

pub(crate) use open::open_nonblocking;
pub(crate) use quarantine::{Quarantine, Timeouts};

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Watches one reading thread.
#[derive(Debug)]
pub(crate) struct Watchdog {
    activity: Mutex<Activity>,
    abandoned: AtomicBool,
    quarantine: Arc<Quarantine>,
}

/// What the thread does now.
#[derive(Debug, Default)]
struct Activity {
    /// Rises with each beginning and each end.
    step: u64,
    /// The sampler, and the file within it.
    sampler: Option<&'static str>,
    path: OsString,
    reading: bool,
}

impl Watchdog {
    pub(crate) fn new(quarantine: &Arc<Quarantine>) -> Self {
        Self { activity: Mutex::default(), abandoned: AtomicBool::new(false), quarantine: Arc::clone(quarantine) }
    }

    fn activity(&self) -> MutexGuard<'_, Activity> {
        self.activity.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A number that stays the same while one thing is read, and what that is; `None` where it is nothing that could
    /// be left out.
    pub(crate) fn activity_now(&self) -> (u64, Option<PathBuf>) {
        let activity = self.activity();
        let path = match activity.reading {
            true => Some(PathBuf::from(&activity.path)),
            false => activity.sampler.map(PathBuf::from),
        };
        (activity.step, path)
    }

    /// The thread has been replaced: it ends as soon as it can.
    pub(crate) fn abandon(&self) {
        self.abandoned.store(true, Ordering::Release);
    }

    pub(crate) fn is_abandoned(&self) -> bool {
        self.abandoned.load(Ordering::Acquire)
    }

    /// Opens a file that is being read.
    pub(crate) fn open(&self, path: &Path) -> io::Result<File> {
        self.quarantine.open(path)
    }

    /// Reads `path`. What is in quarantine, or asked by an abandoned thread, is not read.
    pub(crate) fn read<T>(&self, path: &Path, read: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        if self.is_abandoned() || self.quarantine.holds(path) {
            return Err(self.quarantine.error(path));
        }
        {
            let mut activity = self.activity();
            activity.step += 1;
            activity.reading = true;
            activity.path.clear();
            activity.path.push(path);
        }
        let result = read();
        {
            let mut activity = self.activity();
            activity.step += 1;
            activity.reading = false;
        }
        if self.is_abandoned() {
            self.quarantine.answered(path);
        }
        result
    }

    /// Runs a sampler; `None` where it is in quarantine, or the thread is abandoned.
    pub(crate) fn run<T>(&self, sampler: &'static str, work: impl FnOnce() -> T) -> Option<T> {
        let name = Path::new(sampler);
        if self.is_abandoned() || self.quarantine.holds(name) {
            return None;
        }
        let step = |sampler| {
            let mut activity = self.activity();
            activity.step += 1;
            activity.sampler = sampler;
        };
        step(Some(sampler));
        let done = work();
        step(None);
        if self.is_abandoned() {
            self.quarantine.answered(name);
        }
        Some(done)
    }
}
