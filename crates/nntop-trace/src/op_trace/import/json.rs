//! JSON as a stream, read piece by piece: values of another type than expected are stepped over.

use crate::op_trace::OpenError;
use std::io::{Error, Read};
use struson::reader::{JsonReader, JsonStreamReader, ReaderError, ReaderSettings, ValueType};

/// A longer string is no name.
const LONGEST_STRING: usize = 1 << 20;

/// Frames of a call tree nest two levels each.
const DEEPEST: u32 = 20_000;

/// Where reading stopped, and why.
#[derive(Debug)]
pub(super) struct Stop {
    offset: u64,
    reason: String,
}

impl Stop {
    /// What a profile says that was read as far as here.
    pub(super) fn note(&self) -> String {
        format!("{} at byte {}, and what follows is not in it", self.reason, self.offset)
    }

    /// The error of a file of which nothing could be read.
    pub(super) fn error(self, format: &'static str) -> OpenError {
        OpenError::Import { format, offset: self.offset, reason: self.reason }
    }
}

/// A reader that goes through a document once.
pub(super) struct Json<R: Read>(JsonStreamReader<Guard<R>>);

impl<R: Read> Json<R> {
    pub(super) fn new(input: R) -> Self {
        let settings = ReaderSettings {
            allow_trailing_comma: true,
            track_path: false,
            max_nesting_depth: Some(DEEPEST),
            ..ReaderSettings::default()
        };
        Self(JsonStreamReader::new_custom(Guard { input, within: None, escaped: false }, settings))
    }

    /// How far it has read.
    pub(super) fn offset(&self) -> u64 {
        self.0.current_position(false).data_pos.unwrap_or(0)
    }

    /// A reason of the caller's own to stop here.
    pub(super) fn stop(&self, reason: &str) -> Stop {
        Stop { offset: self.offset(), reason: reason.into() }
    }

    /// Enters an object; false where there is something else, which is stepped over.
    pub(super) fn object(&mut self) -> Result<bool, Stop> {
        let is = self.0.peek()? == ValueType::Object;
        if is {
            self.0.begin_object()?
        } else {
            self.0.skip_value()?
        }
        Ok(is)
    }

    /// Enters an array; false where there is something else, which is stepped over.
    pub(super) fn array(&mut self) -> Result<bool, Stop> {
        let is = self.0.peek()? == ValueType::Array;
        if is {
            self.0.begin_array()?
        } else {
            self.0.skip_value()?
        }
        Ok(is)
    }

    /// Whether the next value is an array.
    pub(super) fn is_array(&mut self) -> Result<bool, Stop> {
        Ok(self.0.peek()? == ValueType::Array)
    }

    /// Which of the keys comes next, by its place in the list; others are stepped over. `None` leaves the object.
    pub(super) fn key(&mut self, keys: &[&str]) -> Result<Option<usize>, Stop> {
        while self.0.has_next()? {
            let name = self.0.next_name()?;
            if let Some(found) = keys.iter().position(|key| *key == name) {
                return Ok(Some(found));
            }
            self.0.skip_value()?;
        }
        self.0.end_object()?;
        Ok(None)
    }

    /// Whether there is one more; where not, it leaves the array.
    pub(super) fn more(&mut self) -> Result<bool, Stop> {
        let more = self.0.has_next()?;
        if !more {
            self.0.end_array()?;
        }
        Ok(more)
    }

    /// A string or a number, as text; anything else is stepped over.
    pub(super) fn text(&mut self) -> Result<Option<String>, Stop> {
        Ok(match self.0.peek()? {
            ValueType::String => Some(self.0.next_string()?),
            ValueType::Number => Some(self.0.next_number_as_string()?),
            _ => {
                self.0.skip_value()?;
                None
            }
        })
    }

    /// A count, with quotes or without.
    pub(super) fn count(&mut self) -> Result<Option<u64>, Stop> {
        Ok(self.text()?.and_then(|text| text.parse().ok()))
    }
}

impl From<ReaderError> for Stop {
    fn from(error: ReaderError) -> Self {
        let (location, reason) = match error {
            ReaderError::SyntaxError(e) => {
                let what = format!("{:?}", e.kind);
                (e.location, if what == "IncompleteDocument" { "it ends early".into() } else { words(&what) })
            }
            ReaderError::UnexpectedValueType { expected, actual, location } => {
                (location, format!("{actual} where {expected} should be"))
            }
            ReaderError::UnexpectedStructure { kind, location } => (location, format!("{kind}")),
            ReaderError::MaxNestingDepthExceeded { location, .. } => {
                (location, "more nesting than any profile has".into())
            }
            ReaderError::UnsupportedNumberValue { location, .. } => (location, "a number that is none".into()),
            ReaderError::IoError { error, location } => (location, format!("not readable ({error})")),
            other => return Self { offset: 0, reason: other.to_string() },
        };
        Self { offset: location.data_pos.unwrap_or(0), reason }
    }
}

/// `MissingColon` as `missing colon`.
fn words(name: &str) -> String {
    let mut text = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !text.is_empty() {
            text.push(' ');
        }
        text.push(c.to_ascii_lowercase());
    }
    text
}

/// Refuses strings that would fill the memory.
struct Guard<R> {
    input: R,
    /// How much of a string has been read.
    within: Option<usize>,
    escaped: bool,
}

impl<R: Read> Read for Guard<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.input.read(buffer)?;
        for byte in buffer.iter().take(n) {
            match (&mut self.within, *byte) {
                (None, b'"') => self.within = Some(0),
                (None, _) => {}
                (Some(_), _) if self.escaped => self.escaped = false,
                (Some(_), b'\\') => self.escaped = true,
                (Some(_), b'"') => self.within = None,
                (Some(length), _) => {
                    *length += 1;
                    if *length > LONGEST_STRING {
                        return Err(Error::other("a string of more than 1 MiB"));
                    }
                }
            }
        }
        Ok(n)
    }
}
