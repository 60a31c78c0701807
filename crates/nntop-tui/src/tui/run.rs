//! The loop: everything that happens comes through one channel, is folded, and is drawn at most so often.

use super::present::Screen;
use super::self_cost::Meter;
use super::sequence::Sequences;
use super::{
    Background, Colors, Effect, Msg, Page, RecorderOrder, Theme, Ui, draw, keymap, mouse, screenshot, terminal, update,
};
use crossterm::event::Event as Term;
use nntop_core::event::{Answer, Event, Kind, Order, Playback, Recorder, RecorderStatus, Reply};
use nntop_core::unit::Nanos;
use nntop_state::{Replayed, State};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGWINCH};
use std::io::{self, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// Makes the flame graph of what was profiled last, as an SVG; a sentence where there is none. The views know no files.
pub type Flame = fn(&State) -> Result<String, String>;

/// How the dashboard is to behave.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// At most so many frames a second.
    pub fps: u16,
    /// Only ASCII.
    pub ascii: bool,
    /// One frame a second, ASCII, charts that sweep.
    pub low_bandwidth: bool,
    /// What the terminal can show.
    pub colors: Colors,
    /// What is behind the text; `None` asks the terminal.
    pub background: Option<Background>,
    /// What the key for a flame graph saves.
    pub flame: Flame,
    /// Whether clicks and the wheel are the dashboard's, not the terminal's.
    pub mouse: bool,
    /// Only the device is watched: nothing is measured.
    pub monitor: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            fps: 10,
            ascii: false,
            low_bandwidth: false,
            colors: Colors::default(),
            background: None,
            flame: |_| Err("no flame graphs here".into()),
            mouse: true,
            monitor: false,
        }
    }
}

/// How the dashboard ended, and what it knew then.
#[derive(Debug)]
pub struct Ended {
    /// The signal that ended it; `None` when a person did.
    pub signal: Option<i32>,
    /// Everything that was folded.
    pub state: State,
}

/// Why there is no dashboard.
#[derive(Debug, thiserror::Error)]
pub enum TuiError {
    /// The terminal could not be taken, read or written.
    #[error("the terminal cannot be read or written: {0}")]
    Terminal(#[from] io::Error),
    /// Another thread of this process panicked; its message was printed.
    #[error("a part of nntop panicked: its message is above")]
    Panicked,
}

/// What comes through the channel.
pub(super) enum Input {
    /// From the agent.
    Said(Box<Event>),
    /// From a replay.
    Replayed(Replayed),
    /// From the terminal.
    Term(Term),
    /// From the system.
    Signal(i32),
}

/// Runs the dashboard on this process's terminal until it is quit. When the events end, the last picture
/// stays.
pub fn run(events: Receiver<Event>, send: &mut dyn FnMut(Order), options: Options) -> Result<Ended, TuiError> {
    let mut recorder = |_| false;
    run_recorded(events, send, &mut recorder, options)
}

/// The same with a recorder. `recorder` says whether it has taken the order; what becomes of it comes as an event.
pub fn run_recorded(
    events: Receiver<Event>,
    send: &mut dyn FnMut(Order),
    recorder: &mut dyn FnMut(RecorderOrder) -> bool,
    options: Options,
) -> Result<Ended, TuiError> {
    let forward = |tx: Sender<Input>| {
        spawn("events", move || events.into_iter().all(|e| tx.send(Input::Said(Box::new(e))).is_ok()))
    };
    on_terminal(forward, Outside { send, recorder, playback: None }, options)
}

/// Shows a replay: the same screens from a recording, steered by `playback`.
pub fn replay(
    feed: Receiver<Replayed>,
    playback: &mut dyn FnMut(Playback),
    options: Options,
) -> Result<Ended, TuiError> {
    let forward = |tx: Sender<Input>| {
        spawn("events", move || feed.into_iter().all(|next| tx.send(Input::Replayed(next)).is_ok()))
    };
    let (mut send, mut recorder) = (|_| {}, |_| false);
    on_terminal(forward, Outside { send: &mut send, recorder: &mut recorder, playback: Some(playback) }, options)
}

/// What the loop reaches beside the terminal.
pub(super) struct Outside<'a> {
    /// The agent.
    pub(super) send: &'a mut dyn FnMut(Order),
    /// The recorder.
    pub(super) recorder: &'a mut dyn FnMut(RecorderOrder) -> bool,
    /// The replay; absent in a live run.
    pub(super) playback: Option<&'a mut dyn FnMut(Playback)>,
}

