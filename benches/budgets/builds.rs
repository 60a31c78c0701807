//! What is built: everything from nothing, and what an edit of one line costs, in a copy of the tree.
//!
//! CPU seconds beside those of the clock: they stay the same when something else runs at the same time.

use crate::table::Measured;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// Where a line is edited: a screen, a sampler, an engine; and what their budgets are called.
const EDITS: [(&str, &str, [&str; 2]); 3] = [
    ("nntop-tui", "src/tui/view/mod.rs", ["screen edited: its tests", "screen edited: build"]),
    ("nntop-device", "src/sampler/cpu.rs", ["sampler edited: its tests", "sampler edited: build"]),
    ("nntop-engine", "src/engine/mod.rs", ["engine edited: its tests", "engine edited: build"]),
];

pub(crate) fn measure(root: &Path) -> Vec<Measured> {
    let folder = tempfile::tempdir_in(root.join("target")).expect("a folder in target");
    let copy = folder.path().join("nntop");
    copy_tree(root, &copy);
    let mut measured = Vec::new();
    let release = run(&copy, &["build", "--release"]);
    measured.push(Measured::new("release build", release.wall));
    measured.push(Measured::new("release build, CPU", release.cpu));
    let tests = run(&copy, &["test", "--workspace", "--no-run"]);
    measured.push(Measured::new("tests from nothing, CPU", tests.cpu));
    run(&copy, &["build"]);
    for (package, file, [of_tests, of_build]) in EDITS {
        run(&copy, &["test", "--package", package]);
        let path = copy.join("crates").join(package).join(file);
        for (name, arguments) in [(of_tests, &["test", "--package", package][..]), (of_build, &["build"])] {
            let mut text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            text.push_str("\nconst _: () = ();\n");
            fs::write(&path, text).expect("a file of the copy is written");
            measured.push(Measured::new(name, run(&copy, arguments).wall));
        }
    }
    measured
}

/// Seconds of the clock and of all processors.
struct Took {
    wall: f64,
    cpu: f64,
}

fn run(at: &Path, arguments: &[&str]) -> Took {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let (before, began) = (children(), Instant::now());
    let mut command = Command::new(cargo);
    command.args(arguments).current_dir(at).env("CARGO_TARGET_DIR", at.join("target")).env_remove("RUSTFLAGS");
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("cargo runs");
    let took = Took { wall: began.elapsed().as_secs_f64(), cpu: children() - before };
    println!("cargo {}: {:.1} s, {:.1} CPU s{}", arguments.join(" "), took.wall, took.cpu, failed(status.success()));
    took
}

fn failed(well: bool) -> &'static str {
    if well { "" } else { ", and it FAILED" }
}

/// CPU seconds of all processes that were waited for (proc(5): fields 16 and 17).
fn children() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").expect("/proc/self/stat");
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: u64 = fields.split_whitespace().skip(13).take(2).map(|field| field.parse::<u64>().unwrap_or(0)).sum();
    ticks as f64 / rustix::param::clock_ticks_per_second() as f64
}

/// All files that git knows or would add.
fn copy_tree(from: &Path, to: &Path) {
    let listed = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"];
    let ran = Command::new("git").args(listed).current_dir(from).output().expect("git lists the files");
    for name in String::from_utf8_lossy(&ran.stdout).split('\0').filter(|name| !name.is_empty()) {
        let (source, target) = (from.join(name), to.join(name));
        if source.is_file() {
            fs::create_dir_all(target.parent().expect("a file is in a folder")).expect("a folder is made");
            fs::copy(&source, &target).unwrap_or_else(|e| panic!("{name}: {e}"));
        }
    }
}
