//! ONNX Runtime's profile: what `SessionOptions.enable_profiling` and run-level profiling write.
//!
//! A JSON array of trace events, one a line. It is read as a stream: what is kept are the rows that come out of it and
//! the calls of the run in hand. Where a file cannot be read to its end, what could be read is the result, and
//! [`OpProfile::partial`] says what is missing.
//!
//! - `model_run` events are the inferences; their durations add up to [`OpProfile::wall`]. Loading and initialising the
//!   session are no part of it. Runs at the same time on several threads all count.
//! - The self times of all rows (but those of kernels on a device, whose time is the device's own) add up to the wall
//!   time: `model_run` and `SequentialExecutor::Execute` are rows, too, and their self time is what ONNX Runtime does
//!   between operators. Where operators ran beside each other (`ORT_PARALLEL`), they add up to more, by their overlap.
//! - Bodies of Loop, If and Scan lie below their node, folded over all iterations.

mod json;
mod line;
mod ops;
mod rows;
mod runs;
mod source;
#[cfg(test)]
mod tests;
mod values;

use super::OpenError;
use json::{Event, Stop};
use line::Lines;
use nntop_core::event::{Method, OpProfile, Track};
use nntop_core::unit::{Nanos, grouped};
use ops::{Level, Ops, TooMany};
use rows::Call;
use runs::Runs;
use source::Source;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

/// The longest event that is read. The longest of real ones have some kilobytes.
const LONGEST_EVENT: usize = 1 << 22;

/// How many events ONNX Runtime keeps: `Profiler::global_max_num_events_`. Versions before 1.31 do not say when they
/// have dropped some.
const MOST_EVENTS: u64 = 1_000_000;

const RUNTIME: &str = "ONNX Runtime";

/// Reads the profile in this file.
///
/// # Errors
/// As those of [`read`], about this file.
pub fn read_file(path: &Path) -> Result<OpProfile, OpenError> {
    let file = std::fs::File::open(path).map_err(|e| OpenError::Unreadable(e).in_file(path))?;
    read(file).map_err(|e| e.in_file(path))
}

/// Reads a profile from a stream. It is read in large pieces: it needs no buffer of its own.
///
/// # Errors
/// When nothing of it can be read, it is something else, or no operator ran in it.
pub fn read(stream: impl Read) -> Result<OpProfile, OpenError> {
    let mut reader = Reader::new(stream);
    let cut = reader.events()?;
    reader.finish(cut)
}

/// How the events ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// With a bracket, as they should.
    Closed,
    /// Before that: what is missing is not known.
    Cut,
}

struct Reader<R> {
    source: Source<R>,
    lines: Lines,
    ops: Ops,
    runs: Runs,
    events: u64,
    /// Where the first unreadable event is and what should be there, and how many there are.
    damage: Option<(u64, &'static str)>,
    damaged: u64,
    notes: Vec<String>,
}

impl<R: Read> Reader<R> {
    fn new(stream: R) -> Self {
        Self {
            source: Source::new(stream),
            lines: Lines::default(),
            ops: Ops::default(),
            runs: Runs::default(),
            events: 0,
            damage: None,
            damaged: 0,
            notes: Vec::new(),
        }
    }

    /// Reads all events.
    fn events(&mut self) -> Result<End, OpenError> {
        self.begin()?;
        loop {
            let next = match self.source.peek_past(b" \t\r\n,") {
                Ok(next) => next,
                Err(e) => return self.unreadable(e),
            };
            match next {
                Some(b'{') => {
                    if !self.event()? {
                        return Ok(End::Cut);
                    }
                }
                Some(b']') => return Ok(End::Closed),
                Some(_) => {
                    self.damage(0, "an event or the end of the list");
                    if !self.next_line()? {
                        return Ok(End::Cut);
                    }
                }
                None => {
                    self.notes
                        .push(format!("the file ends at byte {} without its closing bracket", self.source.offset()));
                    return Ok(End::Cut);
                }
            }
        }
    }

    /// The bracket that everything is in.
    fn begin(&mut self) -> Result<(), OpenError> {
        // Some editors put a mark in front.
        let first = self.source.peek_past(b" \t\r\n\xef\xbb\xbf").map_err(OpenError::Unreadable)?;
        let offset = self.source.offset();
        match first {
            Some(b'[') => self.source.consume(1),
            None if offset == 0 => return Err(OpenError::Empty),
            found => {
                let found = match found {
                    Some(b'{') => "an object (\"{\")".to_owned(),
                    Some(byte) => format!("\"{}\"", byte.escape_ascii()),
                    None => "the end of the file".to_owned(),
                };
                return Err(OpenError::Other { runtime: RUNTIME, offset, found, expected: "a list (\"[\")" });
            }
        }
        Ok(())
    }

