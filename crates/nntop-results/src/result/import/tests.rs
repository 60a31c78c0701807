//! Excerpts after the tools' documented formats are read as they are meant; damage is an error and nothing else.

use super::*;
use crate::result::{Figure, Verdict};
use nntop_core::event::Scenario;
use proptest::prelude::*;

const BENCHMARK_APP: &str = include_str!("excerpts/benchmark_report.json");
const TRTEXEC: &str = include_str!("excerpts/trtexec_times.json");
const LITERT: &str = include_str!("excerpts/litert.json");
const PERF_TEST: &str = include_str!("excerpts/perf_test.csv");
const PERF_TEST_SAID: &str = include_str!("excerpts/perf_test.txt");
const LOADGEN: &str = include_str!("excerpts/mlperf_log_summary.txt");
const PERF_ANALYZER: &str = include_str!("excerpts/perf_analyzer.csv");
const HYPERFINE: &str = include_str!("excerpts/hyperfine.json");

const TRTEXEC_LOG: &str = include_str!("excerpts/trtexec.log");
const TRTEXEC_7: &str = include_str!("excerpts/trtexec-7.log");
const APP_LOG: &str = include_str!("excerpts/benchmark_app.log");
const APP_CSV: &str = include_str!("excerpts/benchmark_report.csv");
const MODEL_LOG: &str = include_str!("excerpts/benchmark_model.txt");
const PERF_TEST_NEW: &str = include_str!("excerpts/perf_test-1.23.txt");
const PERF_TEST_OLD: &str = include_str!("excerpts/perf_test-1.3.txt");

const ALL: [(&str, &str); 15] = [
    ("trtexec", TRTEXEC_LOG),
    ("trtexec", TRTEXEC_7),
    ("benchmark_app", APP_LOG),
    ("benchmark_app", APP_CSV),
    ("benchmark_model", MODEL_LOG),
    ("onnxruntime_perf_test", PERF_TEST_NEW),
    ("onnxruntime_perf_test", PERF_TEST_OLD),
    ("benchmark_app", BENCHMARK_APP),
    ("trtexec", TRTEXEC),
    ("litert-benchmark", LITERT),
    ("onnxruntime_perf_test", PERF_TEST),
    ("onnxruntime_perf_test", PERF_TEST_SAID),
    ("MLPerf LoadGen", LOADGEN),
    ("perf_analyzer", PERF_ANALYZER),
    ("hyperfine", HYPERFINE),
];

fn read(text: &str) -> ResultFile {
    result(text.as_bytes(), "runs/file.json").unwrap()
}

fn wrong(text: &str) -> Fault {
    result(text.as_bytes(), "file").unwrap_err()
}

/// Name, p50 and p99 in microseconds, throughput: rounded.
type Row = (String, Option<i64>, Option<i64>, Option<i64>);

fn figures(file: &ResultFile) -> Vec<Row> {
    let us = |figure: Figure, v| figure.of(v).map(|ns| (ns / 1e3).round() as i64);
    let one = |v| {
        let v: &crate::result::VariantResult = v;
        (v.name.clone(), us(Figure::P50, v), us(Figure::P99, v), v.throughput_ips.map(|t| t.round() as i64))
    };
    file.result.variants.iter().map(one).collect()
}

#[test]
fn every_tool_is_told_by_its_content() {
    for (tool, text) in ALL {
        let file = read(text);
        assert_eq!((file.result.imported.as_deref(), file.result.schema.as_str()), (Some(tool), super::super::SCHEMA));
        // What it makes of it is a result like any other.
        assert_eq!(read(&file.result.to_json()).result, file.result, "{tool}");
        assert!(may_be(text.as_bytes()), "{tool}");
    }
}

