//! As much as goes through: streams that infer back to back.
//!
//! A block is one of LoadGen's offline queries: all streams begin together, none begins an inference when the block's
//! time is up, and it ends with the last one's last. Its time is the wall time of all that.

use super::Load;
use super::crew::{Call, Crew, Gate, Job, Lane};
use crate::worker::timed::{BlockLimits, LiveFeed, SampleBuffer, TimedBlock};
use nntop_core::clock::Clock;
use nntop_core::event::Fault;
use nntop_core::unit::Nanos;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Streams that infer back to back.
pub(super) struct Offline<C> {
    crew: Crew<C>,
}

impl<C> Offline<C> {
    pub(super) fn new(crew: Crew<C>) -> Self {
        Self { crew }
    }
}

/// What the streams of a block share.
struct Shared {
    gate: Gate,
    limits: BlockLimits,
    /// Inferences begun, where they are limited.
    begun: AtomicU64,
    failed: AtomicBool,
}

impl Shared {
    /// Whether a lane that began at `t0` has done its share.
    fn over<C>(&self, lane: &Lane<C>, t0: Nanos) -> bool {
        let limits = self.limits;
        // A counter that all streams write is asked for only where it matters.
        let limited = limits.inferences != u64::MAX;
        let enough = limited && self.begun.fetch_add(1, Ordering::Relaxed) >= limits.inferences;
        let long_enough = lane.calls.last().is_some_and(|call| call.end.since(t0) >= limits.duration);
        let over = if limits.both { enough && long_enough } else { enough || long_enough };
        over || lane.is_full() || self.failed.load(Ordering::Relaxed)
    }

    fn run<C: Clock>(&self, lane: &mut Lane<C>) {
        self.gate.pass();
        let t0 = lane.clock.now();
        while !self.over(lane, t0) {
            let Some((begin, end)) = lane.call() else {
                return self.failed.store(true, Ordering::Relaxed);
            };
            let latency = end.since(begin);
            lane.calls.push(Call { end, latency, service: latency });
        }
    }
}

impl<C: Clock + Send + 'static> Load for Offline<C> {
    fn block(
        &mut self,
        limits: BlockLimits,
        buffer: &mut SampleBuffer,
        live: &mut LiveFeed,
    ) -> Result<TimedBlock, (TimedBlock, Fault)> {
        self.crew.clear();
        let gate = Gate::new(self.crew.len());
        let shared = Shared { gate, limits, begun: AtomicU64::new(0), failed: AtomicBool::new(false) };
        let job: Job<C> = Arc::new(move |_, lane| shared.run(lane));
        let ran = self.crew.all(&job);
        let first = self.crew.lanes().filter_map(|l| l.calls.first().map(|c| Nanos(c.end.0 - c.latency.0))).min();
        let last = self.crew.lanes().filter_map(|l| l.calls.last().map(|c| c.end)).max();
        let (t0, t1) = (first.unwrap_or_default(), last.unwrap_or_default());
        let drops = self.crew.hand_over(buffer, live);
        let block = TimedBlock { t0, t1, drops };
        match ran.err().or_else(|| self.crew.fault()) {
            Some(fault) => Err((block, fault)),
            None => Ok(block),
        }
    }
}
