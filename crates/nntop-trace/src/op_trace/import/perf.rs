//! `perf script`: a header line per sample, then its stack, innermost frame first.
//!
//! What counts is the period of each sample: how many events (cycles, or nanoseconds of `cpu-clock`) it stands for. Without
//! periods each sample is one. The first event that occurs is taken: several cannot be added; `cpu_core/cycles/` and
//! `cpu_atom/cycles/` are one event, on the cores of a hybrid processor. The process stands at the root.

use super::lines::Lines;
use super::{DEEPEST, counted, joined};
use crate::op_trace::OpenError;
use crate::op_trace::functions::Functions;
use nntop_core::event::{Method, OpProfile};
use nntop_core::unit::Nanos;
use std::io::BufRead;

/// The source of a profile that was read from samples of perf.
pub const PERF: &str = "perf";

const FORMAT: &str = "perf script's output";

/// Events whose periods are nanoseconds.
const CLOCKS: [&str; 2] = ["cpu-clock", "task-clock"];

/// Whether a sample's header is among the first lines. Without a time it may be a line of any text, unless a frame follows.
pub(super) fn begins(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    let mut lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    let Some(first) = lines.next().and_then(header) else { return false };
    let below = |line: &str| line.starts_with([' ', '\t']) && frame(line).is_some();
    first.timed || !first.frame.is_empty() || lines.next().is_some_and(below)
}

/// A sample's first line.
#[derive(Debug, PartialEq)]
struct Header<'a> {
    process: &'a str,
    event: &'a str,
    /// How many events it stands for.
    period: Option<u64>,
    /// Without stacks (`perf record` without `-g`) the frame stands on the same line.
    frame: &'a str,
    /// Whether it says when.
    timed: bool,
}

/// `python3 4242/4243 [001] 16722.409357:    5000000 cpu-clock:pppH:  5581 main+0x1 (/bin/x)`
fn header(line: &str) -> Option<Header<'_>> {
    // The time ends with the first colon behind a number with decimals; in front of it is the process, with blanks.
    let is_time = |word: &str| {
        word.strip_suffix(':')
            .and_then(|time| time.split_once('.'))
            .is_some_and(|(s, rest)| is_number(s) && is_number(rest))
    };
    let place = |word: &str| word.as_ptr() as usize - line.as_ptr() as usize;
    if let Some(word) = line.split(' ').find(|word| is_time(word)) {
        let (period, event, frame) = event(line[place(word) + word.len()..].trim())?;
        // `comm pid`, `comm pid/tid`, `comm pid [cpu]`.
        let process = line[..place(word)].trim();
        let process = process.rsplit_once(" [").map_or(process, |(process, _)| process.trim_end());
        let (process, id) = process.rsplit_once(' ')?;
        return is_id(id).then(|| Header { process: process.trim(), event, period, frame, timed: true });
    }
    let words = line.split(' ').filter(|word| !word.is_empty());
    words.skip(1).filter(|word| is_id(word)).find_map(|id| {
        let behind = line[place(id) + id.len()..].trim();
        let behind = match behind.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((cpu, rest)) if is_number(cpu) => rest.trim(),
            _ => behind,
        };
        let (period, event, at) = event(behind)?;
        let named = event.starts_with(|c: char| c.is_ascii_alphabetic());
        let plain = named && (at.is_empty() || frame(at).is_some());
        plain.then(|| Header { process: line[..place(id)].trim(), event, period, frame: at, timed: false })
    })
}

/// `4242`, `4242/4243`.
fn is_id(word: &str) -> bool {
    word.split('/').all(is_number)
}

/// Period, event and frame, as they stand behind the time.
fn event(text: &str) -> Option<(Option<u64>, &str, &str)> {
    let (period, rest) = match text.split_once(' ') {
        Some((period, rest)) if is_number(period) => (period.parse().ok(), rest.trim_start()),
        _ => (None, text),
    };
    let (event, frame) = match rest.split_once(": ") {
        Some((event, frame)) => (event, frame.trim()),
        None => (rest.trim_end().strip_suffix(':')?, ""),
    };
    (!event.is_empty() && !event.contains(' ')).then_some((period, event, frame))
}

/// `cpu_core/cycles/P`, `cpu_atom/cycles/P` and `cycles:P` are `cycles:P`: a processor's cores count the same event by
/// counters of their own. Counters of something else (`msr/tsc/`) keep their name.
fn of_all_cores(event: &str) -> String {
    let parts: Vec<&str> = event.splitn(3, '/').collect();
    let plain = match parts[..] {
        [unit, name, ""] if unit.starts_with("cpu") || unit.starts_with("armv") => name.to_owned(),
        [unit, name, how] if unit.starts_with("cpu") || unit.starts_with("armv") => {
            format!("{name}:{}", how.trim_start_matches(':'))
        }
        _ => event.to_owned(),
    };
    match plain.strip_prefix("cpu-cycles") {
        Some(how) if how.is_empty() || how.starts_with(':') => format!("cycles{how}"),
        _ => plain,
    }
}

