//! Checks of the source itself: which module may import which, no circles, and what every file owes its reader.

#![allow(clippy::unwrap_used, reason = "what tests may, their helpers may, too")]

mod circles;
mod engines;
mod files;
mod imports;
mod layers;
mod modules;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Rust files by their paths from the root of the repository.
type Sources = BTreeMap<PathBuf, String>;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Every Rust file under a folder of the repository.
fn sources(folder: &str) -> Sources {
    let mut all = Sources::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                all.insert(path.strip_prefix(root()).unwrap().to_owned(), text);
            }
        }
    }
    assert!(!all.is_empty(), "{folder} has no Rust file");
    all
}

/// The `src` folders of the program and of each library.
fn crates() -> Vec<String> {
    let entries = std::fs::read_dir(root().join("crates")).unwrap();
    let mut all: Vec<_> = entries.map(|e| format!("crates/{}/src", e.unwrap().file_name().display())).collect();
    all.push("src".into());
    all.sort();
    all
}

/// Sources that a test makes up.
fn made_up(files: &[(&str, &str)]) -> Sources {
    files.iter().map(|(path, text)| (PathBuf::from(path), (*text).to_owned())).collect()
}
