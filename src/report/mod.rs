//! Results as people and programs read them.

mod findings;
pub mod ops;
mod text;

pub use text::{compared, text};
