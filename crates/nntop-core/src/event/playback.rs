//! What a person asks of a replay, and where it stands: what orders and the clock are to a live run.

use crate::unit::Nanos;

/// What a person asks of a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Playback {
    /// Stand still, or go on.
    Toggle,
    /// Go to so many milliseconds from here; negative is back.
    By(i64),
    /// Go to the beginning.
    Start,
    /// Go to the end.
    End,
    /// Twice as fast.
    Faster,
    /// Half as fast.
    Slower,
    /// The next event, then stand still.
    Step,
    /// The next mark.
    NextMark,
}

/// Where a replay stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Playhead {
    /// How far from the recording's beginning.
    pub at: Nanos,
    /// How long the recording is.
    pub length: Nanos,
    /// The speed in sixteenths of what was: 16 is as fast as it happened.
    pub sixteenths: u32,
    /// Whether it moves.
    pub playing: bool,
}

impl Playhead {
    /// `2x`, `1/4x`.
    pub fn speed(&self) -> String {
        match self.sixteenths {
            n if n >= 16 => format!("{}x", n / 16),
            n => format!("1/{}x", 16 / n.max(1)),
        }
    }
}
