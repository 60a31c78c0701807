//! Queries that arrive whether or not the ones before are done.
//!
//! ```text
//! arrivals    a1  a2 a3          a4        on the load's own time, from 0 at the beginning of a turn
//! stream      [─ 1 ─][─ 2 ─][─ 3 ─]  [─ 4 ─]
//! latency         a2 ──────▶ end of 2      service time: the call alone
//! ```
//!
//! The load's own time passes while blocks last and stands still between them: what nntop does there (digests, events,
//! memory) delays no query. Queries that wait at a block's end are served in the next one of the turn. With a new turn
//! time begins anew at zero with nobody waiting, since whatever lies between two turns (another variant's turn, stopped
//! by a signal; a pause) is no delay of this model's.
//!
//! With several streams a block ends for each with the call in hand when its time is up; the next block finds that stream
//! taken for as long as the call had gone on. The time of a block is how far its streams came, on average.

use super::Load;
use super::lanes::{Barrier, Call, Job, Lane, Lanes, spin_until};
use super::schedule::Schedule;
use crate::worker::timed::{BlockLimits, LiveFeed, SampleBuffer, TimedBlock};
use nntop_core::clock::Wait;
use nntop_core::event::{BlockKind, Digest, Fault, Queries};
use nntop_core::unit::Nanos;
use std::iter::Peekable;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

/// Streams that serve one queue.
pub(super) struct Server<C> {
    lanes: Lanes<C>,
    rate: f64,
    seed: u64,
    capacity: usize,
    hold: Arc<AtomicBool>,
    /// Turns that measured so far, and others.
    turns: [u64; 2],
    queue: Queue,
    /// Where the next block begins, and up to where blocks were counted, on the load's own time.
    at: Nanos,
    counted: Nanos,
    queries: Queries,
}

/// The arrivals of a turn.
struct Queue {
    /// The next ones in order, from the first that was not served; as far ahead as a block needs.
    next: Arc<Vec<Nanos>>,
    /// Those after them.
    rest: Schedule,
    /// The same arrivals again, only to be counted as time passes them: a queue may be longer than `next`.
    passing: Peekable<Schedule>,
    offered: u64,
    served: u64,
}

impl Queue {
    fn new(rate: f64, seed: u64) -> Self {
        let rest = Schedule::new(rate, seed);
        Self { next: Arc::default(), passing: rest.clone().peekable(), rest, offered: 0, served: 0 }
    }

    /// Makes sure that all arrivals up to `end` are at hand, and at least so many; never more than there is room for.
    fn look_ahead(&mut self, end: Nanos, least: usize, capacity: usize) {
        // Between blocks nobody else has it.
        let next = Arc::make_mut(&mut self.next);
        while next.len() < capacity && (next.len() < least || next.last().is_none_or(|last| *last <= end)) {
            next.extend(self.rest.next());
        }
    }

    /// Takes out what was served, and counts what has arrived until `now`. Returns how many that were since last time.
    fn pass(&mut self, served: usize, now: Nanos) -> u64 {
        Arc::make_mut(&mut self.next).drain(..served);
        self.served += served as u64;
        let before = self.offered;
        while self.passing.next_if(|arrival| *arrival <= now).is_some() {
            self.offered += 1;
        }
        self.offered - before
    }

    fn waiting(&self) -> u64 {
        self.offered.saturating_sub(self.served)
    }
}

