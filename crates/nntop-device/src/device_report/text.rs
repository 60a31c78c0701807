//! A snapshot for people: groups with a title, words instead of keys, values with their units.

use crate::sampler::parse::natural;
use nntop_core::unit::Unit;
use serde_json::{Map, Value};

/// Names are at most this wide; what is longer pushes its value to the right.
const WIDEST: usize = 32;

/// What groups are called where their key is no word.
const TITLES: [(&str, &str); 13] = [
    ("temps_c", "temperatures"),
    ("temps_bogus", "constants of drivers, no temperatures"),
    ("temps_unavailable", "temperatures without a reading"),
    ("power_rails", "power"),
    ("power_total", "power in all"),
    ("not_a_rail", "sums, no rails"),
    ("rapl", "energy counters"),
    ("gpu", "GPU"),
    ("gpus", "GPUs"),
    ("npu", "NPU"),
    ("cpu", "CPU"),
    ("two_samples", "rates"),
    ("unavailable", "not available"),
];

/// Endings of keys: the unit of what is below them, the factor to it, and whether the ending goes with the unit.
const UNITS: [(&str, Unit, f64); 14] = [
    ("_bytes_per_s", Unit::BytesPerSecond, 1.0),
    ("_bytes", Unit::Bytes, 1.0),
    ("_percent", Unit::Percent, 1.0),
    ("_mhz", Unit::Hertz, 1e6),
    ("temps_c", Unit::Celsius, 1.0),
    ("temps_bogus", Unit::Celsius, 1.0),
    ("temp_c", Unit::Celsius, 1.0),
    ("_mw", Unit::Watts, 1e-3),
    ("power_w", Unit::Watts, 1.0),
    ("_mv", Unit::Volts, 1e-3),
    ("_ma", Unit::Amperes, 1e-3),
    ("_mj", Unit::Joules, 1e-3),
    ("_uj", Unit::Joules, 1e-6),
    ("rpm", Unit::Rpm, 1.0),
];

/// Facts that are for programs.
const FOR_PROGRAMS: [&str; 4] = ["schema", "nntop", "time_unix_s", "used_definition"];

/// The text of a snapshot.
pub(super) fn text(snapshot: &Map<String, Value>) -> String {
    let mut out = String::new();
    let (groups, facts): (Vec<_>, Vec<_>) =
        snapshot.iter().filter(|(_, value)| said(value)).partition(|(_, value)| value.is_object() || is_list(value));
    group(&mut out, "machine", &rows(facts.into_iter(), None));
    for (key, value) in groups {
        let unit = unit(key);
        let title =
            TITLES.iter().find(|(known, _)| known == key).map_or_else(|| words(key), |(_, title)| (*title).to_owned());
        let rows = match value {
            Value::Object(map) => rows(map.iter(), unit),
            Value::Array(items) => items
                .iter()
                .flat_map(|item| match item {
                    // One of several, named by itself.
                    Value::Object(map) => {
                        let name = map.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
                        let rest = rows(map.iter().filter(|(key, _)| *key != "name"), unit);
                        std::iter::once((name, String::new()))
                            .chain(rest.into_iter().map(|(k, v)| (format!("  {k}"), v)))
                            .collect()
                    }
                    item => vec![(word(item, unit), String::new())],
                })
                .collect(),
            _ => Vec::new(),
        };
        group(&mut out, &title, &rows);
    }
    out
}

type Row = (String, String);

/// A title and its rows, the values in one column.
fn group(out: &mut String, title: &str, rows: &[Row]) {
    if rows.is_empty() {
        return;
    }
    if !out.is_empty() {
        out.push('\n');
    }
    out.push_str(title);
    out.push('\n');
    let width = |text: &str| text.chars().count();
    let widest = rows.iter().map(|(name, _)| width(name)).max().unwrap_or(0).min(WIDEST);
    for (name, value) in rows {
        let line = format!("  {name}{}  {value}", " ".repeat(widest.saturating_sub(width(name))));
        out.push_str(line.trim_end());
        out.push('\n');
    }
}

fn said(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Object(map) => map.values().any(said),
        Value::Array(items) => !items.is_empty(),
        _ => true,
    }
}

fn is_list(value: &Value) -> bool {
    value.as_array().is_some_and(|items| items.iter().any(Value::is_object)) || value.is_array()
}

