//! What the runtimes and nntop printed.

use nntop_core::event::{LogLine, Severity};
use nntop_core::unit::Nanos;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Lines kept; a runtime that prints on every inference must not eat the memory.
const LINES: usize = 5_000;

/// A line and when it was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEntry {
    /// When.
    pub t: Nanos,
    /// What.
    pub line: LogLine,
}

/// The newest lines, oldest first.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Log {
    entries: VecDeque<LogEntry>,
    /// Lines that had to go.
    pub forgotten: u64,
}

impl Log {
    pub(super) fn push(&mut self, t: Nanos, line: LogLine) {
        if self.entries.len() == LINES {
            self.entries.pop_front();
            self.forgotten += 1;
        }
        self.entries.push_back(LogEntry { t, line });
    }

    /// The lines, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &LogEntry> + ExactSizeIterator + '_ {
        self.entries.iter()
    }

    /// How many lines are of this severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.entries.iter().filter(|e| e.line.severity == severity).count()
    }
}
