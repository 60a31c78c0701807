//! nntop: top for neural networks.
//!
//! A *worker* process runs one model on one engine and times it in blocks; the *agent* spawns workers,
//! gives them turns and samples the device; a front end (dashboard or headless) folds the one stream of
//! [`event::Event`]s into [`state::State`] and shows it. ARCHITECTURE.md has the map.

pub mod cli;
pub mod headless;

pub use nntop_agent::{agent, installer};
pub use nntop_core::{clock, event, stats, unit};
pub use nntop_device::{control, sampler};
pub use nntop_engine::{engine, graph, tensor, worker, workload};
pub use nntop_results::{recording, report, result, state};
pub use nntop_trace::op_trace;
pub use nntop_tui::tui;
