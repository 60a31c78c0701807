//! What an install consists of: written last, so that a folder without it is not an install.

use std::fs::File;
use std::path::{Component, Path, PathBuf};

use nntop_engine::sha256::sha256_hex;
use serde::{Deserialize, Serialize};

use super::{DataDir, InstallError, version};

/// The manifest's name in an install's folder.
pub(super) const MANIFEST: &str = "manifest.json";

/// How a runtime came here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// pip fetched it.
    Pip,
    /// From a wheel the user gave.
    Wheel,
}

/// One installed file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstalledFile {
    /// Relative to the install, as in the wheel.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal digits.
    pub sha256: String,
}

/// The content of `manifest.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The package's name: `onnxruntime`, `onnxruntime-gpu`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// How it came here.
    pub source: Origin,
    /// The wheel's file name.
    pub wheel: String,
    /// The wheel's SHA-256.
    pub wheel_sha256: String,
    /// The runtime's main library, one of `files`.
    pub library: String,
    /// Every file of the install but this manifest.
    pub files: Vec<InstalledFile>,
}

/// A runtime in nntop's data folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// Its folder.
    pub dir: PathBuf,
    /// The library to load.
    pub library: PathBuf,
    /// What it consists of.
    pub manifest: Manifest,
}

impl Installed {
    /// The install in `dir`; `None` when there is none that is complete.
    pub(super) fn load(dir: &Path) -> Option<Self> {
        let text = std::fs::read(dir.join(MANIFEST)).ok()?;
        let manifest: Manifest = serde_json::from_slice(&text).ok()?;
        let inside = |path: &str| Path::new(path).components().all(|c| matches!(c, Component::Normal(_)));
        let whole = |f: &InstalledFile| {
            inside(&f.path) && std::fs::metadata(dir.join(&f.path)).is_ok_and(|m| m.is_file() && m.len() == f.bytes)
        };
        let complete = manifest.files.iter().any(|f| f.path == manifest.library) && manifest.files.iter().all(whole);
        complete.then(|| Self { dir: dir.into(), library: dir.join(&manifest.library), manifest })
    }

    /// All complete installs, newest version first; of one version, a variant before the plain package, because
    /// it was asked for by name.
    pub fn all(data: &DataDir) -> Vec<Self> {
        let Ok(entries) = std::fs::read_dir(data.engines()) else { return Vec::new() };
        let visible = |e: &std::fs::DirEntry| !e.file_name().to_string_lossy().starts_with('.');
        let dirs = entries.flatten().filter(visible).map(|e| e.path());
        let mut all: Vec<Self> = dirs.filter_map(|d| Self::load(&d)).collect();
        all.sort_by(|a, b| {
            let (a, b) = (&a.manifest, &b.manifest);
            version::compare(&b.version, &a.version).then_with(|| b.name.len().cmp(&a.name.len()))
        });
        all
    }
}

/// Checks every file of an install against the sums taken when it was installed.
pub fn verify(installed: &Installed) -> Result<(), InstallError> {
    let damaged = |file: &str, why| InstallError::DamagedInstall {
        dir: installed.dir.clone(),
        file: file.into(),
        why,
        package: installed.manifest.name.clone(),
        version: installed.manifest.version.clone(),
    };
    for file in &installed.manifest.files {
        let path = installed.dir.join(&file.path);
        if !path.is_file() {
            return Err(damaged(&file.path, "is missing"));
        }
        if sha256_of(&path)? != file.sha256 {
            return Err(damaged(&file.path, "has changed since it was installed"));
        }
    }
    Ok(())
}

/// A file's SHA-256 in hexadecimal digits.
pub(super) fn sha256_of(path: &Path) -> Result<String, InstallError> {
    let file = File::open(path).map_err(InstallError::io("read", path))?;
    sha256_hex(file).map_err(InstallError::io("read", path))
}
