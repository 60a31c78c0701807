//! `nntop bench`: the result as programs read it, options, pipes and signals.

use crate::support::{Running, bench, demo, file, nntop, npy, run, runtime};
use rustix::process::Signal;
use serde_json::Value;
use sha2::Digest;
use std::process::Stdio;

fn measured(result: &Value) -> &Value {
    &result["variants"][0]
}

/// Every field of a measured variant, with its type, as the README documents `nntop.result/1`.
pub(crate) fn check_schema(result: &Value, runs: u64) {
    assert_eq!(result["schema"], "nntop.result/1");
    assert!(result.get("label").is_some() && result["gates"].is_array(), "{result:#}");
    assert!(result["host"]["name"].is_string() && result["host"]["cpus"].is_u64(), "{}", result["host"]);
    let variants = result["variants"].as_array().unwrap();
    assert!(!variants.is_empty());
    for v in variants {
        let is = |path: &str, right: fn(&Value) -> bool| {
            let value = v.pointer(path).unwrap_or_else(|| panic!("{path} is missing in {v:#}"));
            assert!(right(value), "{path} is {value}");
        };
        for text in ["/name", "/model/path", "/model/sha256", "/model/format", "/engine/name", "/engine/version"] {
            is(text, |v| v.as_str().is_some_and(|s| !s.is_empty()));
        }
        for count in ["/warmup/inferences", "/warmup/duration_ns"] {
            is(count, Value::is_u64);
        }
        is("/warmup/steady", |v| v.is_boolean() || v.is_null());
        is("/stopped_by", |v| v == "runs");
        for count in ["/model/size_bytes", "/model/params", "/batch_size", "/memory/rss_peak_bytes"] {
            is(count, |v| v.as_u64().is_some_and(|n| n > 0));
        }
        for part in ["process", "library", "session", "first_inference", "total"] {
            is(&format!("/startup_ns/{part}"), |v| v.as_u64().is_some_and(|n| n > 0));
        }
        is("/engine/providers", |v| v.as_array().is_some_and(|a| a.iter().any(|p| p == "cpu")));
        is("/engine/threads", |v| v.is_u64() || v.is_null());
        is("/memory/model_bytes", Value::is_u64);
        is("/model/precision", |v| v.is_string() || v.is_null());
        is("/intervals", |v| v.is_null() || v["p95"]["low"].as_f64() < v["p95"]["high"].as_f64());
        is("/throughput_ips", |v| v.as_f64().is_some_and(|n| n > 0.0));
        is("/status", |v| v == "ok");
        is("/verdict", |v| v.is_string() || v.is_null());
        is("/verdict_reason", |v| v.is_string() || v.is_null());
        assert_eq!(v["verdict"].is_null(), v["verdict_reason"].is_null(), "{v:#}");
        let findings = v["findings"].as_array().unwrap();
        assert!(findings.iter().any(|f| f["id"] == "loop_overhead"), "{findings:#?}");
        for f in findings.iter().chain(result["findings"].as_array().unwrap()) {
            assert!(["ok", "note", "warning", "invalid"].iter().any(|level| f["level"] == *level), "{f}");
            assert!(f["id"].is_string() && f["text"].is_string() && f.get("hint").is_some(), "{f}");
        }
        is("/profile/inferences", |v| v.as_u64().is_some_and(|n| n > 0));
        is("/profile/overhead_percent", Value::is_f64);
        is("/profile/partial", Value::is_null);
        is("/profile_absent", Value::is_null);
        is("/placement/elsewhere", Value::is_null);
        is("/placement/by_provider/cpu", |v| v.as_u64().is_some_and(|n| n > 0));
        for op in v["operators"].as_array().unwrap() {
            assert!(op["name"].is_string() && op["type"].is_string() && op["provider"] == "cpu", "{op}");
            assert!(op["self_ns"].as_u64() <= op["total_ns"].as_u64() && op["calls"].as_f64() > Some(0.0), "{op}");
            assert!(!op["outputs"].as_array().unwrap().is_empty(), "{op}");
        }

        let latency = |key: &str| v["latency_ns"][key].as_f64().unwrap_or_else(|| panic!("latency_ns.{key}: {v:#}"));
        assert_eq!(v["latency_ns"]["n"], runs);
        let order = ["min", "p50", "p90", "p95", "p99", "p999", "max"].map(latency);
        assert!(order.is_sorted() && order[0] > 0.0, "{order:?}");
        assert!((order[0]..=order[6]).contains(&latency("mean")) && latency("stddev") >= 0.0);
    }
}

