//! Every format's excerpt, in `excerpts`: made by hand after what the tools write.

mod broken;
mod tracks;

use super::super::open::read;
use nntop_core::event::{Method, OpProfile, OpRow, RowKind, RowStatus};
use nntop_core::unit::{Bytes, Nanos};
use std::io::Write;

const ALL: [(&str, &[u8]); 10] = [
    ("kineto.json", include_bytes!("excerpts/kineto.json")),
    ("chrome.json", include_bytes!("excerpts/chrome.json")),
    ("trtexec.json", include_bytes!("excerpts/trtexec.json")),
    ("benchmark_app.csv", include_bytes!("excerpts/benchmark_app.csv")),
    ("benchmark_app.json", include_bytes!("excerpts/benchmark_app.json")),
    ("litert.csv", include_bytes!("excerpts/litert.csv")),
    ("litert.txt", include_bytes!("excerpts/litert.txt")),
    ("cprofile.pstats", include_bytes!("excerpts/cprofile.pstats")),
    ("pyinstrument.json", include_bytes!("excerpts/pyinstrument.json")),
    ("perf.txt", include_bytes!("excerpts/perf.txt")),
];

fn bytes(name: &str) -> &'static [u8] {
    ALL.iter().find(|(n, _)| *n == name).unwrap().1
}

/// What holds for every profile, however damaged its file.
#[track_caller]
fn adds_up(profile: &OpProfile) {
    let host = profile.rows.iter().filter(|row| !row.is_on_device());
    let own = host.fold(0u64, |sum, row| sum.saturating_add(row.self_time.0));
    assert!(own.saturating_add(profile.gap.0) >= profile.wall.0, "{own} and {} of {}", profile.gap.0, profile.wall.0);
    for (i, row) in profile.rows.iter().enumerate() {
        assert!(row.parent.is_none_or(|parent| (parent as usize) < i), "parents come first");
        assert!(row.self_time <= row.total, "{row:?}");
    }
}

#[track_caller]
fn parsed(bytes: &[u8]) -> OpProfile {
    let profile = read(bytes).unwrap().profile;
    adds_up(&profile);
    profile
}

#[track_caller]
fn row<'a>(profile: &'a OpProfile, name: &str) -> &'a OpRow {
    profile.rows.iter().find(|row| row.name == name).unwrap_or_else(|| panic!("{name}: {:#?}", profile.rows))
}

#[track_caller]
fn parent<'a>(profile: &'a OpProfile, name: &str) -> &'a str {
    row(profile, name).parent.map_or("", |p| &profile.rows[p as usize].name)
}

/// Own and total time in nanoseconds, and calls.
#[track_caller]
fn times(profile: &OpProfile, name: &str) -> (u64, u64, u64) {
    let row = row(profile, name);
    (row.self_time.0, row.total.0, row.calls)
}

#[test]
fn pytorch_s_operators_lie_in_each_other_and_in_the_steps() {
    let p = parsed(bytes("kineto.json"));
    assert_eq!((p.source.as_str(), p.method, p.inferences), ("pytorch", Method::Traced, 2));
    assert_eq!((p.wall, p.gap), (Nanos(200_000), Nanos(0)));
    assert_eq!(times(&p, "ProfilerStep"), (109_500, 200_000, 2));
    assert_eq!(times(&p, "aten::conv2d"), (10_500, 30_500, 1));
    assert_eq!(times(&p, "aten::cudnn_convolution"), (15_000, 20_000, 1));
    assert_eq!(times(&p, "Linear_0"), (20_000, 60_000, 1));
    assert_eq!((parent(&p, "aten::linear"), parent(&p, "Linear_0")), ("Linear_0", "ProfilerStep"));
    assert_eq!((row(&p, "Linear_0").kind, row(&p, "cudaLaunchKernel").kind), (RowKind::Scope, RowKind::Overhead));
    let conv = row(&p, "aten::conv2d");
    assert_eq!((conv.start, conv.op_type.as_str()), (Some(Nanos(10_000)), "aten::conv2d"));
    let inputs: Vec<String> = conv.inputs.iter().map(ToString::to_string).collect();
    assert_eq!(inputs, ["float32[1,3,8,8]", "float16[4,3,3,3]"], "what is no tensor is left out");
    assert_eq!(
        p.partial.as_deref(),
        Some("left out: 1 event outside of the profiler's steps (ProfilerStep#n)"),
        "aten::empty"
    );
}

