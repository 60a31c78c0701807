//! Opening a profile that somebody else wrote. Its format is recognised by its content, never by its name.

use super::import::Format;
use super::own::Titled;
use super::{OpenError, folded, onnxruntime, own};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// How much of a file's begin decides what it is.
const HEAD: usize = 4_096;

/// What is packed may unpack to as much as this.
const MOST_UNPACKED: u64 = 4 << 30;

/// Reads the profile in a file, whoever wrote it, with its title where it has one.
///
/// # Errors
/// When it cannot be read, or is no profile, or is damaged from its begin; what is cut short is read as far as it goes
/// and says so in [`partial`](nntop_core::event::OpProfile::partial).
pub fn open(path: &Path) -> Result<Titled, OpenError> {
    let titled = content(path).map_err(|error| error.in_file(path))?;
    Ok(Titled { title: if titled.title.is_empty() { stem(path) } else { titled.title }, ..titled })
}

fn stem(path: &Path) -> String {
    path.file_stem().map_or_else(|| path.display().to_string(), |s| s.to_string_lossy().into_owned())
}

fn content(path: &Path) -> Result<Titled, OpenError> {
    let file = File::open(path).map_err(OpenError::Unreadable)?;
    if file.metadata().is_ok_and(|m| m.is_dir()) {
        return Err(OpenError::Unknown("a folder"));
    }
    read(BufReader::with_capacity(1 << 16, file))
}

/// Reads a profile of any kind, packed by gzip or not. Its title is empty where the file gives none.
///
/// # Errors
/// As those of [`open`].
pub fn read(mut input: impl BufRead) -> Result<Titled, OpenError> {
    let head = input.fill_buf().map_err(OpenError::Unreadable)?;
    if head.is_empty() {
        return Err(OpenError::Empty);
    }
    if head.starts_with(&GZIP) {
        let unpacked = flate2::bufread::MultiGzDecoder::new(input).take(MOST_UNPACKED);
        let mut unpacked = BufReader::with_capacity(1 << 16, unpacked);
        return match unpacked.fill_buf() {
            Err(e) => Err(OpenError::Import { format: "gzip", offset: 0, reason: e.to_string() }),
            Ok([]) => Err(OpenError::Empty),
            Ok(head) if head.starts_with(&GZIP) => Err(OpenError::Unknown("gzip within gzip")),
            Ok(_) => plain(unpacked),
        };
    }
    plain(input)
}

/// What files of gzip begin with.
const GZIP: [u8; 2] = [0x1f, 0x8b];

fn plain(mut input: impl BufRead) -> Result<Titled, OpenError> {
    let head = input.fill_buf().map_err(OpenError::Unreadable)?;
    let untitled = |profile| Titled { title: String::new(), overhead: None, profile };
    match Content::of(&head[..head.len().min(HEAD)]) {
        Content::Own => own::read(input),
        Content::Folded => folded::read(input).map(untitled),
        Content::Array => onnxruntime::read(input).map(untitled),
        Content::Other(format) => format.read(input).map(untitled),
        Content::Unknown(what) => Err(OpenError::Unknown(what)),
    }
}

const WITHOUT_COUNTERS: &str =
    "a report of benchmark_app without counters; -pc -report_type detailed_counters writes them beside it";

/// What a file's begin says it is.
#[derive(Debug, PartialEq, Eq)]
enum Content {
    /// nntop's own.
    Own,
    /// A JSON array: ONNX Runtime's trace events.
    Array,
    /// Text without any structure of its own.
    Folded,
    /// Another tool's.
    Other(Format),
    /// Something that is known to be no profile, or not known at all.
    Unknown(&'static str),
}

impl Content {
    fn of(head: &[u8]) -> Self {
        let text = head.trim_ascii_start();
        let holds = |word: &str| text.windows(word.len()).any(|w| w == word.as_bytes());
        if let Some(format) = Format::of(head) {
            return Self::Other(format);
        }
        match text.first() {
            _ if head.contains(&0) => Self::Unknown("binary data"),
            None => Self::Unknown("blanks only"),
            Some(b'<' | b'[' | b'{') if folded::begins(text) => Self::Folded,
            Some(b'{') if holds("\"nntop.profile/") => Self::Own,
            Some(b'{') if holds("\"execution_results\"") => Self::Unknown(WITHOUT_COUNTERS),
            Some(b'{') => Self::Unknown("a JSON object of another kind"),
            Some(b'[') => Self::Array,
            Some(b'<') => Self::Unknown("XML or HTML, perhaps a finished flame graph"),
            Some(_) if text.starts_with(b"Command line parameters") && holds("topology;") => {
                Self::Unknown(WITHOUT_COUNTERS)
            }
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
        assert_eq!(Content::of(b"{\"cmd_options\":{},\"execution_results\":{}}"), Content::Unknown(WITHOUT_COUNTERS));
        assert_eq!(
            Content::of(b"Command line parameters\n-m;a.xml\n\nConfiguration setup\ntopology;a\n"),
            Content::Unknown(WITHOUT_COUNTERS)
        );
        assert_eq!(Content::of(b"[\n{\"cat\" : \"Session\",\"ph\" : \"X\"}]"), Content::Array);
        assert_eq!(Content::of(b"[{\"ph\":\"X\"}]"), Content::Other(Format::Kineto));
        for stacks in
            ["<module> (n.py:7);mm (n.py:4) 45\n<module> 1\n", "[unknown];main 3\n", "{closure};f 2", "<T as X>::f 1"]
        {
            assert_eq!(Content::of(stacks.as_bytes()), Content::Folded, "{stacks}");
        }
        let long = format!("<module> (a.py:1);{}", "f (a.py:2);".repeat(500));
        assert_eq!(Content::of(&long.as_bytes()[..HEAD]), Content::Folded);
        for other in
            ["<?xml version=\"1.0\"?>", "<svg width=\"1\" height= 5", "<!-- a 3", "[1, 2", "[\n", "{\n", "{ \"a\": 3"]
        {
            assert_ne!(Content::of(other.as_bytes()), Content::Folded, "{other}");
        }
        assert!(matches!(Content::of(b"<svg/>"), Content::Unknown(_)));
        assert!(matches!(Content::of(b"\x08\x07\x00pytorch"), Content::Unknown(_)));
        assert!(matches!(Content::of(b"  \n "), Content::Unknown(_)));
    }
}
