//! Recordings: the stream of events in a file, and the way back from there to the same screens.
//!
//! [`StreamRecorder`] takes the events on their way to a front end and writes them, off every other thread's way;
//! [`Recording`] reads a file back, whole or torn; [`Player`] plays it with a clock of its own. A file is a row of
//! zstd frames ([`format`](self) in `format.rs`), so that `zstd -dc FILE` prints the events.

mod condense;
mod export;
mod file;
mod format;
mod frame;
pub mod history;
mod info;
mod msgpack;
mod play;
mod player;
mod reader;
mod recorder;
mod ring;
mod trim;

pub use export::{ExportError, csv, histogram_log, json};
pub use file::FULL_BYTES;
pub use info::{Info, SCHEMA as INFO_SCHEMA, VariantInfo};
pub use play::play;
pub use player::Player;
pub use reader::Recording;
pub use recorder::{Report, StreamRecorder, Summary, Writer};
pub use trim::trim;

#[cfg(test)]
mod tests;