#[test]
fn the_result_has_every_field_and_exactly_the_runs_asked_for() {
    let path = demo("digits-fp32");
    for runs in [1, 137] {
        let result = run(&mut bench([&path, "--runs", &runs.to_string(), "--warmup", "1", "--format", "json"]));
        let json = result.ok().json();
        if runs > 1 {
            check_schema(&json, runs);
        }
        assert_eq!(measured(&json)["latency_ns"]["n"], runs);
    }
}

#[test]
fn the_model_is_named_by_path_and_hash() {
    let path = demo("digits-int8");
    let content = std::fs::read(&path).unwrap();
    let hash: String = sha2::Sha256::digest(&content).iter().map(|b| format!("{b:02x}")).collect();
    let json = run(&mut bench([&path, "-n", "2", "--warmup", "0", "--format", "json"])).ok().json();
    let model = &measured(&json)["model"];
    assert_eq!((&model["path"], &model["sha256"]), (&Value::from(path), &Value::from(hash)));
    assert_eq!(model["size_bytes"], content.len());
}

#[test]
fn a_file_takes_the_result_and_stdout_stays_empty() {
    let dir = tempfile::tempdir().unwrap();
    let out = file(&dir, "result.json", "{\"nntop\":\"an older and longer result\"} ".repeat(1_000));
    let result = run(&mut bench([&demo("digits-fp32"), "-n", "3", "--warmup", "0", "--format", "json", "-o", &out]));
    assert_eq!(result.ok().stdout, "");
    check_schema(&serde_json::from_slice(&std::fs::read(&out).unwrap()).unwrap(), 3);
}

#[test]
fn two_models_are_measured_in_one_run() {
    let (a, b) = (demo("digits-fp32"), demo("digits-int8"));
    let named = |result: &Value| -> Vec<(String, Value)> {
        let variants = result["variants"].as_array().unwrap().iter();
        variants.map(|v| (v["name"].as_str().unwrap().into(), v["engine"]["threads"].clone())).collect()
    };
    let quick = ["-n", "20", "--warmup", "1", "--format", "json"];
    let json = run(bench([&format!("full:{a}"), &format!("small:{b},threads=1")]).args(quick)).ok().json();
    check_schema(&json, 20);
    assert_eq!(named(&json), [("full".into(), Value::Null), ("small".into(), Value::from(1))]);

    let list = format!("a:{a},b:{b}");
    let json = run(bench(["--models", &list, "--threads", "2"]).args(quick)).ok().json();
    check_schema(&json, 20);
    assert_eq!(named(&json), [("a".into(), Value::from(2)), ("b".into(), Value::from(2))]);
}

#[test]
fn a_batch_changes_the_input_and_counts_samples() {
    let path = demo("digits-fp32");
    let json = run(&mut bench([&path, "-n", "50", "--batch-size", "4", "--format", "json"])).ok().json();
    let v = measured(&json);
    assert_eq!(v["batch_size"], 4);
    assert_eq!(v["inputs"][0]["name"], "image");
    assert_eq!(v["inputs"][0]["shape"], serde_json::json!(["4", "1", "8", "8"]));
    // Throughput counts samples: four to an inference.
    let per_inference = v["latency_ns"]["mean"].as_f64().unwrap() * v["throughput_ips"].as_f64().unwrap() / 1e9;
    assert!(per_inference > 1.0 && per_inference <= 4.001, "{per_inference} samples in an inference's time");
}

