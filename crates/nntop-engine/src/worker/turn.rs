//! A turn: blocks of one kind until a limit is reached or the agent orders to hold.

use super::counters::ProcessCounters;
use super::interrupted;
use super::scenario::Load;
use super::timed::{BlockLimits, LiveFeed, SampleBuffer};
use nntop_core::event::{Block, BlockKind, Counters, Digest, Fault, Slot};
use nntop_core::unit::Nanos;

/// What a turn is limited to. `None` is no limit.
#[derive(Debug, Clone, Copy, Default)]
pub struct TurnLimits {
    /// How long a block should take.
    pub block: Nanos,
    /// Inferences of all blocks.
    pub inferences: Option<u64>,
    /// Time of all blocks, gaps between them not counted.
    pub duration: Option<Nanos>,
    /// Both limits must be reached, not only the first.
    pub both: bool,
}

/// Runs turns of one variant and numbers its blocks.
pub struct Turn {
    slot: Slot,
    run: u32,
    next_index: u64,
    buffer: SampleBuffer,
    live: LiveFeed,
    /// Where samples go that the chart is not to show.
    aside: LiveFeed,
    /// What blocks cost, and the inferences that were counted.
    counters: Option<(ProcessCounters, u64)>,
}

impl Turn {
    /// `capacity` is the most inferences that a block can hold.
    pub fn new(slot: Slot, run: u32, capacity: usize, live: LiveFeed) -> Self {
        let (aside, _) = rtrb::RingBuffer::new(1);
        Self { slot, run, next_index: 0, buffer: SampleBuffer::new(capacity), live, aside, counters: None }
    }

    /// Counts what measured blocks cost the process.
    #[must_use]
    pub fn counting(self, counters: ProcessCounters) -> Self {
        Self { counters: Some((counters, 0)), ..self }
    }

    /// What they have cost so far; a latency is of this many inferences.
    pub fn counters(&self, per_query: u64) -> Option<Counters> {
        let (counters, queries) = self.counters.as_ref().filter(|(_, queries)| *queries > 0)?;
        let (usage, hardware) = counters.sums();
        let (hardware, hardware_absent) = (hardware.as_ref().ok().copied(), hardware.err());
        let inferences = queries * per_query;
        Some(Counters { variant: self.slot, run: self.run, inferences, usage, hardware, hardware_absent })
    }

    /// Runs one turn. `each` gets every finished block, between blocks, and says whether to go on.
    ///
    /// # Errors
    /// What the engine failed with, after the inferences before it were handed to `each`.
    pub fn take(
        &mut self,
        load: &mut dyn Load,
        kind: BlockKind,
        limits: TurnLimits,
        mut each: impl FnMut(Block) -> bool,
    ) -> Result<(), Fault> {
        let (mut count, mut busy) = (0u64, Nanos::ZERO);
        // Profiled inferences are slower for a reason: spikes in the chart would tell of something else.
        let shown = kind != BlockKind::Profile;
        load.begin(kind);
        loop {
            let block = limits.block_after(count, busy);
            let live = if shown { &mut self.live } else { &mut self.aside };
            let continued = interrupted::count();
            // Around the block: its inferences are timed one by one, and the readings lie outside of all of them.
            if let Some((counters, _)) = &mut self.counters {
                counters.begin();
            }
            let (timed, fault) = match load.block(block, &mut self.buffer, live) {
                Ok(timed) => (timed, None),
                Err((timed, fault)) => (timed, Some(fault)),
            };
            let counts = kind == BlockKind::Measure && fault.is_none() && interrupted::count() == continued;
            if let Some((counters, queries)) = &mut self.counters {
                counters.end(counts);
                *queries += if counts { self.buffer.samples().len() as u64 } else { 0 };
            }
            // Stopped within it, it says nothing about the model: it is passed on as one that settles, and measured anew.
            let stopped = interrupted::count() != continued && kind != BlockKind::Profile;
            let phase = if stopped { BlockKind::Settle } else { kind };
            if !stopped {
                count += self.buffer.samples().len() as u64;
                busy = busy + timed.t1.since(timed.t0);
            }
            // A block without inferences: it was told to hold while it waited for the first.
            let mut go_on = false;
            if !self.buffer.samples().is_empty() {
                go_on = each(Block {
                    variant: self.slot,
                    run: self.run,
                    index: self.next_index,
                    phase,
                    t0: timed.t0,
                    t1: timed.t1,
                    drops: if shown { timed.drops } else { 0 },
                    latency: Digest::of(self.buffer.samples()),
                    queries: load.queries(),
                });
                self.next_index += 1;
            }
            if let Some(fault) = fault {
                return Err(fault);
            }
            if !go_on || limits.reached(count, busy) {
                return Ok(());
            }
        }
    }
}

impl TurnLimits {
    /// Whether the turn is over after `count` inferences that took `busy`.
    fn reached(&self, count: u64, busy: Nanos) -> bool {
        let limits = BlockLimits {
            inferences: self.inferences.unwrap_or(u64::MAX),
            duration: self.duration.unwrap_or(Nanos(u64::MAX)),
            both: self.both && self.inferences.is_some() && self.duration.is_some(),
        };
        limits.reached(count, busy)
    }

