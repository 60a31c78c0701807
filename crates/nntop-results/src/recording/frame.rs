//! Making the file's chunks: frames of events, keyframes of the state.

use super::format::{Entry, Key, MOST_STATE};
use super::msgpack;
use nntop_core::event::Event;
use nntop_state::State;
use std::io;

/// A frame is ended when it holds so much, whatever the time.
const FULL: usize = 4 << 20;

/// Events pack as well at this level as at zstd's own default, and only its match finder is built (.cargo/config.toml).
const LEVEL: i32 = 1;

/// Events on their way into a frame.
#[derive(Debug, Default)]
pub(super) struct Frame {
    raw: Vec<u8>,
    events: u32,
}

impl Frame {
    pub(super) fn push(&mut self, event: &Event) {
        self.raw.extend_from_slice(event.to_line().as_bytes());
        self.events += 1;
    }

    pub(super) fn is_full(&self) -> bool {
        self.raw.len() >= FULL
    }

    /// The frame with its entry, and an empty one to go on with; `None` where nothing came.
    pub(super) fn take(&mut self, now: u64, condensed: bool) -> io::Result<Option<Vec<u8>>> {
        if self.events == 0 {
            return Ok(None);
        }
        let packed = pack(&self.raw)?;
        let (events, raw) = (self.events, self.raw.len() as u32);
        let entry = Entry { t: now, events, raw, packed: packed.len() as u32, condensed };
        let mut bytes = entry.encode();
        bytes.extend(packed);
        self.raw.clear();
        self.events = 0;
        Ok(Some(bytes))
    }
}

/// The state as a keyframe; `None` where it is larger than a reader takes.
pub(super) fn key(state: &State) -> io::Result<Option<Vec<u8>>> {
    let raw = msgpack::to_vec(state).map_err(io::Error::other)?;
    if raw.len() > MOST_STATE as usize {
        return Ok(None);
    }
    let key = Key { t: state.now.0, raw: raw.len() as u32, version: env!("CARGO_PKG_VERSION").into() };
    Ok(Some(key.encode(&pack(&raw)?)))
}

/// Reads a keyframe's state.
pub(super) fn state(raw: &[u8]) -> Result<State, String> {
    msgpack::from_slice(raw).map_err(|e| e.to_string())
}

fn pack(raw: &[u8]) -> io::Result<Vec<u8>> {
    let mut packer = zstd::bulk::Compressor::new(LEVEL)?;
    packer.include_checksum(true)?;
    packer.compress(raw)
}

/// Decompresses into exactly so many bytes; a frame that holds more is refused and costs no more memory.
pub(super) fn unpack(packed: &[u8], raw: u32) -> io::Result<Vec<u8>> {
    let out = zstd::bulk::decompress(packed, raw as usize)?;
    if out.len() != raw as usize {
        return Err(io::Error::other(format!("{} bytes where {raw} were said", out.len())));
    }
    Ok(out)
}