#[test]
fn kernels_are_children_of_the_operator_that_launched_them_and_no_part_of_the_wall_time() {
    let p = parsed(bytes("kineto.json"));
    let kernel = row(&p, "sm90_xmma_fprop_f16");
    assert_eq!(
        (kernel.kind, kernel.device.as_deref(), kernel.self_time),
        (RowKind::Kernel, Some("cuda:0"), Nanos(40_000))
    );
    assert_eq!(parent(&p, "sm90_xmma_fprop_f16"), "aten::cudnn_convolution", "by correlation");
    assert_eq!(parent(&p, "Memcpy HtoD (Pageable -> Device)"), "aten::linear", "by External id");
    let host: u64 = p.rows.iter().filter(|row| !row.is_on_device()).map(|row| row.self_time.0).sum();
    assert_eq!(host, p.wall.0);

    let text = String::from_utf8_lossy(bytes("kineto.json")).replace("501", "502").replacen("502", "501", 1);
    let p = parsed(text.replacen("\"External id\": 12", "\"External id\": 99", 1).as_bytes());
    assert_eq!(parent(&p, "sm90_xmma_fprop_f16"), "");
    assert!(p.partial.unwrap().contains("not in it: 1 launch of kernels or copies, which stand by themselves"));
}

#[test]
fn without_steps_the_wall_time_is_that_of_the_host() {
    let text = String::from_utf8_lossy(bytes("kineto.json")).replace("ProfilerStep#", "forward");
    let p = parsed(text.as_bytes());
    assert_eq!((p.inferences, p.wall, p.partial.as_deref()), (0, Nanos(300_000), None));
    assert_eq!(times(&p, "aten::empty"), (1_000, 1_000, 1));
    assert_eq!(p.gap, Nanos(99_000), "between the two annotations, but for aten::empty");
}

#[test]
fn a_pytorch_without_kineto_writes_no_categories() {
    let p = parsed(
        br#"[{"name": "ProfilerStep#0", "ph": "X", "ts": 336, "dur": 404, "tid": 1, "pid": "CPU functions", "args": {}},
        {"name": "aten::empty", "ph": "X", "ts": 336, "dur": 0, "tid": 1, "pid": "CPU functions", "args": {}},
        {"name": "aten::relu", "ph": "X", "ts": 414, "dur": 172, "tid": 1, "pid": "CPU functions", "args": {}}]"#,
    );
    assert_eq!((p.source.as_str(), p.inferences, p.wall), ("pytorch", 1, Nanos(404_000)));
    assert_eq!((times(&p, "ProfilerStep").0, parent(&p, "aten::empty")), (232_000, "ProfilerStep"));
}

#[test]
fn any_chrome_trace_is_read_with_its_threads_beside_each_other() {
    let p = parsed(bytes("chrome.json"));
    assert_eq!((p.source.as_str(), p.wall, p.gap, p.inferences), ("chrome trace", Nanos(100_000), Nanos(0), 0));
    assert_eq!((times(&p, "load"), times(&p, "worker")), ((70_000, 100_000, 1), (25_000, 25_000, 1)));
    assert_eq!((parent(&p, "parse"), parent(&p, "worker")), ("load", ""));
    let typed = String::from_utf8_lossy(bytes("chrome.json")).replace("worker", "aten::add");
    assert_eq!(
        row(&parsed(typed.as_bytes()), "aten::add").op_type,
        "aten::add",
        "as a PyTorch without Kineto writes it"
    );
    let open = String::from_utf8_lossy(bytes("chrome.json")).replace("\"E\"", "\"N\"");
    let p = parsed(open.as_bytes());
    assert_eq!(p.partial.as_deref(), Some("left out: 1 event without a begin or an end"));
}

