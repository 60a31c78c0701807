//! `nntop compare` with what was measured before: results, recordings, other tools' files, the history; and its gates.

use crate::support::{Run, file, nntop, run};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A result of a synthetic engine: whose median is `ms` milliseconds.
fn measured(home: &TempDir, name: &str, ms: f64) -> String {
    let model = format!("net:synthetic:normal,median={ms}ms,sigma=0.01");
    let result = run(nntop()
        .env("NNTOP_DATA_DIR", home.path())
        .args(["bench", &model, "-t", "1500ms", "--warmup", "1", "-q", "--format", "json", "--label", name]));
    file(home, &format!("{name}.json"), &result.ok().stdout)
}

fn compare(home: &TempDir, args: &[&str]) -> Run {
    run(nntop().env("NNTOP_DATA_DIR", home.path()).arg("compare").args(args).args(["-q"]))
}

/// A result that is like another, but for what `change` does to it.
fn changed(home: &TempDir, name: &str, of: &str, change: impl Fn(&mut Value)) -> String {
    let mut json: Value = serde_json::from_str(&std::fs::read_to_string(of).unwrap()).unwrap();
    change(&mut json);
    file(home, name, json.to_string())
}

/// All latencies times `factor`, and with them what they decide.
fn slower(factor: f64) -> impl Fn(&mut Value) {
    move |json: &mut Value| {
        let v = &mut json["variants"][0];
        let times = |v: &mut Value| *v = json!(v.as_f64().unwrap() * factor);
        for key in ["p50", "p90", "p95", "p99"] {
            let ns = (v["latency_ns"][key].as_f64().unwrap() * factor) as u64;
            v["latency_ns"][key] = json!(ns);
        }
        for place in ["/latency_ns/p50_interval", "/latency_ns/p99_interval", "/intervals/p90", "/intervals/p95"] {
            let of = v.pointer_mut(place).unwrap();
            times(&mut of["low"]);
            times(&mut of["high"]);
        }
        json["began_unix_ns"] = json!(1);
    }
}

/// An interval of half a percent around each figure, whatever the machine was busy with.
fn sharp(json: &mut Value) {
    let v = &mut json["variants"][0];
    let around = |x: f64| json!({"low": x * 0.995, "high": x * 1.005});
    let [p50, p90, p95, p99] = ["p50", "p90", "p95", "p99"].map(|key| v["latency_ns"][key].as_f64().unwrap());
    v["latency_ns"]["p50_interval"] = around(p50);
    v["latency_ns"]["p99_interval"] = around(p99);
    (v["intervals"]["p90"], v["intervals"]["p95"]) = (around(p90), around(p95));
}

#[test]
fn saved_results_are_compared_and_gated() {
    let home = tempfile::tempdir().unwrap();
    let raw = measured(&home, "before", 1.0);
    let before = changed(&home, "before.json", &raw, sharp);
    let after = changed(&home, "after.json", &before, slower(1.1));

    let json = compare(&home, &[&before, &after, "--format", "json"]).ok().json();
    let pair = &json["comparison"][0];
    assert_eq!(
        (&json["schema"], &pair["variant"], &pair["against"]),
        (&json!("nntop.comparison/1"), &json!("after"), &json!("before"))
    );
    assert_eq!((&pair["verdict"], &pair["measured"]), (&json!("slower"), &json!("apart")));
    let p99 = pair["changes"].as_array().unwrap().iter().find(|c| c["figure"] == "p99").unwrap();
    let [low, change, high] =
        [&p99["interval"]["low"], &p99["change"], &p99["interval"]["high"]].map(|v| v.as_f64().unwrap());
    assert!(low < change && change < high && (change - 0.1).abs() < 1e-3, "{p99}");
    // Two that are known to half a percent each: together to 0.7.
    assert!((high - low - 2.0 * 1.1 * 0.00707).abs() < 2e-4, "{p99}");

    let gate = |limit: &str| compare(&home, &[&before, &after, "--fail-if", limit]);
    assert_eq!(gate("p99>+5%").code, Some(3));
    assert_eq!(gate("p99>+10%").code, Some(0), "within the noise");
    assert!(gate("p99>+10%").stdout.contains("undecided"));
    assert_eq!(gate("p99>+20%").code, Some(0));
    assert_eq!(gate("p90>+5%").code, Some(3));
    assert_eq!(gate("energy>+5%").code, Some(3), "what cannot be judged is not green");
    assert!(gate("energy>+5%").stderr.contains("no energy to judge"));
    let both = compare(&home, &[&before, &after, "--fail-if", "p50>+20%", "--fail-if", "p50>+5%", "--format", "json"]);
    assert_eq!(
        (both.code, &both.json()["gates"][0]["outcome"], &both.json()["gates"][1]["outcome"]),
        (Some(3), &json!("passed"), &json!("failed"))
    );
    compare(&home, &[&before, &after, "--fail-if", "p99>5ms"]).failed(2, "not a percentage");
    // A file with itself.
    assert_eq!(compare(&home, &[&before, &before, "--fail-if", "p99>+1%"]).code, Some(0));
}

