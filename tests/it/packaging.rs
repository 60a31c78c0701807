//! The archive of a release, and the script that installs it: with a stand-in for the program, from a folder instead of a server.

use nntop_testing::skip;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// Answers what the scripts ask a program.
const PROGRAM: &str = r##"#!/bin/sh
case $1 in
  man) echo .TH nntop 1 >"$3/nntop.1"; echo .TH nntop-bench 1 >"$3/nntop-bench.1" ;;
  completions) echo "# completions of $2" ;;
  --version) echo nntop 9.9.9 ;;
esac
"##;

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging").join(name)
}

fn has(tool: &str) -> bool {
    Command::new("sh").args(["-c", &format!("command -v {tool}")]).output().is_ok_and(|o| o.status.success())
}

/// A release of one archive in `releases/v9.9.9`.
fn release() -> Option<TempDir> {
    if let Some(missing) = ["curl", "xz", "sha256sum"].into_iter().find(|tool| !has(tool)) {
        skip(&format!("{missing} is not installed"));
        return None;
    }
    let folder = TempDir::new().unwrap();
    let (program, version) = (folder.path().join("program"), folder.path().join("releases/v9.9.9"));
    std::fs::write(&program, PROGRAM).unwrap();
    std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
    std::fs::create_dir_all(&version).unwrap();
    let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let made = Command::new(script("archive.sh"))
        .arg(&program)
        .args([&target, "v9.9.9"])
        .env("STRIP", "true")
        .current_dir(&version)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    Some(folder)
}

fn install(folder: &TempDir, version: &str) -> (Output, PathBuf) {
    let prefix = folder.path().join("prefix");
    let done = Command::new("sh")
        .arg(script("install.sh"))
        .arg(version)
        .env("NNTOP_RELEASES", format!("file://{}/releases", folder.path().display()))
        .env("NNTOP_PREFIX", &prefix)
        .output()
        .unwrap();
    (done, prefix)
}

fn error(of: &Output) -> String {
    String::from_utf8_lossy(&of.stderr).into_owned()
}

#[test]
fn an_archive_is_installed_with_pages_and_completions() {
    let Some(folder) = release() else { return };
    let (done, prefix) = install(&folder, "v9.9.9");
    assert!(done.status.success(), "{}", error(&done));
    for file in [
        "bin/nntop",
        "share/man/man1/nntop.1.gz",
        "share/man/man1/nntop-bench.1.gz",
        "share/bash-completion/completions/nntop",
        "share/zsh/site-functions/_nntop",
        "share/fish/vendor_completions.d/nntop.fish",
    ] {
        assert!(prefix.join(file).is_file(), "{file}");
    }
    let told = Command::new(prefix.join("bin/nntop")).arg("--version").output().unwrap();
    assert_eq!(told.stdout, b"nntop 9.9.9\n");
    // Again, over what is there.
    assert!(install(&folder, "v9.9.9").0.status.success());
}

#[test]
fn what_is_damaged_or_missing_is_not_installed() {
    let Some(folder) = release() else { return };
    let (none, prefix) = install(&folder, "v1.0.0");
    assert!(!none.status.success() && error(&none).contains("cannot be downloaded"), "{}", error(&none));
    let archive = std::fs::read_dir(folder.path().join("releases/v9.9.9")).unwrap().filter_map(Result::ok);
    let archive = archive.map(|e| e.path()).find(|p| p.extension().is_some_and(|e| e == "xz")).unwrap();
    let mut bytes = std::fs::read(&archive).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&archive, bytes).unwrap();
    let (damaged, _) = install(&folder, "v9.9.9");
    assert!(
        error(&damaged).contains("is not what its sum says") && error(&damaged).contains("hint: "),
        "{}",
        error(&damaged)
    );
    assert!(!damaged.status.success() && !prefix.exists(), "nothing is left behind");
}

#[test]
fn the_same_content_gives_the_same_archive() {
    let (Some(one), Some(other)) = (release(), release()) else { return };
    let sum = |folder: &TempDir| {
        let files = std::fs::read_dir(folder.path().join("releases/v9.9.9")).unwrap().filter_map(Result::ok);
        let sum = files.map(|e| e.path()).find(|p| p.extension().is_some_and(|e| e == "sha256")).unwrap();
        std::fs::read_to_string(sum).unwrap()
    };
    assert_eq!(sum(&one), sum(&other));
}
