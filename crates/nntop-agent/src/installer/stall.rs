//! A limit on downloads that go nowhere: servers that answer and then send nothing, networks that drop what was sent.

use nntop_core::clock::{Clock, MonotonicClock};
use nntop_core::unit::Nanos;
use std::time::Duration;

/// Longer than what pip waits for a server itself (15 s) with its repetitions, also over a line that drops out now and then.
pub(super) const PATIENCE: Duration = Duration::from_secs(120);

/// Watches for signs of life.
pub(super) struct Stall {
    clock: MonotonicClock,
    heard: Nanos,
    limit: Nanos,
    over: bool,
}

impl Stall {
    pub(super) fn new(limit: Duration) -> Self {
        let clock = MonotonicClock::start();
        Self { heard: clock.now(), clock, limit: limit.into(), over: false }
    }

    /// A line or a byte has come.
    pub(super) fn went_on(&mut self) {
        self.heard = self.clock.now();
    }

    /// Nothing has: whether that has been so for too long.
    pub(super) fn is_over(&mut self) -> bool {
        self.over |= self.clock.now().since(self.heard) >= self.limit;
        self.over
    }

    /// For how long nothing has come, where it was given up for that.
    pub(super) fn given_up(&self) -> Option<Nanos> {
        self.over.then_some(self.limit)
    }
}
