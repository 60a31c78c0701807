//! Drives a run to its end without a dashboard: progress on standard error, the state at the end.

mod pace;
mod progress;

pub use progress::Progress;

use nntop_core::event::{Event, Order};
use nntop_core::unit::Nanos;
use nntop_results::state::State;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

/// What reaches a headless run.
#[derive(Debug)]
pub enum Input {
    /// Something happened.
    Event(Box<Event>),
    /// The user wants it to end (Ctrl-C, SIGTERM).
    Interrupt,
}

/// How often the progress line is drawn at most.
const DRAW: Duration = Duration::from_millis(100);

/// Folds events until the stream ends. The first interrupt asks for an orderly stop; whatever was measured
/// until then is in the state. A second one ends it at once.
///
/// `input` must end when the agent's events do.
pub fn drive(input: &Receiver<Input>, send: &dyn Fn(Order), progress: &mut Progress) -> (State, bool) {
    let mut state = State::default();
    let mut interrupted = false;
    let mut drawn = Nanos::ZERO;
    loop {
        match input.recv_timeout(DRAW) {
            Ok(Input::Event(event)) => {
                state.apply(&event);
                progress.event(&event, &state);
                if state.now.since(drawn) >= DRAW.into() {
                    drawn = state.now;
                    progress.draw(&state);
                }
                if state.done {
                    break;
                }
            }
            Ok(Input::Interrupt) if interrupted => break,
            Ok(Input::Interrupt) => {
                interrupted = true;
                progress.note("stopping after the block in hand; again to stop at once");
                send(Order::Stop);
            }
            Err(RecvTimeoutError::Timeout) => progress.draw(&state),
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    progress.finish();
    (state, interrupted)
}
