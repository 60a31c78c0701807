//! What the machine was like while one variant measured: its clock and its heat, over that variant's own blocks.

use super::{Device, Metric};
use nntop_core::event::{Block, BlockKind, Group};
use nntop_core::unit::Nanos;
use serde::{Deserialize, Serialize};

/// Fewer readings are a moment, not a level.
const LEAST_READINGS: u32 = 5;

/// A level made of readings.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct Level {
    sum: f64,
    readings: u32,
}

impl Level {
    fn add(&mut self, value: f64) {
        self.sum += value;
        self.readings += 1;
    }

    fn mean(self) -> Option<f64> {
        (self.readings >= LEAST_READINGS).then(|| self.sum / f64::from(self.readings))
    }
}

/// Means over a variant's own measured blocks.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(super) struct Weather {
    clock: Level,
    heat: Level,
}

impl Weather {
    /// Takes in what was read during a block.
    pub(super) fn block(&mut self, device: &Device, block: &Block) {
        if block.phase == BlockKind::Measure {
            let greatest = |group| greatest(device.group(group), block.t0, block.t1);
            greatest(Group::CpuClock).for_each(|v| self.clock.add(v));
            greatest(Group::Temperature).for_each(|v| self.heat.add(v));
        }
    }

    /// The clock of the fastest CPU in hertz: that is the one that works, where not all do.
    pub(super) fn clock(&self) -> Option<f64> {
        self.clock.mean()
    }

    /// The hottest sensor, in degrees Celsius.
    pub(super) fn heat(&self) -> Option<f64> {
        self.heat.mean()
    }
}

/// The greatest value of these metrics in every pass over the samplers between two times. All metrics of a pass have
/// the same time.
pub(super) fn greatest<'a>(
    metrics: impl Iterator<Item = &'a Metric>,
    from: Nanos,
    to: Nanos,
) -> impl Iterator<Item = f64> {
    let mut passes: Vec<(Nanos, f64)> = Vec::new();
    for metric in metrics {
        let within = metric.series.iter().rev().take_while(|(t, _)| *t >= from).filter(|(t, _)| *t <= to);
        for (t, value) in within.filter_map(|(t, v)| Some((t, v?))) {
            match passes.iter_mut().find(|pass| pass.0 == t) {
                Some(pass) => pass.1 = pass.1.max(value),
                None => passes.push((t, value)),
            }
        }
    }
    passes.into_iter().map(|pass| pass.1)
}
