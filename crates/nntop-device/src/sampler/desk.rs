//! What a reading thread is at, seen from outside: a read that the kernel does not end can only be told by that. What hung is
//! left out from then on, until it has answered and rested.
//!
//! Opening without waiting keeps nobody off a driver that waits for its device, or off a dead server's mount. Threads that nobody
//! watches read as ever.

use super::root::open_at_once;
use nntop_core::clock::{Clock, MonotonicClock};
use nntop_core::unit::Nanos;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

thread_local! {
    static DESK: RefCell<Option<Arc<Desk>>> = const { RefCell::new(None) };
}

/// How long is waited, and for what.
#[derive(Clone, Copy)]
pub(super) struct Patience {
    /// A read that takes longer is one that hangs. By its path, since tests know beforehand which ones will.
    pub(super) limit: fn(&Path) -> Nanos,
    /// How a file is opened: tests let some wait.
    pub(super) open: fn(&Path) -> io::Result<File>,
    /// What has hung and answers again is left alone for so long, and twice as long each further time.
    pub(super) rest: Nanos,
}

/// Two seconds: chips on a slow bus take tens of milliseconds.
const LIMIT: Nanos = Nanos::from_millis(2_000);

/// No rest is longer than this many times the first.
const LONGEST_REST: u64 = 64;

impl Default for Patience {
    fn default() -> Self {
        Self { limit: |_| LIMIT, open: open_at_once, rest: Nanos::from_millis(10_000) }
    }
}

/// What has hung, shared by a reading thread with those that come after it.
pub(super) struct Silent {
    clock: MonotonicClock,
    patience: Patience,
    /// How many there are: without any, nobody looks.
    count: AtomicUsize,
    known: Mutex<BTreeMap<PathBuf, Hung>>,
}

struct Hung {
    times: u32,
    /// From when it is asked again; `None` while its read still hangs.
    again: Option<Nanos>,
}

impl Silent {
    pub(super) fn new(patience: Patience) -> Self {
        Self { clock: MonotonicClock::start(), patience, count: AtomicUsize::new(0), known: Mutex::default() }
    }

    pub(super) fn limit(&self, of: &Path) -> Nanos {
        (self.patience.limit)(of)
    }

    pub(super) fn now(&self) -> Nanos {
        self.clock.now()
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<PathBuf, Hung>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn hangs(&self, path: &Path) {
        let mut known = self.known();
        let hung = known.entry(path.to_owned()).or_insert(Hung { times: 0, again: None });
        (hung.times, hung.again) = (hung.times + 1, None);
        self.count.store(known.len(), Ordering::Release);
    }

    pub(super) fn answered(&self, path: &Path) {
        if let Some(hung) = self.known().get_mut(path) {
            let times = 1u64 << hung.times.saturating_sub(1).min(LONGEST_REST.ilog2());
            hung.again = Some(self.now() + Nanos(self.patience.rest.0 * times));
        }
    }

    fn is_out(&self, path: &Path) -> bool {
        // The path is only searched for where something hangs.
        self.count.load(Ordering::Acquire) > 0
            && self.known().get(path).is_some_and(|hung| hung.again.is_none_or(|at| self.now() < at))
    }

    /// What is left out now.
    pub(super) fn out(&self) -> Vec<PathBuf> {
        let now = self.now();
        let known = self.known();
        known.iter().filter(|(_, hung)| hung.again.is_none_or(|at| now < at)).map(|(path, _)| path.clone()).collect()
    }

    fn error(&self, path: &Path) -> io::Error {
        io::Error::new(io::ErrorKind::TimedOut, self.words(path))
    }

    /// What is said of one that hung.
    pub(super) fn words(&self, path: &Path) -> String {
        format!("did not answer for {} s", (self.limit(path).as_secs_f64() as u64).max(1))
    }
}

/// One reading thread's desk.
pub(super) struct Desk {
    at: Mutex<At>,
    left: AtomicBool,
    silent: Arc<Silent>,
}

/// What is read now.
#[derive(Default)]
struct At {
    /// Rises with each beginning and each end.
    step: u64,
    /// The sampler, and the file within it.
    sampler: Option<&'static str>,
    path: OsString,
    reading: bool,
}

impl Desk {
    pub(super) fn new(silent: &Arc<Silent>) -> Self {
        Self { at: Mutex::default(), left: AtomicBool::new(false), silent: Arc::clone(silent) }
    }

    /// Makes it the desk of this thread.
    pub(super) fn sit_down(self: &Arc<Self>) {
        DESK.set(Some(Arc::clone(self)));
    }

    fn at(&self) -> MutexGuard<'_, At> {
        self.at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A number that stays the same while one thing is read, and what that is; `None` where it is nothing that could be left out.
    pub(super) fn step(&self) -> (u64, Option<PathBuf>) {
        let at = self.at();
        let path = match at.reading {
            true => Some(PathBuf::from(&at.path)),
            false => at.sampler.map(PathBuf::from),
        };
        (at.step, path)
    }

    /// Nobody waits any more for who sits here.
    pub(super) fn leave(&self) {
        self.left.store(true, Ordering::Release);
    }

    pub(super) fn is_left(&self) -> bool {
        self.left.load(Ordering::Acquire)
    }
}

/// The desk of this thread; `None` where nobody watches it.
fn current() -> Option<Arc<Desk>> {
    DESK.with_borrow(Clone::clone)
}

/// Opens a file as whoever reads on this thread does.
pub(super) fn open(path: &Path) -> io::Result<File> {
    match current() {
        Some(desk) => (desk.silent.patience.open)(path),
        None => open_at_once(path),
    }
}

/// Reads `path`, in sight of who watches this thread.
pub(super) fn reading<T>(path: &Path, read: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    let Some(desk) = current() else { return read() };
    if desk.is_left() || desk.silent.is_out(path) {
        return Err(desk.silent.error(path));
    }
    {
        let mut at = desk.at();
        at.step += 1;
        at.reading = true;
        at.path.clear();
        at.path.push(path);
    }
    let result = read();
    {
        let mut at = desk.at();
        at.step += 1;
        at.reading = false;
    }
    if desk.is_left() {
        desk.silent.answered(path);
    }
    result
}

/// Does what a sampler does, in sight of who watches this thread; `None` where it is left out.
pub(super) fn turn<T>(sampler: &'static str, work: impl FnOnce() -> T) -> Option<T> {
    let Some(desk) = current() else { return Some(work()) };
    let name = Path::new(sampler);
    if desk.is_left() || desk.silent.is_out(name) {
        return None;
    }
    let step = |sampler| {
        let mut at = desk.at();
        at.step += 1;
        at.sampler = sampler;
    };
    step(Some(sampler));
    let done = work();
    step(None);
    if desk.is_left() {
        desk.silent.answered(name);
    }
    Some(done)
}
