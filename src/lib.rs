//! nntop: top for neural networks.
//!
//! A *worker* process runs one model on one engine and times it in blocks; the *agent* spawns workers,
//! gives them turns and samples the device; a front end (dashboard or headless) folds the one stream of
//! [`event::Event`]s into [`state::State`] and shows it. ARCHITECTURE.md has the map.

pub mod agent;
pub mod cli;
pub mod clock;
pub mod control;
pub mod engine;
pub mod event;
pub mod graph;
pub mod headless;
pub mod installer;
pub mod op_trace;
pub mod recording;
pub mod report;
pub mod result;
pub mod sampler;
pub mod state;
pub mod stats;
pub mod tensor;
pub mod tui;
pub mod unit;
pub mod worker;
pub mod workload;
