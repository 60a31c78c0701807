//! The history of results: what is measured is in it, whole, whoever is killed and whoever else writes.

use crate::support::{Run, Running, file, nntop, run};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// `nntop` with a history of its own.
fn with(home: &TempDir, args: &[&str]) -> Command {
    let mut command = nntop();
    command.env("NNTOP_DATA_DIR", home.path()).args(args);
    command
}

fn bench(home: &TempDir, name: &str, args: &[&str]) -> Run {
    let model = format!("{name}:synthetic:constant,median=1ms");
    run(with(home, &["bench", &model, "-n", "20", "--warmup", "0", "-q", "--format", "json"]).args(args))
}

fn listed(home: &TempDir, args: &[&str]) -> Vec<Value> {
    run(with(home, &["runs", "--format", "json"]).args(args)).ok().json().as_array().unwrap().clone()
}

fn ids(rows: &[Value]) -> Vec<i64> {
    rows.iter().map(|row| row["id"].as_i64().unwrap()).collect()
}

#[test]
fn what_was_measured_is_listed_shown_named_and_deleted() {
    let home = tempfile::tempdir().unwrap();
    run(&mut with(&home, &["runs"])).ok();
    let first = bench(&home, "net", &["--label", "main"]).ok().json();
    bench(&home, "net", &[]).ok();
    bench(&home, "other", &["--no-history", "--label", "unseen"]).ok();
    run(&mut with(&home, &["synthetic:constant,median=1ms", "-n", "20", "--warmup", "0"])).ok();

    let all = listed(&home, &[]);
    assert_eq!(ids(&all), [3, 2, 1]);
    assert_eq!((&all[2]["label"], &all[2]["variant"]), (&json!("main"), &json!("net")));
    assert_eq!(all[2]["p50_ns"].as_f64(), first["variants"][0]["latency_ns"]["p50"].as_f64());
    assert_eq!(first["label"], "main");
    assert_eq!(ids(&listed(&home, &["--model", "net"])), [2, 1]);
    assert_eq!(ids(&listed(&home, &["--label", "main"])), [1]);
    assert_eq!(ids(&listed(&home, &["--limit", "1"])), [3]);
    assert_eq!(ids(&listed(&home, &["--since", "1h"])), [3, 2, 1]);
    assert_eq!(run(&mut with(&home, &["runs", "show", "1", "--format", "json"])).ok().json(), first, "whole");
    let text = run(&mut with(&home, &["runs"])).ok().stdout.clone();
    assert_eq!((text.lines().count(), text.matches("main").count()), (4, 1), "{text}");
    let csv = run(&mut with(&home, &["runs", "--format", "csv"])).ok().stdout.clone();
    assert_eq!(csv.lines().count(), 4, "{csv}");
    let trend = run(&mut with(&home, &["runs", "trend", "--model", "net"])).ok().stdout.clone();
    assert!(trend.contains("2 runs") && trend.contains("against the run before"), "{trend}");

    run(&mut with(&home, &["runs", "label", "2", "golden"])).ok();
    assert_eq!(ids(&listed(&home, &["--label", "golden"])), [2]);
    run(&mut with(&home, &["runs", "label", "2", "last"])).failed(2, "newest run");
    run(&mut with(&home, &["runs", "label", "9", "golden"])).failed(2, "no run 9").hint("nntop runs");
    run(&mut with(&home, &["runs", "delete", "1"])).failed(2, "not a terminal").hint("--yes");
    run(&mut with(&home, &["runs", "delete", "1", "9", "--yes"])).failed(2, "no run 9");
    run(&mut with(&home, &["runs", "delete", "--older", "30d", "--yes"])).ok();
    run(&mut with(&home, &["runs", "delete", "1", "3", "--yes"])).ok();
    assert_eq!(ids(&listed(&home, &[])), [2]);
    run(&mut with(&home, &["runs", "show", "1"])).failed(2, "no run 1");
}

