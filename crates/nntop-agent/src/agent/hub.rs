//! Where all events meet: the one place that numbers them.

use nntop_core::clock::{Clock, MonotonicClock};
use nntop_core::event::{Event, Kind, LogLine, LogSource, Severity, Slot};
use std::sync::mpsc::Sender;

/// Numbers events and hands them to the front end, in one order for live view, file and replay.
pub(super) struct Hub {
    clock: MonotonicClock,
    out: Sender<Event>,
    seq: u64,
}

impl Hub {
    pub(super) fn new(clock: MonotonicClock, out: Sender<Event>) -> Self {
        Self { clock, out, seq: 0 }
    }

    pub(super) fn clock(&self) -> MonotonicClock {
        self.clock
    }

    /// Says something of the agent's own.
    pub(super) fn report(&mut self, kind: Kind) {
        self.pass(Event::new(self.clock.now(), kind));
    }

    /// Passes on what a worker said, at the time it said it.
    pub(super) fn pass(&mut self, mut event: Event) {
        self.seq += 1;
        event.seq = self.seq;
        // A front end that has left shows as the end of its commands; there is nobody to tell here.
        let _ = self.out.send(event);
    }

    /// Says a line of nntop's own.
    pub(super) fn log(&mut self, variant: Option<Slot>, severity: Severity, text: impl Into<String>) {
        self.report(Kind::Log(LogLine { variant, source: LogSource::Nntop, severity, text: text.into() }));
    }
}
