//! top for neural networks: measures models and watches the machine that runs them.
//!
//! The `nntop` program is made of this library, and a program of yours can do the same:
//!
//! ```no_run
//! use nntop::event::Plan;
//! use nntop::session::{Error, Session};
//!
//! fn main() -> Result<(), Error> {
//!     nntop::worker_if_asked();
//!     let plan = Plan::of("fp32.onnx").variant("int8.onnx").runs(1_000);
//!     let finished = Session::new(plan).run(|_event| {})?;
//!     for comparison in &finished.result.comparison {
//!         println!("{}", comparison.text);
//!     }
//!     Ok(())
//! }
//! ```
//!
//! [`session`] has the details. A *worker* process runs one model on one engine and times it in blocks; the *agent* starts workers,
//! gives them turns and samples the device; a front end (dashboard or headless) folds the stream of
//! [`event::Event`]s into a [`state::State`] and shows it; a [`result::RunResult`] is the summary. ARCHITECTURE.md has the map.
//!
//! Parts that are useful alone are crates of their own, which this one re-exports: operator profiles of many tools
//! ([`op_trace`]), the device's sensors ([`sampler`]), model files ([`graph`]).

pub mod cli;
pub mod headless;
pub mod inspect;
pub mod optimize;
mod remote;
pub mod session;

pub use nntop_accuracy as accuracy;
pub use nntop_agent::{agent, installer};
pub use nntop_core::{catalog, clock, event, stats, unit};
pub use nntop_device::{control, device_report, sampler};
pub use nntop_engine::{engine, graph, tensor, worker, workload};
pub use nntop_results::{recording, report, result};
pub use nntop_state as state;
pub use nntop_trace::op_trace;
pub use nntop_tui::tui;

pub use session::{worker_if_asked, worker_if_asked_with};
