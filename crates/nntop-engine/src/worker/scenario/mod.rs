//! Load scenarios: when the next inference begins, and on which stream. What a turn does with blocks is the same for all.
//!
//! Each call is timed by `timed.rs`, and each block ends by its rule. Threads are made before the first block and sleep
//! between blocks; while a block lasts nothing of nntop's own allocates, locks, logs or digests.

mod lanes;
mod multi;
mod offline;
mod paced;
mod schedule;
mod server;

use super::timed::{BlockLimits, LiveFeed, SampleBuffer, TimedBlock, time_block};
use crate::engine::Stream;
use lanes::{Lane, Lanes};
use multi::MultiStream;
use nntop_core::clock::{Clock, Wait};
use nntop_core::event::{BlockKind, Fault, Queries, Scenario};
use offline::Offline;
use paced::{Pace, Paced};
use server::Server;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// A model under a load, block by block.
pub trait Load {
    /// A new turn begins: nothing of the last one is waiting any more.
    fn begin(&mut self, _kind: BlockKind) {}

    /// Times one block. Its latencies are in the buffer afterwards; none of them: it was told to hold while it waited.
    ///
    /// # Errors
    /// What the engine failed with; the latencies until then are in the buffer.
    fn block(
        &mut self,
        limits: BlockLimits,
        buffer: &mut SampleBuffer,
        live: &mut LiveFeed,
    ) -> Result<TimedBlock, (TimedBlock, Fault)>;

    /// The stream, to be profiled between blocks, where the load does not keep it on a thread of its own.
    fn stream(&mut self) -> Option<&mut dyn Stream> {
        None
    }

    /// What there is to say of the last block beside its latencies.
    fn queries(&mut self) -> Queries {
        Queries::default()
    }
}

/// What a load is made with.
#[derive(Debug)]
pub struct Setting<C> {
    /// The clock of all its threads.
    pub clock: C,
    /// The seed of its arrivals.
    pub seed: u64,
    /// The most queries that a block can hold.
    pub capacity: usize,
    /// Set when a block that waits for an arrival shall end.
    pub hold: Arc<AtomicBool>,
}

/// Puts streams under the load of `scenario`; there must be as many as it asks for.
///
/// # Errors
/// When threads cannot be started, or this version does not know the scenario.
pub fn load<C: Wait + Clone + Send + 'static>(
    scenario: Scenario,
    streams: Vec<Box<dyn Stream>>,
    with: Setting<C>,
) -> Result<Box<dyn Load>, Fault> {
    let lanes = |with: &Setting<C>, streams: Vec<Box<dyn Stream>>| {
        let room = with.capacity.div_ceil(streams.len().max(1));
        Lanes::new(streams.into_iter().map(|s| Lane::new(with.clock.clone(), s, room)).collect())
    };
    match scenario {
        Scenario::SingleStream => match streams.into_iter().next() {
            Some(stream) => Ok(Box::new(SingleStream::new(with.clock, stream))),
            None => Err(Fault::run("a load needs a stream")),
        },
        Scenario::MultiStream { .. } => Ok(Box::new(MultiStream::new(lanes(&with, streams)?))),
        Scenario::Offline { .. } => Ok(Box::new(Offline::new(lanes(&with, streams)?))),
        Scenario::Server { rate, .. } if rate > 0.0 && rate.is_finite() => {
            Ok(Box::new(Server::new(lanes(&with, streams)?, rate, with.seed, with.capacity, with.hold)))
        }
        Scenario::Server { rate, .. } => Err(Fault::input(format!("a server cannot be offered {rate} queries/s"))),
        Scenario::Paced { rate, queue, .. } => match (scenario.deadline(), streams.into_iter().next()) {
            (Some(deadline), Some(stream)) => {
                let pace = Pace { period: 1e9 / rate, deadline, queue: queue.max(1) as u64 };
                Ok(Box::new(Paced::new(with.clock, stream, pace, with.capacity, with.hold)))
            }
            (None, _) => Err(Fault::input(format!("frames cannot arrive {rate} times per second"))),
            (_, None) => Err(Fault::run("a load needs a stream")),
        },
        Scenario::Other => Err(Fault::input("the load scenario is of a newer version of nntop")
            .hint("install the same version of nntop on both sides")),
    }
}

/// The closed loop of one stream.
pub struct SingleStream<C, S = Box<dyn Stream>> {
    clock: C,
    stream: S,
}

impl<C: Clock, S: Stream> SingleStream<C, S> {
    /// Of one stream.
    pub fn new(clock: C, stream: S) -> Self {
        Self { clock, stream }
    }

    /// The stream, given back.
    pub fn into_stream(self) -> S {
        self.stream
    }
}

impl<C: Clock, S: Stream> Load for SingleStream<C, S> {
    fn block(
        &mut self,
        limits: BlockLimits,
        buffer: &mut SampleBuffer,
        live: &mut LiveFeed,
    ) -> Result<TimedBlock, (TimedBlock, Fault)> {
        time_block(&self.clock, &mut self.stream, limits, buffer, live)
    }

    fn stream(&mut self) -> Option<&mut dyn Stream> {
        Some(&mut self.stream)
    }
}

#[cfg(test)]
mod tests;
