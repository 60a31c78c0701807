//! `nntop optimize`: variants of a model that ONNX Runtime's tools write, and the comparison with it.

use crate::support::{Run, Running, data_dir, demo, nntop, run, runtime, test_models};
use crate::terminal::Terminal;
use rustix::process::Signal;
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The environment `quantizer`, fetched once; false, and the test is counted as skipped, where it cannot be had.
#[track_caller]
fn has_tools() -> bool {
    static INSTALLED: OnceLock<Result<(), String>> = OnceLock::new();
    let installed = INSTALLED.get_or_init(|| {
        let run = run(nntop().args(["engine", "install", "quantizer"]));
        if run.code == Some(0) { Ok(()) } else { Err(run.stderr) }
    });
    if let Err(why) = installed {
        nntop_testing::skip_unless_required(
            "NNTOP_REQUIRE_QUANTIZER",
            &format!("no environment for nntop optimize: {why}"),
        );
    }
    runtime();
    installed.is_ok()
}

fn optimize(model: &str, dir: &Path, args: &[&str]) -> Command {
    let mut command = nntop();
    command.args(["optimize", model, "--no-history", "--save-dir"]).arg(dir).args(args);
    command
}

/// A model is not touched, and nothing half-written stays in the folder.
#[track_caller]
fn clean(dir: &Path) {
    let names = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    let hidden: Vec<String> = names.filter(|name| name.starts_with('.')).collect();
    assert!(hidden.is_empty(), "{hidden:?}");
}

fn variant<'a>(result: &'a Value, name: &str) -> &'a Value {
    let all = result["variants"].as_array().unwrap();
    all.iter().find(|v| v["name"] == name).unwrap_or_else(|| panic!("no {name}: {result}"))
}

fn figure(result: &Value, name: &str, metric: &str) -> f64 {
    let value = &variant(result, name)["custom_metrics"][metric]["value"];
    value.as_f64().unwrap_or_else(|| panic!("{name} has no {metric}: {:#}", variant(result, name)["custom_metrics"]))
}

