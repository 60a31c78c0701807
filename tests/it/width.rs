//! Text on a terminal of 60, 80 and 120 columns: nntop folds it, never the terminal in the middle of a word.

use crate::support::{demo, file, nntop, run};
use crate::terminal::Terminal;
use serde_json::json;
use std::path::Path;

/// What a command prints on a terminal of this width.
fn printed(args: &[&str], folder: &Path, columns: u16) -> String {
    let mut terminal = Terminal::open(args, folder, columns, 50);
    terminal.end();
    String::from_utf8_lossy(&terminal.written).replace("\r\n", "\n")
}

fn widest(text: &str) -> usize {
    text.lines().map(|line| line.chars().count()).max().unwrap_or(0)
}

/// A trace as chrome://tracing has them, with names as long as networks have them.
fn trace() -> String {
    let op = |i: u64| {
        let name = format!("/backbone/stage_{i}/bottleneck_with_a_long_name/conv2d/Conv_nchwc_{i}");
        json!({ "cat": "Node", "ph": "X", "pid": 1, "tid": 1, "ts": 1_000 * i + 1, "dur": 100 * (i + 1),
                "name": format!("{name}_kernel_time"), "args": { "op_name": "Conv", "provider": "CPUExecutionProvider" } })
    };
    let model = json!({ "cat": "Session", "ph": "X", "pid": 1, "tid": 1, "ts": 0, "dur": 20_000, "name": "model_run", "args": {} });
    let executor = json!({ "cat": "Session", "ph": "X", "pid": 1, "tid": 1, "ts": 1, "dur": 19_000, "name": "SequentialExecutor::Execute", "args": {} });
    json!([model, executor, op(1), op(2), op(3)]).to_string()
}

#[test]
fn every_table_fits_the_terminal() {
    let dir = tempfile::tempdir().unwrap();
    let profile = file(&dir, "trace.json", trace());
    let [a, b] = ["a", "b"].map(|name| dir.path().join(format!("{name}.json")).display().to_string());
    let model = |name: &str| format!("{name}-with-a-name-of-some-length:synthetic:lognormal,median=1ms,sigma=0.1");
    for out in [&a, &b] {
        let args = ["bench", &model("fast"), &model("slow"), "-n", "100", "--warmup", "0", "-q", "-o", out];
        run(nntop().args(args)).ok();
    }
    let sweep = ["bench", &demo("digits-fp32"), "-b", "1,2", "--threads", "1,2", "-n", "30", "--warmup", "0", "-q"];
    let one = ["bench", &model("net"), &model("other"), "-n", "50", "--warmup", "0", "-q", "--no-history"];
    let commands: [&[&str]; 11] = [
        &one,
        &sweep,
        &["runs"],
        &["runs", "trend", "--limit", "6"],
        &["report", &a, &b],
        &["compare", &a, "--baseline", &b, "--fail-if", "p50>+50%", "--allow-mismatch"],
        &["profile", "--import", &profile],
        &["profile", "--import", &profile, "--import", &profile],
        &["engine", "list"],
        &["doctor"],
        &["monitor", "--once"],
    ];
    for columns in [60, 80, 120] {
        for args in commands {
            let text = printed(args, dir.path(), columns);
            assert!(text.lines().count() > 2, "{args:?}: {text}");
            assert!(widest(&text) <= usize::from(columns), "{columns}: {args:?}:\n{text}");
        }
    }
    // A pipe has no width: a row is a line there, as other programs want it.
    let piped = run(nntop().args(["compare", &a, "--baseline", &b])).ok().stdout.clone();
    assert!(widest(&piped) > 60, "{piped}");
}

#[test]
fn errors_are_not_repeated_below_the_table_that_shows_them() {
    let dir = tempfile::tempdir().unwrap();
    let sweep = |models: &[&'static str]| {
        let options = ["--threads", "1,2", "-n", "5", "--warmup", "0", "-q", "--no-history"];
        [&["bench"][..], models, &options].concat()
    };
    let whole = "ok:synthetic:constant,median=1ms";
    let text = printed(&sweep(&[whole]), dir.path(), 80);
    assert!(text.contains("threads"), "{text}");
    let broken = sweep(&[whole, "bad:synthetic:constant,median=1ms,fail-at=3"]);
    let text = printed(&broken, dir.path(), 80);
    assert_eq!(text.matches("failed at inference").count(), 1, "{text}");
    assert!(run(nntop().args(broken)).stderr.contains("failed at inference"), "in a pipe the error is on stderr, too");
}

#[test]
fn what_was_written_is_named_and_system_errors_have_no_numbers() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name).display().to_string();
    let (result, recorder) = (at("r.json"), at("t.nntop"));
    let bench =
        ["bench", "a:synthetic:constant,median=1ms", "-n", "5", "--warmup", "0", "-o", &result, "--record", &recorder];
    let says = |args: &[&str], what: &str| {
        let end = run(nntop().env("NNTOP_DATA_DIR", dir.path()).args(args));
        assert!(end.ok().stderr.contains(what), "{args:?}: {end:?}");
    };
    says(&bench, &format!("written: {result}"));
    says(&["report", &result, "-o", &at("x.html")], "written: ");
    says(&["record", "trim", &recorder, "-o", &at("part.nntop")], "written: ");
    says(&["record", "export", &recorder, "-o", &at("e.csv")], "written: ");
    says(&["runs", "-o", &at("runs.csv")], "written: ");
    says(&["runs", "label", "1", "golden"], "run 1 is labelled golden");
    says(&["runs", "label", "1", "--none"], "run 1 has no label");
    for args in [["report", "/none.json"], ["replay", "/none.nntop"]] {
        let end = run(nntop().args(args));
        assert!(end.stderr.contains("No such file or directory") && !end.stderr.contains("os error"), "{end:?}");
    }
}
