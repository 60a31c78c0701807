//! The fast way through a profile: a node's event on a line of its own, spaced exactly as ONNX Runtime does it.
//!
//! Only what changes from call to call is looked for. What does not look exactly so goes the general way (`json`),
//! which finds the same: that is a property test.

use super::json::{Args, Event};
use memchr::memmem::Finder;
use memchr::{memchr, memchr3};

/// Longer lines go the general way: a file without line breaks must not be searched for one at every event.
const LONGEST_LINE: usize = 1 << 14;

/// Where the values are, found once and kept.
#[derive(Debug)]
pub(super) struct Lines {
    node_index: Finder<'static>,
    inputs: Finder<'static>,
    outputs: Finder<'static>,
    memory: Finder<'static>,
    threads: Finder<'static>,
}

impl Default for Lines {
    fn default() -> Self {
        Self {
            node_index: Finder::new("\"node_index\" : "),
            inputs: Finder::new("\"input_type_shape\" : "),
            outputs: Finder::new("\"output_type_shape\" : "),
            memory: Finder::new("\"mem_bytes_in_use\" : "),
            threads: Finder::new("\"thread_scheduling_stats\" : "),
        }
    }
}

impl Lines {
    /// The node's event at the beginning of `bytes`, and its length without the comma; `None` where it is anything
    /// else. Its type and provider are left out: they never change.
    pub(super) fn event<'a>(&self, bytes: &'a [u8]) -> Option<(Event<'a>, usize)> {
        let rest = bytes.strip_prefix(br#"{"cat" : "Node","pid" :"#)?;
        let (_, rest) = digits(rest)?;
        let (thread, rest) = digits(rest.strip_prefix(br#","tid" :"#)?)?;
        let (duration, rest) = digits(rest.strip_prefix(br#","dur" :"#)?)?;
        let (begin, rest) = digits(rest.strip_prefix(br#","ts" :"#)?)?;
        let rest = rest.strip_prefix(br#","ph" : "X","name" :"#)?;
        let (name, rest) = plain_string(rest)?;
        let args = rest.strip_prefix(br#","args" : {"#)?;
        let before = bytes.len() - args.len();
        let line = &args[..memchr(b'\n', &args[..args.len().min(LONGEST_LINE)])?];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let line = line.strip_suffix(b",").unwrap_or(line);
        let inner = line.strip_suffix(b"}}")?;
        let value = |finder: &Finder<'_>| finder.find(inner).map(|at| &inner[at + finder.needle().len()..]);
        let string = |finder| value(finder).map_or(Some(&b""[..]), |text| Some(plain_string(text)?.0));
        let shapes = |finder| value(finder).map_or(Some(&b""[..]), shapes);
        let args = Args {
            node_index: string(&self.node_index)?,
            inputs: shapes(&self.inputs)?,
            outputs: shapes(&self.outputs)?,
            memory: string(&self.memory)?,
            ..Args::default()
        };
        let event = Event { category: br#""Node""#, phase: br#""X""#, name, thread, begin, duration, args };
        Some((event, before + line.len()))
    }

    /// What such an event says of its threads, and what follows it.
    pub(super) fn threads<'a>(&self, event: &'a [u8]) -> &'a [u8] {
        self.threads.find(event).map_or(&[], |at| &event[at + self.threads.needle().len()..])
    }
}

/// Some digits, and what follows them.
fn digits(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    match bytes.iter().position(|b| !b.is_ascii_digit())? {
        0 => None,
        end => Some(bytes.split_at(end)),
    }
}

/// A string without escapes, its quotes included, and what follows it.
fn plain_string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let inner = bytes.strip_prefix(b"\"")?;
    let end = memchr3(b'"', b'\\', b'\n', inner)?;
    (inner[end] == b'"').then(|| bytes.split_at(end + 2))
}

/// A list of shapes: `[{"float":[1,3]},{"int64":[]}]`.
fn shapes(bytes: &[u8]) -> Option<&[u8]> {
    if bytes.starts_with(b"[]") {
        return Some(&bytes[..2]);
    }
    let bracket = bytes.windows(3).position(|end| end == b"]}]")?;
    bytes.starts_with(b"[{").then(|| &bytes[..bracket + 3])
}
