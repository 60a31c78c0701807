//! The examples, built and run as a reader of them would.

use crate::support::{Run, data_dir, run, runtime};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// An example's program. `cargo test` builds all of them; after `cargo test --test it` alone they may be missing or older than
/// their source, and are built here.
fn built(name: &str) -> PathBuf {
    static BUILD: Mutex<()> = Mutex::new(());
    // …/target/debug/nntop
    let profile = Path::new(env!("CARGO_BIN_EXE_nntop")).parent().unwrap();
    let program = profile.join("examples").join(name);
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("examples/{name}.rs"));
    let changed = |path: &Path| path.metadata().and_then(|m| m.modified()).ok();
    let _one = BUILD.lock().unwrap_or_else(PoisonError::into_inner);
    if changed(&program) < changed(&source) {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "-p", "nntop", "--offline", "--example", name, "--manifest-path"]);
        cargo.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"));
        cargo.arg("--target-dir").arg(profile.parent().unwrap());
        if profile.ends_with("release") {
            cargo.arg("--release");
        }
        let status = cargo.status().unwrap();
        assert!(status.success(), "{name} cannot be built: {status}");
    }
    program
}

/// An example, with the tests' runtimes and nothing of the user's.
fn example(name: &str, arguments: &[&str]) -> Run {
    let mut command = Command::new(built(name));
    command.args(arguments).env("NNTOP_DATA_DIR", data_dir()).env_remove("ORT_DYLIB_PATH");
    run(&mut command)
}

#[test]
fn an_engine_of_ones_own_is_measured_beside_one_of_nntops() {
    let run = example("custom_engine", &[]);
    let out = &run.ok().stdout;
    let line = |name: &str| out.lines().find(|l| l.starts_with(name)).unwrap_or_else(|| panic!("{run:?}")).to_owned();
    assert!(line("layer on dense 1.0: p50 ").ends_with(" of weights"), "{run:?}");
    assert!(line("synthetic on synthetic ").contains("p50 "), "{run:?}");
}

#[test]
fn measure_prints_the_figures_of_a_synthetic_engine_and_of_a_model() {
    let synthetic = example("measure", &[]);
    let line = synthetic.ok().stdout.clone();
    assert!(line.starts_with("synthetic: p50 ") && line.ends_with(", from 200 inferences\n"), "{synthetic:?}");
    assert!(synthetic.stderr.contains("Measure"), "{synthetic:?}");
    runtime();
    let model = example("measure", &[&crate::support::demo("digits-fp32")]);
    assert!(model.ok().stdout.starts_with("digits-fp32: p50 "), "{model:?}");
    let missing = example("measure", &["/nonexistent.onnx"]);
    assert!(missing.ok().stderr.contains("error: /nonexistent.onnx: no such file"), "{missing:?}");
}

#[test]
fn custom_metric_prints_numbers_of_its_own_and_what_a_target_says() {
    let said = example("custom_metric", &[]);
    let lines: Vec<&str> = said.ok().stdout.lines().collect();
    assert!(
        lines[0] == "accuracy: 93.1 %" && lines[1].starts_with("jitter: ") && lines[1].ends_with(" ms"),
        "{said:?}"
    );
    assert!(lines[2].starts_with("synthetic: jitter<1000 met with "), "{said:?}");
}

#[test]
fn custom_sampler_reads_its_own_metric_beside_those_of_the_machine() {
    let run = example("custom_sampler", &[]);
    let out = &run.ok().stdout;
    let tasks = out.lines().find(|l| l.contains("tasks")).unwrap_or_else(|| panic!("{run:?}"));
    let count = tasks.split_whitespace().last().unwrap().replace(',', "");
    assert!(count.parse::<f64>().unwrap() >= 1.0, "{run:?}");
    assert!(out.lines().any(|l| l.starts_with("memory.used")), "{run:?}");
}

#[test]
fn read_profile_prints_a_table_and_draws_a_flame_graph() {
    let dir = tempfile::tempdir().unwrap();
    let flame = dir.path().join("flame.svg");
    let excerpt =
        concat!(env!("CARGO_MANIFEST_DIR"), "/crates/nntop-trace/src/op_trace/import/tests/excerpts/litert.csv");
    let said = example("read_profile", &[excerpt, flame.to_str().unwrap()]);
    assert!(said.ok().stdout.contains(" operators\n") && said.stdout.contains("QUANTIZE"), "{said:?}");
    let svg = std::fs::read_to_string(flame).unwrap();
    assert!(svg.contains("<svg") && svg.contains("QUANTIZE"), "{svg:.300}");
    let wrong = example("read_profile", &[concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")]);
    assert!(wrong.code == Some(1) && wrong.stderr.contains("Error"), "{wrong:?}");
}
