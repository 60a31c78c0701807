//! `--metric NAME=COMMAND`: a number of the user's own in results, tables, the history, reports, comparisons, targets and gates;
//! and commands that fail, hang, print garbage or print without end.

use crate::support::{Run, Running, file, nntop, run};
use nntop::event::{CustomValue, Kind, Plan};
use nntop::recording::Recording;
use nntop::session::{Finished, Measured, Session};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::process::Command;
use tempfile::TempDir;

const NET: &str = "net:synthetic:constant,median=1ms";

/// `nntop SUBCOMMAND` of a short run, with a history of its own.
fn short(home: &TempDir, subcommand: &str, arguments: &[&str]) -> Command {
    let mut command = nntop();
    command.env("NNTOP_DATA_DIR", home.path()).arg(subcommand).args(arguments);
    command.args(["-n", "20", "--warmup", "0", "-q"]);
    command
}

fn bench(home: &TempDir, arguments: &[&str]) -> Run {
    run(&mut short(home, "bench", &[&[NET], arguments].concat()))
}

/// What a metric came to, in JSON.
fn measured(home: &TempDir, metric: &str) -> (Value, String) {
    let said = bench(home, &["--metric", metric, "--metric-limit", "2s", "--format", "json", "--no-history"]);
    let name = metric.split('=').next().unwrap();
    (said.ok().json()["variants"][0]["custom_metrics"][name].clone(), said.stderr)
}

#[test]
fn a_command_gets_the_result_and_gives_a_number_with_its_unit() {
    let home = tempfile::tempdir().unwrap();
    assert_eq!(measured(&home, "answer=echo 42").0, json!({"value": 42.0, "unit": null}));
    assert_eq!(measured(&home, "half=echo '0.5 ms'").0, json!({"value": 0.5, "unit": "ms"}));
    assert_eq!(measured(&home, "drop=echo -3%").0, json!({"value": -3.0, "unit": "%"}));
    // One variant, the figures of the run, and what it is called.
    let n = r#"n=grep -c '"n": 20,'"#;
    assert_eq!(measured(&home, n).0["value"], 1.0);
    let told = r#"told=test "$NNTOP_VARIANT $NNTOP_MODEL" = "net synthetic:constant,median=1ms" && echo 1"#;
    assert_eq!(measured(&home, told).0["value"], 1.0);
    // One that does not read its input is no failure, nor is one that leaves something in the background.
    assert_eq!(measured(&home, "background=sleep 1000 & echo 7").0["value"], 7.0);
}

#[test]
fn what_cannot_be_measured_is_absent_with_its_reason_in_one_line() {
    let home = tempfile::tempdir().unwrap();
    for (command, words) in [
        ("exit 3", "its command failed (exit status: 3)"),
        ("echo 1; echo 'no such\tdata set' >&2; exit 1", "its command failed (exit status: 1): no such data set"),
        ("kill -9 $$", "its command failed (signal: 9"),
        ("exec sleep 1000", "its command did not end within 2 s and was killed"),
        ("sleep 1000; echo 1", "its command did not end within 2 s and was killed"),
        ("yes 1", "its command printed more than 4096 bytes"),
        (
            "yes garbage >&2 & sleep 0; echo fine",
            "its command printed \"fine\" where a number with its unit is expected",
        ),
        ("true", "its command printed nothing"),
        ("echo nan", "its command printed \"nan\""),
        ("echo 1; echo 2", "its command printed \"1\\n2\""),
        ("nosuchprogram", "its command failed (exit status: 127)"),
    ] {
        let (value, stderr) = measured(&home, &format!("x={command}"));
        let reason = value["reason"].as_str().unwrap_or_else(|| panic!("{command}: {value}"));
        assert!(reason.starts_with(words), "{command}: {reason}");
        assert!(!reason.contains('\n') && value.get("value").is_none(), "{value}");
        let warnings: Vec<&str> = stderr.lines().collect();
        assert!(matches!(&warnings[..], [one] if one.starts_with("warning: net: metric x: its command ")), "{stderr}");
    }
}

