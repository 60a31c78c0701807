//! TensorRT: what `trtexec --exportProfile` writes, `[{"count": 625}, {"name": …, "timeMs": …}, …]`.
//!
//! `timeMs` is summed over `count` inferences. TensorRT names fused layers by what they were made of and gives no
//! types, nor does it say when a layer began.

use super::json::{Json, Stop};
use super::{MOST_ROWS, counted, joined, millis};
use crate::op_trace::OpenError;
use nntop_core::event::{Method, OpProfile, OpRow};
use nntop_core::unit::Nanos;
use std::io::Read;

const FORMAT: &str = "trtexec's profile";

/// Reads the layers in their order.
pub(super) fn read(input: impl Read) -> Result<OpProfile, OpenError> {
    let mut json = Json::new(input);
    let (mut count, mut rows, mut untimed) = (0u64, Vec::new(), 0u64);
    let stop = layers(&mut json, &mut count, &mut rows, &mut untimed).err();
    if rows.is_empty() {
        return Err(match stop {
            Some(stop) => stop.error(FORMAT),
            None => OpenError::Import { format: FORMAT, offset: json.offset(), reason: "no layer in it".into() },
        });
    }
    let mut notes: Vec<String> = stop.iter().map(Stop::note).collect();
    if untimed > 0 {
        notes.push(format!("left out: {} without a time", counted(untimed, "layer")));
    }
    // A layer runs once in each inference.
    rows.iter_mut().for_each(|row| row.calls = count.max(1));
    let wall = rows.iter().fold(0u64, |sum, row| sum.saturating_add(row.self_time.0));
    Ok(OpProfile {
        source: "tensorrt".into(),
        method: Method::Aggregated,
        inferences: count,
        wall: Nanos(wall),
        gap: Nanos::ZERO,
        partial: joined(notes),
        rows,
        ..OpProfile::default()
    })
}

fn layers(json: &mut Json<impl Read>, count: &mut u64, rows: &mut Vec<OpRow>, untimed: &mut u64) -> Result<(), Stop> {
    if !json.array()? {
        return Ok(());
    }
    while json.more()? && rows.len() < MOST_ROWS {
        if !json.object()? {
            continue;
        }
        let (mut name, mut time) = (None, None);
        while let Some(key) = json.key(&["count", "name", "timeMs"])? {
            match key {
                0 => *count = json.count()?.unwrap_or(*count),
                1 => name = json.text()?,
                _ => time = json.text()?.and_then(|text| millis(&text)),
            }
        }
        match (name, time) {
            (Some(name), Some(ns)) => rows.push(layer(&name, ns)),
            (Some(_), None) => *untimed += 1,
            _ => {}
        }
    }
    Ok(())
}

fn layer(full: &str, ns: u64) -> OpRow {
    // `/conv1/Conv + /act1/Relu` stands where its first part stood.
    let first = full.split(" + ").next().unwrap_or(full);
    // A copy stands at the layer for which it is made.
    let (name, op_type) = match first.split_once(" to ").filter(|(copy, _)| copy.starts_with("Reformatting CopyNode")) {
        Some((copy, layer)) => (format!("{layer}/{copy}"), "Reformat".into()),
        None => (first.into(), op_type(first)),
    };
    OpRow {
        name,
        op_type,
        provider: Some("tensorrt".into()),
        exec_type: (first != full).then(|| full.to_owned()),
        total: Nanos(ns),
        self_time: Nanos(ns),
        ..OpRow::default()
    }
}

/// The type, where the name follows ONNX's habit: `/conv1/Conv`, `Conv_4`. Empty elsewhere.
fn op_type(name: &str) -> String {
    let last = name.rsplit('/').next().unwrap_or(name);
    let plain = match last.rsplit_once('_') {
        Some((head, number)) if number.bytes().all(|b| b.is_ascii_digit()) => head,
        _ => last,
    };
    let is_type =
        plain.starts_with(|c: char| c.is_ascii_uppercase()) && plain.bytes().all(|b| b.is_ascii_alphanumeric());
    if is_type { plain.into() } else { String::new() }
}
