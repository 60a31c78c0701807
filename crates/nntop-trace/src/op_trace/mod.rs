//! Operator profiles: reading what runtimes wrote, folding it, and what follows from it.
//!
//! Everything here works on [`OpProfile`], the one shape of all profiles. Parsers stream:
//! memory does not grow with the file.

mod error;
pub mod flops;
mod folded;
mod functions;
mod import;
pub mod matching;
mod merge;
pub mod onnxruntime;
mod open;
mod own;
pub mod tree;

pub use error::OpenError;
pub use folded::FOLDED;
pub use import::PERF;
pub use merge::merge;
pub use nntop_core::event::{Family, Method, OpProfile, OpRow, RowKind, RowStatus, TensorSig, Track};
pub use open::{open, read};
pub use own::{ProfileFile, SCHEMA, Titled};
