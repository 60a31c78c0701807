//! What LiteRT's statuses mean: the library has no function for it.

use std::fmt;

/// A status that is no success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Status(pub(super) i32);

impl Status {
    /// Whether it is about what the runtime does, and not about the file: a failure of the runtime, not supported, not compiled.
    pub(super) const fn is_refusal(self) -> bool {
        matches!(self.0, 3 | 5 | 504)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.0;
        let known = match status {
            1 => "an invalid argument",
            2 => "out of memory",
            3 => "a failure of the runtime",
            4 => "a missing input",
            5 => "not supported",
            6 => "not found",
            8 => "a wrong version",
            500 => "the file cannot be read as a model",
            501 => "the file is no sound FlatBuffer",
            502 => "a library that it needs cannot be loaded",
            504 => "the model cannot be compiled",
            4000..=4002 => "made for another version",
            _ => return write!(f, "status {status}"),
        };
        write!(f, "{known} (status {status})")
    }
}