#[test]
fn a_file_gives_the_input_and_its_batch() {
    let dir = tempfile::tempdir().unwrap();
    let input = file(&dir, "three.npy", npy("<f4", 4, &[3, 1, 8, 8]));
    let path = demo("digits-fp32");
    let json = run(&mut bench([&path, "-n", "5", "--input", &input, "--format", "json"])).ok().json();
    assert_eq!(measured(&json)["batch_size"], 3);
    assert_eq!(measured(&json)["inputs"][0]["shape"], serde_json::json!(["3", "1", "8", "8"]));
    assert_eq!(measured(&json)["options"]["input"], Value::from(input));
}

#[test]
fn the_table_has_a_row_for_each_model() {
    let result = run(&mut bench([&demo("digits-fp32"), &demo("digits-int8"), "-n", "3", "--warmup", "0", "--quiet"]));
    for words in ["p50", "p99", "digits-fp32", "digits-int8", "onnxruntime 1.", "batch 1"] {
        assert!(result.ok().stdout.contains(words), "{words}: {}", result.stdout);
    }
    assert!(
        result.stdout.contains("· digits-int8: 1 of 10 blocks needed for a verdict (measure longer)"),
        "{result:?}"
    );
    assert_eq!(result.stderr, "", "--quiet says nothing");
}

#[test]
fn a_reader_that_has_had_enough_is_no_failure() {
    let mut command = bench([&demo("digits-fp32"), "-n", "3", "--warmup", "0", "--format", "json"]);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = command.stdin(Stdio::null()).stdout(writer).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(!String::from_utf8_lossy(&output.stderr).contains("error"), "{output:?}");
}

#[test]
fn a_device_can_take_the_result_and_a_full_one_is_an_error() {
    let quick = ["bench", "synthetic:constant,median=1ms", "-n", "3", "--warmup", "0", "--format", "json"];
    let piped = run(nntop().args(quick).args(["-o", "/dev/stdout"]));
    assert_eq!(piped.ok().json()["variants"][0]["latency_ns"]["n"], 3);
    run(nntop().args(quick).args(["-o", "/dev/full"])).failed(1, "/dev/full: cannot be written");
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let output = nntop().args(quick).stdin(Stdio::null()).stdout(full).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("error: the result cannot be printed"), "{output:?}");
}

#[test]
fn ctrl_c_ends_with_what_was_measured() {
    let path = demo("digits-fp32");
    let mut running = Running::start(&mut bench([&path, "-t", "1h", "--warmup", "1", "--format", "json"]));
    running.until(": measuring").signal(Signal::INT);
    let result = running.end();
    assert_eq!((result.code, result.signal), (Some(130), None), "{result:?}");
    assert!(!result.stderr.contains("error:"), "{result:?}");
    let json = result.json();
    assert_eq!((&measured(&json)["status"], &measured(&json)["stopped_by"]), (&"interrupted".into(), &Value::Null));
    assert!(measured(&json)["latency_ns"]["n"].as_u64().unwrap() > 0);
}

#[test]
fn without_a_terminal_the_dashboard_measures_headless_and_says_so() {
    runtime();
    let mut command = nntop();
    command.args([&demo("digits-fp32"), "-n", "3", "--warmup", "0"]);
    let result = run(&mut command);
    assert!(result.ok().stderr.contains("no terminal"), "{result:?}");
    assert!(result.stdout.contains("digits-fp32"), "{result:?}");
}

#[test]
fn the_demo_needs_no_files() {
    runtime();
    let dir = tempfile::tempdir().unwrap();
    let result = run(nntop().args(["demo", "-n", "20"]).current_dir(dir.path()));
    assert!(result.ok().stdout.contains("fp32") && result.stdout.contains("int8"), "{result:?}");
}

#[test]
fn the_table_says_how_far_its_figures_can_be_trusted() {
    let steady = "net:synthetic:constant,median=3ms";
    let result = run(nntop().args(["bench", steady, "-t", "2s", "--warmup", "0"]));
    // Which verdict a busy machine earns is not for a test; that there is one, is.
    let verdict = |l: &str| ["STABLE", "NOISY", "DRIFTING"].iter().any(|w| l.starts_with(&format!(" net: {w}, ")));
    assert!(result.ok().stdout.lines().any(verdict), "{result:?}");
}

