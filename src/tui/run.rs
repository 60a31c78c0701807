//! The loop: everything that happens comes through one channel, is folded, and is drawn at most so often.

use super::present::Screen;
use super::self_cost::Meter;
use super::{Colors, Effect, Msg, Page, Theme, Ui, draw, keymap, screenshot, terminal, update};
use crate::event::{Event, Kind, Order};
use crate::state::State;
use crate::unit::Nanos;
use crossterm::event::Event as Term;
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM};
use std::io::{self, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// How the dashboard is to behave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// At most so many frames a second.
    pub fps: u16,
    /// Only ASCII.
    pub ascii: bool,
    /// One frame a second, ASCII, charts that sweep.
    pub low_bandwidth: bool,
    /// What the terminal can show.
    pub colors: Colors,
    /// Only the device is watched: nothing is measured.
    pub monitor: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { fps: 10, ascii: false, low_bandwidth: false, colors: Colors::default(), monitor: false }
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
    #[error("the terminal does not answer: {0}")]
    Terminal(#[from] io::Error),
    /// Another thread of this process panicked; its message was printed.
    #[error("a part of nntop panicked: its message is above")]
    Panicked,
}

/// What comes through the channel.
pub(super) enum Input {
    /// From the agent.
    Said(Box<Event>),
    /// From the terminal.
    Term(Term),
    /// From the system.
    Signal(i32),
}

/// Runs the dashboard on this process's terminal until it is quit. When the events end, the last picture
/// stays.
pub fn run(events: Receiver<Event>, send: &mut dyn FnMut(Order), options: Options) -> Result<Ended, TuiError> {
    let (tx, inputs) = channel();
    let mut signals = signal_hook::iterator::Signals::new([SIGTERM, SIGHUP, SIGINT, SIGCONT])?;
    let handle = signals.handle();
    let guard = terminal::Guard::take()?;
    let size = crossterm::terminal::size()?;
    {
        let tx = tx.clone();
        spawn("signals", move || signals.forever().all(|s| tx.send(Input::Signal(s)).is_ok()))?;
    }
    spawn_forwarder(events, tx.clone())?;
    spawn("keys", move || while crossterm::event::read().is_ok_and(|e| tx.send(Input::Term(e)).is_ok()) {})?;
    let mut screen = Screen::new(io::stdout(), size);
    let mut suspend = terminal::suspend;
    let ended = Loop::new(&mut screen, send, &mut suspend, options).drive(&inputs);
    handle.close();
    drop(guard);
    ended
}

fn spawn<T: Send + 'static>(name: &str, f: impl FnOnce() -> T + Send + 'static) -> io::Result<()> {
    // Not joined: each ends with the channel it reads or the one it writes.
    std::thread::Builder::new().name(format!("tui-{name}")).spawn(f).map(drop)
}

fn spawn_forwarder(events: Receiver<Event>, tx: Sender<Input>) -> io::Result<()> {
    spawn("events", move || events.into_iter().all(|e| tx.send(Input::Said(Box::new(e))).is_ok()))
}

/// The loop's state. Generic over the writer, so that tests can count its bytes.
pub(super) struct Loop<'a, W: Write> {
    screen: &'a mut Screen<W>,
    send: &'a mut dyn FnMut(Order),
    suspend: &'a mut dyn FnMut() -> io::Result<(u16, u16)>,
    state: State,
    /// The state in the picture while it is frozen.
    frozen: Option<Box<State>>,
    ui: Ui,
    theme: Theme,
    frame: Nanos,
    dirty: bool,
    /// Whether anything but the own cost happened since it was measured last.
    active: bool,
    meter: Meter,
    /// How often processes are looked at, as was asked for last.
    watched: Option<Nanos>,
    ended: Option<Option<i32>>,
}

/// How often the own cost is measured.
const TICK: Nanos = Nanos::from_millis(1_000);

