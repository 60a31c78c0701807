//! Operator profiles: reading what runtimes wrote, folding it, and what follows from it.
//!
//! Everything here works on [`OpProfile`](crate::event::OpProfile), the one shape of all profiles. Parsers stream:
//! memory does not grow with the file.

mod folded;
mod open;
mod own;

pub use crate::event::{Family, Method, OpProfile, OpRow, RowKind, RowStatus, TensorSig};
pub use folded::FOLDED;
pub use open::{OpenError, open};
pub use own::{ProfileFile, SCHEMA, Titled};
