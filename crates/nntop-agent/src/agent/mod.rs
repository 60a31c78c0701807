//! One agent per host: spawns workers, gives them turns, samples the device, numbers all events.
//!
//! A front end talks to an agent through a [`Handle`]: events come out, commands go in. Whether the agent
//! lives in a thread of the same process or behind the pipes of `nntop agent --stdio` makes no difference.

mod cgroup;
mod child;
mod findings;
mod handle;
mod hierarchy;
mod hub;
mod pipes;
mod processes;
mod python;
mod runtime;
pub mod schedule;
mod stdio;
mod supervisor;
mod text;

pub use handle::{Commander, Ending, Handle};
pub use pipes::{Pipes, Renamed, attach, connect};
pub use runtime::fault as install_fault;
pub use stdio::serve;

use crate::installer::Environment;
use nntop_device::sampler::{BoardPlayer, Root};
use std::path::PathBuf;
use tokio::sync::mpsc::unbounded_channel;

/// What an agent needs from its surroundings.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// The program whose `worker` subcommand is run; tests name the real binary, since theirs is the harness.
    pub program: PathBuf,
    /// Where /proc and /sys are.
    pub root: Root,
    /// What decides where runtimes are found and installed.
    pub environment: Environment,
    /// What a front end may ask for.
    pub allowed: Allowed,
}

/// What a front end may ask of an agent, beyond what the agent's machine offers by itself. The user who starts the agent decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Allowed {
    /// To load libraries and start interpreters by their paths. Otherwise they are chosen by the names of engines and
    /// versions, from what is installed.
    pub paths: bool,
    /// To change the device.
    pub control: bool,
}

impl Allowed {
    /// All of it: the front end runs in the same process, for the same person.
    pub const ALL: Self = Self { paths: true, control: true };
}

/// Starts an agent on a thread of its own, which lives as long as the agent: the kernel ends a worker when
/// the thread that spawned it ends (PR_SET_PDEATHSIG).
///
/// # Errors
/// When the thread cannot be started.
pub fn spawn(surroundings: Surroundings) -> std::io::Result<Handle> {
    spawn_on(surroundings, None)
}

/// Starts an agent that reads a recorded board instead of the machine, two states of it in turn.
///
/// # Errors
/// As [`spawn`].
pub fn spawn_recorded(surroundings: Surroundings, player: BoardPlayer) -> std::io::Result<Handle> {
    spawn_on(Surroundings { root: player.root(), ..surroundings }, Some(player))
}

fn spawn_on(surroundings: Surroundings, player: Option<BoardPlayer>) -> std::io::Result<Handle> {
    let (say, events) = std::sync::mpsc::channel();
    let (send, commands) = unbounded_channel();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let thread = std::thread::Builder::new().name("nntop-agent".into()).spawn(move || {
        nntop_core::scratch::sweep();
        runtime.block_on(supervisor::run(surroundings, player, say, commands));
        // Blocking jobs (pip) are not waited for: the front end has left.
        runtime.shutdown_background();
    })?;
    Ok(Handle::new(events, Commander::new(send), handle::Keeper::Thread(thread)))
}
