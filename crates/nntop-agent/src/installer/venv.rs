//! Runtimes that Python drives: the package with all that it needs, in a virtual environment of its own.
//!
//! `engines/torch-2.15.0/bin/python` is what [`interpreter`](super::interpreter) finds. It is made aside and moved into
//! place when all is there.

use std::path::Path;
use std::time::Duration;

use super::child;
use super::install::{lock, remove_leftovers, staging};
use super::pip::size_of;
use super::pip_output::Output;
use super::stall::{self, Stall};
use super::{DataDir, Environment, InstallError, Progress, PythonInstall, python_installs, version};
use nntop_core::catalog::PythonPackage;
use nntop_core::program::{Heard, python};
use nntop_core::unit::Bytes;

/// What has to be in an environment.
fn requirements(package: &PythonPackage, wanted: Option<&str>) -> Vec<String> {
    let newest = || package.newest.map(|v| format!("{}<={v}", package.name));
    let wanted = wanted.map(|v| format!("{}=={v}", package.name));
    let own = wanted.or_else(newest).unwrap_or_else(|| package.name.to_owned());
    std::iter::once(own).chain(package.also.iter().map(|also| (*also).to_owned())).collect()
}

/// Installs the package (with its dependencies, which for PyTorch are gigabytes) into an environment of its own; one that
/// is there already is used as it is.
///
/// # Errors
/// When there is no Python with `venv`, or pip fails.
pub fn install_python(
    what: &PythonPackage,
    wanted: Option<&str>,
    environment: &Environment,
    data: &DataDir,
    progress: &mut dyn FnMut(Progress),
) -> Result<PythonInstall, InstallError> {
    let (package, needs) = (what.environment, what.space);
    if let Some(v) = wanted.filter(|v| !version::is_valid(v)) {
        return Err(InstallError::BadVersion { package: package.into(), version: v.into() });
    }
    let engines = data.engines();
    std::fs::create_dir_all(&engines).map_err(InstallError::io("create", &engines))?;
    let _lock = lock(&engines, progress)?;
    remove_leftovers(&engines);
    let there =
        python_installs(package, data).into_iter().find(|i| wanted.is_none_or(|v| version::satisfies(&i.version, v)));
    if let Some(there) = there {
        return Ok(there);
    }
    let free = free_space(&engines)?;
    if free < needs {
        let package = package.to_owned();
        return Err(InstallError::NoSpace { package, path: engines, needs, free });
    }
    let staging = staging(&engines, "venv")?;
    make(&staging.0, package, wanted, environment)?;
    let interpreter = staging.0.join("bin/python");
    let (output, done) = fetch(&interpreter, &staging.0, &requirements(what, wanted), progress)?;
    let (name, asked) = (package.to_owned(), wanted.map(String::from));
    if !done {
        return Err(match (output.network.clone(), output.offered.clone(), wanted) {
            (_, Some(mut offered), Some(v)) if !offered.is_empty() => {
                offered.sort_by(|a, b| version::compare(b, a));
                InstallError::NoSuchVersion { package: name, version: v.to_owned(), offered }
            }
            _ if output.disk_is_full() => {
                InstallError::NoSpace { package: name, free: free_space(&engines)?, path: engines, needs }
            }
            (Some(printed), ..) => InstallError::NoNetwork { package: name, version: asked, printed },
            _ => InstallError::Pip { package: name, version: asked, printed: output.last_words() },
        });
    }
    let found = super::interpreter::ask(&interpreter, what.name);
    let failed = |printed| InstallError::Pip { package: name.clone(), version: asked.clone(), printed };
    let found = found.map_err(failed)?;
    // Packages that do not fit each other, or not this Python, show themselves only when they are loaded.
    let mut printed = Output::default();
    let command = python::code(&interpreter, what.try_out).map_err(InstallError::io("run", &interpreter))?;
    let end = child::program(command).tick(Duration::from_secs(300)).lines(|heard| match heard {
        Heard::Out(_) => true,
        Heard::Err(line) => {
            printed.hear_error(line);
            true
        }
        Heard::Idle => false,
    });
    if !child::succeeded(end).map_err(InstallError::io("run", &interpreter))? {
        return Err(failed(format!("it is installed, and cannot be loaded: {}", printed.last_words())));
    }
    let dir = engines.join(format!("{package}-{}", found.version));
    std::fs::rename(&staging.0, &dir).map_err(InstallError::io("create", &dir))?;
    Ok(PythonInstall { package: name, version: found.version, python: dir.join("bin/python") })
}