#[test]
fn variants_of_the_demo_model_are_compared_with_their_sizes_answers_and_errors() {
    if !has_tools() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let (model, out) = (demo("digits-fp32"), dir.path().join("out"));
    let before = std::fs::read(&model).unwrap();
    let examples = model.replace("digits-fp32.onnx", "digits-test.npz");
    let asked = ["--quantize", "int8,dynamic", "--prune", "50%", "--fp16", "--fuse", "-n", "40", "--format", "json"];
    let done = run(optimize(&model, &out, &asked).args(["--dataset", &examples]));
    let result = done.ok().json();
    let names: Vec<&str> = result["variants"].as_array().unwrap().iter().map(|v| v["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        ["original", "int8", "dynamic", "pruned", "pruned+int8", "pruned+dynamic", "fp16", "fused"],
        "{done:?}"
    );
    let weights = |name: &str| variant(&result, name)["model"]["params_bytes"].as_f64().unwrap();
    for (name, times) in [("int8", 3.5), ("dynamic", 3.5), ("pruned+int8", 3.5), ("fp16", 1.99)] {
        assert!(weights("original") / weights(name) >= times, "{name}: {} of {}", weights(name), weights("original"));
    }
    // Its own test set: the model answers 98 % of it.
    let top1 = |name: &str| figure(&result, name, "top1");
    assert!(top1("original") > 95.0);
    for (name, points) in [("int8", 2.0), ("dynamic", 2.0), ("fp16", 0.5), ("fused", 0.01)] {
        assert!((top1("original") - top1(name)).abs() <= points, "{name}: {} {}", top1(name), top1("original"));
    }
    assert!(top1("pruned") < top1("original") && top1("pruned") > 60.0, "half of all weights are missing");
    for (name, most) in [("int8", 5.0), ("dynamic", 5.0), ("fp16", 0.5), ("fused", 0.001)] {
        assert!(figure(&result, name, "output_error") < most, "{name}: {}", figure(&result, name, "output_error"));
    }
    assert!((figure(&result, "pruned", "zeros") - 50.0).abs() < 0.01 && figure(&result, "original", "zeros") < 1.0);
    assert!(figure(&result, "pruned+int8", "zeros") >= 50.0, "zeros stay zeros in 8 bits");
    assert!(result["variants"].as_array().unwrap().iter().all(|v| v["latency_ns"]["p50"].as_u64() > Some(0)));
    assert_eq!(std::fs::read(&model).unwrap(), before);
    clean(&out);
    let manifest: Value = serde_json::from_slice(&std::fs::read(out.join("optimize.json")).unwrap()).unwrap();
    let fed = &manifest["calibration"];
    assert_eq!((fed["count"].as_u64(), fed["set_aside"].as_u64()), (Some(100), Some(100)));
    let rest = fed["total"].as_u64().unwrap() - 100;
    assert_eq!(fed["evaluated"].as_u64(), Some(rest));
    for name in ["original", "int8"] {
        assert_eq!(variant(&result, name)["accuracy"]["n"].as_u64(), Some(rest), "{name}: {done:?}");
    }
    assert_eq!(manifest["variants"][3]["steps"][1]["step"], "static");
}

#[test]
fn text_has_the_files_the_verdicts_and_the_tables_and_a_second_run_replaces_its_own_files() {
    if !has_tools() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    let first = run(&mut optimize(&demo("digits-fp32"), &out, &["--quantize", "-n", "40"]));
    let text = &first.ok().stdout;
    assert!(text.contains("Output Error") && text.contains("3.80x"), "{text}");
    assert!(text.contains("Before (original)") && text.contains("After (int8)"), "{text}");
    assert!(first.stderr.contains("accuracy cannot be judged without --dataset"), "{first:?}");
    assert!(out.join("report.md").is_file() && out.join("result.json").is_file());
    let asked = ["--quantize", "int8,int4", "--exclude", "Gemm", "--write-only"];
    let again = run(&mut optimize(&demo("digits-fp32"), &out, &asked));
    assert!(again.ok().stderr.contains("int4 is not written: no matrix product has weights of its own"), "{again:?}");
    assert!(!out.join("digits-fp32-int4.onnx").exists());
    // What somebody else put there is not replaced.
    std::fs::write(out.join("digits-fp32-fp16.onnx"), b"\x08\x07 mine").unwrap();
    run(&mut optimize(&demo("digits-fp32"), &out, &["--fp16", "--write-only"]))
        .failed(2, "digits-fp32-fp16.onnx")
        .hint("--force");
    assert_eq!(std::fs::read(out.join("digits-fp32-fp16.onnx")).unwrap(), b"\x08\x07 mine");
    clean(&out);
}

#[test]
fn live_the_variants_are_on_the_dashboard() {
    if !has_tools() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let model = demo("digits-fp32");
    let args = ["optimize", &model, "--quantize", "dynamic", "--live", "--save-dir", "out", "--no-history"];
    let mut terminal = Terminal::open(&args, dir.path(), 120, 36);
    terminal.wait_for("both variants, measuring", |screen| screen.contains("original") && screen.contains("dynamic"));
    terminal.press("q");
    assert_eq!(terminal.end(), 0);
    assert!(terminal.is_restored());
    assert!(dir.path().join("out/digits-fp32-dynamic.onnx").is_file());
    clean(&dir.path().join("out"));
}

#[test]
fn layers_are_ranked_and_what_is_excluded_stays_in_floating_point() {
    if !has_tools() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    let asked =
        ["--propose-exclusions", "--quantize", "int8", "--exclude", "classifier", "--write-only", "--format", "json"];
    let manifest = run(&mut optimize(&demo("digits-fp32"), &out, &asked)).ok().json();
    let layers = manifest["layers"].as_array().unwrap();
    let errors: Vec<f64> = layers.iter().map(|l| l["error"].as_f64().unwrap()).collect();
    assert!(errors.len() >= 9 && errors.is_sorted_by(|a, b| a >= b) && errors[0] > 0.0, "{errors:?}");
    assert!(layers.iter().all(|l| l["node"] != "classifier"));
    run(&mut optimize(&demo("digits-fp32"), &out, &["--quantize", "--exclude", "nosuch*"]))
        .failed(2, "nosuch")
        .hint("Conv");
}

/// A data folder whose environment `quantizer` is a shell script.
fn stand_in(dir: &Path, script: &str) -> PathBuf {
    let data = dir.join("data");
    let python = data.join("engines/quantizer-1.0.0/bin/python");
    std::fs::create_dir_all(python.parent().unwrap()).unwrap();
    std::fs::write(&python, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&python, std::fs::Permissions::from_mode(0o755)).unwrap();
    data
}

#[test]
fn broken_tools_and_tools_that_are_missing_are_one_line_with_the_way_out() {
    let dir = tempfile::tempdir().unwrap();
    let (model, out) = (demo("digits-fp32"), dir.path().join("out"));
    let broken =
        stand_in(dir.path(), "cat > /dev/null; echo \"ModuleNotFoundError: No module named 'onnx'\" >&2; exit 1");
    let quantized = |data: &Path, more: &[&str]| -> Run {
        run(optimize(&model, &out, &["--quantize"]).args(more).env("NNTOP_DATA_DIR", data).env("PATH", dir.path()))
    };
    quantized(&broken, &[]).failed(1, "No module named 'onnx'").hint("nntop engine remove quantizer");
    clean(&out);
    let has = "import onnx, sympy, onnxruntime.quantization, onnxruntime.transformers.float16";
    if Command::new("python3").args(["-c", has]).output().is_ok_and(|said| said.status.success()) {
        nntop_testing::skip("this machine's own Python has the tools");
    } else {
        let missing = quantized(&dir.path().join("empty"), &["--offline"]);
        missing.failed(2, "no Python on this machine has what quantizer takes").hint("nntop engine install quantizer");
    }
    assert_eq!(std::fs::read_dir(&out).unwrap().count(), 0);
}

#[test]
fn an_interrupted_run_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (started, out) = (dir.path().join("started"), dir.path().join("out"));
    assert!(Command::new("mkfifo").arg(&started).status().unwrap().success());
    let data = stand_in(dir.path(), &format!("cat > /dev/null; echo > {}; exec sleep 600", started.display()));
    let running = Running::start(optimize(&demo("digits-fp32"), &out, &["--fp16"]).env("NNTOP_DATA_DIR", data));
    std::fs::read(&started).unwrap();
    running.signal(Signal::INT);
    running.end().failed(130, "interrupted: no variant is written");
    assert_eq!(std::fs::read_dir(&out).unwrap().count(), 0);
}

