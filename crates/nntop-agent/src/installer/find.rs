//! Finding runtimes' libraries: what the user names, nntop's own installs, Python, the system.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::child;
use super::{DataDir, Environment, InstallError, Installed, Runtime, library, version};

/// Where a library was found; in search order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// The option `--engine-path`.
    EnginePath,
    /// The environment variable that names a library of the engine.
    Variable,
    /// nntop's own install.
    Install,
    /// The active Python environment.
    Python,
    /// The system's library folders.
    System,
}

impl Source {
    /// All, in search order.
    pub const ALL: [Self; 5] = [Self::EnginePath, Self::Variable, Self::Install, Self::Python, Self::System];

    /// As it is shown.
    pub const fn label(self) -> &'static str {
        match self {
            Self::EnginePath => "--engine-path",
            Self::Variable => "variable",
            Self::Install => "installed by nntop",
            Self::Python => "python",
            Self::System => "system",
        }
    }
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.label())
    }
}

/// A library that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where it came from.
    pub source: Source,
    /// The library to load, absolute.
    pub path: PathBuf,
    /// The package it belongs to, as far as known: `onnxruntime-gpu`.
    pub package: Option<String>,
    /// Its version, as far as names tell; the library itself knows for sure.
    pub version: Option<String>,
}

/// Where to look.
#[derive(Debug, Clone, Copy)]
pub struct Search<'a> {
    /// What is looked for.
    pub runtime: Runtime,
    /// The value of `--engine-path`.
    pub engine_path: Option<&'a Path>,
    /// The surroundings.
    pub environment: &'a Environment,
    /// nntop's data folder.
    pub data: Option<&'a DataDir>,
    /// Only this package (`onnxruntime-gpu`) …
    pub package: Option<&'a str>,
    /// … and only this version will do. A library that does not tell is passed over.
    pub version: Option<&'a str>,
}

impl Search<'_> {
    /// The library to use; later places are not even looked at.
    pub fn first(&self) -> Result<Option<Found>, InstallError> {
        for source in Source::ALL {
            if let Some(found) = self.look(source)?.into_iter().find(|f| self.will_do(f)) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// All libraries, in search order, each once.
    pub fn all(&self) -> Result<Vec<Found>, InstallError> {
        let mut all: Vec<Found> = Vec::new();
        let mut seen = Vec::new();
        for source in Source::ALL {
            for found in self.look(source)? {
                let real = found.path.canonicalize().unwrap_or_else(|_| found.path.clone());
                if !seen.contains(&real) {
                    seen.push(real);
                    all.push(found);
                }
            }
        }
        Ok(all)
    }

    fn will_do(&self, found: &Found) -> bool {
        let package = self.package.is_none_or(|p| found.package.as_deref() == Some(p));
        let fits = |v: &str| found.version.as_deref().is_some_and(|f| version::satisfies(f, v));
        package && self.version.is_none_or(fits)
    }

    fn look(&self, source: Source) -> Result<Vec<Found>, InstallError> {
        let (runtime, environment) = (self.runtime, self.environment);
        let named = |path: Option<&Path>| path.map(|p| given(runtime, p, source)).transpose().map(Vec::from_iter);
        Ok(match source {
            Source::EnginePath => named(self.engine_path)?,
            Source::Variable => named(environment.library(runtime))?,
            Source::Install => self.data.map(|data| installs(runtime, data)).unwrap_or_default(),
            Source::Python => in_python(runtime, environment),
            Source::System => in_system(runtime, environment),
        })
    }
}

/// The library that the user names, or the best in the folder that the user names.
fn given(runtime: Runtime, path: &Path, source: Source) -> Result<Found, InstallError> {
    let given_by = if source == Source::Variable { runtime.library().variable } else { source.label() };
    let path = std::path::absolute(path).map_err(InstallError::io("find", path))?;
    if !path.exists() {
        return Err(InstallError::Missing { path, given_by });
    }
    if !path.is_dir() {
        library::check(&path)?;
        return Ok(describe(runtime, path, source));
    }
    let mut candidates = runtime.library().places.iter().flat_map(|sub| libraries_in(runtime, &path.join(sub)));
    let Some(first) = candidates.next() else {
        return Err(InstallError::NoLibrary { runtime, dir: path, given_by });
    };
    match library::check(&first) {
        Ok(()) => Ok(describe(runtime, first, source)),
        Err(error) => match candidates.find(|c| library::check(c).is_ok()) {
            Some(other) => Ok(describe(runtime, other, source)),
            None => Err(error),
        },
    }
}

fn installs(runtime: Runtime, data: &DataDir) -> Vec<Found> {
    let found = |i: Installed| Found {
        source: Source::Install,
        path: i.library,
        package: Some(i.manifest.name),
        version: Some(i.manifest.version),
    };
    let ours =
        |i: &Installed| Runtime::of_package(&i.manifest.name) == Some(runtime) && library::check(&i.library).is_ok();
    Installed::all(data).into_iter().filter(ours).map(found).collect()
}

fn in_python(runtime: Runtime, environment: &Environment) -> Vec<Found> {
    let pythons = environment.active_python().map_or_else(|| environment.pythons.clone(), |p| vec![p]);
    let package = pythons.iter().find_map(|p| package_folder(runtime, p));
    let folder = package.map(|p| p.join(runtime.library().subfolder));
    best(runtime, folder.map(|p| libraries_in(runtime, &p)).unwrap_or_default(), Source::Python)
}

fn in_system(runtime: Runtime, environment: &Environment) -> Vec<Found> {
    let mut found = Vec::new();
    for dir in &environment.library_dirs {
        found.extend(best(runtime, libraries_in(runtime, dir), Source::System));
    }
    if let Some(ldconfig) = &environment.ldconfig {
        let mut command = Command::new(ldconfig);
        command.arg("-p");
        let lines = lines_of(command);
        let cached = lines.iter().filter(|l| l.trim_start().starts_with(runtime.library().file));
        let paths = cached.filter_map(|l| Some(PathBuf::from(l.split_once(" => ")?.1)));
        found.extend(paths.filter(|p| library::check(p).is_ok()).map(|p| describe(runtime, p, Source::System)));
    }
    found
}

/// The first loadable of `libraries`: the others of one folder are mostly links to it.
fn best(runtime: Runtime, libraries: Vec<PathBuf>, source: Source) -> Vec<Found> {
    libraries
        .into_iter()
        .find(|p| library::check(p).is_ok())
        .map(|p| describe(runtime, p, source))
        .into_iter()
        .collect()
}

/// Every `libonnxruntime.so*` in `dir`, or what the runtime's is called, newest version first.
fn libraries_in(runtime: Runtime, dir: &Path) -> Vec<PathBuf> {
    let name = |p: &Path| p.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let ours =
        |p: &PathBuf| name(p).strip_prefix(runtime.library().file).is_some_and(|r| r.is_empty() || r.starts_with('.'));
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|e| e.path()).filter(ours).collect();
    let key = |p: &Path| version::of_library(&name(p)).unwrap_or_default();
    paths.sort_by(|a, b| version::compare(&key(b), &key(a)).then_with(|| a.cmp(b)));
    paths
}

