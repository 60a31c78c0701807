//! Python, started so that none of the user's other files becomes part of it.
//!
//! Python puts the folder of a script, or the current one, in front of all places for modules: a `pip.py`, `venv.py` or `numpy.py`
//! there is run instead of the real one. `-I` would prevent that, but it also hides packages that people have installed for
//! themselves (`pip install --user`) or named in `PYTHONPATH`, where runtimes often are. So the current folder alone is
//! taken away: from `PYTHONPATH`, where an empty or relative entry means it; by `PYTHONSAFEPATH`, which Python 3.11 and newer heed and
//! hand on to the Python programs that they start; and, for all older ones, by the first line that runs ([`GUARD`]).

use super::search;
use std::io::Result;
use std::path::Path;
use std::process::Command;

/// Takes the current folder out of the places for modules. Nothing has been imported from there before it: `sys` is built in,
/// and what Python imports at its start (`site`, `sitecustomize`) comes before the folder is put in.
pub const GUARD: &str = "import sys; sys.path[:] = [p for p in sys.path if p[:1] == '/']\n";

/// Runs a module as `python -m` does, with the words behind it.
const RUN_MODULE: &str =
    "import runpy; n = sys.argv.pop(1); sys.argv[0] = n; runpy.run_module(n, run_name='__main__', alter_sys=True)";

/// Variables that name folders for modules; an empty or relative one among these is the current folder, or in it.
const FOLDERS: [&str; 3] = ["PYTHONPATH", "PYTHONHOME", "PYTHONUSERBASE"];

/// The interpreter, with nothing to run yet. What is run must begin with [`GUARD`], or lie in a folder of nntop's own.
///
/// # Errors
/// When there is no such program.
pub fn command(interpreter: &Path) -> Result<Command> {
    let mut command = search::command(interpreter)?;
    command.env("PYTHONSAFEPATH", "1");
    for name in FOLDERS {
        if let Some(value) = std::env::var_os(name) {
            match search::absolute(&value) {
                clean if clean.is_empty() => command.env_remove(name),
                clean => command.env(name, clean),
            };
        }
    }
    Ok(command)
}

/// The interpreter with a few lines to run.
///
/// # Errors
/// When there is no such program.
pub fn code(interpreter: &Path, code: &str) -> Result<Command> {
    let mut command = command(interpreter)?;
    command.args(["-c", &format!("{GUARD}{code}")]);
    Ok(command)
}

/// The interpreter with a module to run as a program: `pip`, `venv`.
///
/// # Errors
/// When there is no such program.
pub fn module(interpreter: &Path, name: &str) -> Result<Command> {
    let mut command = code(interpreter, RUN_MODULE)?;
    command.arg(name);
    Ok(command)
}
