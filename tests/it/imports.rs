//! Profiles of other tools, opened from outside: by `nntop flame` and by `nntop profile --import`.

use super::support::{nntop, run};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn excerpt(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/nntop-trace/src/op_trace/import/tests/excerpts").join(name)
}

/// Each file, a label of its flame graph, and what its table says.
const FILES: [(&str, &str, &[&str]); 10] = [
    ("kineto.json", "sm90_xmma_fprop_f16", &["by pytorch", "mean of 2 profiled inferences", "aten::conv2d"]),
    ("chrome.json", "worker", &["by chrome trace", "load"]),
    ("trtexec.json", "conv1", &["by tensorrt", "mean of 50 profiled inferences", "Reformat"]),
    ("benchmark_app.csv", "Convolution28", &["by openvino", "mean of 2 profiled inferences", "MaxPool"]),
    ("benchmark_app.json", "Convolution28", &["by openvino", "one profiled inference", "MaxPool"]),
    ("litert.csv", "flatten", &["by litert", "mean of 50 profiled inferences", "QUANTIZE"]),
    ("litert.txt", "Conv2d\\_0", &["by litert", "DEPTHWISE_CONV_2D"]),
    ("cprofile.pstats", "m.py:5(f)", &["by cprofile", "m.py:5(f)"]),
    ("pyinstrument.json", "inner (prog.py:2)", &["by pyinstrument", "sampled", "inner (prog.py:2)"]),
    ("perf.txt", "PyEval_EvalFrame", &["by perf", "3 samples", "do_syscall_64"]),
];

#[test]
fn every_format_becomes_a_flame_graph_and_a_table() {
    let folder = TempDir::new().unwrap();
    for (name, label, words) in FILES {
        // A name says nothing.
        let file = folder.path().join("profile");
        std::fs::copy(excerpt(name), &file).unwrap();
        let svg = folder.path().join("out.svg");
        run(nntop().arg("flame").args([&file, Path::new("-o"), &svg])).ok();
        let svg = std::fs::read_to_string(svg).unwrap();
        assert!(svg.contains(&label.replace('\\', "")), "{name}: {label}");
        let table = run(nntop().args(["profile", "--format", "markdown", "--import"]).arg(&file));
        for word in words {
            let found = table.ok().stdout.replace('\\', "");
            assert!(found.contains(word), "{name}: {word}: {found}");
        }
    }
}

#[test]
fn what_is_cut_is_shown_and_said_and_what_is_empty_is_refused_with_the_place() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("trace.json");
    let whole = std::fs::read(excerpt("kineto.json")).unwrap();
    std::fs::write(&file, &whole[..2_000]).unwrap();
    let cut = run(nntop().arg("flame").args([&file, Path::new("-o"), Path::new("-")]));
    assert!(cut.ok().stdout.contains("PARTIAL: it ends early at byte 2000"), "{}", cut.stdout);
    std::fs::write(&file, &whole[..300]).unwrap();
    let none = run(nntop().args(["profile", "--import"]).arg(&file));
    none.failed(2, "trace.json: a trace: it ends early, at byte 300").hint("profile again");
}
