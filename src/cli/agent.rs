//! `nntop agent --stdio`: the agent behind pipes.

use super::{Exit, run};
use clap::Args;
use nntop_agent::agent::{self, Allowed, Surroundings};
use nntop_core::event::Fault;

#[derive(Debug, Clone, Args)]
pub(super) struct AgentArgs {
    /// Speak on standard input and output
    #[arg(long, required = true)]
    pub(super) stdio: bool,
    /// Let the front end name libraries and interpreters by their paths (--engine-path, --ep-option); they run as this user
    #[arg(long)]
    allow_path: bool,
    /// Let the front end change the device (its own --allow-control)
    #[arg(long)]
    allow_control: bool,
}

pub(super) fn run(args: &AgentArgs) -> Result<Exit, Fault> {
    debug_assert!(args.stdio, "clap requires it");
    let allowed = Allowed { paths: args.allow_path, control: args.allow_control };
    match agent::serve(Surroundings { allowed, ..run::surroundings()? }) {
        // The front end has left.
        Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => Ok(Exit::Ok),
        Err(e) => Err(Fault::run(format!("the agent: {e}"))),
        Ok(()) => Ok(Exit::Ok),
    }
}
