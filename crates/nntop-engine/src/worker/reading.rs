//! How long the model's bytes take to come from the disk, apart from what the runtime makes of them.
//!
//! Runtimes read and parse in one call, or map the file and read what they touch; none says how long the reading alone
//! took. So the files are read once before, by the same process, and thrown away: whatever the runtime reads then lies
//! in the page cache, and its session's time is its own work.

use nntop_core::event::VariantSpec;
use std::fs::File;
use std::io::Read as _;

/// Small enough to leave no trace in what the model's memory is taken for.
const CHUNK: usize = 256 * 1024;

/// Reads all files to their end. What cannot be read is the runtime's to report, which has to read it, too; an engine
/// without a model file has none to read.
pub(super) fn read(variant: &VariantSpec, data_files: &[String]) {
    let mut chunk = vec![0; CHUNK];
    for path in std::iter::once(&variant.model).chain(data_files) {
        if let Ok(mut file) = File::open(path) {
            while matches!(file.read(&mut chunk), Ok(n) if n > 0) {}
        }
    }
}
