//! What the loop itself costs: the same loop around an engine that does nothing.

use super::timed::{BlockLimits, LiveFeed, SampleBuffer, time_block};
use crate::clock::{Clock, precision};
use crate::engine::Null;
use crate::unit::Nanos;

/// The clock's smallest step, and what the loop adds to an inference: the least of several blocks, since
/// everything else that could happen in one only adds to it.
pub(super) fn measure<C: Clock>(clock: &C, live: &mut LiveFeed) -> (Nanos, Nanos) {
    const INFERENCES: u64 = 1_000;
    let mut buffer = SampleBuffer::new(INFERENCES as usize);
    let limits = BlockLimits { inferences: INFERENCES, duration: Nanos(u64::MAX), both: false };
    let per_inference = (0..5)
        .filter_map(|_| time_block(clock, &mut Null, limits, &mut buffer, live).ok())
        .map(|b| Nanos(b.t1.since(b.t0).0 / INFERENCES))
        .min();
    (precision(clock, 100), per_inference.unwrap_or_default())
}