/// Lets pip install into the environment; what it said, and whether it succeeded. What it fetches lies in the environment's
/// folder meanwhile, so that nothing is left elsewhere when it is killed.
fn fetch(
    interpreter: &Path,
    dir: &Path,
    requirements: &[String],
    progress: &mut dyn FnMut(Progress),
) -> Result<(Output, bool), InstallError> {
    progress(Progress::Asking { requirement: requirements.join(", ") });
    let work = dir.join("tmp");
    std::fs::create_dir(&work).map_err(InstallError::io("create", &work))?;
    let mut command = python::module(interpreter, "pip").map_err(InstallError::io("run", interpreter))?;
    command.args(["install", "--no-input", "--disable-pip-version-check", "--retries", "2"]);
    command.args(["--progress-bar", "off", "--no-cache-dir"]).args(requirements);
    command.current_dir(&work).env("PYTHONUNBUFFERED", "1").env("TMPDIR", &work);
    command.env_remove("PIP_QUIET").env_remove("PIP_VERBOSE").env_remove("PIP_LOG");
    let mut output = Output::default();
    // What was there before the file in hand, and whether all files are there.
    let (mut before, mut fetched) = (0, false);
    let mut stall = Stall::new(stall::PATIENCE);
    let end = child::program(command).tick(Duration::from_millis(500)).lines(|heard| {
        let mut is_silent = matches!(heard, Heard::Idle);
        match heard {
            Heard::Out(line) => {
                if output.hear(&line) {
                    before = size_of(&work);
                }
                fetched |= line.starts_with("Installing collected packages");
            }
            Heard::Err(line) => drop(output.hear_error(line)),
            Heard::Idle => is_silent = !output.polled(size_of(&work).saturating_sub(before)),
        }
        match &output.file {
            _ if fetched => progress(Progress::Installing { done: Bytes(size_of(&dir.join("lib"))) }),
            Some(file) => {
                let (done, total) = (Bytes(output.done), output.total.map(Bytes));
                progress(Progress::Downloading { file: file.clone(), done, total });
            }
            None => {}
        }
        // Unpacking thousands of files is silent, and no download.
        if !is_silent || fetched {
            stall.went_on();
        }
        !stall.is_over()
    });
    if let Some(silence) = stall.given_up() {
        let package = requirements.first().cloned().unwrap_or_default();
        let version = None;
        return Err(InstallError::Stalled { package, version, silence });
    }
    let done = child::succeeded(end).map_err(InstallError::io("run", interpreter))?;
    // It is no part of the environment.
    let _ = std::fs::remove_dir_all(&work);
    Ok((output, done))
}

/// What is free on the disk of a folder, for those who may not use its reserve.
fn free_space(dir: &Path) -> Result<Bytes, InstallError> {
    let disk = rustix::fs::statvfs(dir).map_err(|e| InstallError::io("look at", dir)(e.into()))?;
    Ok(Bytes(disk.f_bavail.saturating_mul(disk.f_frsize)))
}

/// A virtual environment with pip, by the first Python that can make one.
fn make(dir: &Path, package: &str, wanted: Option<&str>, environment: &Environment) -> Result<(), InstallError> {
    let mut without = None;
    for interpreter in environment.active_python().iter().chain(&environment.pythons) {
        let made = python::module(interpreter, "venv").and_then(|mut command| {
            // It starts Python itself, in the folder that it was started in.
            command.arg(dir).current_dir(dir.parent().unwrap_or(dir));
            child::succeeded(child::program(command).limit(Duration::from_secs(300)).output().map(|said| said.end))
        });
        match made {
            Ok(true) => return Ok(()),
            Ok(false) => without = without.or(Some(interpreter.clone())),
            Err(_) => {}
        }
    }
    let (package, version) = (package.to_owned(), wanted.map(String::from));
    Err(match without {
        Some(python) => InstallError::NoVenv { python, package },
        None => InstallError::NoPython { package, version },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use nntop_core::catalog::EngineKind;

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
        let torch = EngineKind::Torch.entry().source.python().unwrap();
        let found = |wanted: Option<&str>| install_python(torch, wanted, &nothing, &data, &mut |_| {});
        assert_eq!(found(None).unwrap().version, "2.15.0");
        assert_eq!(found(Some("2.9.1")).unwrap().python, data.engines().join("torch-2.9.1/bin/python"));
        assert!(matches!(found(Some("1.0.0")), Err(InstallError::NoPython { .. })));
        assert!(matches!(found(Some(">1")), Err(InstallError::BadVersion { .. })));
        assert!(python_installs("executorch", &data).is_empty());
    }

    #[test]
    fn executorch_brings_the_tensors_that_it_takes() {
        let requirements = |kind: EngineKind, version| requirements(kind.entry().source.python().unwrap(), version);
        assert_eq!(requirements(EngineKind::ExecuTorch, Some("1.5.1")), ["executorch==1.5.1", "torch"]);
        assert_eq!(requirements(EngineKind::Torch, None), ["torch"]);
    }

    #[test]
    fn a_tool_has_an_environment_of_its_own_name() {
        let dir = tempfile::tempdir().unwrap();
        let data = DataDir::new(dir.path());
        // The engine's library is in a folder of the package's name, and no environment.
        std::fs::create_dir_all(data.engines().join("onnxruntime-1.31.1")).unwrap();
        let bin = data.engines().join("quantizer-1.31.1/bin");
        std::fs::create_dir_all(&bin).unwrap();
        std::fs::write(bin.join("python"), "").unwrap();
        let tool = nntop_core::catalog::quantizer();
        let found = install_python(tool, None, &Environment::default(), &data, &mut |_| {}).unwrap();
        assert_eq!((found.package.as_str(), found.python), ("quantizer", bin.join("python")));
        // Not newer than the library that runs what it writes.
        let version = crate::installer::Runtime::default_version("onnxruntime").unwrap();
        assert_eq!(requirements(tool, None)[0], format!("onnxruntime<={version}"));
        assert_eq!(requirements(tool, Some("1.22.0"))[0], "onnxruntime==1.22.0");
    }
}
