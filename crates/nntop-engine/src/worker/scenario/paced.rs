//! Frames that arrive at equal distances, as a camera's do, and an idle machine between them.
//!
//! ```text
//! frames      1         2         3         4         on the load's own time; the first comes one distance after the turn's begin
//! stream      [─ 1 ─]   [─ 2 ─────────][─ 3 ─][─ 4 ─]
//!         sleep      sleep             no sleep: 3 was there
//! block       ◀── from the end of the last frame to the end of its own last one: idle time is in it
//! ```
//!
//! The sleep is nothing but sleep: spinning until the next frame would keep a core awake, and measures another machine
//! than the application gets. So it ends late, and by how much is a figure. Latency counts from when a frame was to arrive,
//! lateness and waiting included. As with a server, the load's own time stands still while nntop does something of its own:
//! between blocks, and while it reads the CPU time before and after a call.
//!
//! Of frames that wait the newest are kept: what an application does that would rather see the present.

use super::Load;
use crate::engine::Stream;
use crate::worker::timed::{BlockLimits, LiveFeed, SampleBuffer, TimedBlock, timed};
use nntop_core::clock::Wait;
use nntop_core::event::{Age, BlockKind, Digest, Fault, Frames, Queries};
use nntop_core::unit::Nanos;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// How frames come and go.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// Between two of them, in nanoseconds.
    pub(super) period: f64,
    /// Answered later than this a frame has missed.
    pub(super) deadline: Nanos,
    /// Frames that may wait, at least one.
    pub(super) queue: u64,
}

impl Pace {
    /// When a frame comes; they are numbered from 1.
    fn arrival(self, frame: u64) -> Nanos {
        Nanos((frame as f64 * self.period) as u64)
    }

    /// How many have come by `now`.
    fn arrived(self, now: Nanos) -> u64 {
        let mut frame = (now.0 as f64 / self.period) as u64;
        // Rounding may be off by one, either way.
        while self.arrival(frame + 1) <= now {
            frame += 1;
        }
        while frame > 0 && self.arrival(frame) > now {
            frame -= 1;
        }
        frame
    }
}

/// One stream that is given the frames.
pub(super) struct Paced<C> {
    clock: C,
    stream: Box<dyn Stream>,
    pace: Pace,
    hold: Arc<AtomicBool>,
    /// Where the load's own time is.
    at: Nanos,
    /// The next frame to be served.
    next: u64,
    /// Frames that were counted as offered.
    counted: u64,
    /// When the frame of the newest answer came, and when it was answered.
    answer: Option<(Nanos, Nanos)>,
    seen: Seen,
}

/// What a block has seen; its room is made once.
#[derive(Default)]
struct Seen {
    services: Vec<u64>,
    lateness: Vec<u64>,
    missed: u64,
    dropped: u64,
    offered: u64,
    waiting: u64,
    /// The age of the newest answer, summed over time: nanoseconds squared.
    aged: f64,
    oldest: Nanos,
    over: Nanos,
    /// CPU time within calls and between them.
    cpu: Option<[Nanos; 2]>,
}

impl<C: Wait> Paced<C> {
    pub(super) fn new(clock: C, stream: Box<dyn Stream>, pace: Pace, capacity: usize, hold: Arc<AtomicBool>) -> Self {
        let room = || Vec::with_capacity(capacity);
        let seen = Seen { services: room(), lateness: room(), ..Seen::default() };
        Self { clock, stream, pace, hold, at: Nanos::ZERO, next: 1, counted: 0, answer: None, seen }
    }

    /// Gives up the oldest of the frames that have come, but for those that may wait.
    fn drop_old(&mut self, now: Nanos) {
        let newest = self.pace.arrived(now);
        let kept = newest.saturating_sub(self.pace.queue) + 1;
        if kept > self.next {
            self.seen.dropped += kept - self.next;
            self.next = kept;
        }
    }

    /// A frame that came at `arrival` is answered at `done`.
    fn answered(&mut self, arrival: Nanos, done: Nanos) {
        if let Some((came, ended)) = self.answer.replace((arrival, done)) {
            let (young, old) = (ended.since(came), done.since(came));
            let over = done.since(ended);
            self.seen.aged += (young.0 as f64 + old.0 as f64) / 2.0 * over.0 as f64;
            self.seen.oldest = self.seen.oldest.max(old);
            self.seen.over = self.seen.over + over;
        }
    }

