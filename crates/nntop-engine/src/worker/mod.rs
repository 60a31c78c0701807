//! The measured process: one model on one engine, timed in blocks.
//!
//! `nntop worker` reads its [`WorkerSpec`] and then orders from standard input, and says events on a file
//! descriptor of their own: native runtimes print on standard output and error.

mod affinity;
mod answers;
mod burst;
mod counters;
mod emitter;
mod hand_over;
mod inputs;
mod inputs_process;
mod interrupted;
mod memory;
mod overhead;
mod process;
mod reading;
mod scenario;
mod spec;
mod sys;
mod timed;
mod turn;

#[cfg(test)]
mod until_sure_tests;

/// The worker for engines that are Python packages. It speaks the same protocol; the agent starts it with an interpreter.
pub const PYTHON: &str = include_str!("../../assets/python/worker.py");

pub use counters::ProcessCounters;
pub use emitter::Emitter;
pub use inputs_process::main as inputs_main;
pub use process::{main, main_with};
pub use scenario::{Load, Setting, SingleStream, load};
pub use spec::{ASKED, EVENTS_FD, Task, WorkerSpec};
pub use timed::{BlockLimits, LiveFeed, SampleBuffer, TimedBlock, time_block};
pub use turn::{Turn, TurnLimits};
