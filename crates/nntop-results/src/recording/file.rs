//! A recording's file while it is written: what goes wrong here is said once and stays here.

use super::condense::Condenser;
use super::format::Header;
use super::frame::Frame;
use nntop_core::event::{Event, Plan};
use nntop_core::new_file::NewFile;
use nntop_core::unit::Nanos;
use rustix::fs::{fstat, stat};
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// From so many bytes on events are condensed: what follows is a few megabytes an hour.
pub const FULL_BYTES: u64 = 64 << 20;

/// In the condensed part there is a keyframe this often.
const SPARSE_KEYS: Nanos = Nanos::from_millis(600_000);

/// A file that is being written.
#[derive(Debug)]
pub(super) struct Sink {
    pub(super) path: PathBuf,
    file: File,
    written: u64,
    full_bytes: u64,
    condenser: Option<(Condenser, Frame)>,
    key_at: Nanos,
}

impl Sink {
    /// Makes the file; one that is there is replaced, when the head of this one is on the disk.
    pub(super) fn create(path: &Path, plan: &Plan, full_bytes: u64) -> io::Result<Self> {
        let head = Header::new(plan).encode();
        let mut new = NewFile::create(path)?;
        new.write_all(&head)?;
        // In its place from now on: a kill must not cost what was recorded until then.
        let file = new.place()?;
        let (path, key_at) = (path.to_owned(), Nanos::ZERO);
        Ok(Self { path, file, written: head.len() as u64, full_bytes, condenser: None, key_at })
    }

    /// Takes in an event, where events have to be looked at one by one.
    pub(super) fn event(&mut self, event: &Event) {
        if let Some((condenser, frame)) = &mut self.condenser {
            condenser.push(event).iter().for_each(|e| frame.push(e));
        }
    }

    /// A frame is complete. `chunk` is it as it came, where anything did.
    pub(super) fn frame(&mut self, now: Nanos, chunk: Option<&[u8]>) -> io::Result<()> {
        match &mut self.condenser {
            None => {
                chunk.map_or(Ok(()), |chunk| self.write(chunk))?;
                if self.written >= self.full_bytes {
                    self.condenser = Some(Default::default());
                }
            }
            Some((condenser, frame)) => {
                // Nothing is held back for longer than a frame: a kill must not cost more.
                condenser.flush().iter().for_each(|e| frame.push(e));
                if let Some(chunk) = frame.take(now.0, true)? {
                    self.write(&chunk)?;
                }
            }
        }
        self.still_there()
    }

    /// A keyframe, as often as this part of the file has them.
    pub(super) fn key(&mut self, now: Nanos, chunk: &[u8], last: bool) -> io::Result<()> {
        if self.condenser.is_some() && now.since(self.key_at) < SPARSE_KEYS && !last {
            return Ok(());
        }
        self.key_at = now;
        self.write(chunk)
    }

    /// Whether the end of the file needs a keyframe to be exact.
    pub(super) fn is_condensed(&self) -> bool {
        self.condenser.is_some()
    }

    pub(super) fn write(&mut self, chunk: &[u8]) -> io::Result<()> {
        self.file.write_all(chunk)?;
        self.written += chunk.len() as u64;
        Ok(())
    }

    /// Whether the path still leads to the file that is written.
    fn still_there(&self) -> io::Result<()> {
        let (own, named) = (fstat(&self.file)?, stat(&self.path));
        match named {
            Ok(named) if (named.st_dev, named.st_ino) == (own.st_dev, own.st_ino) => Ok(()),
            _ => Err(io::Error::other("the file was taken away while it was written")),
        }
    }
}
