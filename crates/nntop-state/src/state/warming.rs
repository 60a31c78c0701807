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
