//! `.tflite` models that LiteRT's library refuses, run by the Interpreter of its Python package.

use crate::native::installed;
use crate::support::{Run, nntop, run};
use nntop_testing::required_data;
use std::path::Path;

const LSTM: &str = "field/models/litert-variable-tensors/trained_lstm_int8.tflite";
const TOP_K: &str = "field/models/litert-dynamic-output/simple_topk_op_runtime_k.tflite";

fn bench(model: &Path, args: &[&str]) -> Run {
    let mut command = nntop();
    command.arg("bench").arg(model).args(["--engine-path", installed("litert").to_str().unwrap()]);
    run(command.args(["--runs", "20", "--warmup", "2", "--format", "json"]).args(args))
}

#[test]
fn what_the_library_refuses_runs_by_the_interpreter_of_its_package() {
    let (Some(lstm), Some(top_k)) = (required_data(LSTM), required_data(TOP_K)) else { return };
    run(nntop().args(["engine", "install", "litert-interpreter"])).ok();
    for model in [&lstm, &top_k] {
        let v = &bench(model, &[]).ok().json()["variants"][0];
        assert_eq!(v["latency_ns"]["n"], 20, "{v:#}");
        let engine = &v["engine"];
        assert_eq!((&engine["name"], &engine["threads"]), (&"litert".into(), &1.into()), "{engine:#}");
        assert!(engine["version"].as_str().is_some_and(|version| version.starts_with('2')), "{engine:#}");
        assert_eq!(engine["settings"]["api"], "Interpreter, through Python", "{engine:#}");
        assert!(engine["settings"]["python call"].as_str().is_some_and(|cost| cost.contains("µs")), "{engine:#}");
        assert!(v["profile_absent"].as_str().is_some_and(|why| why.contains("profiler")), "{v:#}");
    }
    bench(&lstm, &["--scenario", "offline"]).failed(2, "variable tensors").hint("Interpreter");
    let builtin = bench(&lstm, &["--kernels", "builtin"]);
    assert_eq!(builtin.ok().json()["variants"][0]["engine"]["settings"]["kernels"], "builtin");
}

#[test]
fn without_the_package_the_way_to_it_is_named() {
    let Some(lstm) = required_data(LSTM) else { return };
    let empty = tempfile::tempdir().unwrap();
    let mut command = nntop();
    command.arg("bench").arg(lstm).args(["--engine-path", installed("litert").to_str().unwrap(), "--runs", "5"]);
    let refused = run(command.env("NNTOP_DATA_DIR", empty.path()).env("PATH", "/nonexistent"));
    refused.failed(2, "variable tensors").hint("nntop engine install litert-interpreter");
}
