//! What a load scenario's blocks tell beside latency: the engine's own time, and how a queue fared.

use super::FrameSums;
use nntop_core::event::{Block, Queries};
use nntop_core::stats::Distribution;
use serde::{Deserialize, Serialize};

/// Of all measured blocks.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Served {
    /// The time of each call of the engine alone; empty where that is the latency itself.
    pub service: Distribution,
    /// How the queue fared; absent where queries do not wait for each other.
    pub queue: Option<Queue>,
    /// How its frames fared; absent where none are paced.
    #[serde(default)]
    pub frames: Option<FrameSums>,
}

/// A server's queue over all measured blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Queue {
    /// Queries that arrived.
    pub offered: u64,
    /// Queries that were answered.
    pub completed: u64,
    /// Queries that waited at the end of the last block.
    pub waiting: u64,
}

impl Served {
    /// Takes in a measured block, with the times of the engine's calls where the scenario has them.
    pub(super) fn block(&mut self, block: &Block, service: Option<&Distribution>) {
        let Queries { offered, waiting, .. } = &block.queries;
        if let Some(service) = service {
            self.service.merge(service);
        }
        if let Some((frames, service)) = block.queries.frames.as_ref().zip(service) {
            self.frames.get_or_insert_default().block(block, frames, service);
        }
        if let Some(offered) = offered {
            let queue = self.queue.get_or_insert_default();
            queue.offered += offered;
            queue.completed += block.latency.n;
            queue.waiting = waiting.unwrap_or(0);
        }
    }
}

impl Queue {
    /// The share of what was offered that was not answered; zero where all was.
    pub fn behind(self) -> f64 {
        self.offered.saturating_sub(self.completed) as f64 / self.offered.max(1) as f64
    }
}
