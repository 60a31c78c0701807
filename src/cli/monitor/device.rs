//! The device as headless commands read it: this machine, a tree, or a recording of two states.

use super::{SPAN, cannot, one_machine, recorded_at, tree};
use nntop_core::clock::{Clock, MonotonicClock};
use nntop_core::event::{Fault, MetricDecl, Readings};
use nntop_core::unit::Nanos;
use nntop_device::sampler::{BoardPlayer, Reader, RecordedTree, Root, Source};
use std::io;
use std::path::Path;

/// What reads it, and when that was last.
pub(in crate::cli) struct Device {
    pub(in crate::cli) clock: MonotonicClock,
    reader: Reader,
    /// A tree's layout goes when it is dropped.
    _tree: Option<RecordedTree>,
    /// The time between the states of a recording.
    span: Option<Nanos>,
    last: Option<Nanos>,
}

/// One reading.
pub(in crate::cli) struct Sample {
    pub(in crate::cli) readings: Readings,
    /// The time that its rates are over; `None` in the first reading, which has none.
    pub(in crate::cli) span: Option<Nanos>,
    /// How long the reading took.
    pub(in crate::cli) cost: Nanos,
}

/// A thread that reads `root`.
pub(in crate::cli) fn reader(root: &Root) -> Result<Reader, Fault> {
    Reader::start(root).map_err(|e| unread(&e))
}

/// The device cannot be read at all.
pub(in crate::cli) fn unread(e: &io::Error) -> Fault {
    Fault::run(format!("the device cannot be read: {e}"))
}

impl Device {
    /// What the options name: `--sysroot`, `--sysroot-next`, `--dt`; this machine where they name nothing.
    pub(in crate::cli) fn open(sysroot: Option<&Path>, next: Option<&Path>, dt: Option<Nanos>) -> Result<Self, Fault> {
        one_machine(sysroot, next)?;
        let (reader, tree, span) = match (recorded_at(sysroot), next) {
            (None, _) => (reader(&Root::live())?, None, None),
            (Some(path), None) => {
                let tree = tree(path)?;
                (reader(&tree.root())?, Some(tree), None)
            }
            (Some(path), Some(next)) => {
                drop(tree(path)?);
                let span = dt.unwrap_or(SPAN);
                let player = BoardPlayer::open(path, next, span).map_err(|e| cannot("--sysroot-next", next, &e))?;
                (Reader::start_recorded(player).map_err(|e| unread(&e))?, None, Some(span))
            }
        };
        let mut this = Self { clock: MonotonicClock::start(), reader, _tree: tree, span, last: None };
        // Its metrics are known from here on.
        let probe = |source: &mut Source| {
            source.samplers();
        };
        this.reader.read(probe).map_err(|e| unread(&e))?;
        Ok(this)
    }

    /// Every metric that was found.
    pub(in crate::cli) fn declarations(&self) -> &[MetricDecl] {
        self.reader.declarations()
    }

    /// Reads everything once, and makes something of it where nobody waits for what hangs.
    pub(in crate::cli) fn sample<T: Send + 'static>(
        &mut self,
        make: impl Fn(&mut Source, Sample) -> T + Send + Sync + 'static,
    ) -> Result<T, Fault> {
        let (clock, span, last) = (self.clock, self.span, self.last);
        let read = move |source: &mut Source| -> io::Result<(Nanos, T)> {
            let begin = clock.now();
            let readings = source.sample(begin)?;
            let span = span.or(last.map(|last| begin.since(last)));
            let cost = clock.now().since(begin);
            Ok((begin, make(source, Sample { readings, span, cost })))
        };
        let gone = |e| Fault::run(format!("the recorded tree can no longer be read: {e}"));
        let (begin, made) = self.reader.read(read).map_err(|e| unread(&e))?.map_err(gone)?;
        self.last = Some(begin);
        Ok(made)
    }
}
