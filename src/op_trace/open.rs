//! Opening a profile that somebody else wrote. What it is is told by its content, never by its name.

use super::own::Titled;
use super::{Error, folded, onnxruntime, own};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

/// How much of a file's begin decides what it is.
const HEAD: usize = 4_096;

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
    /// A runtime's own format, damaged or of something else.
    #[error("{0}")]
    Runtime(Error),
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
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::File { error, .. } => return error.hint(),
            Self::Runtime(error) => return error.hint(),
            Self::Unreadable(e) if e.kind() == std::io::ErrorKind::NotFound => {
                "check the path; it is taken relative to the current folder".into()
            }
            Self::Unreadable(_) => return None,
            Self::Empty => "the program that was profiled may have ended before it wrote".into(),
            Self::Unknown(_) | Self::Folded { .. } => KNOWN.into(),
            Self::Own(_) => "the copy may have been interrupted: fetch it or profile again".into(),
            Self::Newer { .. } => "use the version of nntop that wrote it, or a newer one".into(),
            Self::NoProfile => "profile again: nntop profile MODEL --format json".into(),
        })
    }
}

const KNOWN: &str = "nntop opens ONNX Runtime's profiles, its own (nntop profile --format json), and folded stacks";

/// Reads the profile in a file, whoever wrote it, with its title where it has one.
///
/// # Errors
/// When it cannot be read, or is no profile, or is damaged from its begin; what is cut short is read as far as it goes
/// and says so in [`partial`](crate::event::OpProfile::partial).
pub fn open(path: &Path) -> Result<Titled, OpenError> {
    let titled = content(path).map_err(|error| OpenError::File { path: path.into(), error: Box::new(error) })?;
    Ok(Titled { title: if titled.title.is_empty() { stem(path) } else { titled.title }, ..titled })
}

fn stem(path: &Path) -> String {
    path.file_stem().map_or_else(|| path.display().to_string(), |s| s.to_string_lossy().into_owned())
}

fn content(path: &Path) -> Result<Titled, OpenError> {
    let mut input = BufReader::with_capacity(1 << 16, File::open(path).map_err(OpenError::Unreadable)?);
    let head = input.fill_buf().map_err(|e| match e.kind() {
        std::io::ErrorKind::IsADirectory => OpenError::Unknown("a folder"),
        _ => OpenError::Unreadable(e),
    })?;
    if head.is_empty() {
        return Err(OpenError::Empty);
    }
    let untitled = |profile| Titled { title: String::new(), overhead: None, profile };
    match Content::of(&head[..head.len().min(HEAD)]) {
        Content::Own => own::read(input),
        Content::Folded => folded::read(input).map(untitled),
        Content::Array => onnxruntime::read(input).map(untitled).map_err(OpenError::Runtime),
        Content::Unknown(what) => Err(OpenError::Unknown(what)),
    }
}

/// What a file's begin says it is.
#[derive(Debug, PartialEq, Eq)]
enum Content {
    /// nntop's own.
    Own,
    /// A JSON array: ONNX Runtime's trace events.
    Array,
    /// Text without any structure of its own.
    Folded,
    /// Something that is known to be no profile, or not known at all.
    Unknown(&'static str),
}

impl Content {
    fn of(head: &[u8]) -> Self {
        let text = head.trim_ascii_start();
        let holds = |word: &str| text.windows(word.len()).any(|w| w == word.as_bytes());
        match text.first() {
            _ if head.contains(&0) => Self::Unknown("binary data"),
            _ if head.starts_with(&[0x1f, 0x8b]) => Self::Unknown("gzip: unpack it first"),
            None => Self::Unknown("blanks only"),
            Some(b'{') if holds("\"nntop.profile/") => Self::Own,
            Some(b'{') => Self::Unknown("a JSON object of another kind"),
            Some(b'[') => Self::Array,
            Some(b'<') => Self::Unknown("XML or HTML, perhaps a finished flame graph"),
            Some(_) => Self::Folded,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_decides() {
        assert_eq!(Content::of(b"main;f 3\n"), Content::Folded);
        assert_eq!(Content::of(b" \n[{\"cat\":\"Session\"}]"), Content::Array);
        assert_eq!(Content::of(br#"{"schema":"nntop.profile/1"}"#), Content::Own);
        assert!(matches!(Content::of(b"<svg/>"), Content::Unknown(_)));
        assert!(matches!(Content::of(b"\x08\x07\x00pytorch"), Content::Unknown(_)));
        assert!(matches!(Content::of(b"  \n "), Content::Unknown(_)));
    }
}
