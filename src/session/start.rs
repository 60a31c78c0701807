//! How a session begins: the agent, the recorder, and the thread that passes events on.

use super::greeting::Greeting;
use super::{Connection, Error, Input, Orders, Running, Session, worker};
use nntop_agent::agent::{self, Allowed, Handle, Surroundings};
use nntop_core::event::{Event, Order};
use nntop_results::recording::Tape;
use nntop_state::State;
use std::sync::mpsc::{Receiver, SyncSender};

impl Session {
    /// Starts the agent and gives it the plan. From here on the caller asks for events with [`Running::next`].
    ///
    /// # Errors
    /// When no agent can be started, or this program cannot be a worker.
    pub fn start(self) -> Result<Running, Error> {
        if let Some(why) = self.metrics.wrong_name() {
            return Err(Error::MetricName(why));
        }
        let handle = match &self.command {
            Some(command) => connect(command)?,
            None => {
                let program = worker::program(self.worker.clone())?;
                let Self { root, environment, .. } = &self;
                let surroundings = Surroundings {
                    program,
                    root: root.clone(),
                    environment: environment.clone(),
                    allowed: Allowed::ALL,
                };
                agent::spawn(surroundings).map_err(Error::Agent)?
            }
        };
        let (events, orders, ending) = handle.split();
        let mut connection = Connection::new(self.plan, orders, ending, self.metrics, self.stopper.clone());
        let events = match self.remember || self.file.is_some() {
            true => {
                let report = tell(connection.orders());
                let (events, recorder) =
                    Tape::tap(events, connection.plan(), self.file.as_deref(), report).map_err(Error::Recorder)?;
                connection.record(recorder);
                events
            }
            false => events,
        };
        connection.send(Order::Start(connection.plan().clone()));
        std::thread::Builder::new()
            .name("nntop-session".into())
            .spawn(move || pass_on(events, &self.to))
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
fn pass_on(events: Receiver<Event>, to: &SyncSender<Input>) {
    let mut greeting = Greeting::default();
    for event in events {
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
