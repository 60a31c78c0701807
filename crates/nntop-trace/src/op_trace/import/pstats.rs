//! Python's cProfile: `python -m cProfile -o FILE`, the file that `pstats` reads.
//!
//! It holds a sum per function and per pair of caller and callee, but no stacks. The tree is an estimate, as those of
//! gprof2dot and flameprof are: what a function took is shared out among its callers by what each of them took of it,
//! and what it called goes along in the same proportion. Recursion is folded into the first call. Functions that
//! nobody calls, or that are called from outside of the profile, are the roots.

use super::DEEPEST;
use super::marshal::{self, Damage, Value};
use crate::op_trace::OpenError;
use crate::op_trace::functions::Functions;
use nntop_core::event::{Method, OpProfile};
use nntop_core::unit::Nanos;
use std::collections::HashMap;
use std::io::Read;

const FORMAT: &str = "cProfile's statistics";

/// Programs have some ten thousand functions, of some hundred bytes each.
const LARGEST: u64 = 64 << 20;

/// A branch of less than this share of all time is not followed further: it has a row, but none below it.
const SMALLEST: f64 = 1e-5;

/// Rows are estimates; more would not be looked at.
const MOST: usize = 200_000;

/// Sums of one function, or of its calls from one caller, in seconds.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    calls: f64,
    own: f64,
    total: f64,
}

#[derive(Debug, Default)]
struct Function {
    name: String,
    sum: Sum,
    callees: Vec<(usize, Sum)>,
    /// What came from known callers.
    called: Sum,
}

/// Reads the whole file.
pub(super) fn read(input: impl Read) -> Result<OpProfile, OpenError> {
    let mut bytes = Vec::new();
    let cut = input.take(LARGEST + 1).read_to_end(&mut bytes).err();
    if bytes.len() as u64 > LARGEST {
        return Err(OpenError::Import { format: FORMAT, offset: LARGEST, reason: "more than 64 MiB".into() });
    }
    let (entries, damage) = marshal::dict(&bytes);
    let functions = functions(&entries);
    if functions.iter().all(|f| f.sum.calls <= 0.0) {
        let Damage(at, expected) = damage.unwrap_or(Damage(bytes.len(), "a function with its sums"));
        return Err(OpenError::Import { format: FORMAT, offset: at as u64, reason: format!("it lacks {expected}") });
    }
    let mut notes: Vec<String> = Vec::new();
    if let Some(Damage(at, expected)) = damage {
        let why = cut.map(|e| format!(" ({e})")).unwrap_or_default();
        notes.push(format!("it ends at byte {at} of {}, where {expected} should be{why}", bytes.len()));
    }
    let wall = functions.iter().map(|f| f.sum.own).sum::<f64>();
    let (rows, sum) = tree(&functions, wall);
    let wall = Nanos(nanos(wall));
    Ok(OpProfile {
        source: "cprofile".into(),
        method: Method::Aggregated,
        inferences: 0,
        wall,
        gap: Nanos(wall.0.saturating_sub(sum.0)),
        partial: super::joined(notes),
        rows,
        ..OpProfile::default()
    })
}

/// All functions with their callees. What has another form than cProfile gives it is left out.
fn functions(entries: &[(Value, Value)]) -> Vec<Function> {
    let mut all: Vec<Function> = Vec::new();
    let mut places: HashMap<(String, i64, String), usize> = HashMap::new();
    let mut place = |key: &Value, all: &mut Vec<Function>| {
        let key = key_of(key)?;
        let new = all.len();
        Some(*places.entry(key).or_insert_with_key(|key| {
            all.push(Function { name: shown(key), ..Function::default() });
            new
        }))
    };
    for (key, value) in entries {
        // Primitive calls, all calls, own time, total time, callers.
        let Value::Tuple(parts) = value else { continue };
        let (Some(callee), [_, calls, own, total, callers]) = (place(key, &mut all), &parts[..]) else { continue };
        let sum = Sum { calls: number(calls), own: number(own), total: number(total) };
        all[callee].sum = sum;
        let Value::Dict(callers) = callers else { continue };
        for (key, value) in callers.iter() {
            // All calls, primitive calls, own time, total time; Python's own profiler writes but a number.
            let Value::Tuple(parts) = value else { continue };
            let (Some(caller), [calls, _, own, total]) = (place(key, &mut all), &parts[..]) else { continue };
            let sum = Sum { calls: number(calls), own: number(own), total: number(total) };
            all[caller].callees.push((callee, sum));
            let called = &mut all[callee].called;
            called.calls += sum.calls;
            called.own += sum.own;
            // A recursive call's time is in that of the first one already.
            called.total += if caller == callee { 0.0 } else { sum.total };
        }
    }
    all
}

