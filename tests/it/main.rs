//! The command line from outside: the real program with real pipes, signals and models.
//!
//! ONNX Runtime is fetched once, by nntop itself, into `target/tmp`. Tests on real models need
//! `NNTOP_TEST_DATA`, the folder that holds `models`.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "what tests may, their helpers may, too")]

mod agreement;
mod allocations;
mod assumed_shapes;
mod bad_input;
mod bench;
mod browser;
mod compare;
mod constraints;
mod control;
mod custom_metrics;
mod dashboard;
mod demo_models;
mod devtools;
mod docs;
mod energy;
mod eval;
mod examples;
mod exporter;
mod faults;
mod field;
mod field_boards;
mod gates;
mod history;
mod host;
mod hostile_folder;
mod imports;
mod inspect;
mod install;
mod interrupted;
mod leak;
mod monitor;
mod native;
mod native_failures;
mod native_formats;
mod native_outputs;
mod onnx;
mod optimize;
mod overwrite;
mod packaging;
mod processes;
mod profile;
mod profiling;
mod protocol;
mod python_worker;
mod real_models;
mod recording;
mod remote;
mod reports;
mod scenarios;
mod schemas;
mod session;
mod session_options;
mod support;
mod sweep;
mod targets;
mod terminal;
mod throttling;
mod timeouts;
mod together;
#[cfg(feature = "tract")]
mod tract;
mod until_ci;
mod width;
