//! What a replay feeds a front end: events like an agent does, and after a jump the whole state.

use super::State;
use nntop_core::event::{Event, Playhead};

/// The next thing of a replay.
#[derive(Debug, Clone)]
pub enum Replayed {
    /// What happened next.
    Event(Box<Event>),
    /// What was known at the moment that was jumped to.
    State(Box<State>),
    /// Where the replay stands.
    At(Playhead),
    /// Something to tell the person: a part that cannot be read.
    Say(String),
}
