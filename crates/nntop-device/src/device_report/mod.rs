//! The device in the formats of other programs: JSON (`nntop.device/1`), OpenMetrics text, a table for spreadsheets.
//!
//! All of them show what the samplers declared and read, under the names that the table of metrics
//! ([`MetricRow`](nntop_core::event::MetricRow)) gives.

mod json;
mod openmetrics;
mod parts;
mod table;
mod text;
mod text_format;
mod view;

#[cfg(test)]
mod tests;

pub use json::{SCHEMA, Snapshot};
pub use openmetrics::{MEDIA_TYPE, openmetrics};
pub use parts::{PartLine, PartState, parts};
pub use table::Table;
pub use text_format::{TEXT_MEDIA_TYPE, text_format};
