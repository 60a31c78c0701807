//! Workers that Python runs: which engines have them, with which interpreter, and how they are started.

use crate::installer::{self, DataDir, Environment, interpreter};
use nntop_core::catalog::{EngineId, PythonPackage, WorkerLanguage};
use nntop_core::event::Fault;
use std::path::Path;
use std::process::Command;

/// What every worker of this kind runs.
const SCRIPT: &str = nntop_engine::worker::PYTHON;

/// Where it reads that from: a descriptor, so that no folder of somebody else's lies on its path.
const SCRIPT_FD: i32 = 4;

/// The package of an engine whose worker Python runs; `None` for all others.
pub(super) fn package(engine: &EngineId) -> Option<&'static PythonPackage> {
    engine.entry().filter(|entry| entry.worker == WorkerLanguage::Python)?.source.python()
}

/// The interpreter for `engine`: `given` if it has the package, else the first that does. Blocks: it starts interpreters.
pub(super) fn resolve(environment: &Environment, engine: &EngineId, given: Option<&str>) -> Result<String, Fault> {
    let Some(PythonPackage { name, .. }) = package(engine) else {
        return Err(Fault::run(format!("{engine} is no engine that Python drives")));
    };
    let version = engine.version();
    let command = installer::command_to_type(name, version);
    let hint = format!("{command}, or --engine-path PYTHON for an interpreter that has it");
    let wanted = version.map_or_else(|| (*name).to_owned(), |v| format!("{name} {v}"));
    if let Some(given) = given {
        let why = match interpreter::ask(Path::new(given), name) {
            Ok(found) if interpreter::fits(&found, version) => return Ok(given.to_owned()),
            Ok(found) => format!("has {name} {}, not {wanted}", found.version),
            Err(why) => why,
        };
        return Err(Fault::input(format!("{given}: {why}")).hint(hint));
    }
    let data = DataDir::of(environment).ok();
    match interpreter::find(name, version, environment, data.as_ref()) {
        Some(found) => Ok(found.path.display().to_string()),
        None => Err(Fault::input(format!("no Python on this machine has the package {wanted}")).hint(hint)),
    }
}

/// Interpreters that may have the other interface of an engine's runtime; none is started. nntop's own environment comes first.
pub(super) fn others(environment: &Environment, engine: &EngineId) -> Vec<String> {
    let Some(package) = engine.kind().and_then(nntop_core::catalog::second_interface) else { return Vec::new() };
    let own = DataDir::of(environment).map(|data| installer::python_installs(package.environment, &data));
    let own = own.unwrap_or_default().into_iter().map(|install| install.python);
    own.chain(interpreter::candidates(package.name, environment, None)).map(|path| path.display().to_string()).collect()
}

/// The command of such a worker, and the descriptor that it has to be given.
///
/// # Errors
/// When no pipe can be made.
pub(super) fn command(program: &Path, python: &str) -> std::io::Result<(Command, command_fds::FdMapping)> {
    let (script, mut end) = std::io::pipe()?;
    // It fits into a pipe: nobody has to read while it is written (a test holds it to that).
    std::io::Write::write_all(&mut end, nntop_core::program::python::GUARD.as_bytes())?;
    std::io::Write::write_all(&mut end, SCRIPT.as_bytes())?;
    // The folder of the script, which holds nothing but descriptors, comes first among the places for modules.
    let mut command = nntop_core::program::python::command(Path::new(python))?;
    command.arg(format!("/dev/fd/{SCRIPT_FD}")).env("NNTOP_PROGRAM", program).env("PYTHONUNBUFFERED", "1");
    Ok((command, command_fds::FdMapping { parent_fd: script.into(), child_fd: SCRIPT_FD }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_fits_into_a_pipe() {
        // What a pipe holds where nobody has changed it (pipe(7)).
        assert!(SCRIPT.len() + nntop_core::program::python::GUARD.len() < 65_536, "{}", SCRIPT.len());
    }

    #[test]
    fn an_interpreter_without_the_package_is_refused_with_what_to_do() {
        let environment = Environment { nntop_data_dir: Some("/nonexistent".into()), ..Environment::default() };
        let fault = resolve(&environment, &"torch".into(), None).unwrap_err();
        assert_eq!(fault.message, "no Python on this machine has the package torch");
        assert!(fault.hint.unwrap().starts_with("nntop engine install torch"));
        let fault = resolve(&environment, &"torch".into(), Some("/nonexistent/python")).unwrap_err();
        assert!(fault.message.starts_with("/nonexistent/python: cannot be started"), "{fault:?}");
    }
}
