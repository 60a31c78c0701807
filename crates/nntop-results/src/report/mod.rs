//! Results as people and programs read them.

mod accuracy;
pub mod comparison;
mod counters;
mod custom;
pub mod documents;
mod findings;
pub mod layout;
mod operators;
pub mod ops;
mod paced_lines;
mod runs;
mod sparkline;
mod sweep;
mod sweep_table;
mod text;

pub use runs::{runs, runs_csv, trend};
pub use text::{compared, summary, text};
