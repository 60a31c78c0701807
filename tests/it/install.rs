//! Installing runtimes, and saying what is there.

use crate::support::{Running, bench, data_dir, demo, file, nntop, run, runtime};
use rustix::process::Signal;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

/// `nntop` on a machine without any runtime, Python or network.
fn bare(data: &std::path::Path) -> Command {
    let mut command = nntop();
    // A Python that has no packages hides those of this machine.
    let bin = data.join("venv/bin");
    std::fs::create_dir_all(&bin).unwrap();
    let _ = std::os::unix::fs::symlink("/bin/true", bin.join("python"));
    command.env("NNTOP_DATA_DIR", data.join("data")).env("VIRTUAL_ENV", data.join("venv")).env("PATH", data);
    command
}

#[test]
fn a_second_install_uses_the_first() {
    let library = runtime();
    let written = std::fs::metadata(library).unwrap().modified().unwrap();
    // Without any Python: nothing may be fetched.
    let again = run(nntop().args(["engine", "install", "onnxruntime"]).env("PATH", "").env("PIP_NO_INDEX", "1"));
    again.ok();
    assert!(again.stdout.ends_with(&format!("is installed: {}\n", library.display())), "{again:?}");
    assert_eq!(std::fs::metadata(library).unwrap().modified().unwrap(), written);
    assert!(library.starts_with(data_dir()));
}

#[test]
fn the_list_shows_version_source_providers_and_path() {
    let library = runtime();
    let list = run(nntop().args(["engine", "list"]));
    let first = list.ok().stdout.lines().next().unwrap();
    assert!(first.starts_with("* onnxruntime 1."), "{list:?}");
    assert!(first.contains("installed by nntop"), "{list:?}");
    assert!(first.split([' ', ',']).any(|word| word == "cpu"), "{list:?}");
    assert!(list.stdout.contains(library.to_str().unwrap()), "{list:?}");
}

#[test]
fn an_unknown_engine_is_refused_with_those_there_are() {
    run(nntop().args(["engine", "install", "nosuch"])).failed(2, "nosuch").hint("onnxruntime-gpu");
    run(nntop().args(["engine", "install", "onnxruntime==newest"])).failed(2, "newest").hint("onnxruntime 1.");
}

#[test]
fn an_interrupted_install_says_so_and_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (bin, started) = (dir.path().join("venv/bin"), dir.path().join("started"));
    std::fs::create_dir_all(&bin).unwrap();
    assert!(Command::new("mkfifo").arg(&started).status().unwrap().success());
    // A pip that fetches for ever, and says when it has begun.
    let pip = format!(
        "#!/bin/sh\ncase \"$*\" in\n*--version) echo 'pip 24.1 from /x (python 3.12)' ;;\n*) echo > {}; exec sleep 600 ;;\nesac\n",
        started.display()
    );
    let python = bin.join("python");
    std::fs::write(&python, pip).unwrap();
    std::fs::set_permissions(&python, std::fs::Permissions::from_mode(0o755)).unwrap();
    let data = dir.path().join("data");
    let mut command = nntop();
    command.args(["engine", "install", "litert"]).env("NNTOP_DATA_DIR", &data);
    let running = Running::start(command.env("VIRTUAL_ENV", dir.path().join("venv")));
    std::fs::read(&started).unwrap();
    running.signal(Signal::INT);
    running.end().failed(130, "interrupted: litert is not installed");
    let left: Vec<_> = std::fs::read_dir(data.join("engines")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, [".lock"], "what was fetched is removed");
}

#[test]
fn a_version_that_is_not_offered_is_refused_with_those_that_are() {
    // The tests' data folder is not touched: what is installed there would be found first.
    let dir = tempfile::tempdir().unwrap();
    // An index of our own: pip reads names, and would read the file only to install it.
    let wheel = format!("onnxruntime-1.20.1-cp312-cp312-manylinux_2_17_{}.whl", std::env::consts::ARCH);
    file(&dir, &wheel, "");
    let mut command = nntop();
    command.args(["engine", "install", "onnxruntime==0.0.1"]).env("NNTOP_DATA_DIR", dir.path().join("data"));
    command.env("PIP_NO_INDEX", "1").env("PIP_FIND_LINKS", dir.path());
    run(&mut command).failed(2, "onnxruntime 0.0.1").hint("1.20.1");
}

#[test]
fn a_file_that_is_no_wheel_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let text = file(&dir, "onnxruntime-1.31.1-py3-none-any.whl", "not a zip archive");
    let mut command = nntop();
    command.args(["engine", "install", "onnxruntime", "--wheel", &text]);
    run(command.env("NNTOP_DATA_DIR", dir.path().join("data"))).failed(2, &text).hint("wheel");
}

#[test]
fn offline_without_a_runtime_says_what_to_type() {
    let dir = tempfile::tempdir().unwrap();
    let list = run(bare(dir.path()).args(["engine", "list"]));
    if list.ok().stdout.contains("system") {
        nntop_testing::skip("this system has an ONNX Runtime of its own");
        return;
    }
    assert!(list.stdout.contains("nntop engine install onnxruntime"), "{list:?}");
    let model = demo("digits-fp32");
    let refused = run(bare(dir.path()).args(["bench", &model, "-n", "3", "--offline"]));
    refused.failed(2, "--offline").hint("nntop engine install onnxruntime");
    assert_eq!(refused.stdout, "");
}

#[test]
fn where_nothing_can_be_fetched_it_says_how_to_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let mut command = bare(dir.path());
    let refused = run(command
        .args(["engine", "install", "onnxruntime"])
        .env("PIP_NO_INDEX", "1")
        .env("PIP_FIND_LINKS", dir.path()));
    assert_eq!(refused.code, Some(1), "{refused:?}");
    refused.failed(1, "onnxruntime").hint("onnxruntime");
}

#[test]
fn a_library_or_its_folder_can_be_named() {
    let dir = tempfile::tempdir().unwrap();
    let (library, folder) = (runtime(), runtime().parent().unwrap());
    for path in [library, folder] {
        let mut command = bare(dir.path());
        command.args(["bench", &demo("digits-fp32"), "-n", "2", "--warmup", "0", "--offline", "--format", "json"]);
        let result = run(command.arg("--engine-path").arg(path));
        let used = result.ok().json()["variants"][0]["engine"]["library"].as_str().unwrap().to_owned();
        assert_eq!(std::fs::canonicalize(used).unwrap(), std::fs::canonicalize(library).unwrap());
    }
    // Per variant, too.
    let spec = format!("{},engine-path={}", demo("digits-fp32"), library.display());
    run(&mut bench([&spec, "-n", "2", "--warmup", "0", "--offline"])).ok();
}

#[test]
fn the_doctor_says_what_was_found_and_what_was_not() {
    let library = runtime();
    let report = run(nntop().arg("doctor"));
    for words in ["runtimes", library.to_str().unwrap(), "metrics found", "metrics not found", "✓ cpu"] {
        assert!(report.ok().stdout.contains(words), "{words}: {}", report.stdout);
    }
    assert_eq!(report.stderr, "");
}
