//! Options of the session: set, named in results, part of what differs, and doubted where the runtime does not know them.

use crate::native::installed;
use crate::support::{bench, demo, nntop, run, runtime};
use serde_json::Value;

const QUICK: [&str; 6] = ["-n", "20", "--warmup", "2", "--format", "json"];

fn finding<'a>(variant: &'a Value, id: &str) -> Option<&'a Value> {
    variant["findings"].as_array()?.iter().find(|f| f["id"] == id)
}

#[test]
fn known_options_reach_the_session_and_unknown_ones_are_doubted() {
    let folder = tempfile::tempdir().unwrap();
    let written = folder.path().join("rewritten.onnx");
    let written = format!("optimized-model={}", written.display());
    let model = demo("digits-fp32");
    let known = [
        "session.set_denormal_as_zero=1",
        "session.intra_op.allow_spinning=0",
        "inter-op-threads=2",
        "execution-mode=parallel",
        "memory-pattern=off",
        "arena=off",
        written.as_str(),
    ];
    let options = known.iter().flat_map(|option| ["--session-option", option]);
    let found = run(bench([model.as_str()]).args(QUICK).args(options)).ok().json();
    let variant = &found["variants"][0];
    let set = &variant["options"]["session_options"];
    assert_eq!((&set["arena"], &set["session.set_denormal_as_zero"]), (&"off".into(), &"1".into()), "{variant:#}");
    assert!(finding(variant, "unknown_option").is_none(), "{variant:#}");
    assert!(folder.path().join("rewritten.onnx").exists(), "ONNX Runtime has written the model");

    // ONNX Runtime itself takes any name.
    let slip = ["--session-option", "session.set_denormals_as_zero=1"];
    let found = run(bench([model.as_str()]).args(QUICK).args(slip)).ok().json();
    let doubted = finding(&found["variants"][0], "unknown_option").expect("a finding");
    assert_eq!(doubted["level"], "warning");
    assert!(doubted["text"].as_str().unwrap().contains("session.set_denormals_as_zero"), "{doubted:#}");
}

#[test]
fn wrong_values_and_other_engines_are_refused() {
    let model = demo("digits-fp32");
    let with = |option: &str| run(bench([model.as_str(), "--session-option", option]).args(QUICK));
    with("arena=maybe").failed(2, "expected on or off");
    with("inter-op-threads=0").failed(2, "expected a number of threads");
    let other = format!("{model},engine=openvino,session-option.arena=off");
    run(nntop().args(["bench", &other])).failed(2, "--session-option is not for openvino").hint("onnxruntime");
    run(bench([model.as_str(), "--property", "NUM_STREAMS=1"]).args(QUICK))
        .failed(2, "--property is not for onnxruntime");
}

#[test]
fn a_variant_has_options_of_its_own_and_they_are_what_differs() {
    let model = demo("digits-fp32");
    let other = format!("{model},session-option.session.intra_op.allow_spinning=0");
    runtime();
    let args = ["compare", &model, &other, "-n", "40", "--warmup", "2"];
    let text = run(nntop().args(args)).ok().stdout.clone();
    let line = |name: &str| text.lines().find(|line| line.trim_start().starts_with(name)).unwrap_or_default();
    assert!(line("digits-fp32 #2: /").contains("session.intra_op.allow_spinning=0"), "{text}");
    assert!(!line("digits-fp32: /").contains("allow_spinning"), "{text}");
}

#[test]
fn properties_reach_openvino_which_says_what_came_of_them() {
    installed("openvino");
    let model = demo("digits-fp32");
    let args = ["bench", &model, "--engine", "openvino", "--property", "ENABLE_CPU_PINNING=NO"];
    let found = run(nntop().args(args).args(QUICK)).ok().json();
    assert_eq!(found["variants"][0]["engine"]["settings"]["ENABLE_CPU_PINNING"], "NO", "{found:#}");
    let args = ["bench", &model, "--engine", "openvino", "--property", "NUM_STREAMS=1", "--num-streams", "2"];
    run(nntop().args(args)).failed(2, "--property NUM_STREAMS and --num-streams are the same");
    let args = ["bench", &model, "--engine", "openvino", "--property", "NO_SUCH_PROPERTY=1"];
    assert_ne!(run(nntop().args(args)).code, Some(0), "OpenVINO refuses what it does not know");
}

#[test]
fn a_library_that_brings_no_execution_provider_is_named() {
    let model = demo("digits-fp32");
    let library = format!("mine={}", runtime().display());
    let args = ["--ep-library", &library, "--ep", "mine"];
    run(bench([model.as_str()]).args(args)).failed(2, "--ep-library mine=").hint("CreateEpFactories");
    run(&mut bench([model.as_str(), "--ep-library", &library])).failed(2, "--ep does not name it").hint("--ep mine");
}