    /// The limits of the next block: its own length, or what is left of the turn.
    fn block_after(&self, count: u64, busy: Nanos) -> BlockLimits {
        let inferences = self.inferences.map(|n| n.saturating_sub(count).max(1));
        let duration = self.duration.map(|d| d.since(busy));
        if self.both {
            // Warm-up and settling: short, so that one block does for the whole turn unless it is long.
            let whole = duration.is_some_and(|d| d <= self.block);
            return BlockLimits {
                inferences: inferences.unwrap_or(1),
                duration: duration.filter(|_| whole).unwrap_or(self.block),
                both: whole,
            };
        }
        BlockLimits {
            inferences: inferences.unwrap_or(u64::MAX),
            duration: duration.map_or(self.block, |d| d.min(self.block)),
            both: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Pace, Synthetic};
    use crate::worker::SingleStream;
    use nntop_core::clock::VirtualClock;

    fn blocks(limits: TurnLimits, stop_after: usize) -> Vec<Block> {
        let clock = VirtualClock::default();
        let synthetic = Synthetic::parse("synthetic:constant,median=1ms", Pace::Virtual(clock.clone())).unwrap();
        let (live, _reader) = rtrb::RingBuffer::new(16);
        let mut turn = Turn::new(Slot(0), 1, 10_000, live);
        let mut all = Vec::new();
        let each = |b| {
            all.push(b);
            all.len() < stop_after
        };
        let mut load = SingleStream::new(clock, Box::new(synthetic.open_stream()));
        turn.take(&mut load, BlockKind::Measure, limits, each).unwrap();
        all
    }

    fn counts(limits: TurnLimits) -> Vec<u64> {
        blocks(limits, usize::MAX).iter().map(|b| b.latency.n).collect()
    }

    const BLOCK: Nanos = Nanos::from_millis(10);

    #[test]
    fn a_block_that_was_stopped_and_continued_from_outside_does_not_count() {
        let clock = VirtualClock::default();
        let synthetic = Synthetic::parse("synthetic:constant,median=1ms", Pace::Virtual(clock.clone())).unwrap();
        let (live, _reader) = rtrb::RingBuffer::new(16);
        let mut turn = Turn::new(Slot(0), 1, 10_000, live);
        /// As if Ctrl-Z and `fg` came within the second block.
        struct Continued<L>(L, u32);
        impl<L: Load> Load for Continued<L> {
            fn begin(&mut self, kind: BlockKind) {
                self.0.begin(kind);
            }
            fn block(
                &mut self,
                limits: BlockLimits,
                buffer: &mut SampleBuffer,
                live: &mut LiveFeed,
            ) -> Result<crate::worker::timed::TimedBlock, (crate::worker::timed::TimedBlock, Fault)> {
                self.1 += 1;
                if self.1 == 2 {
                    interrupted::pretend();
                }
                self.0.block(limits, buffer, live)
            }
        }
        let mut load = Continued(SingleStream::new(clock, Box::new(synthetic.open_stream())), 0);
        let limits = TurnLimits { block: BLOCK, inferences: Some(30), ..TurnLimits::default() };
        let mut all = Vec::new();
        turn.take(&mut load, BlockKind::Measure, limits, |block| {
            all.push((block.phase, block.latency.n));
            true
        })
        .unwrap();
        let (measure, settle) = (BlockKind::Measure, BlockKind::Settle);
        assert_eq!(all, [(measure, 10), (settle, 10), (measure, 10), (measure, 10)]);
    }

    #[test]
    fn exactly_as_many_inferences_as_asked() {
        assert_eq!(counts(TurnLimits { block: BLOCK, inferences: Some(25), ..Default::default() }), [10, 10, 5]);
    }

    #[test]
    fn a_duration_ends_in_the_middle_of_a_block() {
        let limits = TurnLimits { block: BLOCK, duration: Some(Nanos::from_millis(14)), ..Default::default() };
        assert_eq!(counts(limits), [10, 4]);
    }

    #[test]
    fn warming_up_reaches_both_limits() {
        let limits = |inferences, ms| TurnLimits {
            block: BLOCK,
            inferences: Some(inferences),
            duration: Some(Nanos::from_millis(ms)),
            both: true,
        };
        assert_eq!(counts(limits(3, 35)).iter().sum::<u64>(), 35);
        assert_eq!(counts(limits(30, 5)).iter().sum::<u64>(), 30);
        assert_eq!(counts(limits(2, 0)).iter().sum::<u64>(), 2);
    }

    #[test]
    fn hold_ends_the_turn_with_the_block_in_hand_and_blocks_are_numbered() {
        let all = blocks(TurnLimits { block: BLOCK, ..Default::default() }, 3);
        assert_eq!(all.iter().map(|b| b.index).collect::<Vec<_>>(), [0, 1, 2]);
    }
}