    /// Reads the event that the window begins with; false when nothing more can be read.
    fn event(&mut self) -> Result<bool, OpenError> {
        loop {
            let window = self.source.window();
            if let Some((event, length)) = self.lines.event(window)
                && let Some((op, call)) = known(&event, &mut self.ops)
            {
                if self.ops.says_threads(op)
                    && let Some(threads) = values::threads(self.lines.threads(&window[..length]))
                {
                    self.ops.saw_threads(op, threads);
                }
                self.events += 1;
                let added = self.runs.add(values::thread(event.thread), call, &self.ops);
                self.source.consume(length);
                return Ok(self.within_limits(added));
            }
            match json::event(window) {
                Ok((event, length)) => {
                    let taken = take(&event, &mut self.ops, &mut self.runs, &mut self.notes);
                    let taken = match taken {
                        Ok(understood) => {
                            self.events += 1;
                            if !understood {
                                self.damage(0, "an event with a name, a begin (ts) and a duration (dur)");
                            }
                            Ok(())
                        }
                        Err(many) => Err(many),
                    };
                    self.source.consume(length);
                    return Ok(self.within_limits(taken));
                }
                Err(Stop::Short) if window.len() < LONGEST_EVENT => match self.source.more() {
                    Ok(true) => {}
                    Ok(false) => {
                        let (from, length) = (self.source.offset(), self.source.window().len() as u64);
                        let at = from + length;
                        self.notes
                            .push(format!("the file ends at byte {at} within the event that begins at byte {from}"));
                        self.damage.get_or_insert((at, "the rest of an event"));
                        return Ok(false);
                    }
                    Err(e) => return self.unreadable(e).map(|_| false),
                },
                Err(Stop::Short) => {
                    self.damage(0, "an event of less than 4 MiB");
                    return Ok(false);
                }
                Err(Stop::Bad(at, expected)) => {
                    self.damage(at, expected);
                    self.source.consume(at);
                    return self.next_line();
                }
            }
        }
    }

    /// Goes on with the next line that begins with an event, after something that cannot be read.
    fn next_line(&mut self) -> Result<bool, OpenError> {
        loop {
            let window = self.source.window();
            match memchr::memchr(b'\n', window) {
                Some(at) => {
                    self.source.consume(at + 1);
                    return Ok(true);
                }
                None => {
                    let all = window.len();
                    self.source.consume(all);
                    match self.source.more() {
                        Ok(true) => {}
                        Ok(false) => return Ok(false),
                        Err(e) => return self.unreadable(e).map(|_| false),
                    }
                }
            }
        }
    }

    fn damage(&mut self, at: usize, expected: &'static str) {
        self.damaged += 1;
        self.damage.get_or_insert((self.source.offset() + at as u64, expected));
    }

    /// Reading failed: an error when there is nothing yet, else the end.
    fn unreadable(&mut self, e: std::io::Error) -> Result<End, OpenError> {
        if self.events == 0 {
            return Err(OpenError::Unreadable(e));
        }
        self.notes.push(format!("not readable beyond byte {}: {e}", self.source.offset()));
        Ok(End::Cut)
    }

    fn within_limits(&mut self, added: Result<(), TooMany>) -> bool {
        let Err(TooMany(what)) = added else { return true };
        self.notes.push(format!("more {what} than any profile has, from byte {} on", self.source.offset()));
        false
    }

    fn finish(mut self, end: End) -> Result<OpProfile, OpenError> {
        self.runs.end(end == End::Cut, &self.ops);
        if self.runs.rows.is_empty() {
            return Err(match self.damage {
                Some((offset, expected)) => OpenError::Damaged { offset, expected },
                None => OpenError::NoOperators { events: self.events },
            });
        }
        self.note_what_is_missing();
        let sums = self.runs.sums;
        let rows = self.runs.rows.finish(&self.ops);
        let accounted =
            rows.iter().filter(|row| !row.is_beside()).fold(0u64, |sum, row| sum.saturating_add(row.self_time.0));
        let wall = Nanos(u64::try_from(sums.wall).unwrap_or(0));
        let mut profile = OpProfile {
            source: "onnxruntime".into(),
            method: Method::Traced,
            inferences: sums.runs,
            wall,
            gap: Nanos(wall.0.saturating_sub(accounted)),
            partial: Some(self.notes.join("; ")).filter(|notes| !notes.is_empty()),
            rows,
            ..OpProfile::default()
        };
        profile.add_device_times();
        beside(&mut profile);
        Ok(profile)
    }

