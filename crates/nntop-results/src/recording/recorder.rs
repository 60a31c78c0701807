//! The recorder: takes the events on their way to the front end and writes them, on a thread of its own.
//!
//! ```text
//! agent ──► tap ──────────────► front end        never waits: what the recorder cannot take in time is counted
//!            └──► recorder ──► ring, file        frames each second, keyframes every 30 s
//! ```
//!
//! A fault of it ends the file and is reported; the run goes on, and what is in memory stays.

use super::file::{FULL_BYTES, Sink};
use super::frame::{Frame, key};
use super::ring::Ring;
use nntop_core::clock::{Clock, MonotonicClock};
use nntop_core::event::{Event, Plan, Recorder, RecorderStatus};
use nntop_core::unit::{Nanos, clock_face};
use nntop_state::State;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, channel, sync_channel};
use std::thread::JoinHandle;

/// A frame lasts so long: what a kill costs at most.
const FRAME: Nanos = Nanos::from_millis(1_000);

/// There is a keyframe this often, by the stream's time.
pub(super) const KEYS: Nanos = Nanos::from_millis(30_000);

/// Events that wait for a disk that stalls; more are lost, and counted.
const WAITING: usize = 16_384;

/// Takes what is to be said of a recording.
pub type Report = Box<dyn FnMut(Recorder) + Send>;

/// What a recording came to.
#[derive(Debug, Default)]
pub struct Summary {
    /// What was reported last of something that was lost.
    pub lost: Option<Recorder>,
}

enum Msg {
    Event(Box<Event>),
    Start(PathBuf),
    Stop,
    Save(PathBuf),
    End,
}

/// A hold on the recorder.
#[derive(Debug)]
pub struct StreamRecorder {
    to: SyncSender<Msg>,
    thread: Option<JoinHandle<Summary>>,
}

impl StreamRecorder {
    /// Puts a recorder between an agent and a front end. It remembers the newest part in memory and, where `file` is
    /// named, writes all of it there from the first event on.
    ///
    /// # Errors
    /// When threads cannot be started.
    pub fn tap(
        events: Receiver<Event>,
        plan: &Plan,
        file: Option<&Path>,
        report: Report,
    ) -> io::Result<(Receiver<Event>, Self)> {
        // A file that outgrows its limit is an error like a full disk, not the end of the program.
        let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::new(AtomicBool::new(false)));
        let (to, inbox) = sync_channel(WAITING);
        let (out, passed) = channel();
        let missed = Arc::new(AtomicU64::new(0));
        let mut writer = Writer::new(plan.clone(), FULL_BYTES, report, Arc::clone(&missed));
        let file = file.map(Path::to_owned);
        let thread = std::thread::Builder::new().name("nntop-recorder".into()).spawn(move || {
            if let Some(path) = file {
                writer.start(&path);
            }
            writer.run(&inbox)
        })?;
        let tap = to.clone();
        std::thread::Builder::new().name("nntop-tap".into()).spawn(move || {
            for event in events {
                // First here: who sees the last event ends the recording.
                if let Err(TrySendError::Full(_)) = tap.try_send(Msg::Event(Box::new(event.clone()))) {
                    missed.fetch_add(1, Ordering::Relaxed);
                }
                if out.send(event).is_err() {
                    break;
                }
            }
        })?;
        Ok((passed, Self { to, thread: Some(thread) }))
    }

    /// Begins to write into a file, from what is known now on. Says whether the recorder has taken it.
    pub fn start(&self, path: &Path) -> bool {
        self.to.try_send(Msg::Start(path.to_owned())).is_ok()
    }

    /// Ends the file.
    pub fn stop(&self) -> bool {
        self.to.try_send(Msg::Stop).is_ok()
    }

    /// Writes what is in memory into a file.
    pub fn save(&self, path: &Path) -> bool {
        self.to.try_send(Msg::Save(path.to_owned())).is_ok()
    }

    /// Takes in an event that comes from the front end, behind all that the agent has said.
    pub fn add(&self, event: Event) {
        // A recorder that has ended has reported why.
        let _ = self.to.send(Msg::Event(Box::new(event)));
    }

    /// Ends the recording with all that came until now, and waits until it is written.
    pub fn end(mut self) -> Summary {
        self.finish()
    }

    fn finish(&mut self) -> Summary {
        let _ = self.to.send(Msg::End);
        self.thread.take().and_then(|thread| thread.join().ok()).unwrap_or_default()
    }
}

impl Drop for StreamRecorder {
    fn drop(&mut self) {
        self.finish();
    }
}

/// What the recorder does, without threads and clocks: the caller says when a frame ends.
pub struct Writer {
    plan: Plan,
    full_bytes: u64,
    report: Report,
    missed: Arc<AtomicU64>,
    told: u64,
    state: State,
    frame: Frame,
    ring: Ring,
    key_at: Nanos,
    /// Until when everything is written.
    safe: Nanos,
    sink: Option<Sink>,
    lost: Option<Recorder>,
}