impl<'a, W: Write> Loop<'a, W> {
    pub(super) fn new(
        screen: &'a mut Screen<W>,
        send: &'a mut dyn FnMut(Order),
        suspend: &'a mut dyn FnMut() -> io::Result<(u16, u16)>,
        options: Options,
    ) -> Self {
        let size = screen.size;
        let fps = if options.low_bandwidth { 1 } else { u64::from(options.fps.max(1)) };
        Self {
            screen,
            send,
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
            theme: Theme { colors: options.colors, ascii: options.ascii || options.low_bandwidth },
            frame: Nanos(1_000_000_000 / fps),
            dirty: true,
            active: true,
            meter: Meter::start(now()),
            ended: None,
        }
    }

    /// Runs until something ends it.
    pub(super) fn drive(mut self, inputs: &Receiver<Input>) -> Result<Ended, TuiError> {
        let mut next_frame = now();
        let mut next_tick = now() + TICK;
        loop {
            let frame = self.dirty.then_some(next_frame);
            let tick = (self.active || !self.resting()).then_some(next_tick);
            match receive(inputs, frame.into_iter().chain(tick).min()) {
                Ok(input) => self.take(input)?,
                Err(RecvTimeoutError::Timeout) => {}
                // Nothing can happen any more, not even a key.
                Err(RecvTimeoutError::Disconnected) => self.ended = self.ended.or(Some(None)),
            }
            // All that is queued goes into one picture; a flood must not keep it from being drawn.
            for input in inputs.try_iter().take(10_000) {
                self.take(input)?;
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
                    (self.send)(Order::Tick(tick));
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
        if speaks && self.watched != Some(wanted) {
            self.watched = Some(wanted);
            (self.send)(Order::Watch { every: wanted });
        }
    }

    fn resting(&self) -> bool {
        self.state.paused || self.state.done
    }

    fn draw(&mut self) -> io::Result<()> {
        self.dirty = false;
        let mut buf = self.screen.blank();
        let state = self.frozen.as_deref().unwrap_or(&self.state);
        draw(state, &self.ui, &self.theme, buf.area, &mut buf);
        self.screen.present(buf).map(drop)
    }

    fn take(&mut self, input: Input) -> io::Result<()> {
        match input {
            Input::Said(event) => {
                // The echo of the own cost is no reason to measure it again.
                self.active |= !matches!(event.kind, Kind::Tick(_) | Kind::Answer(_));
                self.state.apply(&event);
                self.dirty |= self.frozen.is_none();
            }
            Input::Term(Term::Key(key)) => {
                if let Some(msg) = keymap::message(key, &self.ui) {
                    self.act(msg)?;
                }
            }
            Input::Term(Term::Resize(w, h)) => self.resize((w, h)),
            Input::Term(_) => {}
            Input::Signal(SIGCONT) => {
                self.screen.forget();
                self.dirty = true;
            }
            Input::Signal(signal) => self.ended = Some(Some(signal)),
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
        let effects = update(&mut self.ui, msg, &self.state);
        (self.dirty, self.active) = (true, true);
        if self.ui.frozen != self.frozen.is_some() {
            self.frozen = self.ui.frozen.then(|| Box::new(self.state.clone()));
        }
        for effect in effects {
            match effect {
                Effect::Send(order) => (self.send)(order),
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
            }
        }
        Ok(())
    }

    /// Saves what is on the screen; says where, or why not.
    fn screenshot(&self) -> String {
        let Some(shown) = self.screen.shown() else { return "there is nothing on the screen yet".into() };
        let unix = std::time::SystemTime::UNIX_EPOCH.elapsed().map_or(0, |d| d.as_secs());
        let path = format!("nntop-{}.svg", screenshot::stamp(unix));
        match std::fs::write(&path, screenshot::svg(shown)) {
            Ok(()) => format!("saved {path}"),
            Err(e) => format!("could not save {path}: {e}"),
        }
    }
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
