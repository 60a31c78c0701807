//! `perf script`: a header line per sample, then its stack, innermost frame first.
//!
//! What counts is the number of samples, of the first event that occurs (`cycles`, `cpu-clock`): samples of several
//! events cannot be added. The process stands at the root.

use super::lines::Lines;
use super::tree::Functions;
use super::{DEEPEST, counted, joined};
use crate::op_trace::OpenError;
use nntop_core::event::{Method, OpProfile};
use nntop_core::unit::Nanos;
use std::io::BufRead;

/// The source of a profile that was read from samples of perf: its times are counts of samples.
pub const PERF: &str = "perf";

const FORMAT: &str = "perf script's output";

/// Whether a sample's header is among the first lines.
pub(super) fn begins(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    let mut lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    lines.next().is_some_and(|line| header(line).is_some())
}

/// A sample's first line.
#[derive(Debug, PartialEq)]
struct Header<'a> {
    process: &'a str,
    event: &'a str,
    /// Without stacks (`perf record` without `-g`) the frame stands on the same line.
    frame: &'a str,
}

/// `python3 4242/4243 [001] 16722.409357:    5000000 cpu-clock:pppH:  5581 main+0x1 (/bin/x)`
fn header(line: &str) -> Option<Header<'_>> {
    // The time ends with the first colon behind a number with decimals; in front of it is the process, with blanks.
    let is_time = |word: &str| {
        word.strip_suffix(':')
            .and_then(|time| time.split_once('.'))
            .is_some_and(|(s, rest)| is_number(s) && is_number(rest))
    };
    let word = line.split(' ').find(|word| is_time(word))?;
    let at = word.as_ptr() as usize - line.as_ptr() as usize;
    let (process, rest) = (line[..at].trim(), line[at + word.len()..].trim_start());
    let rest = match rest.split_once(' ') {
        Some((period, rest)) if is_number(period) => rest.trim_start(),
        _ => rest,
    };
    let (event, frame) = match rest.split_once(": ") {
        Some((event, frame)) => (event, frame.trim()),
        None => (rest.trim_end().strip_suffix(':')?, ""),
    };
    // `comm pid`, `comm pid/tid`, `comm pid [cpu]`.
    let process = process.rsplit_once(" [").map_or(process, |(process, _)| process.trim_end());
    let (process, id) = process.rsplit_once(' ')?;
    let is_id = id.split('/').all(is_number);
    (is_id && !event.contains(' ')).then(|| Header { process: process.trim(), event, frame })
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// `55d1c0 PyEval_EvalFrame+0x123 (/usr/bin/python3.11)` is `PyEval_EvalFrame`; without a symbol it is the file.
fn frame(line: &str) -> Option<String> {
    let (address, rest) = line.trim().split_once(' ')?;
    if address.is_empty() || !address.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let rest = rest.trim();
    let (symbol, file) = match rest.rfind(" (") {
        Some(at) => (&rest[..at], rest[at + 2..].trim_end_matches(')')),
        None => (rest, ""),
    };
    if symbol == "[unknown]" {
        let file = file.trim_matches(['[', ']']).rsplit('/').next().unwrap_or(file);
        return Some(if file.is_empty() { "[unknown]".into() } else { format!("[{file}]") });
    }
    let symbol = match symbol.rsplit_once("+0x") {
        Some((name, offset)) if offset.bytes().all(|b| b.is_ascii_hexdigit()) => name,
        _ => symbol,
    };
    Some(symbol.to_owned())
}

/// Reads sample by sample.
pub(super) fn read(input: impl BufRead) -> Result<OpProfile, OpenError> {
    let mut lines = Lines::new(input, FORMAT);
    let mut all = Samples::default();
    let (mut wrong, mut first_wrong) = (0u64, 0);
    while let Some(line) = lines.next() {
        if line.trim().is_empty() {
            all.end();
        } else if line.starts_with('#') {
        } else if let Some(header) = header(line).filter(|_| !line.starts_with('\t')) {
            all.begin(&header);
        } else if let Some(frame) = frame(line) {
            if all.stack.len() < DEEPEST {
                all.stack.push(frame);
            }
        } else {
            if wrong == 0 {
                first_wrong = lines.at();
            }
            wrong += 1;
        }
    }
    all.end();
    if all.count == 0 {
        return Err(lines.error("no sample in it"));
    }
    let mut notes: Vec<String> = lines.cut.iter().cloned().collect();
    if wrong > 0 {
        let lines = counted(wrong, "line");
        notes.push(format!("left out: {lines} that hold no sample and no frame, the first at byte {first_wrong}"));
    }
    if all.others > 0 {
        let event = all.event.unwrap_or_default();
        notes.push(format!("left out: {} of other events than {event}", counted(all.others, "sample")));
    }
    let (rows, wall) = all.functions.finish();
    Ok(OpProfile {
        source: PERF.into(),
        method: Method::Sampled,
        inferences: 0,
        wall,
        gap: Nanos::ZERO,
        partial: joined(notes),
        rows,
        ..OpProfile::default()
    })
}

#[derive(Default)]
struct Samples {
    functions: Functions,
    /// The event that is counted.
    event: Option<String>,
    /// Of the sample in hand.
    process: Option<String>,
    stack: Vec<String>,
    count: u64,
    others: u64,
}

impl Samples {
    fn begin(&mut self, header: &Header<'_>) {
        self.end();
        if self.event.get_or_insert_with(|| header.event.to_owned()) == header.event {
            self.process = Some(header.process.to_owned());
            self.stack.extend(frame(header.frame));
        } else {
            self.others += 1;
        }
    }

    fn end(&mut self) {
        if let Some(process) = self.process.take() {
            let mut at = self.functions.place(None, &process);
            for name in self.stack.iter().rev() {
                at = self.functions.place(at, name);
            }
            self.functions.add(at, 1, 1);
            self.count += 1;
        }
        self.stack.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_all_kinds_are_read() {
        let of = |line| header(line).map(|h| (h.process.to_owned(), h.event.to_owned(), h.frame.to_owned()));
        let some = |p: &str, e: &str, f: &str| Some((p.to_owned(), e.to_owned(), f.to_owned()));
        assert_eq!(of("bash 19852 16722.409357:    5000000 cpu-clock:pppH: "), some("bash", "cpu-clock:pppH", ""));
        assert_eq!(of("Web Content 7/8 [003] 1.5: cycles:"), some("Web Content", "cycles", ""));
        assert_eq!(of("a 1 2.0:  7 cycles:u:  55 main+0x1 (/a)"), some("a", "cycles:u", "55 main+0x1 (/a)"));
        for none in ["", "main;a 3", "hello world 1.5: x:", "a 1 2.0:"] {
            assert_eq!(of(none), None, "{none}");
        }
    }

    #[test]
    fn frames_lose_their_address() {
        let of = |line| frame(line).unwrap_or_default();
        assert_eq!(of("\t ffff821 do_syscall_64+0x71 ([kernel.kallsyms])"), "do_syscall_64");
        assert_eq!(of("\t 55 [unknown] (/usr/lib/libonnxruntime.so.1)"), "[libonnxruntime.so.1]");
        assert_eq!(of("\t 55 operator+(A const&, B)+0x1f (/a b)"), "operator+(A const&, B)");
        assert_eq!(of("\t 0 [unknown] ([unknown])"), "[unknown]");
        assert_eq!(frame("\tx y"), None);
    }
}
