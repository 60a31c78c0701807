//! A variant's run as the scheduler sees it: how far it is, and what it has measured.

use super::burst::Profiling;
use super::contract::RunId;
use super::silence::Silence;
use super::warmup::WarmUp;
use nntop_core::event::{Block, BlockKind, Plan, Slot, Stop, Warmup};
use nntop_core::stats::UntilSure;
use nntop_core::unit::Nanos;

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Not begun.
    Queued,
    /// Its engine's library is being looked for.
    Finding,
    /// A process reads what the model file says.
    Describing,
    /// Described, not loaded.
    Described,
    /// The worker loads the model.
    Loading,
    /// Loaded, without a turn.
    Idle,
    /// In a turn: it warms up, settles, measures or is profiled.
    InTurn,
    /// Over: done, failed or interrupted.
    Ended,
}

/// The process that measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Worker {
    /// There is none.
    Absent,
    /// It runs.
    Running,
    /// It is stopped by SIGSTOP.
    Suspended,
}

/// One variant in its current run.
#[derive(Debug)]
pub(super) struct Variant {
    pub(super) id: RunId,
    pub(super) status: Status,
    pub(super) worker: Worker,
    /// Its warm-up is over.
    pub(super) warm: bool,
    /// What its warm-up has shown since it began.
    pub(super) warm_up: WarmUp,
    /// It has just settled: what it does next counts.
    pub(super) settled: bool,
    /// It has had a measuring turn.
    pub(super) has_measured: bool,
    /// Measured inferences.
    pub(super) measured: u64,
    /// Measured time.
    pub(super) busy: Nanos,
    /// Whether its median is known well enough, where that ends the run.
    pub(super) sure: Option<UntilSure>,
    /// All medians that were measured together are known well enough: that ends the run.
    pub(super) known: bool,
    /// The mean latency of its last block that was not profiled.
    pub(super) mean: Nanos,
    pub(super) profiling: Profiling,
    /// How long its current step has been silent.
    pub(super) watch: Silence,
}

impl Variant {
    /// The first run in `slot`.
    pub(super) fn new(slot: Slot, plan: &Plan) -> Self {
        Self {
            id: RunId { slot, run: 1 },
            status: Status::Queued,
            worker: Worker::Absent,
            warm: plan.warmup.is_none(),
            warm_up: WarmUp::default(),
            settled: false,
            has_measured: false,
            measured: 0,
            busy: Nanos::ZERO,
            sure: plan.stop.until_ci.map(UntilSure::new),
            known: false,
            mean: Nanos::ZERO,
            profiling: Profiling::default(),
            watch: Silence::default(),
        }
    }

    /// The next run in the same slot.
    pub(super) fn restart(&mut self, plan: &Plan) {
        let RunId { slot, run } = self.id;
        *self = Self { id: RunId { slot, run: run + 1 }, ..Self::new(slot, plan) };
    }

    /// The run is over.
    pub(super) fn end(&mut self) {
        self.status = Status::Ended;
        self.worker = Worker::Absent;
        self.profiling = Profiling::default();
    }

    pub(super) fn has_ended(&self) -> bool {
        self.status == Status::Ended
    }

    /// Between its begin and a loaded model.
    pub(super) fn is_loading(&self) -> bool {
        matches!(self.status, Status::Finding | Status::Describing | Status::Loading)
    }

    /// Loaded and not at its end.
    pub(super) fn is_loaded(&self) -> bool {
        matches!(self.status, Status::Idle | Status::InTurn)
    }

    /// Counts a block in.
    pub(super) fn count(&mut self, block: &Block) {
        if block.phase != BlockKind::Profile {
            self.mean = Nanos(block.level().mean as u64);
        }
        match block.phase {
            BlockKind::Warmup => self.warm_up.block(block),
            BlockKind::Measure => {
                self.measured += block.latency.n;
                self.busy = self.busy + block.duration();
                if let Some(sure) = &mut self.sure {
                    sure.block(block.digest());
                }
            }
            BlockKind::Settle => {}
            BlockKind::Profile => self.profiling.block(block),
        }
    }

    /// What its next turn is for; `fresh`: it had the last turn, and the machine has not rested since.
    pub(super) fn next_kind(&self, warmup: Warmup, fresh: bool) -> BlockKind {
        if !self.warm {
            BlockKind::Warmup
        } else if !self.settled && !fresh && (self.has_measured || !warmup.is_none()) {
            BlockKind::Settle
        } else {
            BlockKind::Measure
        }
    }

    /// Whether a stop rule is reached.
    pub(super) fn is_complete(&self, stop: Stop) -> bool {
        self.known || stop.runs.is_some_and(|n| self.measured >= n) || stop.duration.is_some_and(|d| self.busy >= d)
    }
}
