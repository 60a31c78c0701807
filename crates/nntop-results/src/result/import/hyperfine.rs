//! hyperfine's `--export-json`: seconds, every run of every command, with its exit code and its parameters.
//!
//! A run that failed is no measurement of what the command does: it may have ended at once. With `--ignore-failure`
//! hyperfine counts it; here it is left out, and said.

use super::ResultFile;
use super::peer::{distinct, file, numbers, samples, summary, text, time, variant};
use crate::result::{Partial, Status, VariantResult};
use nntop_core::event::Fault;
use serde_json::Value;

const S: f64 = 1e9;

pub(super) fn is(json: &Value) -> bool {
    let one = |one: &Value| one.get("command").is_some() && (one.get("times").is_some() || one.get("mean").is_some());
    json.get("results")
        .and_then(Value::as_array)
        .is_some_and(|all| all.iter().any(|result| one(result) || result.get("times").is_some()))
}

pub(super) fn read(json: &Value, stem: &str) -> Result<ResultFile, String> {
    let (mut variants, mut notes) = (Vec::new(), vec!["times are those of whole commands".to_owned()]);
    for (i, one) in json["results"].as_array().into_iter().flatten().enumerate() {
        let about = |why: String| format!("result {}: {why}", i + 1);
        let mut v = named(one, text(one, &["command"]).unwrap_or(stem));
        let times = numbers(&one["times"], S).map_err(about)?;
        let failed: Vec<String> = match one["exit_codes"].as_array() {
            Some(codes) => codes.iter().filter(|code| code.as_i64() != Some(0)).map(word).collect(),
            None => Vec::new(),
        };
        let codes = one["exit_codes"].as_array().map(Vec::as_slice).unwrap_or_default();
        let succeeded = |at: &usize| codes.get(*at).is_none_or(|code| code.as_i64() == Some(0));
        let good: Vec<f64> = times.iter().enumerate().filter(|(at, _)| succeeded(at)).map(|(_, ns)| *ns).collect();
        if let Some(first) = failed.first() {
            let of = format!("{} of {} runs of {:?} failed ({first})", failed.len(), codes.len(), v.name);
            if good.is_empty() {
                notes.push(format!("{of}: it has no figure"));
                (v.status, v.error) = (Status::Failed, Some(Fault::run(format!("every run failed ({first})"))));
                variants.push(v);
                continue;
            }
            notes.push(format!("{of}, and are left out"));
        }
        if times.is_empty() {
            let seconds = |key: &str| time(one, &[key], S);
            let p = Partial {
                min: seconds("min"),
                mean: seconds("mean"),
                stddev: seconds("stddev"),
                p50: seconds("median"),
                max: seconds("max"),
                ..Partial::default()
            };
            summary(&mut v, p).map_err(about)?;
        } else {
            samples(&mut v, &good).map_err(about)?;
        }
        variants.push(v);
    }
    if variants.iter().all(|v| v.status == Status::Failed) {
        let why = notes.pop().unwrap_or_else(|| "there is no result in it".into());
        return Err(why);
    }
    distinct(&mut variants);
    Ok(file("hyperfine", variants, notes))
}

/// What a failed run ended with; a signal leaves no code.
fn word(code: &Value) -> String {
    code.as_i64().map_or_else(|| "ended by a signal".into(), |code| format!("exit code {code}"))
}

/// A command, with its parameters by their names: two results may have the same command's name.
fn named(one: &Value, command: &str) -> VariantResult {
    let word = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let parameters: Vec<(String, String)> = one["parameters"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.clone(), word(value)))
        .filter(|(key, _)| !key.is_empty())
        .collect();
    let said: Vec<String> = parameters.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let mut v = variant(&match said.is_empty() {
        true => command.to_owned(),
        false => format!("{command} ({})", said.join(", ")),
    });
    v.engine.settings.extend(parameters);
    v
}
