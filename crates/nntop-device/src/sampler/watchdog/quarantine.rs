//! What has hung, and is left out until it has answered and a rest is over. Shared by a reading thread with those that
//! replace it.

use super::open::open_nonblocking;
use nntop_core::clock::{Clock, MonotonicClock};
use nntop_core::unit::Nanos;
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How long a read may take, and how long what hung is left alone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timeouts {
    /// A read that takes longer is one that hangs. By its path, since tests know beforehand which ones will.
    pub(crate) limit: fn(&Path) -> Nanos,
    /// How a file is opened: tests let some wait.
    pub(crate) open: fn(&Path) -> io::Result<File>,
    /// What has hung and answers again is left alone for this long, and twice as long each further time.
    pub(crate) rest: Nanos,
}

/// Two seconds: chips on a slow bus take tens of milliseconds.
const LIMIT: Nanos = Nanos::from_millis(2_000);

/// No rest is longer than this many times the first.
const LONGEST_REST: u64 = 64;

impl Default for Timeouts {
    fn default() -> Self {
        Self { limit: |_| LIMIT, open: open_nonblocking, rest: Nanos::from_millis(10_000) }
    }
}

/// The files and samplers that have hung.
#[derive(Debug)]
pub(crate) struct Quarantine {
    clock: MonotonicClock,
    timeouts: Timeouts,
    /// How many there are: without any, no path is searched for.
    count: AtomicUsize,
    known: Mutex<BTreeMap<PathBuf, Hung>>,
}

#[derive(Debug)]
struct Hung {
    times: u32,
    /// From when it is asked again; `None` while its read still hangs.
    again: Option<Nanos>,
}

impl Quarantine {
    pub(crate) fn new(timeouts: Timeouts) -> Self {
        Self { clock: MonotonicClock::start(), timeouts, count: AtomicUsize::new(0), known: Mutex::default() }
    }

    /// How long reading this path may take.
    pub(crate) fn limit(&self, of: &Path) -> Nanos {
        (self.timeouts.limit)(of)
    }

    pub(crate) fn now(&self) -> Nanos {
        self.clock.now()
    }

    /// Opens a file as the timeouts say.
    pub(crate) fn open(&self, path: &Path) -> io::Result<File> {
        (self.timeouts.open)(path)
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<PathBuf, Hung>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It hangs: from now on it is left out.
    pub(crate) fn add(&self, path: &Path) {
        let mut known = self.known();
        let hung = known.entry(path.to_owned()).or_insert(Hung { times: 0, again: None });
        (hung.times, hung.again) = (hung.times + 1, None);
        self.count.store(known.len(), Ordering::Release);
    }

    /// It has answered after all: it is asked again after a rest.
    pub(crate) fn answered(&self, path: &Path) {
        if let Some(hung) = self.known().get_mut(path) {
            let times = 1u64 << hung.times.saturating_sub(1).min(LONGEST_REST.ilog2());
            hung.again = Some(self.now() + Nanos(self.timeouts.rest.0 * times));
        }
    }

    /// Whether it is left out now.
    pub(crate) fn holds(&self, path: &Path) -> bool {
        self.count.load(Ordering::Acquire) > 0
            && self.known().get(path).is_some_and(|hung| hung.again.is_none_or(|at| self.now() < at))
    }

    /// All that is left out now.
    pub(crate) fn all(&self) -> Vec<PathBuf> {
        let now = self.now();
        let known = self.known();
        known.iter().filter(|(_, hung)| hung.again.is_none_or(|at| now < at)).map(|(path, _)| path.clone()).collect()
    }

    /// Why something that is left out has no reading.
    pub(crate) fn error(&self, path: &Path) -> io::Error {
        io::Error::new(io::ErrorKind::TimedOut, self.reason(path))
    }

    /// Why it is left out, in words.
    pub(crate) fn reason(&self, path: &Path) -> String {
        format!("did not answer for {} s", (self.limit(path).as_secs_f64() as u64).max(1))
    }
}
