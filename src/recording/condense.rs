//! What is left of the events of a long run: no samples, measured blocks joined to a second each, readings thinned.
//!
//! Joined blocks keep count, extremes, mean and spread exactly and values to 0.4 %: a day of them has to fit. How many blocks
//! they were is lost between two keyframes, and with it what rests on single blocks; every keyframe has it all.

use crate::event::{Block, BlockKind, Digest, Event, Kind, Values};
use crate::stats::{Distribution, Moments};
use crate::unit::Nanos;

/// Blocks are joined to this time, and passes over the power rails alone are kept this often.
const INTERVAL: Nanos = Nanos::from_millis(1_000);

/// Events on their way into a condensed frame.
#[derive(Debug, Default)]
pub(super) struct Condenser {
    /// A block per variant, with those that followed it.
    joined: Vec<(Event, Block)>,
    rails: Nanos,
}

impl Condenser {
    /// Takes an event in and gives those that are to be kept now. Their numbers are taken off: the gaps between them
    /// are no loss.
    pub(super) fn push(&mut self, event: &Event) -> Vec<Event> {
        let bare = |event: &Event| Event { seq: 0, ..event.clone() };
        match &event.kind {
            Kind::Samples(_) | Kind::Answer(_) | Kind::TurnDone { .. } => Vec::new(),
            Kind::Readings(readings) if readings.cost_ns == 0 => {
                if event.t.since(self.rails) < INTERVAL {
                    return Vec::new();
                }
                self.rails = event.t;
                vec![bare(event)]
            }
            Kind::Block(block) if block.phase == BlockKind::Measure && block.queries.service.is_none() => {
                self.block(event, block)
            }
            // What follows a block must not overtake it.
            Kind::Readings(_) | Kind::Memory(_) | Kind::Tick(_) | Kind::Log(_) => vec![bare(event)],
            _ => {
                let mut out = self.flush();
                out.push(bare(event));
                out
            }
        }
    }

    fn block(&mut self, event: &Event, block: &Block) -> Vec<Event> {
        let own = |b: &Block| b.variant == block.variant && b.run == block.run;
        let Some(i) = self.joined.iter().position(|(_, b)| own(b)) else {
            self.joined.push((event.clone(), block.clone()));
            return Vec::new();
        };
        let (head, before) = &mut self.joined[i];
        head.t = head.t.max(event.t);
        *before = join(before, block);
        if before.t1.since(before.t0) < INTERVAL { Vec::new() } else { self.flush() }
    }

    /// All that is held back.
    pub(super) fn flush(&mut self) -> Vec<Event> {
        let whole = |(head, block)| Event { seq: 0, kind: Kind::Block(block), ..head };
        self.joined.drain(..).map(whole).collect()
    }
}

/// Two blocks as one. Its time is theirs together, so that throughput stays what it is; it ends where the later one does.
fn join(a: &Block, b: &Block) -> Block {
    let busy = a.duration() + b.duration();
    Block {
        index: b.index,
        t0: b.t1.since(busy),
        drops: a.drops + b.drops,
        latency: digest(&a.latency, &b.latency),
        queries: b.queries.clone(),
        ..b.clone()
    }
}

fn digest(a: &Digest, b: &Digest) -> Digest {
    let mut moments = Moments { n: a.n, mean: a.mean, m2: a.m2 };
    moments.merge(Moments { n: b.n, mean: b.mean, m2: b.m2 });
    let mut both = Distribution::default();
    a.merge_into(&mut both);
    b.merge_into(&mut both);
    let values = Values::Sparse(coarse(both.pairs()));
    Digest { n: moments.n, min: a.min.min(b.min), max: a.max.max(b.max), mean: moments.mean, m2: moments.m2, values }
}

/// Values to eight binary digits, each at the middle of what it stands for.
fn coarse(pairs: Vec<(u64, u64)>) -> Vec<(u64, u64)> {
    const DIGITS: u32 = 8;
    let mut out: Vec<(u64, u64)> = Vec::new();
    for (value, count) in pairs {
        let shift = (u64::BITS - value.leading_zeros()).saturating_sub(DIGITS);
        // What is coarse already stays what it is.
        let value = (value >> shift << shift) + (1 << shift >> 1);
        match out.last_mut() {
            Some(last) if last.0 == value => last.1 += count,
            _ => out.push((value, count)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_made_coarse_is_near_where_it_was_and_nothing_is_lost(
            mut pairs in prop::collection::vec((1u64..u64::MAX / 2, 1u64..9), 1..40),
        ) {
            pairs.sort_unstable();
            pairs.dedup_by_key(|pair| pair.0);
            let made = coarse(pairs.clone());
            let count = |pairs: &[(u64, u64)]| pairs.iter().map(|pair| pair.1).sum::<u64>();
            prop_assert_eq!(count(&made), count(&pairs));
            prop_assert!(made.is_sorted());
            prop_assert_eq!(coarse(made.clone()), made.clone(), "once is enough");
            for (value, _) in pairs {
                let near = made.iter().any(|(at, _)| at.abs_diff(value) as f64 <= value as f64 / 250.0);
                prop_assert!(near, "{} has gone from its place", value);
            }
        }
    }
}
