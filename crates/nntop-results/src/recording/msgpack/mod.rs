//! MessagePack for keyframes: as much of it as a state needs.
//!
//! Structs are maps of their fields' names, as `rmp_serde::to_vec_named` writes them, and the tests hold both against each
//! other. That crate reads every type in every shape that MessagePack could have brought it in, which for a state of
//! two hundred types was more machine code than the rest of this crate together, and minutes of building it. Here
//! one function reads a [`Token`](read), and a type is read from the one shape that it is written in.

mod read;
mod write;

#[cfg(test)]
mod tests;

pub(super) use read::from_slice;
pub(super) use write::to_vec;

use std::fmt;

/// BlockMedians of nesting, at most.
const DEEPEST: u16 = 128;

/// Why bytes are not the value that was asked for, or a value cannot be written.
#[derive(Debug)]
pub(super) struct Error(Box<str>);

impl Error {
    fn new(reason: &str) -> Self {
        Self(reason.into())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

impl serde::de::Error for Error {
    fn custom<T: fmt::Display>(reason: T) -> Self {
        Self(reason.to_string().into())
    }
}

impl serde::ser::Error for Error {
    fn custom<T: fmt::Display>(reason: T) -> Self {
        Self(reason.to_string().into())
    }
}