#[test]
fn what_overlaps_is_cut_off_and_said() {
    let p = parsed(
        br#"{"traceEvents":[{"ph":"X","name":"a","ts":0,"dur":10,"tid":1},{"ph":"X","name":"b","ts":5,"dur":10,"tid":1}]}"#,
    );
    assert_eq!((times(&p, "a"), times(&p, "b")), ((5_000, 10_000, 1), (5_000, 5_000, 1)));
    assert!(p.partial.unwrap().contains("more than what encloses them took"));
}

#[test]
fn layers_of_tensorrt_stand_where_their_first_part_stood() {
    let p = parsed(bytes("trtexec.json"));
    assert_eq!((p.source.as_str(), p.inferences, p.wall, p.gap), ("tensorrt", 50, Nanos(5_000_000), Nanos(0)));
    assert_eq!(times(&p, "/conv1/Conv"), (3_500_000, 3_500_000, 50));
    let types: Vec<&str> = p.rows.iter().map(|row| row.op_type.as_str()).collect();
    assert_eq!(types, ["Reformat", "Conv", "Conv", ""]);
    assert_eq!(row(&p, "Conv_4").exec_type.as_deref(), Some("Conv_4 + PWN(Clip_7)"));
    assert_eq!(p.rows[0].name, "/conv1/Conv/Reformatting CopyNode for Input Tensor 0");
}

#[test]
fn counters_of_openvino_keep_their_status_and_are_summed_over_requests() {
    let p = parsed(bytes("benchmark_app.csv"));
    assert_eq!((p.source.as_str(), p.inferences, p.wall, p.partial.as_deref()), ("openvino", 2, Nanos(92_000), None));
    assert_eq!((times(&p, "Convolution28"), p.rows.len()), ((76_000, 76_000, 2), 4));
    assert_eq!(row(&p, "Convolution28").exec_type.as_deref(), Some("brgconv_avx512_bf16"));
    assert_eq!((row(&p, "ReLU32").status, row(&p, "ReLU32").calls), (RowStatus::NotRun, 0));
    assert_eq!(p.executed_ops().count(), 2);

    let p = parsed(bytes("benchmark_app.json"));
    assert_eq!((p.inferences, p.wall), (1, Nanos(43_000)));
    assert_eq!((times(&p, "Pooling66"), row(&p, "const").status), ((7_000, 7_000, 1), RowStatus::OptimizedOut));
    let unrun = String::from_utf8_lossy(bytes("benchmark_app.json")).replace("EXECUTED", "NOT_RUN");
    assert!(read(unrun.as_bytes()).unwrap_err().to_string().contains("none of its layers has run"));
    let average = String::from_utf8_lossy(bytes("benchmark_app.json"));
    let average =
        average.replace("\"detailed_performance\": [", "\"avg_performance\":").replace("        }\n    ]\n", "}\n");
    assert_eq!(parsed(average.as_bytes()), p, "the mean of all requests is an object and no list");
}

#[test]
fn litert_s_runs_count_and_its_start_does_not() {
    let p = parsed(bytes("litert.csv"));
    assert_eq!((p.source.as_str(), p.inferences, p.partial.as_deref()), ("litert", 50, None));
    assert_eq!((p.wall, p.gap), (Nanos(10_100_000), Nanos(100_000)));
    assert_eq!(times(&p, "net/flatten"), (500_000, 500_000, 100), "twice in each run");
    assert_eq!(times(&p, "net/conv/Conv2D"), (1_500_000, 9_000_000, 50));
    let conv = row(&p, "Delegate/Convolution (NHWC, QC8) IGEMM");
    assert_eq!((conv.op_type.as_str(), conv.self_time), ("Convolution (NHWC, QC8) IGEMM", Nanos(5_000_000)));
    assert_eq!(parent(&p, &conv.name), "net/conv/Conv2D");
    assert_eq!(row(&p, "net/conv/Conv2D").memory, Some(Bytes(128_000)));
    assert!(!p.rows.iter().any(|row| row.op_type == "AllocateTensors"));

    let p = parsed(bytes("litert.txt"));
    assert_eq!((p.inferences, p.wall, p.rows.len()), (2, Nanos(230_000_000), 2));
    assert_eq!(times(&p, "MobilenetV1/Conv2d_0/Relu6"), (121_000_000, 121_000_000, 2));
    assert_eq!(row(&p, "MobilenetV1/Conv2d_1/Relu6").op_type, "DEPTHWISE_CONV_2D");
}

