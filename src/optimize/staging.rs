//! The folder in which variants are written before they take their places: a run that fails or is killed leaves nothing half-written.

use nntop_core::event::Fault;
use std::path::Path;
use tempfile::TempDir;

/// What the names of these folders begin with; the number of the process follows.
const PREFIX: &str = ".nntop-optimize-";

/// A folder beside the places of the files, so that they are moved and not copied. It goes when this is dropped.
#[derive(Debug)]
pub struct Staging(TempDir);

impl Staging {
    /// Makes one in `folder`, and removes what killed runs have left there.
    ///
    /// # Errors
    /// When nothing can be written there.
    pub fn below(folder: &Path) -> Result<Self, Fault> {
        let cannot = |e: std::io::Error| {
            Fault::input(format!("--save-dir {}: cannot be written: {e}", folder.display()))
                .hint("name a folder that you may write to")
        };
        std::fs::create_dir_all(folder).map_err(cannot)?;
        sweep(folder);
        let prefix = format!("{PREFIX}{}-", std::process::id());
        let made = tempfile::Builder::new().prefix(&prefix).tempdir_in(folder).map_err(cannot)?;
        for inner in ["work", "samples", "out"] {
            std::fs::create_dir(made.path().join(inner)).map_err(cannot)?;
        }
        Ok(Self(made))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

/// Removes the folders of processes that are no more.
fn sweep(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let pid = name.strip_prefix(PREFIX).and_then(|rest| rest.split_once('-')?.0.parse::<u32>().ok());
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if pid.is_some_and(|pid| is_folder && !Path::new("/proc").join(pid.to_string()).exists()) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_run_left_goes_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        // No process has a number above the kernel's largest, 2^22.
        for name in [".nntop-optimize-4194999-abc/out", ".nntop-optimize-x/out", "kept"] {
            std::fs::create_dir_all(at(name)).unwrap();
        }
        let staging = Staging::below(folder.path()).unwrap();
        assert!(!at(".nntop-optimize-4194999-abc").exists());
        assert!(at(".nntop-optimize-x").exists() && at("kept").exists());
        let path = staging.path().to_owned();
        assert!(path.join("samples").is_dir());
        drop(staging);
        assert!(!path.exists());
    }
}
