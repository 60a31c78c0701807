//! Installing a runtime: one at a time, all or nothing.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use super::manifest::MANIFEST;
use super::pip::{Pip, Wanted};
use super::platform::Platform;
use super::wheel::Wheel;
use super::{DataDir, Environment, InstallError, Installed, Origin, Progress, Runtime, verify};
use super::{manifest, version};

/// What to install.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The engine's name, or that of a package which brings it: `openvino`, `onnxruntime-gpu`.
    pub engine: String,
    /// Which version; without one, the known-good.
    pub version: Option<String>,
    /// From this wheel, without a network.
    pub wheel: Option<PathBuf>,
}

impl Request {
    /// The known-good version of an engine.
    pub fn new(engine: impl Into<String>) -> Self {
        Self { engine: engine.into(), version: None, wheel: None }
    }

    /// The runtime, and the package to ask pip for.
    fn package(&self) -> Result<(Runtime, &str), InstallError> {
        Runtime::package(&self.engine).ok_or_else(|| InstallError::UnknownEngine { engine: self.engine.clone() })
    }

    fn check(&self) -> Result<(), InstallError> {
        self.package()?;
        match &self.version {
            Some(v) if !version::is_valid(v) => {
                Err(InstallError::BadVersion { package: self.engine.clone(), version: v.clone() })
            }
            _ => Ok(()),
        }
    }
}

/// Temporary folders begin like this; no install does.
const STAGING: &str = ".tmp-";

/// A folder that is gone with its value, unless it has been renamed by then.
pub(super) struct Staging(pub(super) PathBuf);

impl Drop for Staging {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Installs what `request` asks for; an install that is there already and unharmed is used as it is.
pub fn install(
    request: &Request,
    environment: &Environment,
    data: &DataDir,
    progress: &mut dyn FnMut(Progress),
) -> Result<Installed, InstallError> {
    request.check()?;
    let wheel = request.wheel.as_deref().map(|w| open(w, Origin::Wheel, request)).transpose()?;
    let engines = data.engines();
    std::fs::create_dir_all(&engines).map_err(InstallError::io("create", &engines))?;
    let _lock = lock(&engines, progress)?;
    remove_leftovers(&engines);

    match wheel {
        Some(wheel) => {
            let path = request.wheel.as_deref().unwrap_or(Path::new(""));
            let there = whole(&folder(&engines, &wheel.name, &wheel.version));
            match there {
                Some(there) if manifest::sha256_of(path)? == there.manifest.wheel_sha256 => Ok(there),
                _ => put(wheel, &engines, progress),
            }
        }
        None => {
            let (_, package) = request.package()?;
            let version = request.version.as_deref().or(Runtime::default_version(package));
            if let Some(there) = version.and_then(|v| whole(&folder(&engines, package, v))) {
                return Ok(there);
            }
            let download = staging(&engines, "download")?;
            let wheel = fetch(request, environment, &download.0, progress)?;
            put(open(&wheel, Origin::Pip, request)?, &engines, progress)
        }
    }
}

fn fetch(
    request: &Request,
    environment: &Environment,
    dir: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<PathBuf, InstallError> {
    let ((_, package), version) = (request.package()?, request.version.as_deref());
    let platform = Platform::of_this_machine().ok_or_else(|| InstallError::NotGlibc { package: package.to_owned() })?;
    let pip = Pip::locate(environment, package, version)?;
    pip.fetch(&Wanted { package, version, platform: &platform, dir }, progress)
}

/// Opens a wheel and makes sure that it is the one asked for.
fn open(path: &Path, source: Origin, request: &Request) -> Result<Wheel, InstallError> {
    let (runtime, package) = request.package()?;
    let wheel = Wheel::open(path, source, runtime)?;
    // The plain name of one that vendors build stands for all its builds, another name for itself.
    let package_fits = package == wheel.name || (package == runtime.kind().name() && runtime.has(&wheel.name));
    let version_fits = request.version.as_ref().is_none_or(|v| version::satisfies(&wheel.version, v));
    if package_fits && version_fits {
        return Ok(wheel);
    }
    let wanted = match &request.version {
        Some(version) => format!("{} {version}", request.engine),
        None => request.engine.clone(),
    };
    Err(InstallError::OtherPackage { wheel: path.into(), found: wheel.title(), wanted })
}

/// Unpacks aside, then moves into place in one step.
fn put(wheel: Wheel, engines: &Path, progress: &mut dyn FnMut(Progress)) -> Result<Installed, InstallError> {
    let dir = folder(engines, &wheel.name, &wheel.version);
    let staging = staging(engines, "unpack")?;
    let manifest = wheel.unpack(&staging.0, progress)?;
    let path = staging.0.join(MANIFEST);
    let text = serde_json::to_vec_pretty(&manifest).map_err(std::io::Error::from);
    let written = text.and_then(|t| std::fs::write(&path, t)).and_then(|()| File::open(&path)?.sync_all());
    written.map_err(InstallError::io("write", &path))?;
    if dir.exists() {
        // A damaged one, or one from another wheel. Who has it open keeps it.
        let old = Staging(engines.join(format!("{STAGING}old-{}", std::process::id())));
        std::fs::rename(&dir, &old.0).map_err(InstallError::io("replace", &dir))?;
    }
    std::fs::rename(&staging.0, &dir).map_err(InstallError::io("create", &dir))?;
    File::open(engines).and_then(|d| d.sync_all()).map_err(InstallError::io("write", engines))?;
    let library = dir.join(&manifest.library);
    Ok(Installed { dir, library, manifest })
}

/// Holds off other installs into the same folder, until the file is closed.
pub(super) fn lock(engines: &Path, progress: &mut dyn FnMut(Progress)) -> Result<File, InstallError> {
    let path = engines.join(".lock");
    let options = File::options().create(true).truncate(false).write(true).open(&path);
    let file = options.map_err(InstallError::io("open", &path))?;
    let locked = match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => {
            progress(Progress::Waiting);
            file.lock()
        }
        Err(TryLockError::Error(error)) => Err(error),
    };
    match locked {
        // Some network file systems have no locks: better without than not at all.
        Err(e) if e.kind() != std::io::ErrorKind::Unsupported => Err(InstallError::io("lock", path)(e)),
        _ => Ok(file),
    }
}

/// What an interrupted install has left; whoever holds the lock is alone.
pub(super) fn remove_leftovers(engines: &Path) {
    for entry in std::fs::read_dir(engines).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(STAGING) {
            drop(Staging(entry.path()));
        }
    }
}

pub(super) fn staging(engines: &Path, what: &str) -> Result<Staging, InstallError> {
    let path = engines.join(format!("{STAGING}{what}-{}", std::process::id()));
    std::fs::create_dir(&path).map_err(InstallError::io("create", &path))?;
    Ok(Staging(path))
}

fn folder(engines: &Path, name: &str, version: &str) -> PathBuf {
    engines.join(format!("{name}-{version}"))
}

/// The install in `dir`, if nothing is wrong with it.
fn whole(dir: &Path) -> Option<Installed> {
    Installed::load(dir).filter(|i| verify(i).is_ok())
}

#[cfg(test)]
#[path = "install_tests.rs"]
mod tests;