/// What a variant of `json` left out at its start, and how many inferences it measured.
fn warmup(json: &Value) -> (Option<u64>, &Value, &Value) {
    let v = measured(json);
    (v["warmup"]["inferences"].as_u64(), &v["warmup"]["steady"], &v["latency_ns"]["n"])
}

#[test]
fn the_warm_up_is_told_and_in_no_figure() {
    let bench = |more: &[&str]| {
        let spec = "synthetic:constant,median=1ms";
        run(nntop().args(["bench", spec, "-n", "60", "--format", "json"]).args(more)).ok().json()
    };
    let json = bench(&["--warmup", "30"]);
    assert_eq!(warmup(&json), (Some(30), &Value::Null, &Value::from(60)));
    assert_eq!(json["settings"]["warmup_steady"], false);
    assert_eq!(warmup(&bench(&["--warmup", "0"])).0, Some(0));

    // Whether this machine keeps its level is its own affair; that it was looked at is ours.
    let json = bench(&[]);
    assert_eq!((&json["settings"]["warmup_steady"], &measured(&json)["status"]), (&true.into(), &"ok".into()));
    let (inferences, steady, n) = warmup(&json);
    assert!(inferences >= Some(5) && steady.is_boolean() && n == 60, "{json:#}");
    assert!(measured(&json)["warmup"]["duration_ns"].as_u64() >= Some(500_000_000));

    // The table says so where it was looked at in vain, and only there.
    let table = |steady: bool| {
        let mut json = json.clone();
        json["variants"][0]["warmup"]["steady"] = steady.into();
        json["variants"][0]["options"]["cpu_quota"] = 50.0.into();
        nntop::report::text(&serde_json::from_value(json).unwrap(), usize::MAX)
    };
    assert!(table(false).contains("! synthetic: not steady after"), "{}", table(false));
    assert!(!table(true).contains("steady"), "{}", table(true));
    assert!(table(true).contains("· at most 50 % of a CPU ·"), "{}", table(true));
}

#[test]
fn the_stop_rule_that_fired_is_named() {
    let stopped_by = |options: &[&str]| {
        let spec = "synthetic:constant,median=1ms";
        let run = run(nntop().args(["bench", spec, "--warmup", "0", "--format", "json"]).args(options));
        measured(&run.ok().json())["stopped_by"].clone()
    };
    assert_eq!(stopped_by(&["-n", "3", "-t", "1h"]), "runs");
    assert_eq!(stopped_by(&["-n", "1000000", "-t", "20ms"]), "duration");
}

#[test]
fn what_an_inference_costs_the_system_is_in_results_and_in_the_text() {
    let model = demo("digits-fp32");
    let args = ["-n", "200", "--warmup", "2", "--threads", "1"];
    let found = run(bench([model.as_str()]).args(args).args(["--format", "json"])).ok().json();
    let variant = &found["variants"][0];
    let counters = &variant["counters"];
    let of = |name: &str| counters[name].as_f64().unwrap_or_else(|| panic!("{name}: {counters:#}"));
    assert!(of("cpu_user_ns") + of("cpu_system_ns") > 0.0, "{counters:#}");
    assert!(variant["cpu_ns_per_inference"].as_u64().unwrap() > 0, "{variant:#}");
    let memory = |name: &str| variant["memory"][name].as_u64().unwrap_or_else(|| panic!("{name}: {variant:#}"));
    assert!(memory("load_peak_bytes") > 1_000_000, "the library alone is more");
    assert!(memory("first_inference_peak_bytes") >= memory("load_peak_bytes") && memory("steady_bytes") > 1_000_000);
    // The CPU's own counters, or why there are none.
    assert_ne!(counters["instructions"].is_number(), counters["hardware_absent"].is_string(), "{counters:#}");
    let text = run(bench([model.as_str()]).args(args)).ok().stdout.clone();
    assert!(text.contains("per inference: CPU time") && text.contains("page faults"), "{text}");
}
