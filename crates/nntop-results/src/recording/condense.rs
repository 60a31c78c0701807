//! What is left of the events of a long run: no samples, measured blocks joined to a second each, readings thinned.
//!
//! Joined blocks are as the run's own histogram has them: count, extremes and percentiles of what was measured are those of
//! the run at the end of every frame. How many blocks they were is lost between two keyframes, and with it what rests on
//! single blocks: intervals, verdicts, the chart's points. Every keyframe has it all.

use nntop_core::event::{Block, BlockKind, Digest, EXACT_SAMPLES, Event, Kind, Values};
use nntop_core::unit::Nanos;

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

/// Samples in the order measured while they are few, then the histogram that percentiles are taken from.
fn digest(a: &Digest, b: &Digest) -> Digest {
    let mut moments = a.moments();
    moments.merge(b.moments());
    let values = match (&a.values, &b.values) {
        (Values::Exact(a), Values::Exact(b)) if a.len() + b.len() <= EXACT_SAMPLES => {
            Values::Exact([a.as_slice(), b].concat())
        }
        _ => {
            let mut both = a.distribution();
            both.merge(&b.distribution());
            Values::counts(&both.pairs())
        }
    };
    Digest { n: moments.n, min: a.min.min(b.min), max: a.max.max(b.max), mean: moments.mean, m2: moments.m2, values }
}
