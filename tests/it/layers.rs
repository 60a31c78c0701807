//! The map of the source: which layer may know which, and what every file owes its reader.

use std::path::{Path, PathBuf};

/// Which modules of its own crate a module may import. Which crates a crate may import is in its manifest.
const LAYERS: [(&str, &[&str]); 20] = [
    ("cli", &["headless"]),
    ("headless", &[]),
    ("tui", &[]),
    ("report", &["result"]),
    ("recording", &["result", "state"]),
    ("result", &["state"]),
    ("state", &[]),
    ("agent", &["installer"]),
    ("installer", &[]),
    ("control", &["sampler"]),
    ("sampler", &[]),
    ("worker", &["engine", "workload", "tensor"]),
    ("engine", &["tensor", "graph"]),
    ("workload", &["tensor"]),
    ("graph", &["tensor"]),
    ("tensor", &[]),
    ("op_trace", &[]),
    ("event", &["unit", "clock", "stats"]),
    ("unit", &["clock", "stats"]),
    ("stats", &["unit", "clock"]),
];

/// Their time is the newest event's: what they show must be the same in a replay.
const WITHOUT_CLOCK: [&str; 3] = ["state", "tui", "report"];

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

/// The folders with source: the program's and each library's.
fn sources() -> Vec<PathBuf> {
    let crates = std::fs::read_dir(root().join("crates")).unwrap().map(|e| e.unwrap().path().join("src"));
    std::iter::once(root().join("src")).chain(crates).collect()
}

/// `crates/nntop-agent/src/agent/hub.rs` is of the layer `agent`, `crates/nntop-core/src/clock.rs` of `clock`.
fn layer_of(path: &Path) -> String {
    let mut parts = path.iter().skip_while(|part| *part != "src").skip(1);
    Path::new(parts.next().unwrap()).file_stem().unwrap().to_str().unwrap().to_owned()
}

/// The modules of its own crate and of `nntop_core` that a file names, each with its line.
fn imports(text: &str) -> Vec<(usize, String)> {
    let word = |text: &str| text.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let without_comments = text.lines().map(|l| l.split("//").next().unwrap_or_default());
    let code = without_comments.collect::<Vec<_>>().join("\n");
    let mut found = Vec::new();
    let paths = code.match_indices("crate::").chain(code.match_indices("nntop_core::"));
    for (at, path) in paths {
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
    const CORE: [&str; 4] = ["unit", "clock", "stats", "event"];
    if layer == import || layer == "lib" {
        return None;
    }
    if layer == "main" {
        return Some("main.rs hands over to nntop::cli and knows nothing else".into());
    }
    if WITHOUT_CLOCK.contains(&layer) && import == "clock" {
        return Some(format!("{layer} asks no clock: its time is the newest event's"));
    }
    match LAYERS.iter().find(|(name, _)| *name == layer) {
        None if layer == "clock" => None,
        None => Some(format!("{layer} has no place in the table of this test")),
        Some((_, may)) if may.contains(&import) => None,
        // Of the ground floor everything may know everything.
        Some(_) if CORE.contains(&import) && !CORE.contains(&layer) => None,
        Some((_, may)) => Some(format!("of its crate {layer} imports only {}", may.join(", "))),
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
    let found = violations(&sources().iter().flat_map(|folder| files(folder)).collect::<Vec<_>>());
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
        ["src/state/x.rs:2: use crate::tui::app;: of its crate state imports only "]
    );
    assert_eq!(wrong("sampler", "use crate::{\n    event::{Fault, Kind},\n    control::Turn,\n    unit,\n};").len(), 1);
    assert_eq!(wrong("unit", "let x = crate::event::Fault::run(crate::stats::x());").len(), 1);
    assert_eq!(wrong("headless", "use crate::cli::Exit;").len(), 1);
    assert_eq!(wrong("state", "use nntop_core::clock::Clock;").len(), 1);
    assert_eq!(wrong("brandnew", "use crate::event::Fault;").len(), 1, "a new folder has to be placed");
}

#[test]
fn every_file_says_what_it_is_for_and_is_short_enough_to_read() {
    for folder in ["src", "crates", "tests", "benches"].map(|f| root().join(f)).iter().filter(|f| f.exists()) {
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
        plain && ["src/", "crates/", "tests/", "benches/", "assets/", "fuzz/"].iter().any(|top| text.starts_with(top))
    };
    let gone: Vec<_> = quoted.filter(is_path).filter(|p| !root().join(p).exists()).collect();
    assert!(gone.is_empty(), "ARCHITECTURE.md names what is not there: {}", gone.join(", "));
}