#[test]
fn what_cannot_be_optimized_is_refused_before_anything_is_made() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    let model = demo("digits-fp32");
    run(&mut optimize(&model, &out, &[])).failed(2, "nothing is asked for").hint("--quantize int8");
    run(&mut optimize("nosuch.onnx", &out, &["--fp16"])).failed(2, "nosuch.onnx");
    let tflite = dir.path().join("net.tflite");
    std::fs::write(&tflite, "TFL3").unwrap();
    run(&mut optimize(tflite.to_str().unwrap(), &out, &["--fp16"])).failed(2, "not .tflite").hint("ai-edge-quantizer");
    run(&mut optimize(&model, &out, &["--prune", "1.5"])).failed(2, "--prune");
    run(&mut optimize(&model, &out, &["--prune", "0.5", "--prune-pattern", "2:4"])).failed(2, "both say the share");
    assert!(!out.exists());
    // A variant is never written over the original.
    let copy = dir.path().join("net-fp16.onnx");
    std::fs::copy(&model, &copy).unwrap();
    std::os::unix::fs::symlink(&copy, dir.path().join("net.onnx")).unwrap();
    let linked = dir.path().join("net.onnx");
    run(&mut optimize(linked.to_str().unwrap(), dir.path(), &["--fp16", "--force"])).failed(2, "replace the original");
    assert_eq!(std::fs::read(&copy).unwrap(), std::fs::read(&model).unwrap());
}

#[test]
fn real_models_become_smaller_in_8_bits_and_old_ones_too() {
    let Some(models) = test_models() else { return };
    if !has_tools() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    // Of opset 8, with weights among its inputs and biases of three axes; of opset 10 with thousands of nodes.
    for (name, times) in [("mnist-8", 3.5), ("tiny-bert-mrpc", 2.0)] {
        let model = models.join(name).join("model.onnx");
        let out = dir.path().join(name);
        let asked = ["--quantize", "int8", "--calibration-samples", "8", "--write-only", "--format", "json"];
        let manifest = run(&mut optimize(model.to_str().unwrap(), &out, &asked)).ok().json();
        let weights = |v: &Value| v["weights_bytes"].as_f64().unwrap();
        let int8 = &manifest["variants"][0];
        assert!(weights(&manifest["original"]) / weights(int8) >= times, "{name}: {manifest:#}");
        assert!(int8["agreement"]["relative_error"].as_f64().unwrap() < 0.1, "{name}: {manifest:#}");
    }
    assert!(data_dir().exists());
}
