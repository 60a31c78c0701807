//! What the loop itself costs: the same loop around an engine that does nothing.

use super::scenario::{self, Setting};
use super::timed::{BlockLimits, LiveFeed, SampleBuffer};
use crate::engine::{Null, Stream};
use nntop_core::clock::{Wait, precision};
use nntop_core::event::{BlockKind, Fault, Scenario};
use nntop_core::unit::Nanos;
use std::sync::Arc;

/// The clock's smallest step, and what the loop adds to a query: the least of several blocks, since everything else that
/// could happen in one only adds to it. Of a multi-stream query that is what it costs to tell all streams and to hear
/// from them; a server's and an offline stream's call is timed as the single stream's is. Of a paced one it is what lies
/// between two frames that are both there already.
pub(super) fn measure<C: Wait + Clone + Send + 'static>(
    clock: C,
    of: Scenario,
    live: &mut LiveFeed,
) -> Result<(Nanos, Nanos), Fault> {
    const QUERIES: u64 = 1_000;
    let of = match of {
        Scenario::MultiStream { .. } => of,
        // All frames are there from the beginning, and none is dropped.
        Scenario::Paced { .. } => Scenario::Paced { rate: 1e9, deadline: None, queue: usize::MAX },
        _ => Scenario::SingleStream,
    };
    let paced = of.period().is_some();
    // Where there are more streams than cores, telling all of them takes a while.
    let queries = QUERIES / of.streams() as u64;
    let streams = (0..of.streams()).map(|_| Box::new(Null) as Box<dyn Stream>).collect();
    let capacity = QUERIES as usize * of.streams();
    let step = precision(&clock, 100);
    let mut load = scenario::load(of, streams, Setting { clock, seed: 0, capacity, hold: Arc::default() })?;
    let mut buffer = SampleBuffer::new(QUERIES as usize);
    let limits = BlockLimits { inferences: queries.max(1), duration: Nanos(u64::MAX), both: false };
    let per_query = (0..5).filter_map(|_| {
        load.begin(BlockKind::Warmup);
        let block = load.block(limits, &mut buffer, live).ok()?;
        if paced {
            // The last one has waited for all others.
            return buffer.samples().last().map(|ns| Nanos(ns / limits.inferences));
        }
        if of.per_query() == 1 {
            return Some(Nanos(block.t1.since(block.t0).0 / limits.inferences));
        }
        // Telling is inside a query's latency. Its median: where a thread is now and then away, a mean is about that.
        let samples = buffer.values();
        samples.sort_unstable();
        samples.get(samples.len() / 2).copied().map(Nanos)
    });
    let per_query = per_query.min();
    Ok((step, per_query.unwrap_or_default()))
}