fn on_terminal(
    forward: impl FnOnce(Sender<Input>) -> io::Result<()>,
    mut outside: Outside<'_>,
    options: Options,
) -> Result<Ended, TuiError> {
    let (tx, inputs) = channel();
    let mut signals = signal_hook::iterator::Signals::new([SIGTERM, SIGHUP, SIGINT, SIGCONT, SIGWINCH])?;
    let handle = signals.handle();
    let asks = options.background.is_none() && options.colors != Colors::None && !options.low_bandwidth;
    let guard = terminal::Guard::take(options.mouse, asks)?;
    let size = crossterm::terminal::size()?;
    {
        let tx = tx.clone();
        spawn("signals", move || signals.forever().all(|s| tx.send(Input::Signal(s)).is_ok()))?;
    }
    forward(tx.clone())?;
    spawn("keys", move || while crossterm::event::read().is_ok_and(|e| tx.send(Input::Term(e)).is_ok()) {})?;
    let mut screen = Screen::new(io::stdout(), size);
    let mut suspend = terminal::suspend;
    let ended = Loop::new(&mut screen, &mut outside, &mut suspend, options).drive(&inputs);
    handle.close();
    drop(guard);
    ended
}

fn spawn<T: Send + 'static>(name: &str, f: impl FnOnce() -> T + Send + 'static) -> io::Result<()> {
    // Not joined: each ends with the channel it reads or the one it writes.
    std::thread::Builder::new().name(format!("tui-{name}")).spawn(f).map(drop)
}

/// The loop's state. Generic over the writer, so that tests can count its bytes.
pub(super) struct Loop<'a, 'o, W: Write> {
    screen: &'a mut Screen<W>,
    outside: &'a mut Outside<'o>,
    suspend: &'a mut dyn FnMut() -> io::Result<(u16, u16)>,
    state: State,
    /// The state in the picture while it is frozen.
    frozen: Option<Box<State>>,
    ui: Ui,
    theme: Theme,
    flame: Flame,
    frame: Nanos,
    dirty: bool,
    /// Whether anything but the own cost happened since it was measured last.
    active: bool,
    meter: Meter,
    /// Keys whose bytes come in pieces.
    sequences: Sequences,
    /// How often processes are looked at, as was asked for last.
    watched: Option<(Nanos, String)>,
    ended: Option<Option<i32>>,
}

/// How often the own cost is measured.
const TICK: Nanos = Nanos::from_millis(1_000);

impl<'a, 'o, W: Write> Loop<'a, 'o, W> {
    pub(super) fn new(
        screen: &'a mut Screen<W>,
        outside: &'a mut Outside<'o>,
        suspend: &'a mut dyn FnMut() -> io::Result<(u16, u16)>,
        options: Options,
    ) -> Self {
        let size = screen.size;
        let fps = if options.low_bandwidth { 1 } else { u64::from(options.fps.max(1)) };
        Self {
            screen,
            outside,
            suspend,
            state: State::default(),
            frozen: None,
            ui: Ui {
                sweep: options.low_bandwidth,
                monitor: options.monitor,
                page: if options.monitor { Page::Device } else { Page::default() },
                size,
                ..Ui::default()
            },
            watched: None,
            theme: Theme {
                colors: options.colors,
                background: options.background.unwrap_or_default(),
                ascii: options.ascii || options.low_bandwidth,
            },
            flame: options.flame,
            frame: Nanos(1_000_000_000 / fps),
            dirty: true,
            active: true,
            meter: Meter::start(now()),
            sequences: Sequences::default(),
            ended: None,
        }
    }

