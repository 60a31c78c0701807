//! The examples, built and run as a reader of them would.

use crate::support::{Run, data_dir, run, runtime};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The folder of the examples, built. `cargo test` has built them already, `cargo test --test it` has not.
fn built() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        // …/target/debug/nntop
        let profile = Path::new(env!("CARGO_BIN_EXE_nntop")).parent().unwrap();
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--examples", "--offline", "--manifest-path"]);
        cargo
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
            .arg("--target-dir")
            .arg(profile.parent().unwrap());
        if profile.ends_with("release") {
            cargo.arg("--release");
        }
        run(&mut cargo).ok();
        profile.join("examples")
    })
}

/// An example, with the tests' runtimes and nothing of the user's.
fn example(name: &str, arguments: &[&str]) -> Run {
    let mut command = Command::new(built().join(name));
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
