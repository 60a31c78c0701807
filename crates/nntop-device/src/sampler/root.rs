//! Where `/proc` and `/sys` are read: on the live machine, or in a recorded tree.

use super::failures::{Failures, files};
use super::parse::natural;
use super::sysfile::{SysFile, open, watched};
use super::watchdog::Watchdog;
use nntop_core::text::clean;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What one directory may hold at most.
const WIDEST: usize = 1 << 16;

/// The directory that holds `proc`, `sys` and `etc`: `/` on a live machine, a recorded tree in tests.
///
/// Paths are given as on a live machine: `/proc/stat`. Reads are limited in size, never wait for a writer, and are
/// watched where a [`Reader`](super::reader::Reader) made the root: a read that hangs is left out from then on.
#[derive(Debug, Clone)]
pub struct Root {
    path: PathBuf,
    watchdog: Option<Arc<Watchdog>>,
    /// Of all that is read from here.
    failures: Arc<Failures>,
}

impl Default for Root {
    fn default() -> Self {
        Self::live()
    }
}

impl Root {
    /// This machine.
    pub fn live() -> Self {
        Self::at("/")
    }

    /// A recorded tree.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), watchdog: None, failures: Arc::default() }
    }

    /// The same place, read in sight of a watchdog.
    pub(crate) fn watched_by(&self, watchdog: &Arc<Watchdog>) -> Self {
        Self { watchdog: Some(Arc::clone(watchdog)), ..self.clone() }
    }

    /// Whether it is this machine: system calls and libraries may answer where no file does.
    pub fn is_live(&self) -> bool {
        self.path == Path::new("/")
    }

    /// The real path of `path`.
    pub fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        let path = path.as_ref();
        self.path.join(path.strip_prefix("/").unwrap_or(path))
    }

    /// `path` as it would be named on the live machine: what users are shown.
    pub fn shown(&self, path: &Path) -> String {
        Path::new("/").join(path.strip_prefix(&self.path).unwrap_or(path)).display().to_string()
    }

    /// A file to be read again and again.
    pub fn file(&self, path: impl AsRef<Path>) -> SysFile {
        self.file_at(self.path(path))
    }

    /// A file by its real path.
    pub(crate) fn file_at(&self, path: PathBuf) -> SysFile {
        SysFile::new(path, self.watchdog.clone(), Arc::clone(&self.failures))
    }

    /// Whether something is at `path`.
    pub fn exists(&self, path: impl AsRef<Path>) -> bool {
        self.path(path).exists()
    }

    /// The text of a file, bytes that are no UTF-8 replaced.
    ///
    /// # Errors
    /// When the file cannot be opened or read, or hangs.
    pub fn read(&self, path: impl AsRef<Path>) -> io::Result<String> {
        self.file(path).read()
    }

    /// The one value that a file holds, without the newline or NUL byte at its end and without what steers a terminal;
    /// `None` where there is none.
    pub fn text(&self, path: impl AsRef<Path>) -> Option<String> {
        let text = self.read(path).ok()?;
        let text = text.trim_matches(|c: char| c == '\0' || c.is_whitespace());
        (!text.is_empty()).then(|| clean(text).into_owned())
    }

    /// The integer that a file holds.
    ///
    /// # Errors
    /// As [`Root::read`], and when the file holds anything else.
    pub fn number(&self, path: impl AsRef<Path>) -> io::Result<f64> {
        self.file(path).number()
    }

    /// Why there is no reading from `path`: it is not there, or may not be opened.
    pub fn why_not(&self, path: impl AsRef<Path>) -> io::Error {
        let path = self.path(path);
        match watched(self.watchdog.as_deref(), &path, || open(self.watchdog.as_deref(), &path)) {
            Ok(_) => ErrorKind::InvalidData.into(),
            Err(e) => e,
        }
    }

    /// Why the last read of a metric's source failed: the file and the reason. Nothing where all went well.
    pub(crate) fn failure(&self, source: &str) -> Option<String> {
        files(source).into_iter().find_map(|file| Some(format!("{file}: {}", self.failures.of(&self.path(&file))?)))
    }

    /// The names in a directory in natural order (`cpu2` before `cpu10`); none where it cannot be read.
    pub fn list(&self, path: impl AsRef<Path>) -> Vec<String> {
        let path = self.path(path);
        let mut names: Vec<String> = watched(self.watchdog.as_deref(), &path, || {
            let entries = std::fs::read_dir(&path)?.flatten().take(WIDEST);
            Ok(entries.filter_map(|entry| entry.file_name().into_string().ok()).collect())
        })
        .unwrap_or_default();
        names.sort_by_cached_key(|name| natural(name));
        names
    }

    /// Runs a sampler in sight of the watchdog; `None` where it is left out because it hung.
    pub(crate) fn run<T>(&self, sampler: &'static str, work: impl FnOnce() -> T) -> Option<T> {
        match &self.watchdog {
            Some(watchdog) => watchdog.run(sampler, work),
            None => Some(work()),
        }
    }

    /// Waits for a call to the device at `path` in sight of the watchdog.
    pub(crate) fn watch<T>(&self, path: &Path, call: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        watched(self.watchdog.as_deref(), path, call)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_under_the_root() {
        let root = Root::at("/tmp/tree");
        assert_eq!(root.path("/proc/stat"), Path::new("/tmp/tree/proc/stat"));
        assert_eq!(root.shown(&root.path("/proc/stat")), "/proc/stat");
        assert!(!root.is_live() && Root::live().is_live());
    }
}
