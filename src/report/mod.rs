//! Results as people and programs read them.

mod findings;
mod operators;
mod text;

pub use text::{compared, text};