fn key_of(key: &Value) -> Option<(String, i64, String)> {
    let Value::Tuple(parts) = key else { return None };
    let [Value::Text(file), Value::Int(line), Value::Text(name)] = &parts[..] else { return None };
    Some((file.to_string(), *line, name.to_string()))
}

/// `encoder.py:205(iterencode)`, as pstats shows it; what is built in has a name only.
fn shown((file, line, name): &(String, i64, String)) -> String {
    let file = file.rsplit(['/', '\\']).next().unwrap_or(file);
    match file {
        "~" | "" => name.clone(),
        file => format!("{file}:{line}({name})"),
    }
}

fn number(value: &Value) -> f64 {
    let number = match value {
        Value::Int(n) => *n as f64,
        Value::Float(n) => *n,
        _ => 0.0,
    };
    if (0.0..1e9).contains(&number) { number } else { 0.0 }
}

fn nanos(seconds: f64) -> u64 {
    (seconds * 1e9).round() as u64
}

/// A function at a place of the tree.
struct Visit {
    function: usize,
    row: Option<u32>,
    /// Which part of all that the function did was done here.
    share: f64,
    depth: usize,
    /// The next callee.
    next: usize,
}

/// The estimated tree, and the sum of the rows' own times.
fn tree(functions: &[Function], wall: f64) -> (Vec<nntop_core::event::OpRow>, Nanos) {
    let mut rows = Functions::default();
    let mut count = 0usize;
    for (root, f) in functions.iter().enumerate() {
        let (calls, own) = (f.sum.calls - f.called.calls, (f.sum.own - f.called.own).max(0.0));
        if calls < 1.0 {
            continue;
        }
        let share =
            if f.sum.total > 0.0 { ((f.sum.total - f.called.total) / f.sum.total).clamp(0.0, 1.0) } else { 1.0 };
        let row = rows.place(None, &f.name);
        rows.add(row, nanos(own), calls as u64);
        let mut path = vec![Visit { function: root, row, share, depth: 0, next: 0 }];
        while let Some(at) = path.last_mut() {
            let Some((callee, edge)) = functions[at.function].callees.get(at.next) else {
                path.pop();
                continue;
            };
            at.next += 1;
            let (row, share, depth) = (at.row, at.share, at.depth);
            let (own, calls) = (nanos(edge.own * share), (edge.calls * share).round() as u64);
            if let Some(first) = path.iter().find(|visit| visit.function == *callee) {
                rows.add(first.row, own, calls);
                continue;
            }
            let total = edge.total * share;
            if total <= 0.0 && calls == 0 {
                continue;
            }
            let f = &functions[*callee];
            let below = rows.place(row, &f.name);
            count += 1;
            let is_leaf = f.callees.is_empty();
            if is_leaf || total < wall * SMALLEST || count >= MOST || depth >= DEEPEST {
                // What lies below counts for this row.
                rows.add(below, if is_leaf { own } else { nanos(total) }, calls);
                continue;
            }
            rows.add(below, own, calls);
            let share = if f.sum.total > 0.0 { (total / f.sum.total).min(1.0) } else { 0.0 };
            path.push(Visit { function: *callee, row: below, share, depth: depth + 1, next: 0 });
        }
        if count >= MOST {
            break;
        }
    }
    rows.finish()
}
