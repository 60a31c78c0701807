//! Measures without a dashboard: progress on standard error, the result at the end.

mod fetch_bar;
mod pace;
mod progress;

pub use fetch_bar::FetchBar;
pub use progress::Progress;

use crate::session::{Error, Finished, Next, Running, Session};
use nntop_core::unit::Nanos;
use std::time::Duration;

/// How often the progress line is drawn at most.
const DRAW: Duration = Duration::from_millis(100);

/// Measures to the end. The first stop asks for an orderly end; whatever was measured until then is in the result. A second
/// one ends it at once.
///
/// # Errors
/// As [`Session::run`].
pub fn run(session: Session, progress: &mut Progress) -> Result<Finished, Error> {
    let mut running = session.start()?;
    let end = drive(&mut running, progress);
    progress.finish();
    end.map(|()| running.end())
}

fn drive(running: &mut Running, progress: &mut Progress) -> Result<(), Error> {
    let mut drawn = Nanos::ZERO;
    loop {
        match running.next(Some(DRAW))? {
            Next::Event(event) => {
                let state = running.state();
                progress.event(&event, state);
                if state.now.since(drawn) >= DRAW.into() {
                    drawn = state.now;
                    progress.draw(state);
                }
            }
            Next::Stopping => progress.note("stopping after the current block; press again to stop at once"),
            Next::Quiet => progress.draw(running.state()),
            Next::Over => return Ok(()),
        }
    }
}
