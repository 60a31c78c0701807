//! The program that is the agent on the board: one of this version that is there, or a copy.

use super::shell::Shell;
use super::{Say, Step};
use nntop_agent::installer::machine_of;
use nntop_core::event::Fault;
use nntop_engine::sha256::sha256_hex;
use std::path::{Path, PathBuf};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The agent on the board.
pub(super) struct Agent {
    /// Its path there, or its name where it is in `PATH`.
    pub(super) path: String,
    /// Bytes that were copied for it.
    pub(super) copied: u64,
}

/// Finds an agent of this version on the board, or copies one there.
pub(super) fn ensure(shell: &mut Shell, given: Option<&Path>, say: &mut Say<'_>) -> Result<Agent, Fault> {
    let place = format!("agent/{VERSION}/nntop");
    let own = format!("{}/{place}", shell.cache);
    let found = shell.versions(&place)?;
    let fits = |path: &str| found.iter().any(|(p, version)| p == path && version.as_deref() == Some(VERSION));
    if given.is_none()
        && let Some((path, _)) = found.iter().find(|(path, _)| *path != own && fits(path))
    {
        return Ok(Agent { path: path.clone(), copied: 0 });
    }
    let source = source(shell, given, &found);
    let source = match source {
        // What was copied there before is enough, where this program could not be copied again.
        Err(_) if given.is_none() && fits(&own) => return Ok(Agent { path: own, copied: 0 }),
        source => source?,
    };
    let cannot = |e: std::io::Error| Fault::input(e.to_string()).about(&source.display().to_string());
    let sum = std::fs::File::open(&source).and_then(sha256_hex).map_err(cannot)?;
    if fits(&own) && shell.sum(&place)? == sum {
        return Ok(Agent { path: own, copied: 0 });
    }
    let (host, machine) = (&shell.host, &shell.machine);
    say(Step::Note(format!("{host}: copying nntop {VERSION} ({machine}, SHA-256 {sum}) to {own}")));
    let copied = shell.put(&source, &sum, "700", &place, say)?;
    let now = shell.versions(&place)?;
    match now.iter().find(|(path, _)| *path == own).map(|(_, version)| version.as_deref()) {
        Some(Some(VERSION)) => Ok(Agent { path: own, copied }),
        Some(Some(other)) => Err(Fault::input(format!("{} is nntop {other}, and this is {VERSION}", source.display()))
            .about("--agent-binary")
            .hint("both sides need the same version")),
        _ => Err(Fault { printed: shell.heard.last(), ..Fault::input("the copied agent does not run there") }
            .about(&shell.host)
            .hint("copy one that was built for that system, for example statically: --agent-binary FILE")),
    }
}

/// What can be copied: the given file, or this program where the board is of its kind.
fn source(shell: &Shell, given: Option<&Path>, found: &[(String, Option<String>)]) -> Result<PathBuf, Fault> {
    let host = &shell.host;
    if let Some(file) = given {
        let for_machine = machine_of(file);
        // A script is no ELF file; that it runs there is seen when it has arrived.
        return match for_machine {
            Some(theirs) if theirs != shell.machine => {
                Err(Fault::input(format!("{} is for {theirs}, and {host} is {}", file.display(), shell.machine))
                    .about("--agent-binary")
                    .hint(format!("name an nntop {VERSION} that was built for {}", shell.machine)))
            }
            _ => Ok(file.to_owned()),
        };
    }
    let fits = shell.machine == std::env::consts::ARCH && shell.system == "Linux";
    match std::env::current_exe() {
        Ok(own) if fits => Ok(own),
        _ => {
            let other = found.iter().find_map(|(path, version)| Some((path, version.as_deref()?)));
            let there = match other {
                Some((path, version)) => format!("nntop is {version} there ({path}), and this is {VERSION}"),
                None => format!("there is no nntop {VERSION} there"),
            };
            let kind = format!("{} {}", shell.system, shell.machine);
            Err(Fault::input(format!("{there}; the board is {kind}, and this program is not for it"))
                .about(host)
                .hint(format!("name an nntop {VERSION} that was built for {kind}: --agent-binary FILE")))
        }
    }
}
