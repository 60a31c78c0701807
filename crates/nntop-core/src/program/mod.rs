//! Programs that nntop starts: found, kept apart from the current folder, limited, and ended with all that they have started.
//!
//! Whatever runs beside nntop goes through here. [`command`] finds a program in `PATH`, [`shell`] takes a user's command line,
//! [`python`] starts Python so that it runs none of the files that happen to lie in the current folder, and [`Program`] runs
//! them within limits:
//!
//! ```
//! use nntop_core::program::{End, Program, shell};
//! use std::time::Duration;
//!
//! let said = Program::new(shell("cat; echo done")).input("hello\n").limit(Duration::from_secs(10)).output()?;
//! assert!(matches!(said.end, End::Exited(status) if status.success()));
//! assert_eq!(said.text(), "hello\ndone\n");
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! A program that runs for as long as nntop does, such as a worker, is started by its owner, who keeps a [`Group`] of it.

mod group;
mod lines;
pub mod python;
mod run;
mod search;
#[cfg(test)]
mod tests;

pub use group::{Group, die_with_parent, go_on_all, pause_all};
pub use lines::{Line, Lines};
pub use run::{End, Heard, Output, Program};
pub use search::{command, find, folders, shell};
