//! A window that slides over a stream: what is being looked at is contiguous, what was looked at is gone.

use std::io::{ErrorKind, Read};

/// What is read at a time. Larger chunks make nothing faster.
const CHUNK: usize = 1 << 18;

pub(super) struct Source<R> {
    stream: R,
    buffer: Vec<u8>,
    from: usize,
    to: usize,
    /// Where in the stream the buffer begins.
    base: u64,
    ended: bool,
}

impl<R: Read> Source<R> {
    pub(super) fn new(stream: R) -> Self {
        Self { stream, buffer: vec![0; CHUNK], from: 0, to: 0, base: 0, ended: false }
    }

    /// What has been read and not yet been consumed.
    pub(super) fn window(&self) -> &[u8] {
        &self.buffer[self.from..self.to]
    }

    /// Where in the stream the window begins.
    pub(super) fn offset(&self) -> u64 {
        self.base + self.from as u64
    }

    pub(super) fn consume(&mut self, bytes: usize) {
        self.from = self.to.min(self.from + bytes);
    }

    /// Makes the window longer; false at the end of the stream. The window is as long as its longest content, so
    /// whoever asks has to know when to stop.
    pub(super) fn more(&mut self) -> std::io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        if self.from > 0 {
            self.buffer.copy_within(self.from..self.to, 0);
            self.base += self.from as u64;
            self.to -= self.from;
            self.from = 0;
        }
        if self.to == self.buffer.len() {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        let before = self.to;
        // Filled to its end: whoever asks again begins again, and a stream may come in tiny pieces.
        while self.to < self.buffer.len() {
            match self.stream.read(&mut self.buffer[self.to..]) {
                Ok(0) => {
                    self.ended = true;
                    break;
                }
                Ok(n) => self.to += n,
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) if self.to == before => return Err(e),
                // What came before it is looked at first; it will come again.
                Err(_) => break,
            }
        }
        Ok(self.to > before)
    }

    /// The next byte that is none of `skipped`, not consumed; `None` at the end of the stream.
    pub(super) fn peek_past(&mut self, skipped: &[u8]) -> std::io::Result<Option<u8>> {
        loop {
            let found = self.window().iter().position(|b| !skipped.contains(b));
            match found {
                Some(at) => {
                    self.consume(at);
                    return Ok(self.window().first().copied());
                }
                None => {
                    self.consume(self.to);
                    if !self.more()? {
                        return Ok(None);
                    }
                }
            }
        }
    }
}
