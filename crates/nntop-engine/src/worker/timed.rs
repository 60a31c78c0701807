//! How an inference is timed, and when a block ends: for all scenarios, here and nowhere else.
//!
//! [`timed`] reads the clock, calls the engine and reads the clock again; between the two reads there is nothing but the
//! engine. [`BlockLimits::reached`] ends a block. [`time_block`] is the loop of a single stream; the loops of several
//! streams (`scenario`) are made of the same two.
//!
//! Generic over clock and engine: the virtual clock and the synthetic engine run the very same code.
//! Nothing here allocates, locks, logs or calls the system (a test counts allocations with ONNX Runtime).

use crate::engine::Stream;
use nntop_core::clock::Clock;
use nntop_core::event::Fault;
use nntop_core::unit::Nanos;

/// Room for the samples of one block, made once.
#[derive(Debug)]
pub struct SampleBuffer(Vec<u64>);

impl SampleBuffer {
    /// Room for `capacity` inferences; a block ends when it is full.
    pub fn new(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }

    /// The latencies of the last block in nanoseconds, in the order measured.
    pub fn samples(&self) -> &[u64] {
        &self.0
    }

    /// What it holds.
    pub(super) fn values(&mut self) -> &mut Vec<u64> {
        &mut self.0
    }

    /// Emptied, for blocks that are timed elsewhere. No more than its capacity goes in.
    pub(super) fn emptied(&mut self) -> &mut Vec<u64> {
        self.0.clear();
        &mut self.0
    }
}

/// Where single samples go for the live chart: a wait-free ring. When it is full the sample is only
/// counted as dropped; the loop never waits.
pub type LiveFeed = rtrb::Producer<(Nanos, Nanos)>;

/// When a block ends: with the first inference after which one of these is reached.
#[derive(Debug, Clone, Copy)]
pub struct BlockLimits {
    /// Inferences, at least 1.
    pub inferences: u64,
    /// Time since the block's start.
    pub duration: Nanos,
    /// Both must be reached, not only the first.
    pub both: bool,
}

impl BlockLimits {
    /// Whether a block is over after `inferences` and `time`.
    #[inline(always)]
    pub fn reached(&self, inferences: u64, time: Nanos) -> bool {
        let enough = inferences >= self.inferences;
        let long_enough = time >= self.duration;
        if self.both { enough && long_enough } else { enough || long_enough }
    }
}

/// One inference: when it began and when it ended.
///
/// # Errors
/// What the engine failed with.
#[inline(always)]
pub(super) fn timed<C: Clock, S: Stream + ?Sized>(clock: &C, stream: &mut S) -> Result<(Nanos, Nanos), Fault> {
    let begin = clock.now();
    let result = stream.infer();
    let end = clock.now();
    result.map(|()| (begin, end))
}

/// A block that was timed; its samples lie in the buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimedBlock {
    /// When its first inference began.
    pub t0: Nanos,
    /// When its last inference ended.
    pub t1: Nanos,
    /// Samples that the live feed could not take.
    pub drops: u64,
}

/// Runs one block.
///
/// # Errors
/// What the engine failed with; the samples until then are in the buffer.
pub fn time_block<C: Clock, S: Stream + ?Sized>(
    clock: &C,
    stream: &mut S,
    limits: BlockLimits,
    buffer: &mut SampleBuffer,
    live: &mut LiveFeed,
) -> Result<TimedBlock, (TimedBlock, Fault)> {
    buffer.0.clear();
    let t0 = clock.now();
    let mut block = TimedBlock { t0, t1: t0, drops: 0 };
    loop {
        let (begin, end) = match timed(clock, stream) {
            Ok(span) => span,
            Err(fault) => return Err((block, fault)),
        };
        let latency = end.since(begin);
        buffer.0.push(latency.0);
        block.t1 = end;
        block.drops += u64::from(live.push((end, latency)).is_err());
        let count = buffer.0.len();
        if limits.reached(count as u64, end.since(t0)) || count == buffer.0.capacity() {
            return Ok(block);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Pace, Synthetic};
    use nntop_core::clock::VirtualClock;

    fn run(limits: BlockLimits, ring: usize) -> (TimedBlock, Vec<u64>) {
        let clock = VirtualClock::default();
        let synthetic = Synthetic::parse("synthetic:constant,median=1ms", Pace::Virtual(clock.clone())).unwrap();
        let mut buffer = SampleBuffer::new(1_000);
        let (mut live, _reader) = rtrb::RingBuffer::new(ring);
        let block = time_block(&clock, &mut synthetic.open_stream(), limits, &mut buffer, &mut live).unwrap();
        (block, buffer.samples().to_vec())
    }

    #[test]
    fn a_limit_is_reached_by_either_or_by_both() {
        let ms = Nanos::from_millis;
        let either = BlockLimits { inferences: 7, duration: ms(5), both: false };
        let both = BlockLimits { both: true, ..either };
        let reached = |limits: BlockLimits| [(6, 4), (7, 4), (6, 5), (7, 5)].map(|(n, t)| limits.reached(n, ms(t)));
        assert_eq!(reached(either), [false, true, true, true]);
        assert_eq!(reached(both), [false, false, false, true]);
        let none = BlockLimits { inferences: u64::MAX, duration: Nanos(u64::MAX), both: false };
        assert_eq!(reached(none), [false; 4]);
    }

    #[test]
    fn a_block_ends_with_its_first_limit() {
        let limits = BlockLimits { inferences: 7, duration: Nanos::from_millis(100), both: false };
        let (block, samples) = run(limits, 64);
        assert_eq!(samples, [1_000_000; 7]);
        assert_eq!(block, TimedBlock { t0: Nanos(0), t1: Nanos::from_millis(7), drops: 0 });
        assert_eq!(run(BlockLimits { duration: Nanos::from_millis(3), ..limits }, 64).1.len(), 3);
    }

    #[test]
    fn or_with_both_where_asked() {
        let limits = BlockLimits { inferences: 7, duration: Nanos::from_millis(50), both: true };
        assert_eq!(run(limits, 64).1.len(), 50);
    }

    #[test]
    fn a_full_live_feed_loses_nothing_but_the_feed() {
        let limits = BlockLimits { inferences: 100, duration: Nanos(u64::MAX), both: false };
        let (block, samples) = run(limits, 10);
        assert_eq!((block.drops, samples.len()), (90, 100));
    }

    #[test]
    fn a_full_buffer_ends_the_block() {
        let limits = BlockLimits { inferences: u64::MAX, duration: Nanos(u64::MAX), both: false };
        assert_eq!(run(limits, 2).1.len(), 1_000);
    }
}
