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

const ALL: [(&str, &str); 8] = [
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
    assert!(wrong(&LOADGEN.replace("SingleStream", "Solo")).message.contains("no scenario"));
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
    assert!(wrong("{\"a\": 1}").message.contains("of no tool"));
    assert!(wrong("{\"schema\": \"nntop.result/2\"}").hint.unwrap().contains("another version"));
    assert!(wrong("{\"schema\": \"nntop.device/1\"}").message.contains("nntop.device/1"));
    assert!(wrong("{\"schema\": \"nntop.result/1\"}").message.contains("damaged"));
    assert!(wrong("{\"schema\": ").message.contains("no JSON"));
    assert!(wrong("").message.contains("no result"));
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