impl Writer {
    /// For a run of `plan`; a file is condensed from `full_bytes` on. `missed` counts what did not even come here.
    pub fn new(plan: Plan, full_bytes: u64, report: Report, missed: Arc<AtomicU64>) -> Self {
        Self {
            plan,
            full_bytes,
            report,
            missed,
            told: 0,
            state: State::default(),
            frame: Frame::default(),
            ring: Ring::default(),
            key_at: Nanos::ZERO,
            safe: Nanos::ZERO,
            sink: None,
            lost: None,
        }
    }

    fn run(mut self, inbox: &Receiver<Msg>) -> Summary {
        let clock = MonotonicClock::start();
        let mut due = FRAME;
        loop {
            match inbox.recv_timeout(due.since(clock.now()).into()) {
                Ok(Msg::Event(event)) => self.event(&event),
                Ok(Msg::Start(path)) => self.start(&path),
                Ok(Msg::Stop) => self.stop(),
                Ok(Msg::Save(path)) => self.save(&path),
                Err(RecvTimeoutError::Timeout) => {}
                Ok(Msg::End) | Err(RecvTimeoutError::Disconnected) => return self.end(),
            }
            if clock.now() >= due || self.frame.is_full() {
                self.flush();
                due = clock.now() + FRAME;
            }
        }
    }

    /// Ends the file, if there is one.
    pub fn end(mut self) -> Summary {
        self.stop();
        Summary { lost: self.lost }
    }

    /// Takes in an event.
    pub fn event(&mut self, event: &Event) {
        self.state.apply(event);
        self.frame.push(event);
        if let Some(sink) = &mut self.sink {
            sink.event(event);
        }
    }

    /// Ends the frame in hand; a keyframe follows when it is time.
    pub fn flush(&mut self) {
        let now = self.state.now;
        let chunk = match self.frame.take(now.0, false) {
            Ok(chunk) => chunk,
            Err(e) => return self.fail(&e),
        };
        if let Some(sink) = &mut self.sink
            && let Err(e) = sink.frame(now, chunk.as_deref())
        {
            self.fail(&e);
        }
        self.safe = now;
        if let Some(chunk) = chunk {
            self.ring.push(false, chunk);
        }
        if now.since(self.key_at) >= KEYS {
            self.key_at = now;
            self.key(false);
        }
        let missed = self.missed.load(Ordering::Relaxed);
        if missed > self.told && self.sink.is_some() {
            let lost = format!("{} events came faster than they could be written", missed - self.told);
            self.say(RecorderStatus::Recording, Some(lost));
            self.told = missed;
        }
    }

    fn key(&mut self, last: bool) {
        match key(&self.state) {
            Ok(Some(chunk)) => {
                let now = self.state.now;
                let result = self.sink.as_mut().map_or(Ok(()), |sink| sink.key(now, &chunk, last));
                self.ring.push(true, chunk);
                if let Err(e) = result {
                    self.fail(&e);
                }
            }
            // Too large: the way from the last one is longer, nothing is lost.
            Ok(None) => {}
            Err(e) => self.fail(&e),
        }
    }

    /// Begins a file. What was before is in its first keyframe.
    pub fn start(&mut self, path: &Path) {
        self.stop();
        match self.begin(path) {
            Ok(sink) => {
                self.sink = Some(sink);
                self.say(RecorderStatus::Recording, None);
            }
            Err(e) => {
                let lost = format!("cannot be written: {e}; nothing is recorded there");
                self.tell(Recorder {
                    path: path.display().to_string(),
                    status: RecorderStatus::Failed,
                    lost: Some(lost),
                });
            }
        }
    }

    fn begin(&mut self, path: &Path) -> io::Result<Sink> {
        let mut sink = Sink::create(path, &self.plan, self.full_bytes)?;
        if self.state.hello.is_some()
            && let Some(chunk) = key(&self.state)?
        {
            sink.write(&chunk)?;
        }
        Ok(sink)
    }

    /// Ends the file.
    pub fn stop(&mut self) {
        self.flush();
        if self.sink.as_ref().is_some_and(Sink::is_condensed) {
            self.key(true);
        }
        if let Some(sink) = self.sink.take() {
            let path = sink.path.display().to_string();
            self.tell(Recorder { path, status: RecorderStatus::Saved, lost: None });
        }
    }

    fn save(&mut self, path: &Path) {
        self.flush();
        let written = Sink::create(path, &self.plan, self.full_bytes)
            .and_then(|mut sink| self.ring.iter().try_for_each(|chunk| sink.write(chunk)));
        let (status, lost) = match written {
            Ok(()) => (RecorderStatus::Saved, None),
            Err(e) => (RecorderStatus::Failed, Some(format!("cannot be written: {e}"))),
        };
        self.tell(Recorder { path: path.display().to_string(), status, lost });
    }

    /// The file cannot be written any further.
    fn fail(&mut self, e: &io::Error) {
        let after = clock_face(self.safe);
        self.say(RecorderStatus::Failed, Some(format!("{e}; what came after {after} is not in the file")));
        self.sink = None;
    }

    fn say(&mut self, status: RecorderStatus, lost: Option<String>) {
        if let Some(sink) = &self.sink {
            let path = sink.path.display().to_string();
            self.tell(Recorder { path, status, lost });
        }
    }

    fn tell(&mut self, recorder: Recorder) {
        if recorder.lost.is_some() {
            self.lost = Some(recorder.clone());
        }
        (self.report)(recorder);
    }
}
