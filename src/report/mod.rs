//! Results as people and programs read them.

mod findings;
mod operators;
pub mod ops;
pub mod paper;
mod sweep;
mod sweep_table;
mod text;

pub use text::{compared, text};
