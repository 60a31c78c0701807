//! Reads the device on a thread of its own, so that nothing else waits for a read that hangs in the kernel.
//!
//! Such a thread cannot be ended. It is left where it is, what it hangs at is left out, and another thread takes over:
//! metrics keep their numbers. When the read ends after all, what hung is asked again after a rest, and found anew.

use super::tree::Kept;
use super::watchdog::{Quarantine, Timeouts, Watchdog};
use super::{BoardPlayer, Registry, Root, Samplers};
use nntop_core::event::{Absent, MetricDecl, Readings, Slot};
use nntop_core::unit::Nanos;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How often a waiting caller checks that the reading thread makes progress.
const STEP: Duration = Duration::from_millis(20);

type Job = Box<dyn FnOnce(&mut Source) + Send>;

/// The device, as the reading thread has it.
pub struct Source {
    root: Root,
    player: Option<Arc<Mutex<BoardPlayer>>>,
    quarantine: Arc<Quarantine>,
    /// Whose processes are watched.
    watched: Vec<(Slot, u32)>,
    samplers: Option<Samplers>,
    /// What was known of the metrics when this thread took over.
    previous: Registry,
    /// What was left out when it last probed.
    left_out: Vec<PathBuf>,
}

impl Source {
    /// Where it is read.
    pub fn root(&self) -> &Root {
        &self.root
    }

    /// The samplers: probed when they are first asked for, and anew when what hung may be asked again.
    pub fn samplers(&mut self) -> &mut Samplers {
        let back = !self.left_out.is_empty() && {
            let out = self.quarantine.all();
            self.left_out.iter().any(|path| !out.contains(path))
        };
        if back {
            self.previous = self.samplers.take().map(Samplers::into_registry).unwrap_or_default().handed_over();
        }
        if self.samplers.is_none() {
            self.probe();
        }
        self.samplers.get_or_insert_with(|| Samplers::probe(&self.root))
    }

    fn probe(&mut self) {
        self.left_out = self.quarantine.all();
        let mut registry = std::mem::take(&mut self.previous);
        for path in &self.left_out {
            let (shown, why) = (self.root.shown(path), self.quarantine.reason(path));
            let shown = if path.is_absolute() { shown } else { path.display().to_string() };
            registry.hangs(&shown, &why);
        }
        let mut samplers = Samplers::probe_with(&self.root, registry);
        self.watched.iter().for_each(|(slot, pid)| samplers.watch(*slot, *pid));
        self.samplers = Some(samplers);
    }

    /// Reads everything once: `now` is the time of the reading, except for a recorded board, which has its own.
    ///
    /// # Errors
    /// When a recorded board is no longer there, or hangs.
    pub fn sample(&mut self, now: Nanos) -> io::Result<Readings> {
        let Some(player) = self.player.clone() else { return Ok(self.samplers().sample(now)) };
        // A thread that hangs may hold it: half a state is not read on.
        let Ok(mut player) = player.try_lock() else { return Err(io::ErrorKind::TimedOut.into()) };
        player.sample(self.samplers())
    }
}

/// The reading thread, seen from those who ask it.
pub struct Reader {
    root: Root,
    player: Option<Arc<Mutex<BoardPlayer>>>,
    /// The reading thread may outlive the program's end; a recorded board's layout does not.
    _kept: Option<Kept>,
    quarantine: Arc<Quarantine>,
    watched: Vec<(Slot, u32)>,
    declared: Vec<MetricDecl>,
    absent: Vec<Absent>,
    /// How many of each were handed out by [`Reader::take_new`].
    taken: (usize, usize),
    hung: Vec<String>,
    thread: Option<Thread>,
}

/// One thread, until another takes over.
struct Thread {
    watchdog: Arc<Watchdog>,
    jobs: Sender<Job>,
    news: Receiver<(Vec<MetricDecl>, Vec<Absent>)>,
    posted: u64,
    finished: Arc<AtomicU64>,
    /// A job that was not waited for to its end, by its number.
    late: Option<u64>,
    /// What it was last seen at, and since when.
    seen: Option<(u64, Nanos)>,
}

