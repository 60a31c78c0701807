//! Puts finished buffers on a terminal: not a byte for an unchanged one, one bracketed write for a changed one.

use crossterm::QueueableCommand;
use crossterm::terminal::{BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate};
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::cell::Cell;
use std::io::{self, Write};
use std::rc::Rc;

/// Collects a frame, writes it in one piece, and counts.
pub(crate) struct Link<W> {
    out: W,
    pending: Vec<u8>,
    written: Rc<Cell<u64>>,
}

impl<W: Write> Write for Link<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.pending.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        self.out.write_all(&self.pending)?;
        self.written.set(self.written.get() + self.pending.len() as u64);
        self.pending.clear();
        self.out.flush()
    }
}

/// A terminal and what it shows.
pub(crate) struct Screen<W: Write> {
    backend: CrosstermBackend<Link<W>>,
    written: Rc<Cell<u64>>,
    /// The size of the next frame.
    pub(crate) size: (u16, u16),
    shown: Option<Buffer>,
}

impl<W: Write> Screen<W> {
    /// A terminal of this size, about which nothing is known yet.
    pub(crate) fn new(out: W, size: (u16, u16)) -> Self {
        let written = Rc::default();
        let link = Link { out, pending: Vec::new(), written: Rc::clone(&written) };
        Self { backend: CrosstermBackend::new(link), written, size, shown: None }
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
        self.written.get()
    }

    /// Shows a frame; says whether anything had to be written.
    pub(crate) fn present(&mut self, next: Buffer) -> io::Result<bool> {
        let before = self.shown.take().filter(|b| b.area == next.area);
        let whole = before.is_none();
        let before = before.unwrap_or_else(|| Buffer::empty(next.area));
        let changes = before.diff(&next);
        if whole || !changes.is_empty() {
            self.backend.queue(BeginSynchronizedUpdate)?;
            if whole {
                self.backend.queue(Clear(ClearType::All))?;
            }
            self.backend.draw(changes.into_iter())?;
            self.backend.queue(EndSynchronizedUpdate)?;
            Write::flush(&mut self.backend)?;
            self.shown = Some(next);
            return Ok(true);
        }
        self.shown = Some(next);
        Ok(false)
    }
}