#[test]
fn benchmark_app_has_a_median_and_extremes() {
    let file = read(BENCHMARK_APP);
    assert_eq!(figures(&file), [("resnet50".into(), Some(6_610), None, Some(148))]);
    let v = &file.result.variants[0];
    let p = v.partial_ns.unwrap();
    assert_eq!((p.n, p.min, p.max, p.p90), (Some(1_480), Some(6.4e6), Some(21.83e6), None));
    assert_eq!(
        (v.engine.threads, &v.engine.providers[..], v.model.precision.as_deref()),
        (Some(4), &["CPU".into()][..], Some("fp32"))
    );
    assert!(file.notes[0].contains("2 requests at once"), "{:?}", file.notes);
    let of_90 = BENCHMARK_APP.replace("\"hint\"", "\"latency_percentile\": \"90\", \"hint\"");
    let p = read(&of_90).result.variants[0].partial_ns.unwrap();
    assert_eq!((p.p50, p.p90), (None, Some(6.61e6)), "the percentile that was asked for");
}

#[test]
fn trtexec_has_every_query_and_so_an_interval() {
    let file = read(TRTEXEC);
    assert_eq!(figures(&file), [("file".into(), Some(2_200), Some(2_400), Some(427))]);
    let latency = file.result.variants[0].latency_ns.unwrap();
    assert_eq!((latency.n, latency.min), (5, 2_200_000));
    let of = latency.p50_interval.unwrap();
    assert!(of.low < 2.2e6 && 2.2e6 < of.high, "{of:?}");
}

#[test]
fn litert_names_its_threads_and_says_what_was_not_accelerated() {
    let file = read(LITERT);
    assert_eq!(figures(&file), [("mobilenet_v2".into(), Some(7_350), None, None)]);
    assert_eq!(file.result.variants[0].partial_ns.unwrap().p95, Some(8.02e6));
    assert!(file.notes.iter().any(|n| n.contains("not fully accelerated")), "{:?}", file.notes);
}

#[test]
fn perf_test_is_read_from_its_file_and_from_what_it_prints() {
    assert_eq!(figures(&read(PERF_TEST)), [("squeezenet".into(), Some(2_010), Some(3_500), None)]);
    let said = read(PERF_TEST_SAID);
    assert_eq!(figures(&said), [("onnxruntime_perf_test".into(), Some(2_080), Some(3_330), Some(474))]);
    // Its memory is another one than ours.
    assert!(said.result.variants[0].memory.rss_peak_bytes.is_none() && said.notes[0].contains("working set"));
    let older = PERF_TEST_SAID.replace("P50 Latency: 0.00208 s", "P50 Latency: 0.00208sec");
    assert_eq!(figures(&read(&older))[0].1, Some(2_080));
}

/// A figure of the tool's own, as it is shown.
fn shown(v: &crate::result::VariantResult, name: &str) -> String {
    v.custom_metrics.get(name).map(ToString::to_string).unwrap_or_default()
}

#[test]
fn perf_test_of_old_and_new_versions_has_its_mean() {
    for (text, mean, n) in [(PERF_TEST_NEW, 98.961_997e6, 5), (PERF_TEST_OLD, 144.871e6, 10)] {
        let v = &read(text).result.variants[0];
        assert_eq!((Figure::Mean.of(v), v.partial_ns.unwrap().n), (Some(mean), Some(n)));
        assert!(v.is_measured());
    }
    let v = &read(PERF_TEST_NEW).result.variants[0];
    assert_eq!((shown(v, "session_creation"), shown(v, "first_inference")), ("217.9 ms".into(), "196 ms".into()));
    assert_eq!((v.engine.threads, Figure::P50.of(v)), (Some(1), Some(99_508_600.0)));
    let cut = PERF_TEST_OLD.replace("Average", "Avg");
    assert_eq!(Figure::Mean.of(&read(&cut).result.variants[0]), Some(144.871e6), "the sum over the count");
    let is = PERF_TEST_OLD.to_owned() + "P50 Latency is 0.140sec\n";
    assert_eq!(Figure::P50.of(&read(&is).result.variants[0]), Some(140e6));
}

