//! Python interpreters that have a package: the one that was named, the active environment's, nntop's own, the system's.

use super::{DataDir, Environment, child, python_engines, python_installs, version};
use nntop_core::program::{End, python};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// An interpreter answers within this time, also from a slow card.
const PATIENCE: Duration = Duration::from_secs(30);

/// An interpreter that has a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interpreter {
    /// Where it is.
    pub path: PathBuf,
    /// The package's version, as its metadata has it.
    pub version: String,
}

/// Interpreters that could have `package`, in the order in which they are asked.
pub fn candidates(package: &str, environment: &Environment, data: Option<&DataDir>) -> Vec<PathBuf> {
    let own = data.map(|data| own(package, data)).unwrap_or_default();
    environment.active_python().into_iter().chain(own).chain(environment.pythons.iter().cloned()).collect()
}

/// nntop's own environments: those with `package`, newest first (`engines/torch-2.15.0/bin/python`), then those that were
/// made for another package and may have it besides, as ExecuTorch's have PyTorch.
fn own(package: &str, data: &DataDir) -> Vec<PathBuf> {
    let others = python_engines().map(|kind| kind.name()).filter(|other| *other != package);
    std::iter::once(package).chain(others).flat_map(|p| python_installs(p, data)).map(|i| i.python).collect()
}

/// Whether this interpreter has `package`. Asks its metadata: importing it takes seconds.
///
/// # Errors
/// Why it is of no use, in words that go behind its path.
pub fn ask(path: &Path, package: &str) -> Result<Interpreter, String> {
    const CODE: &str = "import importlib.metadata as m\ntry:\n print(m.version(sys.argv[1]))\n\
                        except m.PackageNotFoundError:\n sys.exit(3)";
    let unusable = |e: std::io::Error| format!("cannot be started: {e}");
    let mut command = python::code(path, CODE).map_err(unusable)?;
    command.arg(package);
    let output = child::program(command).limit(PATIENCE).most(4_096).output().map_err(unusable)?;
    let version = output.text().trim().to_owned();
    // A name in PATH is from here on the program that was found: the worker must be run by no other.
    let path = nntop_core::program::find(path).map_err(unusable)?;
    match output.end {
        End::Exited(status) if status.success() && !version.is_empty() => Ok(Interpreter { path, version }),
        End::Exited(status) if status.code() == Some(3) => Err(format!("has no package {package}")),
        End::Late { limit, .. } => Err(format!("did not answer within {} s", limit.as_secs())),
        _ => Err("is no Python of 3.8 or newer".into()),
    }
}

/// The first that has `package`, in that version if one is wanted.
pub fn find(
    package: &str,
    wanted: Option<&str>,
    environment: &Environment,
    data: Option<&DataDir>,
) -> Option<Interpreter> {
    let asked = candidates(package, environment, data).into_iter().filter_map(|path| ask(&path, package).ok());
    asked.into_iter().find(|found| fits(found, wanted))
}

/// Whether it has the version that is wanted.
pub fn fits(found: &Interpreter, wanted: Option<&str>) -> bool {
    wanted.is_none_or(|wanted| version::satisfies(&found.version, wanted))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    /// A stand-in for an interpreter: a shell script.
    fn script(path: &Path, text: &str) -> PathBuf {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, format!("#!/bin/sh\n{text}\n")).unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path.to_owned()
    }

    #[test]
    fn the_first_that_has_the_package_is_taken_in_the_documented_order() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        script(&at("venv/bin/python"), "exit 3");
        let data = DataDir::new(at("data"));
        let own = script(&data.engines().join("torch-2.1.0/bin/python"), "echo 2.1.0");
        script(&data.engines().join("torchvision-9/bin/python"), "echo 9");
        let system = script(&at("python3"), "echo 1.13.1");
        let environment = Environment {
            virtual_env: Some(at("venv")),
            pythons: vec![at("gone"), system.clone()],
            ..Environment::default()
        };
        let found = find("torch", None, &environment, Some(&data)).unwrap();
        assert_eq!((found.path, found.version.as_str()), (own, "2.1.0"));
        assert_eq!(find("torch", None, &environment, None).unwrap().path, system);
        assert_eq!(find("torch", Some("1.13.1"), &environment, Some(&data)).unwrap().path, system);
        assert_eq!(find("torch", Some("7"), &environment, Some(&data)), None);
        assert_eq!(find("torch", None, &Environment::default(), None), None);
    }

    #[test]
    fn what_is_wrong_with_an_interpreter_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let python = script(&folder.path().join("python"), "exit 3");
        assert_eq!(ask(&python, "torch").unwrap_err(), "has no package torch");
        assert!(ask(&folder.path().join("none"), "torch").unwrap_err().contains("cannot be started"));
        let other = script(&folder.path().join("other"), "exit 1");
        assert!(ask(&other, "torch").unwrap_err().contains("no Python"));
    }
}
