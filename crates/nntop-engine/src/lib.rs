//! Runs models on ONNX Runtime, OpenVINO, LiteRT and others, and times them.
//!
//! An [`Engine`](engine::Engine) is a runtime that was loaded, a [`Model`](engine::Model) a session of it, and a
//! [`Stream`](engine::Stream) has its inputs bound and infers. Native runtimes are libraries that are loaded at run time; none
//! is linked. [`worker`] is the measured process around them: it loads one model and times it in blocks.
//!
//! Here the synthetic engine infers three times on a virtual clock, one millisecond each:
//!
//! ```
//! use nntop_core::clock::{Clock, VirtualClock};
//! use nntop_engine::engine::{Pace, Stream, Synthetic};
//!
//! let clock = VirtualClock::default();
//! let engine = Synthetic::parse("synthetic:constant,median=1ms", Pace::Virtual(clock.clone()))?;
//! let mut stream = engine.open_stream();
//! for _ in 0..3 {
//!     stream.infer()?;
//! }
//! assert_eq!(clock.now().0, 3_000_000);
//! # Ok::<(), nntop_core::event::Fault>(())
//! ```
//!
//! [`graph`] reads what a model file says about itself without any runtime: parameters, data types, operators, inputs.
//!
//! ```no_run
//! let model = nntop_engine::graph::read("squeezenet.onnx".as_ref())?;
//! println!("{} parameters in {} operators", model.params, model.operators);
//! # Ok::<(), nntop_engine::graph::ModelError>(())
//! ```
//!
//! To measure a model from a program, use `nntop::session::Session`, which starts workers and collects their results.

pub mod engine;
pub mod graph;
pub mod sha256;
pub mod tensor;
pub mod worker;
pub mod workload;
