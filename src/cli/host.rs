//! `--host`: a board over ssh. What measures goes through an agent there; other commands run there and print here.

use super::{Exit, heading, output};
use crate::headless::FetchBar;
use crate::remote::{Board, Machine, Step, Target};
use clap::Args;
use nntop_core::event::{Fault, Plan, TIMEOUT, VariantSpec};
use nntop_core::unit::Nanos;
use std::path::PathBuf;

/// Where to measure.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct HostArgs {
    /// Use this board, through ssh; nntop, models and inputs are copied there as needed
    ///
    /// HOST is what ssh takes: board, user@board, ssh://user@board:2222, or a name of ~/.ssh/config. Results, recordings and
    /// reports stay on this machine. Paths of libraries (--engine-path) are the board's.
    #[arg(long, value_name = "[USER@]HOST", value_parser = host, help_heading = heading::BOARD)]
    pub(super) host: Option<String>,
    /// Copy this nntop to the board, built for its architecture, instead of using what is there
    #[arg(long, value_name = "FILE", requires = "host", help_heading = heading::BOARD, hide_short_help = true)]
    pub(super) agent_binary: Option<PathBuf>,
}

/// A name that ssh would take for an option is none.
fn host(text: &str) -> Result<String, String> {
    if text.is_empty() || text.starts_with('-') || text.contains(char::is_whitespace) || text.contains(char::is_control)
    {
        return Err("expected a host as ssh takes it: board, user@board".into());
    }
    Ok(text.to_owned())
}

impl HostArgs {
    fn target(&self, timeout: Nanos) -> Option<Target> {
        let patience = if timeout == Nanos::ZERO { TIMEOUT } else { timeout };
        let (host, agent_binary) = (self.host.clone()?, self.agent_binary.clone());
        Some(Target { host, agent_binary, patience: patience.into() })
    }

    /// The board with all that the plan names, where there is one.
    pub(super) fn board(&self, plan: &Plan) -> Result<Option<Board>, Fault> {
        let Some(target) = self.target(plan.timeout) else { return Ok(None) };
        let prepared = with_bar(|say| Board::prepare(&target, &plan.variants, say))?;
        Ok(Some(if plan.allow_control { prepared.allow_control() } else { prepared }))
    }

    /// Runs the command that was typed on the board instead of here; `None` where none is named.
    pub(super) fn forward(&self) -> Option<Result<Exit, Fault>> {
        let target = self.target(TIMEOUT)?;
        Some(with_bar(|say| Machine::prepare(&target, say)).and_then(|machine| {
            let code = machine.run(&arguments(std::env::args().skip(1)), |line| output::print(&format!("{line}\n")))?;
            Ok(Exit::from_code(code).unwrap_or(Exit::Failed))
        }))
    }

    /// Refuses what looks at this machine's engines.
    pub(super) fn check(&self, variants: &[VariantSpec], all: &str) -> Result<(), Fault> {
        match (&self.host, variants.iter().any(|spec| spec.engine.name() == all)) {
            (Some(host), true) => Err(Fault::input("--engine all: not with --host, where the engines are not known")
                .hint(format!("nntop engine list --host {host} shows them; name those that you mean"))),
            _ => Ok(()),
        }
    }
}

/// Shows on standard error what is copied.
fn with_bar<T>(work: impl FnOnce(&mut crate::remote::Say<'_>) -> Result<T, Fault>) -> Result<T, Fault> {
    let mut bar: Option<FetchBar> = None;
    let done = work(&mut |step| match step {
        Step::Note(line) => output::note(&line),
        Step::Copying { what, done, total } => {
            bar.get_or_insert_with(FetchBar::new).show(&format!("copying {what}"), done, Some(total));
        }
    });
    if let Some(bar) = bar {
        bar.bar.finish_and_clear();
    }
    done
}

/// The words of the command line without those that name the board.
fn arguments(words: impl Iterator<Item = String>) -> Vec<String> {
    let mut kept = Vec::new();
    let mut is_value = false;
    for word in words {
        if std::mem::take(&mut is_value) {
            continue;
        }
        is_value = matches!(word.as_str(), "--host" | "--agent-binary");
        if !is_value && !word.starts_with("--host=") && !word.starts_with("--agent-binary=") {
            kept.push(word);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_board_gets_the_command_without_its_own_name() {
        let words = ["doctor", "--host", "a@b", "--format", "json", "--agent-binary=x", "--serial"].map(str::to_owned);
        assert_eq!(arguments(words.into_iter()), ["doctor", "--format", "json", "--serial"]);
    }

    #[test]
    fn a_host_is_no_option() {
        assert!(["", "-oProxyCommand=x", "a b"].iter().all(|text| host(text).is_err()));
        assert_eq!(host("ssh://me@board:2222").as_deref(), Ok("ssh://me@board:2222"));
    }
}
