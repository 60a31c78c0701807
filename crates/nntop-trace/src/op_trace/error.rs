//! Why a profile cannot be read, and what to do about it.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Why a file is no profile that can be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The system refused.
    #[error("not readable: {0}")]
    Unreadable(std::io::Error),
    /// Not a single byte.
    #[error("the file is empty (0 bytes)")]
    Empty,
    /// Nothing that nntop knows.
    #[error("no profile that nntop knows: {0}")]
    Unknown(&'static str),
    /// Something else than a profile of the runtime that it should be of.
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
    /// Text, but no folded stacks.
    #[error("no folded stacks: {reason}, at byte {offset}")]
    Folded {
        /// Where.
        offset: u64,
        /// What is there.
        reason: &'static str,
    },
    /// nntop's own file, damaged.
    #[error("damaged: {0}")]
    Own(String),
    /// A file of a newer nntop.
    #[error("schema {schema:?}, which this version of nntop does not read")]
    Newer {
        /// What it says.
        schema: String,
    },
    /// A sound file without a profile.
    #[error("a file of nntop's without a profile")]
    NoProfile,
    /// Another tool's format, of which nothing could be read.
    #[error("{format}: {reason}, at byte {offset}")]
    Import {
        /// What its content shows it to be.
        format: &'static str,
        /// Where; of a packed file, in what it unpacks to.
        offset: u64,
        /// What is wrong there.
        reason: String,
    },
    /// Another error, about this file.
    #[error("{}: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        error: Box<OpenError>,
    },
}

impl OpenError {
    /// The same error, about this file.
    #[must_use]
    pub fn in_file(self, path: &Path) -> Self {
        Self::File { path: path.to_owned(), error: Box::new(self) }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::File { error, .. } => return error.hint(),
            Self::Unreadable(e) => match e.kind() {
                ErrorKind::NotFound => "check the path; it is taken relative to the current folder".into(),
                ErrorKind::PermissionDenied => "ask for read access, for example with `chmod +r`".into(),
                _ => return None,
            },
            Self::Empty => "the program that was profiled may have ended before it wrote".into(),
            Self::Unknown(_) | Self::Folded { .. } => KNOWN.into(),
            Self::Other { .. } => {
                "give the file that SessionOptions.enable_profiling writes: a JSON array of trace events".into()
            }
            Self::Damaged { .. } => "the copy may have been interrupted: fetch or record the profile again".into(),
            Self::NoOperators { .. } => "run the model at least once between enabling and ending the profile".into(),
            Self::Import { .. } => "the copy may have been interrupted, or it was never finished: profile again".into(),
            Self::Own(_) => "the copy may have been interrupted: fetch it or profile again".into(),
            Self::Newer { .. } => "use the version of nntop that wrote it, or a newer one".into(),
            Self::NoProfile => "profile again: nntop profile MODEL --format json".into(),
        })
    }
}

const KNOWN: &str = "nntop opens profiles of ONNX Runtime, PyTorch (or any Chrome trace), TensorRT (trtexec), OpenVINO \
    (benchmark_app), LiteRT, cProfile, pyinstrument, py-spy (speedscope) and perf script, its own (nntop profile --format json), and folded \
    stacks; all of them packed by gzip, too";
