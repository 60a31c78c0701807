//! Cuts a part out of a recording into one of its own, which begins with a keyframe.

use super::file::Sink;
use super::frame::{Frame, key};
use super::recorder::KEYS;
use super::{Player, Recording};
use nntop_core::event::Fault;
use nntop_core::unit::Nanos;
use std::io;
use std::path::Path;

/// Events of so much time go into a frame, as when it was recorded.
const FRAME: Nanos = Nanos::from_millis(1_000);

/// Writes what was said after `from` until `to`, times of the stream's clock, into a new file.
///
/// # Errors
/// When a frame is damaged or the file cannot be written; one that is there is not replaced.
pub fn trim(recording: &Recording, from: Nanos, to: Nanos, path: &Path) -> Result<(), Fault> {
    let cannot = |e: io::Error| Fault::run(format!("{}: cannot be written: {e}", path.display()));
    if path.exists() {
        return Err(Fault::input(format!("{}: is there already", path.display())).hint("name a new file with -o"));
    }
    let mut player = Player::new(recording);
    player.seek(from)?;
    let mut sink = Sink::create(path, recording.plan(), u64::MAX).map_err(cannot)?;
    let condensed = recording.condensed_from().is_some_and(|at| recording.start() + at <= to);
    let (mut frame, mut framed, mut keyed) = (Frame::default(), from, from);
    let whole = |player: &Player<&Recording>| key(player.state()).map_err(cannot);
    if let Some(chunk) = whole(&player)? {
        sink.write(&chunk).map_err(cannot)?;
    }
    while let Some(event) = player.due(to)? {
        frame.push(&event);
        let now = player.state().now;
        if now.since(framed) >= FRAME || frame.is_full() {
            framed = now;
            if let Some(chunk) = frame.take(now.0, condensed).map_err(cannot)? {
                sink.write(&chunk).map_err(cannot)?;
            }
            if now.since(keyed) >= KEYS {
                keyed = now;
                if let Some(chunk) = whole(&player)? {
                    sink.write(&chunk).map_err(cannot)?;
                }
            }
        }
    }
    if let Some(chunk) = frame.take(player.state().now.0, condensed).map_err(cannot)? {
        sink.write(&chunk).map_err(cannot)?;
    }
    Ok(())
}
