//! Puts finished buffers on a terminal: not a byte for an unchanged one, one bracketed write for a changed one.

use super::pen;
use crossterm::QueueableCommand;
use crossterm::terminal::{BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::io::{self, Write};

/// A terminal and what it shows.
pub(crate) struct Screen<W: Write> {
    out: W,
    /// The frame that is being made: it is written in one piece.
    pending: Vec<u8>,
    written: u64,
    /// The size of the next frame.
    pub(crate) size: (u16, u16),
    shown: Option<Buffer>,
}

impl<W: Write> Screen<W> {
    /// A terminal of this size, about which nothing is known yet.
    pub(crate) fn new(out: W, size: (u16, u16)) -> Self {
        Self { out, pending: Vec::new(), written: 0, size, shown: None }
    }

    /// An empty buffer of the terminal's size.
    pub(crate) fn blank(&self) -> Buffer {
        Buffer::empty(Rect::new(0, 0, self.size.0, self.size.1))
    }

    /// What is on the terminal.
    pub(crate) fn shown(&self) -> Option<&Buffer> {
        self.shown.as_ref()
    }

    /// Forgets what is on the terminal: the next frame is painted whole.
    pub(crate) fn forget(&mut self) {
        self.shown = None;
    }

    /// Bytes written so far.
    pub(crate) fn written(&self) -> u64 {
        self.written
    }

    /// Shows a frame; says whether anything had to be written.
    pub(crate) fn present(&mut self, next: Buffer) -> io::Result<bool> {
        let before = self.shown.take().filter(|b| b.area == next.area);
        let whole = before.is_none();
        let before = before.unwrap_or_else(|| Buffer::empty(next.area));
        let changes = before.diff(&next);
        let anything = whole || !changes.is_empty();
        if anything {
            self.pending.clear();
            self.pending.queue(BeginSynchronizedUpdate)?;
            if whole {
                self.pending.queue(Clear(ClearType::All))?;
            }
            pen::draw(&changes, &next, &mut self.pending);
            self.pending.queue(EndSynchronizedUpdate)?;
            self.out.write_all(&self.pending)?;
            self.out.flush()?;
            self.written += self.pending.len() as u64;
        }
        self.shown = Some(next);
        Ok(anything)
    }
}
