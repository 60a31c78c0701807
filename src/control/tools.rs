//! The system's own tools, found and run.

use crate::event::Fault;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where programs are looked for.
#[derive(Debug, Clone, Default)]
pub struct Tools(Vec<PathBuf>);

impl Tools {
    /// In the folders of `PATH`, and where such tools lie that are for root.
    pub fn of_path(path: Option<&OsStr>) -> Self {
        let mut folders: Vec<PathBuf> = path.map(|path| std::env::split_paths(path).collect()).unwrap_or_default();
        folders.extend(["/usr/sbin", "/sbin"].map(PathBuf::from));
        Self(folders)
    }

    /// In these folders only.
    pub fn at(folders: impl IntoIterator<Item = PathBuf>) -> Self {
        Self(folders.into_iter().collect())
    }

    pub(super) fn find(&self, name: &str) -> Option<PathBuf> {
        self.0.iter().map(|folder| folder.join(name)).find(|path| path.is_file())
    }

    /// Runs a tool to its end. It hears nothing: who asks a question (nvpmodel, whether to restart the board) gets no answer.
    pub(super) fn run(&self, name: &str, arguments: &[&OsStr]) -> Result<(), Fault> {
        let Some(path) = self.find(name) else {
            return Err(Fault::run(format!("{name} is not installed")).hint("it belongs to the board's own software"));
        };
        let ran = Command::new(&path).args(arguments).stdin(Stdio::null()).output();
        let output = ran.map_err(|e| Fault::run(format!("{}: {e}", path.display())))?;
        let said = format!("{}\n{}", String::from_utf8_lossy(&output.stderr), String::from_utf8_lossy(&output.stdout));
        // nvpmodel says `NVPM ERROR` and ends with 0 in some versions.
        if output.status.success() && !said.contains("NVPM ERROR") {
            return Ok(());
        }
        let said = said.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("it said nothing");
        let fault = Fault::run(format!("{} failed ({}): {said}", shown(&path), output.status));
        Err(match rustix::process::geteuid().is_root() {
            true => fault,
            false => fault.hint("only root may: sudo nntop ..."),
        })
    }
}

fn shown(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}