    /// Runs until something ends it.
    pub(super) fn drive(mut self, inputs: &Receiver<Input>) -> Result<Ended, TuiError> {
        let mut next_frame = now();
        let mut next_tick = now() + TICK;
        loop {
            let frame = self.dirty.then_some(next_frame);
            // A replay shows what watching cost then, not now.
            let live = self.outside.playback.is_none();
            let tick = (live && (self.active || !self.resting())).then_some(next_tick);
            match receive(inputs, frame.into_iter().chain(tick).chain(self.sequences.deadline()).min()) {
                Ok(input) => self.take(input)?,
                Err(RecvTimeoutError::Timeout) => {}
                // Nothing can happen any more, not even a key.
                Err(RecvTimeoutError::Disconnected) => self.ended = self.ended.or(Some(None)),
            }
            // All that is queued goes into one picture; a flood must not keep it from being drawn.
            for input in inputs.try_iter().take(10_000) {
                self.take(input)?;
            }
            for event in self.sequences.due(now()) {
                self.term(event)?;
            }
            self.watch();
            if terminal::panicked() {
                return Err(TuiError::Panicked);
            }
            if let Some(signal) = self.ended {
                return Ok(Ended { signal, state: self.state });
            }
            let now = now();
            if tick.is_some() && now >= next_tick {
                next_tick = now + TICK;
                // At rest the cost is followed until the screen is quiet.
                self.active = self.resting() && self.meter.written() != self.screen.written();
                if let Some(tick) = self.meter.tick(now, self.screen.written(), self.resting()) {
                    (self.outside.send)(Order::Tick(tick));
                }
            }
            if self.dirty && now >= next_frame {
                next_frame = now + self.frame;
                self.draw()?;
            }
        }
    }

    /// Asks for what the page shows, when it has changed. An agent of protocol 1.0 would take the order for garbage.
    fn watch(&mut self) {
        let speaks = self.state.hello.as_ref().is_some_and(|hello| hello.protocol.minor >= 1);
        let wanted = self.ui.watch();
        if speaks && self.watched.as_ref() != Some(&wanted) {
            self.watched = Some(wanted.clone());
            // A replay has no device to look at.
            if self.outside.playback.is_none() {
                (self.outside.send)(Order::Watch { every: wanted.0, filter: wanted.1.clone() });
            }
        }
    }

    fn resting(&self) -> bool {
        self.state.paused || self.state.done
    }

    fn draw(&mut self) -> io::Result<()> {
        self.dirty = false;
        let mut buf = self.screen.blank();
        self.ui.evaluated = self.state.variants.iter().any(|v| v.spec.evaluation.is_some());
        let state = self.frozen.as_deref().unwrap_or(&self.state);
        draw(state, &self.ui, &self.theme, buf.area, &mut buf);
        self.screen.present(buf).map(drop)
    }

    fn take(&mut self, input: Input) -> io::Result<()> {
        match input {
            Input::Said(event) => {
                // The echo of the own cost is no reason to measure it again.
                self.active |= !matches!(event.kind, Kind::Tick(_) | Kind::Answer(_));
                self.told(&event);
                self.state.apply(&event);
                self.dirty |= self.frozen.is_none();
            }
            Input::Replayed(next) => {
                match next {
                    Replayed::Event(event) => self.state.apply(&event),
                    Replayed::State(state) => self.state = *state,
                    Replayed::At(head) => self.ui.playhead = Some(head),
                    Replayed::Say(text) => self.ui.message = Some(text),
                }
                self.dirty = true;
            }
            Input::Term(event) => {
                for event in self.sequences.take(event, now()) {
                    self.term(event)?;
                }
                if let Some(rgb) = self.sequences.background() {
                    self.theme.background = Background::of(rgb);
                    self.dirty = true;
                }
            }
            Input::Signal(SIGCONT) => {
                self.screen.forget();
                self.dirty = true;
            }
            // crossterm tells of a new size only from when it reads its first key: one that comes before would be lost.
            Input::Signal(SIGWINCH) => {
                let size = crossterm::terminal::size()?;
                if size != self.screen.size {
                    self.resize(size);
                }
            }
            Input::Signal(signal) => self.ended = Some(Some(signal)),
        }
        Ok(())
    }

    /// Takes a whole key, a click, a new size.
    fn term(&mut self, event: Term) -> io::Result<()> {
        match event {
            Term::Key(key) => {
                if let Some(msg) = keymap::message(key, &self.ui) {
                    self.act(msg)?;
                }
            }
            Term::Mouse(event) => {
                let state = self.frozen.as_deref().unwrap_or(&self.state);
                if let Some(msg) = mouse::message(event, state, &self.ui, &self.theme, self.screen.size) {
                    self.act(msg)?;
                }
            }
            Term::Resize(w, h) => self.resize((w, h)),
            _ => {}
        }
        Ok(())
    }

