//! The JSON that the program writes is as `docs/reference/schemas` has it. [`hold`] is called for all JSON that tests read from
//! the program (`support::Run::json`); here are the kinds of output that no other test reads.

use crate::support::{bench, demo, nntop, run, runtime};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference/schemas")
}

/// The schema of that name: `nntop.result/1` is in `result-1.json`.
fn schema(name: &str) -> Value {
    let file = name.trim_start_matches("nntop.").replace('/', "-");
    let path = folder().join(format!("{file}.json"));
    let text =
        std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{name} has no schema: {}: {e}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// JSON with a schema of nntop's is as that has it.
#[track_caller]
pub(crate) fn hold(value: &Value) {
    let Some(name) = value["schema"].as_str().filter(|name| name.starts_with("nntop.")) else { return };
    let wrong = nntop_testing::schema::violations(&schema(name), value);
    assert!(wrong.is_empty(), "not as docs/reference/schemas has it:\n{}", wrong.join("\n"));
}

#[track_caller]
fn hold_file(path: &Path, name: &str) {
    let value: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert_eq!(value["schema"], name, "{}", path.display());
    hold(&value);
}

#[test]
fn results_of_every_load_with_all_that_can_be_asked() {
    let dir = TempDir::new().unwrap();
    let model = demo("digits-fp32");
    let labels = format!("{}/assets/demo/digits-test.npz", env!("CARGO_MANIFEST_DIR"));
    let quick = ["-n", "40", "--warmup", "2", "--threads", "1", "--format", "json"];
    let all: [&[&str]; 7] = [
        &["--target", "p99<1s", "--metric", "answer=echo 42", "--metric", "gone=false"],
        &["--scenario", "multi-stream", "--streams", "2"],
        &["--scenario", "server", "--rate", "200"],
        &["--scenario", "offline", "--concurrency", "2"],
        &["--scenario", "paced", "--rate", "200"],
        &["--dataset", &labels],
        &["-b", "1,2", "--threads", "1,2"],
    ];
    for (i, more) in all.iter().enumerate() {
        // Threads are an axis of the last one.
        let quick: Vec<&str> = if i == 6 { [&quick[..4], &quick[6..]].concat() } else { quick.to_vec() };
        run(bench([&model]).args(quick).args(*more)).ok().json();
    }
    let two = dir.path().join("two.json");
    let model_2 = demo("digits-int8");
    run(bench([&model, &model_2]).args(["-t", "2s", "--warmup", "2", "-q", "-o"]).arg(&two)).ok();
    hold_file(&two, "nntop.result/1");
    let failing =
        run(bench(["bad:synthetic:constant,median=1ms,segfault-at=20"]).args(["-n", "40", "--format", "json"]));
    assert_eq!(failing.json()["variants"][0]["status"], "failed");
    let at = two.to_str().unwrap();
    run(nntop().args(["compare", at, at, "--format", "json", "--fail-if", "p99>+5%"])).json();
    run(nntop().args(["report", at, "--format", "json"])).ok().json();
}

#[test]
fn profiles_recordings_and_the_machine() {
    runtime();
    let dir = TempDir::new().unwrap();
    let (model, recording) = (demo("digits-fp32"), dir.path().join("run.nntop"));
    let profile = run(nntop().args(["profile", &model, "--format", "json"])).ok().json();
    assert_eq!(profile["schema"], "nntop.profile/1");
    run(bench([&model]).args(["-n", "40", "--warmup", "2", "-q", "--record"]).arg(&recording)).ok();
    run(nntop().args(["record", "info", "--format", "json"]).arg(&recording)).ok().json();
    run(nntop().args(["control", "list", "--format", "json"])).ok().json();
    run(nntop().args(["doctor", "--format", "json", "--serial"])).ok().json();
    run(nntop().args(["monitor", "--once", "--format", "json"])).ok().json();
    let lines = run(nntop().args(["monitor", "--format", "ndjson", "--count", "2", "--interval", "100ms"]));
    let lines: Vec<Value> = lines.ok().stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    lines.iter().for_each(hold);
}

#[test]
fn every_recorded_board_is_as_the_schema_has_it() {
    let Some(data) = nntop_testing::required_data("field/devices") else { return };
    let mut boards = 0;
    for board in std::fs::read_dir(data).unwrap().map(|e| e.unwrap().path()) {
        let tree =
            [board.join("root"), board.join("tree"), board.clone()].into_iter().find(|t| t.join("proc").is_dir());
        let Some(tree) = tree else { continue };
        run(nntop().args(["monitor", "--once", "--format", "json", "--sysroot"]).arg(&tree)).ok().json();
        run(nntop().args(["doctor", "--format", "json", "--sysroot"]).arg(&tree)).ok().json();
        boards += 1;
    }
    assert!(boards >= 10, "{boards} boards");
}

/// All names of schemas in the program's sources, tests aside.
fn names(folder: &Path, found: &mut BTreeSet<String>) {
    for path in std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
        if path.is_dir() {
            names(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let lines = text.lines().filter(|line| line.contains("SCHEMA: &str"));
            found.extend(lines.filter_map(|line| Some(line.split_once("\"nntop.")?.1.split('"').next()?.to_owned())));
        }
    }
}

#[test]
fn every_schema_is_a_file_and_on_the_page() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = BTreeSet::new();
    names(&root.join("src"), &mut found);
    for part in std::fs::read_dir(root.join("crates")).unwrap().map(|e| e.unwrap().path().join("src")) {
        names(&part, &mut found);
    }
    assert!(found.len() >= 9, "{found:?}");
    let files: BTreeSet<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|e| e.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    let expected: BTreeSet<String> = found.iter().map(|name| name.replace('/', "-")).collect();
    assert_eq!(files, expected);
    let page = std::fs::read_to_string(root.join("docs/reference/schemas.md")).unwrap();
    for name in &found {
        assert_eq!(schema(&format!("nntop.{name}"))["title"], format!("nntop.{name}"));
        assert!(
            page.contains(&format!("`nntop.{name}`"))
                && page.contains(&format!("schemas/{}.json", name.replace('/', "-")))
        );
    }
}

#[test]
fn a_new_key_has_to_be_written_down() {
    let mut result =
        serde_json::to_value(nntop::result::RunResult { schema: "nntop.result/1".into(), ..Default::default() })
            .unwrap();
    let of = |value: &Value| nntop_testing::schema::violations(&schema("nntop.result/1"), value);
    assert_eq!(of(&result), [""; 0]);
    result["settings"]["colour"] = "blue".into();
    assert_eq!(of(&result), [".settings.colour: the schema does not name it"]);
}
