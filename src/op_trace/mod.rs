//! Operator profiles: reading what runtimes wrote, folding it, and what follows from it.
//!
//! Everything here works on [`OpProfile`](crate::event::OpProfile), the one shape of all profiles. Parsers stream:
//! memory does not grow with the file.

mod error;
pub mod flops;
pub mod matching;
mod merge;
pub mod onnxruntime;
pub mod sums;

pub use error::{Error, Wrong};
pub use merge::merge;
