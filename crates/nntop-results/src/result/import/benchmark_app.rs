//! OpenVINO's `benchmark_app`: `benchmark_report.json` and `.csv`, all of whose figures are texts, and what it prints.

use super::ResultFile;
use super::peer::{MS, extra, file, first, number, of_model, quantity, summary, text, time, variant};
use crate::result::{Partial, VariantResult};
use nntop_core::catalog::EngineKind;
use serde_json::{Map, Value};

pub(super) fn is(json: &Value) -> bool {
    json.get("execution_results").is_some() && json.get("configuration_setup").is_some()
}

/// Whether it is the CSV of `-report_type`: sections of `key;value`.
pub(super) fn is_csv(text: &str) -> bool {
    let line = |words: &str| text.lines().any(|line| line.trim() == words);
    line("Execution results") && (line("Configuration setup") || line("Command line parameters"))
}

/// Whether it is the log: `[ INFO ] Count: 12000 iterations`, `[ INFO ] Throughput: 199.93 FPS`.
pub(super) fn is_log(text: &str) -> bool {
    let said = |key: &str, end: &str| text.lines().filter_map(said).any(|(k, v)| k == key && v.ends_with(end));
    said("Throughput", "FPS") && (said("Count", "iterations") || said("Duration", "ms"))
}

/// The CSV has what the JSON has, by the same keys.
pub(super) fn read_csv(text: &str) -> Result<ResultFile, String> {
    let (mut sections, mut section) = (Map::new(), "");
    for line in text.lines().map(|line| line.trim().trim_matches('"')) {
        section = match line {
            "Command line parameters" => "cmd_options",
            "Configuration setup" => "configuration_setup",
            "Execution results" => "execution_results",
            // What follows is of single shapes of the data.
            _ if line.starts_with("Group Latencies") || line.starts_with("Latency for each") => break,
            _ => section,
        };
        if let (Some((key, value)), false) = (line.split_once(';'), section.is_empty()) {
            let of = sections.entry(section).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(of) = of {
                of.insert(key.trim_start_matches('-').trim().into(), value.trim_end_matches(';').trim().into());
            }
        }
    }
    sections.entry("configuration_setup").or_insert_with(|| Value::Object(Map::new()));
    read(&Value::Object(sections))
}

pub(super) fn read(json: &Value) -> Result<ResultFile, String> {
    let (setup, found) = (&json["configuration_setup"], &json["execution_results"]);
    let asked = json.get("cmd_options").unwrap_or(&Value::Null);
    let mut v =
        of_model(text(setup, &["topology"]).or(text(asked, &["m", "path_to_model", "model"])).unwrap_or("model"));
    v.engine.name = EngineKind::OpenVino.name().into();
    v.engine.providers = text(setup, &["target device", "target_device"]).map(str::to_owned).into_iter().collect();
    v.engine.threads =
        first(asked, &["nthreads", "number_threads"]).and_then(number).map(|n| n as usize).filter(|n| *n > 0);
    v.model.precision = text(setup, &["precision"]).filter(|p| *p != "UNSPECIFIED").map(str::to_lowercase);
    v.batch_size = first(setup, &["batch size", "batch_size"]).and_then(number).map_or(1, |n| n as u64).max(1);
    v.throughput_ips = first(found, &["throughput"]).and_then(number).filter(|t| *t > 0.0);
    // What is set of the device is written in capitals: CPU_NUM_STREAMS. The rest of the setup has names of its own.
    for (key, value) in setup.as_object().into_iter().flatten() {
        if !["topology", "target device", "target_device", "precision", "batch size", "batch_size"].contains(&&**key) {
            v.engine.settings.extend(value.as_str().map(|value| (key.clone(), value.to_owned())));
        }
    }
    let percentile = first(asked, &["latency_percentile"]).and_then(number).unwrap_or(50.0);
    let latency = time(found, &["latency (ms)", "latency_median", "median latency"], MS);
    let at = |q: f64| latency.filter(|_| percentile == q);
    for (keys, name) in [
        (["read model time (ms)", "read_model_time"], "model_read"),
        (["compile model time (ms)", "load network time (ms)"], "compile"),
        (["first inference time (ms)", "first_inference_time"], "first_inference"),
    ] {
        if let Some(ns) = time(found, &keys, MS) {
            extra(&mut v, name, ns / MS, "ms");
        }
    }
    summary(
        &mut v,
        Partial {
            n: first(found, &["total number of iterations", "iterations_num"]).and_then(number).map(|n| n as u64),
            min: time(found, &["min latency", "latency_min"], MS),
            mean: time(found, &["avg latency", "latency_avg"], MS),
            p50: at(50.0),
            p90: at(90.0),
            p95: at(95.0),
            p99: at(99.0),
            max: time(found, &["max latency", "latency_max"], MS),
            ..Partial::default()
        },
    )?;
    let requests = first(setup, &["number of parallel infer requests", "nireq"]).and_then(number).unwrap_or(1.0);
    Ok(finished(v, requests))
}

