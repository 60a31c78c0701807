//! OpenVINO: counters of benchmark_app (`-report_type detailed_counters` or `average_counters`, `-pcsort`), CSV or JSON.
//!
//! Each table is one inference: the last one of a request, or the mean of all requests. Tables are summed. Times are
//! milliseconds with three digits, so that what takes less than half a microsecond is 0. What OpenVINO fused away
//! stays in the tables as NOT_RUN.

use super::json::{Json, Stop};
use super::lines::Lines;
use super::{MOST_ROWS, joined, millis};
use crate::op_trace::{OpenError, merge};
use nntop_core::event::{Method, OpProfile, OpRow, RowStatus};
use nntop_core::unit::Nanos;
use std::io::{BufRead, Read};

const FORMAT: &str = "benchmark_app's counters";

/// What is in every such table.
const COLUMNS: [&str; 5] = ["layerName", "execStatus", "layerType", "execType", "realTime (ms)"];

pub(super) fn begins_csv(text: &[u8]) -> bool {
    text.starts_with(b"layerName;execStatus;")
}

/// Reads tables that follow each other, each with its header.
pub(super) fn read_csv(input: impl BufRead) -> Result<OpProfile, OpenError> {
    let mut lines = Lines::new(input, FORMAT);
    let (mut tables, mut places, mut wrong, mut count): (Vec<Vec<OpRow>>, _, _, _) = (vec![], [0; 5], None, 0usize);
    while let Some(line) = lines.next() {
        let cells: Vec<&str> = line.split(';').map(str::trim).collect();
        if line.starts_with(COLUMNS[0]) {
            for (place, column) in places.iter_mut().zip(COLUMNS) {
                // A column that is not there is beyond all cells.
                *place = cells.iter().position(|cell| *cell == column).unwrap_or(usize::MAX);
            }
            tables.push(Vec::new());
            continue;
        }
        let [name, status, op_type, exec, time] = places.map(|place| cells.get(place).copied());
        if line.trim().is_empty() || (name == Some("Total") && status == Some("")) {
            continue;
        }
        let row = name
            .zip(status)
            .zip(time.and_then(millis))
            .map(|((name, status), ns)| row(name, op_type.unwrap_or_default(), status, exec.unwrap_or_default(), ns));
        match (row, tables.last_mut()) {
            (Some(row), Some(table)) if count < MOST_ROWS => {
                table.push(row);
                count += 1;
            }
            _ => _ = wrong.get_or_insert(lines.at()),
        }
    }
    let mut notes: Vec<String> = lines.cut.iter().cloned().collect();
    if let Some(at) = wrong {
        notes.push(format!("a line is not read that is no layer with a status and a time, the first at byte {at}"));
    }
    let why = nothing(&tables);
    profile(tables, notes).ok_or_else(|| lines.error(why))
}

/// Reads JSON: an object, or a list of them, with nodes.
pub(super) fn read_json(input: impl Read) -> Result<OpProfile, OpenError> {
    let mut json = Json::new(input);
    let mut tables = Vec::new();
    let stop = report(&mut json, &mut tables).err();
    let (offset, why) = (json.offset(), nothing(&tables));
    match (profile(tables, stop.iter().map(Stop::note).collect()), stop) {
        (Some(profile), _) => Ok(profile),
        (None, Some(stop)) => Err(stop.error(FORMAT)),
        (None, None) => Err(OpenError::Import { format: FORMAT, offset, reason: why.into() }),
    }
}

fn report(json: &mut Json<impl Read>, tables: &mut Vec<Vec<OpRow>>) -> Result<(), Stop> {
    if !json.object()? {
        return Ok(());
    }
    while json.key(&["detailed_performance", "avg_performance"])?.is_some() {
        if json.is_array()? {
            json.array()?;
            while json.more()? {
                table(json, tables)?;
            }
        } else {
            table(json, tables)?;
        }
    }
    Ok(())
}

fn table(json: &mut Json<impl Read>, tables: &mut Vec<Vec<OpRow>>) -> Result<(), Stop> {
    if !json.object()? {
        return Ok(());
    }
    while json.key(&["nodes"])?.is_some() {
        if !json.array()? {
            continue;
        }
        let mut count: usize = tables.iter().map(Vec::len).sum();
        tables.push(Vec::new());
        while json.more()? {
            if !json.object()? {
                continue;
            }
            let mut cells: [Option<String>; 5] = Default::default();
            while let Some(key) = json.key(&["name", "status", "node_type", "exec_type", "real_time"])? {
                cells[key] = json.text()?;
            }
            let [name, status, op_type, exec, time] = cells;
            let ns = time.and_then(|time| millis(&time));
            if let (Some(name), Some(status), Some(ns), Some(table)) = (name, status, ns, tables.last_mut())
                && count < MOST_ROWS
            {
                table.push(row(&name, &op_type.unwrap_or_default(), &status, &exec.unwrap_or_default(), ns));
                count += 1;
            }
        }
    }
    Ok(())
}

fn row(name: &str, op_type: &str, status: &str, exec: &str, ns: u64) -> OpRow {
    // The Python tool writes `Status.EXECUTED`.
    let status = match status.trim_start_matches("Status.") {
        "EXECUTED" => RowStatus::Executed,
        "NOT_RUN" => RowStatus::NotRun,
        "OPTIMIZED_OUT" => RowStatus::OptimizedOut,
        _ => RowStatus::Other,
    };
    OpRow {
        name: name.into(),
        op_type: op_type.into(),
        provider: Some("openvino".into()),
        exec_type: Some(exec.to_owned()).filter(|exec| !exec.is_empty() && exec != "undef"),
        status,
        calls: u64::from(status == RowStatus::Executed),
        total: Nanos(ns),
        self_time: Nanos(ns),
        ..OpRow::default()
    }
}

/// Why there is no profile, where there is none.
fn nothing(tables: &[Vec<OpRow>]) -> &'static str {
    if tables.iter().all(Vec::is_empty) {
        return "no layer in it";
    }
    // benchmark_app in Python does so, up to 2026.4 at least; the one in C++ does not.
    "none of its layers has run (some versions write the first layer only with average_counters: take detailed_counters)"
}

fn profile(tables: Vec<Vec<OpRow>>, notes: Vec<String>) -> Option<OpProfile> {
    let one = |rows: Vec<OpRow>| OpProfile {
        source: "openvino".into(),
        method: Method::Aggregated,
        inferences: 1,
        wall: Nanos(rows.iter().fold(0u64, |sum, row| sum.saturating_add(row.self_time.0))),
        rows,
        ..OpProfile::default()
    };
    let mut tables = tables.into_iter().filter(|rows| !rows.is_empty()).map(one).peekable();
    tables.peek()?;
    let all = merge(tables);
    all.executed_ops().next()?;
    Some(OpProfile { partial: joined(notes), ..all })
}