    fn resize(&mut self, size: (u16, u16)) {
        self.screen.size = size;
        self.ui.size = size;
        self.screen.forget();
        (self.dirty, self.active) = (true, true);
    }

    fn act(&mut self, msg: Msg) -> io::Result<()> {
        // What is chosen is chosen from what is seen.
        let seen = matches!(msg, Msg::Ops(_) | Msg::Scroll(_) | Msg::ScrollTop | Msg::ScrollBottom);
        let state = self.frozen.as_deref().filter(|_| seen).unwrap_or(&self.state);
        let effects = update(&mut self.ui, msg, state);
        (self.dirty, self.active) = (true, true);
        if self.ui.frozen != self.frozen.is_some() {
            self.frozen = self.ui.frozen.then(|| Box::new(self.state.clone()));
        }
        for effect in effects {
            match effect {
                Effect::Send(order) => (self.outside.send)(order),
                Effect::Playback(order) => {
                    if let Some(playback) = &mut self.outside.playback {
                        playback(order);
                    }
                }
                Effect::Record => {
                    let order = match self.state.recording.file {
                        Some(_) => RecorderOrder::Stop,
                        None => RecorderOrder::Start(file_name("nntop", "nntop")),
                    };
                    self.recorder(order);
                }
                Effect::SaveSeen => self.recorder(RecorderOrder::Save(file_name("nntop", "nntop"))),
                Effect::Quit => self.ended = Some(None),
                Effect::Redraw => self.screen.forget(),
                Effect::Suspend => {
                    let size = (self.suspend)()?;
                    self.resize(size);
                }
                Effect::Screenshot => {
                    let said = self.screenshot();
                    self.ui.message = Some(said);
                }
                Effect::Flame => {
                    let state = self.frozen.as_deref().unwrap_or(&self.state);
                    self.ui.message = Some(
                        (self.flame)(state).map_or_else(|why| why, |svg| save(&file_name("nntop-flame", "svg"), &svg)),
                    );
                }
            }
        }
        Ok(())
    }

    fn recorder(&mut self, order: RecorderOrder) {
        if !(self.outside.recorder)(order) {
            self.ui.message = Some("the recorder is busy or has ended".into());
        }
    }

    /// Says in the footer what became of a recording, or why an order was refused.
    fn told(&mut self, event: &Event) {
        if let Kind::Answer(Answer { reply: Reply::Refused(why), .. }) = &event.kind {
            self.ui.message = Some(why.clone());
        }
        let Kind::Recorder(Recorder { path, status, lost }) = &event.kind else { return };
        self.ui.message = match (status, lost) {
            (_, Some(lost)) => Some(format!("recording {path}: {lost}")),
            (RecorderStatus::Recording, None) => Some(format!("recording into {path}")),
            (RecorderStatus::Saved, None) => Some(format!("saved {path}")),
            _ => None,
        };
    }

    /// Saves what is on the screen; says where, or why not.
    fn screenshot(&self) -> String {
        let Some(shown) = self.screen.shown() else { return "there is nothing on the screen yet".into() };
        save(&file_name("nntop", "svg"), &screenshot::svg_on(shown, self.theme.background))
    }
}

/// Saves a picture into the current folder; says where, or why not.
fn save(path: &str, svg: &str) -> String {
    match nntop_core::new_file::write(std::path::Path::new(path), svg.as_bytes()) {
        Ok(()) => format!("saved {path}"),
        Err(e) => format!("could not save {path}: {e}"),
    }
}

/// A name for a file in the current folder, by the time.
fn file_name(name: &str, extension: &str) -> String {
    let unix = std::time::SystemTime::UNIX_EPOCH.elapsed().map_or(0, |d| d.as_secs());
    format!("{name}-{}.{extension}", screenshot::stamp(unix))
}

/// The next input; until the deadline, where there is one.
fn receive(inputs: &Receiver<Input>, deadline: Option<Nanos>) -> Result<Input, RecvTimeoutError> {
    match deadline {
        Some(deadline) => inputs.recv_timeout(Duration::from_nanos(deadline.since(now()).0)),
        None => inputs.recv().map_err(|_| RecvTimeoutError::Disconnected),
    }
}

/// CLOCK_MONOTONIC: for pacing only, it never reaches a view.
fn now() -> Nanos {
    let t = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    Nanos(t.tv_sec as u64 * 1_000_000_000 + t.tv_nsec as u64)
}
