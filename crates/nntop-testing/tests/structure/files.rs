//! What every file owes its reader, and that the map names what is there.

use crate::{root, sources};

/// The most lines of a file.
const LONGEST: usize = 500;

#[test]
fn every_file_says_what_it_is_for_and_is_short_enough_to_read() {
    let mut wrong = Vec::new();
    for (path, text) in ["src", "crates", "tests", "benches", "fuzz/fuzz_targets"].iter().flat_map(|f| sources(f)) {
        if !text.starts_with("//! ") {
            wrong.push(format!("{} has no //! header", path.display()));
        }
        let lines = text.lines().count();
        if lines > LONGEST {
            wrong.push(format!("{} has {lines} lines, {LONGEST} are the most", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_map_names_what_is_there() {
    let map = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    // Paths stand in backquotes: `src/cli/exit.rs`, `tests/it`.
    let quoted = map.split('`').skip(1).step_by(2);
    let is_path = |text: &&str| {
        let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
        plain && ["src/", "crates/", "tests/", "benches/", "assets/", "fuzz/"].iter().any(|top| text.starts_with(top))
    };
    let paths: Vec<_> = quoted.filter(is_path).collect();
    assert!(!paths.is_empty(), "ARCHITECTURE.md names no path");
    let gone: Vec<_> = paths.into_iter().filter(|p| !root().join(p).exists()).collect();
    assert!(gone.is_empty(), "ARCHITECTURE.md names what is not there: {}", gone.join(", "));
}