#[test]
fn trtexec_s_log_has_percentiles_and_the_parts_of_a_query() {
    let file = read(TRTEXEC_LOG);
    assert_eq!(figures(&file), [("model".into(), Some(7_161), Some(12_968), Some(130))]);
    let v = &file.result.variants[0];
    let p = v.partial_ns.unwrap();
    assert_eq!(
        (p.min, p.mean, p.p90, p.p95, p.max),
        (Some(5.38672e6), Some(7.60628e6), Some(10.2996e6), Some(10.8698e6), Some(13.3664e6))
    );
    assert_eq!((shown(v, "gpu_compute_p50"), shown(v, "enqueue_mean")), ("7.141 ms".into(), "7.631 ms".into()));
    assert_eq!((v.engine.version.as_deref(), &*v.engine.settings["fp16"]), (Some("10.3.0"), "on"));
    let with_copies = TRTEXEC_LOG.replace("Enqueue Time: min", "H2D Latency: min");
    assert_eq!(shown(&read(&with_copies).result.variants[0], "h2d_p99"), "14.18 ms");
    let v7 = read(TRTEXEC_7);
    assert_eq!(figures(&v7), [("net".into(), Some(3_707), Some(3_804), Some(269))]);
    assert_eq!(shown(&v7.result.variants[0], "gpu_compute_mean"), "3.66 ms");
    assert_eq!(v7.result.variants[0].partial_ns.unwrap().p90, None);
    let v5 = read("Average over 10 runs is 2.79 ms (host walltime is 3.01 ms, 99% percentile time is 2.85).\n");
    assert_eq!(v5.result.variants[0].partial_ns.unwrap().p99, Some(2.85e6));
    let both = read(&format!("{TRTEXEC_LOG}{TRTEXEC_LOG}"));
    assert_eq!(both.result.variants.iter().map(|v| v.name.as_str()).collect::<Vec<_>>(), ["model 1", "model 2"]);
    let failed = "&&&& RUNNING TensorRT.trtexec [TensorRT v8503] # trtexec --onnx=a.onnx\n[10/03/2024-10:47:50] [E] Could not open file a.onnx\n&&&& FAILED TensorRT.trtexec [TensorRT v8503] # trtexec --onnx=a.onnx\n";
    assert!(wrong(failed).message.contains("trtexec failed: Could not open file a.onnx"), "{}", wrong(failed).message);
    let notes = read(&format!("{failed}{TRTEXEC_LOG}")).notes;
    assert!(notes[0].contains("Could not open"), "{notes:?}");
    let prefixed: String =
        TRTEXEC_LOG.lines().map(|l| format!("\u{1b}[0m2024-10-03T10:47:59Z {l}\u{1b}[0m\n")).collect();
    assert_eq!(figures(&read(&prefixed))[0].1, Some(7_161), "what CI systems put in front, and colours");
}

#[test]
fn benchmark_app_is_read_from_its_csv_and_from_what_it_prints() {
    for text in [APP_CSV, APP_LOG] {
        let v = &read(text).result.variants[0];
        let p = v.partial_ns.unwrap();
        assert_eq!((p.n, p.p50, p.mean), (Some(12_000), Some(19.81e6), Some(19.95e6)));
        assert_eq!((p.min, p.max, v.throughput_ips), (Some(10.02e6), Some(58.31e6), Some(199.93)));
        assert_eq!(v.engine.providers, ["CPU"]);
    }
    let file = read(APP_CSV);
    let v = &file.result.variants[0];
    assert_eq!((v.name.as_str(), &*v.engine.settings["CPU_NUM_STREAMS"], v.batch_size), ("net", "4", 1));
    assert_eq!(shown(v, "compile"), "102.3 ms");
    assert!(file.notes[0].contains("4 requests at once"), "{:?}", file.notes);
    let of_95 = APP_LOG.replace("Median:   ", "95 percentile:");
    let p = read(&of_95).result.variants[0].partial_ns.unwrap();
    assert_eq!((p.p50, p.p95), (None, Some(19.81e6)));
    let older = "[Step 11/11] Dumping statistics report\nCount:      4612 iterations\nDuration:   60068.95 ms\nLatency:    51.44 ms\nThroughput: 76.78 FPS\n";
    assert_eq!(figures(&read(older)), [("file".into(), Some(51_440), None, Some(77))]);
}

