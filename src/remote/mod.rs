//! A board over ssh: the agent is brought there where it is missing, and the files that a plan names.
//!
//! One connection does it all, so that a password is asked for once. On the board a few lines of shell ([`script`]) take
//! orders, until they become the agent.

mod binary;
mod board;
mod files;
mod heard;
mod interrupt;
mod link;
mod script;
mod shell;

pub(crate) use board::{Board, Machine};
pub(crate) use link::Link;

use nntop_core::unit::Bytes;
use std::path::PathBuf;
use std::time::Duration;

/// Where to, and with what.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// As ssh takes it: `board`, `user@board`, `ssh://user@board:2222`.
    pub(crate) host: String,
    /// The agent that is used there, instead of what is found.
    pub(crate) agent_binary: Option<PathBuf>,
    /// How long the board may be silent.
    pub(crate) patience: Duration,
}

/// What is shown on the way.
#[derive(Debug)]
pub(crate) enum Step<'a> {
    /// A line that stays.
    Note(String),
    /// A file is on its way.
    Copying {
        /// Which.
        what: &'a str,
        /// What is there.
        done: Bytes,
        /// What it has.
        total: Bytes,
    },
}

/// Who shows it.
pub(crate) type Say<'a> = dyn FnMut(Step<'_>) + 'a;
