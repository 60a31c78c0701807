//! How a session begins: the agent, the recorder, and the thread that passes events on.

use super::greeting::Greeting;
use super::silence::Silence;
use super::{Connection, Error, Input, Orders, Running, Session, worker};
use nntop_agent::agent::{self, Allowed, Handle, Surroundings};
use nntop_core::event::{Event, Order};
use nntop_results::recording::StreamRecorder;
use nntop_state::State;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};

impl Session {
    /// Starts the agent and gives it the plan. From here on the caller asks for events with [`Running::next`].
    ///
    /// # Errors
    /// When no agent can be started, or this program cannot be a worker.
    pub fn start(self) -> Result<Running, Error> {
        if let Some(why) = self.metrics.wrong_name() {
            return Err(Error::MetricName(why));
        }
        let is_local = self.board.is_none() && self.command.is_none();
        let silence = Silence::of(&self.plan).filter(|_| !is_local);
        let mut link = None;
        let handle = match (self.board, &self.command) {
            (Some(board), _) => {
                let (handle, to_board) = board.start().map_err(Error::Agent)?;
                link = Some(to_board);
                handle
            }
            (None, Some(command)) => connect(command)?,
            (None, None) => {
                let program = worker::program(self.worker.clone())?;
                let (root, environment) = (self.root, self.environment);
                let surroundings = Surroundings { program, root, environment, allowed: Allowed::ALL };
                agent::spawn(surroundings).map_err(Error::Agent)?
            }
        };
        let (events, orders, ending) = handle.split();
        let mut connection = Connection::new(self.plan, orders, ending, self.metrics, self.stopper.clone());
        connection.watch(link, silence.clone());
        let events = match self.remember || self.file.is_some() {
            true => {
                let report = tell(connection.orders());
                let (events, recorder) = StreamRecorder::tap(events, connection.plan(), self.file.as_deref(), report)
                    .map_err(Error::Recorder)?;
                connection.record(recorder);
                events
            }
            false => events,
        };
        connection.send(Order::Start(connection.plan().clone()));
        std::thread::Builder::new()
            .name("nntop-session".into())
            .spawn(move || pass_on(&events, &self.to, silence.as_ref()))
            .map_err(Error::Thread)?;
        Ok(Running::new(connection, State::default(), self.stopper, self.from))
    }
}

/// An agent behind a command, as a shell takes it.
fn connect(command: &str) -> Result<Handle, Error> {
    agent::connect(&mut nntop_core::program::shell(command))
        .map_err(|error| Error::Command { command: command.into(), error })
}

/// What becomes of a recording goes into the stream.
fn tell(orders: Orders) -> nntop_results::recording::Report {
    Box::new(move |report| orders.send(Order::Recorder(report)))
}

/// Passes events on until either side ends.
fn pass_on(events: &Receiver<Event>, to: &SyncSender<Input>, silence: Option<&Silence>) {
    let mut greeting = Greeting::default();
    loop {
        let event = match silence {
            Some(silence) => events.recv_timeout(silence.limit()),
            None => events.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        let event = match event {
            Ok(event) => event,
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                silence.into_iter().for_each(Silence::reach);
                break;
            }
        };
        if let Err(error) = greeting.check(&event.kind) {
            let _ = to.send(Input::Wrong(error));
            return;
        }
        if to.send(Input::Event(Box::new(event))).is_err() {
            return;
        }
    }
    // Stoppers hold the channel open: its end has to be sent.
    let _ = to.send(Input::End);
}
