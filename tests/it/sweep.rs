//! Grids of settings: every point is measured alone, fails alone, and is a row; the front is what the schema says.

use crate::onnx::{Axis, unary};
use crate::support::{Run, Running, bench, demo, file, nntop, run};
use rustix::process::Signal;
use serde_json::{Value, json};

const QUICK: [&str; 4] = ["-n", "20", "--warmup", "1"];

fn synthetic(args: &[&str]) -> Run {
    run(nntop().arg("bench").args(args).args(QUICK))
}

fn points(json: &Value) -> &Vec<Value> {
    json["sweep"]["points"].as_array().unwrap_or_else(|| panic!("no sweep in {json:#}"))
}

fn each<'a>(json: &'a Value, key: &str) -> Vec<&'a Value> {
    points(json).iter().map(|p| &p[key]).collect()
}

/// Each point is a variant with the same figures, and the front is the one that the README defines.
fn check(json: &Value) {
    let variants = json["variants"].as_array().unwrap();
    assert_eq!(points(json).len(), variants.len());
    let counts = |p: &Value| p["status"] == "ok" && p["verdict"] != "invalid";
    let figures = |p: &Value| Some((p["p50_ns"].as_u64()?, p["throughput_ips"].as_f64()?)).filter(|_| counts(p));
    for (p, v) in points(json).iter().zip(variants) {
        assert_eq!((&p["variant"], &p["status"], &p["verdict"]), (&v["name"], &v["status"], &v["verdict"]), "{p}");
        assert_eq!((&p["p50_ns"], &p["p99_ns"]), (&v["latency_ns"]["p50"], &v["latency_ns"]["p99"]), "{p}");
        assert_eq!(p["throughput_ips"], v["throughput_ips"], "{p}");
        assert_eq!(p["rss_peak_bytes"], v["memory"]["rss_peak_bytes"], "{p}");
        let beats = |(a, b): (u64, f64), (c, d): (u64, f64)| a <= c && b >= d && (a < c || b > d);
        let on =
            figures(p).is_some_and(|mine| !points(json).iter().filter_map(figures).any(|other| beats(other, mine)));
        assert_eq!(p["on_front"], on, "{p}");
    }
    assert_eq!(json["comparison"], json!([]), "points were not measured side by side");
}

#[test]
fn every_point_is_measured_with_its_own_batch_and_threads() {
    let args = [&demo("digits-int8")[..], "--batch-size", "1,8", "--threads", "1,2", "--format", "json"];
    let result = run(bench([]).args(args).args(QUICK));
    let json = result.ok().json();
    check(&json);
    let axes = json!([{"name": "batch_size", "values": [1, 8]}, {"name": "threads", "values": [1, 2]}]);
    assert_eq!(json["sweep"]["axes"], axes);
    let names = ["digits-int8 b1 t1", "digits-int8 b1 t2", "digits-int8 b8 t1", "digits-int8 b8 t2"];
    assert_eq!(each(&json, "variant"), names);
    assert_eq!(each(&json, "model"), ["digits-int8"; 4]);
    for (i, v) in json["variants"].as_array().unwrap().iter().enumerate() {
        let (batch, threads) = ([1, 8][i / 2], [1, 2][i % 2]);
        assert_eq!((&v["batch_size"], &v["engine"]["threads"]), (&json!(batch), &json!(threads)), "{v:#}");
        assert_eq!(v["inputs"][0]["shape"][0], batch.to_string());
        assert_eq!(v["latency_ns"]["n"], 20);
        assert_eq!(points(&json)[i]["coordinates"], json!({"batch_size": batch, "threads": threads}));
    }
    // A point is loaded when the one before it is done.
    let said = |words: &str| result.stderr.find(words).unwrap_or_else(|| panic!("{words:?}: {}", result.stderr));
    assert!(said("point 1 of 4: digits-int8 b1 t1: done") < said("point 2 of 4"), "{}", result.stderr);
    assert!(said("b1 t2: done") < said("b8 t1: loading"), "{}", result.stderr);
    let third = result.stderr.lines().find(|l| l.starts_with("point 3 of 4")).unwrap();
    assert!(
        third.starts_with("point 3 of 4, about ") && third.ends_with(" left: digits-int8 b8 t1: loading"),
        "{third}"
    );
}

#[test]
fn sizes_of_free_axes_are_swept_too() {
    let dir = tempfile::tempdir().unwrap();
    let path = file(&dir, "net.onnx", unary(17, "Relu", &[Axis::Name("N"), Axis::Name("len")]));
    let result = run(bench([&path, "--dim", "len=4,16", "--dim", "N=2", "--format", "json"]).args(QUICK));
    let json = result.ok().json();
    check(&json);
    assert_eq!(each(&json, "coordinates"), [&json!({"dim.len": 4}), &json!({"dim.len": 16})]);
    let shapes: Vec<_> = json["variants"].as_array().unwrap().iter().map(|v| &v["inputs"][0]["shape"]).collect();
    assert_eq!(shapes, [&json!(["2", "4"]), &json!(["2", "16"])]);
}

