//! Blocks of inferences, the truth; and single samples, which only feed the chart.

use super::{Digest, Queries, Slot};
use crate::stats::{BlockDigest, Distribution};
use crate::unit::Nanos;
use serde::{Deserialize, Serialize};

/// What a block's inferences count for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BlockKind {
    /// Before the model is warm: shown, never counted.
    Warmup,
    /// After a pause or a change of turn: shown, never counted.
    Settle,
    /// Counted.
    Measure,
    /// With the runtime's profiler on: never counted.
    Profile,
}

/// One block of inferences.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Block {
    /// Whose.
    pub variant: Slot,
    /// In which run.
    pub run: u32,
    /// Counts the run's blocks from 0, all kinds together.
    pub index: u64,
    /// What it counts for. (`kind` names the event itself.)
    pub phase: BlockKind,
    /// When its first inference began.
    pub t0: Nanos,
    /// When its last inference ended.
    pub t1: Nanos,
    /// Samples that the live feed could not take. They are counted in `latency` all the same.
    pub drops: u64,
    /// The latency of every inference of the block; where the scenario has queries, of every query.
    pub latency: Digest,
    /// What the scenario tells beside it.
    #[serde(flatten)]
    pub queries: Queries,
}

impl Block {
    /// How long the block took.
    pub fn duration(&self) -> Nanos {
        self.t1.since(self.t0)
    }

    /// What tells the engine's level: where queries wait for each other, the time that each is served for, since a
    /// queue wanders with chance however steady the engine is; latency elsewhere.
    pub fn level(&self) -> &Digest {
        self.queries.service.as_ref().filter(|_| self.queries.offered.is_some()).unwrap_or(&self.latency)
    }

    /// Its latencies in little memory, for intervals.
    pub fn digest(&self) -> BlockDigest {
        self.digest_of(&self.latency.distribution())
    }

    /// The same where the distribution of its latencies is at hand.
    pub fn digest_of(&self, latencies: &Distribution) -> BlockDigest {
        BlockDigest::new(latencies.pairs(), self.latency.mean, self.t0, self.t1)
    }

    /// A block of a variant's first run, with nothing dropped and no scenario, from its latencies in nanoseconds.
    pub fn of(variant: Slot, index: u64, phase: BlockKind, [t0, t1]: [Nanos; 2], samples: &[u64]) -> Self {
        let (latency, queries) = (Digest::of(samples), Queries::default());
        Self { variant, run: 1, index, phase, t0, t1, drops: 0, latency, queries }
    }
}

/// Single latencies for the live chart, in columns. The feed may be thinned or lost, the blocks never are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Samples {
    /// Whose.
    pub variant: Slot,
    /// In which run.
    pub run: u32,
    /// When each inference ended.
    pub at: Vec<Nanos>,
    /// Its latency.
    pub latency: Vec<Nanos>,
    /// How many inferences these stand for: more than `at` holds when the batch was thinned.
    pub of: u64,
}
