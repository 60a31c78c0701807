//! Results as people and programs read them.

mod findings;
mod operators;
mod sweep;
mod sweep_table;
pub mod ops;
mod text;

pub use text::{compared, text};