#[test]
fn the_table_has_a_row_per_point_and_names_the_front() {
    // So far apart that no neighbour of the test makes up for it.
    let (slow, fast) = ("slow:synthetic:constant,median=30ms", "fast:synthetic:constant,median=1ms");
    let result = synthetic(&[slow, fast, "--threads", "1,2", "--quiet"]);
    let lines: Vec<&str> = result.ok().stdout.lines().collect();
    assert_eq!(result.stderr, "", "--quiet says nothing");
    assert!(lines.iter().all(|l| l.chars().count() <= 80), "{}", result.stdout);
    for words in ["threads", "p50", "p99", "samples", "memory", "ms", "MB"] {
        assert!(lines[..2].iter().any(|l| l.contains(words)), "{words}: {}", result.stdout);
    }
    // Under the model's name a row per point.
    let at = |name: &str| lines.iter().position(|l| *l == format!(" {name}")).unwrap();
    assert_eq!(at("fast"), at("slow") + 3, "{}", result.stdout);
    assert!(!lines[at("slow") + 1].contains("front") && !lines[at("slow") + 2].contains("front"), "{}", result.stdout);
    let front = lines[at("fast") + 1..=at("fast") + 2].iter().filter(|l| l.contains("◆ front")).count();
    let sentence = lines.iter().find(|l| l.contains(" of 4 points ")).unwrap();
    assert!(
        sentence.starts_with(&format!(" {front} of 4 points ")) && sentence.contains("on the front: fast t"),
        "{sentence}"
    );
    assert!(result.stdout.contains('†') && result.stdout.contains("† best of its column"), "{}", result.stdout);
    // Nothing to choose from, nothing to mark: no model, no line of its name.
    let one = synthetic(&[fast, "--threads", "1,2", "--quiet"]);
    assert!(!one.ok().stdout.lines().any(|l| l == " fast"), "{}", one.stdout);
}

#[test]
fn the_table_fits_into_80_columns_with_energy_too() {
    let fast = "net:synthetic:constant,median=1ms";
    let mut json = synthetic(&[fast, "-b", "1,1024", "--threads", "1,16", "--format", "json"]).ok().json();
    let table = |json: &Value| nntop::report::text(&serde_json::from_value(json.clone()).unwrap(), usize::MAX);
    assert!(!table(&json).contains("energy"), "{}", table(&json));
    for (i, p) in json["sweep"]["points"].as_array_mut().unwrap().iter_mut().enumerate() {
        p["energy_mj_per_sample"] = json!(123.4 + i as f64);
        p["rss_peak_bytes"] = json!(1_234_500_000_u64 - i as u64 * 100_000_000);
        p["p99_ns"] = json!(99_999_999);
    }
    for v in json["variants"].as_array_mut().unwrap() {
        v["verdict"] = "drifting".into();
    }
    let text = table(&json);
    assert!(text.contains("energy") && text.contains("   mJ") && text.contains("123†"), "{text}");
    assert!(text.contains("◆ front, DRIFTING") && text.lines().all(|l| l.chars().count() <= 80), "{text}");
}

#[test]
fn a_point_that_fails_is_a_row_with_its_reason_and_the_others_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let path = file(&dir, "fixed.onnx", unary(17, "Relu", &[Axis::Size(4), Axis::Size(3)]));
    let grid = ["--batch-size", "1,4", "--threads", "1,2"];
    let json = run(bench([&path, "--format", "json"]).args(grid).args(QUICK)).failed(2, "axis 0 is 4 in x").json();
    check(&json);
    assert_eq!(each(&json, "status"), ["failed", "failed", "ok", "ok"]);
    for (p, v) in points(&json).iter().zip(json["variants"].as_array().unwrap()).take(2) {
        assert!(p["p50_ns"].is_null() && p["on_front"] == false, "{p}");
        let error = &v["error"];
        assert!(error["message"].as_str().unwrap().contains("the model's batch is fixed: axis 0 is 4"), "{error}");
        assert!(error["hint"].as_str().unwrap().contains("leave --batch-size out"), "{error}");
    }
    let table = run(bench([&path]).args(grid).args(QUICK));
    table.failed(2, "--batch-size 1").hint("--batch-size");
    assert_eq!(table.stdout.matches("✗ failed").count(), 2, "{}", table.stdout);
    assert!(table.stdout.contains(" ✗ b1 t1, b1 t2: ") && table.stdout.contains("; 2 failed"), "{}", table.stdout);
}