fn finished(v: VariantResult, requests: f64) -> ResultFile {
    let at_once =
        format!("{requests} requests at once: a latency is that of one of them, under the load of the others");
    file("benchmark_app", vec![v], Some(at_once).filter(|_| requests > 1.0).into_iter().collect())
}

/// `[ INFO ]    Median:        19.81 ms` as `Median` and `19.81 ms`.
fn said(line: &str) -> Option<(&str, &str)> {
    let text = line.split_once("[ INFO ]").map_or(line, |(_, text)| text);
    let (key, value) = text.split_once(':')?;
    Some((key.trim(), value.trim()))
}

pub(super) fn read_log(text: &str, stem: &str) -> Result<ResultFile, String> {
    // What follows is of single shapes of the data.
    let whole = |line: &&str| !line.contains("Latency for each");
    let facts: Vec<(&str, &str)> = text.lines().take_while(whole).filter_map(said).collect();
    let of = |keys: &[&str]| {
        let mut all = facts.iter().filter(|(key, value)| keys.contains(key) && !value.is_empty());
        all.next().map(|(_, value)| *value)
    };
    let ms = |keys: &[&str]| of(keys).and_then(|value| quantity(value, MS));
    let model = ["NETWORK_NAME", "Network name", "Model name"];
    let mut v = of(&model).map_or_else(|| variant(stem), of_model);
    v.engine.name = EngineKind::OpenVino.name().into();
    let devices = of(&["Execution Devices", "EXECUTION_DEVICES"]).unwrap_or_default();
    let devices = devices.split([',', ' ']).map(|name| name.trim_matches(['[', ']', '\'', '"', ' ']));
    v.engine.providers = devices.filter(|name| !name.is_empty()).map(str::to_owned).collect();
    v.engine.version = of(&["OpenVINO Runtime version", "Build"])
        .and_then(|b| Some(b.trim_matches('.').trim().split('-').next()?.to_owned()));
    v.batch_size = of(&["Model batch size", "Batch size"]).and_then(|n| n.parse().ok()).unwrap_or(1).max(1);
    let is_setting = |key: &str| {
        key.len() > 2
            && key.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
            && !["NETWORK_NAME", "EXECUTION_DEVICES"].contains(&key)
    };
    let settings = facts.iter().filter(|(key, value)| is_setting(key) && !value.is_empty());
    v.engine.settings.extend(settings.map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
    v.engine.threads = of(&["INFERENCE_NUM_THREADS"]).and_then(|n| n.parse().ok()).filter(|n: &usize| *n > 0);
    v.throughput_ips = of(&["Throughput"])
        .and_then(|value| value.trim_end_matches("FPS").trim().parse::<f64>().ok())
        .filter(|n| n.is_finite() && *n > 0.0);
    for (words, name) in [
        ("Read model took", "model_read"),
        ("Compile model took", "compile"),
        ("First inference took", "first_inference"),
    ] {
        let took = text.lines().find_map(|line| line.split_once(words)).and_then(|(_, rest)| quantity(rest, MS));
        if let Some(ns) = took {
            extra(&mut v, name, ns / MS, "ms");
        }
    }
    let percentile = |q: &str| ms(&[&format!("{q} percentile"), &format!("{q}th percentile")]);
    let p = Partial {
        n: of(&["Count"]).and_then(|n| n.split(' ').next()?.parse().ok()),
        min: ms(&["Min", "MIN"]),
        mean: ms(&["Average", "AVG"]),
        p50: ms(&["Median", "Median latency"]).or_else(|| ms(&["Latency"])),
        p90: percentile("90"),
        p95: percentile("95"),
        p99: percentile("99"),
        max: ms(&["Max", "MAX"]),
        ..Partial::default()
    };
    summary(&mut v, p)?;
    // `(Start inference asynchronously, 4 inference requests, limits: 60000 ms duration)`
    let asked = text.lines().find_map(|line| line.split_once(" inference requests")).map(|(before, _)| before);
    let asked = asked.and_then(|before| before.rsplit([' ', ',']).next()?.parse::<f64>().ok());
    let requests = asked.or_else(|| of(&["OPTIMAL_NUMBER_OF_INFER_REQUESTS"])?.parse().ok()).unwrap_or(1.0);
    Ok(finished(v, requests))
}
