//! `nntop agent --stdio`: the agent behind pipes.

use super::{Exit, run};
use clap::Args;
use nntop_agent::agent;
use nntop_core::event::Fault;

#[derive(Debug, Clone, Args)]
pub(super) struct AgentArgs {
    /// Speak on standard input and output
    #[arg(long, required = true)]
    pub(super) stdio: bool,
}

pub(super) fn run(args: &AgentArgs) -> Result<Exit, Fault> {
    debug_assert!(args.stdio, "clap requires it");
    match agent::serve(run::surroundings()?) {
        // The front end has left.
        Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => Ok(Exit::Ok),
        Err(e) => Err(Fault::run(format!("the agent: {e}"))),
        Ok(()) => Ok(Exit::Ok),
    }
}
