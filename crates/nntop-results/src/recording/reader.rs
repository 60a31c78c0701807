//! Reads a recording back, whole or torn, of this program or of anybody: in bounded memory, never trusting a size.

use super::format::{Entry, Header, Key, LONGEST_LINE, MOST_CHUNKS, MOST_RAW, MOST_STATE, SKIPPABLE, ZSTD};
use super::frame::{state, unpack};
use nntop_core::event::{Event, Fault, Kind, Plan};
use nntop_core::unit::Nanos;
use nntop_state::State;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// The longest header: a plan with hundreds of variants is far below.
const LONGEST_HEADER: u32 = 16 << 20;

/// A chunk of the file that matters.
#[derive(Debug, Clone, Copy)]
struct Chunk {
    /// Where its bytes lie.
    at: u64,
    packed: u32,
    raw: u32,
    /// The stream's time at its end.
    t: Nanos,
    what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    /// So many events.
    Events(u32),
    /// The state of this version of nntop, or of another.
    Key(bool),
}

/// A recording that was opened.
#[derive(Debug)]
pub struct Recording {
    path: PathBuf,
    file: File,
    size: u64,
    header: Header,
    chunks: Vec<Chunk>,
    start: Nanos,
    /// From when on events are condensed.
    condensed: Option<Nanos>,
    /// What is to be known about it: a torn end, a newer version.
    pub notes: Vec<String>,
}

/// A place between two events.
#[derive(Debug, Clone, Default)]
pub(super) struct Cursor {
    /// The chunk to read next.
    next: usize,
    /// What is left of the one before, last first.
    left: Vec<Event>,
    seq: u64,
}

impl Recording {
    /// Opens a recording and finds its frames.
    ///
    /// # Errors
    /// When it cannot be read, is no recording, or is of another major version. A torn end is none.
    pub fn open(path: &Path) -> Result<Self, Fault> {
        let about = |f: Fault| f.about(&path.display().to_string());
        let io = |e: std::io::Error| about(Fault::input(e.to_string()));
        let file = File::open(path).map_err(io)?;
        let meta = file.metadata().map_err(io)?;
        if !meta.is_file() {
            return Err(about(Fault::input("a recording is a file")));
        }
        let mut this = Self {
            path: path.to_owned(),
            file,
            size: meta.len(),
            header: Header::new(&Plan::default()),
            chunks: Vec::new(),
            start: Nanos::ZERO,
            condensed: None,
            notes: Vec::new(),
        };
        this.scan().map_err(about)?;
        this.start = match this.chunks.first() {
            Some(Chunk { what: What::Key(_), t, .. }) => *t,
            Some(_) => this.events(0)?.first().map_or(Nanos::ZERO, |e| e.t),
            None => Nanos::ZERO,
        };
        Ok(this)
    }

    /// Whether a file that begins like this is a recording.
    pub fn is(head: &[u8]) -> bool {
        parts(head).is_some_and(|(magic, _, tag)| magic == SKIPPABLE && tag == b'H')
    }

    /// What was to be measured.
    pub fn plan(&self) -> &Plan {
        &self.header.plan
    }

    /// The version of nntop that recorded it.
    pub fn nntop(&self) -> &str {
        &self.header.nntop
    }

    /// When it begins, on the stream's clock.
    pub fn start(&self) -> Nanos {
        self.start
    }

    /// When it ends.
    pub fn end(&self) -> Nanos {
        self.chunks.last().map_or(self.start, |c| c.t)
    }

    /// How long it is.
    pub fn length(&self) -> Nanos {
        self.end().since(self.start)
    }

    /// Its size in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// From when on samples were left out and blocks joined, where they were.
    pub fn condensed_from(&self) -> Option<Nanos> {
        self.condensed.map(|t| t.since(self.start))
    }

    /// Frames of events, and keyframes.
    pub fn frames(&self) -> (usize, usize) {
        let keys = self.chunks.iter().filter(|c| matches!(c.what, What::Key(_))).count();
        (self.chunks.len() - keys, keys)
    }

    /// Where the header ends, and each chunk: where a file may be torn without a trace.
    #[cfg(test)]
    pub(super) fn boundaries(&self) -> Vec<u64> {
        let ends = self.chunks.iter().map(|c| c.at + u64::from(c.packed));
        std::iter::once(self.header.encode().len() as u64).chain(ends).collect()
    }

