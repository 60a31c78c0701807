//! Queries of one inference on each stream: issued together, done with the last.
//!
//! The first stream's thread issues: it reads the clock, tells the others by a counter that they watch, infers itself,
//! and waits until all have said when they ended. A query's latency is the latest of these times less the first read,
//! as LoadGen's multi-stream has it; that the others learn of it is in there, and the loop's overhead of the result says
//! how much it is here.

use super::Load;
use super::lanes::{Barrier, Job, Lane, Lanes, spin_until};
use crate::worker::timed::{BlockLimits, LiveFeed, SampleBuffer, TimedBlock};
use nntop_core::clock::Clock;
use nntop_core::event::{Digest, Fault, Queries};
use nntop_core::unit::Nanos;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Streams that are given a query together.
pub(super) struct MultiStream<C> {
    lanes: Lanes<C>,
    /// When each query of the block ended, and its latency. Locked once a block.
    done: Arc<Mutex<Vec<(Nanos, Nanos)>>>,
}

impl<C: Clock + Send + 'static> MultiStream<C> {
    pub(super) fn new(mut lanes: Lanes<C>) -> Self {
        let room = lanes.each().map(|lane| lane.calls.capacity()).min().unwrap_or(1);
        Self { lanes, done: Arc::new(Mutex::new(Vec::with_capacity(room))) }
    }
}

/// The number of a query that says: the block is over.
const OVER: u64 = u64::MAX;

/// A cell that shares its cache line with no other.
#[repr(align(128))]
struct Padded(AtomicU64);

/// What the streams of a block share.
struct Shared {
    barrier: Barrier,
    limits: BlockLimits,
    /// The number of the query in hand, from 1.
    query: Padded,
    /// Inferences that the others have ended, of all queries so far.
    ended: Padded,
    /// When each of the others ended its part of the query.
    at: Vec<Padded>,
    failed: AtomicBool,
}

impl Shared {
    /// The first stream: issues queries until the block is over.
    fn issue<C: Clock>(&self, lane: &mut Lane<C>, done: &mut Vec<(Nanos, Nanos)>) {
        self.barrier.wait();
        let others = self.at.len() as u64;
        let t0 = lane.clock.now();
        for number in 1.. {
            let issued = lane.clock.now();
            self.query.0.store(number, Ordering::Release);
            let own = lane.call();
            spin_until(|| self.ended.0.load(Ordering::Acquire) == number * others);
            let Some(own) = own.filter(|_| !self.failed.load(Ordering::Relaxed)) else { break };
            lane.keep(own);
            let (_, end) = own;
            let last = self.at.iter().map(|at| Nanos(at.0.load(Ordering::Relaxed))).max().unwrap_or(end).max(end);
            done.push((last, last.since(issued)));
            let over = self.limits.reached(done.len() as u64, last.since(t0));
            if over || done.len() == done.capacity() || lane.is_full() {
                break;
            }
        }
        self.query.0.store(OVER, Ordering::Release);
    }

    /// Another stream: infers when a query is issued.
    fn follow<C: Clock>(&self, own: &AtomicU64, lane: &mut Lane<C>) {
        self.barrier.wait();
        let mut last = 0;
        loop {
            spin_until(|| self.query.0.load(Ordering::Acquire) != last);
            last = self.query.0.load(Ordering::Acquire);
            if last == OVER {
                return;
            }
            match lane.call() {
                Some(call) => {
                    lane.keep(call);
                    own.store(call.1.0, Ordering::Relaxed);
                }
                None => self.failed.store(true, Ordering::Relaxed),
            }
            self.ended.0.fetch_add(1, Ordering::Release);
        }
    }
}

impl<C: Clock + Send + 'static> Load for MultiStream<C> {
    fn block(
        &mut self,
        limits: BlockLimits,
        buffer: &mut SampleBuffer,
        live: &mut LiveFeed,
    ) -> Result<TimedBlock, (TimedBlock, Fault)> {
        self.lanes.clear();
        let padded = || Padded(AtomicU64::new(0));
        let shared = Shared {
            barrier: Barrier::new(self.lanes.len()),
            limits,
            query: padded(),
            ended: padded(),
            at: (1..self.lanes.len()).map(|_| padded()).collect(),
            failed: AtomicBool::new(false),
        };
        let queries = Arc::clone(&self.done);
        let job: Job<C> = Arc::new(move |number, lane| match number.checked_sub(1).and_then(|i| shared.at.get(i)) {
            Some(own) => shared.follow(&own.0, lane),
            None => {
                // Nobody else wants it before the block is over.
                let mut queries = queries.lock().unwrap_or_else(PoisonError::into_inner);
                queries.clear();
                shared.issue(lane, &mut queries);
            }
        });
        let ran = self.lanes.all(&job);
        let queries = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        let t0 = queries.first().map_or(Nanos::ZERO, |(end, latency)| Nanos(end.0 - latency.0));
        let mut block = TimedBlock { t0, t1: queries.last().map_or(t0, |(end, _)| *end), drops: 0 };
        let samples = buffer.emptied();
        samples.extend(queries.iter().map(|(_, latency)| latency.0));
        block.drops = queries.iter().filter(|query| live.push(**query).is_err()).count() as u64;
        drop(queries);
        // A failed query's other calls were none of a query.
        let whole = samples.len();
        self.lanes.each().for_each(|lane| lane.calls.truncate(whole));
        match ran.err().or_else(|| self.lanes.fault()) {
            Some(fault) => Err((block, fault)),
            None => Ok(block),
        }
    }

    fn queries(&mut self) -> Queries {
        Queries { service: Some(Digest::of(&self.lanes.services())), ..Queries::default() }
    }
}