#[test]
fn benchmark_model_has_its_runs_and_its_start_whatever_stands_in_front() {
    let logcat: String = MODEL_LOG
        .lines()
        .map(|l| format!("10-03 10:47:50.123  1234  1234 I tflite  : {}\n", l.trim_start_matches("INFO: ")))
        .collect();
    for text in [MODEL_LOG, &logcat, &MODEL_LOG.replace("INFO: ", "")] {
        let file = read(text);
        let v = &file.result.variants[0];
        let p = v.partial_ns.unwrap();
        assert_eq!((p.n, p.mean, p.stddev), (Some(261), Some(3_790_920.0), Some(358_000.0)));
        assert_eq!((p.min, p.max, v.warmup.inferences), (Some(3.19e6), Some(6.333e6), 132));
        assert_eq!((shown(v, "init"), shown(v, "first_inference")), ("0.63 ms".into(), "3.678 ms".into()));
        assert_eq!((shown(v, "memory_init"), shown(v, "memory_overall")), ("3.2 MiB".into(), "4.1 MiB".into()));
        assert_eq!((v.name.as_str(), v.engine.threads), ("lstm", Some(1)));
    }
    let newer = MODEL_LOG.replace("std=358", "std=358 p5=3300 median=3760 p95=4100");
    assert_eq!(figures(&read(&newer))[0].1, Some(3_760));
    let cut = &MODEL_LOG[..MODEL_LOG.find("INFO: Running benchmark for at least 50").unwrap()];
    assert!(wrong(cut).message.contains("only the warm-up"), "a warm-up is no measurement");
}

