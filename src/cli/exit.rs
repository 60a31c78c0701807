//! Exit codes, documented and stable; and how an error is printed.

use super::output;
use nntop_core::event::{Blame, Fault};
use nntop_core::text::clean;
use std::io::Write;
use std::process::ExitCode;

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// All went well.
    Ok = 0,
    /// The run failed.
    Failed = 1,
    /// What was given cannot be used.
    Usage = 2,
    /// A target or a gate was missed, or there was nothing to judge it by.
    Missed = 3,
    /// A run's verdict is INVALID and `--strict` was given.
    Invalid = 4,
    /// Stopped by the user, after writing what was measured.
    Interrupted = 130,
}

impl Exit {
    /// The end that another nntop's exit code stands for.
    pub(super) fn from_code(code: u8) -> Option<Self> {
        let all = [Self::Ok, Self::Failed, Self::Usage, Self::Missed, Self::Invalid, Self::Interrupted];
        all.into_iter().find(|exit| *exit as u8 == code)
    }

    /// The exit code that a fault leads to.
    pub fn of(fault: &Fault) -> Self {
        match fault.blame {
            Blame::Input => Self::Usage,
            Blame::Run => Self::Failed,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// One `error:` line, what the runtime printed, one `hint:` line.
pub(super) fn print_fault(fault: &Fault) {
    // What the user typed, and what files and runtimes say, may be in every line of it.
    let mut text = format!("error: {}\n", clean(&fault.message));
    for line in &fault.printed {
        text.push_str(&format!("  printed: {}\n", clean(line)));
    }
    if let Some(hint) = &fault.hint {
        text.push_str(&format!("hint: {}\n", clean(hint)));
    }
    // Standard error may be closed; the exit code still says it.
    let _ = std::io::stderr().write_all(output::folded_note(&text).as_bytes());
}
