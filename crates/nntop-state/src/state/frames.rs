//! How paced frames fared over all measured blocks.

use nntop_core::event::{Block, Frames};
use nntop_core::stats::{self, BlockDigest, Distribution};
use nntop_core::unit::Nanos;
use serde::{Deserialize, Serialize};

/// Of all measured blocks.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct FrameSums {
    /// Frames that were answered.
    pub answered: u64,
    /// Frames of these that were answered after their deadline.
    pub missed: u64,
    /// Frames that newer ones took the place of while they waited.
    pub dropped: u64,
    /// How late the system woke the worker for frames that it slept for.
    pub lateness: Distribution,
    /// The oldest that the newest answer became.
    pub oldest: Nanos,
    /// The answers' age summed over time, and that time, in nanoseconds (squared).
    aged: (f64, f64),
    /// CPU time within calls and between them, of the frames that it is known for.
    cpu: [Nanos; 2],
    cpu_frames: u64,
    /// The engine's own time, block by block, and how many blocks each stands for.
    digests: Vec<BlockDigest>,
    digest_blocks: u32,
}

impl FrameSums {
    /// Takes in the frames of a measured block.
    pub(super) fn block(&mut self, block: &Block, frames: &Frames, service: &Distribution) {
        self.answered += block.latency.n;
        self.missed += frames.missed;
        self.dropped += frames.dropped;
        if let Some(lateness) = &frames.lateness {
            self.lateness.merge(&lateness.distribution());
        }
        if let Some(age) = frames.age {
            let over = age.over.0 as f64;
            self.aged = (self.aged.0 + age.mean * over, self.aged.1 + over);
            self.oldest = self.oldest.max(age.max);
        }
        if let (Some(call), Some(idle)) = (frames.call_cpu, frames.idle_cpu) {
            self.cpu = [self.cpu[0] + call, self.cpu[1] + idle];
            self.cpu_frames += block.latency.n;
        }
        let mean = service.mean().unwrap_or(0.0);
        let digest = BlockDigest::new(service.pairs(), mean, block.t0, block.t1);
        // A power of two, from the first on.
        self.digest_blocks = self.digest_blocks.max(1);
        stats::keep(&mut self.digests, &mut self.digest_blocks, digest);
    }

    /// How old the newest answer was on average over time, in nanoseconds.
    pub fn mean_age(&self) -> Option<f64> {
        (self.aged.1 > 0.0).then(|| self.aged.0 / self.aged.1)
    }

    /// CPU time within a call, on average, of all threads of the worker.
    pub fn call_cpu(&self) -> Option<Nanos> {
        self.per_frame(0)
    }

    /// CPU time of the worker from one call to the next, on average.
    pub fn idle_cpu(&self) -> Option<Nanos> {
        self.per_frame(1)
    }

    /// The engine's own time in little memory, and how many blocks each digest stands for.
    pub(super) fn services(&self) -> (&[BlockDigest], u32) {
        (&self.digests, self.digest_blocks.max(1).next_power_of_two())
    }

    fn per_frame(&self, which: usize) -> Option<Nanos> {
        (self.cpu_frames > 0).then(|| Nanos(self.cpu[which].0 / self.cpu_frames))
    }
}
