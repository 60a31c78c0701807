//! Comparisons as they are printed.

use super::*;
use crate::report::layout::UNLIMITED;
use crate::result::{Gate, Interval, Latency, RunResult, Side, Source, VariantResult};
use quick_xml::events::Event;
use std::collections::BTreeMap;

/// A run whose median is `ms` milliseconds, known to 1 %.
fn side(name: &str, ms: f64) -> Side {
    let ns = |share: f64| (ms * 1e6 * share) as u64;
    let around = |share: f64| Some(Interval { low: ms * 1e6 * share * 0.99, high: ms * 1e6 * share * 1.01 });
    let mut variant = VariantResult { name: "net".into(), batch_size: 1, ..VariantResult::default() };
    variant.latency_ns = Some(Latency {
        n: 5_000,
        min: ns(0.9),
        mean: ms * 1e6,
        stddev: None,
        p50: ns(1.0),
        p90: ns(1.2),
        p95: ns(1.3),
        p99: ns(1.5),
        p999: ns(1.9),
        max: ns(2.0),
        p50_interval: around(1.0),
        p99_interval: around(1.5),
    });
    variant.throughput_ips = Some(1e3 / ms);
    variant.memory.rss_peak_bytes = Some((50e6 * ms) as u64);
    let mut result = RunResult { variants: vec![variant], nntop: "0.1.0".into(), ..RunResult::default() };
    result.host.cpu_model = Some("Cortex-A78".into());
    let source = Source { kind: "result".into(), place: Some(format!("{name}.json")) };
    Side::all(&result, name, source).remove(0)
}

fn compared(a: Side, b: Side, gates: &[&str]) -> ComparisonResult {
    let pairs = vec![Pair::apart(&a, &b)];
    let gates: Vec<Gate> = gates.iter().map(|g| g.parse().unwrap()).collect();
    let judged = Gate::judge(&gates, &pairs);
    ComparisonResult::new(vec![a, b], pairs, judged)
}

fn hostile() -> ComparisonResult {
    let mut b = side("a|b*<img>\u{7}", 2.2);
    b.variant.engine.threads = Some(4);
    b.host.kernel = Some("6.8".into());
    compared(side("before", 2.0), b, &["p50>+5%", "p99>+10%", "memory>+20%", "energy>+5%", "throughput<-5%"])
}

#[test]
fn text_says_what_changed_and_what_is_to_be_known() {
    insta::assert_snapshot!(text(&hostile(), UNLIMITED));
}

#[test]
fn markdown_is_one_table_whatever_the_names() {
    let text = markdown(&hostile());
    insta::assert_snapshot!(text);
    let bars = |line: &str| line.replace("\\|", "").matches('|').count();
    for table in text.split("\n\n").filter(|part| part.starts_with('|')) {
        let counts: Vec<usize> = table.lines().map(bars).collect();
        assert!(counts.iter().all(|n| *n == counts[0]), "{counts:?}: {table}");
    }
}

/// The elements of a report with their attributes, and that it is well-formed.
fn elements(xml: &str) -> Vec<(String, BTreeMap<String, String>)> {
    let mut reader = quick_xml::Reader::from_str(xml);
    let mut found = Vec::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Start(of) | Event::Empty(of) => {
                let attributes = of.attributes().map(|a| {
                    let a = a.unwrap();
                    let value = a.normalized_value(quick_xml::XmlVersion::Implicit1_0).unwrap();
                    (String::from_utf8(a.key.0.to_vec()).unwrap(), value.into_owned())
                });
                found.push((String::from_utf8(of.name().0.to_vec()).unwrap(), attributes.collect()));
            }
            Event::Eof => return found,
            _ => {}
        }
    }
}

#[test]
fn junit_has_a_test_per_gate() {
    let xml = junit(&hostile()).unwrap();
    let all = elements(&xml);
    let of = |tag: &str| all.iter().filter(|e| e.0 == tag).map(|e| e.1.clone()).collect::<Vec<_>>();
    for suite in [&of("testsuites")[0], &of("testsuite")[0]] {
        let counts = ["tests", "failures", "errors", "skipped"].map(|of| suite[of].as_str());
        assert_eq!(counts, ["5", "1", "2", "0"], "{xml}");
    }
    assert_eq!((of("testcase").len(), of("failure").len(), of("error").len()), (5, 1, 2), "{xml}");
    assert_eq!(of("testsuite")[0]["name"], "a|b*<img> against before", "{xml}");
    assert_eq!(
        (of("testcase")[0]["name"].as_str(), of("testcase")[0]["classname"].as_str()),
        ("p50>+5%", "nntop.a|b*<img>")
    );
    assert!(of("failure")[0]["message"].starts_with("p50 +10.0 %"), "{xml}");
    let none = junit(&compared(side("before", 2.0), side("after", 2.0), &[])).unwrap();
    let tags: Vec<String> = elements(&none).into_iter().map(|e| e.0).collect();
    assert_eq!(tags, ["testsuites", "testsuite", "testcase", "system-out", "system-out"], "{none}");
}

#[test]
fn a_comparison_comes_back_as_it_was() {
    let result = hostile();
    let json = result.to_json();
    assert_eq!(serde_json::from_str::<ComparisonResult>(&json).unwrap(), result);
    assert!(json.contains("\"schema\": \"nntop.comparison/1\""));
}