/// Each turn has arrivals of its own; the first those of the seed itself. Steps are those of splitmix64.
fn turn_seed(seed: u64, turn: u64) -> u64 {
    seed.wrapping_add(turn.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// What the streams of a block share.
struct Shared {
    barrier: Barrier,
    arrivals: Arc<Vec<Nanos>>,
    /// The first arrival that no stream has taken.
    next: AtomicUsize,
    /// Queries that may be served at most.
    limit: usize,
    /// From and until when, on the load's own time.
    from: Nanos,
    until: Nanos,
    /// `from` on the clock, plus one; zero while it is not known.
    zero: AtomicU64,
    hold: Arc<AtomicBool>,
    failed: AtomicBool,
}

impl Shared {
    fn run<C: Wait>(&self, number: usize, lane: &mut Lane<C>) {
        self.barrier.wait();
        if number == 0 {
            self.zero.store(lane.clock.now().0 + 1, Ordering::Release);
        }
        spin_until(|| self.zero.load(Ordering::Acquire) != 0);
        let zero = Nanos(self.zero.load(Ordering::Acquire) - 1);
        while self.serve(lane, zero) {}
    }

    /// Serves the next query. `zero` is what the lane's clock read at `from`. Returns whether there may be another.
    fn serve<C: Wait>(&self, lane: &mut Lane<C>, zero: Nanos) -> bool {
        if lane.free > self.until || lane.is_full() || self.stopped() {
            return false;
        }
        let own = |clock: Nanos| self.from + clock.since(zero);
        let on_clock = |own: Nanos| zero + own.since(self.from);
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let Some(&arrival) = self.arrivals.get(number).filter(|_| number < self.limit) else { return false };
        let due = arrival.max(lane.free);
        if due > self.until {
            lane.clock.wait_until(on_clock(self.until), &self.hold);
            lane.free = lane.free.max(own(lane.clock.now()).min(self.until));
            return false;
        }
        lane.clock.wait_until(on_clock(due), &self.hold);
        if own(lane.clock.now()) < due {
            // Told to hold while nobody was there.
            lane.free = lane.free.max(own(lane.clock.now()));
            return false;
        }
        let Some((begin, end)) = lane.call() else {
            self.failed.store(true, Ordering::Relaxed);
            return false;
        };
        lane.free = own(end);
        lane.calls.push(Call { end, latency: lane.free.since(arrival), service: end.since(begin) });
        true
    }

    fn stopped(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }
}

impl<C: Wait + Send + 'static> Server<C> {
    pub(super) fn new(lanes: Lanes<C>, rate: f64, seed: u64, capacity: usize, hold: Arc<AtomicBool>) -> Self {
        Self {
            lanes,
            rate,
            seed,
            capacity,
            hold,
            turns: [0; 2],
            queue: Queue::new(rate, seed),
            at: Nanos::ZERO,
            counted: Nanos::ZERO,
            queries: Queries::default(),
        }
    }

    /// What the next block is to do. Its time is stretched to the first arrival, so that no block is empty.
    fn next_block(&mut self, limits: BlockLimits) -> Shared {
        self.lanes.clear();
        let wanted = usize::try_from(limits.inferences).unwrap_or(usize::MAX);
        let least = if limits.both { wanted.min(self.capacity) } else { 1 };
        let end = self.at + limits.duration;
        self.queue.look_ahead(end, least, self.capacity);
        let arrivals = &self.queue.next;
        let needed = arrivals.get(least.max(1) - 1).or(arrivals.last()).copied().unwrap_or(end);
        Shared {
            barrier: Barrier::new(self.lanes.len()),
            next: AtomicUsize::new(0),
            limit: if limits.both { usize::MAX } else { wanted },
            from: self.at,
            until: end.max(needed).max(self.at),
            zero: AtomicU64::new(0),
            arrivals: Arc::clone(arrivals),
            hold: Arc::clone(&self.hold),
            failed: AtomicBool::new(false),
        }
    }

    /// Takes in what the streams did in a block that began at `zero` of the clock: the load's own time moves on to where
    /// they came, and who arrived meanwhile is counted.
    fn finish(&mut self, limit: usize, zero: Nanos, buffer: &mut SampleBuffer, live: &mut LiveFeed) -> TimedBlock {
        let served = self.lanes.each().map(|lane| lane.calls.len()).sum();
        let furthest = self.lanes.each().map(|lane| lane.free).max().unwrap_or_default();
        if served >= limit {
            // All that were wanted are served: who had nothing to do has waited for the last.
            self.lanes.each().for_each(|lane| lane.free = furthest);
        }
        self.at = self.lanes.each().map(|lane| lane.free).min().unwrap_or_default();
        let sum: u128 = self.lanes.each().map(|lane| u128::from(lane.free.0)).sum();
        let came = Nanos((sum / self.lanes.len() as u128) as u64);
        let took = came.since(std::mem::replace(&mut self.counted, came));
        let offered = self.queue.pass(served, came);
        self.queries = Queries { offered: Some(offered), waiting: Some(self.queue.waiting()), ..Queries::default() };
        let drops = self.lanes.hand_over(buffer, live);
        TimedBlock { t0: zero, t1: zero + took, drops }
    }
}

impl<C: Wait + Send + 'static> Load for Server<C> {
    fn begin(&mut self, kind: BlockKind) {
        // What is measured has a schedule that the length of the warm-up does not change.
        let measures = kind == BlockKind::Measure;
        let turn = &mut self.turns[usize::from(!measures)];
        let seed = if measures { self.seed } else { !self.seed };
        self.queue = Queue::new(self.rate, turn_seed(seed, *turn));
        *turn += 1;
        (self.at, self.counted) = (Nanos::ZERO, Nanos::ZERO);
        self.lanes.each().for_each(|lane| lane.free = Nanos::ZERO);
    }

    fn block(
        &mut self,
        limits: BlockLimits,
        buffer: &mut SampleBuffer,
        live: &mut LiveFeed,
    ) -> Result<TimedBlock, (TimedBlock, Fault)> {
        let shared = Arc::new(self.next_block(limits));
        let (limit, at_once) = (shared.limit, Arc::clone(&shared));
        let job: Job<C> = Arc::new(move |number, lane| at_once.run(number, lane));
        let ran = self.lanes.all(&job);
        let zero = Nanos(shared.zero.load(Ordering::Acquire).saturating_sub(1));
        // The arrivals are the queue's alone again.
        drop((job, shared));
        let block = self.finish(limit, zero, buffer, live);
        match ran.err().or_else(|| self.lanes.fault()) {
            Some(fault) => Err((block, fault)),
            None => Ok(block),
        }
    }

    fn queries(&mut self) -> Queries {
        Queries { service: Some(Digest::of(&self.lanes.services())), ..self.queries.clone() }
    }
}

#[cfg(test)]
#[path = "server_tests.rs"]
mod tests;