#[test]
fn a_function_s_time_is_shared_out_among_its_callers() {
    let p = parsed(bytes("cprofile.pstats"));
    assert_eq!(
        (p.source.as_str(), p.method, p.wall, p.gap),
        ("cprofile", Method::Aggregated, Nanos(2_000_000_000), Nanos(0))
    );
    let told: Vec<_> = p.rows.iter().map(|r| (r.name.as_str(), r.parent, r.self_time.0 / 1_000_000, r.calls)).collect();
    let sqrt = "<built-in method math.sqrt>";
    let expected = [
        ("m.py:1(main)", None, 250, 1),
        ("m.py:5(f)", Some(0), 500, 2),
        (sqrt, Some(1), 750, 4),
        // What it called of itself is folded into the first call.
        ("m.py:9(g)", Some(0), 250, 3),
        (sqrt, Some(3), 250, 2),
    ];
    assert_eq!(told.len(), expected.len());
    expected.iter().for_each(|row| assert!(told.contains(row), "{row:?}: {told:?}"));
    assert_eq!(p.rows[0].total, Nanos(2_000_000_000));
}

#[test]
fn frames_of_pyinstrument_keep_their_own_time() {
    let p = parsed(bytes("pyinstrument.json"));
    assert_eq!((p.source.as_str(), p.method), ("pyinstrument", Method::Sampled));
    assert_eq!((p.wall, p.gap), (Nanos(2_000_000_000), Nanos(250_000_000)));
    assert_eq!(times(&p, "<module> (loop.py:1)"), (250_000_000, 1_750_000_000, 1));
    assert_eq!(times(&p, "inner (prog.py:2)"), (500_000_000, 1_500_000_000, 1));
    assert_eq!((parent(&p, "sqrt (<built-in>)"), p.rows.len()), ("inner (prog.py:2)", 3));
}

#[test]
fn samples_of_perf_are_counted_below_their_process() {
    let p = parsed(bytes("perf.txt"));
    assert_eq!(
        (p.source.as_str(), p.method, p.wall),
        ("perf", Method::Sampled, Nanos(15_000_000)),
        "nanoseconds of a clock"
    );
    assert_eq!(
        (times(&p, "PyEval_EvalFrame"), times(&p, "sqrt")),
        ((5_000_000, 10_000_000, 1), (5_000_000, 5_000_000, 1))
    );
    assert_eq!((parent(&p, "PyEval_EvalFrame"), parent(&p, "sqrt")), ("python3", "PyEval_EvalFrame"));
    assert_eq!(
        (parent(&p, "do_syscall_64"), parent(&p, "[libonnxruntime.so.1.23]")),
        ("[libonnxruntime.so.1.23]", "Web Content")
    );
    assert_eq!(p.partial.as_deref(), Some("left out: 1 sample of other events than cpu-clock:pppH"));
}

#[test]
fn periods_of_perf_are_weights_and_cores_of_two_kinds_count_one_event() {
    let sample = |event: &str, period: &str, frame: &str| {
        format!("app 42/42 [000] 100.000000: {period} {event}: \n\t  55d100 {frame}+0x12 (/opt/app)\n\n")
    };
    let rare = sample("cycles:P", "1", "load").repeat(10);
    let p = parsed((rare + &sample("cycles:P", "10000000", "Conv2D").repeat(5)).as_bytes());
    assert_eq!(
        (times(&p, "Conv2D"), p.wall, p.counts.as_deref()),
        ((50_000_000, 50_000_000, 5), Nanos(50_000_010), Some("cycles"))
    );
    let hybrid = sample("cpu_atom/cycles/P", "250", "load") + &sample("cpu_core/cycles/P", "750", "Conv2D");
    let p = parsed(hybrid.as_bytes());
    assert_eq!((times(&p, "Conv2D").0, times(&p, "load").0, p.partial), (750, 250, None));
    let without_time =
        "app 42 cycles:P: \n\t  55d100 Conv2D+0x12 (/opt/libnet.so)\n\t  55d110 main+0x20 (/opt/app)\n\n";
    let p = parsed(without_time.repeat(2).as_bytes());
    assert_eq!((times(&p, "Conv2D"), parent(&p, "Conv2D"), p.counts.as_deref()), ((2, 2, 2), "main", Some("samples")));
}

