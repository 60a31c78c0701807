//! Plays a recorded board: two states of it in turn, so that what is a rate has one.

use super::tree::{Kept, RecordedTree};
use super::{Root, Samplers};
use nntop_core::event::Readings;
use nntop_core::unit::Nanos;
use std::io::Result;
use std::path::{Path, PathBuf};

/// Two states of a recorded tree, a span apart, read over and over.
#[derive(Debug)]
pub struct BoardPlayer {
    tree: RecordedTree,
    first: PathBuf,
    next: PathBuf,
    span: Nanos,
    time: Nanos,
}

impl BoardPlayer {
    /// The state at `first`, and the one at `next`, `span` later: a whole tree, or a layer with what has changed.
    ///
    /// # Errors
    /// As [`RecordedTree::open`].
    pub fn open(first: &Path, next: &Path, span: Nanos) -> Result<Self> {
        std::fs::read_dir(next)?;
        let tree = RecordedTree::open(first)?;
        Ok(Self { tree, first: first.to_owned(), next: next.to_owned(), span, time: Nanos::ZERO })
    }

    /// Removes its layout when the program ends before the thread that reads it.
    pub(crate) fn kept(&self) -> Kept {
        self.tree.kept()
    }

    /// Where to read it.
    pub fn root(&self) -> Root {
        self.tree.root()
    }

    /// Reads the first state, then the next, and returns the second reading. Its time is its own, since the states
    /// are further apart than their readings. `cost_ns` is left 0.
    ///
    /// # Errors
    /// When the recording is no longer there.
    pub fn sample(&mut self, samplers: &mut Samplers) -> Result<Readings> {
        self.tree.next(&self.first)?;
        samplers.sample(self.time);
        self.tree.next(&self.next)?;
        self.time = self.time + self.span;
        let readings = samplers.sample(self.time);
        self.time = self.time + self.span;
        Ok(readings)
    }
}