impl Reader {
    /// A thread that reads what is under `root`. Nothing is read yet.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub fn start(root: &Root) -> io::Result<Self> {
        Self::start_with(root.clone(), None, Timeouts::default())
    }

    /// A thread that reads a recorded board, two states of it in turn.
    ///
    /// # Errors
    /// As [`Reader::start`].
    pub fn start_recorded(player: BoardPlayer) -> io::Result<Self> {
        Self::start_with(player.root(), Some(player), Timeouts::default())
    }

    pub(super) fn start_with(root: Root, player: Option<BoardPlayer>, timeouts: Timeouts) -> io::Result<Self> {
        let mut this = Self {
            root,
            _kept: player.as_ref().map(BoardPlayer::kept),
            player: player.map(|player| Arc::new(Mutex::new(player))),
            quarantine: Arc::new(Quarantine::new(timeouts)),
            watched: Vec::new(),
            declared: Vec::new(),
            absent: Vec::new(),
            taken: (0, 0),
            hung: Vec::new(),
            thread: None,
        };
        this.thread = Some(this.start_thread()?);
        Ok(this)
    }

    fn start_thread(&self) -> io::Result<Thread> {
        let watchdog = Arc::new(Watchdog::new(&self.quarantine));
        let (jobs, inbox) = channel::<Job>();
        let (say, news) = channel();
        let finished = Arc::new(AtomicU64::new(0));
        let (own, done) = (Arc::clone(&watchdog), Arc::clone(&finished));
        let mut source = Source {
            root: self.root.watched_by(&watchdog),
            player: self.player.clone(),
            quarantine: Arc::clone(&self.quarantine),
            watched: self.watched.clone(),
            samplers: None,
            previous: Registry::continuing(self.declared.clone(), self.absent.clone()),
            left_out: Vec::new(),
        };
        std::thread::Builder::new().name("nntop-reader".into()).spawn(move || {
            for job in inbox {
                // Another thread has taken over, and does what is asked.
                if own.is_abandoned() {
                    break;
                }
                job(&mut source);
                if let Some(samplers) = &mut source.samplers {
                    let new = samplers.take_new();
                    if !(new.0.is_empty() && new.1.is_empty()) {
                        let _ = say.send(new);
                    }
                }
                done.fetch_add(1, Ordering::Release);
            }
        })?;
        Ok(Thread { watchdog, jobs, news, posted: 0, finished, late: None, seen: None })
    }

    /// Runs a job on the thread, and waits for it for this long at most. `None` where it takes longer, or where the thread
    /// is still busy with what took too long before. A thread that hangs is replaced without waiting.
    pub fn ask<T: Send + 'static>(
        &mut self,
        within: Duration,
        job: impl FnOnce(&mut Source) -> T + Send + 'static,
    ) -> Option<T> {
        if self.is_late() {
            return None;
        }
        let (say, answer) = channel();
        let number = self.post(Box::new(move |source| drop(say.send(job(source)))))?;
        let until = self.quarantine.now().0.saturating_add(u64::try_from(within.as_nanos()).unwrap_or(u64::MAX));
        loop {
            let left = Duration::from(Nanos(until).since(self.quarantine.now()));
            match answer.recv_timeout(left.min(STEP)) {
                Ok(answer) => {
                    self.listen(number);
                    return Some(answer);
                }
                // It panicked: what it was at is left out.
                Err(RecvTimeoutError::Disconnected) => {
                    self.replace();
                    return None;
                }
                Err(RecvTimeoutError::Timeout) if self.hangs() => {
                    self.replace();
                    return None;
                }
                Err(RecvTimeoutError::Timeout) if left.is_zero() => {
                    self.thread.as_mut()?.late = Some(number);
                    return None;
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    /// Runs a job to its end, however often a thread hangs at it: what hangs is left out each time.
    ///
    /// # Errors
    /// When no thread can be started in place of one that hangs.
    pub fn read<T: Send + 'static>(&mut self, job: impl Fn(&mut Source) -> T + Send + Sync + 'static) -> io::Result<T> {
        let job = Arc::new(job);
        while self.thread.is_some() {
            let job = Arc::clone(&job);
            if let Some(answer) = self.ask(Duration::MAX, move |source| job(source)) {
                return Ok(answer);
            }
            // Nobody sends: the deadline is what is waited for, while what was asked before is still under way.
            let (_nobody, silence) = channel::<()>();
            let _ = silence.recv_timeout(STEP);
        }
        Err(io::Error::other("no thread can be started to read the device"))
    }

    /// Watches `pid` as the worker of `slot` from now on.
    pub fn watch(&mut self, slot: Slot, pid: u32) {
        self.unwatch(slot);
        self.watched.push((slot, pid));
        self.post(Box::new(move |source| {
            source.watched.push((slot, pid));
            source.samplers().watch(slot, pid);
        }));
    }

    /// Watches the worker of `slot` no more.
    pub fn unwatch(&mut self, slot: Slot) {
        if !self.watched.iter().any(|(of, _)| *of == slot) {
            return;
        }
        self.watched.retain(|(of, _)| *of != slot);
        self.post(Box::new(move |source| {
            source.watched.retain(|(of, _)| *of != slot);
            source.samplers().unwatch(slot);
        }));
    }

    /// Every metric declared so far.
    pub fn declarations(&self) -> &[MetricDecl] {
        &self.declared
    }

    /// What was declared or found missing since the last call.
    pub fn take_new(&mut self) -> (Vec<MetricDecl>, Vec<Absent>) {
        self.hear();
        let (declared, absent) = std::mem::replace(&mut self.taken, (self.declared.len(), self.absent.len()));
        (self.declared[declared..].to_vec(), self.absent[absent..].to_vec())
    }

    /// What has hung since the last call, as sentences.
    pub fn take_hung(&mut self) -> Vec<String> {
        std::mem::take(&mut self.hung)
    }

    fn post(&mut self, job: Job) -> Option<u64> {
        let thread = self.thread.as_mut()?;
        if thread.finished.load(Ordering::Acquire) == thread.posted {
            // It was idle, which is no hanging.
            thread.seen = None;
        }
        thread.posted += 1;
        let number = thread.posted;
        if thread.jobs.send(job).is_err() {
            self.replace();
            return None;
        }
        Some(number)
    }

    /// Waits the moment until job `number`, which has answered, has said what is new.
    fn listen(&mut self, number: u64) {
        let over = |thread: &Thread| thread.finished.load(Ordering::Acquire) >= number;
        while self.thread.as_ref().is_some_and(|thread| !over(thread)) {
            std::thread::yield_now();
        }
        self.hear();
    }

    fn hear(&mut self) {
        let Some(thread) = &self.thread else { return };
        for (declared, absent) in thread.news.try_iter() {
            self.declared.extend(declared);
            self.absent.extend(absent);
        }
    }

    /// Whether the thread is still busy with what took too long. One that hangs is replaced.
    fn is_late(&mut self) -> bool {
        let Some(thread) = &mut self.thread else { return true };
        match thread.late {
            Some(number) if thread.finished.load(Ordering::Acquire) < number => {
                if self.hangs() {
                    self.replace();
                    return false;
                }
                true
            }
            _ => {
                thread.late = None;
                false
            }
        }
    }

    /// Whether the thread has been at one thing for longer than that may take.
    fn hangs(&mut self) -> bool {
        let Some(thread) = &mut self.thread else { return false };
        let ((step, path), now) = (thread.watchdog.activity_now(), self.quarantine.now());
        match (thread.seen, path) {
            (Some((same, since)), Some(path)) if same == step => now.since(since) >= self.quarantine.limit(&path),
            (Some((same, _)), None) if same == step => false,
            _ => {
                thread.seen = Some((step, now));
                false
            }
        }
    }

    /// Another thread takes over, and leaves out what this one was at.
    fn replace(&mut self) {
        self.hear();
        let Some(old) = self.thread.take() else { return };
        let (step, path) = old.watchdog.activity_now();
        // A thread that ended while it was at nothing would end again.
        let Some(path) = path else { return };
        self.quarantine.add(&path);
        old.watchdog.abandon();
        if old.watchdog.activity_now().0 != step {
            // It got on in this very moment, before it could know that it had been abandoned.
            self.quarantine.answered(&path);
        }
        let shown = if path.is_absolute() { self.root.shown(&path) } else { path.display().to_string() };
        self.hung.push(format!("{shown} {}: it is left out until it does", self.quarantine.reason(&path)));
        self.thread = self.start_thread().ok();
    }
}

#[cfg(test)]
#[path = "reader_tests.rs"]
mod tests;
