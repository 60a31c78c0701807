//! Results as people and programs read them.

mod text;

pub use text::{compared, text};
