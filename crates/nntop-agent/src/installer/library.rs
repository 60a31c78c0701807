//! Whether a file is a shared library that this machine can load.

use super::InstallError;
use super::elf::{ElfError, HEADER_LEN, check_header};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Checks the header of `path`.
///
/// # Errors
/// When it cannot be read, or is no library that this machine can load.
pub fn check(path: &Path) -> Result<(), InstallError> {
    // A pipe would be waited for.
    if std::fs::metadata(path).is_ok_and(|m| !m.is_file()) {
        return Err(InstallError::NotLoadable { path: path.into(), why: ElfError::NotElf });
    }
    let mut header = Vec::with_capacity(HEADER_LEN as usize);
    File::open(path)
        .and_then(|f| f.take(HEADER_LEN).read_to_end(&mut header))
        .map_err(InstallError::io("read", path))?;
    check_header(&header).map_err(|why| InstallError::NotLoadable { path: path.into(), why })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_very_program_is_for_this_machine() {
        // Rust builds position-independent programs: to the loader they are shared objects.
        check(&std::env::current_exe().unwrap()).unwrap();
    }

    #[test]
    fn text_and_short_files_are_told_from_libraries() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("libonnxruntime.so");
        for content in ["GROUP ( libonnxruntime.so.1 )\n and more", "", "\x7fELF"] {
            std::fs::write(&path, content).unwrap();
            let error = check(&path).unwrap_err();
            assert!(matches!(&error, InstallError::NotLoadable { why: ElfError::NotElf, .. }), "{error}");
            assert!(error.to_string().ends_with("cannot be loaded: it is not an ELF file"));
        }
    }
}
