//! One file of `/proc` or `/sys`, to be read pass by pass.

use super::failures::Failures;
use super::watchdog::{Watchdog, open_nonblocking};
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What one file may have at most: `/proc/stat` of a server with thousands of interrupts has a tenth of it.
const LONGEST: u64 = 1 << 20;

/// A file under a [`Root`](super::root::Root).
#[derive(Debug, Clone)]
pub struct SysFile {
    path: PathBuf,
    watchdog: Option<Arc<Watchdog>>,
    failures: Arc<Failures>,
}

impl SysFile {
    pub(crate) fn new(path: PathBuf, watchdog: Option<Arc<Watchdog>>, failures: Arc<Failures>) -> Self {
        Self { path, watchdog, failures }
    }

    /// Its real path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it is there.
    pub fn exists(&self) -> bool {
        self.path.exists()
    }

    /// Another file in the same directory.
    pub(crate) fn beside(&self, name: &str) -> Self {
        Self { path: self.path.with_file_name(name), ..self.clone() }
    }

    /// Its text, bytes that are no UTF-8 replaced.
    ///
    /// # Errors
    /// When it cannot be opened or read, or hangs.
    pub fn read(&self) -> io::Result<String> {
        let mut bytes = Vec::new();
        self.fill(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Reads it into `buffer`, which keeps its room from one pass to the next.
    ///
    /// # Errors
    /// As [`SysFile::read`], and for text that is no UTF-8.
    pub fn read_into<'a>(&self, buffer: &'a mut Vec<u8>) -> io::Result<&'a str> {
        buffer.clear();
        self.fill(buffer)?;
        std::str::from_utf8(buffer).map_err(|e| io::Error::new(ErrorKind::InvalidData, e))
    }

    /// The one integer that it holds, as most files of sysfs do. Allocates nothing.
    ///
    /// # Errors
    /// As [`SysFile::read`], and when it holds anything else.
    pub fn number(&self) -> io::Result<f64> {
        let number = self.read_number();
        self.failures.note(&self.path, &number);
        number
    }

    fn read_number(&self) -> io::Result<f64> {
        let mut buffer = [0; 64];
        let watchdog = self.watchdog.as_deref();
        let length = watched(watchdog, &self.path, || open(watchdog, &self.path)?.read(&mut buffer))?;
        let text = std::str::from_utf8(&buffer[..length]).map_err(|e| io::Error::new(ErrorKind::InvalidData, e))?;
        // Through an integer: `nan` and `inf` are floats to Rust, but no reading.
        text.trim().parse::<i64>().map(|n| n as f64).map_err(|e| io::Error::new(ErrorKind::InvalidData, e))
    }

    /// Opens it to be read again and again.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub(crate) fn keep_open(self) -> io::Result<OpenFile> {
        let watchdog = self.watchdog.as_deref();
        let file = watched(watchdog, &self.path, || open(watchdog, &self.path))?;
        Ok(OpenFile { of: self, file })
    }

    fn fill(&self, buffer: &mut Vec<u8>) -> io::Result<usize> {
        let watchdog = self.watchdog.as_deref();
        let read = watched(watchdog, &self.path, || open(watchdog, &self.path)?.take(LONGEST).read_to_end(buffer));
        self.failures.note(&self.path, &read);
        read
    }
}

/// A file that stays open from one pass to the next and says all it has in one read, as those of a process do: one call
/// of the kernel instead of five.
#[derive(Debug)]
pub(crate) struct OpenFile {
    of: SysFile,
    file: File,
}

impl OpenFile {
    /// Its text as it is now. A process's file says so once the process has ended, even if another process has its number by then.
    ///
    /// # Errors
    /// When it cannot be read, or hangs, or is no text, or fills the buffer.
    pub(crate) fn read_again<'a>(&self, buffer: &'a mut [u8]) -> io::Result<&'a str> {
        let watchdog = self.of.watchdog.as_deref();
        let length = watched(watchdog, &self.of.path, || self.file.read_at(buffer, 0))?;
        let whole = buffer.get(..length).filter(|text| text.len() < buffer.len()).ok_or(ErrorKind::InvalidData)?;
        std::str::from_utf8(whole).map_err(|e| io::Error::new(ErrorKind::InvalidData, e))
    }
}

/// Opens a file as the watchdog's timeouts say.
pub(crate) fn open(watchdog: Option<&Watchdog>, path: &Path) -> io::Result<File> {
    match watchdog {
        Some(watchdog) => watchdog.open(path),
        None => open_nonblocking(path),
    }
}

/// Reads in sight of the watchdog, where there is one.
pub(crate) fn watched<T>(
    watchdog: Option<&Watchdog>,
    path: &Path,
    read: impl FnOnce() -> io::Result<T>,
) -> io::Result<T> {
    match watchdog {
        Some(watchdog) => watchdog.read(path, read),
        None => read(),
    }
}