#[test]
fn names_are_checked_before_anything_is_measured() {
    let home = tempfile::tempdir().unwrap();
    for (arguments, words) in [
        (&["--metric", "p99=echo 1"][..], "p99 is what nntop measures itself"),
        (&["--metric", "a b=echo 1"], "is not a name for a metric"),
        (&["--metric", "a"], "looks like NAME=COMMAND"),
        (&["--metric", "a=echo 1", "--metric", "a=echo 2"], "the metric a is given twice"),
        (&["--metric", "a=echo 1", "--target", "b<5"], "\"b\" cannot have a target"),
    ] {
        bench(&home, arguments).failed(2, words);
    }
    let two = run(&mut short(&home, "compare", &[NET, NET, "--metric", "a=echo 1", "--fail-if", "b>+5%"]));
    two.failed(2, "\"b\" is no figure with a gate");
}

#[test]
fn a_target_names_a_metric() {
    let home = tempfile::tempdir().unwrap();
    let ends = |target: &str, words: &str, code: i32| {
        let said = bench(&home, &["--metric", "loss=echo '0.2 nats'", "--metric", "broken=false", "--target", target]);
        assert_eq!(said.code, Some(code), "{target}: {said:?}");
        assert!(said.stdout.contains(words), "{target}: {said:?}");
    };
    ends("loss<0.3", "✓ net: loss<0.3 met with 0.2", 0);
    ends("loss<0.1nats", "✗ net: loss<0.1nats missed with 0.2 nats", 3);
    ends("loss<1bits", "✗ net: loss<1bits missed, it is in nats, and the target in bits", 3);
    ends("broken<1", "✗ net: broken<1 missed, its command failed", 3);
}

#[test]
fn tables_the_history_and_reports_have_it() {
    let home = tempfile::tempdir().unwrap();
    let out = home.path().join("result.json");
    let metrics = ["--metric", "accuracy=echo '92.5 %'", "--metric", "broken=exit 3"];
    let text = bench(&home, &metrics);
    let head = text.ok().stdout.lines().next().unwrap().to_owned();
    assert!(head.contains("accuracy") && head.contains("broken") && text.stdout.contains("92.5 %"), "{text:?}");
    assert!(text.stdout.contains("broken: not measured: its command failed (exit status: 3)"), "{text:?}");
    bench(&home, &[&metrics[..], &["--format", "json", "-o", out.to_str().unwrap()]].concat());

    let runs = |arguments: &[&str]| run(nntop().env("NNTOP_DATA_DIR", home.path()).arg("runs").args(arguments));
    assert!(runs(&[]).ok().stdout.contains("92.5 %"));
    assert_eq!(runs(&["--format", "json"]).json()[0]["custom_metrics"]["accuracy"]["value"], 92.5);
    assert!(runs(&["--format", "csv"]).stdout.lines().next().unwrap().ends_with("accuracy (%),broken"));
    assert!(runs(&["trend"]).ok().stdout.contains("accuracy"));
    assert_eq!(
        runs(&["show", "1", "--format", "json"]).json()["variants"][0]["custom_metrics"]["accuracy"]["unit"],
        "%"
    );

    let report = |style: &str| {
        let said = run(nntop().args(["report", out.to_str().unwrap(), "--style", style, "--format", "markdown"]));
        said.ok().stdout.clone()
    };
    for style in ["summary", "edge", "mcu", "keras", "platform", "compression", "before-after"] {
        let text = report(style);
        assert!(text.contains("92.5 %") && text.contains("broken: its command failed"), "{style}: {text}");
    }
    assert!(!report("zoo").contains("92.5"), "a zoo's row has the zoo's columns");
}