#[test]
fn a_run_that_breaks_ends_with_1_and_the_rest_is_measured() {
    let breaks = "breaks:synthetic:constant,median=1ms,fail-at=5";
    let result = synthetic(&[breaks, "works:synthetic:constant,median=1ms", "--threads", "1,2", "--format", "json"]);
    assert_eq!(result.code, Some(1), "{result:?}");
    assert!(result.stderr.contains("error: breaks t1: synthetic engine: failed at inference 5"), "{result:?}");
    let json = result.json();
    check(&json);
    assert_eq!(each(&json, "status"), ["failed", "failed", "ok", "ok"]);
    // Where nothing could be measured errors say it all.
    let nothing = synthetic(&["/nonexistent.onnx", "--threads", "1,2"]);
    assert_eq!(nothing.failed(2, "/nonexistent.onnx: no such file").stdout, "");
}

#[test]
fn every_point_has_to_meet_the_targets() {
    let fast = "net:synthetic:constant,median=1ms";
    let result = synthetic(&[fast, "--threads", "1,2", "--target", "p50<1us"]);
    assert_eq!(result.code, Some(3), "{result:?}");
    for words in ["net t1: p50<1us missed with ", "net t2: p50<1us missed with "] {
        assert!(result.stderr.contains(words) && result.stdout.contains(words), "{words}: {result:?}");
    }
    assert!(result.stdout.contains("0 of 2 measured points meet the target"), "{}", result.stdout);
    let met = synthetic(&[fast, "--threads", "1,2", "--target", "p50<1000s", "--format", "json"]);
    assert_eq!(met.ok().json()["targets"].as_array().unwrap().len(), 2);
}

#[test]
fn ctrl_c_in_the_middle_keeps_the_points_that_are_done() {
    let args = ["quick:synthetic:constant,median=100us", "slow:synthetic:constant,median=30ms", "--threads", "1,2"];
    let mut command = nntop();
    command.arg("bench").args(args).args(["-n", "1000", "--warmup", "1", "--format", "json"]);
    let mut running = Running::start(&mut command);
    running.until("slow t1: measuring").signal(Signal::INT);
    let result = running.end();
    assert_eq!((result.code, result.signal), (Some(130), None), "{result:?}");
    let json = result.json();
    check(&json);
    assert_eq!(each(&json, "status"), ["ok", "ok", "interrupted", "interrupted"]);
    assert_eq!(json["variants"][1]["latency_ns"]["n"], 1_000);
    assert!(points(&json)[3]["p50_ns"].is_null(), "{json:#}");
    assert_eq!(each(&json, "on_front")[2..], [false, false]);
    assert!(!result.stderr.contains("slow t2: interrupted"), "it was never begun: {}", result.stderr);
}

#[test]
fn more_points_than_letters_are_measured_one_after_the_other() {
    let many = (1..=40).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    let fast = "synthetic:constant,median=10us";
    let json = synthetic(&[fast, "--threads", &many, "--format", "json", "--quiet"]).ok().json();
    check(&json);
    assert_eq!(points(&json).len(), 40);
    assert_eq!(points(&json)[39]["variant"], "synthetic t40");
    // Those in turns are all loaded at once.
    let turns = run(nntop().args(["compare", fast, "--threads", &many]));
    turns.failed(2, "the lists make 40 variants; at most 26").hint("nntop bench measures up to 256");
    let words: Vec<String> = (1..=257).map(|n| n.to_string()).collect();
    synthetic(&[fast, "--threads", &words.join(",")]).failed(2, "257 variants").hint("fewer values");
}

#[test]
fn compare_takes_the_points_of_a_grid_in_turns() {
    let args =
        ["compare", "net:synthetic:constant,median=1ms", "--threads", "1,2", "-t", "1800ms", "--format", "json", "-q"];
    let json = run(nntop().args(args).args(["--warmup", "1"])).ok().json();
    assert!(json["sweep"].is_null(), "{json:#}");
    assert_eq!(
        (&json["comparison"][0]["variant"], &json["comparison"][0]["against"]),
        (&json!("net t2"), &json!("net t1"))
    );
}

#[test]
fn lists_that_make_no_sense() {
    let net = "synthetic:constant,median=1ms";
    for (option, value) in [
        ("--threads", "1,zero"),
        ("--threads", "1,,2"),
        ("--threads", "0,1"),
        ("--batch-size", ","),
        ("--batch-size", "1;2"),
        ("--batch-size", "1,-2"),
        ("--dim", "N=1,"),
        ("--dim", "N=,"),
        ("--dim", "N"),
    ] {
        let result = run(nntop().args(["bench", net, &format!("{option}={value}")]));
        result.failed(2, option);
        assert_eq!(result.stdout, "", "{result:?}");
    }
    synthetic(&[net, "--threads", "1,2", "--parallel"]).failed(2, "--parallel").hint("leave --parallel out");
    synthetic(&[net, "-b", "1,2", "--input", "x.npy"]).failed(2, "--batch-size 1,2").hint("leave --input out");
}
