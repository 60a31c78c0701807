//! All that is unsafe about LiteRT: its C library, and an owning type for each kind of object that it has.
//!
//! The library stays loaded until the process ends, and so do its functions. Each object holds the one that it was made
//! from, and is released before it.
#![allow(unsafe_code, reason = "calls of LiteRT's C library")]

mod api;
mod compiled;
mod environment;
mod model;
mod options;
mod run;

pub(super) use api::Layout;
pub(super) use compiled::CompiledModel;
pub(super) use environment::{Environment, StartError};
pub(super) use model::Model;
pub(super) use options::Options;
pub(super) use run::{Event, FillError, Run};

use super::status::Status;

/// Whether a call went well.
#[inline]
fn check(status: api::Status) -> Result<(), Status> {
    if status == 0 { Ok(()) } else { Err(Status(status)) }
}

/// A pointer that the library has handed over without an error. Null would be a failure of the runtime.
fn handed_over<T>(pointer: *mut T) -> Result<std::ptr::NonNull<T>, Status> {
    std::ptr::NonNull::new(pointer).ok_or(Status(3))
}
