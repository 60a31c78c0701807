//! The scheduler: which variant loads, warms up, settles, measures or is profiled, and when.
//!
//! A pure machine. It starts no process, reads no pipe and asks no clock: [`Schedule::take`] is given what happened and
//! when, and returns what is to be done. The supervisor carries that out, reports what comes of it, and calls again at
//! [`Schedule::deadline`]. Tests drive the same machine with simulated workers on a virtual clock.
//!
//! ```text
//!              ┌───────────────────────── Happened ─────────────────────────┐
//!              ▼                                                            │
//!   queued ─► finding ─► describing ─► described ─► loading ─► idle ◄──► in turn ─► ended
//!              │            │                          │                    │
//!              └──────────── Do: FindLibrary, Describe, Load, Order, Profile, End ──► supervisor
//! ```
//!
//! The rules:
//!
//! - All variants are described before any is loaded; one model loads at a time, and none while another measures.
//! - A loaded variant warms up until it is warm. Then variants take turns, A B B A; all others are suspended.
//! - A variant that has rested or was suspended settles before it measures.
//! - In parallel none is suspended, and none measures before all are warm.
//! - The points of a sweep are loaded and measured one after the other.
//! - A run ends once: complete, failed or interrupted. After a stop nothing is started any more.
//!
//! ```
//! use nntop_agent::agent::schedule::{Do, Happened, Request, RunId, Schedule};
//! use nntop_core::event::{Plan, Slot, VariantSpec};
//! use nntop_core::unit::Nanos;
//!
//! let plan = Plan { variants: vec![VariantSpec::default()], ..Plan::default() };
//! let mut schedule = Schedule::default();
//! let request = Request::Start(Box::new(plan));
//! let todo = schedule.take(Happened::Asked { id: 1, request }, Nanos::ZERO);
//! assert_eq!(todo.last(), Some(&Do::FindLibrary(RunId { slot: Slot(0), run: 1 })));
//! ```

mod burst;
mod bursts;
mod completion;
mod contract;
mod machine;
mod next;
mod requests;
mod rest;
mod silence;
mod turns;
mod variant;
mod warmup;
mod watch;

#[cfg(test)]
mod tests;

pub use contract::{Do, Happened, Request, RunId};
pub use machine::Schedule;
pub use variant::Status;
