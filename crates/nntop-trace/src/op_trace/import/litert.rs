//! LiteRT (TFLite): what benchmark_model writes with `--enable_op_profiling=true`, as CSV
//! (`--op_profiling_output_mode=csv`, `--op_profiling_output_file`) or as the table of its standard output.
//!
//! There are sections for the start and for the runs, in each of them tables of the primary graph, of other subgraphs
//! and of the delegates. What counts is the table `Run Order` of the runs. Its times are means of one call; the number
//! of runs stands below it (`Timings (microseconds): count=50 …`). What a delegate ran lies below the delegate, if
//! there is only one.

use super::lines::Lines;
use super::{MOST_ROWS, joined, millis};
use crate::op_trace::OpenError;
use crate::op_trace::functions::totals;
use nntop_core::event::{Method, OpProfile, OpRow};
use nntop_core::unit::{Bytes, Nanos};
use std::io::BufRead;

const FORMAT: &str = "LiteRT's operator profile";

const REGULAR: &str = "Operator-wise Profiling Info for Regular Benchmark Runs:";

pub(super) fn begins(text: &[u8]) -> bool {
    let has = |word: &str| super::holds(text, word);
    has("===== Run Order =====")
        || has(REGULAR)
        || has("Profiling Info for Benchmark Initialization:")
        // The log before the tables may be long.
        || (has("op_profiling") && has("Graph: ["))
}

/// Which graph a table is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Graph {
    Primary,
    Subgraph,
    Delegate,
}

/// Columns of a table; what is not there has no place.
#[derive(Debug, Default, Clone)]
struct Columns {
    count: usize,
    start: Option<usize>,
    mean: Option<usize>,
    memory: Option<usize>,
    calls: Option<usize>,
    separator: char,
}

#[derive(Debug, Default)]
struct Tables {
    primary: Vec<OpRow>,
    delegate: Vec<OpRow>,
    runs: u64,
    delegate_runs: u64,
    /// Wall time of all runs, in microseconds.
    sum: f64,
    other_graphs: bool,
    wrong: Option<u64>,
    count: usize,
}

/// Reads line by line.
pub(super) fn read(input: impl BufRead) -> Result<OpProfile, OpenError> {
    let mut lines = Lines::new(input, FORMAT);
    let (mut tables, mut graph, mut columns) = (Tables::default(), Graph::Primary, None::<Columns>);
    let (mut is_titled, mut is_start) = (false, false);
    while let Some(line) = lines.next() {
        let text = message(line);
        if text.starts_with(REGULAR) {
            // What was read before was the start.
            (tables, graph, is_start) = (Tables::default(), Graph::Primary, false);
        } else if text.starts_with("Profiling Info for Benchmark Initialization:") {
            is_start = true;
        } else if text.starts_with("Primary graph") {
            graph = Graph::Primary;
        } else if text.starts_with("Subgraph (index:") && text.ends_with(':') {
            graph = Graph::Subgraph;
        } else if text.starts_with("Delegate internal:") {
            graph = Graph::Delegate;
        } else if text.starts_with("=====") {
            is_titled = text.contains(" Run Order ");
            columns = None;
        } else if std::mem::take(&mut is_titled) {
            columns = header(text);
        } else if text.is_empty() {
            columns = None;
        } else if let Some(columns) = &columns {
            match row(text, columns) {
                Some(row) if tables.count < MOST_ROWS => {
                    tables.count += 1;
                    match graph {
                        Graph::Primary => tables.primary.push(row),
                        Graph::Delegate => tables.delegate.push(row),
                        Graph::Subgraph => tables.other_graphs = true,
                    }
                }
                _ => _ = tables.wrong.get_or_insert(lines.at()),
            }
        } else if let Some(rest) = text.split_once("Timings (microseconds): ").map(|(_, rest)| rest) {
            let value = |key: &str| rest.split(' ').find_map(|part| part.strip_prefix(key)?.parse::<f64>().ok());
            let runs = value("count=").filter(|n| (0.0..1e12).contains(n)).unwrap_or(0.0);
            match graph {
                Graph::Primary if !text.starts_with("Subgraph") => {
                    tables.runs = runs as u64;
                    // A single run has neither mean nor deviation.
                    let mean = value("avg=").or_else(|| value("curr=")).unwrap_or(0.0);
                    tables.sum = (mean * runs).clamp(0.0, 1e12);
                }
                Graph::Delegate => tables.delegate_runs = runs as u64,
                _ => {}
            }
        }
    }
    if tables.primary.is_empty() {
        return Err(lines.error("no table of the runs' operators in it"));
    }
    let mut notes: Vec<String> = lines.cut.iter().cloned().collect();
    if is_start {
        notes.push("it holds the start of the benchmark only, and none of its runs".into());
    }
    Ok(profile(tables, notes))
}

/// A line without what a log puts in front: `INFO: `, or Android's `10-03 10:47:50.123  1234  1234 I tflite  : ` and
/// `I/tflite  ( 1234): `.
fn message(line: &str) -> &str {
    let text = line.trim();
    let bytes = text.as_bytes();
    let digits = |at: std::ops::Range<usize>| bytes.get(at).is_some_and(|b| b.iter().all(u8::is_ascii_digit));
    let dated = digits(0..2) && bytes.get(2) == Some(&b'-') && digits(3..5) && bytes.get(5) == Some(&b' ');
    let tagged = matches!(bytes, [b'V' | b'D' | b'I' | b'W' | b'E' | b'F', b'/', ..]);
    let text = match dated || tagged {
        true => text.split_once(": ").map_or(if text.ends_with(':') { "" } else { text }, |(_, text)| text.trim()),
        false => text,
    };
    text.strip_prefix("INFO: ").unwrap_or(text)
}

