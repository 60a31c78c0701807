//! Why a profile cannot be read, and what to do about it.

use std::path::{Path, PathBuf};

/// A profile that cannot be read.
#[derive(Debug)]
pub struct Error {
    /// The file, where there is one.
    pub path: Option<PathBuf>,
    /// What is wrong with it.
    pub wrong: Wrong,
}

/// What is wrong with a profile.
#[derive(Debug, thiserror::Error)]
pub enum Wrong {
    /// The system refused.
    #[error("not readable: {0}")]
    Unreadable(std::io::Error),
    /// No bytes at all.
    #[error("the file is empty (0 bytes)")]
    Empty,
    /// Something else than a profile of this runtime.
    #[error("not a profile of {runtime}: {found} at byte {offset}, where {expected} should be")]
    Other {
        /// Whose profile was expected.
        runtime: &'static str,
        /// Where it was seen.
        offset: u64,
        /// What is there.
        found: String,
        /// What should be there.
        expected: &'static str,
    },
    /// Damaged before anything could be read.
    #[error("damaged at byte {offset}: {expected} should be there, and nothing could be read before it")]
    Damaged {
        /// Where.
        offset: u64,
        /// What should be there.
        expected: &'static str,
    },
    /// A sound profile without an operator.
    #[error("no operator has run in this profile ({events} events)")]
    NoOperators {
        /// What it holds instead.
        events: u64,
    },
}

impl Error {
    /// The same error, about this file.
    #[must_use]
    pub fn in_file(self, path: &Path) -> Self {
        Self { path: Some(path.to_owned()), ..self }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match &self.wrong {
            Wrong::Unreadable(source) => match source.kind() {
                std::io::ErrorKind::NotFound => "check the path; it is taken relative to the current folder".into(),
                std::io::ErrorKind::PermissionDenied => "ask for read access, for example with `chmod +r`".into(),
                _ => return None,
            },
            Wrong::Empty => {
                "the program may have ended before its session did: a profile is written by EndProfiling".into()
            }
            Wrong::Other { .. } => {
                "give the file that SessionOptions.enable_profiling writes: a JSON array of trace events".into()
            }
            Wrong::Damaged { .. } => "the copy may have been interrupted: fetch or record the profile again".into(),
            Wrong::NoOperators { .. } => "run the model at least once between enabling and ending the profile".into(),
        })
    }
}

impl From<Wrong> for Error {
    fn from(wrong: Wrong) -> Self {
        Self { path: None, wrong }
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(path) = &self.path {
            write!(f, "{}: ", path.display())?;
        }
        self.wrong.fmt(f)
    }
}

impl std::error::Error for Error {}
