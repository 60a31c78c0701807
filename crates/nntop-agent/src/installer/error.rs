//! What can go wrong, each with what to do about it.

use std::path::PathBuf;

use super::elf::ElfError;
use super::pip_command::command_elsewhere;
use super::{Runtime, python_engines};
use nntop_core::catalog;
use nntop_core::unit::{Bytes, Nanos};

/// Why no runtime was found, fetched or accepted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InstallError {
    /// Nothing of this name can be installed.
    #[error("no engine '{engine}' to install")]
    UnknownEngine {
        /// The name asked for.
        engine: String,
    },
    /// Not a version number.
    #[error("'{version}' is not a version of {package}")]
    BadVersion {
        /// The package.
        package: String,
        /// What was given.
        version: String,
    },
    /// A path the user gave does not exist.
    #[error("no such file: {} (from {given_by})", path.display())]
    Missing {
        /// The path.
        path: PathBuf,
        /// The option or variable that named it.
        given_by: &'static str,
    },
    /// A folder the user gave holds no runtime.
    #[error("no {} in {} (from {given_by})", runtime.library().file, dir.display())]
    NoLibrary {
        /// What was looked for.
        runtime: Runtime,
        /// The folder.
        dir: PathBuf,
        /// The option or variable that named it.
        given_by: &'static str,
    },
    /// A file is no shared library that this machine can load.
    #[error("{} cannot be loaded: {why}", path.display())]
    NotLoadable {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        why: ElfError,
    },
    /// There is no Python to run pip with.
    #[error("cannot fetch {package}: no python3 found to run pip with")]
    NoPython {
        /// The package.
        package: String,
        /// Its version.
        version: Option<String>,
    },
    /// There is a Python, but no pip in it.
    #[error("cannot fetch {package}: {} has no pip", python.display())]
    NoPip {
        /// The interpreter.
        python: PathBuf,
        /// The package.
        package: String,
        /// Its version.
        version: Option<String>,
    },
    /// There is a Python, but it makes no virtual environments.
    #[error("cannot install {package}: {} makes no virtual environment", python.display())]
    NoVenv {
        /// The interpreter.
        python: PathBuf,
        /// The package.
        package: String,
    },
    /// pip cannot fetch for another Python than its own.
    #[error("cannot fetch {package}: pip {}.{} of {} is too old", found.0, found.1, python.display())]
    OldPip {
        /// The interpreter.
        python: PathBuf,
        /// pip's version.
        found: (u32, u32),
        /// The package.
        package: String,
        /// Its version.
        version: Option<String>,
    },
    /// The C library is not glibc.
    #[error("there are no wheels of {package} for this system: it does not run on glibc")]
    NotGlibc {
        /// The package.
        package: String,
    },
    /// The package index cannot be reached.
    #[error("cannot fetch {package}: pip cannot reach the package index ({printed})")]
    NoNetwork {
        /// The package.
        package: String,
        /// Its version.
        version: Option<String>,
        /// pip's own words.
        printed: String,
    },
    /// The download goes nowhere.
    #[error("cannot fetch {package}: nothing has come for {silence}")]
    Stalled {
        /// The package.
        package: String,
        /// Its version.
        version: Option<String>,
        /// For how long nothing has come.
        silence: Nanos,
    },
    /// pip offers other versions than the one asked for.
    #[error("there is no {package} {version} for this machine")]
    NoSuchVersion {
        /// The package.
        package: String,
        /// The version asked for.
        version: String,
        /// What pip offers, newest first.
        offered: Vec<String>,
    },
    /// pip offers no version at all for this machine.
    #[error("the package index has no wheel of {package} for {platform}")]
    NoWheel {
        /// The package.
        package: String,
        /// Architecture and glibc.
        platform: String,
        /// The version asked for.
        version: Option<String>,
    },
    /// pip failed otherwise.
    #[error("cannot fetch {package}: pip says: {printed}")]
    Pip {
        /// The package.
        package: String,
        /// Its version.
        version: Option<String>,
        /// pip's own words.
        printed: String,
    },
    /// The file is no wheel.
    #[error("{} is not a wheel: {why}", wheel.display())]
    NotAWheel {
        /// The file.
        wheel: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A wheel of something else.
    #[error("{} holds {found}, not {wanted}", wheel.display())]
    OtherPackage {
        /// The file.
        wheel: PathBuf,
        /// Package and version in it.
        found: String,
        /// What was asked for.
        wanted: String,
    },
    /// The wheel has no library that can be loaded from outside Python.
    #[error("{} ({found}) holds no {}/{}", wheel.display(), runtime.folder(), runtime.library().file)]
    NoLibraryInWheel {
        /// What was looked for.
        runtime: Runtime,
        /// The file.
        wheel: PathBuf,
        /// Package and version in it.
        found: String,
    },
    /// A wheel for another machine.
    #[error("{} is not for this machine: {why}", wheel.display())]
    OtherMachine {
        /// The file.
        wheel: PathBuf,
        /// How they differ.
        why: String,
    },
    /// The wheel's content contradicts its own list, or tries to leave its folder.
    #[error("{} is damaged: {file} {why}", wheel.display())]
    DamagedWheel {
        /// The file.
        wheel: PathBuf,
        /// The entry in it.
        file: String,
        /// What is wrong with it.
        why: String,
    },
    /// An installed file is not what was installed.
    #[error("the install in {} is damaged: {file} {why}", dir.display())]
    DamagedInstall {
        /// The install.
        dir: PathBuf,
        /// The file in it.
        file: String,
        /// What is wrong with it.
        why: &'static str,
        /// The package to install again.
        package: String,
        /// Its version.
        version: String,
    },
    /// Nothing of this name is installed, or several versions are.
    #[error("{package}{} {}", wanted.as_ref().map(|v| format!(" {v}")).unwrap_or_default(),
        if wanted.is_none() && versions.len() > 1 { "is installed in several versions" } else { "is not installed by nntop" })]
    NotInstalled {
        /// As it was asked for.
        package: String,
        /// Its version.
        wanted: Option<String>,
        /// The versions that are installed, newest first.
        versions: Vec<String>,
    },
    /// There is nowhere to install to.
    #[error("no data folder: neither NNTOP_DATA_DIR nor HOME is set")]
    NoDataDir,
    /// There is less space than it takes.
    #[error("cannot install {package}: it takes about {needs}, and {} has {free} left", path.display())]
    NoSpace {
        /// The package.
        package: String,
        /// Where it goes.
        path: PathBuf,
        /// What it takes, about.
        needs: Bytes,
        /// What is free.
        free: Bytes,
    },
    /// A file operation failed.
    #[error("cannot {doing} {}: {source}", path.display())]
    Io {
        /// The verb.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl InstallError {
    pub(super) fn io(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { doing, path, source }
    }

    /// Whether what the user gave is at fault, rather than the machine or the network.
    pub fn is_input(&self) -> bool {
        use InstallError::*;
        match self {
            UnknownEngine { .. } | BadVersion { .. } | Missing { .. } | NoLibrary { .. } | NotLoadable { .. } => true,
            NoSuchVersion { .. } | NotAWheel { .. } | OtherPackage { .. } | NoLibraryInWheel { .. } => true,
            OtherMachine { .. } | DamagedWheel { .. } | NotInstalled { .. } => true,
            NoPython { .. }
            | NoPip { .. }
            | NoVenv { .. }
            | OldPip { .. }
            | NotGlibc { .. }
            | NoNetwork { .. }
            | Stalled { .. }
            | NoWheel { .. }
            | Pip { .. } => false,
            DamagedInstall { .. } | NoDataDir | NoSpace { .. } | Io { .. } => false,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        use InstallError::*;
        Some(match self {
            UnknownEngine { .. } => format!("nntop can install: {}", catalog::installable().join(", ")),
            BadVersion { package, .. } => match Runtime::default_version(package) {
                Some(version) => format!("give one like {package} {version}"),
                None => format!("give one like {package} 1.2.3"),
            },
            Missing { given_by, .. } | NoLibrary { given_by, .. } => match *given_by {
                "--wheel" => "give the path of a downloaded .whl file".into(),
                "--engine-path" => {
                    let files = Runtime::all().map(|r| r.library().file).collect::<Vec<_>>().join(", ");
                    format!("give the runtime's library ({files}) or the folder that holds it")
                }
                variable => format!("set {variable} to an existing library, or unset it"),
            },
            NotLoadable { path, .. } => {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                let runtime = Runtime::all().find(|r| name.starts_with(r.library().file)).or_else(|| Runtime::all().next())?;
                format!(
                    "give a {} for {}, or fetch one: nntop engine install {}",
                    runtime.library().file,
                    std::env::consts::ARCH,
                    runtime.kind()
                )
            }
            NoPython { package, version } => {
                format!("apt install python3-pip; or {}", elsewhere(package, version.as_deref()))
            }
            NoPip { python, package, version } => {
                let dist = python.starts_with("/usr/bin") || python.components().count() == 1;
                let pip = match dist {
                    true => "apt install python3-pip".into(),
                    false => format!("{} -m ensurepip", python.display()),
                };
                format!("{pip}; or {}", elsewhere(package, version.as_deref()))
            }
            NoVenv { .. } => "apt install python3-venv; or give an interpreter that has the package: --engine-path PYTHON".into(),
            OldPip { python, package, version, .. } => format!(
                "{} -m pip install --user --upgrade pip; or {}",
                python.display(),
                elsewhere(package, version.as_deref())
            ),
            NotGlibc { package } => {
                let file = Runtime::of_package(package).map_or("its library", |r| r.library().file);
                format!("build or install {file} for this system and name it with --engine-path")
            }
            NoNetwork { package, version, .. } | Pip { package, version, .. } => elsewhere(package, version.as_deref()),
            Stalled { package, version, .. } => {
                format!("try again, the network may have dropped out; or {}", elsewhere(package, version.as_deref()))
            }
            NoSuchVersion { package, offered, .. } => offers(package, offered),
            NoWheel { package, version, .. } => {
                let version = version.as_deref().map(|v| format!("=={v}")).unwrap_or_default();
                format!(
                    "from the vendor's own wheel: nntop engine install {package}{version} --wheel FILE; or a built library: --engine-path FILE"
                )
            }
            NotAWheel { .. } | DamagedWheel { .. } => "download the wheel again".into(),
            OtherPackage { wanted, .. } => {
                let name = wanted.split(' ').next().unwrap_or(wanted);
                let package = Runtime::package(name).map_or(name, |(_, package)| package);
                format!("give a wheel of it, such as {}-*.whl", package.replace('-', "_"))
            }
            NoLibraryInWheel { runtime, .. } => {
                format!("take version {} or newer: older ones have no such library", runtime.library().oldest)
            }
            OtherMachine { .. } => match super::platform::Platform::of_this_machine() {
                Some(p) => format!("give a wheel whose name ends in one of: {}", p.short_tags().join(", ")),
                None => return None,
            },
            DamagedInstall { package, version, .. } => {
                format!("install it again: {}", super::command_to_type(package, Some(version)))
            }
            NotInstalled { versions, .. } if versions.is_empty() => "nntop engine list shows what is there".into(),
            NotInstalled { package, versions, .. } => {
                let all: Vec<String> = versions.iter().map(|v| format!("{package}=={v}")).collect();
                format!("there is {}", all.join(", "))
            }
            NoDataDir => "set NNTOP_DATA_DIR to a folder that nntop may write to".into(),
            NoSpace { .. } => {
                "free some space, set NNTOP_DATA_DIR to a folder on another disk, or give an interpreter that has the package: --engine-path PYTHON".into()
            }
            Io { source, path, .. } => match source.kind() {
                std::io::ErrorKind::StorageFull => {
                    "free some space, or set NNTOP_DATA_DIR to a folder on another disk".into()
                }
                std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
                    format!("allow writing to {}, or set NNTOP_DATA_DIR to another folder", path.display())
                }
                _ => return None,
            },
        })
    }
}

/// How to go on with a wheel from another machine.
fn elsewhere(package: &str, version: Option<&str>) -> String {
    if python_engines().any(|kind| kind.name() == package) {
        return "make an environment that has it (python3 -m venv, pip install), and give its interpreter: --engine-path PYTHON".into();
    }
    format!(
        "on a machine with a network: {}; then here: nntop engine install {package} --wheel FILE",
        command_elsewhere(package, version)
    )
}

/// At most ten versions; more would fill the terminal.
fn offers(package: &str, newest_first: &[String]) -> String {
    let shown = newest_first.iter().take(10).map(String::as_str).collect::<Vec<_>>().join(", ");
    match newest_first.last().filter(|_| newest_first.len() > 10) {
        Some(oldest) => format!("{package} has {shown}, … back to {oldest}"),
        None => format!("{package} has {shown}"),
    }
}