#[test]
fn comparisons_and_gates_have_both_values_and_the_change() {
    let home = tempfile::tempdir().unwrap();
    // The model's name decides.
    let metric = r#"size=case $NNTOP_VARIANT in a) echo 200 kB;; *) echo 150 kB;; esac"#;
    let (a, b) = ("a:synthetic:constant,median=1ms", "b:synthetic:constant,median=1ms");
    let compare =
        |arguments: &[&str]| run(&mut short(&home, "compare", &[&[a, b, "--metric", metric], arguments].concat()));
    let gated = compare(&["--fail-if", "size<-20%", "--format", "json"]);
    assert_eq!(gated.code, Some(3), "{gated:?}");
    let gate = &gated.json()["gates"][0];
    assert_eq!((&gate["outcome"], &gate["change"], &gate["interval"]), (&json!("failed"), &json!(-0.25), &Value::Null));
    assert_eq!(compare(&["--fail-if", "size>+5%"]).code, Some(0));

    // Saved results, and one of a time before there were metrics.
    let save = |spec: &str| {
        let said = run(&mut short(&home, "bench", &[spec, "--metric", metric, "--format", "json"]));
        file(&home, &format!("{}.json", &spec[..1]), &said.ok().stdout)
    };
    let (a, b) = (save(a), save(b));
    let saved = |arguments: &[&str]| run(nntop().args(["compare", &a, &b]).args(arguments));
    let text = saved(&[]).ok().stdout.clone();
    let line = text.lines().find(|l| l.trim_start().starts_with("size")).unwrap_or_else(|| panic!("{text}"));
    assert!(["200 kB", "150 kB", "-25.0 %"].iter().all(|words| line.contains(words)), "{line}");
    assert_eq!(saved(&["--fail-if", "size<-20%"]).code, Some(3));
    assert_eq!(saved(&["--fail-if", "size<-30%"]).code, Some(0));
    saved(&["--fail-if", "sise<-30%"]).failed(2, "\"sise\" is no figure with a gate");
    let changes = saved(&["--format", "json"]).json()["comparison"][0]["changes"].clone();
    let change = changes.as_array().unwrap().iter().find(|c| c["figure"] == "size").unwrap();
    assert_eq!((&change["against"], &change["value"], &change["unit"]), (&json!(200.0), &json!(150.0), &json!("kB")));
    let mut old: Value = serde_json::from_str(&std::fs::read_to_string(&b).unwrap()).unwrap();
    old["variants"][0].as_object_mut().unwrap().remove("custom_metrics");
    let old = file(&home, "old.json", old.to_string());
    let against_old = run(nntop().args(["compare", &a, &old, "--fail-if", "size>+5%"]));
    assert_eq!(against_old.code, Some(3), "a gate that looks at nothing is not green: {against_old:?}");
    assert!(against_old.stderr.contains("old: it was not measured"), "{against_old:?}");
}

#[test]
fn a_stopped_run_measures_no_metric_and_a_running_command_is_ended() {
    let home = tempfile::tempdir().unwrap();
    let mut command = nntop();
    command.args(["bench", NET, "-t", "1h", "--metric", "x=echo 1", "--format", "json", "--no-history"]);
    let mut running = Running::start(&mut command);
    running.until("net: measuring").signal(Signal::INT);
    let stopped = running.end();
    assert_eq!(stopped.code, Some(130));
    assert_eq!(stopped.json()["variants"][0]["custom_metrics"]["x"]["reason"], "the run was stopped before");

    let pipe = home.path().join("pipe");
    mknodat(CWD, &pipe, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
    let hang = format!("x=echo begun >'{}'; sleep 1000; echo 1", pipe.display());
    let mut command = nntop();
    command.args(["bench", NET, "-n", "5", "--metric", &hang, "--format", "json", "--no-history"]);
    let running = Running::start(&mut command);
    // Waits for the command to open it.
    assert_eq!(std::fs::read_to_string(&pipe).unwrap(), "begun\n");
    running.signal(Signal::INT);
    let ended = running.end();
    assert_eq!((ended.code, &ended.json()["variants"][0]["status"]), (Some(130), &json!("ok")));
    assert_eq!(ended.json()["variants"][0]["custom_metrics"]["x"]["reason"], "its command was stopped");
}

#[test]
fn a_recording_holds_the_metrics_of_its_run() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("run.nntop");
    let twice = |of: &Measured| CustomValue::new(of.variant.latency_ns.unwrap().n as f64 * 2.0, Some("inferences"));
    let finished = Session::new(Plan::of("synthetic:constant,median=1ms").runs(15))
        .worker(env!("CARGO_BIN_EXE_nntop"))
        .record(&path)
        .metric("twice", twice)
        .metric("sum", |of: &Measured| {
            CustomValue::new(of.result.variants[0].custom_metrics["twice"].value().unwrap() + 1.0, None)
        })
        .run(|event| assert!(!matches!(event.kind, Kind::CustomMetric(_)), "they come after the last event"))
        .unwrap();
    let metrics = &finished.result.variants[0].custom_metrics;
    assert_eq!((metrics["twice"].to_string(), metrics["sum"].value()), ("30 inferences".into(), Some(31.0)));
    let recording = Recording::open(&path).unwrap();
    let replayed = Finished::replayed(&recording, recording.end()).unwrap();
    assert_eq!(replayed.result.variants, finished.result.variants);
    assert_eq!(replayed.state.missed, 0);
}
