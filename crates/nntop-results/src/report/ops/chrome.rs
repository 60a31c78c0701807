//! The Trace Event Format that ui.perfetto.dev and chrome://tracing open: one mean inference, laid out in time.
//!
//! An operator begins where its first call did in the first profiled inference, or later where the mean of those before it
//! lasts longer, so that slices of one track never cross. Where no start is known, it begins when the one before it ends,
//! and says so (`"order only"`).

use super::{Subject, Weight, mean, tree};
use nntop_trace::op_trace::{OpProfile, OpRow};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap};

/// The first track of what ran beside the program: devices and other threads.
const BESIDE: u32 = 2;

/// The trace; one process for each subject.
pub fn chrome(subjects: &[Subject]) -> String {
    let mut events = Vec::new();
    for (pid, of) in subjects.iter().enumerate() {
        let pid = pid + 1;
        let named =
            |what: &str, name: &str| json!({"ph": "M", "pid": pid, "tid": 1, "name": what, "args": {"name": name}});
        events.push(named("process_name", of.title));
        events.push(named(
            "thread_name",
            if has_starts(of.profile) { "mean inference" } else { "mean inference (order only)" },
        ));
        for (i, name) in slices(of.profile, pid, &mut events).iter().enumerate() {
            let tid = BESIDE + i as u32;
            events.push(json!({"ph": "M", "pid": pid, "tid": tid, "name": "thread_name", "args": {"name": name}}));
        }
    }
    let about: Vec<Value> = subjects.iter().map(about).collect();
    super::json(&json!({
        "displayTimeUnit": "ns",
        "otherData": {"exporter": concat!("nntop ", env!("CARGO_PKG_VERSION")), "profiles": about},
        "traceEvents": events,
    }))
}

fn about(of: &Subject) -> Value {
    json!({
        "title": of.title,
        "source": of.profile.source,
        "inferences": of.profile.inferences,
        "unit": Weight::of(of.profile).unit(),
        "outside_operators_us": micros(mean(of.profile, of.profile.gap.0)),
        "layout": if has_starts(of.profile) { "starts of the first inference, mean durations" } else { "order only" },
        "partial": of.profile.partial,
    })
}

fn has_starts(profile: &OpProfile) -> bool {
    profile.rows.iter().any(|row| row.start.is_some())
}

/// The slices of all tracks; the names of those beside the first.
fn slices(profile: &OpProfile, pid: usize, events: &mut Vec<Value>) -> Vec<String> {
    let children = children(profile);
    let mut tracks = Vec::new();
    if profile.rows.iter().any(OpRow::is_device_work) {
        on_device(profile, pid, events);
        tracks.push("device".to_owned());
    }
    let mut roots: BTreeMap<Option<&str>, Vec<usize>> = BTreeMap::new();
    for i in &children[0] {
        roots.entry(profile.rows[*i].thread.as_deref()).or_default().push(*i);
    }
    for (thread, roots) in roots {
        let tid = thread.map_or(1, |_| BESIDE + tracks.len() as u32);
        lay_out(profile, (pid, tid), &children, &roots, events);
        tracks.extend(thread.map(str::to_owned));
    }
    tracks
}

/// The slices of one track, from its outermost rows.
fn lay_out(
    profile: &OpProfile,
    track: (usize, u32),
    children: &[Vec<usize>],
    roots: &[usize],
    events: &mut Vec<Value>,
) {
    // Row, and whether its children were laid out; they decide its end.
    let mut work: Vec<(usize, bool)> = roots.iter().rev().map(|i| (*i, false)).collect();
    let mut placed: HashMap<usize, (usize, u64)> = HashMap::new();
    let mut now = 0;
    while let Some((i, done)) = work.pop() {
        let row = &profile.rows[i];
        let lasts = mean(profile, row.total.max(row.self_time).0);
        if let Some((slot, begin)) = placed.get(&i).copied().filter(|_| done) {
            now = now.max(begin.saturating_add(lasts));
            events[slot]["dur"] = micros(now - begin);
            continue;
        }
        now = row.start.map_or(now, |start| start.0.max(now));
        placed.insert(i, (events.len(), now));
        events.push(slice(profile, row, track, now));
        work.push((i, true));
        work.extend(children[i + 1].iter().rev().map(|c| (*c, false)));
    }
}

/// Kernels and copies, one after the other on a track of their own.
fn on_device(profile: &OpProfile, pid: usize, events: &mut Vec<Value>) {
    let mut rows: Vec<&OpRow> = profile.rows.iter().filter(|row| row.is_device_work() && row.self_time.0 > 0).collect();
    if rows.iter().all(|row| row.start.is_some()) {
        rows.sort_by_key(|row| row.start);
    }
    let mut now = 0;
    for row in rows {
        let begin = row.start.map_or(now, |start| start.0.max(now));
        let lasts = mean(profile, row.self_time.0);
        let mut slice = slice(profile, row, (pid, BESIDE), begin);
        slice["dur"] = micros(lasts);
        events.push(slice);
        now = begin.saturating_add(lasts);
    }
}

/// The children of each row, moved up by one: the roots stand first. By start where both have one.
fn children(profile: &OpProfile) -> Vec<Vec<usize>> {
    let mut children = vec![Vec::new(); profile.rows.len() + 1];
    for (i, row) in profile.rows.iter().enumerate().filter(|(_, row)| !row.is_on_device() && row.total.0 > 0) {
        let mut parent = row.parent.map_or(0, |p| p as usize + 1);
        if parent > i {
            parent = 0;
        }
        children[parent].push(i);
    }
    for list in &mut children {
        if list.iter().all(|i| profile.rows[*i].start.is_some()) {
            list.sort_by_key(|i| profile.rows[*i].start);
        }
    }
    children
}

fn slice(profile: &OpProfile, row: &OpRow, (pid, tid): (usize, u32), begin: u64) -> Value {
    let mut args = Map::new();
    let mut add = |key: &str, value: Option<Value>| drop(value.map(|v| args.insert(key.into(), v)));
    add("type", (!row.op_type.is_empty()).then(|| json!(row.op_type)));
    add("calls", Some(json!(row.calls)));
    add("inferences", (profile.inferences > 0).then(|| json!(profile.inferences)));
    add("self_us", Some(micros(mean(profile, row.self_time.0))));
    add("device_us", (row.device_time.0 > 0).then(|| micros(mean(profile, row.device_time.0))));
    add("provider", row.provider.as_ref().map(|p| json!(p)));
    add("device", row.device.as_ref().map(|d| json!(d)));
    add("exec_type", row.exec_type.as_ref().map(|e| json!(e)));
    add("flops", row.flops.map(|f| json!(f)));
    add("executed_flops", row.executed_flops.map(|f| json!(f)));
    add("bytes", row.bytes.map(|b| json!(b.0)));
    let shapes = |tensors: &[nntop_trace::op_trace::TensorSig]| {
        (!tensors.is_empty()).then(|| json!(tensors.iter().map(ToString::to_string).collect::<Vec<_>>()))
    };
    add("inputs", shapes(&row.inputs));
    add("outputs", shapes(&row.outputs));
    add("placed", row.start.is_none().then(|| json!("order only")));
    let category = if row.op_type.is_empty() { "scope" } else { &row.op_type };
    json!({
        "ph": "X", "pid": pid, "tid": tid, "ts": micros(begin), "dur": 0.0,
        "name": tree::shown(row), "cat": category, "args": args,
    })
}

/// Trace events count in microseconds, with decimals.
fn micros(ns: u64) -> Value {
    json!(ns as f64 / 1e3)
}
