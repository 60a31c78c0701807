//! The file, version 1: a row of zstd frames, each whole in itself.
//!
//! ```text
//! H  skippable   "nntop.recording 1.1\n" and JSON: the program's version, the plan
//! K  skippable   a keyframe: the state as MessagePack, compressed     at most every 30 s
//! E  skippable   what the next frame holds: time, numbers, sizes
//!    zstd frame  events of at most a second, one JSON object a line
//! E, zstd frame, E, zstd frame, K, …
//! ```
//!
//! A frame and the entry before it are written at once, each second. There is no index in the file: it is made when the
//! file is opened, by going from header to header, so that a torn file is opened in no other way than a whole one.
//! `zstd -dc` skips what is skippable and prints the events.

use nntop_core::event::{Fault, Plan};
use serde::{Deserialize, Serialize};

/// The format's version. Changes of the major are refused by older readers; a newer minor adds kinds of chunks.
/// 1.1 has digests as counts in its condensed part.
pub(super) const VERSION: (u16, u16) = (1, 1);

/// The first of the magic numbers of skippable frames (RFC 8878, 3.1.2), little-endian in the file.
pub(super) const SKIPPABLE: u32 = 0x184D_2A50;

/// The magic number of a zstd frame.
pub(super) const ZSTD: u32 = 0xFD2F_B528;

/// The longest frame, decompressed. The writer ends a frame long before.
pub(super) const MOST_RAW: u32 = 64 << 20;

/// The largest keyframe, decompressed.
pub(super) const MOST_STATE: u32 = 128 << 20;

/// The longest line of an event.
pub(super) const LONGEST_LINE: usize = 16 << 20;

/// Chunks of a file, at most: the index of a month of seconds.
pub(super) const MOST_CHUNKS: usize = 6_000_000;

const NAME: &str = "nntop.recording ";

/// What the first chunk says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Header {
    /// The program's version.
    pub(super) nntop: String,
    /// What was to be measured.
    #[serde(default)]
    pub(super) plan: Plan,
}

impl Header {
    pub(super) fn new(plan: &Plan) -> Self {
        Self { nntop: env!("CARGO_PKG_VERSION").into(), plan: plan.clone() }
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let json = crate::json::compact(self);
        let text = format!("{NAME}{}.{}\n{json}", VERSION.0, VERSION.1);
        skippable(b'H', &[text.as_bytes()])
    }

    /// Reads the payload of the first chunk; gives the version's minor where it is newer.
    pub(super) fn decode(payload: &[u8]) -> Result<(Self, Option<String>), Fault> {
        let no = || Fault::input("not a recording of nntop");
        let text = std::str::from_utf8(payload).map_err(|_| no())?;
        let (line, json) = text.split_once('\n').ok_or_else(no)?;
        let version = line.strip_prefix(NAME).and_then(|v| v.split_once('.')).ok_or_else(no)?;
        let (major, minor): (u16, u16) = version.0.parse().ok().zip(version.1.parse().ok()).ok_or_else(no)?;
        if major != VERSION.0 {
            return Err(Fault::input(format!(
                "recorded in version {major}.{minor} of the format, and this nntop {} reads version {}",
                env!("CARGO_PKG_VERSION"),
                VERSION.0
            ))
            .hint("install the version of nntop that recorded it, or a newer one"));
        }
        let header = crate::json::read(json)
            .map_err(|e| Fault::input(format!("the header of the recording cannot be read: {e}")))?;
        let newer = (minor > VERSION.1).then(|| {
            format!(
                "recorded in the newer version {major}.{minor} of the format: what this nntop does not know is left out"
            )
        });
        Ok((header, newer))
    }
}

/// What stands before each frame of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    /// The stream's time at the frame's end: the greatest so far.
    pub(super) t: u64,
    /// How many events.
    pub(super) events: u32,
    /// Their bytes, decompressed.
    pub(super) raw: u32,
    /// Their bytes in the file.
    pub(super) packed: u32,
    /// Whether samples were left out and blocks joined.
    pub(super) condensed: bool,
}

/// A keyframe without its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    /// The stream's time.
    pub(super) t: u64,
    /// The bytes of the state, decompressed.
    pub(super) raw: u32,
    /// The version of nntop whose state it is: another one's is folded anew.
    pub(super) version: String,
}

impl Entry {
    pub(super) const LEN: usize = 21;

    pub(super) fn encode(&self) -> Vec<u8> {
        let parts: [&[u8]; 5] = [
            &self.t.to_le_bytes(),
            &self.events.to_le_bytes(),
            &self.raw.to_le_bytes(),
            &self.packed.to_le_bytes(),
            &[u8::from(self.condensed)],
        ];
        skippable(b'E', &parts)
    }

    pub(super) fn decode(payload: &[u8]) -> Option<Self> {
        let mut at = Bytes(payload);
        let (t, events, raw, packed, flags) = (at.u64()?, at.u32()?, at.u32()?, at.u32()?, at.take(1)?[0]);
        Some(Self { t, events, raw, packed, condensed: flags & 1 != 0 })
    }
}

impl Key {
    /// The most bytes that its head may have.
    pub(super) const HEAD: usize = 8 + 4 + 1 + 255;

    pub(super) fn encode(&self, packed: &[u8]) -> Vec<u8> {
        let version = &self.version.as_bytes()[..self.version.len().min(255)];
        skippable(b'K', &[&self.t.to_le_bytes(), &self.raw.to_le_bytes(), &[version.len() as u8], version, packed])
    }

    /// The head, and how many bytes it took.
    pub(super) fn decode(payload: &[u8]) -> Option<(Self, usize)> {
        let mut at = Bytes(payload);
        let (t, raw, len) = (at.u64()?, at.u32()?, at.take(1)?[0]);
        let version = String::from_utf8(at.take(len.into())?.to_vec()).ok()?;
        Some((Self { t, raw, version }, 13 + usize::from(len)))
    }
}

/// A skippable frame: magic, length, a tag, the parts.
fn skippable(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let len = 1 + parts.iter().map(|p| p.len()).sum::<usize>();
    let mut bytes = Vec::with_capacity(8 + len);
    bytes.extend(SKIPPABLE.to_le_bytes());
    bytes.extend(u32::try_from(len).unwrap_or(u32::MAX).to_le_bytes());
    bytes.push(tag);
    parts.iter().for_each(|p| bytes.extend_from_slice(p));
    bytes
}

/// Takes numbers off the front of a slice.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(head)
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    fn u64(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }
}
