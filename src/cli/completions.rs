//! `nntop completions SHELL`: the shell's completions, made from the command line as it is.

use super::{Cli, Exit, help, output};
use clap::Args;
use clap_complete::Shell;
use nntop_core::event::Fault;

#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

const EXAMPLES: &str = "\
Examples:
  nntop completions bash > ~/.local/share/bash-completion/completions/nntop
  nntop completions zsh > ~/.zfunc/_nntop            with fpath+=~/.zfunc before compinit in ~/.zshrc
  nntop completions fish > ~/.config/fish/completions/nntop.fish";

pub(super) fn run(args: &CompletionsArgs) -> Result<Exit, Fault> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut help::command::<Cli>(), "nntop", &mut script);
    output::print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Ok)
}
