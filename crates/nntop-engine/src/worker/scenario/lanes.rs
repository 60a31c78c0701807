//! Concurrent streams, each on a thread: made once, asleep between blocks.

use crate::engine::Stream;
use crate::worker::timed::{LiveFeed, SampleBuffer, timed};
use nntop_core::clock::Clock;
use nntop_core::event::Fault;
use nntop_core::unit::Nanos;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

/// A call that was timed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call {
    /// When it ended.
    pub(super) end: Nanos,
    /// Since it was due.
    pub(super) latency: Nanos,
    /// What the engine took.
    pub(super) service: Nanos,
}

/// A stream with its clock and room for the calls of a block.
pub(super) struct Lane<C> {
    pub(super) clock: C,
    pub(super) stream: Box<dyn Stream>,
    /// The calls of the block, in their order.
    pub(super) calls: Vec<Call>,
    /// When it is free again, on its load's own time.
    pub(super) free: Nanos,
    /// What its engine failed with.
    pub(super) fault: Option<Fault>,
}

impl<C: Clock> Lane<C> {
    /// With room for `capacity` calls in a block.
    pub(super) fn new(clock: C, stream: Box<dyn Stream>, capacity: usize) -> Self {
        Self { clock, stream, calls: Vec::with_capacity(capacity), free: Nanos::ZERO, fault: None }
    }

    /// One call: when it began and ended; nothing when it failed, which the lane remembers.
    #[inline]
    pub(super) fn call(&mut self) -> Option<(Nanos, Nanos)> {
        timed(&self.clock, self.stream.as_mut()).map_err(|fault| self.fault = Some(fault)).ok()
    }

    /// Keeps a call that was due when it began.
    #[inline]
    pub(super) fn keep(&mut self, (begin, end): (Nanos, Nanos)) {
        let took = end.since(begin);
        self.calls.push(Call { end, latency: took, service: took });
    }
}

impl<C> Lane<C> {
    /// Whether there is room for no more calls.
    pub(super) fn is_full(&self) -> bool {
        self.calls.len() == self.calls.capacity()
    }
}

/// What every lane does in a block; the number is the lane's.
pub(super) type Job<C> = Arc<dyn Fn(usize, &mut Lane<C>) + Send + Sync>;

/// The lanes of a load: the first on the thread that calls, the others on threads of their own.
pub(super) struct Lanes<C> {
    first: Lane<C>,
    others: Vec<Other<C>>,
    merged: Vec<Call>,
}

struct Other<C> {
    /// Here between blocks; with its thread while one lasts.
    lane: Option<Lane<C>>,
    jobs: Sender<(Lane<C>, Job<C>)>,
    done: Receiver<Lane<C>>,
}

impl<C: Clock + Send + 'static> Lanes<C> {
    /// Starts a thread for each lane but the first.
    pub(super) fn new(mut lanes: Vec<Lane<C>>) -> Result<Self, Fault> {
        if lanes.is_empty() {
            return Err(Fault::run("a load needs a stream"));
        }
        let first = lanes.remove(0);
        let others = lanes.into_iter().enumerate().map(|(i, lane)| Other::start(i + 1, lane));
        Ok(Self { first, others: others.collect::<Result<_, _>>()?, merged: Vec::new() })
    }

    /// Lets every lane do the job at the same time; returns when all have done it.
    pub(super) fn all(&mut self, job: &Job<C>) -> Result<(), Fault> {
        let lost = || Fault::run("a thread of the load has ended");
        for other in &mut self.others {
            let lane = other.lane.take().ok_or_else(lost)?;
            other.jobs.send((lane, Arc::clone(job))).map_err(|_| lost())?;
        }
        job(0, &mut self.first);
        for other in &mut self.others {
            other.lane = Some(other.done.recv().map_err(|_| lost())?);
        }
        Ok(())
    }
}

impl<C> Lanes<C> {
    /// How many lanes there are.
    pub(super) fn len(&self) -> usize {
        1 + self.others.len()
    }

    /// All lanes, between blocks.
    pub(super) fn each(&mut self) -> impl Iterator<Item = &mut Lane<C>> {
        std::iter::once(&mut self.first).chain(self.others.iter_mut().filter_map(|o| o.lane.as_mut()))
    }

    /// Forgets the last block's calls.
    pub(super) fn clear(&mut self) {
        self.each().for_each(|lane| lane.calls.clear());
    }

    /// What a lane has failed with, if one has.
    pub(super) fn fault(&mut self) -> Option<Fault> {
        self.each().find_map(|lane| lane.fault.take())
    }

    /// The calls of all lanes into the buffer and the live feed, in the order in which they ended. Returns how many
    /// the feed could not take.
    pub(super) fn hand_over(&mut self, buffer: &mut SampleBuffer, live: &mut LiveFeed) -> u64 {
        let mut merged = std::mem::take(&mut self.merged);
        merged.clear();
        self.each().for_each(|lane| merged.extend_from_slice(&lane.calls));
        merged.sort_unstable_by_key(|call| call.end);
        let samples = buffer.emptied();
        samples.extend(merged.iter().map(|call| call.latency.0));
        let drops = merged.iter().filter(|call| live.push((call.end, call.latency)).is_err()).count();
        self.merged = merged;
        drops as u64
    }

    /// The engine's own time of all calls.
    pub(super) fn services(&mut self) -> Vec<u64> {
        self.each().flat_map(|lane| lane.calls.iter().map(|call| call.service.0)).collect()
    }
}

impl<C: Clock + Send + 'static> Other<C> {
    fn start(number: usize, lane: Lane<C>) -> Result<Self, Fault> {
        let (jobs, given) = channel::<(Lane<C>, Job<C>)>();
        let (give, done) = channel();
        let work = move || {
            // Until the load is dropped.
            for (mut lane, job) in given {
                job(number, &mut lane);
                drop(job);
                if give.send(lane).is_err() {
                    break;
                }
            }
        };
        std::thread::Builder::new()
            .name(format!("nntop-{number}"))
            .spawn(work)
            .map_err(|e| Fault::run(format!("cannot start a thread: {e}")))?;
        Ok(Self { lane: Some(lane), jobs, done })
    }
}

/// Where threads meet before a block begins, so that no latency holds the time to wake up.
#[derive(Debug)]
pub(super) struct Barrier {
    arrived: AtomicUsize,
    of: usize,
}

impl Barrier {
    /// For so many threads.
    pub(super) fn new(of: usize) -> Self {
        Self { arrived: AtomicUsize::new(0), of }
    }

    /// Waits for all others.
    pub(super) fn wait(&self) {
        self.arrived.fetch_add(1, Ordering::AcqRel);
        spin_until(|| self.arrived.load(Ordering::Acquire) >= self.of);
    }
}

/// This many times is looked before the core is offered to others: some microseconds.
const SPINS: u32 = 200;

/// Waits for what another thread is about to do. A sleep would end late, and where there are fewer cores than streams a
/// core must not be kept from those that still infer: so it spins for a moment, then yields.
pub(super) fn spin_until(there: impl Fn() -> bool) {
    let mut looks = 0;
    while !there() {
        if looks < SPINS {
            looks += 1;
            std::hint::spin_loop();
        } else {
            std::thread::yield_now();
        }
    }
}
