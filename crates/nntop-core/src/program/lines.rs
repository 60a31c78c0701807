//! A stream of bytes as lines, of which none is longer than a limit.

/// Cuts a stream into lines. What a line has beyond the limit is dropped, so a line without end takes no memory.
#[derive(Debug)]
pub struct Lines {
    kept: Vec<u8>,
    longest: usize,
    /// The line at hand is longer than the limit.
    cut: bool,
}

/// A line of a stream, without its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What it says; of a long line the beginning. Bytes that are no UTF-8 are replaced.
    pub text: String,
    /// Whether it was longer than the limit.
    pub cut: bool,
}

impl Lines {
    /// No line is longer than this many bytes.
    pub fn new(longest: usize) -> Self {
        Self { kept: Vec::new(), longest, cut: false }
    }

    /// Takes in `bytes`; `each` gets the lines that are complete now. When it returns false, the rest is dropped.
    pub fn push(&mut self, mut bytes: &[u8], each: &mut dyn FnMut(Line) -> bool) -> bool {
        while !bytes.is_empty() {
            let end = bytes.iter().position(|b| *b == b'\n');
            let line = &bytes[..end.unwrap_or(bytes.len())];
            let room = self.longest.saturating_sub(self.kept.len());
            self.kept.extend_from_slice(&line[..line.len().min(room)]);
            self.cut |= line.len() > room;
            let Some(end) = end else { return true };
            bytes = &bytes[end + 1..];
            if !each(self.take()) {
                return false;
            }
        }
        true
    }

    /// What is left without an end of line.
    pub fn end(&mut self) -> Option<Line> {
        (!self.kept.is_empty()).then(|| self.take())
    }

    fn take(&mut self) -> Line {
        let text = String::from_utf8_lossy(&std::mem::take(&mut self.kept)).into_owned();
        Line { text, cut: std::mem::take(&mut self.cut) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_whole_however_they_come_and_none_is_too_long() {
        let mut lines = Lines::new(5);
        let mut all = Vec::new();
        for part in [&b"on"[..], b"e\n\ntwo\nthree and mo", b"re\nfour"] {
            lines.push(part, &mut |line| {
                all.push((line.text, line.cut));
                true
            });
        }
        all.extend(lines.end().map(|line| (line.text, line.cut)));
        let want = [("one", false), ("", false), ("two", false), ("three", true), ("four", false)];
        assert_eq!(all, want.map(|(text, cut)| (text.to_owned(), cut)));
        assert_eq!(lines.end(), None);
    }
}