/// What has a value, as names and words. The rows of an object within are indented.
fn rows<'a>(entries: impl Iterator<Item = (&'a String, &'a Value)>, inherited: Option<(Unit, f64)>) -> Vec<Row> {
    let mut entries: Vec<(&String, &Value)> =
        entries.filter(|(key, value)| said(value) && !FOR_PROGRAMS.contains(&key.as_str())).collect();
    entries.sort_by_cached_key(|(key, _)| (!numeric(key), if numeric(key) { natural(key) } else { Vec::new() }));
    if !entries.is_empty() && entries.iter().all(|(key, value)| numeric(key) && !value.is_object()) {
        // CPUs: neighbours that say the same are one.
        return vec![(String::new(), runs(&entries, inherited))];
    }
    let mut out = Vec::new();
    for (key, value) in entries {
        let own = unit(key).or(inherited);
        match value {
            Value::Object(map) => {
                let below = rows(map.iter(), own);
                match <[Row; 1]>::try_from(below) {
                    Ok([(name, value)]) => {
                        out.push((format!("{} {name}", name_of(key, inherited)).trim_end().to_owned(), value))
                    }
                    Err(below) => {
                        out.push((name_of(key, inherited), String::new()));
                        out.extend(below.into_iter().map(|(name, value)| (format!("  {name}"), value)));
                    }
                }
            }
            value if key == "dt_s" => out.push(("over".to_owned(), format!("{value} s"))),
            value => out.push((name_of(key, inherited), word(value, own))),
        }
    }
    out
}

fn numeric(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|b| b.is_ascii_digit())
}

/// `0-3 1.80 GHz, 4 2.40 GHz`.
fn runs(entries: &[(&String, &Value)], unit: Option<(Unit, f64)>) -> String {
    let mut runs: Vec<(&str, &str, String)> = Vec::new();
    for (key, value) in entries {
        let word = word(value, unit);
        match runs.last_mut().filter(|(_, _, last)| *last == word) {
            Some((_, end, _)) => *end = key,
            None => runs.push((key, key, word)),
        }
    }
    let run = |(first, last, word): &(&str, &str, String)| match first == last {
        true => format!("{first}: {word}"),
        false => format!("{first}-{last}: {word}"),
    };
    runs.iter().map(run).collect::<Vec<_>>().join(", ")
}

fn unit(key: &str) -> Option<(Unit, f64)> {
    UNITS.iter().find(|(end, _, _)| key.ends_with(end)).map(|(_, unit, factor)| (*unit, *factor))
}

/// A key as words: `load_percent` is the load, `VDD_IN` is what the board's maker calls a rail.
fn name_of(key: &str, inherited: Option<(Unit, f64)>) -> String {
    if inherited.is_some() || key.chars().any(|c| c.is_uppercase() || c == '/' || c == '.' || c == '-') {
        return key.to_owned();
    }
    words(key)
}

fn words(key: &str) -> String {
    let end = UNITS.iter().find(|(end, _, _)| end.starts_with('_') && key.ends_with(end)).map_or("", |(end, _, _)| end);
    key.strip_suffix(end).unwrap_or(key).replace('_', " ")
}

/// A value with its unit.
fn word(value: &Value, unit: Option<(Unit, f64)>) -> String {
    match (value, unit) {
        (Value::Number(number), Some((unit, factor))) => {
            number.as_f64().map_or_else(|| number.to_string(), |number| unit.format(number * factor))
        }
        (Value::String(text), _) => text.clone(),
        (Value::Bool(yes), _) => (if *yes { "yes" } else { "no" }).to_owned(),
        (Value::Array(items), unit) => items.iter().map(|item| word(item, unit)).collect::<Vec<_>>().join(", "),
        (value, _) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(value: Value) -> String {
        text(value.as_object().unwrap())
    }

    #[test]
    fn groups_have_titles_and_values_their_units() {
        let text = of(json!({
            "schema": "nntop.device/1", "hostname": "pi",
            "temps_c": { "cpu-thermal": 55.0 },
            "memory": { "total_bytes": 8_000_000_000u64, "used_bytes": null },
            "gpu": { "load_percent": 60.0, "freq_mhz": 305.0, "name": "GPU" },
            "power_rails": { "VDD_IN": { "power_mw": 4340, "voltage_mv": 5000 } },
            "clocks_pinned": false, "npu": null, "unavailable": { "npu": "none" },
        }));
        for line in [
            "machine\n",
            "  clocks pinned  no\n",
            "  hostname       pi\n",
            "\ntemperatures\n  cpu-thermal  55.0 °C\n",
            "\nmemory\n  total  8.00 GB\n",
            "\nGPU\n",
            "  load  60 %\n",
            "  freq  305 MHz\n",
            "\npower\n  VDD_IN\n    power    4.34 W\n",
            "\nnot available\n  npu  none\n",
        ] {
            assert!(text.contains(line), "{line:?} in\n{text}");
        }
        assert!(!text.contains("schema"), "{text}");
    }

    #[test]
    fn cpus_that_say_the_same_are_one() {
        let text = of(json!({ "cpu": { "freq_mhz": { "0": 800.0, "1": 800.0, "2": 1200.0, "10": 800.0 } } }));
        assert!(text.contains("  freq  0-1: 800 MHz, 2: 1.20 GHz, 10: 800 MHz\n"), "{text}");
    }

    #[test]
    fn a_name_of_any_length_is_printed() {
        let text = of(json!({ "temps_c": { "x".repeat(70_000): 5.0, "cpu": 6.0 } }));
        assert!(text.contains("xx  5.0 °C\n"), "the value stands behind its name");
    }
}