/// Adds what names tell: the library's own, else that of the Python package around it.
fn describe(runtime: Runtime, path: PathBuf, source: Source) -> Found {
    let real = path.canonicalize().unwrap_or_else(|_| path.clone());
    let from_name = version::of_library(&real.file_name().unwrap_or_default().to_string_lossy());
    let (package, from_package) = package_of(runtime, &real, from_name.as_deref()).unzip();
    Found { source, path, package, version: from_name.or(from_package) }
}

/// Name and version of the package that `SITE/onnxruntime/capi/LIBRARY` belongs to; `None` when that is not clear.
fn package_of(runtime: Runtime, library: &Path, known: Option<&str>) -> Option<(String, String)> {
    let folder = library.parent().filter(|d| d.ends_with(runtime.folder()))?;
    let site = folder.ancestors().nth(Path::new(&runtime.folder()).components().count())?;
    let infos = std::fs::read_dir(site).ok()?.flatten().filter_map(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        let stem = name.strip_suffix(".dist-info").filter(|s| s.starts_with(runtime.library().module))?;
        let (package, version) = stem.split_once('-')?;
        let package = package.replace('_', "-");
        // `openvino_telemetry` is a package of its own.
        runtime.has(&package).then(|| (package, version.to_owned()))
    });
    let mut fitting = infos.filter(|(_, version)| known.is_none_or(|k| version == k));
    fitting.next().filter(|_| fitting.next().is_none())
}

/// The folder of the runtime's module, without importing it.
fn package_folder(runtime: Runtime, python: &Path) -> Option<PathBuf> {
    // The current folder is not a place where packages are installed: one named `onnxruntime` means nothing.
    const SCRIPT: &str = "import importlib.util as u
name = sys.argv[1]
s = u.find_spec(name)
print(list(s.submodule_search_locations)[0] if s and s.submodule_search_locations else '')";
    let mut command = nntop_core::program::python::code(python, SCRIPT).ok()?;
    command.arg(runtime.library().module);
    let lines = lines_of(command);
    lines.last().filter(|l| !l.is_empty()).map(PathBuf::from)
}

/// What a helper prints; nothing when it cannot run, or hangs.
fn lines_of(command: Command) -> Vec<String> {
    // The loader's cache of a large system is some hundred kilobytes long.
    let said = child::program(command).limit(Duration::from_secs(10)).most(16 << 20).output();
    said.map(|said| said.text().lines().map(|line| line.trim_end().to_owned()).collect()).unwrap_or_default()
}

#[cfg(test)]
#[path = "find_tests.rs"]
mod tests;
