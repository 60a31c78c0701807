//! What is counted: crates of the tree, and bytes of the program.

use crate::table::Measured;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

/// Crates that a build of the program compiles, those in more than one version, and the program's size.
pub(crate) fn measure(root: &Path, program: &Path) -> Vec<Measured> {
    let all = crates(root);
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for line in &all {
        let mut words = line.split(' ');
        if let (Some(name), Some(version)) = (words.next(), words.next()) {
            versions.entry(name).or_default().insert(version);
        }
    }
    let twice: Vec<_> = versions.iter().filter(|(_, versions)| versions.len() > 1).collect();
    if !twice.is_empty() {
        println!("in more than one version: {twice:?}");
    }
    let bytes = std::fs::metadata(program).map_or(f64::NAN, |of| of.len() as f64);
    vec![
        Measured::new("crates in the tree", versions.len() as f64),
        Measured::new("crates in two versions", twice.len() as f64),
        Measured::new("program size", bytes / 1e6),
    ]
}

/// `name vVERSION` of each crate, build scripts' and macros' included.
fn crates(root: &Path) -> BTreeSet<String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments = ["tree", "--edges", "normal,build", "--prefix", "none", "--format", "{p}"];
    let ran = Command::new(cargo).args(arguments).current_dir(root).output().expect("cargo tree runs");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let text = String::from_utf8_lossy(&ran.stdout).into_owned();
    text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}
