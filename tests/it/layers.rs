//! The map of the source: which layer may know which, and what every file owes its reader.

use std::path::{Path, PathBuf};

/// What a layer may import beside itself and [`EVERYBODY`]. `cli` may import everything.
const LAYERS: [(&str, &[&str]); 17] = [
    ("tui", &["result", "state", "op_trace", "event"]),
    ("headless", &["report", "result", "state", "event"]),
    ("report", &["result", "op_trace"]),
    ("recording", &["result", "state", "event"]),
    ("result", &["state", "event"]),
    ("state", &["op_trace", "event"]),
    ("agent", &["worker", "sampler", "control", "installer", "op_trace", "event"]),
    ("worker", &["engine", "workload", "tensor", "event"]),
    ("control", &["sampler", "event"]),
    ("installer", &[]),
    ("engine", &["tensor", "graph", "event"]),
    ("sampler", &["event"]),
    ("workload", &["tensor"]),
    ("op_trace", &["event"]),
    ("graph", &["tensor"]),
    ("event", &[]),
    ("tensor", &[]),
];

/// What everything may import. They know nothing but each other.
const EVERYBODY: [&str; 3] = ["unit", "clock", "stats"];

/// … but for those whose time is the newest event's: what they show must be the same in a replay.
const WITHOUT_CLOCK: [&str; 3] = ["state", "tui", "report"];

/// The top: it may import everything, and only `main.rs` imports it.
const TOP: &str = "cli";

const LONGEST_FILE: usize = 800;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file under `folder`, with its text.
fn files(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
        if entry.is_dir() {
            all.extend(files(&entry));
        } else if entry.extension().is_some_and(|e| e == "rs") {
            let text = std::fs::read_to_string(&entry).unwrap();
            all.push((entry, text));
        }
    }
    all.sort();
    all
}

/// `src/agent/hub.rs` is of the layer `agent`, `src/clock.rs` of `clock`.
fn layer_of(path: &Path) -> String {
    let below = path.strip_prefix(root().join("src")).unwrap();
    Path::new(below.iter().next().unwrap()).file_stem().unwrap().to_str().unwrap().to_owned()
}

/// The top-level modules that a file names, each with its line: `crate::event::Fault`, `use crate::{state, tui};`.
fn imports(text: &str) -> Vec<(usize, String)> {
    let word = |text: &str| text.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let without_comments = text.lines().map(|l| l.split("//").next().unwrap_or_default());
    let code = without_comments.collect::<Vec<_>>().join("\n");
    let mut found = Vec::new();
    for (at, path) in code.match_indices("crate::") {
        let line = code[..at].matches('\n').count() + 1;
        let rest = &code[at + path.len()..];
        let names: Vec<String> = match rest.strip_prefix('{') {
            Some(group) => heads(group).iter().map(|name| word(name)).collect(),
            None => vec![word(rest)],
        };
        found.extend(names.into_iter().filter(|name| !name.is_empty()).map(|name| (line, name)));
    }
    found
}

/// Of a group in braces, what stands at its own depth.
fn heads(group: &str) -> Vec<String> {
    let mut heads = vec![String::new()];
    let mut depth = 0;
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => heads.push(String::new()),
            c if depth == 0 => {
                if let Some(head) = heads.last_mut() {
                    head.push(c);
                }
            }
            _ => {}
        }
    }
    heads
}

