//! Where `/proc` and `/sys` are read: on the live machine, or in a recorded tree.

use super::desk::{open, reading};
use rustix::fs::OFlags;
use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// What one file may have at most: `/proc/stat` of a server with thousands of interrupts has a tenth of it.
const LONGEST: u64 = 1 << 20;

/// What one directory may hold at most.
const WIDEST: usize = 1 << 16;

/// The directory that holds `proc`, `sys` and `etc`: `/` on a live machine, a recorded tree in tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root(PathBuf);

impl Default for Root {
    fn default() -> Self {
        Self::live()
    }
}

impl Root {
    /// This machine.
    pub fn live() -> Self {
        Self(PathBuf::from("/"))
    }

    /// A recorded tree.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Whether it is this machine: system calls and libraries may answer where no file does.
    pub fn is_live(&self) -> bool {
        self.0 == Path::new("/")
    }

    /// The real path of `path`, which is given as on a live machine: `/proc/stat`.
    pub fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        let path = path.as_ref();
        self.0.join(path.strip_prefix("/").unwrap_or(path))
    }

    /// `path` as it would be named on the live machine: what users are told.
    pub fn shown(&self, path: &Path) -> String {
        Path::new("/").join(path.strip_prefix(&self.0).unwrap_or(path)).display().to_string()
    }

    /// The text of a file, bytes that are no UTF-8 replaced.
    pub fn read(&self, path: impl AsRef<Path>) -> io::Result<String> {
        let (path, mut bytes) = (self.path(path), Vec::new());
        reading(&path, || open(&path)?.take(LONGEST).read_to_end(&mut bytes))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The one value that a file holds, without the newline or NUL byte at its end; `None` where there is none.
    pub fn text(&self, path: impl AsRef<Path>) -> Option<String> {
        let text = self.read(path).ok()?;
        let text = text.trim_matches(|c: char| c == '\0' || c.is_whitespace());
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// The integer that a file holds.
    pub fn number(&self, path: impl AsRef<Path>) -> io::Result<f64> {
        number(&self.path(path))
    }

    /// Why there is no reading from `path`: it is not there, or nobody lets us look.
    pub fn why_not(&self, path: impl AsRef<Path>) -> io::Error {
        let path = self.path(path);
        match reading(&path, || open(&path)) {
            Ok(_) => ErrorKind::InvalidData.into(),
            Err(e) => e,
        }
    }

    /// The names in a directory in natural order (`cpu2` before `cpu10`); none where it cannot be read.
    pub fn list(&self, path: impl AsRef<Path>) -> Vec<String> {
        let path = self.path(path);
        let mut names: Vec<String> = reading(&path, || {
            let entries = std::fs::read_dir(&path)?.flatten().take(WIDEST);
            Ok(entries.filter_map(|entry| entry.file_name().into_string().ok()).collect())
        })
        .unwrap_or_default();
        names.sort_by_cached_key(|name| natural(name));
        names
    }
}

/// Opens a file for one reading. Never waits: a pipe without a writer would hold everybody up for good.
pub(super) fn open_at_once(path: &Path) -> io::Result<File> {
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits();
    let file = OpenOptions::new().read(true).custom_flags(flags.cast_signed()).open(path)?;
    match file.metadata()?.file_type() {
        kind if kind.is_file() => Ok(file),
        kind if kind.is_dir() => Err(ErrorKind::IsADirectory.into()),
        _ => Err(io::Error::new(ErrorKind::InvalidData, "not a file")),
    }
}

/// Reads a file into `buffer`, which keeps its room from one sample to the next. Text that is no UTF-8 is an error.
pub(super) fn read_into<'a>(path: &Path, buffer: &'a mut Vec<u8>) -> io::Result<&'a str> {
    buffer.clear();
    reading(path, || open(path)?.take(LONGEST).read_to_end(buffer))?;
    std::str::from_utf8(buffer).map_err(|e| io::Error::new(ErrorKind::InvalidData, e))
}

/// Reads a file that holds one integer: what most of sysfs is. Allocates nothing.
pub(super) fn number(path: &Path) -> io::Result<f64> {
    let mut buffer = [0; 64];
    let length = reading(path, || open(path)?.read(&mut buffer))?;
    let text = std::str::from_utf8(&buffer[..length]).map_err(|e| io::Error::new(ErrorKind::InvalidData, e))?;
    // Through an integer: `nan` and `inf` are floats to Rust, but no reading.
    text.trim().parse::<i64>().map(|n| n as f64).map_err(|e| io::Error::new(ErrorKind::InvalidData, e))
}

/// An error as the end of a sentence: without the number that Rust appends.
pub(super) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

/// The numbers in a kernel list: `0-3,6` or `0 1 2 3`.
pub(super) fn cpu_list(text: &str) -> Vec<u32> {
    let mut cpus = Vec::new();
    for part in text.split([',', ' ', '\n']).filter(|part| !part.is_empty()) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        if let (Ok(first), Ok(last)) = (first.parse::<u32>(), last.parse::<u32>()) {
            // No kernel has more CPUs than this; a garbled list must not fill the memory.
            cpus.extend(first..=last.min(first.saturating_add(8192)));
        }
    }
    cpus
}

/// The value of a `Key:   123 kB` line, in bytes.
pub(super) fn kilobytes(text: &str, key: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kb| kb as f64 * 1024.0)
}

/// The number in a name such as `temp12_input`, between `prefix` and `suffix`.
pub(super) fn index(name: &str, prefix: &str, suffix: &str) -> Option<u32> {
    name.strip_prefix(prefix)?.strip_suffix(suffix)?.parse().ok()
}

/// The last part of a path as text.
pub(super) fn file_name(path: &Path) -> &str {
    path.file_name().and_then(OsStr::to_str).unwrap_or_default()
}

/// A key by which digits sort as numbers.
fn natural(name: &str) -> Vec<(String, u64)> {
    let mut parts = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let (text, tail) = rest.split_at(digits);
        let end = tail.find(|c: char| !c.is_ascii_digit()).unwrap_or(tail.len());
        parts.push((text.to_owned(), tail[..end].parse().unwrap_or(0)));
        rest = &tail[end..];
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_as_people_count() {
        let mut names = ["cpu10", "cpu2", "cpu0", "cpufreq"];
        names.sort_by_cached_key(|name| natural(name));
        assert_eq!(names, ["cpu0", "cpu2", "cpu10", "cpufreq"]);
    }

    #[test]
    fn cpu_lists_come_as_ranges_or_as_words() {
        assert_eq!(cpu_list("0-2,5\n"), [0, 1, 2, 5]);
        assert_eq!(cpu_list("4 5\n"), [4, 5]);
        assert_eq!(cpu_list("x-y,3-1,\n"), [] as [u32; 0]);
    }

    #[test]
    fn paths_stay_under_the_root() {
        let root = Root::at("/tmp/tree");
        assert_eq!(root.path("/proc/stat"), Path::new("/tmp/tree/proc/stat"));
        assert_eq!(root.shown(&root.path("/proc/stat")), "/proc/stat");
        assert!(!root.is_live() && Root::live().is_live());
    }

    #[test]
    fn a_key_is_matched_as_a_whole() {
        let text = "SwapTotalX: 7 kB\nSwapTotal:      5 kB\nBad: x kB\n";
        assert_eq!(kilobytes(text, "SwapTotal"), Some(5120.0));
        assert_eq!((kilobytes(text, "Swap"), kilobytes(text, "Bad")), (None, None));
    }
}