#[test]
fn what_was_not_measured_alike_is_refused_by_name_unless_allowed() {
    let home = tempfile::tempdir().unwrap();
    let before = measured(&home, "before", 1.0);
    let after = changed(&home, "after.json", &before, |json| {
        json["host"]["cpu_model"] = json!("another");
        json["variants"][0]["engine"]["threads"] = json!(7);
        json["host"]["kernel"] = json!("9.9");
    });
    let refused = compare(&home, &[&before, &after]);
    refused
        .failed(2, "processor (")
        .failed(2, ", another), threads (1, 7)")
        .hint("--allow-mismatch='processor,threads'");
    assert!(!refused.stderr.contains("kernel"), "{refused:?}");
    compare(&home, &[&before, &after, "--allow-mismatch=threads"]).failed(2, "processor (");
    compare(&home, &[&before, &after, "--allow-mismatch=colour"]).failed(2, "is none of");
    for may in ["--allow-mismatch", "--allow-mismatch=processor,threads"] {
        let said = compare(&home, &[&before, &after, may]);
        assert!(
            said.ok().stdout.contains("measured under different conditions: processor (")
                && said.stdout.contains("kernel ("),
            "{said:?}"
        );
    }
}

#[test]
fn a_model_is_held_against_the_history() {
    let home = tempfile::tempdir().unwrap();
    let model = "net:synthetic:normal,median=1ms,sigma=0.01";
    let now =
        |args: &[&str]| compare(&home, &[&[model, "-t", "1500ms", "--warmup", "1", "--format", "json"], args].concat());
    now(&["--baseline", "last"]).failed(2, "no history yet").hint("--label");
    let saved = measured(&home, "main", 8.0);
    measured(&home, "other", 1.0);
    // Far apart, so that a busy machine cannot hide it.
    let json = now(&["--baseline", "main", "--fail-if", "p50>+100%"]).ok().json();
    let pair = &json["comparison"][0];
    assert_eq!(
        (&pair["variant"], &pair["against"], &pair["verdict"]),
        (&json!("net"), &json!("main"), &json!("faster"))
    );
    assert_eq!(json["sides"][0]["source"], json!({"kind": "history", "place": "run 1"}));
    let against = |baseline: &str| now(&["--baseline", baseline]).ok().json()["sides"][0]["source"]["place"].clone();
    assert_eq!((against("1"), against("last")), (json!("run 1"), json!("run 4")), "each comparison is a run, too");
    assert_eq!(against(&saved), json!(saved));
    now(&["--baseline", "nosuch"]).failed(2, "no run of this label").hint("nntop runs");
    now(&["--baseline", "99"]).failed(2, "no run of this number");
    // A file in the baseline's place, as the first of two.
    let json = compare(&home, &[&saved, model, "-t", "1500ms", "--warmup", "1", "--format", "json"]).ok().json();
    assert_eq!((&json["comparison"][0]["against"], &json["comparison"][0]["variant"]), (&json!("main"), &json!("net")));
}

