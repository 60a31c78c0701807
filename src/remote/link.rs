//! A connection that an agent is behind: what it is called, what was brought there, and why it ended.

use super::heard::Heard;
use nntop_core::event::Fault;
use nntop_results::result::Deployment;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

/// The exit status of ssh for errors of its own; the command's is passed on.
const OWN: i32 = 255;

/// A connection.
#[derive(Debug)]
pub(crate) struct Link {
    pub(super) host: String,
    pub(super) heard: Heard,
    /// What was brought to the board.
    pub(crate) deployment: Deployment,
}

impl Link {
    /// The board, as it was named.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// Why the agent ended before its time.
    pub(crate) fn lost(&self, status: Option<ExitStatus>) -> Fault {
        let how = match status.map(|s| (s.code(), s.signal())) {
            Some((Some(OWN), _)) => "the link was lost before the run was done".to_owned(),
            Some((_, Some(signal))) => format!("ssh was killed by signal {signal} before the run was done"),
            Some((Some(code), _)) => format!("the agent ended before the run did (exit code {code})"),
            _ => "the agent ended before the run did".to_owned(),
        };
        Fault { printed: self.heard.last(), ..Fault::run(how).about(&self.host) }
            .hint("what was measured until then is in the result; the board is as it was: run it again")
    }
}

/// Why there is no connection.
pub(super) fn refused(host: &str, status: Option<ExitStatus>, printed: Vec<String>) -> Fault {
    let how = match status.map(|s| (s.code(), s.signal())) {
        Some((Some(OWN), _)) => "ssh could not connect".to_owned(),
        Some((_, Some(signal))) => format!("ssh was killed by signal {signal}"),
        Some((Some(code), _)) => format!("the connection ended at once (exit code {code})"),
        _ => "the connection ended at once".to_owned(),
    };
    let why = printed.last().map(|last| format!(": {last}")).unwrap_or_default();
    let printed = if printed.len() > 1 { printed } else { Vec::new() };
    Fault { printed, ..Fault::run(format!("{how}{why}")).about(host) }
        .hint(format!("see that this works first: ssh {host} true"))
}
