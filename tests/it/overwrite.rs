//! Outputs that would destroy something: a model, the result that is read, what was there when the disk is full.

use crate::support::{demo, file, nntop, run};
use std::path::Path;

const SYNTHETIC: &str = "a:synthetic:constant,median=1ms";

/// Short runs of a model that needs no runtime.
fn bench(more: &[&str]) -> crate::support::Run {
    run(nntop().args(["bench", SYNTHETIC, "-n", "5", "--warmup", "0", "--no-history"]).args(more))
}

#[test]
fn what_a_command_reads_is_never_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name).display().to_string();
    bench(&["-o", &at("q.json"), "--record", &at("r.nntop")]).ok();
    std::fs::copy(demo("digits-fp32"), at("m.onnx")).unwrap();
    std::fs::hard_link(at("q.json"), at("hard.json")).unwrap();
    std::os::unix::fs::symlink(at("m.onnx"), at("soft.onnx")).unwrap();
    let (q, r, m) = (&at("q.json"), &at("r.nntop"), &at("m.onnx"));
    let (hard, soft) = (&at("hard.json"), &at("soft.onnx"));
    let commands: &[&[&str]] = &[
        &["report", q, "-o", q],
        &["report", q, "-o", q, "--force"],
        &["report", q, "-o", hard],
        &["compare", q, q, "-o", q],
        &["compare", q, "--baseline", hard, "-o", q],
        &["record", "export", r, "-o", r],
        &["replay", r, "-o", r],
        &["bench", m, "--record", m],
        &["bench", m, "-o", m],
        &["bench", m, "-o", soft, "--force"],
        &["profile", m, "-o", m],
        &["compare", m, m, "-o", m],
        &["flame", q, "-o", q],
    ];
    let held = |path: &str| std::fs::read(path).unwrap();
    let before = [held(q), held(r), held(m)];
    for words in commands {
        let end = run(nntop().args(*words));
        assert_eq!(end.code, Some(2), "{words:?}: {end:?}");
        assert!([held(q), held(r), held(m)] == before, "{words:?} has changed a file");
    }
    let leftovers = std::fs::read_dir(dir.path())
        .unwrap()
        .filter(|e| e.as_ref().unwrap().file_name().to_string_lossy().starts_with('.'));
    assert_eq!(leftovers.count(), 0);
}

#[test]
fn a_file_of_another_kind_is_replaced_only_with_force() {
    let dir = tempfile::tempdir().unwrap();
    let notes = file(&dir, "notes.json", r#"{"mine": true}"#);
    bench(&["-o", &notes]).failed(2, "nothing that nntop writes").hint("--force");
    assert_eq!(std::fs::read_to_string(&notes).unwrap(), r#"{"mine": true}"#);
    bench(&["-o", &notes, "--force"]).ok();
    assert!(std::fs::read_to_string(&notes).unwrap().contains("nntop.result/1"));
    // Its own are replaced as ever.
    bench(&["-o", &notes]).ok();
    let model = dir.path().join("m.onnx").display().to_string();
    std::fs::copy(demo("digits-fp32"), &model).unwrap();
    bench(&["--record", &model]).failed(2, "--record").hint("--force");
    bench(&["-o", &model]).failed(2, "-o").hint("--force");
    assert_eq!(std::fs::read(&model).unwrap(), std::fs::read(demo("digits-fp32")).unwrap());
}

#[test]
fn a_full_disk_is_an_error_and_leaves_what_was_there() {
    if !Path::new("/dev/full").exists() {
        nntop_testing::skip("there is no /dev/full");
        return;
    }
    bench(&["-o", "/dev/full"]).failed(1, "/dev/full: cannot be written");
    let dir = tempfile::tempdir().unwrap();
    let recording = dir.path().join("r.nntop").display().to_string();
    bench(&["--record", &recording]).ok();
    run(nntop().args(["record", "export", &recording, "--format", "csv", "-o", "/dev/full"]))
        .failed(1, "cannot be written");
    // A file may grow to 4 KiB here: as on a disk with that much left.
    let old = file(&dir, "old.html", "<!doctype html><title>nntop</title>old");
    let result = dir.path().join("r.json").display().to_string();
    bench(&["-o", &result]).ok();
    let line = format!("ulimit -f 8; trap '' XFSZ; exec {} report {result} -o {old}", env!("CARGO_BIN_EXE_nntop"));
    let mut shell = std::process::Command::new("bash");
    run(shell.args(["-c", &line])).failed(1, "old.html: cannot be written");
    assert_eq!(std::fs::read_to_string(&old).unwrap(), "<!doctype html><title>nntop</title>old");
    assert!(!std::fs::read_dir(dir.path()).unwrap().any(|e| e.unwrap().file_name().to_string_lossy().starts_with('.')));
}