    /// The ends of its frames.
    #[cfg(test)]
    pub(super) fn ends(&self) -> Vec<Nanos> {
        self.chunks.iter().filter(|c| matches!(c.what, What::Events(_))).map(|c| c.t).collect()
    }

    /// Goes from header to header.
    fn scan(&mut self) -> Result<(), Fault> {
        let mut at = self.head()?;
        while at < self.size {
            let chunk = self.chunk(at)?;
            let Some((end, chunk)) = chunk else {
                let lost = self.size - at;
                self.notes
                    .push(format!("the recording is torn: its last {lost} bytes are no whole frame and are not read"));
                break;
            };
            if let Some(chunk) = chunk {
                if self.chunks.last().is_some_and(|last| last.t > chunk.t) {
                    return Err(Fault::input(format!("the frame at byte {at} is earlier than the one before it")));
                }
                self.chunks.push(chunk);
                if self.chunks.len() > MOST_CHUNKS {
                    return Err(Fault::input(format!("more than {MOST_CHUNKS} frames: no recording has so many")));
                }
            }
            at = end;
        }
        if self.chunks.is_empty() {
            self.notes.push("nothing is recorded in it".into());
        }
        Ok(())
    }

    /// Reads the header; gives where it ends.
    fn head(&mut self) -> Result<u64, Fault> {
        let first = self.bytes(0, 9)?;
        let (magic, len, tag) = parts(&first).unwrap_or_default();
        if magic != SKIPPABLE || tag != b'H' {
            let shown: String =
                first.iter().take(4).flat_map(|b| std::ascii::escape_default(*b)).map(char::from).collect();
            return Err(Fault::input(format!("not a recording of nntop (first bytes are \"{shown}\")"))
                .hint("recordings are made with --record FILE, or the key r on the dashboard"));
        }
        let end = 8 + u64::from(len);
        if len > LONGEST_HEADER || end > self.size {
            return Err(Fault::input("the recording ends within its header: nothing was recorded yet"));
        }
        let (header, newer) = Header::decode(&self.bytes(9, len as usize - 1)?)?;
        self.header = header;
        self.notes.extend(newer);
        Ok(end)
    }

    /// The chunk at `at` and where it ends; `None` where it is not whole.
    fn chunk(&mut self, at: u64) -> Result<Option<(u64, Option<Chunk>)>, Fault> {
        let head = self.bytes(at, 9 + Key::HEAD)?;
        let Some((SKIPPABLE, len @ 1.., tag)) = parts(&head) else { return Ok(None) };
        let end = at + 8 + u64::from(len);
        if end > self.size {
            return Ok(None);
        }
        let payload = &head[9..head.len().min(8 + len as usize)];
        match tag {
            b'E' => {
                let Some(entry) = Entry::decode(payload) else { return Ok(None) };
                let Entry { t, events, raw, packed, condensed } = entry;
                let zstd = head.get(9 + Entry::LEN..13 + Entry::LEN).is_some_and(|m| m == ZSTD.to_le_bytes());
                if end + u64::from(packed) > self.size || !zstd || len as usize != 1 + Entry::LEN {
                    return Ok(None);
                }
                if raw > MOST_RAW {
                    return Err(Fault::input(format!(
                        "the frame at byte {at} holds {raw} bytes: no recording has such"
                    )));
                }
                if condensed {
                    self.condensed.get_or_insert(Nanos(t));
                }
                let chunk = Chunk { at: end, packed, raw, t: Nanos(t), what: What::Events(events) };
                Ok(Some((end + u64::from(packed), Some(chunk))))
            }
            b'K' => {
                let Some((key, took)) = Key::decode(payload) else { return Ok(None) };
                if key.raw > MOST_STATE {
                    return Err(Fault::input(format!("the keyframe at byte {at} is larger than any")));
                }
                let own = key.version == env!("CARGO_PKG_VERSION");
                let (at, packed) = (at + 9 + took as u64, len - 1 - took as u32);
                Ok(Some((end, Some(Chunk { at, packed, raw: key.raw, t: Nanos(key.t), what: What::Key(own) }))))
            }
            // A kind of a newer minor.
            _ => Ok(Some((end, None))),
        }
    }

