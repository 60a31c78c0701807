//! What nntop says, held against what is true: runs of the synthetic engine on a virtual clock, a thousand for each
//! interval, comparison and false alarm, two hundred for each kind of trouble.
//!
//! They go through the very code that measures real models: the agent's scheduler, the timed loop and its turns, `block`
//! events, the fold with its intervals, comparison and findings. Only processes and waiting are left out.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "what tests may, their helpers may, too")]

mod bed;
mod comparison;
mod gates;
mod health;
mod intervals;
mod warmup;
