//! A model that the runtime's library refuses, handed over to another interface of the same runtime, which only Python has.
//!
//! The process stays the same, with its pipes, its limits and its place in the agent's books: it becomes the worker in Python. What was
//! spent until then is no part of the start that is reported.

use super::{PYTHON, WorkerSpec};
use nntop_core::catalog::{self, PythonPackage};
use nntop_core::event::{Fault, Scenario};
use nntop_core::program::{Program, python};
use nntop_core::unit::Nanos;
use rustix::fs::{MemfdFlags, memfd_create};
use std::fs::File;
use std::io::Write;
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::time::Duration;

/// An interpreter imports the package within this time, also from a slow card.
const PATIENCE: Duration = Duration::from_secs(60);

/// Becomes the worker in Python; returns only where that cannot be, with the fault of the library and what to do. `now` is on the
/// clock of the spec.
pub(super) fn become_python(spec: &WorkerSpec, now: impl Fn() -> Nanos, fault: Fault) -> Fault {
    let Some(package) = spec.variant.engine.kind().and_then(catalog::second_interface) else { return fault };
    if spec.variant.scenario != Scenario::SingleStream {
        return fault
            .hint(format!("its Interpreter may run it, one inference at a time: without {}", spec.variant.scenario));
    }
    if spec.variant.evaluation.is_some() {
        return fault.hint("its Interpreter may run it, without --dataset");
    }
    let Some(interpreter) = spec.pythons.iter().find(|path| has(Path::new(path), package)) else {
        return fault.hint(format!("its Interpreter may run it: nntop engine install {}", package.environment));
    };
    let what = format!("{}; its Interpreter is tried, through Python: {interpreter}\n", fault.message);
    let _ = std::io::stderr().write_all(what.as_bytes());
    match start(spec, now, interpreter) {
        Ok(never) => match never {},
        Err(e) => fault.hint(format!("its Interpreter may run it, but {interpreter} cannot be started: {e}")),
    }
}

fn has(interpreter: &Path, package: &PythonPackage) -> bool {
    let tried = python::code(interpreter, package.try_out);
    tried.and_then(|command| Program::new(command).limit(PATIENCE).output()).is_ok_and(|said| said.end.is_success())
}

fn start(spec: &WorkerSpec, now: impl Fn() -> Nanos, interpreter: &str) -> std::io::Result<std::convert::Infallible> {
    let program = std::env::current_exe()?;
    let script = readable(&[python::GUARD, PYTHON])?;
    // The descriptor of the events has to outlive this program; that of the agent's orders is standard input.
    let task = WorkerSpec { spawned: now(), ..spec.clone() };
    let task = readable(&[&serde_json::to_string(&task)?, "\n"])?;
    let mut command = python::command(Path::new(interpreter))?;
    command
        .arg(format!("/dev/fd/{}", script.as_raw_fd()))
        .args(["worker", &spec.slot.to_string(), &spec.variant.name])
        .env("NNTOP_PROGRAM", program)
        .env("NNTOP_SPEC_FD", task.as_raw_fd().to_string())
        .env("PYTHONUNBUFFERED", "1");
    Err(command.exec())
}

/// A file without a name, open in the program that follows.
fn readable(parts: &[&str]) -> std::io::Result<File> {
    let mut file = File::from(memfd_create("nntop", MemfdFlags::empty())?);
    parts.iter().try_for_each(|part| file.write_all(part.as_bytes()))?;
    Ok(file)
}
