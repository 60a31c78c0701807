//! Environments that hold a Python engine, as nntop has made them.

use super::{DataDir, version};
use std::path::PathBuf;

/// What was installed: the package's version, and its interpreter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PythonInstall {
    /// `torch`.
    pub package: String,
    /// Its version.
    pub version: String,
    /// The interpreter that has it.
    pub python: PathBuf,
}

/// All environments of nntop's own that have `package`, newest first.
pub fn python_installs(package: &str, data: &DataDir) -> Vec<PythonInstall> {
    let begin = format!("{package}-");
    let entries = std::fs::read_dir(data.engines()).into_iter().flatten().flatten();
    let of = |entry: std::fs::DirEntry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        let version = name.strip_prefix(&begin)?.to_owned();
        let python = entry.path().join("bin/python");
        python.exists().then(|| PythonInstall { package: package.to_owned(), version, python })
    };
    let mut all: Vec<PythonInstall> = entries.filter_map(of).collect();
    all.sort_by(|a, b| version::compare(&b.version, &a.version));
    all
}
