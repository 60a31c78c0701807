//! Every row of a profile as comma-separated values (RFC 4180), one line each; absent values are empty.

use super::Subject;
use ::csv::{Terminator, WriterBuilder};
use nntop_core::text::cell;
use nntop_core::unit::Nanos;
use nntop_trace::op_trace::{OpRow, TensorSig};

const COLUMNS: [&str; 28] = [
    "index",
    "parent",
    "kind",
    "status",
    "type",
    "name",
    "provider",
    "device",
    "exec_type",
    "calls",
    "total_ns",
    "self_ns",
    "self_ns_per_inference",
    "share",
    "start_ns",
    "flops",
    "bytes",
    "gflop_per_s",
    "flop_per_byte",
    "memory_bytes",
    "threads",
    "inputs",
    "outputs",
    "thread",
    "device_ns",
    "device_ns_per_inference",
    "device_share",
    "executed_flops",
];

/// The table. Times are sums over all profiled inferences but for those `per_inference`; shares are of the wall time.
/// `device_ns` is the time of the kernels and copies that the row started itself; where there is one, `gflop_per_s` is that
/// of the device.
pub fn csv(of: Subject) -> String {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    let all = of.profile.whole().0;
    let rows = of.profile.rows.iter().enumerate().map(|(i, row)| record(of, all, i, row));
    // Nothing of it can fail: it is memory, and every record has the same number of fields.
    let written =
        std::iter::once(COLUMNS.map(String::from).to_vec()).chain(rows).try_for_each(|r| writer.write_record(r));
    debug_assert!(written.is_ok());
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}

fn record(of: Subject, all: u64, index: usize, row: &OpRow) -> Vec<String> {
    fn text<T: ToString>(value: Option<T>) -> String {
        value.map(|v| v.to_string()).unwrap_or_default()
    }
    let n = of.profile.inferences;
    let share = |time: Nanos| (all > 0).then(|| time.0 as f64 / all as f64);
    let each = |time: Nanos| (n > 0).then(|| time.0 as f64 / n as f64);
    let started = Some(row.device_time).filter(|time| time.0 > 0);
    vec![
        index.to_string(),
        text(row.parent),
        word(&row.kind),
        word(&row.status),
        cell(&row.op_type).into_owned(),
        cell(&row.name).into_owned(),
        text(row.provider.as_deref().map(cell)),
        text(row.device.as_deref().map(cell)),
        text(row.exec_type.as_deref().map(cell)),
        row.calls.to_string(),
        row.total.0.to_string(),
        row.self_time.0.to_string(),
        text(each(row.self_time)),
        text(share(row.self_time)),
        text(row.start.map(|s| s.0)),
        text(row.flops),
        text(row.bytes.map(|b| b.0)),
        text(super::gflops(row.flops, row.computing())),
        text(super::intensity(row.flops, row.bytes)),
        text(row.memory.map(|b| b.0)),
        text((row.threads > 0).then_some(row.threads)),
        signatures(&row.inputs),
        signatures(&row.outputs),
        text(row.thread.as_deref().map(cell)),
        text(started.map(|time| time.0)),
        text(started.and_then(each)),
        text(started.and_then(share)),
        text(row.executed_flops),
    ]
}

/// A variant's name as the result's JSON has it: `optimized_out`.
fn word<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_value(value).ok().and_then(|v| v.as_str().map(String::from)).unwrap_or_default()
}

fn signatures(tensors: &[TensorSig]) -> String {
    cell(&tensors.iter().map(TensorSig::to_string).collect::<Vec<_>>().join(" ")).into_owned()
}