    /// At most `n` bytes at a place; fewer at the end of the file.
    fn bytes(&self, at: u64, n: usize) -> Result<Vec<u8>, Fault> {
        let n = n.min(self.size.saturating_sub(at) as usize);
        let mut bytes = vec![0; n];
        self.file.read_exact_at(&mut bytes, at).map_err(|e| Fault::input(format!("cannot be read: {e}")))?;
        Ok(bytes)
    }

    fn unpacked(&self, chunk: &Chunk) -> Result<Vec<u8>, Fault> {
        unpack(&self.bytes(chunk.at, chunk.packed as usize)?, chunk.raw)
            .map_err(|e| Fault::input(format!("the frame at byte {} is damaged: {e}", chunk.at)))
    }

    /// The events of a chunk; none of a keyframe.
    fn events(&self, i: usize) -> Result<Vec<Event>, Fault> {
        let about = |f: Fault| f.about(&self.path.display().to_string());
        let chunk = &self.chunks[i];
        let What::Events(count) = chunk.what else { return Ok(Vec::new()) };
        let raw = self.unpacked(chunk).map_err(about)?;
        let wrong = |what: String| about(Fault::input(format!("the frame at byte {}: {what}", chunk.at)));
        let text = std::str::from_utf8(&raw).map_err(|e| wrong(e.to_string()))?;
        let mut events = Vec::new();
        let mut seq = 0;
        for line in text.lines() {
            if line.len() > LONGEST_LINE {
                return Err(wrong(format!("a line of {} bytes", line.len())));
            }
            let event = Event::from_line(line).map_err(|e| wrong(format!("an event that cannot be read: {e}")))?;
            if let Kind::Hello(hello) = &event.kind {
                hello.protocol.check().map_err(about)?;
            }
            if event.seq > 0 && event.seq <= seq {
                return Err(wrong(format!("event {} comes after event {seq}", event.seq)));
            }
            seq = seq.max(event.seq);
            events.push(event);
        }
        if events.len() != count as usize {
            return Err(wrong(format!("{} events where {count} were said", events.len())));
        }
        Ok(events)
    }

    /// The next event, and the cursor behind it.
    pub(super) fn next(&self, cursor: &mut Cursor) -> Result<Option<Event>, Fault> {
        while cursor.left.is_empty() && cursor.next < self.chunks.len() {
            cursor.left = self.events(cursor.next)?;
            cursor.left.reverse();
            cursor.next += 1;
        }
        let Some(event) = cursor.left.pop() else { return Ok(None) };
        if event.seq > 0 && event.seq <= cursor.seq {
            let what = format!("{}: event {} comes after event {}", self.path.display(), event.seq, cursor.seq);
            return Err(Fault::input(what));
        }
        cursor.seq = cursor.seq.max(event.seq);
        Ok(Some(event))
    }

    /// All events, from the first on.
    pub fn iter(&self) -> impl Iterator<Item = Result<Event, Fault>> + '_ {
        let mut cursor = Cursor::default();
        let mut failed = false;
        std::iter::from_fn(move || {
            if failed {
                return None;
            }
            let next = self.next(&mut cursor).transpose();
            failed = matches!(next, Some(Err(_)));
            next
        })
    }

    /// The newest keyframe that is not after `t`, and where to go on from there. Without one, the beginning.
    pub(super) fn key_before(&self, t: Nanos) -> (State, Cursor) {
        let keys = self.chunks.iter().enumerate().rev();
        let usable = |(_, c): &(usize, &Chunk)| c.t <= t && c.what == What::Key(true);
        for (i, chunk) in keys.filter(usable) {
            // One that cannot be read is passed over: the one before it leads to the same.
            if let Ok(found) = self.unpacked(chunk).map_err(|f| f.message).and_then(|raw| state(&raw)) {
                return (found, Cursor { next: i + 1, ..Cursor::default() });
            }
        }
        (State::default(), Cursor::default())
    }
}

/// Magic, length and tag of a skippable frame.
fn parts(head: &[u8]) -> Option<(u32, u32, u8)> {
    let number = |from: usize| Some(u32::from_le_bytes(head.get(from..from + 4)?.try_into().ok()?));
    Some((number(0)?, number(4)?, *head.get(8)?))
}
