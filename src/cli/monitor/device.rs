//! The device as headless commands read it: this machine, a tree, or a recording of two states.

use super::{SPAN, cannot, tree};
use crate::clock::{Clock, MonotonicClock};
use crate::event::{Fault, HostInfo, Readings};
use crate::sampler::{RecordedTree, Root, Samplers, Tape, host_info};
use crate::unit::Nanos;
use std::path::Path;

/// Samplers with what they read.
pub(in crate::cli) struct Device {
    pub(in crate::cli) root: Root,
    pub(in crate::cli) samplers: Samplers,
    pub(in crate::cli) clock: MonotonicClock,
    from: From,
    last: Option<Nanos>,
}

enum From {
    /// This machine, or a tree, whose layout goes when it is dropped.
    Files { _tree: Option<RecordedTree> },
    /// Two states in turn.
    Tape(Tape, Nanos),
}

/// One reading.
pub(in crate::cli) struct Sample {
    pub(in crate::cli) readings: Readings,
    /// The time that its rates are over; `None` in the first reading, which has none.
    pub(in crate::cli) span: Option<Nanos>,
    /// How long the reading took.
    pub(in crate::cli) cost: Nanos,
}

impl Device {
    /// What the options name: `--sysroot`, `--sysroot-next`, `--dt`; this machine where they name nothing.
    pub(in crate::cli) fn open(sysroot: Option<&Path>, next: Option<&Path>, dt: Option<Nanos>) -> Result<Self, Fault> {
        let (root, from) = match (sysroot, next) {
            (None, _) => (Root::live(), From::Files { _tree: None }),
            (Some(path), None) => {
                let tree = tree(path)?;
                (tree.root(), From::Files { _tree: Some(tree) })
            }
            (Some(path), Some(next)) => {
                drop(tree(path)?);
                let span = dt.unwrap_or(SPAN);
                let tape = Tape::open(path, next, span).map_err(|e| cannot("--sysroot-next", next, &e))?;
                (tape.root(), From::Tape(tape, span))
            }
        };
        let samplers = Samplers::probe(&root);
        Ok(Self { root, samplers, clock: MonotonicClock::start(), from, last: None })
    }

    /// What the machine says of itself.
    pub(in crate::cli) fn host(&self) -> HostInfo {
        host_info(&self.root)
    }

    /// Reads everything once.
    pub(in crate::cli) fn sample(&mut self) -> Result<Sample, Fault> {
        let begin = self.clock.now();
        let (readings, span) = match &mut self.from {
            From::Files { .. } => (self.samplers.sample(begin), self.last.map(|last| begin.since(last))),
            From::Tape(tape, span) => {
                let gone = |e| Fault::run(format!("the recorded tree can no longer be read: {e}"));
                (tape.sample(&mut self.samplers).map_err(gone)?, Some(*span))
            }
        };
        self.last = Some(begin);
        Ok(Sample { readings, span, cost: self.clock.now().since(begin) })
    }
}
