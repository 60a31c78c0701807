//! The system's own tools, found and run, for so long at most.

use nntop_core::event::Fault;
use nntop_core::program::{self, End, Program};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Longer than any change of a healthy board: `nvpmodel` takes up to ten seconds where it resets the GPU.
const LIMIT: Duration = Duration::from_secs(30);

/// Where programs are looked for, and for how long one may run.
#[derive(Debug, Clone)]
pub struct Tools {
    folders: Vec<PathBuf>,
    limit: Duration,
}

impl Tools {
    /// In the folders of `PATH` but the current one, and where such tools lie that are for root.
    pub fn of_path(path: Option<&OsStr>) -> Self {
        let mut folders: Vec<PathBuf> = path.map(|path| program::folders(path).collect()).unwrap_or_default();
        folders.extend(["/usr/sbin", "/sbin"].map(PathBuf::from));
        Self::at(folders)
    }

    /// In these folders only.
    pub fn at(folders: impl IntoIterator<Item = PathBuf>) -> Self {
        Self { folders: folders.into_iter().collect(), limit: LIMIT }
    }

    /// No tool may run for longer than this.
    #[cfg(test)]
    pub(super) fn limited(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    #[cfg(feature = "jtop")]
    pub(super) fn limit(&self) -> Duration {
        self.limit
    }

    pub(super) fn find(&self, name: &str) -> Option<PathBuf> {
        self.folders.iter().map(|folder| folder.join(name)).find(|path| path.is_file())
    }

    /// Runs a tool to its end, or to the end of our patience: then it is killed with all that it has started. It hears
    /// nothing: who asks a question (nvpmodel, whether to restart the board) gets no answer.
    pub(super) fn run(&self, name: &str, arguments: &[&OsStr]) -> Result<(), Fault> {
        let Some(path) = self.find(name) else {
            return Err(Fault::run(format!("{name} is not installed")).hint("it belongs to the board's own software"));
        };
        let broken = |e: std::io::Error| Fault::run(format!("{}: {e}", path.display()));
        let mut command = Command::new(&path);
        command.args(arguments);
        // What it has begun it ends, also when nntop is killed: half a change may leave the board in no mode at all.
        let said = Program::new(command).limit(self.limit).outlives_nntop().output().map_err(broken)?;
        let (output, status) = match said.end {
            End::Exited(status) => (said, status),
            End::Late { limit, killed } => {
                // One that hangs in the kernel dies when the kernel lets it: that is not waited for.
                let end = if killed { "and was killed" } else { "and cannot be killed" };
                return Err(Fault::run(format!("{} did not end within {} {end}", shown(&path), seconds(limit)))
                    .hint("sudo dmesg shows where a driver hangs; restart the board if nothing else helps"));
            }
            _ => return Err(Fault::run(format!("{} prints without end, and was killed", shown(&path)))),
        };
        let said = format!("{}\n{}", String::from_utf8_lossy(&output.err), String::from_utf8_lossy(&output.out));
        // nvpmodel says `NVPM ERROR` and ends with 0 in some versions.
        if status.success() && !said.contains("NVPM ERROR") {
            return Ok(());
        }
        let said = said.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("it said nothing");
        let fault = Fault::run(format!("{} failed ({}): {said}", shown(&path), status));
        Err(match rustix::process::geteuid().is_root() {
            true => fault,
            false => fault.hint("only root may: sudo nntop ..."),
        })
    }
}

fn seconds(limit: Duration) -> String {
    format!("{} s", limit.as_secs())
}

fn shown(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}