#[test]
fn other_tools_results_and_recordings_can_be_taken_in() {
    let home = tempfile::tempdir().unwrap();
    let times = file(&home, "times.txt", "ms\n2.1\n2.0\n2.2\n");
    let recording = format!("{}/tests/it/recordings/v1.nntop", env!("CARGO_MANIFEST_DIR"));
    let added = run(&mut with(&home, &["runs", "add", &times, &recording, "--label", "before"]));
    assert_eq!(added.ok().stdout, format!("1\t{times}\n2\t{recording}\n"));
    let rows = listed(&home, &["--label", "before"]);
    assert!(rows.iter().any(|row| row["variant"] == "times" && row["p50_ns"] == 2.1e6), "{rows:#?}");
    let wrong = file(&home, "wrong.txt", "nothing");
    run(&mut with(&home, &["runs", "add", &wrong])).failed(2, "unrecognised result file");
    run(&mut with(&home, &["runs", "add", "nosuch.json"])).failed(2, "no such file");
}

/// The file is sound, and every run in it is whole.
fn sound(home: &TempDir) -> usize {
    let db = rusqlite::Connection::open(home.path().join("history.db")).unwrap();
    let said: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(said, "ok");
    let mut query = db
        .prepare("SELECT r.result, count(v.slot) FROM runs r LEFT JOIN variants v ON v.run = r.id GROUP BY r.id")
        .unwrap();
    let rows = query.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?))).unwrap();
    let mut n = 0;
    for row in rows {
        let (result, variants) = row.unwrap();
        let result: Value = serde_json::from_str(&result).unwrap();
        assert_eq!(result["variants"].as_array().unwrap().len() as i64, variants);
        n += 1;
    }
    n
}

#[test]
fn ten_kills_while_it_writes_lose_nothing_that_was_said_to_be_in() {
    let home = tempfile::tempdir().unwrap();
    let result = bench(&home, "net", &["--no-history"]);
    let saved = file(&home, "net.json", &result.ok().stdout);
    let mut kept = 0;
    for round in 1..=10_usize {
        // More than it will ever come to: it is killed somewhere in between.
        let files = vec![saved.as_str(); 5_000];
        let mut running = Running::start(with(&home, &["runs", "add"]).args(&files));
        running.until_lines(round * 7);
        running.signal(Signal::KILL);
        let end = running.end();
        assert_eq!(end.signal, Some(Signal::KILL.as_raw()), "it was still at it");
        // What has been said is in; at most one more may be, whose line was never written.
        let said = end.stdout.lines().count();
        let found = sound(&home) - kept;
        assert!(found == said || found == said + 1, "{found} of {said}");
        kept += found;
    }
    assert_eq!(listed(&home, &[]).len(), kept);
}

#[test]
fn two_that_write_at_the_same_time_both_do() {
    let home = tempfile::tempdir().unwrap();
    let result = bench(&home, "net", &["--no-history"]);
    let saved = file(&home, "net.json", &result.ok().stdout);
    let add = || Running::start(with(&home, &["runs", "add"]).args(vec![saved.as_str(); 50]));
    // Both begin the file, too.
    let both = [add(), add()];
    for one in both {
        assert_eq!(one.end().ok().stdout.lines().count(), 50);
    }
    assert_eq!(sound(&home), 100);
}

#[test]
fn a_history_that_cannot_be_written_is_a_warning() {
    let home = tempfile::tempdir().unwrap();
    let quick = ["bench", "synthetic:constant,median=1ms", "-n", "20", "--warmup", "0", "-q"];
    // A file where the folder should be.
    let place = file(&home, "file", "");
    let refused = run(nntop().env("NNTOP_DATA_DIR", Path::new(&place).join("in")).args(quick));
    assert!(refused.ok().stderr.contains("warning: this result is not in the history"), "{refused:?}");
    // Something else under its name.
    std::fs::write(home.path().join("history.db"), "no database at all, but long enough to be looked at ".repeat(40))
        .unwrap();
    let other = run(&mut with(&home, &quick));
    assert!(other.ok().stderr.contains("damaged, or no history of nntop"), "{other:?}");
    run(&mut with(&home, &["runs"])).failed(1, "damaged, or no history of nntop").hint("mv ");
    // A disk that is full after 4 kB: a limit on file sizes needs no root.
    let full = tempfile::tempdir().unwrap();
    let mut command = Command::new("sh");
    let line = format!("ulimit -f 8; exec {} {}", env!("CARGO_BIN_EXE_nntop"), quick.join(" "));
    let said = run(command.env("NNTOP_DATA_DIR", full.path()).args(["-c", &line]));
    assert!(said.ok().stderr.contains("warning: this result is not in the history"), "{said:?}");
    assert!(said.stdout.contains("p50"), "{said:?}");
}
