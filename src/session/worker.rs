//! A program that measures is its own worker: how it is asked to be one, and how it answers.

use super::Error;
use nntop_engine::engine::Engines;
use nntop_engine::worker;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether this program answers as a worker when it is started as one.
static ANSWERS: AtomicBool = AtomicBool::new(false);

/// Lets this program be started as a worker. Call it first in `main`.
///
/// A [`Session`](super::Session) runs each model in a process of its own, for which it starts the running program again. In
/// such a process this function does the worker's work and ends the process; everywhere else it returns at once. A process is
/// a worker if the agent has put `NNTOP_WORKER` into its environment, so your program's own arguments stay your own. What comes
/// before the call runs in every worker, too, and delays its start-up.
pub fn worker_if_asked() {
    worker_if_asked_with(&Engines::standard());
}

/// The same for a program that brings engines of its own: its workers can open them, and plans can name them.
pub fn worker_if_asked_with(engines: &Engines) {
    ANSWERS.store(true, Ordering::Relaxed);
    if !is_worker() {
        return;
    }
    if let Some(code) = answer_with(engines) {
        let code = i32::from(code != ExitCode::SUCCESS);
        #[expect(clippy::exit, reason = "the process was started to be a worker: its main must not go on")]
        std::process::exit(code);
    }
}

/// The same by the arguments alone, for the nntop binary, which has no other use for them.
pub(crate) fn answer_as_worker() -> Option<ExitCode> {
    ANSWERS.store(true, Ordering::Relaxed);
    answer_with(&Engines::standard())
}

fn answer_with(engines: &Engines) -> Option<ExitCode> {
    match std::env::args_os().nth(1)?.to_str()? {
        "worker" => Some(worker::main_with(engines, Some(nntop_accuracy::evaluate))),
        // What workers in Python feed their models with: seeded here, so that all engines get the same bits.
        "inputs" => Some(worker::inputs_main()),
        _ => None,
    }
}

/// Whether an agent has started this process to be a worker.
fn is_worker() -> bool {
    std::env::var_os(worker::ASKED).is_some()
}

/// The program that workers are started from: `given`, else the running one, if it answers.
pub(super) fn program(given: Option<PathBuf>) -> Result<PathBuf, Error> {
    if is_worker() {
        return Err(Error::IsWorker);
    }
    match given {
        Some(program) => Ok(program),
        None if ANSWERS.load(Ordering::Relaxed) => std::env::current_exe().map_err(Error::Program),
        None => Err(Error::NoWorker),
    }
}
