//! Why a session does not begin, or cannot go on.

use nntop_core::event::Fault;
use std::io;

/// A session that cannot begin or go on. What fails while a variant is measured is part of the result instead.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The running program would be started as a worker, and does not call [`worker_if_asked`](super::worker_if_asked).
    #[error("this program cannot be started as a worker: its main does not begin with nntop::worker_if_asked()")]
    NoWorker,
    /// This process is a worker of another session, which went on instead of ending in
    /// [`worker_if_asked`](super::worker_if_asked).
    #[error("this process is a worker: nntop::worker_if_asked() has to be the first line of main")]
    IsWorker,
    /// A metric has a name that it cannot have, or that another one has.
    #[error("{0}")]
    MetricName(String),
    /// The path of the running program cannot be found out.
    #[error("this program does not know its own path, which its workers need: {0}")]
    Program(io::Error),
    /// The agent's thread cannot be started.
    #[error("the agent cannot be started: {0}")]
    Agent(io::Error),
    /// The agent's command cannot be started.
    #[error("{command}: cannot be started: {error}")]
    Command {
        /// The command.
        command: String,
        /// Why not.
        error: io::Error,
    },
    /// What the agent's command prints are no events.
    #[error("the command is not an nntop agent{}", said.as_ref().map(|text| format!(": {text}")).unwrap_or_default())]
    NoAgent {
        /// What it said instead.
        said: Option<String>,
    },
    /// The agent is of another version.
    #[error(transparent)]
    Version(Fault),
    /// The recorder's threads cannot be started.
    #[error("the recorder cannot be started: {0}")]
    Recorder(io::Error),
    /// Another thread cannot be started.
    #[error("cannot start a thread: {0}")]
    Thread(io::Error),
}

impl Error {
    /// What to do about it, where that is known.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::NoWorker => Some(
                "call nntop::worker_if_asked() as the first line of main, or name an nntop binary with Session::worker",
            ),
            Self::NoAgent { .. } => Some(
                "the command has to run `nntop agent --stdio`, and nothing in front of it may print to standard output",
            ),
            Self::Version(fault) => fault.hint.as_deref(),
            _ => None,
        }
    }
}

/// As the command line reports it.
impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        let hint = error.hint().map(str::to_owned);
        match error {
            Error::Version(fault) => fault,
            Error::MetricName(why) => Self::input(why).about("--metric"),
            Error::Command { .. } | Error::NoAgent { .. } => {
                Self::run(error.to_string()).about("--agent").maybe_hint(hint)
            }
            _ => Self::run(error.to_string()).maybe_hint(hint),
        }
    }
}