/// py-spy's order of keys, and a file of events.
const SPEEDSCOPE: &str = r#"{"$schema":"https://www.speedscope.app/file-format-schema.json","profiles":[{"type":"sampled","name":"Thread 7","unit":"seconds","startValue":0.0,"endValue":0.3,"samples":[[0,1],[0,1],[0]],"weights":[0.1,0.1,0.1]}],"shared":{"frames":[{"name":"<module>","file":"a/n.py","line":7,"col":null},{"name":"mm","file":"n.py","line":4}]},"exporter":"py-spy@0.4.1"}"#;

#[test]
fn speedscope_s_stacks_and_events_are_read_with_their_unit() {
    let p = parsed(SPEEDSCOPE.as_bytes());
    assert_eq!(
        (p.source.as_str(), p.method, p.counts.clone(), p.wall),
        ("speedscope", Method::Sampled, None, Nanos(300_000_000))
    );
    assert_eq!(times(&p, "mm (n.py:4)"), (200_000_000, 200_000_000, 2));
    assert_eq!((parent(&p, "mm (n.py:4)"), p.rows.len()), ("<module> (n.py:7)", 2));
    let events = r#"{"shared":{"frames":[{"name":"main"},{"name":"f"}]},"profiles":[{"type":"evented","name":"a","unit":"milliseconds","startValue":0,"endValue":10,"events":[{"type":"O","frame":0,"at":0},{"type":"O","frame":1,"at":2},{"type":"C","frame":1,"at":5},{"type":"O","frame":1,"at":6},{"type":"C","frame":1,"at":7},{"type":"C","frame":0,"at":10}]}]}"#;
    let p = parsed(events.as_bytes());
    assert_eq!(
        (p.method, times(&p, "f"), times(&p, "main")),
        (Method::Traced, (4_000_000, 4_000_000, 2), (6_000_000, 10_000_000, 1))
    );
    let counted = SPEEDSCOPE.replace("seconds", "none").replace("0.1", "3");
    assert_eq!(
        (parsed(counted.as_bytes()).counts.as_deref(), parsed(counted.as_bytes()).wall),
        (Some("samples"), Nanos(9))
    );
    let threads = SPEEDSCOPE.replace(
        "}],\"shared\"",
        r#"},{"type":"sampled","name":"Thread 8","unit":"seconds","samples":[[1]],"weights":[0.5]}],"shared""#,
    );
    let p = parsed(threads.as_bytes());
    assert_eq!((p.wall, parent(&p, "<module> (n.py:7)")), (Nanos(800_000_000), "Thread 7"));
    let p = parsed(&SPEEDSCOPE.as_bytes()[..SPEEDSCOPE.find("\"shared\"").unwrap()]);
    assert!(p.partial.unwrap().contains("ends early"), "what is cut is said");
}

#[test]
fn litert_s_table_is_read_from_a_log_and_from_a_terminal() {
    let whole = parsed(bytes("litert.txt"));
    let text = String::from_utf8_lossy(bytes("litert.txt"));
    let logcat: String = text.lines().map(|l| format!("10-03 10:47:50.123  1234  1234 I tflite  : {l}\n")).collect();
    let brief: String = text.lines().map(|l| format!("I/tflite  ( 1234): {l}\n")).collect();
    for text in [logcat, brief, text.replace('\t', "    ")] {
        assert_eq!(parsed(text.as_bytes()), whole, "{text}");
    }
}

#[test]
fn packed_files_are_read_as_they_are() {
    for (name, bytes) in ALL {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packer.write_all(bytes).unwrap();
        let packed = packer.finish().unwrap();
        assert_eq!(parsed(&packed), parsed(bytes), "{name}");
        for end in 0..packed.len() {
            match read(&packed[..end]) {
                Ok(titled) => adds_up(&titled.profile),
                Err(error) => assert!(!error.to_string().contains('\n'), "{name}"),
            }
        }
    }
}
