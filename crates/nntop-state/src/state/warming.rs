//! How far a warm-up is, for those who wait for it.

use super::Variant;
use nntop_core::event::{BlockKind, Phase};
use nntop_core::unit::Nanos;

/// Blocks whose medians are the level of the moment: half a second of them.
const BLOCKS: usize = 10;

/// A warm-up that goes on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Warming {
    /// Time that the model has run in it.
    pub elapsed: Nanos,
    /// How long it can last; absent where it is counted in inferences.
    pub most: Option<Nanos>,
    /// The median of the last blocks' medians.
    pub p50: Option<Nanos>,
    /// Half the range of those medians, as a share of [`p50`](Self::p50); absent while there is one block.
    pub level: Option<f64>,
}

impl Variant {
    /// How far its warm-up is; absent before and after it.
    pub fn warming(&self) -> Option<Warming> {
        if self.phase != Phase::Warmup || self.outcome.is_some() {
            return None;
        }
        let recent = self.latency.recent.iter().rev();
        let mut medians: Vec<Nanos> =
            recent.take_while(|b| b.kind == BlockKind::Warmup).take(BLOCKS).map(|b| b.p50).collect();
        medians.sort_unstable();
        let p50 = medians.get(medians.len() / 2).copied();
        let level = match (medians.first(), medians.last(), p50) {
            (Some(low), Some(high), Some(p50)) if medians.len() > 1 && p50.0 > 0 => {
                Some(high.since(*low).0 as f64 / 2.0 / p50.0 as f64)
            }
            _ => None,
        };
        Some(Warming { elapsed: self.warmup.duration, most: self.warmup.most, p50, level })
    }
}

#[cfg(test)]
mod tests {
    use crate::State;
    use nntop_core::event::{Block, BlockKind, Event, Kind, Phase, Slot};
    use nntop_core::unit::Nanos;

    fn block(at_ms: u64, latency_us: u64) -> Kind {
        let time = [Nanos::from_millis(at_ms), Nanos::from_millis(at_ms + 50)];
        let block = Block::of(Slot(0), at_ms, BlockKind::Warmup, time, &[latency_us * 1_000]);
        Kind::Block(Block { run: 1, ..block })
    }

    #[test]
    fn a_warm_up_has_a_time_a_bound_and_a_level() {
        let mut state = State::default();
        let mut tell = |t, kind| state.apply(&Event::new(Nanos::from_millis(t), kind));
        let (variant, run) = (Slot(0), 1);
        tell(0, Kind::Variant { variant, run, spec: Box::default() });
        tell(1, Kind::Phase { variant, run, phase: Phase::Warmup });
        tell(1, Kind::WarmingUp { variant, run, most: Some(Nanos::from_millis(10_000)) });
        for (i, latency) in [1_000, 1_100, 1_200].into_iter().enumerate() {
            tell(100 * (i as u64 + 1), block(100 * i as u64, latency));
        }
        let w = state.variants[0].warming().unwrap();
        assert_eq!((w.elapsed, w.most), (Nanos::from_millis(150), Some(Nanos::from_millis(10_000))));
        let (p50, level) = (w.p50.unwrap().0 as f64, w.level.unwrap());
        assert!((p50 / 1.1e6 - 1.0).abs() < 0.01 && (level - 0.1 / 1.1).abs() < 0.005, "{w:?}");
        state.apply(&Event::new(Nanos::from_millis(500), Kind::Phase { variant, run, phase: Phase::Measure }));
        assert_eq!(state.variants[0].warming(), None, "it is over");
    }
}
