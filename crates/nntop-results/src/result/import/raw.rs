//! Lists of times: `{"unit": "ms", "values": [...]}`, or a number a line with its unit.
//!
//! A number without a unit is no time. The unit stands behind each number (`4.51 ms`), or in the first line, alone or as the
//! end of a column's name (`latency_ms`).

use super::ResultFile;
use super::peer::{file, number, numbers, samples, text, variant};
use nntop_core::unit::parse::{self, TIME};
use serde_json::Value;

/// Nanoseconds in a unit. Inferences are not listed in minutes, and a column called `m` or `d` holds no times.
fn unit(name: &str) -> Option<f64> {
    TIME.scale(name).filter(|ns| *ns <= 1e9)
}

/// The unit that a first line names: `ms`, `latency_ms`, `time (us)`, `seconds`.
fn of_header(line: &str) -> Option<f64> {
    let words = line.trim().trim_matches('"').to_lowercase();
    let last = words.rsplit(|c: char| !c.is_alphabetic()).find(|w| !w.is_empty())?;
    unit(last)
}

/// `4.51` or `4.51 ms`.
fn sample(line: &str) -> Option<(f64, Option<f64>)> {
    let line = line.trim().trim_end_matches(',').trim();
    let (value, name) = parse::split(line)?;
    match name {
        "" => Some((value, None)),
        name => Some((value, Some(unit(name)?))),
    }
}

pub(super) fn is(text: &str) -> bool {
    let mut lines = text.lines().filter(|l| !l.trim().is_empty());
    let first = lines.next().unwrap_or_default();
    sample(first).is_some() || (of_header(first).is_some() && lines.next().is_some_and(|l| sample(l).is_some()))
}

pub(super) fn read(text: &str, stem: &str) -> Result<ResultFile, String> {
    let mut lines = text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()).peekable();
    let of_all = lines.next_if(|(_, l)| sample(l).is_none()).and_then(|(_, l)| of_header(l));
    let mut times = Vec::new();
    for (i, line) in lines {
        let (value, unit) = sample(line).ok_or_else(|| format!("line {}: {:?} is no time", i + 1, line.trim()))?;
        let unit = unit.or(of_all).ok_or_else(|| format!("line {}: {value} of what? {UNIT}", i + 1))?;
        times.push(value * unit);
    }
    let mut v = variant(stem);
    samples(&mut v, &times)?;
    Ok(file("a list of times", vec![v], Vec::new()))
}

const UNIT: &str = "the first line may name the unit (ns, us, ms or s), or each line, as in 4.51 ms";

pub(super) fn is_json(json: &Value) -> bool {
    json.get("values").is_some_and(Value::is_array)
        || json.as_array().is_some_and(|all| all.iter().all(|x| number(x).is_some()))
}

pub(super) fn read_json(json: &Value, stem: &str) -> Result<ResultFile, String> {
    let named =
        text(json, &["unit"]).ok_or_else(|| "no unit is named: {\"unit\": \"ms\", \"values\": [...]}".to_string())?;
    let scale = unit(named).ok_or_else(|| format!("{named:?} is not a unit of time: ns, us, ms, s"))?;
    let mut v = variant(text(json, &["name"]).unwrap_or(stem));
    samples(&mut v, &numbers(&json["values"], scale)?)?;
    Ok(file("a list of times", vec![v], Vec::new()))
}
