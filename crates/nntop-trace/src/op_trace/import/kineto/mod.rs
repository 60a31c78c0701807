//! Trace events: what PyTorch's profiler writes (`export_chrome_trace`, by Kineto), or anything for chrome://tracing.
//!
//! - Complete events (`X`, and pairs of `B` and `E`) of a thread lie in each other by their times. Those of the same
//!   name, kind and input shapes at the same place of the tree are one row. Flows, counters, instants, asynchronous
//!   events and the copies that Kineto draws on the device's tracks are no part of it.
//! - Kernels and copies are children of the operator that launched them, found by `correlation` (the launch lies in
//!   the operator), else by `External id`. Their time is the device's own: it is no part of the wall time, nor of what
//!   encloses them, and they may run when the operator has long returned.
//! - With annotations `ProfilerStep#n` these are the inferences, and the wall time is theirs; what the host did outside
//!   of them is left out. Without, the wall time lasts from the host's first event to the end of its last, and the
//!   number of inferences is not known.
//! - The host's own times and `gap` add up to the wall time, to more where several threads worked beside each other.

mod events;
mod fold;

use super::json::{Json, Stop};
use super::{counted, joined};
use crate::op_trace::OpenError;
use events::{Cat, Events};
use nntop_core::event::{Method, OpProfile};
use nntop_core::unit::Nanos;
use std::io::Read;

const FORMAT: &str = "a trace";

/// Reads the trace events of an object, or of a bare list.
pub(super) fn read(input: impl Read) -> Result<OpProfile, OpenError> {
    let mut json = Json::new(input);
    let mut events = Events::default();
    let stop = document(&mut json, &mut events).err();
    let offset = json.offset();
    let mut notes: Vec<String> = stop.iter().map(Stop::note).collect();
    notes.extend(events.finish());
    if events.all.is_empty() {
        return Err(match stop {
            Some(stop) => stop.error(FORMAT),
            None => OpenError::Import { format: FORMAT, offset, reason: "no event with a duration in it".into() },
        });
    }
    let is_pytorch = events.all.iter().any(|e| matches!(e.cat, Cat::Op | Cat::Kernel | Cat::Copy | Cat::Annotation));
    let (rows, sums) = fold::fold(&mut events);
    if rows.is_empty() {
        let reason = "all of its events lie outside of its steps (ProfilerStep#n)".into();
        return Err(OpenError::Import { format: FORMAT, offset, reason });
    }
    if sums.outside > 0 {
        let events = counted(sums.outside, "event");
        notes.push(format!("left out: {events} outside of the profiler's steps (ProfilerStep#n)"));
    }
    if sums.unlinked > 0 {
        let launched = counted(sums.unlinked, "launch");
        notes.push(format!("not in it: {launched} of kernels or copies, which stand by themselves"));
    }
    // Kineto rounds begins and ends apart from each other; more than that is worth a word.
    if sums.beyond > sums.wall / 100 {
        let time = Nanos(sums.beyond);
        notes.push(format!("events claim {time} more than what encloses them took; that was cut off"));
    }
    let host = rows.iter().filter(|row| !row.is_on_device());
    let accounted = host.fold(0u64, |sum, row| sum.saturating_add(row.self_time.0));
    Ok(OpProfile {
        source: if is_pytorch { "pytorch" } else { "chrome trace" }.into(),
        method: Method::Traced,
        inferences: sums.steps,
        wall: Nanos(sums.wall),
        gap: Nanos(sums.wall.saturating_sub(accounted)),
        partial: joined(notes),
        rows,
    })
}

fn document(json: &mut Json<impl Read>, events: &mut Events) -> Result<(), Stop> {
    if json.is_array()? {
        return list(json, events);
    }
    if json.object()? {
        while json.key(&["traceEvents"])?.is_some() {
            list(json, events)?;
        }
    }
    Ok(())
}

fn list(json: &mut Json<impl Read>, events: &mut Events) -> Result<(), Stop> {
    if !json.array()? {
        return Ok(());
    }
    while json.more()? {
        if json.object()? {
            events.read(json)?;
        }
        if events.is_full() {
            return Err(json.stop("more events than are kept"));
        }
    }
    Ok(())
}
