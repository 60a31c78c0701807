//! Where a replay stands: pure, without a clock. The rule is one: at time `t` everything is known that was said until `t`.

use super::reader::{Cursor, Recording};
use nntop_core::event::{Event, Fault, Kind};
use nntop_core::unit::Nanos;
use nntop_state::State;
use std::borrow::Borrow;

/// A place in a recording, with what is known there.
#[derive(Debug)]
pub struct Player<R: Borrow<Recording>> {
    recording: R,
    state: State,
    cursor: Cursor,
    /// Read, but not due yet.
    ahead: Option<Event>,
}

impl<R: Borrow<Recording>> Player<R> {
    /// At the very beginning, where nothing is known yet.
    pub fn new(recording: R) -> Self {
        let (state, cursor) = (State::default(), Cursor::default());
        Self { recording, state, cursor, ahead: None }
    }

    /// What is played.
    pub fn recording(&self) -> &Recording {
        self.recording.borrow()
    }

    /// What is known here.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// What is known here, for good.
    pub fn into_state(self) -> State {
        self.state
    }

    /// Goes to a time of the stream: from the keyframe before it, then event by event.
    ///
    /// # Errors
    /// When a frame on the way is damaged; what was known until there stays.
    pub fn seek(&mut self, t: Nanos) -> Result<(), Fault> {
        (self.state, self.cursor) = self.recording.borrow().key_before(t);
        self.ahead = None;
        while self.due(t)?.is_some() {}
        Ok(())
    }

    /// The next event, where it is due at `t`.
    ///
    /// # Errors
    /// When the frame that it is in is damaged.
    pub fn due(&mut self, t: Nanos) -> Result<Option<Event>, Fault> {
        let event = match self.ahead.take() {
            Some(event) => event,
            None => match self.recording.borrow().next(&mut self.cursor)? {
                Some(event) => event,
                None => return Ok(None),
            },
        };
        if self.state.now.max(event.t) > t {
            self.ahead = Some(event);
            return Ok(None);
        }
        self.state.apply(&event);
        Ok(Some(event))
    }

    /// The next event, whenever it was said.
    ///
    /// # Errors
    /// As those of [`Player::due`].
    pub fn step(&mut self) -> Result<Option<Event>, Fault> {
        self.due(Nanos(u64::MAX))
    }

    /// When the next mark after `t` was set.
    ///
    /// # Errors
    /// When a frame before it is damaged.
    pub fn next_mark(&self, t: Nanos) -> Result<Option<Nanos>, Fault> {
        for event in self.recording.borrow().iter() {
            let event = event?;
            if event.kind == (Kind::Mark {}) && event.t > t {
                return Ok(Some(event.t));
            }
        }
        Ok(None)
    }
}

impl Recording {
    /// The state at a time of the stream: all events until then, folded.
    ///
    /// # Errors
    /// When a frame on the way is damaged.
    pub fn state_at(&self, t: Nanos) -> Result<State, Fault> {
        let mut player = Player::new(self);
        player.seek(t)?;
        Ok(player.into_state())
    }
}
