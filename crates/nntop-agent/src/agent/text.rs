//! What runtimes print, made fit for a screen: whole lines, no control characters, a guess at the severity.

use nntop_core::event::Severity;
use nntop_core::text::clean;

/// A line longer than this is cut into several.
const LONGEST: usize = 4_096;

/// Cuts a byte stream into lines.
#[derive(Debug, Default)]
pub(super) struct Lines(Vec<u8>);

impl Lines {
    /// Takes in `bytes` and returns the lines that are complete now.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        for &b in bytes {
            if b == b'\n' || b == b'\r' || self.0.len() >= LONGEST {
                lines.extend(self.end());
            }
            if b != b'\n' && b != b'\r' {
                self.0.push(b);
            }
        }
        lines
    }

    /// What is left without an end of line.
    pub(super) fn end(&mut self) -> Option<String> {
        let text = plain(&String::from_utf8_lossy(&std::mem::take(&mut self.0)));
        (!text.trim().is_empty()).then_some(text)
    }
}

/// Without escape sequences and control characters: a runtime must not move our cursor.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' => {
                if chars.next_if_eq(&'[').is_some() {
                    // CSI: parameters, then one final byte from @ to ~.
                    while chars.next().is_some_and(|c| !('@'..='~').contains(&c)) {}
                } else if chars.next_if_eq(&']').is_some() {
                    // OSC: until BEL or the start of a string terminator.
                    while chars.next().is_some_and(|c| c != '\u{7}' && c != '\u{1b}') {}
                } else {
                    chars.next();
                }
            }
            '\t' => out.push_str("    "),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    clean(&out).into_owned()
}

/// As far as the words tell: ONNX Runtime marks its lines `[E:`, `[W:`; others use words.
pub(super) fn severity(text: &str) -> Severity {
    let lower = text.to_ascii_lowercase();
    let any = |words: &[&str]| words.iter().any(|w| lower.contains(w));
    if any(&["[e:", "[f:", "error", "fatal", "assertion", "terminate called", "segmentation"]) {
        Severity::Error
    } else if any(&["[w:", "warning", "warn:", "deprecated"]) {
        Severity::Warning
    } else {
        Severity::Info
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_whole_and_plain() {
        let mut lines = Lines::default();
        assert_eq!(lines.push(b"\x1b[1;31m2026 [E:onnx"), Vec::<String>::new());
        assert_eq!(lines.push(b"runtime:] no\x1b[0m\r\n\nnext\x07\tone"), ["2026 [E:onnxruntime:] no"]);
        assert_eq!(lines.end().as_deref(), Some("next    one"));
        assert_eq!(lines.end(), None);
        assert_eq!(lines.push(&[b'x'; 10_000]).len(), 2, "a line without end is cut");
    }

    #[test]
    fn severity_follows_the_words() {
        assert_eq!(severity("2026-01-01 [W:onnxruntime:, x.cc:1 F] hm"), Severity::Warning);
        assert_eq!(severity("terminate called after throwing"), Severity::Error);
        assert_eq!(severity("Created TensorFlow Lite XNNPACK delegate for CPU."), Severity::Info);
    }
}