/// Why `layer` may not import `import`.
fn forbidden(layer: &str, import: &str) -> Option<String> {
    if layer == import || layer == TOP || layer == "lib" {
        return None;
    }
    if layer == "main" {
        return Some("main.rs hands over to nntop::cli and knows nothing else".into());
    }
    if import == TOP {
        return Some(format!("only main.rs imports {TOP}"));
    }
    if WITHOUT_CLOCK.contains(&layer) && import == "clock" {
        return Some(format!("{layer} asks no clock: its time is the newest event's"));
    }
    if EVERYBODY.contains(&import) {
        return None;
    }
    if EVERYBODY.contains(&layer) {
        return Some(format!("{layer} imports only {}", EVERYBODY.join(", ")));
    }
    match LAYERS.iter().find(|(name, _)| *name == layer) {
        None => Some(format!("{layer} has no place in the table of this test")),
        Some((_, may)) if may.contains(&import) => None,
        Some((_, may)) => {
            let mut all = [*may, &EVERYBODY].concat();
            all.retain(|name| *name != "clock" || !WITHOUT_CLOCK.contains(&layer));
            Some(format!("{layer} imports only {}", all.join(", ")))
        }
    }
}

/// Each violation as `src/x/y.rs:12: line: rule`.
fn violations(files: &[(PathBuf, String)]) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in files {
        for (line, import) in imports(text) {
            if let Some(rule) = forbidden(&layer_of(path), &import) {
                let place = path.strip_prefix(root()).unwrap().display();
                let said = text.lines().nth(line - 1).unwrap_or_default().trim();
                found.push(format!("{place}:{line}: {said}: {rule}"));
            }
        }
    }
    found
}

#[test]
fn imports_go_down_the_layers_only() {
    let found = violations(&files(&root().join("src")));
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_wrong_import_is_found() {
    let wrong = |layer: &str, line: &str| {
        let path = root().join(format!("src/{layer}/x.rs"));
        violations(&[(path, format!("//! x\n{line}\n"))])
    };
    assert_eq!(wrong("state", "use crate::event::Event;"), [""; 0]);
    assert_eq!(wrong("state", "// crate::tui is above"), [""; 0]);
    assert_eq!(
        wrong("state", "use crate::tui::app;"),
        ["src/state/x.rs:2: use crate::tui::app;: state imports only op_trace, event, unit, stats"]
    );
    assert_eq!(wrong("sampler", "use crate::{\n    event::{Fault, Kind},\n    worker::Turn,\n    unit,\n};").len(), 1);
    assert_eq!(wrong("unit", "let x = crate::event::Fault::run(crate::stats::x());").len(), 1);
    assert_eq!(wrong("agent", "use crate::cli::Exit;").len(), 1);
    assert_eq!(wrong("state", "use crate::clock::Clock;").len(), 1);
    assert_eq!(wrong("brandnew", "use crate::event::Fault;").len(), 1, "a new folder has to be placed");
}

#[test]
fn the_table_itself_goes_down_only() {
    for (i, (layer, may)) in LAYERS.iter().enumerate() {
        for import in *may {
            let below = LAYERS[i + 1..].iter().any(|(name, _)| name == import);
            assert!(below, "{layer} → {import} does not go down the table");
        }
    }
}

#[test]
fn every_file_says_what_it_is_for_and_is_short_enough_to_read() {
    for folder in ["src", "tests", "benches"].map(|f| root().join(f)).iter().filter(|f| f.exists()) {
        for (path, text) in files(folder) {
            assert!(text.starts_with("//! "), "{} has no //! header", path.display());
            let lines = text.lines().count();
            assert!(lines <= LONGEST_FILE, "{} has {lines} lines", path.display());
        }
    }
}

#[test]
fn the_map_names_what_is_there() {
    let Ok(map) = std::fs::read_to_string(root().join("ARCHITECTURE.md")) else {
        println!("skipped: there is no ARCHITECTURE.md yet");
        return;
    };
    // Paths stand in backquotes: `src/agent/hub.rs`, `tests/it`.
    let quoted = map.split('`').skip(1).step_by(2);
    let is_path = |text: &&str| {
        let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
        plain && ["src/", "tests/", "benches/", "assets/", "fuzz/"].iter().any(|top| text.starts_with(top))
    };
    let gone: Vec<_> = quoted.filter(is_path).filter(|p| !root().join(p).exists()).collect();
    assert!(gone.is_empty(), "ARCHITECTURE.md names what is not there: {}", gone.join(", "));
}
