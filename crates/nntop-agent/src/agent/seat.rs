//! A variant's place at the agent: its worker, how far it is, what it measured.

use super::burst::Profiling;
use super::child::{Child, describe_exit};
use super::warmup::WarmUp;
use nntop_core::event::{Block, BlockKind, Fault, Slot, Stop, VariantSpec, Warmup, WorkerOrder};
use nntop_core::stats::UntilSure;
use nntop_core::unit::Nanos;
use std::collections::VecDeque;
use std::process::ExitStatus;

/// A worker's last printed lines are kept for the report of its end.
const LAST_WORDS: usize = 12;

/// How far a variant is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Behind others in the line of a sweep.
    Queued,
    /// Not begun; its engine's library may still be looked for.
    Waiting,
    /// A worker reads what the model file says.
    Describing,
    /// Described, not loaded.
    Described,
    /// A worker loads the model.
    Loading,
    /// Loaded, waiting for its turn.
    Idle,
    /// In its turn.
    Measuring,
    /// Over: done, failed or stopped.
    Ended,
}

/// One variant.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) slot: Slot,
    pub(super) run: u32,
    pub(super) spec: VariantSpec,
    pub(super) step: Step,
    pub(super) child: Option<Child>,
    /// The worker is stopped (SIGSTOP).
    pub(super) frozen: bool,
    /// Warm-up is over.
    pub(super) warm: bool,
    /// What its warm-up has shown since it was begun.
    pub(super) warm_up: WarmUp,
    /// It has just settled, and measures next.
    pub(super) settled: bool,
    /// It has measured at least once.
    pub(super) measured_before: bool,
    /// Measured inferences.
    pub(super) measured: u64,
    /// Measured time.
    pub(super) busy: Nanos,
    /// Whether its median is known well enough, where that ends the run.
    pub(super) sure: Option<UntilSure>,
    /// All medians measured together are known well enough: that ends the run.
    pub(super) known: bool,
    /// The mean latency of its last block that was not profiled.
    pub(super) mean: Nanos,
    /// What the worker said it failed with; its exit completes the report with what it printed.
    pub(super) fault: Option<Fault>,
    /// Files beside the model that hold weights, as its description names them.
    pub(super) data_files: Vec<String>,
    /// Its profiling bursts.
    pub(super) profiling: Profiling,
    last_words: VecDeque<String>,
}

impl Seat {
    pub(super) fn new(slot: Slot, spec: VariantSpec) -> Self {
        Self {
            slot,
            run: 1,
            spec,
            step: Step::Waiting,
            child: None,
            frozen: false,
            warm: false,
            warm_up: WarmUp::default(),
            settled: false,
            measured_before: false,
            measured: 0,
            busy: Nanos::ZERO,
            sure: None,
            known: false,
            mean: Nanos::ZERO,
            fault: None,
            data_files: Vec::new(),
            profiling: Profiling::default(),
            last_words: VecDeque::new(),
        }
    }

    /// Begins a new run in the same place; the worker of the old one is killed.
    pub(super) fn restart(&mut self) {
        let run = self.run + 1;
        *self = Self { run, ..Self::new(self.slot, self.spec.clone()) };
    }

    /// Ends the run: the worker goes.
    pub(super) fn end(&mut self) {
        self.child = None;
        self.frozen = false;
        self.profiling = Profiling::default();
        self.step = Step::Ended;
    }

    pub(super) fn ended(&self) -> bool {
        self.step == Step::Ended
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
        if !self.warm && !warmup.is_none() {
            BlockKind::Warmup
        } else if !self.settled && !fresh && (self.measured_before || !warmup.is_none()) {
            BlockKind::Settle
        } else {
            BlockKind::Measure
        }
    }

    /// Whether it has measured as much as was asked, or as surely.
    pub(super) fn has_enough(&self, stop: Stop) -> bool {
        self.known || stop.runs.is_some_and(|n| self.measured >= n) || stop.duration.is_some_and(|d| self.busy >= d)
    }

    /// Hands an order to the worker, waking it first.
    pub(super) fn order(&mut self, order: &WorkerOrder) {
        if let Some(child) = &mut self.child {
            if std::mem::take(&mut self.frozen) {
                child.thaw();
            }
            child.order(order);
        }
    }

    /// Stops the worker in its tracks while others measure.
    pub(super) fn freeze(&mut self) {
        if let (Some(child), false) = (&self.child, self.frozen) {
            child.freeze();
            self.frozen = true;
        }
    }

    /// Remembers what the worker printed.
    pub(super) fn printed(&mut self, line: &str) {
        if self.last_words.len() == LAST_WORDS {
            self.last_words.pop_front();
        }
        self.last_words.push_back(line.to_owned());
    }

    /// The fault of a worker that ended without being told to: what it said itself, or how it died; with what
    /// it printed last.
    pub(super) fn died(&mut self, status: ExitStatus) -> Fault {
        let doing = match self.step {
            Step::Describing => "while it read the model",
            Step::Loading => "while it loaded the model",
            _ if self.profiling.under_way => "while its operators were profiled",
            _ => "during the measurement",
        };
        let name = &self.spec.name;
        let limit = self.spec.options.memory_limit.filter(|_| self.child.as_ref().is_some_and(Child::starved));
        let died = || match limit {
            Some(limit) => Fault::run(format!(
                "{name}: {doing} the worker was killed by the kernel: it wanted more than its memory limit of {limit}"
            )),
            None => Fault::run(format!("{name}: {doing} the worker {}", describe_exit(status))),
        };
        let mut fault = self.fault.take().unwrap_or_else(died);
        if self.profiling.under_way && fault.hint.is_none() {
            fault = fault.hint("--no-profile measures it without the runtime's profiler");
        }
        if fault.printed.is_empty() {
            fault.printed = self.last_words.drain(..).collect();
        }
        fault
    }
}