fn header(text: &str) -> Option<Columns> {
    // Who copies a table from a terminal has blanks where tabs were.
    let separator = if text.contains('\t') {
        '\t'
    } else if text.contains(", ") {
        ','
    } else {
        ' '
    };
    let names: Vec<&str> = match separator {
        ' ' => text.split(['[', ']']).map(str::trim).filter(|name| !name.is_empty()).collect(),
        _ => text.split(separator).map(|name| name.trim().trim_matches(['[', ']'])).collect(),
    };
    let place = |name: &str| names.iter().position(|n| *n == name);
    let columns = Columns {
        count: names.len(),
        start: place("start"),
        mean: place("avg_ms").or_else(|| place("avg ms")),
        memory: place("mem KB"),
        calls: place("times called"),
        separator,
    };
    (columns.mean.is_some() && names.first() == Some(&"node type")).then_some(columns)
}

fn row(line: &str, columns: &Columns) -> Option<OpRow> {
    let cells = if columns.separator == ' ' { by_blanks(line, columns.count)? } else { by_marks(line, columns) };
    let cell = |place: Option<usize>| place.and_then(|place| cells.get(place).copied());
    if cells.len() != columns.count {
        return None;
    }
    let calls = cell(columns.calls).and_then(|n| n.parse::<u64>().ok()).unwrap_or(1).clamp(1, 1 << 32);
    let mean = cell(columns.mean).and_then(millis)?;
    let memory = cell(columns.memory).and_then(|kb| kb.parse::<f64>().ok()).filter(|kb| *kb > 0.0 && *kb < 1e12);
    Some(OpRow {
        name: name(cells.last()?),
        op_type: (*cells.first()?).to_owned(),
        start: cell(columns.start).and_then(millis).map(Nanos),
        calls,
        self_time: Nanos(mean.saturating_mul(calls)),
        memory: memory.map(|kb| Bytes((kb * 1e3) as u64)),
        ..OpRow::default()
    })
}

/// Types may hold commas, names may not: LiteRT replaces theirs by tabs.
fn by_marks<'a>(line: &'a str, columns: &Columns) -> Vec<&'a str> {
    let mut cells: Vec<&str> = line.rsplitn(columns.count, columns.separator).map(str::trim).collect();
    cells.reverse();
    cells
}

/// Cells between blanks. Types and names may hold blanks; what is between them is numbers, one for each column.
fn by_blanks(line: &str, count: usize) -> Option<Vec<&str>> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let numbers = count.checked_sub(2).filter(|n| *n > 0)?;
    let is_number = |word: &&str| word.trim_end_matches('%').parse::<f64>().is_ok();
    let at = (1..words.len().checked_sub(numbers)?).find(|at| words[*at..at + numbers].iter().all(is_number))?;
    let place = |word: &str| word.as_ptr() as usize - line.as_ptr() as usize;
    let (first, name) = (words[at], *words.get(at + numbers)?);
    let mut cells = vec![line[..place(first)].trim()];
    cells.extend(&words[at..at + numbers]);
    cells.push(line[place(name)..].trim());
    Some(cells)
}

/// `[block/conv/Conv2D;block/bn]:7` is `block/conv/Conv2D`: of what was fused, what stands first.
fn name(cell: &str) -> String {
    let plain = match cell.rsplit_once(':') {
        Some((name, index)) if index.parse::<u32>().is_ok() => name,
        _ => cell,
    };
    match plain.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
        // Tensors of one node, and of nodes that were fused.
        Some(tensors) => tensors.split([';', ',', '\t', ' ']).next().unwrap_or(tensors).trim().to_owned(),
        None => plain.replace('\t', ","),
    }
}

fn profile(tables: Tables, mut notes: Vec<String>) -> OpProfile {
    let Tables { primary: mut rows, delegate, runs, delegate_runs, sum, other_graphs, wrong, .. } = tables;
    let times = |rows: &mut [OpRow], runs: u64| {
        for row in rows {
            row.calls = row.calls.saturating_mul(runs.max(1));
            row.self_time.0 = row.self_time.0.saturating_mul(runs.max(1));
        }
    };
    times(&mut rows, runs);
    if !delegate.is_empty() {
        let mut delegates = (0..rows.len()).filter(|i| rows[*i].op_type.to_ascii_lowercase().contains("delegate"));
        match (delegates.next(), delegates.next()) {
            (Some(at), None) => {
                let mut below = delegate;
                times(&mut below, delegate_runs);
                for mut row in below {
                    row.parent = Some(at as u32);
                    // Means are rounded, so that children may claim more than there is.
                    row.self_time.0 = row.self_time.0.min(rows[at].self_time.0);
                    rows[at].self_time.0 -= row.self_time.0;
                    rows.push(row);
                }
            }
            _ => notes.push("what the delegates ran is left out, since it does not say which of them did".into()),
        }
    }
    if let Some(at) = wrong {
        notes.push(format!("a line is not read that is no operator with a time, the first at byte {at}"));
    }
    if other_graphs {
        notes.push(
            "operators of other subgraphs than the first are left out: their time is that of their caller".into(),
        );
    }
    if runs == 0 {
        notes.push("it does not say how many runs it is of".into());
    }
    totals(&mut rows);
    let accounted = rows.iter().fold(0u64, |all, row| all.saturating_add(row.self_time.0));
    let wall = ((sum * 1e3) as u64).max(accounted);
    OpProfile {
        source: "litert".into(),
        method: Method::Aggregated,
        inferences: runs,
        wall: Nanos(wall),
        gap: Nanos(wall - accounted),
        partial: joined(notes),
        rows,
        ..OpProfile::default()
    }
}
