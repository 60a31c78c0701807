//! Where what a command writes goes: data to standard output or a file, which is found to be writable before the measurement
//! and not after it; notes to standard error.

use nntop_core::event::Fault;
use nntop_core::text;
use std::borrow::Cow;
use std::fs::File;
use std::io::Write;
use std::path::Path;

/// A file that is there and writable; until the run is over it keeps what it held.
pub(super) struct Output<'a> {
    path: &'a Path,
    file: File,
}

impl<'a> Output<'a> {
    pub(super) fn open(path: &'a Path) -> Result<Self, Fault> {
        let cannot = |e: std::io::Error| {
            Fault::input(format!("-o {}: cannot be written: {e}", path.display()))
                .hint("name a file in a folder that exists and that you may write to")
        };
        let file = File::options().append(true).create(true).open(path).map_err(cannot)?;
        Ok(Self { path, file })
    }

    pub(super) fn write(mut self, text: &str) -> Result<(), Fault> {
        // A pipe or a device (/dev/stdout) has no length to cut.
        let cut = |file: &File| if file.metadata()?.is_file() { file.set_len(0) } else { Ok(()) };
        let result = cut(&self.file).and_then(|()| self.file.write_all(text.as_bytes()));
        result.map_err(|e| Fault::run(format!("-o {}: cannot be written: {e}", self.path.display())))
    }
}

/// Prints what is data. Nothing that files or drivers said in it steers the terminal.
pub(super) fn print(text: &str) -> Result<(), Fault> {
    match std::io::stdout().lock().write_all(printable(text).as_bytes()) {
        // `nntop … | head` has had enough: that is no failure.
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Fault::run(format!("the result cannot be printed: {e}")))
        }
        _ => Ok(()),
    }
}

/// As it can be printed: JSON with its values, other text without what cannot be shown.
fn printable(text: &str) -> Cow<'_, str> {
    if text.starts_with(['{', '[']) { text::json(text) } else { text::lines(text) }
}

/// Writes data to a file, or to standard output where there is none.
pub(super) fn deliver(file: Option<Output<'_>>, text: &str) -> Result<(), Fault> {
    match file {
        Some(file) => file.write(text),
        None => print(text),
    }
}

/// Prints a line that is no data: progress, a warning, what was written. Where standard error is closed nobody misses it.
pub(super) fn note(line: &str) {
    let _ = writeln!(std::io::stderr(), "{}", text::lines(line));
}
