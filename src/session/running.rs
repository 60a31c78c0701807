//! A session under way: the next event, orders to the agent, the end.

use super::{Connection, Error, Finished, Input, Stopper};
use nntop_core::event::{Event, Order};
use nntop_state::State;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

/// What [`Running::next`] gives.
#[derive(Debug)]
pub enum Next {
    /// Something happened; the state has it.
    Event(Box<Event>),
    /// A [`Stopper`] has asked for the end: the agent ends the blocks in hand.
    Stopping,
    /// Nothing happened for as long as the caller wanted to wait.
    Quiet,
    /// Nothing more will happen.
    Over,
}

/// A session under way. Dropping it ends the agent and its workers.
#[derive(Debug)]
pub struct Running {
    connection: Connection,
    state: State,
    stopper: Stopper,
    /// How often the stopper was heeded.
    heeded: u32,
    over: bool,
    from: Receiver<Input>,
}

impl Running {
    pub(super) fn new(connection: Connection, state: State, stopper: Stopper, from: Receiver<Input>) -> Self {
        Self { connection, state, stopper, heeded: 0, over: false, from }
    }

    /// The next event. It waits for it, `patience` at most where there is one. After [`Next::Over`] it says so again.
    ///
    /// A session of a plan that does not [stay](nntop_core::event::Plan::stay) is over with the last variant.
    ///
    /// # Errors
    /// When the other side is no agent of this version.
    pub fn next(&mut self, patience: Option<Duration>) -> Result<Next, Error> {
        while !self.over {
            if self.stopper.asked() > self.heeded {
                self.heeded += 1;
                if self.heeded == 1 {
                    self.connection.send(Order::Stop);
                    return Ok(Next::Stopping);
                }
                break;
            }
            let input = match patience {
                Some(patience) => self.from.recv_timeout(patience),
                None => self.from.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match input {
                Ok(Input::Event(event)) => {
                    self.state.apply(&event);
                    self.over = self.state.done && !self.connection.plan().stay;
                    return Ok(Next::Event(event));
                }
                Ok(Input::Stop) => {}
                Ok(Input::Wrong(error)) => {
                    self.over = true;
                    return Err(error);
                }
                Err(RecvTimeoutError::Timeout) => return Ok(Next::Quiet),
                Ok(Input::End) | Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.over = true;
        Ok(Next::Over)
    }

    /// What is known after the events so far.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The way back to the agent.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Whether a [`Stopper`] has stopped it.
    pub fn is_interrupted(&self) -> bool {
        self.heeded > 0
    }

    /// Ends the agent and its workers, and gives what was measured so far.
    pub fn end(self) -> Finished {
        let interrupted = self.is_interrupted();
        let Self { connection, state, from, .. } = self;
        // Passing events on must not wait for a reader.
        drop(from);
        connection.end(state, interrupted)
    }

    /// Gives the events to a front end that folds them itself: first `seen`, those that the caller has taken with
    /// [`next`](Self::next), then all others. A [`Stopper`] then sends [`Order::Stop`].
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn hand_over(self, seen: Vec<Event>) -> Result<(Receiver<Event>, Connection), Error> {
        let Self { connection, from, .. } = self;
        let (to, events) = channel();
        let orders = connection.orders();
        let pass_on = move || {
            if !seen.into_iter().all(|event| to.send(event).is_ok()) {
                return;
            }
            // Stoppers hold the channel open: its end is a message.
            while let Ok(input) = from.recv() {
                match input {
                    Input::Event(event) => {
                        if to.send(*event).is_err() {
                            return;
                        }
                    }
                    Input::Stop => orders.send(Order::Stop),
                    Input::Wrong(_) | Input::End => return,
                }
            }
        };
        std::thread::Builder::new().name("nntop-events".into()).spawn(pass_on).map_err(Error::Thread)?;
        Ok((events, connection))
    }
}