    /// The block ends: who came in its time is counted.
    fn end(&mut self) {
        let arrived = self.pace.arrived(self.at);
        self.seen.offered = arrived - std::mem::replace(&mut self.counted, arrived);
        self.seen.waiting = (arrived + 1).saturating_sub(self.next);
    }
}

impl Seen {
    fn clear(&mut self) {
        let (mut services, mut lateness) = (std::mem::take(&mut self.services), std::mem::take(&mut self.lateness));
        services.clear();
        lateness.clear();
        *self = Self { services, lateness, ..Self::default() };
    }

    /// Adds the CPU time between two readings: of a call, or of the time before it.
    fn cpu(&mut self, call: bool, from: Option<Nanos>, to: Option<Nanos>) {
        if let Some((from, to)) = from.zip(to) {
            let sum = &mut self.cpu.get_or_insert_default()[usize::from(!call)];
            *sum = *sum + to.since(from);
        }
    }
}

impl<C: Wait> Load for Paced<C> {
    fn begin(&mut self, _kind: BlockKind) {
        (self.at, self.next, self.counted, self.answer) = (Nanos::ZERO, 1, 0, None);
    }

    fn block(
        &mut self,
        limits: BlockLimits,
        buffer: &mut SampleBuffer,
        live: &mut LiveFeed,
    ) -> Result<TimedBlock, (TimedBlock, Fault)> {
        self.seen.clear();
        let samples = buffer.emptied();
        let mut cpu = self.clock.cpu();
        let (t0, from) = (self.clock.now(), self.at);
        let mut block = TimedBlock { t0, t1: t0, drops: 0 };
        // What nntop itself took of the block's time, to be left out of the load's own.
        let mut apart = Nanos::ZERO;
        loop {
            self.drop_old(self.at);
            let due = self.pace.arrival(self.next);
            if due > self.at {
                self.clock.sleep_until(t0 + due.since(from) + apart, &self.hold);
            }
            let awake = self.clock.now();
            let now = from + awake.since(t0).since(apart);
            if now < due {
                // It is to hold, and nobody was there.
                self.at = now;
                self.end();
                return Ok(block);
            }
            if due > self.at {
                self.seen.lateness.push(now.since(due).0);
                self.drop_old(now);
            }
            let arrival = self.pace.arrival(self.next);
            self.next += 1;
            let before = self.clock.cpu();
            let called = timed(&self.clock, self.stream.as_mut());
            let (after, resumed) = (self.clock.cpu(), self.clock.now());
            let (begin, end) = match called {
                Ok(span) => span,
                Err(fault) => {
                    self.at = now;
                    self.end();
                    return Err((block, fault));
                }
            };
            let service = end.since(begin);
            self.at = now + service;
            apart = apart + begin.since(awake) + resumed.since(end);
            self.seen.cpu(false, cpu, before);
            self.seen.cpu(true, before, after);
            cpu = after;
            self.answered(arrival, self.at);
            let latency = self.at.since(arrival);
            self.seen.missed += u64::from(latency > self.pace.deadline);
            self.seen.services.push(service.0);
            samples.push(latency.0);
            block.t1 = end;
            block.drops += u64::from(live.push((end, latency)).is_err());
            let (count, room) = (samples.len(), self.seen.services.capacity().min(samples.capacity()));
            if limits.reached(count as u64, self.at.since(from)) || count >= room {
                // Who comes too late for this block is dropped in it.
                self.drop_old(self.at);
                self.end();
                return Ok(block);
            }
        }
    }

    fn stream(&mut self) -> Option<&mut dyn Stream> {
        Some(self.stream.as_mut())
    }

    fn queries(&mut self) -> Queries {
        let seen = &self.seen;
        let over = seen.over.0 as f64;
        Queries {
            service: Some(Digest::of(&seen.services)),
            offered: Some(seen.offered),
            waiting: Some(seen.waiting),
            frames: Some(Frames {
                missed: seen.missed,
                dropped: seen.dropped,
                lateness: (!seen.lateness.is_empty()).then(|| Digest::of(&seen.lateness)),
                age: (over > 0.0).then(|| Age { mean: seen.aged / over, max: seen.oldest, over: seen.over }),
                call_cpu: seen.cpu.map(|[call, _]| call),
                idle_cpu: seen.cpu.map(|[_, idle]| idle),
            }),
        }
    }
}

#[cfg(test)]
#[path = "paced_tests.rs"]
mod tests;