#[test]
fn a_saved_result_is_held_against_the_run_before_and_not_against_itself() {
    let home = tempfile::tempdir().unwrap();
    let first = measured(&home, "first", 1.0);
    compare(&home, &[&first, "--baseline", "last"]).failed(2, "no run in the history").hint("--label");
    let second = measured(&home, "second", 1.0);
    let ran = compare(&home, &[&second, "--baseline", "last", "--format", "json"]);
    assert_eq!(ran.ok().json()["sides"][0]["source"]["place"], "run 1");
}

#[test]
fn models_in_turns_are_gated_too() {
    let home = tempfile::tempdir().unwrap();
    let (fast, slow) = ("fast:synthetic:constant,median=1ms", "slow:synthetic:constant,median=8ms");
    let of = |a: &str, b: &str, format: &str| {
        compare(&home, &[a, b, "-t", "1800ms", "--warmup", "1", "--fail-if", "p50>+50%", "--format", format])
    };
    let worse = of(fast, slow, "json");
    let gate = &worse.json()["gates"][0];
    assert_eq!(
        (worse.code, &gate["outcome"], &gate["variant"]),
        (Some(3), &json!("failed"), &json!("slow")),
        "{gate:#}"
    );
    assert!(gate["interval"]["low"].as_f64() > Some(0.5), "{gate:#}");
    let better = of(slow, fast, "junit");
    assert!(better.ok().stdout.contains("<testcase name=\"p50&gt;+50%\" classname=\"nntop.fast\""), "{better:?}");
    // Too few blocks: the gate cannot be judged, and says so.
    let few = compare(&home, &[fast, slow, "-n", "3", "--warmup", "0", "--fail-if", "p50>+5%", "--format", "markdown"]);
    assert_eq!(few.code, Some(3), "{few:?}");
    assert!(few.stdout.contains("CANNOT BE JUDGED") && few.stdout.contains("too few blocks"), "{few:?}");
}

#[test]
fn recordings_and_other_tools_files_take_part() {
    let home = tempfile::tempdir().unwrap();
    let recording = format!("{}/tests/it/recordings/v1.nntop", env!("CARGO_MANIFEST_DIR"));
    // Two variants of one recording: as they were measured, in turns.
    let json = compare(&home, &[&recording, "--format", "json"]).ok().json();
    assert_eq!(json["comparison"][0]["measured"], "together", "{json:#}");
    let names: Vec<&str> =
        json["sides"].as_array().unwrap().iter().map(|s| s["variant"]["name"].as_str().unwrap()).collect();
    let one = format!("{recording},variant={}", names[0]);
    let times = file(&home, "times.txt", "time_ms\n".to_owned() + &"2.0\n2.1\n".repeat(40));
    let said = compare(&home, &[&one, &times]);
    assert!(said.ok().stdout.contains("known on one side only:"), "{said:?}");
    assert!(said.stdout.contains("a list of times"), "{said:?}");
    compare(&home, &[&recording, &times]).failed(2, "has no variant \"times\"").hint("variant=NAME");
    compare(&home, &[&format!("{recording},variant=nosuch"), &times]).failed(2, "no variant \"nosuch\"").hint(names[0]);
    let summary =
        file(&home, "litert.json", include_str!("../../crates/nntop-results/src/result/import/excerpts/litert.json"));
    let gated = compare(&home, &[&times, &summary, "--fail-if", "p50>+1000%"]);
    assert_eq!(gated.code, Some(3), "{gated:?}");
    assert!(gated.stderr.contains("no samples"), "{gated:?}");
    compare(&home, &[&times, &file(&home, "torn.json", "{\"schema\": \"nntop.res")]).failed(2, "no JSON");
}
