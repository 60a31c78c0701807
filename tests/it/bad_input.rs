//! What people get wrong, and whether they are told what it was. One `error:` line, a `hint:`, exit code 2.

use crate::onnx::{Axis, external_weight, model, node, port, unary};
use crate::support::{Run, Running, bench, demo, file, nntop, npy, run};
use tempfile::TempDir;

/// Measures `path` with `options`: nothing can be measured, so nothing is on standard output.
#[track_caller]
fn refused<const N: usize>(path: &str, options: [&str; N], words: &str) -> Run {
    let result = run(bench([path, "-n", "3", "--warmup", "0", "--offline"]).args(options));
    result.failed(2, words);
    assert_eq!(result.stdout, "", "{result:?}");
    result
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn paths_that_lead_to_no_model() {
    let dir = folder();
    let gone = dir.path().join("gone.onnx");
    refused(gone.to_str().unwrap(), [], "gone.onnx: no such file").hint("check the path");
    file(&dir, "one.onnx", "x");
    refused(dir.path().to_str().unwrap(), [], "is a folder").hint("one.onnx");
    refused("", [], "is not a model file").hint("PATH");
    run(nntop().arg("bench")).failed(2, "no model given").hint("nntop demo");
}

#[test]
fn files_that_are_no_models() {
    let dir = folder();
    refused(&file(&dir, "empty.onnx", ""), [], "empty.onnx: the file is empty");
    refused(&file(&dir, "zip.onnx", b"PK\x03\x04\x14\0\0\0"), [], r#"first bytes are "PK\x03\x04"#).hint("unpack");
    refused(&file(&dir, "text.onnx", "import torch\n"), [], "a text file").hint(".onnx");
    let whole = std::fs::read(demo("digits-fp32")).unwrap();
    refused(&file(&dir, "cut.onnx", &whole[..whole.len() / 2]), [], "cut.onnx: truncated").hint("fetch the file again");
}

#[test]
fn a_failure_is_a_result_for_programs() {
    let result = run(&mut bench(["/nonexistent/model.onnx", "--format", "json"]));
    let json = result.failed(2, "no such file").json();
    assert_eq!(json["variants"][0]["status"], "failed");
    assert!(json["variants"][0]["error"]["message"].as_str().unwrap().contains("no such file"), "{json}");
    assert!(json["variants"][0]["latency_ns"].is_null(), "{json}");
}

#[test]
fn a_model_that_fails_does_not_stop_the_other() {
    let good = format!("good:{}", demo("digits-fp32"));
    let result = run(&mut bench([&good, "bad:/nonexistent.onnx", "-n", "7", "--warmup", "0", "--format", "json"]));
    let json = result.failed(2, "/nonexistent.onnx").json();
    assert_eq!(json["variants"][0]["latency_ns"]["n"], 7);
    assert_eq!((&json["variants"][0]["status"], &json["variants"][1]["status"]), (&"ok".into(), &"failed".into()));
}

#[test]
fn models_that_the_runtime_cannot_load() {
    let (dir, axes) = (folder(), [Axis::Size(1), Axis::Size(4)]);
    run(&mut bench([&file(&dir, "good.onnx", unary(17, "Relu", &axes)), "-n", "3", "--warmup", "0"])).ok();
    refused(&file(&dir, "operator.onnx", unary(17, "Teleport", &axes)), [], "Teleport").hint("operators");
    refused(&file(&dir, "opset.onnx", unary(9_999, "Relu", &axes)), [], "opset.onnx").hint("older opset");
    let add = node("Add", &["x", "w"], "y");
    let weight = external_weight("w", 4, "weights.bin");
    let external = model(17, &add, Some(&weight), [&port("x", &axes), &port("y", &axes)]);
    let path = file(&dir, "external.onnx", external);
    refused(&path, [], r#"external.onnx: its weights are in "weights.bin""#).hint("put the file at");
    file(&dir, "weights.bin", [0; 8]);
    refused(&path, [], "ends at byte 16 of");
    file(&dir, "weights.bin", [0; 16]);
    run(&mut bench([&path, "-n", "3", "--warmup", "0"])).ok();
}

#[test]
fn axes_that_need_a_size_come_with_the_option_to_type() {
    let dir = folder();
    let named = file(&dir, "named.onnx", unary(17, "Relu", &[Axis::Name("batch"), Axis::Name("sequence")]));
    refused(&named, ["--strict-shapes"], r#"no size for "sequence""#).hint("--dim sequence=N");
    run(&mut bench([&named, "-n", "3", "--warmup", "0", "--dim", "sequence=16"])).ok();
    let open = file(&dir, "open.onnx", unary(17, "Relu", &[Axis::Size(1), Axis::Open]));
    refused(&open, ["--strict-shapes"], "unnamed axis").hint("--shape x:1,N");
    run(&mut bench([&open, "-n", "3", "--warmup", "0", "--shape", "x:1,5"])).ok();
}

#[test]
fn shapes_and_sizes_that_do_not_fit() {
    let path = demo("digits-fp32");
    refused(&path, ["--shape", "image:1,8,8"], "float32[batch,1,8,8]").hint("every axis");
    refused(&path, ["--shape", "image:1,1,9,8"], "float32[batch,1,8,8]").hint("every axis");
    refused(&path, ["--shape", "picture:1,1,8,8"], "no input of that name").hint("image");
    refused(&path, ["--dim", "width=8"], "--dim width").hint("batch");
    refused(&path, ["--batch-size", "99999999999999"], "memory").hint("smaller");
    let dir = folder();
    let fixed = file(&dir, "fixed.onnx", unary(17, "Relu", &[Axis::Size(1), Axis::Size(4)]));
    refused(&fixed, ["--batch-size", "8"], "the model's batch is fixed").hint("--batch-size");
}

#[test]
fn inputs_that_do_not_fit() {
    let (dir, path) = (folder(), demo("digits-fp32"));
    let input = |name, content: &[u8], words| refused(&path, ["--input", &file(&dir, name, content)], words);
    input("double.npy", &npy("<f8", 8, &[1, 1, 8, 8]), "float64[1,1,8,8]").hint("astype('float32')");
    input("flat.npy", &npy("<f4", 4, &[64]), "takes float32[batch,1,8,8]").hint("shape");
    input("table.csv", b"1,2,3", "table.csv: not a kind of file").hint(".npy");
    input("cut.npy", &npy("<f4", 4, &[1, 1, 8, 8])[..200], "cut.npy");
    input("cut.pb", b"\x08", "cut.pb");
    let images = format!("{}/assets/demo/digits-test.npz", env!("CARGO_MANIFEST_DIR"));
    refused(&path, ["--input", &images], r#"nothing for input "image""#).hint("numpy.savez");
    refused(&path, ["--input", "/nonexistent/x.npy"], "x.npy: no such file");
    refused(&path, ["--input", dir.path().to_str().unwrap()], "no input_0.pb").hint("input_0.pb");
}

#[test]
fn engines_and_providers_that_are_not_there() {
    let path = demo("digits-fp32");
    refused(&path, ["--ep", "cuda"], "--ep cuda").hint("cpu");
    refused(&path, ["--ep", "warpdrive"], "--ep warpdrive").hint("cpu");
    refused(&path, ["--engine", "nosuch"], "nosuch").hint("onnxruntime");
    refused(&path, ["--engine", "synthetic:gauss"], "gauss").hint("lognormal");
    run(bench([&path]).args(["--ep", ""])).failed(2, "--ep");
}

#[test]
fn libraries_that_are_no_onnx_runtime() {
    let (dir, path) = (folder(), demo("digits-fp32"));
    refused(&path, ["--engine-path", "/nonexistent/lib.so"], "no such file: /nonexistent/lib.so")
        .hint("libonnxruntime");
    refused(&path, ["--engine-path", dir.path().to_str().unwrap()], "no libonnxruntime.so in").hint("libonnxruntime");
    refused(&path, ["--engine-path", &file(&dir, "lib.so", "text")], "not an ELF file").hint("engine install");
    // A real library of this machine, found where this very test has it loaded.
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let libc = maps.split_whitespace().find(|w| w.starts_with('/') && w.contains("libc.so")).unwrap();
    refused(&path, ["--engine-path", libc], "is not ONNX Runtime").hint("engine install");
}

#[test]
fn an_output_that_cannot_be_written_is_found_before_the_run() {
    let dir = folder();
    let (path, nowhere) = (demo("digits-fp32"), dir.path().join("no/such/folder/result.json"));
    let result = refused(&path, ["-t", "1h", "-o", nowhere.to_str().unwrap()], "result.json: cannot be written");
    assert!(!result.stderr.contains("loading"), "a worker was started: {result:?}");
    let result = refused(&path, ["-t", "1h", "-o", dir.path().to_str().unwrap()], "cannot be written");
    assert!(!result.stderr.contains("loading"), "a worker was started: {result:?}");
}

#[test]
fn values_that_make_no_sense() {
    let path = demo("digits-fp32");
    for (option, value) in [
        ("--duration", "fast"),
        ("--duration", "-3s"),
        ("--duration", "0"),
        ("--runs", "0"),
        ("--runs", "many"),
        ("--threads", "0"),
        ("--batch-size", "0"),
        ("--format", "xml"),
        ("--warmup", "soon"),
        ("--graph-opt", "most"),
        ("--shape", "1,2,3"),
        ("--dim", "batch"),
    ] {
        let result = run(nntop().args(["bench", &path, &format!("{option}={value}")]));
        result.failed(2, option);
        assert_eq!(result.stdout, "", "{result:?}");
    }
    run(nntop().args(["bench", &format!("{path},colour=red")])).failed(2, "colour").hint("threads");
    run(nntop().args(["bench", &format!("{path},threads=no")])).failed(2, "threads");
    run(nntop().args(["worker"])).failed(2, "worker").hint("nntop bench");
}

#[test]
fn a_model_that_fails_when_it_runs_is_named() {
    let dir = folder();
    // Reshape with a target that only the values decide: zeros cannot hold what is there.
    let reshape = node("Reshape", &["x", "shape"], "y");
    let weight = crate::onnx::int64_weight("shape", &[5, 5]);
    let ports = [&port("x", &[Axis::Size(4)])[..], &port("y", &[Axis::Open, Axis::Open])];
    let path = file(&dir, "reshape.onnx", model(17, &reshape, Some(&weight), ports));
    let mut running = Running::start(&mut bench([&path, "-n", "3"]));
    running.until("error:");
    let result = running.end();
    assert!(matches!(result.code, Some(1 | 2)), "{result:?}");
    result.failed(result.code.unwrap(), "reshape");
}

#[test]
fn files_are_looked_at_before_a_runtime_is_fetched() {
    let dir = tempfile::tempdir().unwrap();
    let good = dir.path().join("good.json").display().to_string();
    run(nntop().args(["bench", "a:synthetic:constant,median=1ms", "-n", "5", "--warmup", "0", "-o", &good])).ok();
    let cases = [
        ("damaged.json", &b"\x00\x01nonsense"[..], "a result by its name, and damaged"),
        ("cut.json", br#"{"schema":"nntop.result/1","varia"#, "cut.json"),
        ("empty.csv", b"", "empty.csv"),
        ("run.nntop", b"\x28\xb5\x2f\xfc torn", "run.nntop"),
        ("net.onnx", b"<html>404 Not Found</html>", "net.onnx"),
        ("net.tflite", b"nothing that LiteRT reads", "net.tflite"),
        ("net.pt", b"no archive", "net.pt"),
    ];
    for (name, content, words) in cases {
        let path = file(&dir, name, content);
        for args in
            [&["compare", &path, &good][..], &["compare", &path, "--baseline", &good], &["bench", &path, "-n", "3"]]
        {
            if args[0] == "bench" && !name.starts_with("net") {
                continue;
            }
            let data = dir.path().join("data");
            let mut command = nntop();
            // Nothing is installed, and fetching would be tried: pip would say that it has no index.
            command.args(args).env("NNTOP_DATA_DIR", &data).env("PIP_NO_INDEX", "1").env("VIRTUAL_ENV", "/nonexistent");
            let end = run(&mut command);
            end.failed(2, words);
            assert!(!end.stderr.contains("fetching"), "{end:?}");
            assert!(!data.join("engines").exists(), "{args:?} has begun to fetch");
        }
    }
}
