//! A variant's latencies: the merged distribution of its measured blocks, and what the chart shows.

use super::{BlockMedians, Served};
use nntop_core::event::{Block, BlockKind, Digest, Samples};
use nntop_core::stats::{self, BlockDigest, Distribution, Intervals};
use nntop_core::unit::Nanos;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Blocks and samples kept for the chart: ten minutes of blocks of a tenth of a second.
const CHART_POINTS: usize = 6_000;

/// One block as the chart shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockPoint {
    /// What it counted for.
    pub kind: BlockKind,
    /// When it began.
    pub t0: Nanos,
    /// When it ended.
    pub t1: Nanos,
    /// Its inferences.
    pub n: u64,
    /// Its median.
    pub p50: Nanos,
    /// Its 99th percentile: its maximum when it has fewer than a hundred inferences.
    pub p99: Nanos,
    /// Its slowest inference.
    pub max: Nanos,
}

/// The measured figures as a screen shows them: taken once a second, so that numbers can be read and
/// the whole distribution is not walked for every frame.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Figures {
    /// Measured inferences.
    pub n: u64,
    /// The percentiles of [`SHOWN`], in its order.
    pub percentiles: [Nanos; SHOWN.len()],
    /// The slowest inference.
    pub max: Nanos,
    /// Latencies per second of measured time: inferences or queries, what is in one not counted in.
    pub per_second: f64,
    /// The median time of the engine alone, where latency has more in it.
    pub service: Option<Nanos>,
    /// The distribution as `(nanoseconds, count)`, ascending.
    pub shape: Vec<(u64, u64)>,
}

/// The percentiles that a screen shows.
pub const SHOWN: [f64; 5] = [0.5, 0.9, 0.95, 0.99, 0.999];

/// How often the shown figures are taken anew.
const FIGURES_EVERY: Nanos = Nanos::from_millis(1_000);

/// Intervals are drawn anew when there are a share of 1 in so many more blocks: what they say changes no faster,
/// and a long run must not pay for them every second.
pub(super) const INTERVALS_EVERY: u64 = 4;

/// Latencies of one run of a variant.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Latency {
    /// All measured inferences.
    pub measured: Distribution,
    /// Blocks that were measured.
    pub blocks: u64,
    /// Their time in sum: what throughput divides by.
    pub busy: Nanos,
    /// The medians of its measured blocks over time; of a server's service time.
    pub levels: BlockMedians,
    /// Samples that the live feed could not take (the figures have them all the same).
    pub drops: u64,
    /// What a load scenario tells beside it.
    pub served: Served,
    /// The newest blocks of all kinds, oldest first.
    pub recent: VecDeque<BlockPoint>,
    /// The figures as of at most a second ago; absent until something was measured.
    pub figures: Option<Figures>,
    figures_at: Nanos,
    /// How sure the figures are; absent while there are too few blocks.
    pub intervals: Option<Intervals>,
    intervals_from: u64,
    /// The measured blocks in little memory, in order.
    pub digests: Vec<BlockDigest>,
    /// How many blocks each of them stands for: a power of two.
    #[serde(deserialize_with = "power_of_two")]
    pub digest_blocks: u32,
    /// The newest single samples: when each ended, and its latency. Possibly thinned.
    pub live: VecDeque<(Nanos, Nanos)>,
}

/// What a keyframe of unknown origin says is checked where another value would end in a panic.
fn power_of_two<'de, D: serde::Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    let n = u32::deserialize(from)?;
    if n.is_power_of_two() {
        Ok(n)
    } else {
        Err(serde::de::Error::custom("a number of blocks that is no power of two"))
    }
}

impl Default for Latency {
    fn default() -> Self {
        Self {
            levels: super::BlockMedians::default(),
            measured: Distribution::default(),
            blocks: 0,
            busy: Nanos::ZERO,
            drops: 0,
            served: Served::default(),
            recent: VecDeque::new(),
            figures: None,
            figures_at: Nanos::ZERO,
            intervals: None,
            intervals_from: 0,
            digests: Vec::new(),
            digest_blocks: 1,
            live: VecDeque::new(),
        }
    }
}

impl Latency {
    /// Takes in a block.
    pub fn block(&mut self, block: &Block) {
        if block.latency.n == 0 {
            return;
        }
        let own = block.latency.distribution();
        if block.phase == BlockKind::Measure {
            self.measured.merge(&own);
            self.blocks += 1;
            let service = block.queries.service.as_ref().map(Digest::distribution);
            let level = if std::ptr::eq(block.level(), &block.latency) { Some(&own) } else { service.as_ref() };
            self.levels.push(block.t1, level.and_then(|d| d.quantile(0.5)).unwrap_or(0) as f64);
            self.served.block(block, service.as_ref());
            self.busy = self.busy + block.duration();
            stats::keep(&mut self.digests, &mut self.digest_blocks, block.digest_of(&own));
            if self.figures.is_none() || block.t1.since(self.figures_at) >= FIGURES_EVERY {
                self.take_figures(block.t1);
                self.take_intervals(false);
            }
        }
        self.drops += block.drops;
        if self.recent.len() == CHART_POINTS {
            self.recent.pop_front();
        }
        let at = |q| Nanos(own.quantile(q).unwrap_or(0));
        self.recent.push_back(BlockPoint {
            kind: block.phase,
            t0: block.t0,
            t1: block.t1,
            n: block.latency.n,
            p50: at(0.5),
            p99: at(0.99),
            max: Nanos(block.latency.max),
        });
    }

    /// Draws the intervals anew: at the end, or when enough blocks have come since.
    pub(super) fn take_intervals(&mut self, end: bool) {
        let new = self.blocks - self.intervals_from;
        if new > 0 && (end || new * INTERVALS_EVERY >= self.intervals_from) {
            self.intervals = stats::intervals(&self.digests);
            self.intervals_from = self.blocks;
        }
    }

    /// Half the width of the median's interval as a share of it, as last drawn; absent while there are too few blocks.
    pub fn p50_width(&self) -> Option<f64> {
        Some(self.intervals?.p50.relative(self.percentile(0.5)?.0 as f64))
    }

    /// Takes the shown figures anew, at a block's end or when the work rests.
    pub(super) fn take_figures(&mut self, t: Nanos) {
        let Some(max) = self.measured.max() else { return };
        self.figures_at = t;
        let shape = self.measured.pairs();
        self.figures = Some(Figures {
            n: self.measured.n(),
            percentiles: self.measured.quantiles_of(&shape, SHOWN).map(Nanos),
            max: Nanos(max),
            per_second: self.throughput(1).unwrap_or(0.0),
            service: self.served.service.quantile(0.5).map(Nanos),
            shape,
        });
    }

    /// Takes in live samples.
    pub fn samples(&mut self, samples: &Samples) {
        for pair in samples.at.iter().copied().zip(samples.latency.iter().copied()) {
            if self.live.len() == CHART_POINTS {
                self.live.pop_front();
            }
            self.live.push_back(pair);
        }
    }

    /// A percentile of all measured inferences, `q` from 0 to 1.
    pub fn percentile(&self, q: f64) -> Option<Nanos> {
        self.measured.quantile(q).map(Nanos)
    }

    /// Samples per second of measured time; each latency counts as `batch` of them.
    pub fn throughput(&self, batch: u64) -> Option<f64> {
        (self.busy.0 > 0).then(|| (self.measured.n() * batch.max(1)) as f64 / self.busy.as_secs_f64())
    }
}
