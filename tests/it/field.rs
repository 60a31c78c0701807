//! Files from public reports that once gave wrong figures: the right value on every surface that shows it.
//!
//! Small files are made here. The field cases themselves are looked at, too, where `NNTOP_TEST_DATA` is set.

mod axes;
mod boards;
mod litert;
mod node_names;
mod profiles;
mod results;

use super::onnx::{Axis, network, node, port, with, zeros};
use super::support::{nntop, run, runtime};
use serde_json::Value;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A folder of field cases, where they are.
fn field(case: &str) -> Option<PathBuf> {
    let root = std::env::var_os("NNTOP_TEST_DATA")?;
    Some(PathBuf::from(root).join("field/models").join(case)).filter(|path| path.is_dir())
}

/// What `nntop profile --import FILE --format FORMAT` prints.
#[track_caller]
fn profile(file: &Path, format: &str) -> String {
    run(nntop().args(["profile", "--format", format, "--import"]).arg(file)).ok().stdout.clone()
}

/// Every file that is made of a profile, by its ending.
#[track_caller]
fn saved(file: &Path) -> Vec<(String, String)> {
    let folder = TempDir::new().unwrap();
    run(nntop().args(["profile", "--save-dir"]).arg(folder.path()).arg("--import").arg(file)).ok();
    let files = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    files
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(&path).unwrap()))
        .collect()
}

#[track_caller]
fn saved_as<'a>(files: &'a [(String, String)], ending: &str) -> &'a str {
    &files.iter().find(|(name, _)| name.ends_with(ending)).unwrap_or_else(|| panic!("no {ending}")).1
}

#[track_caller]
fn holds(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "{word:?} in:\n{text}");
    }
}

#[track_caller]
fn rows(file: &Path) -> (Value, Vec<Value>) {
    let json: Value = serde_json::from_str(&profile(file, "json")).unwrap();
    let profile = json["profiles"][0]["profile"].clone();
    let rows = profile["rows"].as_array().unwrap().clone();
    (profile, rows)
}

#[track_caller]
fn named<'a>(rows: &'a [Value], name: &str) -> &'a Value {
    rows.iter().find(|row| row["name"] == name).unwrap_or_else(|| panic!("{name}: {rows:#?}"))
}

