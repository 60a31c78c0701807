//! A whole model file in memory, with its sum, for formats that are small or mapped anyway.

use super::error::ModelError;
use crate::sha256::sha256_hex_of;
use nntop_core::unit::Bytes;
use std::fs::File;
use std::path::Path;

/// Files from here on are mapped: their weights need not be in memory to read the graph.
const MAPPED: u64 = 64 << 20;

/// A large file as memory, page by page as it is looked at; absent for smaller ones and where the system refuses.
pub(super) fn mapped(file: &File, size: u64) -> Option<bytes::Bytes> {
    if size < MAPPED {
        return None;
    }
    // SAFETY: the mapping is only read. A file that another program shortens meanwhile ends this one by SIGBUS, as it does
    // every runtime that maps its models.
    #[allow(unsafe_code, reason = "mapping a file is unsafe by nature")]
    let map = unsafe { memmap2::Mmap::map(file) };
    map.ok().map(bytes::Bytes::from_owner)
}

/// The file's bytes, at least one.
pub(super) fn load(path: &Path, ending: &str) -> Result<bytes::Bytes, ModelError> {
    let failed = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => ModelError::Missing { path: path.into() },
        _ => ModelError::Unreadable { path: path.into(), source },
    };
    let metadata = std::fs::metadata(path).map_err(failed)?;
    if metadata.is_dir() {
        return Err(ModelError::Folder { path: path.into(), models: models_in(path, ending) });
    }
    if !metadata.is_file() {
        return Err(failed(std::io::Error::other("not a regular file")));
    }
    if let Some(mapped) = File::open(path).ok().and_then(|file| mapped(&file, metadata.len())) {
        return Ok(mapped);
    }
    let bytes = std::fs::read(path).map_err(failed)?;
    if bytes.is_empty() { Err(ModelError::Empty { path: path.into() }) } else { Ok(bytes.into()) }
}

/// The models in a folder, the first few.
fn models_in(folder: &Path, ending: &str) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.map(|e| e.file_name().to_string_lossy().into_owned());
    let mut models: Vec<_> = names.filter(|name| name.ends_with(ending)).collect();
    models.sort();
    models.truncate(5);
    models
}

/// Sum and size of a file that nntop does not read itself.
pub fn sum(path: &Path) -> Result<(String, Bytes), ModelError> {
    let bytes = load(path, "")?;
    Ok((sha256_hex_of(&bytes), Bytes(bytes.len() as u64)))
}
