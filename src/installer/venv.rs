//! Runtimes that Python drives: the package with all that it needs, in a virtual environment of its own.
//!
//! `engines/torch-2.15.0/bin/python` is what [`interpreter`](super::interpreter) finds. It is made aside and moved into
//! place when all is there.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::child::{self, Heard};
use super::install::{lock, remove_leftovers, staging};
use super::pip_output::Output;
use super::{DataDir, Environment, InstallError, Progress, interpreter, version};

/// The packages that are installed so.
pub const PYTHON_PACKAGES: [&str; 2] = ["torch", "executorch"];

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

/// Installs `package` (with its dependencies, which for PyTorch are gigabytes) into an environment of its own; one that
/// is there already is used as it is.
///
/// # Errors
/// When there is no Python with `venv`, or pip fails.
pub fn install_python(
    package: &str,
    wanted: Option<&str>,
    environment: &Environment,
    data: &DataDir,
    progress: &mut dyn FnMut(Progress),
) -> Result<PythonInstall, InstallError> {
    if let Some(v) = wanted.filter(|v| !version::is_valid(v)) {
        return Err(InstallError::BadVersion { package: package.into(), version: v.into() });
    }
    let engines = data.engines();
    std::fs::create_dir_all(&engines).map_err(InstallError::io("create", &engines))?;
    let _lock = lock(&engines, progress)?;
    remove_leftovers(&engines);
    let there = installs(package, data).into_iter().find(|i| wanted.is_none_or(|v| version::satisfies(&i.version, v)));
    if let Some(there) = there {
        return Ok(there);
    }
    let staging = staging(&engines, "venv")?;
    make(&staging.0, package, wanted, environment)?;
    let requirement = wanted.map_or_else(|| package.to_owned(), |v| format!("{package}=={v}"));
    progress(Progress::Asking { requirement: requirement.clone() });
    let python = staging.0.join("bin/python");
    let mut output = Output::default();
    let mut command = Command::new(&python);
    command.args(["-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--retries", "2"]);
    command.args(["--progress-bar", "off", "--no-cache-dir"]).arg(&requirement).env("PYTHONUNBUFFERED", "1");
    let status = child::run(&mut command, Duration::from_millis(500), |heard| {
        match heard {
            Heard::Out(line) => drop(output.hear(&line)),
            Heard::Err(line) => drop(output.hear_error(line)),
            Heard::Idle => {}
        }
        true
    });
    let status = status.map_err(InstallError::io("run", &python))?;
    let (name, asked) = (package.to_owned(), wanted.map(String::from));
    if !status.is_some_and(|s| s.success()) {
        return Err(match (output.network.clone(), output.offered.clone(), wanted) {
            (_, Some(offered), Some(v)) if !offered.is_empty() => {
                InstallError::NoSuchVersion { package: name, version: v.to_owned(), offered }
            }
            (Some(printed), ..) => InstallError::NoNetwork { package: name, version: asked, printed },
            _ => InstallError::Pip { package: name, version: asked, printed: output.last_words() },
        });
    }
    let found = interpreter::ask(&python, package);
    let found = found.map_err(|why| InstallError::Pip { package: name.clone(), version: asked, printed: why })?;
    let dir = engines.join(format!("{package}-{}", found.version));
    std::fs::rename(&staging.0, &dir).map_err(InstallError::io("create", &dir))?;
    Ok(PythonInstall { package: name, version: found.version, python: dir.join("bin/python") })
}

/// A virtual environment with pip, by the first Python that can make one.
fn make(dir: &Path, package: &str, wanted: Option<&str>, environment: &Environment) -> Result<(), InstallError> {
    let mut without = None;
    for python in environment.active_python().iter().chain(&environment.pythons) {
        let mut command = Command::new(python);
        command.args(["-m", "venv"]).arg(dir);
        let ended = child::run(&mut command, Duration::from_secs(120), |heard| !matches!(heard, Heard::Idle));
        match ended {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(_) => without = without.or(Some(python.clone())),
            Err(_) => {}
        }
    }
    let (package, version) = (package.to_owned(), wanted.map(String::from));
    Err(match without {
        Some(python) => InstallError::NoVenv { python, package },
        None => InstallError::NoPython { package, version },
    })
}

/// All environments of nntop's own that have `package`, newest first.
pub fn installs(package: &str, data: &DataDir) -> Vec<PythonInstall> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_that_is_there_is_used() {
        let dir = tempfile::tempdir().unwrap();
        let data = DataDir::new(dir.path());
        for version in ["2.9.1", "2.15.0"] {
            let bin = data.engines().join(format!("torch-{version}/bin"));
            std::fs::create_dir_all(&bin).unwrap();
            std::fs::write(bin.join("python"), "").unwrap();
        }
        // No Python at all: nothing can be made.
        let nothing = Environment::default();
        let found = |wanted: Option<&str>| install_python("torch", wanted, &nothing, &data, &mut |_| {});
        assert_eq!(found(None).unwrap().version, "2.15.0");
        assert_eq!(found(Some("2.9.1")).unwrap().python, data.engines().join("torch-2.9.1/bin/python"));
        assert!(matches!(found(Some("1.0.0")), Err(InstallError::NoPython { .. })));
        assert!(matches!(found(Some(">1")), Err(InstallError::BadVersion { .. })));
        assert!(installs("executorch", &data).is_empty());
    }
}
