//! Where what a command writes goes: data to standard output or a file, which is found to be writable before the measurement
//! and not after it; notes to standard error.

use super::overwrite;
use nntop_core::event::Fault;
use nntop_core::new_file::{self, NewFile};
use nntop_core::text;
use nntop_results::report::layout::{UNLIMITED, fit};
use std::borrow::Cow;
use std::io::{IsTerminal, Write};
use std::path::Path;

/// Terminals that say less are taken for as wide as this: some say 0.
const NARROWEST: usize = 40;

/// A place that can be written to; until the run is over it keeps what it holds.
pub(super) struct Output<'a> {
    path: &'a Path,
    quiet: bool,
}

impl<'a> Output<'a> {
    pub(super) fn open(path: &'a Path) -> Result<Self, Fault> {
        overwrite::check(path).map_err(|fault| fault.about("-o"))?;
        NewFile::create(path).map(drop).map_err(|e| cannot(path, &e))?;
        Ok(Self { path, quiet: false })
    }

    /// Without the line that says what was written.
    pub(super) fn quiet(self, quiet: bool) -> Self {
        Self { quiet, ..self }
    }

    pub(super) fn write(self, text: &str) -> Result<(), Fault> {
        new_file::write(self.path, text.as_bytes())
            .map_err(|e| Fault::run(format!("-o {}: cannot be written: {e}", self.path.display())))?;
        if !self.quiet {
            written(self.path);
        }
        Ok(())
    }
}

/// Says that a file was written; a device or a pipe is none.
pub(super) fn written(path: &Path) {
    if path.is_file() {
        note(&format!("written: {}", path.display()));
    }
}

/// An output that cannot be written, and what to do.
pub(super) fn cannot(path: &Path, e: &std::io::Error) -> Fault {
    Fault::input(format!("-o {}: cannot be written: {e}", path.display()))
        .hint("name a file in a folder that exists and that you may write to")
}

/// The columns of the terminal that text is written for; without limit where it goes to a file or a pipe.
pub(super) fn width(file: Option<&Path>) -> usize {
    columns(file.is_none() && std::io::stdout().is_terminal())
}

fn columns(is_terminal: bool) -> usize {
    let asked = is_terminal.then(crossterm::terminal::size).and_then(Result::ok);
    asked.map_or(UNLIMITED, |(columns, _)| usize::from(columns).max(NARROWEST))
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
    let line = text::without_os_error(line);
    let _ = writeln!(std::io::stderr(), "{}", folded_note(&text::lines(&line)));
}

/// Text for standard error, folded where that is a terminal.
pub(super) fn folded_note(text: &str) -> String {
    fit(text, columns(std::io::stderr().is_terminal()))
}