/// The event without how precisely and where it was counted: `cycles:Pu` is `cycles`, `sched:sched_switch` stays.
fn unmodified(event: &str) -> &str {
    match event.split_once(':') {
        Some((name, how)) if how.chars().all(|c| "ukhGHpPSDIWeb".contains(c)) => name,
        _ => event,
    }
}

/// `  conv.cc:118`, `  inference.py:12`; without debugging symbols `  libm.so.6[12a4]` or `  ??:0`.
fn is_source(line: &str) -> bool {
    let at = line.trim().rsplit_once(':').map(|(_, line)| line);
    line.starts_with([' ', '\t']) && (at.is_some_and(is_number) || line.trim_end().ends_with(']'))
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
        } else if all.is_open() && is_source(line) {
            // `perf script -F +srcline`: where in the source the frame above is.
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
    let event = all.event.unwrap_or_default();
    if all.others > 0 {
        notes.push(format!("left out: {} of other events than {event}", counted(all.others, "sample")));
    }
    notes.extend(all.functions.cut());
    let counts = match unmodified(&event) {
        _ if !all.weighed => Some("samples".to_owned()),
        clock if CLOCKS.contains(&clock) => None,
        event => Some(event.to_owned()),
    };
    let (rows, wall) = all.functions.finish();
    Ok(OpProfile {
        source: PERF.into(),
        counts,
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
    period: Option<u64>,
    /// Whether any sample has a period.
    weighed: bool,
    stack: Vec<String>,
    count: u64,
    others: u64,
}

impl Samples {
    fn begin(&mut self, header: &Header<'_>) {
        self.end();
        let event = of_all_cores(header.event);
        if *self.event.get_or_insert_with(|| event.clone()) == event {
            self.period = header.period;
            self.weighed |= header.period.is_some();
            self.process = Some(header.process.to_owned());
            self.stack.extend(frame(header.frame));
        } else {
            self.others += 1;
        }
    }

    /// Whether a frame of a sample stands above.
    fn is_open(&self) -> bool {
        !self.stack.is_empty()
    }

    fn end(&mut self) {
        if let Some(process) = self.process.take() {
            let mut at = self.functions.place(None, &process);
            for name in self.stack.iter().rev() {
                at = self.functions.place(at, name);
            }
            self.functions.add(at, self.period.unwrap_or(1), 1);
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
        let of = |line| header(line).map(|h| (h.process.to_owned(), h.event.to_owned(), h.period, h.frame.to_owned()));
        let some = |p: &str, e: &str, n, f: &str| Some((p.to_owned(), e.to_owned(), n, f.to_owned()));
        let clock = "bash 19852 16722.409357:    5000000 cpu-clock:pppH: ";
        assert_eq!(of(clock), some("bash", "cpu-clock:pppH", Some(5_000_000), ""));
        assert_eq!(of("Web Content 7/8 [003] 1.5: cycles:"), some("Web Content", "cycles", None, ""));
        let frame = "55 main+0x1 (/a)";
        assert_eq!(of("a 1 2.0:  7 cycles:u:  55 main+0x1 (/a)"), some("a", "cycles:u", Some(7), frame));
        assert_eq!(of("app 42 cycles:P: "), some("app", "cycles:P", None, ""));
        assert_eq!(of("  Web 2 Content 7/8 [003]  9 cycles:P:"), some("Web 2 Content", "cycles:P", Some(9), ""));
        assert_eq!(of("a 1 cycles:  55 main+0x1 (/a)"), some("a", "cycles", None, frame));
        for none in ["", "main;a 3", "hello world 1.5: x:", "a 1 2.0:", "step 12 loss: 0.5", "at 10 o'clock: x"] {
            assert_eq!(of(none), None, "{none}");
        }
        assert!(!begins(b"epoch 12 done:\n  and more\n") && begins(b"app 42 cycles:P: \n\t  55d100 f+0x1 (/a)\n"));
    }

    #[test]
    fn one_event_of_all_cores_is_one() {
        for (event, same) in [
            ("cpu_core/cycles/P", "cycles:P"),
            ("cpu_atom/cycles/P", "cycles:P"),
            ("armv8_cortex_a72/cpu-cycles/", "cycles"),
            ("cycles:Pu", "cycles:Pu"),
            ("msr/tsc/", "msr/tsc/"),
            ("sched:sched_switch", "sched:sched_switch"),
        ] {
            assert_eq!(of_all_cores(event), same);
        }
        assert_eq!((unmodified("cycles:Pu"), unmodified("sched:sched_switch")), ("cycles", "sched:sched_switch"));
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