    fn note_what_is_missing(&mut self) {
        let sums = self.runs.sums;
        if let Some((offset, expected)) = self.damage.filter(|_| self.damaged > 0) {
            let what = match self.damaged {
                1 => "an event is unreadable".to_owned(),
                n => format!("{} events are unreadable", grouped(n)),
            };
            self.notes.push(format!("{what}, first at byte {offset}, where {expected} should be"));
        }
        if self.events == MOST_EVENTS && !self.notes.iter().any(|note| note.contains("dropped")) {
            self.notes
                .push(format!("ONNX Runtime keeps {} events, and what followed is not in it", grouped(MOST_EVENTS)));
        }
        if sums.runs == 0 {
            self.notes
                .push("it holds no complete inference (model_run), so the wall time is that of its operators".into());
        }
        if sums.outside > 0 {
            let calls = grouped(sums.outside);
            self.notes
                .push(format!("{calls} operator calls are left out: the inference that they belong to is not in it"));
        }
        if sums.beyond > 0 {
            let time = Nanos(u64::try_from(sums.beyond).unwrap_or(0));
            self.notes.push(format!("operators claim {time} more than what encloses them took; that was cut off"));
        }
    }
}

/// The devices that kernels ran on. The file says how long each took, and not when: what of it lies in the host's own
/// operators is not known.
fn beside(profile: &mut OpProfile) {
    let mut devices: BTreeMap<&str, Nanos> = BTreeMap::new();
    for row in profile.rows.iter().filter(|row| row.is_device_work()) {
        let busy = devices.entry(row.device.as_deref().unwrap_or("a device")).or_default();
        *busy = *busy + row.self_time;
    }
    let track = |(name, busy): (&str, Nanos)| Track { name: name.into(), is_device: true, busy, overlap: None };
    let mut beside: Vec<Track> = devices.into_iter().map(track).collect();
    beside.sort_by(|a, b| b.busy.cmp(&a.busy).then_with(|| a.name.cmp(&b.name)));
    let busy = beside.iter().fold(Nanos::ZERO, |sum, track| sum + track.busy);
    profile.elsewhere = busy.min(profile.between_operators());
    profile.beside = beside;
}

/// The call of a node that has been seen before.
fn known(event: &Event<'_>, ops: &mut Ops) -> Option<(ops::OpId, Call)> {
    let bare = |quoted: &[u8]| -> std::ops::Range<usize> { 1..quoted.len().max(2) - 1 };
    let index = event.args.node_index.get(bare(event.args.node_index)).unwrap_or_default();
    let op = ops.find(Level::Node, &event.name[bare(event.name)], index)?;
    Some((op, call(event, op, ops)?))
}

/// What one event says of one call.
fn call(event: &Event<'_>, op: ops::OpId, ops: &mut Ops) -> Option<Call> {
    let begin = values::nanos(event.begin)?;
    let duration = values::nanos(event.duration).filter(|d| *d >= 0)?;
    let shapes = match ops.get(op).level {
        Level::Node => ops.shapes(op, event.args.inputs, event.args.outputs),
        _ => ops::UNKNOWN,
    };
    Some(Call { begin, duration, memory: values::count(event.args.memory).unwrap_or(0), op, shapes })
}

/// `Conv_0_fence_before`: the wait for memory of another device, around an operator.
fn is_fence(name: &[u8]) -> bool {
    name.ends_with(b"_fence_before") || name.ends_with(b"_fence_after")
}

/// Takes an event of any kind; false when it has not what every event has.
fn take(event: &Event<'_>, ops: &mut Ops, runs: &mut Runs, notes: &mut Vec<String>) -> Result<bool, TooMany> {
    let phase = values::text(event.phase);
    if !phase.is_empty() && *phase != *b"X" {
        // Names of threads and the like.
        return Ok(true);
    }
    let name = values::text(event.name);
    let level = match (&*values::text(event.category), &*name) {
        (b"Session", b"model_run") => Level::Run,
        (b"Session", b"SequentialExecutor::Execute" | b"ParallelExecutor::Execute") => Level::Executor,
        (
            b"Session",
            b"model_loading_uri"
            | b"model_loading_array"
            | b"model_loading_from_saved_proto"
            | b"session_initialization",
        ) => return Ok(true),
        (b"Session", b"profile_truncated") => {
            let number = |value: &[u8]| values::count(value).map_or("some".to_owned(), grouped);
            let (dropped, limit) = (number(event.args.dropped), number(event.args.limit));
            notes.push(format!("ONNX Runtime kept {limit} events and dropped {dropped}"));
            return Ok(true);
        }
        (b"Session", _) => Level::Session,
        (b"Api", _) => Level::Api,
        (b"Kernel", _) => Level::Kernel,
        // ONNX Runtime up to 1.20 tells twice per operator that it waited for nobody.
        (b"Node", name) if is_fence(name) && event.args.node_index.is_empty() => return Ok(true),
        (b"Node", _) => Level::Node,
        _ => return Ok(false),
    };
    if name.is_empty() || values::nanos(event.begin).is_none() {
        return Ok(false);
    }
    if values::nanos(event.duration).is_none_or(|d| d < 0) {
        return Ok(false);
    }
    let op = ops.intern(level, event)?;
    if ops.says_threads(op)
        && let Some(threads) = values::threads(event.args.threads)
    {
        ops.saw_threads(op, threads);
    }
    if let Some(call) = call(event, op, ops) {
        runs.add(values::thread(event.thread), call, ops)?;
    }
    Ok(true)
}
