//! Trace events: what PyTorch's profiler writes (`export_chrome_trace`, by Kineto), or anything for chrome://tracing.
//!
//! - Complete events (`X`, and pairs of `B` and `E`) of a thread lie in each other by their times. Those of the same
//!   name, kind and input shapes at the same place of the tree are one row. Flows, counters, instants, asynchronous
//!   events and the copies that Kineto draws on the device's tracks are no part of it.
//! - With annotations `ProfilerStep#n` these are the inferences, and the wall time is theirs; what the host did outside
//!   of them is left out. Without, the wall time lasts from the host's first event to the end of its last, and the
//!   number of inferences is not known.
//! - The thread of the steps (without steps, the one that operators took longest on) is the inferences' own: the times of
//!   its rows and `gap` add up to the wall time. What other threads did meanwhile is shown separately and is added to
//!   nothing; the self times of its rows are what they took during the inferences.
//! - Kernels and copies are children of the operator that launched them, found by `correlation` (the launch lies in
//!   the operator), else by `External id`. Their time is the device's own: it is no part of the wall time, nor of what
//!   encloses them, and they may run when the operator has long returned. Waits and ranges on a device's track are rows,
//!   too, and no work of it.

mod args;
mod beside;
mod broken;
mod category;
mod events;
mod fold;
mod nanos;
mod own;
mod stamps;

use super::json::{Json, Stop};
use super::{counted, joined};
use crate::op_trace::OpenError;
use category::Cat;
use events::Events;
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
    stamps::check(&mut events);
    notes.extend(events.broken.told().map(|told| format!("left out for their time stamps: {told}")));
    if events.all.is_empty() {
        let broken = events.broken.told().map(|told| format!("no event with time stamps that can be: {told}"));
        return Err(match (stop, broken) {
            (_, Some(reason)) => OpenError::Import { format: FORMAT, offset, reason },
            (Some(stop), None) => stop.error(FORMAT),
            (None, None) => {
                OpenError::Import { format: FORMAT, offset, reason: "no event with a duration in it".into() }
            }
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
    let host = rows.iter().filter(|row| !row.is_beside());
    let accounted = host.fold(0u64, |sum, row| sum.saturating_add(row.self_time.0));
    let mut profile = OpProfile {
        counts: None,
        source: if is_pytorch { "pytorch" } else { "chrome trace" }.into(),
        method: Method::Traced,
        inferences: sums.steps,
        wall: Nanos(sums.wall),
        gap: Nanos(sums.wall.saturating_sub(accounted)),
        beside: sums.beside,
        elsewhere: sums.elsewhere,
        partial: joined(notes),
        rows,
        ..OpProfile::default()
    };
    profile.add_device_times();
    Ok(profile)
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