/// A trace of Kineto's around these events: category, name, process, thread, begin and duration, arguments.
fn trace(folder: &Path, events: &[(&str, &str, i64, i64, f64, f64, &str)]) -> PathBuf {
    let one = |(category, name, pid, tid, ts, dur, args): &(&str, &str, i64, i64, f64, f64, &str)| {
        format!(
            r#"{{"ph":"X","cat":"{category}","name":"{name}","pid":{pid},"tid":{tid},"ts":{ts},"dur":{dur},"args":{{{args}}}}}"#
        )
    };
    let events: Vec<String> = events.iter().map(one).collect();
    let path = folder.join("trace.json");
    std::fs::write(&path, format!(r#"{{"schemaVersion":1,"traceEvents":[{}]}}"#, events.join(","))).unwrap();
    path
}

#[test]
fn a_step_s_time_is_its_wall_time_whatever_other_threads_do() {
    let folder = TempDir::new().unwrap();
    let made = trace(
        folder.path(),
        &[
            ("user_annotation", "ProfilerStep#1", 42, 42, 1_000.0, 10_000.0, ""),
            ("cpu_op", "aten::conv2d", 42, 42, 1_100.0, 9_000.0, ""),
            ("cpu_op", "aten::copy_", 42, 43, 1_500.0, 8_000.0, ""),
            ("cpu_op", "aten::copy_", 42, 44, 1_500.0, 8_000.0, ""),
            ("cpu_op", "aten::copy_", 42, 45, 1_500.0, 8_000.0, ""),
            ("user_annotation", "gloo:all_reduce", 42, 46, 10_500.0, 500_000.0, ""),
        ],
    );
    for file in [Some(made), field("kineto-step-threads").map(|case| case.join("trace.json"))].into_iter().flatten() {
        let said = [
            "10.0 ms per inference · 1 operator ·",
            "90.0 %",
            "on other threads",
            "thread 43 busy for 8.00 ms, for 8.00 ms of it while an operator ran",
            "between operators: 1.00 ms (10.0 %), other threads were busy for 500 µs of it",
        ];
        let files = saved(&file);
        holds(saved_as(&files, ".ops.txt"), &said);
        holds(&saved_as(&files, ".ops.md").replace('\\', ""), &said);
        holds(
            saved_as(&files, ".flame.svg"),
            &[
                "10.0 ms per inference",
                "<title>aten::conv2d (9,000,000 ns per inference, 90.00%)</title>",
                "thread 43, beside it",
            ],
        );
        holds(
            saved_as(&files, ".folded"),
            &["ProfilerStep;aten::conv2d 9000000\n", "thread 46, beside it;gloo:all_reduce 500000\n"],
        );
        let (profile, rows) = rows(&file);
        assert_eq!((&profile["wall"], &profile["inferences"]), (&10_000_000.into(), &1.into()));
        let own: u64 =
            rows.iter().filter(|row| row["thread"].is_null()).map(|row| row["self_time"].as_u64().unwrap()).sum();
        assert_eq!(own + profile["gap"].as_u64().unwrap(), 10_000_000, "{profile:#}");
        assert_eq!(named(&rows, "gloo:all_reduce")["thread"], "thread 46");
        let table = saved_as(&files, ".ops.csv");
        let mut reader = csv::Reader::from_reader(table.as_bytes());
        let header = reader.headers().unwrap().clone();
        let at = |name: &str| header.iter().position(|head| head == name).unwrap();
        let shares = reader.records().map(|row| row.unwrap()).filter(|row| row[at("thread")].is_empty());
        let sum: f64 = shares.map(|row| row[at("share")].parse::<f64>().unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-9, "shares are of the wall time: {sum}");
        let speedscope: Value = serde_json::from_str(saved_as(&files, ".speedscope.json")).unwrap();
        assert_eq!(speedscope["profiles"][0]["endValue"], 10_000_000);
        let chrome: Value = serde_json::from_str(saved_as(&files, ".trace.json")).unwrap();
        let slices = chrome["traceEvents"].as_array().unwrap();
        let tid = |name: &str| slices.iter().find(|e| e["name"] == name).unwrap()["tid"].as_u64();
        assert!(tid("aten::conv2d") == Some(1) && tid("gloo:all_reduce") > Some(1), "{chrome:#}");
    }
}

#[test]
fn waits_on_a_device_s_track_are_neither_the_host_s_time_nor_the_device_s() {
    let folder = TempDir::new().unwrap();
    let made = trace(
        folder.path(),
        &[
            ("user_annotation", "ProfilerStep#1", 42, 42, 1_000.0, 10_000.0, ""),
            ("cpu_op", "aten::mm", 42, 42, 1_100.0, 2_000.0, r#""External id":2"#),
            ("cuda_runtime", "cudaLaunchKernel", 42, 42, 1_200.0, 10.0, r#""correlation":7"#),
            ("kernel", "sgemm", 0, 7, 1_300.0, 8_500.0, r#""correlation":7,"device":0"#),
            ("cuda_runtime", "cudaDeviceSynchronize", 42, 42, 3_200.0, 6_700.0, r#""correlation":8"#),
            ("cuda_sync", "Context Sync", 0, -1, 3_200.0, 6_700.0, r#""correlation":8"#),
            ("cuda_sync", "Stream Wait Event", 0, 20, 1_300.0, 8_500.0, r#""correlation":9"#),
        ],
    );
    for file in [Some(made), field("kineto-cuda-sync").map(|case| case.join("trace.json"))].into_iter().flatten() {
        let files = saved(&file);
        let said = [
            "10.0 ms per inference · 1 operator ·",
            "placement: 1 of 1 on cuda",
            "cuda:0 busy for 8.50 ms, for 8.40 ms of it while",
            "not counted as work: Context Sync 6.70 ms, Stream Wait Event 8.50 ms",
            "cudaDeviceSynchronize",
            "between operators: 1.30 ms (13.0 %)",
        ];
        holds(saved_as(&files, ".ops.txt"), &said);
        holds(&saved_as(&files, ".ops.md").replace('\\', ""), &said);
        let (profile, rows) = rows(&file);
        let (mm, sync) = (named(&rows, "aten::mm"), named(&rows, "Context Sync"));
        assert_eq!((&mm["self_time"], &mm["device_time"]), (&1_990_000.into(), &8_500_000.into()));
        assert_eq!((&sync["kind"], &profile["wall"]), (&"wait".into(), &10_000_000.into()));
        let svg = saved_as(&files, ".flame.svg");
        assert!(
            svg.contains("sgemm (8,500,000 ns per inference, 85.00%)") && !svg.contains("Context Sync"),
            "{svg:.300}"
        );
    }
}

/// An inference of 5 ms by ONNX Runtime on CUDA: the convolution is launched in 50 µs, its kernel takes 4 ms.
const ON_CUDA: &str = r#"[
{"cat" : "Session","pid" :9,"tid" :11,"dur" :500,"ts" :110,"ph" : "X","name" :"session_initialization","args" : {}},
{"cat" : "Node","pid" :9,"tid" :11,"dur" :100,"ts" :1010,"ph" : "X","name" :"in_kernel_time","args" : {"op_name" : "MemcpyFromHost","provider" : "CUDAExecutionProvider","node_index" : "0","input_type_shape" : [{"float":[1,3,8,8]}],"output_type_shape" : [{"float":[1,3,8,8]}]}},
{"cat" : "Node","pid" :9,"tid" :11,"dur" :50,"ts" :1120,"ph" : "X","name" :"conv1_kernel_time","args" : {"op_name" : "Conv","provider" : "CUDAExecutionProvider","node_index" : "1","input_type_shape" : [{"float":[1,3,8,8]},{"float":[4,3,3,3]}],"output_type_shape" : [{"float":[1,4,8,8]}]}},
{"cat" : "Kernel","pid" :9,"tid" :11,"dur" :4000,"ts" :1130,"ph" : "X","name" :"implicit_gemm","args" : {"stream" : "7","op_name" : "Conv","parent" : "conv1_kernel_time"}},
{"cat" : "Node","pid" :9,"tid" :11,"dur" :20,"ts" :1180,"ph" : "X","name" :"shape_kernel_time","args" : {"op_name" : "Shape","provider" : "CPUExecutionProvider","node_index" : "2","input_type_shape" : [{"float":[1,4,8,8]}],"output_type_shape" : [{"int64":[4]}]}},
{"cat" : "Session","pid" :9,"tid" :11,"dur" :4800,"ts" :1005,"ph" : "X","name" :"SequentialExecutor::Execute","args" : {}},
{"cat" : "Session","pid" :9,"tid" :11,"dur" :5000,"ts" :1000,"ph" : "X","name" :"model_run","args" : {}}
]"#;

#[test]
fn an_operator_has_its_kernel_s_time_on_every_surface() {
    let folder = TempDir::new().unwrap();
    let made = folder.path().join("profile.json");
    std::fs::write(&made, ON_CUDA).unwrap();
    for file in [Some(made), field("ort-gpu").map(|case| case.join("profile.json"))].into_iter().flatten() {
        let files = saved(&file);
        let text = saved_as(&files, ".ops.txt");
        let conv: Vec<&str> = text.lines().find(|line| line.ends_with("conv1")).unwrap().split_whitespace().collect();
        assert_eq!(conv[..4], ["0.05", "4.00", "80.0", "%"], "{text}");
        assert_eq!(conv[5..], ["0.0035", "6.22", "cuda", "Conv", "conv1"], "{text}");
        holds(
            text,
            &[
                "self ms  device ms   share",
                "5.00 ms per inference",
                "placement: 2 of 3 on cuda, 1 of 3 on cpu",
                "0.0035 GFLOP/s",
                "in parallel: cuda busy for 4.00 ms",
                "between operators: 4.83 ms (96.6 %), the device was busy for up to 4.00 ms of it",
            ],
        );
        holds(saved_as(&files, ".ops.md"), &["| `conv1` | Conv | cuda | 0.05 | 4.00 | 80.0 % | 1 | 0.0035 | 6.22 |"]);
        let inferences = rows(&file).0["inferences"].as_u64().unwrap();
        let (_, rows) = rows(&file);
        assert_eq!(named(&rows, "conv1")["device_time"], 4_000_000 * inferences);
        let mut reader = csv::Reader::from_reader(saved_as(&files, ".ops.csv").as_bytes());
        let header = reader.headers().unwrap().clone();
        let records: Vec<csv::StringRecord> = reader.records().map(|row| row.unwrap()).collect();
        let conv = records.iter().find(|row| &row[5] == "conv1").unwrap();
        let at = |name: &str| conv[header.iter().position(|head| head == name).unwrap()].to_owned();
        assert_eq!(
            (at("self_ns_per_inference"), at("device_ns_per_inference"), at("device_share"), at("gflop_per_s")),
            ("50000".into(), "4000000".into(), "0.8".into(), "0.003456".into())
        );
        let svg = saved_as(&files, ".flame.svg");
        assert!(svg.contains("(4,000,000 ns per inference, 80.00%)") && svg.contains("convolution 80 %"), "{svg:.200}");
        let chrome: Value = serde_json::from_str(saved_as(&files, ".trace.json")).unwrap();
        let slice = chrome["traceEvents"].as_array().unwrap().iter().find(|e| e["name"] == "Conv conv1").unwrap();
        assert_eq!((&slice["args"]["self_us"], &slice["args"]["device_us"]), (&50.0.into(), &4_000.0.into()));
    }
}

/// Three convolutions of which the second has one channel and the third two: ONNX Runtime pads both to the width of its kernels.
fn narrow() -> Vec<u8> {
    let same = |pad: u64| [pad; 4];
    let conv = |name: &str, inputs: &[&str], output: &str, pad: u64| {
        with(&node("Conv", inputs, output), name, &[("pads", &same(pad))])
    };
    network(
        17,
        &[
            conv("first", &["x", "w0"], "a", 1),
            conv("narrow", &["a", "w1"], "b", 2),
            conv("last", &["b", "w2"], "y", 1),
        ],
        &[zeros("w0", &[32, 3, 3, 3]), zeros("w1", &[1, 32, 5, 5]), zeros("w2", &[10, 1, 3, 3])],
        [&port("x", &[1, 3, 64, 64].map(Axis::Size)), &port("y", &[1, 10, 64, 64].map(Axis::Size))],
    )
}

#[test]
fn operations_are_the_model_file_s_whatever_the_runtime_made_of_it() {
    runtime();
    let folder = TempDir::new().unwrap();
    let made = folder.path().join("narrow.onnx");
    std::fs::write(&made, narrow()).unwrap();
    for model in [Some(made), field("nchwc-flops").map(|case| case.join("model.onnx"))].into_iter().flatten() {
        for optimization in ["all", "disable"] {
            let options = ["-n", "3", "--warmup", "1", "--threads", "1", "--graph-opt", optimization];
            let result = run(nntop().arg("bench").arg(&model).args(options).args(["--format", "json"])).ok().json();
            let v = &result["variants"][0];
            assert_eq!(v["complexity"]["flops"], 14_368_768, "{optimization}: {:#}", v["complexity"]);
            let operators = v["operators"].as_array().unwrap();
            let convolutions: u64 =
                operators.iter().filter(|op| op["type"] == "Conv").map(|op| op["flops"].as_u64().unwrap()).sum();
            assert_eq!(convolutions, 14_368_768, "{optimization}: {operators:#?}");
            let text = run(nntop().arg("profile").arg(&model).args(options)).ok().stdout.clone();
            assert!(text.contains("arithmetic: 14.4 MFLOP per inference (model file)"), "{text}");
        }
    }
}
