//! Text line by line, with the place of each.

use crate::op_trace::OpenError;
use std::io::{BufRead, Read};

/// A longer line is nobody's.
const LONGEST: u64 = 1 << 20;

/// Lines of a text.
pub(super) struct Lines<R> {
    input: R,
    bytes: Vec<u8>,
    text: String,
    /// Where the line in hand begins.
    at: u64,
    /// Where the next one does.
    next: u64,
    format: &'static str,
    /// Why there are no more, where that is not the end.
    pub(super) cut: Option<String>,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(input: R, format: &'static str) -> Self {
        Self { input, bytes: Vec::new(), text: String::new(), at: 0, next: 0, format, cut: None }
    }

    /// The next line, without its end.
    pub(super) fn next(&mut self) -> Option<&str> {
        self.bytes.clear();
        self.at = self.next;
        match Read::take(&mut self.input, LONGEST).read_until(b'\n', &mut self.bytes) {
            Ok(0) => return None,
            Ok(n) if n as u64 == LONGEST && self.bytes.last() != Some(&b'\n') => {
                self.cut =
                    Some(format!("a line of more than 1 MiB at byte {}, and what follows is not in it", self.at));
                return None;
            }
            Ok(n) => self.next += n as u64,
            Err(e) => {
                self.cut = Some(format!("not readable beyond byte {} ({e})", self.at));
                return None;
            }
        }
        self.text.clear();
        self.text.push_str(String::from_utf8_lossy(&self.bytes).trim_end_matches(['\n', '\r']));
        Some(&self.text)
    }

    /// Where the line in hand begins.
    pub(super) fn at(&self) -> u64 {
        self.at
    }

    /// The error of a file of which nothing could be read.
    pub(super) fn error(&self, reason: impl Into<String>) -> OpenError {
        let reason = self.cut.clone().unwrap_or_else(|| reason.into());
        OpenError::Import { format: self.format, offset: self.at, reason }
    }
}
