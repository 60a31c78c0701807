//! As much as goes through: streams that infer back to back.
//!
//! A block is one of LoadGen's offline queries: all streams begin together, none begins an inference when the block's
//! time is up, and it ends with the last one's last. Its time is the wall time of all that.

use super::Load;
use super::lanes::{Barrier, Job, Lane, Lanes};
use crate::worker::timed::{BlockLimits, LiveFeed, SampleBuffer, TimedBlock};
use nntop_core::clock::Clock;
use nntop_core::event::Fault;
use nntop_core::unit::Nanos;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Streams that infer back to back.
pub(super) struct Offline<C> {
    lanes: Lanes<C>,
}

impl<C> Offline<C> {
    pub(super) fn new(lanes: Lanes<C>) -> Self {
        Self { lanes }
    }
}

/// What the streams of a block share.
struct Shared {
    barrier: Barrier,
    limits: BlockLimits,
    /// Inferences begun, where they are limited.
    begun: AtomicU64,
    failed: AtomicBool,
}

impl Shared {
    /// Whether a lane that began at `t0` has done its share.
    fn over<C>(&self, lane: &Lane<C>, t0: Nanos) -> bool {
        // A counter that all streams write is asked for only where it matters.
        let limited = self.limits.inferences != u64::MAX;
        let begun = if limited { self.begun.fetch_add(1, Ordering::Relaxed) } else { 0 };
        let time = lane.calls.last().map_or(Nanos::ZERO, |call| call.end.since(t0));
        self.limits.reached(begun, time) || lane.is_full() || self.failed.load(Ordering::Relaxed)
    }

    fn run<C: Clock>(&self, lane: &mut Lane<C>) {
        self.barrier.wait();
        let t0 = lane.clock.now();
        while !self.over(lane, t0) {
            let Some(call) = lane.call() else {
                return self.failed.store(true, Ordering::Relaxed);
            };
            lane.keep(call);
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
        self.lanes.clear();
        // Before its first call no time has passed for a stream: a block of no length still has one of each.
        let limits = BlockLimits { duration: limits.duration.max(Nanos(1)), ..limits };
        let barrier = Barrier::new(self.lanes.len());
        let shared = Shared { barrier, limits, begun: AtomicU64::new(0), failed: AtomicBool::new(false) };
        let job: Job<C> = Arc::new(move |_, lane| shared.run(lane));
        let ran = self.lanes.all(&job);
        let first = self.lanes.each().filter_map(|l| l.calls.first().map(|c| Nanos(c.end.0 - c.latency.0))).min();
        let last = self.lanes.each().filter_map(|l| l.calls.last().map(|c| c.end)).max();
        let (t0, t1) = (first.unwrap_or_default(), last.unwrap_or_default());
        let drops = self.lanes.hand_over(buffer, live);
        let block = TimedBlock { t0, t1, drops };
        match ran.err().or_else(|| self.lanes.fault()) {
            Some(fault) => Err((block, fault)),
            None => Ok(block),
        }
    }
}
