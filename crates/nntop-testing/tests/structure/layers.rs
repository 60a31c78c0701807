//! Which modules of its own crate a module may import. Which crates a crate may import is in its manifest.

use crate::modules::{Words, modules};
use crate::{Sources, crates, made_up, sources};
use std::path::Path;

/// Modules, each with those that it may import.
type Table = &'static [(&'static str, &'static [&'static str])];

/// Of each crate with several modules, which of them each may import; of the program last.
const LAYERS: [(&str, Table); 8] = [
    (
        "crates/nntop-core/src",
        &[
            ("settings", &["event", "catalog", "unit"]),
            ("program", &["unit", "clock"]),
            ("scratch", &[]),
            ("new_file", &[]),
            ("event", &["catalog", "unit", "clock", "stats", "text"]),
            ("catalog", &["unit"]),
            ("stats", &["unit"]),
            ("clock", &["unit"]),
            ("text", &[]),
            ("half", &[]),
            ("unit", &[]),
        ],
    ),
    ("crates/nntop-device/src", &[("control", &["sampler"]), ("device_report", &["sampler"]), ("sampler", &[])]),
    (
        "crates/nntop-engine/src",
        &[
            ("worker", &["engine", "workload", "tensor"]),
            ("engine", &["tensor", "graph", "sha256"]),
            ("workload", &["tensor"]),
            ("graph", &["tensor", "sha256"]),
            ("sha256", &[]),
            ("tensor", &[]),
        ],
    ),
    (
        "crates/nntop-accuracy/src",
        &[
            ("calibration", &["feed", "dataset"]),
            ("pass", &["agreement", "outputs", "feed", "judge", "dataset", "preprocess", "task"]),
            ("agreement", &["outputs", "dataset"]),
            ("outputs", &[]),
            ("feed", &["dataset", "preprocess", "task"]),
            ("judge", &["dataset", "preprocess", "task"]),
            ("dataset", &["preprocess", "task"]),
            ("preprocess", &["task"]),
            ("task", &[]),
        ],
    ),
    ("crates/nntop-agent/src", &[("agent", &["installer"]), ("installer", &[])]),
    (
        "crates/nntop-results/src",
        &[("report", &["result"]), ("recording", &["result", "json"]), ("result", &["json"]), ("json", &[])],
    ),
    ("crates/nntop-testing/src", &[("schema", &[]), ("skip", &[])]),
    (
        "src",
        &[
            ("cli", &["headless", "session", "remote", "optimize", "inspect"]),
            ("inspect", &[]),
            ("optimize", &[]),
            ("headless", &["session"]),
            ("session", &["remote"]),
            ("remote", &[]),
        ],
    ),
];

/// Their time is the newest event's: what they show must be the same in a replay.
const WITHOUT_CLOCK: [&str; 3] = ["state", "tui", "report"];

/// What a file's place in its crate is called: `state` for `src/state/mod.rs` and `src/state.rs`.
fn layer_of(folder: &str, file: &Path) -> String {
    let inside = file.strip_prefix(folder).unwrap();
    Path::new(inside.iter().next().unwrap()).file_stem().unwrap().to_str().unwrap().to_owned()
}

/// Why `layer` may not mention `path`.
fn forbidden(table: Option<Table>, layer: &str, path: &Words) -> Option<String> {
    let word = |n: usize| path.get(n).map(String::as_str);
    if WITHOUT_CLOCK.contains(&layer) && (word(0), word(1)) == (Some("nntop_core"), Some("clock")) {
        return Some(format!("{layer} asks no clock: its time is the newest event's"));
    }
    let import = word(1).filter(|import| word(0) == Some("crate") && *import != layer)?;
    let may = table?.iter().find(|(name, _)| *name == layer)?.1;
    (!may.contains(&import)).then(|| format!("of its crate {layer} may import {may:?}"))
}

/// Each violation in a crate as `src/x/y.rs: path: rule`.
fn violations(folder: &str, sources: &Sources) -> Vec<String> {
    let table = LAYERS.iter().find(|(name, _)| *name == folder).map(|(_, table)| *table);
    let modules = modules(sources, &Path::new(folder).join("lib.rs"));
    let mut found = Vec::new();
    let heads: Vec<&String> = modules[0].children.keys().collect();
    let placed = |head: &&&String| table.is_some_and(|t| t.iter().any(|(name, _)| *name == head.as_str()));
    if heads.len() > 1 {
        let homeless = heads.iter().filter(|head| !placed(head));
        found.extend(homeless.map(|head| format!("{folder}: {head} has no place in the table of this test")));
    }
    for module in &modules[1..] {
        let layer = layer_of(folder, &module.file);
        for path in module.mentions.iter().chain(&module.hands_on) {
            if let Some(rule) = forbidden(table, &layer, path) {
                found.push(format!("{}: {}: {rule}", module.file.display(), path.join("::")));
            }
        }
    }
    found
}

#[test]
fn imports_go_down_the_layers_only() {
    let found: Vec<_> = crates().iter().flat_map(|folder| violations(folder, &sources(folder))).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
    for (folder, table) in LAYERS {
        let modules = modules(&sources(folder), &Path::new(folder).join("lib.rs"));
        let gone: Vec<_> = table.iter().filter(|(name, _)| !modules[0].children.contains_key(*name)).collect();
        assert!(gone.is_empty(), "{folder}: the table names what is not there: {gone:?}");
    }
}

#[test]
fn the_program_hands_over_to_the_command_line() {
    let main = modules(&sources("src"), Path::new("src/main.rs"));
    let ours = main.iter().flat_map(|m| m.mentions.iter().chain(&m.hands_on)).filter(|p| p[0].starts_with("nntop"));
    let ours: Vec<_> = ours.map(|path| path.join("::")).collect();
    assert_eq!(ours, ["nntop::cli::main"]);
}

#[test]
fn a_wrong_import_is_found() {
    let wrong = |folder: &str, layer: &str, line: &str| {
        let files =
            [(format!("{folder}/lib.rs"), format!("mod {layer};")), (format!("{folder}/{layer}/mod.rs"), line.into())];
        let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        violations(folder, &made_up(&files))
    };
    let results = "crates/nntop-results/src";
    assert_eq!(wrong(results, "recording", "use crate::result::RunResult;"), [""; 0]);
    assert_eq!(wrong(results, "result", "// crate::report is above"), [""; 0]);
    assert_eq!(
        wrong(results, "result", "use crate::report::Style;"),
        ["crates/nntop-results/src/result/mod.rs: crate::report::Style: of its crate result may import [\"json\"]"]
    );
    assert_eq!(wrong(results, "result", "pub use crate::{recording::{Reader, play}, report::Style};").len(), 3);
    assert_eq!(wrong(results, "report", "use nntop_core::clock::Clock;").len(), 1);
    assert_eq!(wrong(results, "report", "fn f() { nntop_core::clock::now() }").len(), 1);
    assert_eq!(
        wrong("crates/nntop-core/src", "unit", "fn f() { let x = vec![crate::event::Fault::run(1)]; }").len(),
        1
    );
    assert_eq!(wrong("src", "headless", "use crate::cli::Exit;").len(), 1);
    let two = made_up(&[("src/lib.rs", "mod cli; mod brandnew;"), ("src/cli.rs", ""), ("src/brandnew.rs", "")]);
    assert_eq!(violations("src", &two).len(), 1, "a new folder has to be placed");
}
