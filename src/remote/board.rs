//! A board that is ready: the agent is there, and the files of a plan are.

use super::link::{Link, refused};
use super::shell::Shell;
use super::{Say, Target, binary, files};
use nntop_agent::agent::{Handle, Renamed, attach};
use nntop_core::clock::{Clock, MonotonicClock};
use nntop_core::event::{Fault, VariantSpec};
use nntop_results::result::Deployment;
use std::process::ExitStatus;

/// A board whose agent can be started.
#[derive(Debug)]
pub(crate) struct Board {
    shell: Shell,
    agent: String,
    names: Renamed,
    deployment: Deployment,
    may_control: bool,
}

impl Board {
    /// Connects, and brings what is missing: the agent, and the files that `variants` name.
    ///
    /// # Errors
    /// When the board cannot be reached or refuses, or when a file cannot be brought there.
    pub(crate) fn prepare(target: &Target, variants: &[VariantSpec], say: &mut Say<'_>) -> Result<Self, Fault> {
        // What is not here is found before anybody is asked for a password.
        let bundles = files::of_plan(variants)?;
        let mut shell = Shell::open(target)?;
        let clock = MonotonicClock::start();
        let begun = clock.now();
        let agent = binary::ensure(&mut shell, target.agent_binary.as_deref(), say)?;
        let (mut names, mut sums, mut bytes) = (Renamed::default(), files::Sums::default(), agent.copied);
        for bundle in &bundles {
            let (there, copied) = bundle.bring(&mut shell, &mut sums, say)?;
            names.add(bundle.here.clone(), there);
            bytes += copied;
        }
        let deployment = Deployment::of(&target.host, clock.now().since(begun), bytes);
        Ok(Self { shell, agent: agent.path, names, deployment, may_control: false })
    }

    /// Lets the agent change the device, where the plan allows it.
    pub(crate) fn allow_control(mut self) -> Self {
        self.may_control = true;
        self
    }

    /// Starts the agent. Its user is the one who typed: libraries may be named by their paths.
    ///
    /// # Errors
    /// When no thread can be started.
    pub(crate) fn start(mut self) -> std::io::Result<(Handle, Link)> {
        let mut words = vec![self.agent.as_str(), "agent", "--stdio", "--allow-path"];
        words.extend(self.may_control.then_some("--allow-control"));
        self.shell.order("run", &words).map_err(|fault| std::io::Error::other(fault.message))?;
        let Shell { host, pipes, heard, .. } = self.shell;
        Ok((attach(pipes, self.names)?, Link { host, heard, deployment: self.deployment }))
    }
}

/// A board on which a command of nntop's runs.
#[derive(Debug)]
pub(crate) struct Machine {
    shell: Shell,
    agent: String,
}

impl Machine {
    /// Connects, and brings nntop there where it is missing.
    ///
    /// # Errors
    /// As [`Board::prepare`].
    pub(crate) fn prepare(target: &Target, say: &mut Say<'_>) -> Result<Self, Fault> {
        let mut shell = Shell::open(target)?;
        let agent = binary::ensure(&mut shell, target.agent_binary.as_deref(), say)?;
        Ok(Self { shell, agent: agent.path })
    }

    /// Runs nntop there with these arguments, gives each line that it prints to `each`, and its exit code at the end.
    ///
    /// # Errors
    /// When the link is lost, and those of `each`.
    pub(crate) fn run(
        mut self,
        arguments: &[String],
        each: impl FnMut(&str) -> Result<(), Fault>,
    ) -> Result<u8, Fault> {
        let words: Vec<&str> = [self.agent.as_str()].into_iter().chain(arguments.iter().map(String::as_str)).collect();
        self.shell.order("run", &words)?;
        self.shell.heard.be_loud();
        self.shell.each_line(each)?;
        let Shell { host, mut pipes, heard, .. } = self.shell;
        drop(pipes.to);
        let status = pipes.child.wait().ok();
        // ssh's own errors are no exit code of nntop's.
        let code = status.and_then(|s: ExitStatus| s.code()).and_then(|code| u8::try_from(code).ok());
        let last = heard.last();
        code.filter(|code| *code != u8::MAX).ok_or_else(|| refused(&host, status, last))
    }
}
