//! OpenVINO and LiteRT killed, too old, and not whole: each is one clear line, and the other variant goes on.

use crate::native::{bench, installed, tflite_models};
use crate::processes::workers_of;
use crate::support::{Run, Running, demo, nntop, run};
use rustix::process::{Signal, kill_process};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

const GOOD: &str = "good:synthetic:constant,median=1ms";

/// What measures beside a good one.
fn beside(bad: &str, more: &[&str]) -> Command {
    let mut command = nntop();
    command.args(["bench", GOOD, bad, "-n", "400", "--warmup", "5", "--format", "json", "--no-profile", "--offline"]);
    command.args(more);
    command
}

/// The good one is complete, the bad one failed.
#[track_caller]
fn one_failed(result: &Run, code: i32, words: &str) {
    let json = result.failed(code, words).json();
    let (good, bad) = (&json["variants"][0], &json["variants"][1]);
    assert_eq!((&good["status"], &good["latency_ns"]["n"]), (&"ok".into(), &400.into()), "{result:?}");
    assert_eq!(bad["status"], "failed", "{result:?}");
}

fn library(engine: &'static str) -> String {
    installed(engine).to_str().unwrap().into()
}

#[test]
fn a_runtime_that_is_killed_while_it_measures_is_named_and_the_other_goes_on() {
    // So slow that it is killed long before it has enough; the good one has its runs all the same.
    let mut of = vec![("openvino", demo("digits-fp32"), "batch=32")];
    let tiny = tflite_models().map(|models| models[0].to_str().unwrap().to_owned());
    of.extend(tiny.map(|model| ("litert", model, "batch=2000,kernels=builtin")));
    for (engine, model, slow) in of {
        let bad = format!("bad:{model},engine={engine},engine-path={},{slow}", library(engine));
        let mut running = Running::start(&mut beside(&bad, &[]));
        running.until("bad: measuring");
        let worker = workers_of(running.pid()).into_iter().find(|w| w.name == "bad").unwrap();
        kill_process(worker.pid, Signal::KILL).unwrap();
        one_failed(&running.end(), 1, "SIGKILL");
    }
}

#[test]
fn a_model_of_another_format_is_refused_and_the_other_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let onnx = demo("digits-fp32");
    let lit = format!("bad:{onnx},engine=litert,engine-path={}", library("litert"));
    one_failed(&run(&mut beside(&lit, &[])), 2, "not a TensorFlow Lite model");
    // The wrong name for what it is: the content tells.
    let renamed = dir.path().join("net.tflite");
    std::fs::copy(&onnx, &renamed).unwrap();
    for engine in ["litert", "openvino"] {
        let bad = format!("bad:{},engine={engine},engine-path={}", renamed.display(), library(engine));
        one_failed(&run(&mut beside(&bad, &[])), 2, "net.tflite");
    }
    let renamed = dir.path().join("net.xml");
    std::fs::copy(&onnx, &renamed).unwrap();
    let bad = format!("bad:{},engine=openvino,engine-path={}", renamed.display(), library("openvino"));
    one_failed(&run(&mut beside(&bad, &[])), 2, "net.xml");
}

/// A shared library with these functions, which some compiler of this machine makes: the one that links Rust's programs.
fn stand_in(folder: &Path, name: &str, code: &str) -> PathBuf {
    std::fs::create_dir_all(folder).unwrap();
    let (source, library) = (folder.join("stand-in.c"), folder.join(name));
    std::fs::write(&source, code).unwrap();
    let made = Command::new("cc").args(["-shared", "-fPIC", "-o"]).args([&library, &source]).status();
    assert!(made.is_ok_and(|status| status.success()), "the C compiler that links Rust's programs is needed");
    library
}

#[test]
fn versions_that_are_too_old_are_named_before_anything_of_theirs_runs() {
    let dir = tempfile::tempdir().unwrap();
    // LiteRT 2.1.6 has the same names with other arguments, and would crash.
    let litert = stand_in(
        &dir.path().join("ai_edge_litert"),
        "libLiteRt.so",
        "int LiteRtCreateEnvironment(void) { __builtin_trap(); }",
    );
    std::fs::create_dir(dir.path().join("ai_edge_litert-2.1.6.dist-info")).unwrap();
    if let Some(model) = tflite_models().map(|models| models[0].clone()) {
        let bad = format!("bad:{},engine=litert,engine-path={}", model.display(), litert.display());
        let result = run(&mut beside(&bad, &[]));
        one_failed(&result, 2, "LiteRT 2.1.6 is too old: nntop needs 2.2.0");
        result.hint("nntop engine install litert");
    }
    let code = r#"
        struct version { const char *build, *description; };
        int ov_get_openvino_version(struct version *v) { v->build = "2022.3.0-9052-9752fafe8eb"; return 0; }
        void ov_version_free(struct version *v) {}"#;
    let openvino = stand_in(&dir.path().join("openvino"), "libopenvino_c.so", code);
    let bad = format!("bad:{},engine=openvino,engine-path={}", demo("digits-fp32"), openvino.display());
    let result = run(&mut beside(&bad, &[]));
    one_failed(&result, 2, "OpenVINO 2022.3.0 is too old: nntop needs 2024.2");
    result.hint("nntop engine install openvino");
}

/// OpenVINO's folder without some of its files.
fn openvino_without(parts: &[&str]) -> TempDir {
    let from = installed("openvino").parent().unwrap();
    // Beside it, so that links reach.
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(|e| e.unwrap()) {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !parts.iter().any(|part| name.contains(part)) {
            std::fs::hard_link(entry.path(), dir.path().join(&name)).unwrap();
        }
    }
    dir
}

#[test]
fn what_is_missing_of_an_installation_is_named() {
    let model = demo("digits-fp32");
    for (part, words) in [
        ("libtbb.so", "libtbb.so"),
        ("onnx_frontend", "libopenvino_onnx_frontend.so"),
        ("intel_cpu_plugin", "libopenvino_intel_cpu_plugin.so"),
    ] {
        let dir = openvino_without(&[part]);
        let path = dir.path().to_str().unwrap();
        bench("openvino", &model, &["--engine-path", path]).failed(2, words).hint("engine install openvino");
        let bad = format!("bad:{model},engine=openvino,engine-path={path}");
        one_failed(&run(&mut beside(&bad, &[])), 2, words);
    }
    // What the model does not need may be missing.
    let dir = openvino_without(&[
        "paddle",
        "tensorflow",
        "intel_gpu",
        "intel_npu",
        "pytorch",
        "jax",
        "gguf",
        "auto",
        "hetero",
    ]);
    bench("openvino", &model, &["--engine-path", dir.path().to_str().unwrap()]).ok();
}

#[test]
fn a_damaged_model_of_either_format_is_refused_and_the_other_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let whole = std::fs::read(demo("digits-fp32")).unwrap();
    let mut of = vec![("openvino", "onnx", whole)];
    of.extend(tflite_models().map(|models| ("litert", "tflite", std::fs::read(&models[0]).unwrap())));
    let mut also = of.clone();
    also.retain(|(_, format, _)| *format == "tflite");
    of.extend(also.into_iter().map(|(_, format, bytes)| ("openvino", format, bytes)));
    for (engine, format, bytes) in of {
        let path = dir.path().join(format!("cut.{format}"));
        std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        let bad = format!("bad:{},engine={engine},engine-path={}", path.display(), library(engine));
        one_failed(&run(&mut beside(&bad, &[])), 2, &format!("cut.{format}"));
    }
}