#[test]
fn hyperfine_s_failed_runs_are_said_and_its_parameters_have_names() {
    let one = |name: &str, codes: &str, n: u32| {
        format!(
            r#"{{"command":"{name}","mean":0.1,"times":[0.1,0.001,0.1],"exit_codes":{codes},"parameters":{{"threads":"{n}"}}}}"#
        )
    };
    let of = |all: &[String]| format!(r#"{{"results":[{}]}}"#, all.join(","));
    let file = read(&of(&[one("infer", "[0,1,0]", 1), one("infer", "[0,0,0]", 4)]));
    let names: Vec<&str> = file.result.variants.iter().map(|v| v.name.as_str()).collect();
    assert_eq!(names, ["infer (threads=1)", "infer (threads=4)"]);
    assert!(
        file.notes.iter().any(|n| n.contains("1 of 3 runs of \"infer (threads=1)\" failed (exit code 1)")),
        "{:?}",
        file.notes
    );
    let v = &file.result.variants[0];
    assert_eq!((v.latency_ns.unwrap().n, v.latency_ns.unwrap().min), (2, 100_000_000));
    assert_eq!(v.engine.settings["threads"], "1");
    let file = read(&of(&[one("a", "[1,1,null]", 1), one("b", "[0,0,0]", 1)]));
    assert_eq!(file.result.variants[0].status, crate::result::Status::Failed);
    assert!(
        wrong(&of(&[one("a", "[127,127,127]", 1)]))
            .message
            .contains("3 of 3 runs of \"a (threads=1)\" failed (exit code 127)")
    );
    let summary = read(r#"{"results":[{"command":"a","mean":0.25,"stddev":0.01,"median":0.24,"min":0.2,"max":0.3}]}"#);
    assert_eq!(figures(&summary), [("a".into(), Some(240_000), None, None)]);
}

#[test]
fn loadgen_has_a_scenario_and_a_verdict() {
    let file = read(LOADGEN);
    assert_eq!(figures(&file), [("orin".into(), Some(2_081), Some(3_331), Some(476))]);
    let v = &file.result.variants[0];
    assert_eq!((v.scenario, v.verdict), (Scenario::SingleStream, Some(Verdict::Invalid)));
    let valid = LOADGEN.replace("INVALID", "VALID").replace("SingleStream", "Server");
    let v = &read(&valid).result.variants[0];
    assert_eq!((v.scenario, v.verdict), (Scenario::Server { rate: 500.0, concurrency: 0 }, None));
    let offline =
        LOADGEN.replace("SingleStream", "Offline").replace("Result is", "Samples per second: 900.5\nResult is");
    assert_eq!(
        figures(&read(&offline)),
        [("orin".into(), None, None, Some(901))],
        "no latency of one query of all samples"
    );
    assert!(wrong(&LOADGEN.replace("PerformanceOnly", "AccuracyOnly")).message.contains("accuracy run"));
    assert!(wrong(&LOADGEN.replace("SingleStream", "Solo")).message.contains("not a known scenario"));
}

#[test]
fn perf_analyzer_has_a_variant_per_concurrency() {
    let expected = [
        ("concurrency 1".into(), Some(2_294), Some(2_903), Some(432)),
        ("concurrency 4".into(), Some(3_988), Some(5_611), Some(988)),
    ];
    assert_eq!(figures(&read(PERF_ANALYZER)), expected);
    assert!(wrong(PERF_ANALYZER.lines().next().unwrap()).message.contains("no row"));
}

#[test]
fn lists_of_times_have_a_unit_or_are_refused() {
    let expected = [
        ("./infer a.onnx".into(), Some(103_000), Some(105_200), None),
        ("./infer b.onnx".into(), Some(90_000), Some(92_000), None),
    ];
    assert_eq!(figures(&read(HYPERFINE)), expected);
    for text in [
        "latency_ms\n2.1\n2.0\n2.2\n",
        "ms\n2.1\n2\n2.2",
        "2.1 ms\n2ms\n2.2 ms\n",
        "time (us)\n2100\n2e3\n2200",
        "\u{feff}us\r\n2100\r\n2000\r\n2200\r\n",
    ] {
        assert_eq!(figures(&read(text)), [("file".into(), Some(2_100), Some(2_200), None)], "{text:?}");
    }
    let json = read("{\"name\": \"net\", \"unit\": \"s\", \"values\": [0.002, 0.0021, 0.0022]}");
    assert_eq!(figures(&json), [("net".into(), Some(2_100), Some(2_200), None)]);
    assert!(wrong("2.1\n2.0\n").message.contains("2.1 of what?"));
    assert!(wrong("[2.1, 2.0]").message.contains("no unit"));
    assert!(wrong("ms\n2.1\nfast\n").message.contains("line 3: \"fast\" is no time"));
    assert!(wrong("ms\n2.1\n-2\n").message.contains("sample 2"));
}

#[test]
fn what_is_no_result_is_said() {
    assert!(wrong("hello").message.contains("first bytes are \"hello\""));
    assert!(wrong("{\"a\": 1}").message.contains("not a result of a supported tool"));
    assert!(wrong("{\"schema\": \"nntop.result/2\"}").hint.unwrap().contains("another version"));
    assert!(wrong("{\"schema\": \"nntop.device/1\"}").message.contains("nntop.device/1"));
    assert!(wrong("{\"schema\": \"nntop.result/1\"}").message.contains("damaged"));
    assert!(wrong("{\"schema\": ").message.contains("no JSON"));
    assert!(wrong("").message.contains("unrecognised result"));
    assert!(result(b"\x08\x07\x12\xff", "m.onnx").is_err());
    assert!(!may_be(b"\x08\x07\x12") && !may_be(b"<?xml version") && !may_be(b"") && !may_be(b"TFL3\0"));
}

proptest! {
    #[test]
    fn damage_is_an_error_or_a_result(at in 0..ALL.len(), cut in 0.0..1.0_f64, with in proptest::option::of(any::<char>())) {
        let text = ALL[at].1;
        let place = (0..text.len()).rev().find(|i| text.is_char_boundary(*i) && *i as f64 <= cut * text.len() as f64).unwrap_or(0);
        let damaged = match with {
            // A character in place of another, or the end cut off.
            Some(c) => format!("{}{c}{}", &text[..place], text[place..].chars().skip(1).collect::<String>()),
            None => text[..place].to_owned(),
        };
        if let Ok(file) = result(damaged.as_bytes(), "file") {
            for v in &file.result.variants {
                for figure in Figure::ALL {
                    prop_assert!(figure.of(v).is_none_or(|x| x.is_finite() && x >= 0.0), "{figure:?} {:?}", figure.of(v));
                }
            }
        }
    }

    #[test]
    fn anything_is_an_error_or_a_result(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = result(&bytes, "file");
    }
}
